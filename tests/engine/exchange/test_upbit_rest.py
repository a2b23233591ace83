"""How the client behaves when the far side fails: what is asked again, what is never sent twice, what is waited for, what is not shown."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Callable, Coroutine, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import (
    BlockedError,
    BrokenAnswerError,
    ExchangeError,
    TransfersOffError,
    UnknownOutcomeError,
    UnreachableError,
)
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.refusals import (
    InsufficientFundsBidError,
    InternalServerError,
    NoTokenError,
    OrderNotFoundError,
    ServerError,
    TooManyRequestsError,
)
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.transfers import Transfers, TransferSettings
from engine.model.errors import UserError
from tests.engine.exchange import recipe
from tests.engine.exchange.calls import CALLS, TERMS, transfers
from tests.engine.exchange.far_side import ACCESS, SECRET, Answers, FarSide, QuickClock, Received, Reply, far_side, keys, talk
from tests.engine.exchange.samples import SAMPLES
from tests.engine.exchange.test_upbit_endpoints import ALL, reply
from tests.engine.exchange.test_upbit_errors import body_of

Main = Callable[[UpbitClient], Coroutine[Any, Any, Any]]


def replies(*first: Reply) -> Answers:
    """These replies, then the right ones."""
    waiting = list(first)
    return lambda request: waiting.pop(0) if waiting else reply(request)


def always(answer: Reply) -> Answers:
    return lambda request: answer


def outcome(answers: Answers, main: Main, clock: QuickClock | None = None, **settings: float) -> tuple[Any, list[Received]]:
    """What `main` returned or raised, and what arrived."""

    async def whole(client: UpbitClient, there: FarSide) -> tuple[Any, list[Received]]:
        try:
            return await main(client), there.received
        except ExchangeError as error:
            return error, there.received

    return talk(answers, whole, limits=Limits(clock or QuickClock()), **settings)


LOST = Reply(lost=True)
GARBAGE = Reply(b"<html>")
CUT = Reply(SAMPLES["POST", "/v1/orders"].encode(), 201, cut=30)
FAILED = Reply(body_of("internal_server_error", "죄송합니다"), 500)
BAD_GATEWAY = Reply(b"<html>Bad Gateway</html>", 502)
MOVED = Reply(b"", 302, {"Location": "http://127.0.0.1:9/elsewhere"})
TOO_MANY = Reply(body_of("too_many_requests", ""), 429)
BLOCKED = Reply(body_of("blocked", "blocked for 300 seconds"), 418)
ABSENT = Reply(body_of("order_not_found", "주문을 찾지 못했습니다."), 404)
FAULTS = {"lost": LOST, "garbage": GARBAGE, "cut": CUT, "failed": FAILED, "bad gateway": BAD_GATEWAY, "moved": MOVED}
ONCE = [key for key, endpoint in ALL.items() if not endpoint.repeatable]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_question_is_asked_again(fault: str) -> None:
    answer, received = outcome(replies(FAULTS[fault], FAULTS[fault]), lambda c: c.trading.accounts())
    assert answer.value[0].currency == "KRW"
    assert len(received) == 3
    assert len({request.header("Authorization") for request in received}) == 3


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("lost", UnreachableError), ("garbage", BrokenAnswerError), ("failed", InternalServerError), ("bad gateway", ServerError),
        ("moved", BrokenAnswerError),
    ],
)  # fmt: skip
def test_a_question_is_given_up_after_four(fault: str, error: type[ExchangeError]) -> None:
    clock = QuickClock()
    found, received = outcome(always(FAULTS[fault]), lambda c: c.trading.accounts(), clock)
    assert type(found) is error
    assert len(received) == 4
    assert clock.now == pytest.approx(0.01 * (1 + 2 + 4))


def test_which_calls_are_sent_once() -> None:
    assert sorted(" ".join(key) for key in ONCE) == [
        "DELETE /v1/orders/open",
        "POST /v1/deposits/krw",
        "POST /v1/orders",
        "POST /v1/orders/cancel_and_new",
        "POST /v1/pockets/transfers",
        "POST /v1/pockets/universal_transfers",
        "POST /v1/travel_rule/deposit/txid",
        "POST /v1/travel_rule/deposit/uuid",
        "POST /v1/withdraws/coin",
        "POST /v1/withdraws/krw",
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lost_answer_leaves_the_outcome_unknown_and_nothing_is_sent_twice(fault: str) -> None:
    async def main(client: UpbitClient, there: FarSide) -> None:
        for key in ONCE:
            there.received.clear()
            with pytest.raises(UnknownOutcomeError) as caught:
                await CALLS[key][0](client)
            assert len(there.received) == 1
            if "identifier" in there.received[0].body.decode():
                sent = json.loads(there.received[0].body)
                assert caught.value.identifier == sent.get("identifier", sent.get("new_identifier"))
                assert f"identifier={caught.value.identifier}" in str(caught.value)

    talk(always(FAULTS[fault]), main)


def test_a_slow_answer_is_a_lost_one() -> None:
    slow = Reply(SAMPLES["POST", "/v1/orders"].encode(), 201, after_seconds=0.3)
    error, received = outcome(always(slow), lambda c: c.trading.place("KRW-BTC", TERMS, "장단-1"), read_seconds=0.05)
    assert isinstance(error, UnknownOutcomeError)
    assert len(received) == 1


def test_an_order_that_did_not_leave_is_not_unknown() -> None:
    async def main() -> None:
        async with far_side(reply) as there:
            pass  # nobody listens there any more
        async with UpbitClient(None, ClientSettings(base_url=there.url, backoff_seconds=0.0)) as client:
            with pytest.raises(UnreachableError):
                await client.quotation.markets()
        async with far_side(reply):
            client = UpbitClient(keys(), ClientSettings(base_url=there.url))
            with pytest.raises(UnreachableError, match="Nothing was changed"):
                await client.trading.place("KRW-BTC", TERMS, "장단-1")
            await client.rest.close()

    asyncio.run(main())


@pytest.mark.parametrize("key", [("POST", "/v1/orders"), ("GET", "/v1/accounts")], ids=" ".join)
def test_too_many_requests_are_waited_out(key: tuple[str, str]) -> None:
    clock = QuickClock()
    answer, received = outcome(replies(TOO_MANY, TOO_MANY), CALLS[key][0], clock)  # type: ignore[arg-type]
    assert answer.status in (200, 201)
    assert len(received) == 3
    assert clock.now >= 3.0


def test_too_many_requests_in_a_row_are_an_error() -> None:
    error, received = outcome(always(TOO_MANY), lambda c: c.trading.accounts())
    assert type(error) is TooManyRequestsError
    assert len(received) == 4


def test_a_block_is_waited_out_by_questions_and_not_by_orders() -> None:
    clock = QuickClock()
    answer, received = outcome(replies(BLOCKED), lambda c: c.trading.accounts(), clock)
    assert answer.status == 200
    assert len(received) == 2
    assert clock.now == pytest.approx(300, abs=1)
    error, received = outcome(replies(BLOCKED), lambda c: c.trading.place("KRW-BTC", TERMS, "장단-1"))
    assert type(error) is BlockedError
    assert error.seconds == pytest.approx(300)
    assert len(received) == 1


def test_a_refusal_is_neither_asked_again_nor_unknown() -> None:
    refused = Reply(body_of("insufficient_funds_bid", "주문 가능한 금액(KRW)이 부족합니다."), 400)
    error, received = outcome(always(refused), lambda c: c.trading.place("KRW-BTC", TERMS, "장단-1"))
    assert type(error) is InsufficientFundsBidError
    assert len(received) == 1


def test_an_order_is_looked_up_until_it_appears() -> None:
    answer, received = outcome(replies(ABSENT, ABSENT, ABSENT), lambda c: c.trading.look_up("장단-1"))
    assert answer.value.state == "done"
    assert len(received) == 4
    assert {recipe.text_of(request.query, b"") for request in received} == {"identifier=장단-1"}


def test_an_order_is_absent_only_after_it_had_time_to_arrive() -> None:
    clock = QuickClock()
    answer, received = outcome(always(ABSENT), lambda c: c.trading.look_up("장단-1", settle_seconds=15), clock)
    assert answer is None
    assert len(received) >= 5
    assert 15 <= clock.now < 16


@pytest.mark.parametrize("fault", [LOST, FAILED])
def test_a_look_up_that_fails_proves_nothing(fault: Reply) -> None:
    answers = [ABSENT, *[fault] * 10]
    error, _ = outcome(lambda request: answers.pop(0), lambda c: c.trading.look_up("장단-1"))
    assert isinstance(error, UnreachableError | InternalServerError)
    assert not isinstance(error, OrderNotFoundError)


def test_answers_may_be_zipped_and_connections_are_kept() -> None:
    async def main(client: UpbitClient, there: FarSide) -> None:
        for _ in range(5):
            assert (await client.quotation.tickers(["KRW-BTC"])).value[0].market == "KRW-BTC"
        assert there.connections == 1
        assert there.received[0].header("Accept-Encoding") == "gzip"
        assert there.received[0].header("Origin") is None

    talk(lambda request: Reply(SAMPLES["GET", "/v1/ticker"].encode(), zipped=True), main)


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    async def main(client: UpbitClient, there: FarSide) -> None:
        await client.trading.accounts()
        await client.trading.place("KRW-BTC", TERMS, "장단-1")
        assert there.connections == 2

    closing = {"Connection": "close"}
    talk(lambda request: Reply(SAMPLES[request.method, request.path].encode(), 200, closing), main)


def test_others_use_of_the_limit_is_read_from_every_answer() -> None:
    used_up = Reply(SAMPLES["GET", "/v1/accounts"].encode(), headers={"Remaining-Req": "group=default; min=1800; sec=0"})
    clock = QuickClock()

    async def main(client: UpbitClient) -> None:
        for _ in range(3):
            await client.trading.accounts()

    outcome(always(used_up), main, clock)
    assert clock.now >= 2.0
    clock = QuickClock()
    outcome(reply, main, clock)
    assert clock.now == 0.0


def test_without_keys_only_quotation_is_asked() -> None:
    async def main() -> None:
        async with far_side(reply) as there, UpbitClient(None, ClientSettings(base_url=there.url)) as client:
            await client.quotation.markets()
            with pytest.raises(NoTokenError):
                await client.trading.accounts()
            assert [request.path for request in there.received] == ["/v1/market/all"]

    asyncio.run(main())


LOCKED = [(key, name) for key, name in (
    (("POST", "/v1/withdraws/coin"), "withdrawals"), (("POST", "/v1/withdraws/krw"), "withdrawals"),
    (("DELETE", "/v1/withdraws/coin"), "withdrawals"), (("POST", "/v1/deposits/krw"), "krw_deposits"),
    (("POST", "/v1/pockets/transfers"), "pocket_transfers"), (("POST", "/v1/pockets/universal_transfers"), "pocket_transfers"),
)]  # fmt: skip


def test_money_moves_only_behind_both_locks() -> None:
    """Each call, with each setting alone and with all, with and without the flag."""
    amount = Decimal(1)

    def every(client: UpbitClient, settings: TransferSettings, **flag: Any) -> dict[tuple[str, str], Coroutine[Any, Any, Any]]:
        moves = Transfers(client.rest, settings)
        return {
            ("POST", "/v1/withdraws/coin"): moves.withdraw_coin("XRP", "XRP", amount, "r1", **flag),
            ("POST", "/v1/withdraws/krw"): moves.withdraw_krw(amount, "kakao", **flag),
            ("DELETE", "/v1/withdraws/coin"): moves.cancel_withdrawal("u1", **flag),
            ("POST", "/v1/deposits/krw"): moves.deposit_krw(amount, "kakao", **flag),
            ("POST", "/v1/pockets/transfers"): moves.move_to_pocket("p2", "KRW", amount, "장단-9", **flag),
            ("POST", "/v1/pockets/universal_transfers"): moves.move_universally("p2", "KRW", amount, "장단-9", **flag),
        }

    async def main(client: UpbitClient, there: FarSide) -> int:
        refused = 0
        names = [name for _, name in LOCKED]
        choices = [{}, *({name: True} for name in sorted(set(names))), dict.fromkeys(names, True), dict.fromkeys(names, "yes")]
        for switched in choices:
            for flag in ({}, {"confirmed": False}, {"confirmed": 1}, {"confirmed": True}):
                for key, call in every(client, TransferSettings(**switched), **flag).items():
                    if switched.get(dict(LOCKED)[key]) is True and flag.get("confirmed") is True:
                        await call
                        continue
                    with pytest.raises(TransfersOffError):
                        await call
                    refused += 1
        return refused + len(there.received)

    assert talk(reply, main) == 6 * 4 * 6
    moving = [key for key, endpoint in ALL.items() if any(word in key[1] for word in ("withdraws", "krw", "pockets")) and key[0] != "GET"]
    assert sorted(moving) == sorted(key for key, _ in LOCKED)


WRONG: list[Main] = [
    lambda c: c.quotation.candles_days("KRW-BTC", count=201),
    lambda c: c.quotation.candles_days("KRW-BTC", count=0),
    lambda c: c.quotation.trades("KRW-BTC", count=501),
    lambda c: c.quotation.tickers([]),
    lambda c: c.quotation.tickers("KRW-BTC"),
    lambda c: c.quotation.orderbooks(["KRW-BTC"], count=31),
    lambda c: c.trading.order(),
    lambda c: c.trading.order(uuid="u", identifier="i"),
    lambda c: c.trading.cancel(),
    lambda c: c.trading.cancel_by_id(uuids=[str(n) for n in range(21)]),
    lambda c: c.trading.cancel_by_id(uuids=[]),
    lambda c: c.trading.cancel_by_id(),
    lambda c: c.trading.cancel_open(pairs=[]),
    lambda c: c.trading.cancel_open(pairs=["KRW-BTC"], quote_currencies=["KRW"]),
    lambda c: c.trading.cancel_open(count=301),
    lambda c: c.trading.orders_by_id(uuids=["u"], identifiers=["i"]),
    lambda c: c.trading.orders_open(state="wait", states=["watch"]),
    lambda c: c.trading.orders_open(states=[]),
    lambda c: c.trading.orders_closed(limit=1001),
    lambda c: c.trading.place("KRW-BTC", TERMS, ""),
    lambda c: c.trading.place("KRW-BTC", TERMS, "x" * 65),
    lambda c: c.trading.cancel_and_new(TERMS, "장단-2"),
    lambda c: c.wallet.deposits(uuids=["u"], txids=["t"]),
    lambda c: c.wallet.pocket_keys(uuids=[]),
    lambda c: transfers(c).withdraw_krw(Decimal(0), "kakao", confirmed=True),
    lambda c: transfers(c).withdraw_krw(Decimal("NaN"), "kakao", confirmed=True),
]


def test_the_switches_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "transfers.yaml"
    assert TransferSettings.read(file) == TransferSettings()
    for text, on in (("", ()), ("withdrawals: true", ("withdrawals",)), ("krw_deposits: yes\npocket_transfers: false", ("krw_deposits",))):
        file.write_text(text, "utf-8")
        assert TransferSettings.read(file) == TransferSettings(**dict.fromkeys(on, True))
    for wrong in ("withdrawals: 1", "withdrawals: 'true'", "withdrawal: true", "- withdrawals", "true", "a: b: c", "withdrawals:"):
        file.write_text(wrong, "utf-8")
        with pytest.raises(UserError, match="withdrawals, krw_deposits, pocket_transfers"):
            TransferSettings.read(file)
    file.write_bytes(b"\xff")
    with pytest.raises(UserError):
        TransferSettings.read(file)


def test_each_phase_has_its_own_patience() -> None:
    chosen = ClientSettings(connect_seconds=1.0, write_seconds=2.0, read_seconds=3.0, pool_seconds=4.0)
    timeout = UpbitClient(None, chosen).rest._client.timeout
    assert (timeout.connect, timeout.write, timeout.read, timeout.pool) == (1.0, 2.0, 3.0, 4.0)


def test_wrong_arguments_are_told_before_anything_is_sent() -> None:
    async def main(client: UpbitClient, there: FarSide) -> int:
        for call in WRONG:
            with pytest.raises(ValueError, match=r"\w"):
                await call(client)
        return len(there.received)

    assert talk(reply, main) == 0


def frames_of(error: BaseException | None) -> Iterator[FrameType]:
    """Every frame that a crash report could show the variables of: those of the error and of all that it was raised from."""
    while error is not None:
        yield from (frame for frame, _ in traceback.walk_tb(error.__traceback__))
        error = error.__cause__ or error.__context__


def test_secrets_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Every call once right and once failing, at the noisiest level of every logger: neither key nor token is in a log, an error, a
    repr, a variable of any frame that an error leads to, or a dump."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    walked: list[str] = []
    faults = count()

    def answers(request: Received) -> Reply:
        return [reply(request), Reply(body_of("jwt_verification", "x"), 401), LOST, GARBAGE, FAILED][next(faults) % 5]

    async def main(client: UpbitClient, there: FarSide) -> None:
        shown.extend([repr(client), repr(client.rest), repr(vars(client.rest)), repr(client.rest.settings)])
        for call in [call for calls in CALLS.values() for call in calls] * 2:
            try:
                shown.append(repr(await call(client)))
            except ExchangeError as error:
                chain: BaseException | None = error
                while chain is not None:
                    shown.extend([repr(chain), str(chain), repr(vars(chain)), repr(chain.args)])
                    chain = chain.__context__
                shown.extend(traceback.format_exception(error))
                frames = [frame for frame in frames_of(error) if not frame.f_globals["__name__"].startswith("tests.")]
                shown.extend(repr(value) for frame in frames for value in frame.f_locals.values())
                walked.extend(frame.f_globals["__name__"] for frame in frames)

    talk(answers, main)
    everything = "\n".join([*shown, caplog.text])
    assert len(caplog.records) > 500
    assert sum("Traceback" in text for text in shown) > 20
    assert len(walked) > 200
    assert {name.partition(".")[0] for name in walked} == {"engine"}, "frames of a library below ours hold the headers"
    assert SECRET not in everything
    assert ACCESS not in everything
    assert "Bearer ey" not in everything
