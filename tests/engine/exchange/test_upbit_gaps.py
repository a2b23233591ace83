"""What a stream missed while it was away, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
import random
import time
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection

from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.faults import Faults, FrameFault
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import GapTooLongError
from engine.exchange.upbit.frames import TradeFrame, UnknownFrame
from engine.exchange.upbit.inbox import Disconnected, Item, Trouble
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.missed import RESYNC, missed_trades
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange.far_side import ACCESS, SECRET, QuickClock, Received, Reply, far_side
from tests.engine.exchange.served.signing import MINUTE_MS, START_MS, serving, store_of
from tests.engine.exchange.stream_side import exchange, ids, listening, rest_trades, say, time_ms, trade, until
from tests.engine.exchange.test_upbit_errors import body_of


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


def test_what_came_out_of_order_before_the_gap_is_asked_for_and_what_was_before_the_first_is_not() -> None:
    """4 came, then 6; 5 was on its way when the line broke. 3, of 1 s before 4, was before our time."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, *([at(4), at(6)], [at(8)])[number])
        if number:
            await socket.wait_closed()

    def at(number: int) -> dict[str, Any]:
        return trade(number) | {"trade_timestamp": time_ms(0) + 1000 * number}

    def rest(asked: Received) -> Reply:
        rows = json.loads(rest_trades(list(range(9)), 500)(asked).body)
        return Reply(json.dumps([row | {"timestamp": time_ms(0) + 1000 * row["sequential_id"]} for row in rows]).encode())

    async def main() -> None:
        async with (
            exchange(script) as there,
            far_side(rest) as other,
            UpbitClient(None, ClientSettings(base_url=other.url), Limits(QuickClock())) as client,
            listening(there, quotation=client.quotation) as stream,
        ):
            items = await until(stream, lambda found: len(ids(found)) == 5)
        assert sorted(ids(items)) == [4, 5, 6, 7, 8]

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


def test_missed_trades_end_at_the_last_known_one() -> None:
    async def main(numbers: list[int], pages: int) -> tuple[list[int], bool]:
        async with (
            far_side(rest_trades(numbers)) as there,
            UpbitClient(None, ClientSettings(base_url=there.url), Limits(QuickClock())) as client,
        ):
            found = await missed_trades(client.quotation, "KRW-BTC", time_ms(5), pages)
        assert {item.stream_type for item in found.trades} <= {"RESYNC"}
        return [item.sequential_id for item in found.trades], found.whole

    assert asyncio.run(main(list(range(12)), 40)) == ([5, 6, 7, 8, 9, 10, 11], True)
    assert asyncio.run(main(list(range(5, 12)), 40)) == ([5, 6, 7, 8, 9, 10, 11], True)
    assert asyncio.run(main(list(range(12)), 2)) == ([8, 9, 10, 11], False)
    assert asyncio.run(main([], 40)) == ([], True)


def test_on_the_served_exchange_every_trade_comes_once_whatever_happens_to_the_line(tmp_path: Path) -> None:
    """Lines break, messages come twice, late, by half, as nonsense and of unknown types; what others traded arrives, each once."""
    markets = ("KRW-BTC", "KRW-XRP")
    terms = Terms(at_ms=START_MS + 60 * MINUTE_MS, settings=("ban_after=0",), seed=5)
    face = open_face(store_of(tmp_path, 200), terms, Key(ACCESS, SECRET), 0.0, time.monotonic, control=True)
    begun_ms = face.world.now_ms

    async def main(address: str) -> list[Item]:
        found: list[Item] = []
        async with (
            UpbitClient(None, ClientSettings(base_url=f"http://{address}")) as client,
            Stream(
                [Subscription(Kind.TRADE, markets), Subscription(Kind.ORDERBOOK, markets)],
                settings=StreamSettings(url=f"ws://{address}/websocket/v1", close_seconds=0.1),
                limits=Limits(QuickClock()),
                quotation=client.quotation,
                chance=random.Random(1),
            ) as stream,
            asyncio.timeout(60),
        ):
            found += await until(stream, lambda items: len({item.code for item in items if isinstance(item, TradeFrame)}) == 2)
            face.faults = Faults(**{kind.value: D("0.02") for kind in FrameFault})
            for _ in range(20):
                face.clock.step(4 * MINUTE_MS)
                await asyncio.sleep(0.06)
            face.faults = Faults()
            face.clock.step(MINUTE_MS)
            missing = {
                (market, trade.sequential_id)
                for market in markets
                for trade in face.world.tapes[market].between(begun_ms, face.clock.now_ms())
            }
            missing -= {(item.code, item.sequential_id) for item in found if isinstance(item, TradeFrame)}
            while missing:
                item = (await anext(stream)).item
                found.append(item)
                if isinstance(item, TradeFrame):
                    missing.discard((item.code, item.sequential_id))
        return found

    with serving(face) as address:
        items = asyncio.run(main(address))
    trades = [(item.code, item.sequential_id) for item in items if isinstance(item, TradeFrame)]
    assert len(trades) == len(set(trades)) > 500
    assert set(face.met) == set(FrameFault)
    losses = sum(isinstance(item, Disconnected) for item in items)
    assert losses >= 3
    assert any(item.stream_type == RESYNC for item in items if isinstance(item, TradeFrame))
    assert any(isinstance(item, UnknownFrame) for item in items)
    assert sum(isinstance(item, Trouble) for item in items) >= 5
