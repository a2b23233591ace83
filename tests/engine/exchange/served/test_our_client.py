"""The client of this repository on the served exchange: every call of prices and orders, refusals by name, lost answers, and the stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal as D

import pytest

from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.faults import Faults
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import RefusedError, UnknownOutcomeError
from engine.exchange.upbit.frames import MyAssetFrame, MyOrderFrame, OrderbookFrame, TickerFrame, TradeFrame
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, OrderType, TimeInForce
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.signing import Keys, Secret
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, serving, store_of

MARKET = "KRW-XRP"
KEYS = Keys(Secret(ACCESS), Secret(SECRET))


@dataclass
class Place:
    """A served exchange."""

    address: str
    face: Face

    def client(self) -> UpbitClient:
        return UpbitClient(KEYS, ClientSettings(base_url=f"http://{self.address}"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    terms = Terms(at_ms=START_MS + 600 * MINUTE_MS, deposits=(("KRW", D(10_000_000)), ("XRP", D(1000))), settings=("ban_after=0",))
    face = open_face(store_of(tmp_path_factory.mktemp("client")), terms, Key(ACCESS, SECRET), 0.0, time.monotonic, control=True)
    with serving(face) as address:
        yield Place(address, face)


def limit(price: int, volume: int = 5, tif: TimeInForce | None = None) -> OrderTerms:
    return OrderTerms(OrderSide.BID, OrderType.LIMIT, D(price), D(volume), tif)


def test_every_question_about_prices(place: Place) -> None:
    async def ask() -> None:
        async with place.client() as client:
            q = client.quotation
            assert [pair.market for pair in (await q.markets(is_details=True)).value] == ["KRW-BTC", MARKET]
            for answer in (
                await q.candles_seconds(MARKET, count=5),
                await q.candles_minutes(MARKET, 5, count=5),
                await q.candles_days(MARKET, count=5),
                await q.candles_weeks(MARKET),
                await q.candles_months(MARKET),
                await q.candles_years(MARKET),
            ):
                assert answer.value
                assert all(candle.low_price <= candle.trade_price <= candle.high_price for candle in answer.value)
            trades = (await q.trades(MARKET, count=50)).value
            assert len({trade.sequential_id for trade in trades}) == 50
            ticker = (await q.tickers([MARKET])).value[0]
            assert ticker.trade_price == trades[0].trade_price
            assert len((await q.tickers_all(["KRW"])).value) == 2
            assert len((await q.orderbooks([MARKET])).value[0].orderbook_units) == 30
            assert (await q.orderbook_instruments([MARKET])).value[0].tick_size == 1
            assert (await q.supported_levels([MARKET])).value

    asyncio.run(ask())


def test_every_order_call_and_what_is_refused(place: Place) -> None:
    async def ask() -> None:
        async with place.client() as client:
            t = client.trading
            assert {account.currency for account in (await t.accounts()).value} == {"KRW", "XRP"}
            assert (await t.chance(MARKET)).value.bid_fee == D("0.0005")
            assert (await t.test(MARKET, limit(2900), "t1")).status == 201
            placed = (await t.place(MARKET, limit(2900), "o1")).value
            assert ((await t.order(identifier="o1")).value.uuid, placed.locked) == (placed.uuid, D("14507.25"))
            assert [order.uuid for order in (await t.orders_open(market=MARKET)).value] == [placed.uuid]
            moved = (await t.cancel_and_new(limit(2890), "o2", identifier="o1")).value
            assert moved.uuid == placed.uuid
            assert (await t.cancel(identifier="o2")).value.state == "wait"
            for terms, name in (
                (OrderTerms(OrderSide.BID, OrderType.PRICE, price=D(50_000)), "m1"),
                (OrderTerms(OrderSide.ASK, OrderType.MARKET, volume=D(3)), "m2"),
                (OrderTerms(OrderSide.BID, OrderType.BEST, price=D(50_000), time_in_force=TimeInForce.IOC), "m3"),
            ):
                await t.place(MARKET, terms, name)
                assert (await t.order(identifier=name)).value.executed_volume > 0
            assert len((await t.orders_closed(market=MARKET)).value) == 5
            assert len((await t.orders_by_id(identifiers=["m1", "m2"])).value) == 2
            for number in range(3):
                await t.place(MARKET, limit(2800 + number), f"b{number}")
            assert (await t.cancel_by_id(identifiers=["b0"])).value.success.count == 1
            assert (await t.cancel_open(pairs=[MARKET])).value.success.count == 2
            for terms, refusal in (
                (limit(2900, 1), "under_min_total_bid"),
                (OrderTerms(OrderSide.BID, OrderType.LIMIT, D("2900.5"), D(5)), "invalid_price_bid"),
                (limit(2900, 300_000), "insufficient_funds_bid"),
            ):
                with pytest.raises(RefusedError) as error:
                    await t.place(MARKET, terms, f"r-{refusal}")
                assert error.value.name == refusal

    asyncio.run(ask())


def test_an_order_whose_answer_was_lost_is_found_and_one_that_never_came_is_proved_absent(place: Place) -> None:
    async def ask() -> None:
        async with place.client() as client:
            found = {}
            for fault in ("lost_answer", "lost_request"):
                place.face.faults = Faults(**{fault: D(1)})
                try:
                    with pytest.raises(UnknownOutcomeError):
                        await client.trading.place(MARKET, limit(2700), fault)
                finally:
                    place.face.faults = Faults()
                answer = await client.trading.look_up(fault, settle_seconds=0.1, pause_seconds=0.05)
                found[fault] = None if answer is None else answer.value.state
            assert found == {"lost_answer": "wait", "lost_request": None}
            await client.trading.cancel(identifier="lost_answer")

    asyncio.run(ask())


def test_the_stream_brings_prices_and_own_orders(place: Place) -> None:
    async def listen() -> None:
        settings = StreamSettings(url=f"ws://{place.address}/websocket/v1")
        wishes = [Subscription(kind, (MARKET,)) for kind in (Kind.TICKER, Kind.TRADE, Kind.ORDERBOOK)]
        wishes += [Subscription(Kind.MY_ORDER), Subscription(Kind.MY_ASSET)]
        wanted = {TickerFrame, TradeFrame, OrderbookFrame}
        seen: set[type] = set()
        trades: list[int] = []
        async with Stream(wishes, keys=KEYS, settings=settings) as stream, asyncio.timeout(20), place.client() as client:
            ordered = False
            async for arrival in stream:
                seen.add(type(arrival.item))
                if isinstance(arrival.item, TradeFrame):
                    trades.append(arrival.item.sequential_id)
                if wanted <= seen and not ordered:
                    ordered = True
                    await asyncio.sleep(0.3)  # until own orders are asked for as well
                    await client.trading.place(MARKET, OrderTerms(OrderSide.BID, OrderType.PRICE, price=D(10_000)), "stream")
                    place.face.clock.step(2 * MINUTE_MS)
                if {MyOrderFrame, MyAssetFrame} <= seen and len(trades) >= 9:
                    break
        assert len(set(trades)) == len(trades)

    asyncio.run(listen())
