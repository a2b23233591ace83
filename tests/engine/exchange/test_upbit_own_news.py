"""Own orders through gaps of the stream: whatever the line does, each piece of news is told once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.simulated.served.auth import Key as ServedKey
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.faults import Faults
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.simulated.venue.orders import Order as VenueOrder
from engine.exchange.upbit.answers import Order
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError
from engine.exchange.upbit.frames import MyAssetFrame, MyOrderFrame
from engine.exchange.upbit.inbox import Connected, Disconnected, Item, OrdersInDoubt, OrdersKnown, Trouble
from engine.exchange.upbit.missed import RESYNC
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, OrderType
from engine.exchange.upbit.own_orders import OwnOrders
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.signing import Keys, Secret
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, serving, store_of

pytestmark = pytest.mark.usefixtures("quick")
KEYS = Keys(Secret(ACCESS), Secret(SECRET))
MARKET = "KRW-XRP"
BEGUN = "2025-11-20T10:00:00+09:00"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits after a loss are short, the patience of a line that goes on breaking is long; the clock is true: the exchange counts by it."""
    monkeypatch.setattr("engine.exchange.upbit.own_news._HELD_SECONDS", 300.0)
    monkeypatch.setattr("engine.exchange.upbit.stream._FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr("engine.exchange.upbit.stream._LONGEST_WAIT_SECONDS", 0.2)
    monkeypatch.setattr("engine.exchange.upbit.own_news._FIRST_WAIT_SECONDS", 0.05)


# -- by itself --------------------------------------------------------------------------------------------------------------------------


def order(state: str, trades: int, prevented: int = 0) -> Order:
    rows = [
        {"market": MARKET, "uuid": f"t{n}", "price": "3000", "volume": "1", "funds": "3000", "trend": "up", "side": "bid",
         "created_at": f"2025-11-20T10:00:{n:02}.5+09:00"}
        for n in range(trades)
    ]  # fmt: skip
    whole = {
        "market": MARKET, "uuid": "u", "side": "bid", "ord_type": "limit", "state": state, "created_at": BEGUN, "volume": "9",
        "executed_volume": str(trades), "trades_count": trades, "prevented_volume": str(prevented), "trades": rows,
    }  # fmt: skip
    return Order.model_validate(whole)


def live(state: str, **more: Any) -> MyOrderFrame:
    whole = {"type": "myOrder", "code": MARKET, "uuid": "u", "ask_bid": "BID", "order_type": "limit", "state": state}
    return MyOrderFrame.model_validate(whole | more)


def life(trades: int, prevented: int, end: str | None) -> list[MyOrderFrame]:
    """Every piece of news of an order, in order."""
    found = [live("wait"), *(live("trade", trade_uuid=f"t{n}") for n in range(trades))]
    found += [live("prevented", prevented_volume=prevented)] * bool(prevented)
    return found + ([live(end)] if end else [])


def key(frame: MyOrderFrame) -> tuple[str, str | None]:
    return frame.state, frame.trade_uuid


@given(st.integers(0, 5), st.integers(0, 2), st.sampled_from([None, "done", "cancel"]), st.data())
def test_each_piece_of_news_is_told_once_wherever_the_line_breaks(
    trades: int, prevented: int, end: str | None, data: st.DataObject
) -> None:
    """Some news come by the stream, perhaps twice; then the exchange is asked; then what is left comes, and again some of it."""
    news = life(trades, prevented, end)
    asked_at = data.draw(st.integers(0, len(news)))
    early = data.draw(st.lists(st.sampled_from(range(asked_at)), max_size=12)) if asked_at else []
    orders = OwnOrders()
    told = [news[n] for n in sorted(early) if orders.is_new(news[n])]
    if asked_at:
        seen = news[:asked_at]
        count = sum(frame.state == "trade" for frame in seen)
        took = prevented if any(frame.state == "prevented" for frame in seen) else 0
        there = order(seen[-1].state if seen[-1].state in ("done", "cancel") else "wait", count, took)
        assert orders.lacks_trades(there) or count == len({frame.trade_uuid for frame in told} - {None})
        found = orders.missing([there])
        assert [key(frame) for frame in found] == [key(frame) for frame in seen if key(frame) in {key(f) for f in found}]
        assert all(frame.stream_type == RESYNC for frame in found)
        told += found
        assert orders.missing([there]) == []
    told += [frame for frame in [*data.draw(st.permutations(news[:asked_at])), *news[asked_at:]] if orders.is_new(frame)]
    assert Counter(map(key, told)) == Counter(map(key, news))
    assert ("u" in orders.open()) == (end is None)


def test_news_that_rest_tells_are_as_the_stream_would_have_told_them() -> None:
    begun, first, second, ended = OwnOrders().missing([order("cancel", 2)])
    assert (begun.state, begun.executed_volume, begun.remaining_volume, begun.price) == ("wait", 0, 9, None)
    assert (first.trade_uuid, first.price, first.volume, first.executed_volume, first.remaining_volume) == ("t0", 3000, 1, 1, 8)
    assert (second.executed_volume, second.trade_timestamp) == (2, second.timestamp)
    assert (ended.state, ended.executed_volume, ended.has("trade_uuid"), ended.ask_bid) == ("cancel", 2, False, "BID")
    reserved = OwnOrders()
    assert [frame.state for frame in reserved.missing([order("watch", 0)])] == ["watch"]
    assert [frame.state for frame in reserved.missing([order("wait", 0)])] == ["wait"]


# -- on the served exchange -------------------------------------------------------------------------------------------------------------


def open_there(folder: Path, **faults: str) -> Face:
    terms = Terms(at_ms=START_MS + 60 * MINUTE_MS, settings=("ban_after=0", "partial=0.3"), deposits=(("KRW", D(10**9)), ("XRP", D(10**5))))
    face = open_face(store_of(folder, 600), terms, ServedKey(ACCESS, SECRET), 0.0, time.monotonic, control=True)
    face.faults = Faults(**{name: D(value) for name, value in faults.items()})
    return face


def listening(address: str, client: UpbitClient) -> Stream:
    settings = StreamSettings(url=f"ws://{address}/websocket/v1", close_seconds=0.1)
    wishes = [Subscription(Kind.MY_ORDER), Subscription(Kind.MY_ASSET)]
    return Stream(wishes, keys=KEYS, settings=settings, limits=client.rest.limits, trading=client.trading, chance=random.Random(1))


async def trade_at_random(client: UpbitClient, face: Face, chance: random.Random, number: int) -> None:
    """One order or cancellation; the market may move. What is refused is."""
    price = D(str(float(face.world.venue.places[MARKET].last or 0)))
    terms = [
        OrderTerms(OrderSide.BID, OrderType.LIMIT, price - chance.randrange(0, 12), D(chance.randrange(5, 50))),
        OrderTerms(OrderSide.ASK, OrderType.LIMIT, price + chance.randrange(0, 12), D(chance.randrange(5, 50))),
        OrderTerms(OrderSide.BID, OrderType.PRICE, price=D(chance.randrange(10_000, 90_000))),
        OrderTerms(OrderSide.ASK, OrderType.MARKET, volume=D(chance.randrange(5, 40))),
    ]
    with contextlib.suppress(ExchangeError):
        if chance.random() < 0.25 and (waiting := [o.uuid for o in face.world.venue.orders.values() if o.is_open]):
            await client.trading.cancel(uuid=chance.choice(waiting))
        else:
            await client.trading.place(MARKET, chance.choice(terms), f"n{number}")
    if chance.random() < 0.4:
        face.clock.step(chance.randrange(1, 4) * MINUTE_MS)


def wanted_of(found: VenueOrder) -> Counter[tuple[str, str | None]]:
    news: Counter[tuple[str, str | None]] = Counter({("wait", None): 1})
    news.update(("trade", trade.uuid) for trade in found.trades)
    if found.prevented_volume:
        news["prevented", None] = 1
    if not found.is_open:
        news[str(found.state), None] = 1
    return news


async def traffic(folder: Path, seed: int, rounds: int, **faults: str) -> tuple[Face, list[Item], set[str]]:
    """Orders at random while the line breaks. Returns the exchange, what was told, and the orders from before."""
    face, chance, items = open_there(folder), random.Random(seed), []
    with serving(face) as address:
        async with UpbitClient(KEYS, ClientSettings(base_url=f"http://{address}")) as client, asyncio.timeout(120):
            for number in range(8):
                await trade_at_random(client, face, chance, 1000 + number)
            before = {order.uuid for order in face.world.venue.orders.values()}
            async with listening(address, client) as stream:
                reading = asyncio.create_task(_read(stream, items))
                await until(lambda: any(isinstance(item, Connected) for item in items))
                await asyncio.sleep(0.1)
                face.faults = Faults(**{name: D(value) for name, value in faults.items()})
                for number in range(rounds):
                    await trade_at_random(client, face, chance, number)
                    await asyncio.sleep(0.03)
                face.faults = Faults()
                face.world.venue.places[MARKET].changes += 1
                last = (await client.trading.place(MARKET, OrderTerms(OrderSide.BID, OrderType.LIMIT, D(2000), D(7)), "last")).value.uuid
                await until(lambda: any(isinstance(item, MyOrderFrame) and item.uuid == last for item in items) and not _doubtful(items))
                await asyncio.sleep(0.2)
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
    return face, items, before


async def _read(stream: Stream, items: list[Item]) -> None:
    while True:
        items.append((await anext(stream)).item)


async def until(true: Callable[[], bool]) -> None:
    """Look again and again: what is waited for happens in another thread."""
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _doubtful(items: list[Item]) -> bool:
    of_doubt = [item for item in items if isinstance(item, OrdersInDoubt | OrdersKnown)]
    return bool(of_doubt) and isinstance(of_doubt[-1], OrdersInDoubt)


def check(face: Face, items: list[Item], before: set[str], *, late: bool = False) -> int:
    """Returns how much came by REST. late: news were not held back until the exchange had answered."""
    told: dict[str, list[MyOrderFrame]] = {}
    for item in items:
        if isinstance(item, MyOrderFrame):
            told.setdefault(item.uuid, []).append(item)
    for found in face.world.venue.orders.values():
        mine = told.get(found.uuid, [])
        news = Counter((frame.state, frame.trade_uuid) for frame in mine)
        wanted = wanted_of(found)
        if found.uuid in before:  # its beginning, and perhaps some trades, are no news
            assert not news - wanted
            assert ("wait", None) not in news
            assert found.is_open or news[str(found.state), None] <= 1
        else:
            if late and mine and mine[0].state != "wait":
                wanted["wait", None] = 0  # its beginning was lost, and what followed could not wait
            assert news == +wanted, (found.uuid, news, wanted)
            if late:
                continue
            assert mine[0].state == "wait"
            assert [frame.trade_uuid for frame in mine if frame.state == "trade"] == [trade.uuid for trade in found.trades]
            assert found.is_open or mine[-1].state == str(found.state)
    return sum(item.stream_type == RESYNC for item in items if isinstance(item, MyOrderFrame))


def test_on_the_served_exchange_nothing_of_own_orders_is_lost_or_doubled(tmp_path: Path) -> None:
    """Lines break, frames come twice or by half."""
    faults = {"socket_drop": "0.15", "frame_duplicate": "0.1", "frame_truncated": "0.05"}
    face, items, before = asyncio.run(traffic(tmp_path, 1, 40, **faults))
    assert check(face, items, before) >= 5
    assert sum(isinstance(item, Disconnected) for item in items) >= 3
    assert sum(isinstance(item, OrdersKnown) for item in items) >= 1
    assert len(face.world.venue.orders) >= 25
    balances = [item for item in items if isinstance(item, MyAssetFrame)]
    assert any(item.stream_type == RESYNC for item in balances)
    last = {asset.currency: (asset.balance, asset.locked) for item in balances for asset in item.assets}
    for currency in ("KRW", "XRP"):
        there = face.world.venue.ledger.balance(currency)
        assert last[currency] == (pytest.approx(there.free, abs=D("1e-6")), pytest.approx(there.locked, abs=D("1e-6")))


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(3, 23))
def test_deep_nothing_of_own_orders_is_lost_or_doubled(tmp_path: Path, seed: int) -> None:
    faults = {"socket_drop": "0.1", "frame_duplicate": "0.1", "frame_truncated": "0.05", "server": "0.05", "truncated": "0.03"}
    face, items, before = asyncio.run(traffic(tmp_path, seed, 150, **faults))
    check(face, items, before)
    assert any(isinstance(item, OrdersKnown) for item in items)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(30, 40))
def test_deep_news_that_are_not_held_back_are_whole_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("engine.exchange.upbit.own_news._HELD_SECONDS", 0.0)
    faults = {"socket_drop": "0.1", "frame_duplicate": "0.1", "frame_truncated": "0.05", "frame_swapped": "0.05", "server": "0.1"}
    face, items, before = asyncio.run(traffic(tmp_path, seed, 100, **faults))
    check(face, items, before, late=True)
    assert any(isinstance(item, OrdersKnown) for item in items)


def test_what_cannot_be_asked_is_asked_again(tmp_path: Path) -> None:
    """REST fails for a while after a loss: the doubt is told, so are the failures, and in the end what was missed."""
    face = open_there(tmp_path)

    async def main(address: str) -> list[Item]:
        items: list[Item] = []
        own = ClientSettings(base_url=f"http://{address}", attempts=1)
        async with UpbitClient(KEYS, own) as client, asyncio.timeout(60), listening(address, client) as stream:
            reading = asyncio.create_task(_read(stream, items))
            await until(lambda: any(isinstance(item, Connected) for item in items))
            await asyncio.sleep(0.2)
            face.faults = Faults(socket_drop=D(1), server=D(1))
            body = {"market": MARKET, "side": "bid", "ord_type": "limit", "price": "2000", "volume": "7"}
            uuid = face.world.venue.place_order(body, face.world.now_ms).uuid
            await until(lambda: any(isinstance(item, Disconnected) for item in items))
            face.faults = Faults(server=D(1))
            await until(lambda: sum(isinstance(item, Trouble) for item in items) >= 3)
            assert _doubtful(items)
            face.faults = Faults()
            await until(lambda: not _doubtful(items))
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            told = [item for item in items if isinstance(item, MyOrderFrame)]
            assert [(frame.uuid, frame.state, frame.stream_type) for frame in told] == [(uuid, "wait", RESYNC)]
            assert [item.changed for item in items if isinstance(item, OrdersKnown)] == [1]
        return items

    with serving(face) as address:
        asyncio.run(main(address))
