"""The stream over real sockets against a far side that refuses, falls silent, breaks off and repeats itself."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import GapTooLongError
from engine.exchange.upbit.frames import MyOrderFrame, SubscriptionsFrame, TradeFrame, read_frame
from engine.exchange.upbit.inbox import Connected, Disconnected, Item, Trouble
from engine.exchange.upbit.limits import Group, Limits
from engine.exchange.upbit.missed import missed_trades
from engine.exchange.upbit.refusals import NoTokenError, StreamAuthError, StreamFormatError, TokenError
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange import recipe
from tests.engine.exchange.far_side import SECRET, QuickClock, Received, Reply, far_side, keys
from tests.engine.exchange.test_upbit_errors import body_of
from tests.engine.exchange.test_upbit_frames import message, simple

TRADES = Subscription(Kind.TRADE, ("KRW-BTC", "KRW-ETH"))
OWN = Subscription(Kind.MY_ORDER)


def trade(number: int, code: str = "KRW-BTC") -> dict[str, Any]:
    return message("trade") | {"code": code, "sequential_id": number, "trade_timestamp": 1_751_327_999_000 + number}


Script = Callable[[ServerConnection, list[dict[str, Any]], int], Awaitable[None]]


@dataclass
class Exchange:
    """A WebSocket server. script: what it does on its n-th connection after it was asked; refuse: what it says to handshakes first."""

    script: Script
    refuse: list[Response] = field(default_factory=list)
    asked: list[list[dict[str, Any]]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    url: str = ""

    async def serve(self, socket: ServerConnection) -> None:
        self.asked.append(json.loads(await socket.recv()))
        await self.script(socket, self.asked[-1], len(self.asked) - 1)

    def handshake(self, socket: ServerConnection, asked: Request) -> Response | None:
        self.paths.append(asked.path)
        self.tokens.append(asked.headers.get("Authorization"))
        return self.refuse.pop(0) if self.refuse else None


@asynccontextmanager
async def exchange(script: Script, *refuse: Response) -> AsyncIterator[Exchange]:
    there = Exchange(script, list(refuse))
    server: Server
    async with serve(there.serve, "127.0.0.1", 0, process_request=there.handshake) as server:
        there.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/websocket/v1"
        yield there


async def say(socket: ServerConnection, *messages: dict[str, Any]) -> None:
    """In SIMPLE, as binary, which is how the exchange sends."""
    for found in messages:
        await socket.send(json.dumps(simple(found["type"], found)).encode())


async def until(stream: Stream, wanted: Callable[[list[Item]], bool]) -> list[Item]:
    found: list[Item] = []
    async with asyncio.timeout(20):
        async for arrival in stream:
            found.append(arrival.item)
            if wanted(found):
                return found
    raise AssertionError("a stream does not end")


def ids(items: list[Item]) -> list[int]:
    return [item.sequential_id for item in items if isinstance(item, TradeFrame)]


def listening(there: Exchange, *subscriptions: Subscription, **more: Any) -> Stream:
    settings = StreamSettings(url=there.url, open_seconds=5.0, **more.pop("settings", {}))
    return Stream(subscriptions or (TRADES,), settings=settings, limits=Limits(QuickClock()), chance=random.Random(1), **more)


def test_it_subscribes_and_reads() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, trade(1), trade(2))
        await socket.send('{"status":"UP"}')
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: len(found) == 4)
        assert items[0] == Connected(False, frozenset(TRADES.codes))
        assert ids(items) == [1, 2]
        (asked,) = there.asked
        assert set(asked[0]) == {"ticket"}
        assert asked[1:] == [{"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}, {"format": "SIMPLE"}]
        assert (there.paths, there.tokens) == (["/websocket/v1"], [None])

    asyncio.run(main())


def test_what_is_subscribed_can_be_asked() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        async for text in socket:
            listed = json.loads(text)
            assert listed[1:] == [{"method": "LIST_SUBSCRIPTIONS"}]
            await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "result": asked[1:-1], "ticket": listed[0]["ticket"]}))

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            await until(stream, lambda found: isinstance(found[-1], Connected))
            assert await stream.ask_subscriptions() == 1
            (listed,) = await until(stream, lambda found: True)
        assert isinstance(listed, SubscriptionsFrame)
        assert listed.result == [{"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}]

    asyncio.run(main())


def test_private_kinds_go_to_their_own_address_signed() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message(asked[1]["type"]))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there, TRADES, OWN, Subscription(Kind.MY_ASSET), keys=keys()) as stream:
            items = await until(stream, lambda found: len(found) == 4)
        assert sum(isinstance(item, MyOrderFrame) for item in items) == 1
        told = dict(zip(there.paths, there.tokens, strict=True))
        assert told["/websocket/v1"] is None
        token = told["/websocket/v1/private"]
        assert token is not None
        assert "query_hash" not in recipe.claims_of(token, SECRET, "", b"")

    asyncio.run(main())
    with pytest.raises(NoTokenError):
        Stream([OWN])


def test_it_comes_back_after_every_loss_waiting_longer_each_time() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        if number in (3, 7):
            await say(socket, trade(number))
        if number < 8:
            socket.transport.abort()
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: sum(isinstance(item, Connected) for item in found) == 9)
        losses = [item for item in items if isinstance(item, Disconnected)]
        assert [loss.attempts for loss in losses] == [1, 2, 3, 1, 2, 3, 4, 1]
        assert not any(loss.alarming for loss in losses)
        for loss in losses:
            assert 0.75 <= loss.wait_seconds / 2 ** (loss.attempts - 1) <= 1.25
        assert [item.again for item in items if isinstance(item, Connected)] == [False] + [True] * 8
        assert len({asked[0]["ticket"] for asked in there.asked}) == 9
        assert ids(items) == [3, 7]

    asyncio.run(main())


def test_waits_end_at_thirty_seconds_and_never_give_up() -> None:
    async def main() -> None:
        stream = Stream([TRADES], settings=StreamSettings(url="ws://127.0.0.1:9"), limits=Limits(QuickClock()), chance=random.Random(1))
        async with stream:
            losses = await until(stream, lambda found: len(found) == 40)
        waits = [item.wait_seconds for item in losses if isinstance(item, Disconnected)]
        assert [item.alarming for item in losses if isinstance(item, Disconnected)] == [False] * 4 + [True] * 36
        assert len(waits) == 40
        assert all(22.5 <= seconds <= 37.5 for seconds in waits[5:])
        assert len(set(waits)) == 40

    asyncio.run(main())


def test_nothing_but_refusals_is_no_news() -> None:
    """A connection that only ever says that we are not wanted: the waits grow, and the owner is called."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await socket.send(body_of("INVALID_AUTH", "x"))
        await socket.send(b"<html>")

    async def main() -> None:
        async with exchange(script) as there, listening(there, OWN, keys=keys()) as stream:
            items = await until(stream, lambda found: sum(isinstance(item, Disconnected) for item in found) == 6)
        losses = [item for item in items if isinstance(item, Disconnected)]
        assert [loss.attempts for loss in losses] == [1, 2, 3, 4, 5, 6]
        assert [loss.alarming for loss in losses] == [False] * 4 + [True] * 2
        told = [item for item in items if isinstance(item, Trouble | Connected | Disconnected)]
        assert len(told) == 6 * 4
        assert all(item.private for item in told)

    asyncio.run(main())


def test_a_line_that_is_open_and_dead_is_noticed() -> None:
    """The far side answers no ping and says nothing: the connection is given up and made anew."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        if number == 0:
            socket.transport.pause_reading()  # type: ignore[attr-defined]
            await closed.wait()
            socket.transport.abort()
            return
        await say(socket, trade(1))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there, settings={"ping_seconds": 0.1, "close_seconds": 0.1}) as stream:
            items = await until(stream, lambda found: bool(ids(found)))
            closed.set()
        assert [type(item) for item in items] == [Connected, Disconnected, Connected, TradeFrame]
        assert "keepalive" in items[1].reason  # type: ignore[union-attr]

    closed = asyncio.Event()
    asyncio.run(main())


def test_a_block_at_the_handshake_holds_the_whole_account() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> None:
        blocked = Response(418, "Teapot", Headers(), body_of("blocked", "blocked for 300 seconds"))
        async with exchange(script, blocked) as there, listening(there, OWN, keys=keys()) as stream:
            await until(stream, lambda found: isinstance(found[-1], Trouble))
            held = {quota.group for quota in stream.limits.quotas() if quota.held_seconds > 290}
            await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
            assert stream.limits.clock.monotonic_seconds() >= 300
        assert {Group.ORDER, Group.DEFAULT, Group.WEBSOCKET_CONNECT} <= held
        assert Group.TICKER not in held

    asyncio.run(main())


def test_what_cannot_be_read_does_not_end_it() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await socket.send(b"\xff{")
        await socket.send(body_of("WRONG_FORMAT", "x"))
        await socket.send('{"ty":"trade"}')
        await say(socket, trade(1))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: bool(ids(found)))
        troubles = [item for item in items if isinstance(item, Trouble)]
        assert [type(item.error) for item in troubles] == [type(None), StreamFormatError, type(None)]
        assert len(there.asked) == 1

    asyncio.run(main())


@pytest.mark.parametrize(("status", "name", "kind"), [(401, "jwt_verification", TokenError), (401, "INVALID_AUTH", StreamAuthError)])
def test_a_refused_handshake_is_told_and_tried_again(status: int, name: str, kind: type[Exception]) -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> None:
        refused = Response(status, HTTPStatus(status).phrase, Headers(), body_of(name, "x"))
        async with exchange(script, refused) as there, listening(there, OWN, keys=keys()) as stream:
            items = await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
        assert [type(item.error) for item in items if isinstance(item, Trouble)] == [kind]
        assert len(set(there.tokens)) == 2
        assert SECRET not in repr(items)

    asyncio.run(main())


def rest_trades(numbers: list[int], page: int = 2) -> Callable[[Received], Reply]:
    """Trades by REST, newest first, in pages, cursor exclusive; markets but KRW-BTC have none."""

    def answer(asked: Received) -> Reply:
        query = dict(pair.split("=") for pair in asked.query.split("&"))
        last = int(query.get("cursor", 10**9))
        there = [] if "days_ago" in query or query["market"] != "KRW-BTC" else sorted((n for n in numbers if n < last), reverse=True)[:page]
        rows = [
            {
                "market": "KRW-BTC", "trade_date_utc": "2025-06-27", "trade_time_utc": "23:59:59", "timestamp": 1_751_327_999_000 + number,
                "trade_price": 1, "trade_volume": 2, "prev_closing_price": 3, "change_price": 4, "ask_bid": "BID", "sequential_id": number,
            }
            for number in there
        ]  # fmt: skip
        return Reply(json.dumps(rows).encode())

    return answer


def test_trades_that_were_missed_are_asked_by_rest() -> None:
    """Seen: 1 to 3, then a gap; 7 and 8 come by the stream again. All of 1 to 8 arrive, each once."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, *[trade(n) for n in ((1, 2, 3), (7, 8))[number]])
        if number:
            await socket.wait_closed()

    async def main() -> None:
        quick = Limits(QuickClock())
        async with (
            exchange(script) as there,
            far_side(rest_trades(list(range(9)))) as rest,
            UpbitClient(None, ClientSettings(base_url=rest.url), quick) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            items = await until(stream, lambda found: len(ids(found)) == 8)
        assert sorted(ids(items)) == list(range(1, 9))

    asyncio.run(main())


def test_a_gap_that_could_not_be_filled_is_filled_after_the_next_loss() -> None:
    """The first re-sync fails (four 500s); 4 to 6 and 8 are missed in two gaps, and all of 1 to 9 arrive, each once."""
    whole, left, failed = rest_trades(list(range(10))), [4], asyncio.Event()

    def rest(asked: Received) -> Reply:
        if "market=KRW-BTC" not in asked.query or not left[0]:
            return whole(asked)
        left[0] -= 1
        if not left[0]:
            failed.set()
        return Reply(body_of("server_error", "x"), 500)

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, *[trade(n) for n in ((1, 2, 3), (7,), (9,))[number]])
        if number == 1:
            await failed.wait()
        if number == 2:
            await socket.wait_closed()

    async def main() -> None:
        async with (
            exchange(script) as there,
            far_side(rest) as other,
            UpbitClient(None, ClientSettings(base_url=other.url, backoff_seconds=0.01), Limits(QuickClock())) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            items = await until(stream, lambda found: len(ids(found)) == 9)
        assert sorted(ids(items)) == list(range(1, 10))

    asyncio.run(main())


def test_a_gap_that_was_filled_is_not_asked_for_again() -> None:
    """Pages of two: 8 down to 3 take four, 12 down to 8 take three."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, *[trade(n) for n in ((1, 2, 3), (8,), (12,))[number]])
        if number == 1:
            await filled.wait()
        if number == 2:
            await socket.wait_closed()

    async def main() -> None:
        numbers = list(range(9))
        quick = Limits(QuickClock())
        async with (
            exchange(script) as there,
            far_side(lambda asked: rest_trades(numbers)(asked)) as rest,
            UpbitClient(None, ClientSettings(base_url=rest.url), quick) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            await until(stream, lambda found: len(ids(found)) == 8)
            assert len(rest.received) == 4
            numbers.extend([9, 10, 11, 12])
            filled.set()
            await until(stream, lambda found: len(ids(found)) == 4)
            assert len(rest.received) == 4 + 3

    filled = asyncio.Event()
    asyncio.run(main())


def test_two_gaps_without_news_between_them_double_nothing() -> None:
    """After the first re-sync nothing comes by the stream before the next loss: the second begins where the first ended."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        if number == 0:
            await say(socket, trade(1))
        elif number == 1:
            await filled.wait()
        else:
            await socket.wait_closed()

    async def main() -> None:
        numbers = list(range(2300))
        async with (
            exchange(script) as there,
            far_side(lambda asked: rest_trades(numbers, 500)(asked)) as rest,
            UpbitClient(None, ClientSettings(base_url=rest.url), Limits(QuickClock())) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            first = await until(stream, lambda found: len(ids(found)) == 2299)
            numbers.extend([2300, 2301])
            filled.set()
            second = await until(stream, lambda found: len(ids(found)) == 2)
        assert sorted(ids(first + second)) == list(range(1, 2302))

    filled = asyncio.Event()
    asyncio.run(main())


def test_a_gap_of_too_many_trades_is_told() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, *[trade(1)][: 1 - number])
        if number:
            await socket.wait_closed()

    async def main() -> None:
        async with (
            exchange(script) as there,
            far_side(rest_trades(list(range(100)))) as rest,
            UpbitClient(None, ClientSettings(base_url=rest.url), Limits(QuickClock())) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            items = await until(stream, lambda found: len(ids(found)) == 1 + 80)
        (lacking,) = [item.error for item in items if isinstance(item, Trouble)]
        assert isinstance(lacking, GapTooLongError)
        assert lacking.market == "KRW-BTC"
        assert sorted(ids(items)) == [1, *range(20, 100)]

    asyncio.run(main())


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> str:
        async with exchange(script) as there, listening(there, OWN, keys=keys()) as stream:
            await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
            return repr(vars(stream))

    shown = asyncio.run(main())
    told = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server"))
    assert any("websocket" in record.name for record in caplog.records), "the far side logs what it gets"
    for text in (shown, told):
        assert "Bearer" not in text
        assert SECRET not in text


def test_missed_trades_end_at_the_last_known_one() -> None:
    async def main(numbers: list[int], pages: int) -> tuple[list[int], bool]:
        last = read_frame(json.dumps(trade(5)))[0]
        assert isinstance(last, TradeFrame)
        async with (
            far_side(rest_trades(numbers)) as there,
            UpbitClient(None, ClientSettings(base_url=there.url), Limits(QuickClock())) as client,
        ):
            found = await missed_trades(client.quotation, last, pages)
        assert {item.stream_type for item in found.trades} <= {"RESYNC"}
        return [item.sequential_id for item in found.trades], found.whole

    assert asyncio.run(main(list(range(12)), 40)) == ([5, 6, 7, 8, 9, 10, 11], True)
    assert asyncio.run(main(list(range(5, 12)), 40)) == ([5, 6, 7, 8, 9, 10, 11], True)
    assert asyncio.run(main(list(range(12)), 2)) == ([8, 9, 10, 11], False)
    assert asyncio.run(main([], 40)) == ([], True)
