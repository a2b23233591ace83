"""The client and the served exchange, each written from the documentation alone, agree; and by seed, with every fault, no order is lost."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.faults import Fault, Faults, changed
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.errors import REFUSALS
from engine.exchange.upbit.answers import Order, Part
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError, Policy, RefusedError, UnknownOutcomeError
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, TimeInForce, best_buy, best_sell, limit, market_buy, market_sell
from engine.exchange.upbit.refusals import (
    BY_NAME,
    DuplicatedIdentifierError,
    InsufficientFundsAskError,
    InvalidPriceBidError,
    MarketOfflineError,
    NoSuchMarketError,
    OrderNotFoundError,
    QuotationMarketError,
    UnderMinTotalBidError,
)
from engine.exchange.upbit.rest import Answer, ClientSettings
from engine.exchange.upbit.signing import Algorithm
from tests.engine.exchange.far_side import QuickClock, keys
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, Key, store_of
from tests.engine.exchange.test_upbit_endpoints import parts

MONEY = (("KRW", D(50_000_000)), ("XRP", D(10_000)))


@contextmanager
def served(folder: Path, seed: int, *settings: str) -> Iterator[tuple[str, Face, QuickClock]]:
    """The exchange in a thread of this process. Its quotas and the client's limits go by one clock, which no time really passes on."""
    clock = QuickClock()
    terms = Terms(at_ms=START_MS + 600 * MINUTE_MS, deposits=MONEY, settings=settings, seed=seed)
    face = open_face(store_of(folder), terms, Key(ACCESS, SECRET), 0.0, lambda: clock.now, control=True)
    server = uvicorn.Server(uvicorn.Config(face, port=0, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", face, clock
    finally:
        server.should_exit = True
        thread.join()


def trading(folder: Path, main: Callable[[UpbitClient], Coroutine[Any, Any, None]], *settings: str, seed: int = 3) -> Face:
    """Run `main` with a client of an exchange that is served so."""

    async def whole(url: str, clock: QuickClock) -> None:
        chosen = ClientSettings(base_url=url, backoff_seconds=0.01)
        async with UpbitClient(keys(Algorithm.HS512), chosen, Limits(clock)) as client:
            await main(client)

    with served(folder, seed, *settings) as (url, face, clock):
        asyncio.run(whole(url, clock))
    return face


def known(answer: Answer[Any]) -> Any:
    """The answer's value, of which the client knows every member."""
    assert [part.extra for part in parts(answer.value) if part.extra] == []
    assert isinstance(answer.value, list | Part)
    assert answer.left is not None
    return answer.value


def test_every_question_of_both(tmp_path: Path) -> None:
    async def main(client: UpbitClient) -> None:
        ask = client.quotation
        assert [pair.market for pair in known(await ask.markets(is_details=True))] == ["KRW-BTC", "KRW-XRP"]
        for unit in (1, 3, 5, 10, 15, 30, 60, 240):
            assert known(await ask.candles_minutes("KRW-BTC", unit))[0].unit == unit  # type: ignore[arg-type]
        for candles in (ask.candles_days, ask.candles_weeks, ask.candles_months, ask.candles_years, ask.candles_seconds):
            assert known(await candles("KRW-BTC", count=1)) is not None
        assert len(known(await ask.trades("KRW-XRP", count=7))) == 7
        assert known(await ask.tickers(["KRW-BTC", "KRW-XRP"]))[1].market == "KRW-XRP"
        assert len(known(await ask.tickers_all(["KRW"]))) == 2
        assert len(known(await ask.orderbooks(["KRW-XRP"], count=5))[0].orderbook_units) == 5
        assert known(await ask.orderbook_instruments(["KRW-BTC"]))[0].tick_size == 1000
        assert known(await ask.supported_levels(["KRW-BTC"]))
        assert {account.currency: account.balance for account in known(await client.trading.accounts())} == dict(MONEY)
        assert known(await client.trading.chance("KRW-XRP")).market.bid.min_total == 5000
        with pytest.raises(QuotationMarketError):
            await ask.tickers(["KRW-NONE"])

    trading(tmp_path, main)


def test_orders_of_every_type_live_and_end(tmp_path: Path) -> None:
    async def main(client: UpbitClient) -> None:
        trade = client.trading
        resting = limit(OrderSide.BID, D(2500), D(10), TimeInForce.POST_ONLY)
        placed: Order = known(await trade.place("KRW-XRP", resting, "장단-1"))
        assert (placed.state, placed.identifier, placed.locked) == ("wait", "장단-1", D(25_000) * D("1.0005"))
        forms: list[OrderTerms] = [
            market_buy(D(10_000)), market_sell(D("3.5")), best_buy(D(10_000), TimeInForce.IOC), best_sell(D(2), TimeInForce.FOK),
            limit(OrderSide.ASK, D(9000), D(1)),
        ]  # fmt: skip
        for number, terms in enumerate(forms, start=2):
            known(await trade.test("KRW-XRP", terms, f"t-{number}"))
            known(await trade.place("KRW-XRP", terms, f"장단-{number}"))
        bought = known(await trade.order(identifier="장단-2"))
        assert (bought.state, len(bought.trades) > 0, bought.executed_volume > 0) == ("cancel", True, True)
        assert {order.identifier for order in known(await trade.orders_open(market="KRW-XRP"))} == {"장단-1", "장단-6"}
        replaced = known(await trade.cancel_and_new(limit(OrderSide.BID, D(2400), D(5)), "장단-7", identifier="장단-1"))
        assert (replaced.identifier, replaced.new_order_identifier) == ("장단-1", "장단-7")
        ended = known(await trade.cancel_by_id(identifiers=["장단-6", "nobody's"]))
        assert (ended.success.count, ended.failed.count) == (1, 1)
        assert known(await trade.cancel(identifier="장단-7")).state == "wait"
        assert known(await trade.cancel_open(pairs=["KRW-XRP"])).success.count == 0
        listed = known(await trade.orders_by_id(identifiers=[f"장단-{number}" for number in range(1, 8)]))
        assert {order.state for order in listed} == {"done", "cancel"}
        assert len(listed) == 7
        assert len(known(await trade.orders_closed(states=["done", "cancel"]))) == 7
        assert len(known(await trade.orders_legacy(states=["done", "cancel"]))) == 7
        found = await trade.look_up("장단-2")
        assert found is not None
        assert found.value == bought
        assert await trade.look_up("장단-99") is None

    trading(tmp_path, main)


def test_refusals_come_as_their_classes(tmp_path: Path) -> None:
    async def main(client: UpbitClient) -> None:
        trade, terms = client.trading, limit(OrderSide.BID, D(2500), D(10))
        await trade.place("KRW-XRP", terms, "same")
        wrong: list[tuple[type[RefusedError], str, OrderTerms, str]] = [
            (DuplicatedIdentifierError, "KRW-XRP", terms, "same"),
            (InsufficientFundsAskError, "KRW-XRP", market_sell(D(10_001)), "i-1"),
            (InvalidPriceBidError, "KRW-XRP", limit(OrderSide.BID, D("2500.5"), D(10)), "i-2"),
            (UnderMinTotalBidError, "KRW-XRP", market_buy(D(4999)), "i-3"),
            (NoSuchMarketError, "KRW-NONE", terms, "i-4"),
        ]
        for kind, market, refused, identifier in wrong:
            with pytest.raises(kind):
                await trade.place(market, refused, identifier)
        for call in (trade.order, trade.cancel):
            with pytest.raises(OrderNotFoundError):
                await call(identifier="nobody's")

    trading(tmp_path, main)


def test_every_name_that_the_served_exchange_says_is_known() -> None:
    names = set(REFUSALS)
    assert len(names) >= 20
    assert {name for name in names if not name.isdecimal()} <= set(BY_NAME)


def test_the_limits_are_those_of_the_served_exchange(tmp_path: Path) -> None:
    """Many times over what each group allows, as fast as it lets: the first 429 would be a block."""
    calls: list[Callable[[UpbitClient, int], Coroutine[Any, Any, Any]]] = [
        lambda client, number: client.trading.place("KRW-XRP", limit(OrderSide.BID, D(2500), D(3)), f"burst-{number}"),
        lambda client, number: client.trading.test("KRW-XRP", market_buy(D(5000)), f"test-{number}"),
        lambda client, number: client.trading.accounts(),
        lambda client, number: client.trading.cancel_open(count=1),
        lambda client, number: client.quotation.tickers(["KRW-BTC"]),
    ]

    async def main(client: UpbitClient) -> None:
        for call in calls:
            for number in range(40):
                assert (await call(client, number)).status in (200, 201)

    face = trading(tmp_path, main, "ban_after=1")
    assert len(face.world.venue.orders) == 40


async def surely(call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Ask until there is an answer that proves something."""
    while True:
        try:
            return await call()
        except ExchangeError:
            await asyncio.sleep(0)


def test_orders_that_fill_in_parts_and_a_market_that_is_suspended(tmp_path: Path) -> None:
    """A waiting order is traded through again and again, a part each time; then nothing can be ordered until the stretch is over."""

    async def main(url: str, face: Face, clock: QuickClock) -> None:
        async with UpbitClient(keys(Algorithm.HS512), ClientSettings(base_url=url), Limits(clock)) as client:
            face.faults = changed(Faults(), {"partial": 1})
            await client.trading.place("KRW-XRP", limit(OrderSide.BID, D(2500), D(100)), "parts")
            seen = []
            for number in range(200):
                face.world.venue.passed(Passing("KRW-XRP", face.world.now_ms, D(2499), D(1000), False, number))
                order = (await client.trading.order(identifier="parts")).value
                assert order.executed_volume == sum(trade.volume for trade in order.trades)
                seen.append(order.executed_volume)
                if order.state == "done":
                    break
            assert sorted(set(seen)) == seen
            assert (len(seen) > 3, seen[-1]) == (True, D(100))
            face.faults = changed(Faults(), {"suspended": 1})
            face.clock.step(1000)
            assert (await client.trading.chance("KRW-XRP")).value.market.state == "offline"
            with pytest.raises(MarketOfflineError) as refused:
                await client.trading.place("KRW-XRP", limit(OrderSide.BID, D(2500), D(3)), "closed")
            assert refused.value.policy is Policy.FREEZE_MARKET
            face.faults = Faults()
            face.clock.step(1000)
            placed = await client.trading.place("KRW-XRP", limit(OrderSide.BID, D(2500), D(3)), "open again")
            assert placed.value.state == "wait"

    with served(tmp_path, 3) as (url, face, clock):
        asyncio.run(main(url, face, clock))


def test_with_every_fault_no_order_is_lost_and_none_is_doubled(tmp_path: Path) -> None:
    """Random orders; whatever breaks, the client knows in the end which of them the exchange took, and the exchange agrees."""
    chance, taken, ends = random.Random(0), {}, Counter[str]()

    async def place(client: UpbitClient, identifier: str) -> bool:
        terms = chance.choice(
            [limit(OrderSide.BID, D(2500), D(3)), market_buy(D(6000)), market_sell(D(2)), limit(OrderSide.ASK, D(9000), D(1))]
        )
        try:
            await client.trading.place("KRW-XRP", terms, identifier)
        except UnknownOutcomeError as error:
            named = error.identifier or "nothing"
            found = await surely(lambda: client.trading.look_up(named, settle_seconds=1.0))
            ends["unknown, taken" if found else "unknown, absent"] += 1
            return found is not None
        except ExchangeError as error:
            ends[type(error).__name__] += 1
            return False
        ends["told"] += 1
        return True

    async def main(client: UpbitClient) -> None:
        for number in range(60):
            taken[f"i-{number}"] = await place(client, f"i-{number}")
            books = await surely(lambda: client.quotation.orderbooks(["KRW-XRP"]))
            assert len(books.value[0].orderbook_units) == 30
        for account in (await surely(client.trading.accounts)).value:
            assert account.balance >= 0

    faults = [f"{fault.value}=0.06" for fault in Fault]
    face = trading(tmp_path, main, *faults, "slow_seconds=0.001")
    assert set(face.met) == set(Fault)
    there = Counter(order.request.identifier for order in face.world.venue.orders.values())
    assert set(there.values()) == {1}
    assert set(there) == {identifier for identifier, was in taken.items() if was}
    assert min(ends["told"], ends["unknown, taken"], ends["unknown, absent"]) > 0
