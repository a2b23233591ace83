"""Where a stream's messages wait for a slow reader, and what is asked of the exchange."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from engine.exchange.upbit.frames import CandleFrame, MyOrderFrame, OrderbookFrame, TickerFrame, TradeFrame, read_frame
from engine.exchange.upbit.inbox import Arrival, Inbox, Item, Lost, Trouble
from engine.exchange.upbit.subscriptions import Format, Kind, Subscription, list_request, request, split
from tests.engine.exchange.test_upbit_frames import message

OWN = Subscription(Kind.MY_ORDER)


def ids(items: list[Item]) -> list[int]:
    return [item.sequential_id for item in items if isinstance(item, TradeFrame)]


def frame(kind: str, **changes: Any) -> Any:
    return read_frame(json.dumps(message(kind) | changes))[0]


async def drain(inbox: Inbox) -> list[Arrival]:
    found = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                found.append(await inbox.get())
        except TimeoutError:
            return found


def drained(inbox: Inbox) -> list[Arrival]:
    return asyncio.run(drain(inbox))


def test_of_tickers_and_books_the_newest_counts_and_of_orders_all() -> None:
    inbox = Inbox()
    for number in range(1500):
        inbox.put(frame("ticker", code=f"KRW-{number % 3}", trade_price=float(number)), number)
        inbox.put(frame("orderbook", code="KRW-0", level=number), number)
        if number % 10 == 0:
            inbox.put(frame("myOrder", uuid=str(number)), number)
    assert len(inbox) == 3 + 1 + 150
    items = [arrival.item for arrival in drained(inbox)]
    assert [item.trade_price for item in items if isinstance(item, TickerFrame)] == [1497.0, 1498.0, 1499.0]
    assert [item.level for item in items if isinstance(item, OrderbookFrame)] == [1499]
    assert [item.uuid for item in items if isinstance(item, MyOrderFrame)] == [str(number) for number in range(0, 1500, 10)]


def test_each_bar_keeps_its_last_state() -> None:
    inbox = Inbox()
    for number in range(100):
        inbox.put(frame("candle.240m", candle_date_time_utc=f"bar {number // 10}", trade_price=float(number)), number)
    assert [arrival.item.trade_price for arrival in drained(inbox) if isinstance(arrival.item, CandleFrame)] == [
        9.0 + 10 * n for n in range(10)
    ]


def test_beyond_the_limit_the_oldest_bars_go_and_the_loss_is_told() -> None:
    inbox = Inbox(bars_max=5)
    for number in range(80):
        inbox.put(frame("candle.240m", candle_date_time_utc=f"bar {number // 10}", trade_price=float(number)), number)
        inbox.put(frame("myOrder", uuid=str(number)), number)
    assert len(inbox) == 5 + 80
    items = [arrival.item for arrival in drained(inbox)]
    assert items[0] == Lost(message("candle.240m")["code"], 3)
    assert [item.trade_price for item in items if isinstance(item, CandleFrame)] == [39.0, 49.0, 59.0, 69.0, 79.0]
    assert sum(isinstance(item, MyOrderFrame) for item in items) == 80


def test_trades_come_once_and_beyond_the_limit_the_loss_is_told() -> None:
    inbox = Inbox(trades_max=50)
    for number in [*range(100), *range(90, 100)]:
        inbox.put(frame("trade", code="KRW-BTC", sequential_id=number), number)
    inbox.put(frame("trade", code="KRW-ETH", sequential_id=99), 100)
    items = [arrival.item for arrival in drained(inbox)]
    assert items[0] == Lost("KRW-BTC", 51)
    assert ids(items) == [*range(51, 100), 99]


def test_a_flood_that_nobody_can_read_is_bounded_and_told() -> None:
    async def main() -> None:
        inbox = Inbox()
        for number in range(1200):
            inbox.put(Trouble(f"nonsense {number}"), number)
            inbox.put(read_frame('{"type":"moon"}')[0], number)
        inbox.put(frame("myOrder"), 1200)
        assert len(inbox) == 1001
        items = [arrival.item for arrival in await drain(inbox)]
        assert items[0] == Lost("", 1400)
        assert isinstance(items[-1], MyOrderFrame)
        inbox.put(Trouble("again"), 1201)
        assert [arrival.item for arrival in await drain(inbox)] == [Trouble("again")]

    asyncio.run(main())


def test_the_memory_of_trades_is_bounded_and_a_long_gap_is_not_doubled() -> None:
    inbox = Inbox(trades_max=10**6)
    inbox.put(frame("trade", sequential_id=5000), 0)
    whole = [frame("trade", sequential_id=number) for number in range(5001)]
    inbox.put_missed(whole, 1)
    assert sorted(ids([arrival.item for arrival in drained(inbox)])) == list(range(5001))
    assert sum(len(order) for order, _ in inbox._seen.values()) == sum(len(known) for _, known in inbox._seen.values()) == 2000


def test_who_reads_hears_of_a_dead_writer() -> None:
    inbox = Inbox()
    inbox.fail(RuntimeError("a defect"))
    with pytest.raises(RuntimeError, match="a defect"):
        asyncio.run(inbox.get())


# -- subscriptions ---------------------------------------------------------------------------------------------------------------------


def test_requests_are_written_as_documented() -> None:
    asked = [
        Subscription(Kind.TICKER, ("KRW-BTC",), only_snapshot=True),
        Subscription(Kind.ORDERBOOK, ("KRW-BTC", "KRW-ETH"), units=15, level=10000, only_realtime=True),
        Subscription(Kind.ANNOUNCEMENT, categories=("notice",), include_body=False),
    ]
    assert json.loads(request("t", asked, Format.JSON_LIST)) == [
        {"ticket": "t"},
        {"type": "ticker", "codes": ["KRW-BTC"], "is_only_snapshot": True},
        {"type": "orderbook", "codes": ["KRW-BTC.15", "KRW-ETH.15"], "level": 10000, "is_only_realtime": True},
        {"type": "announcement", "categories": ["notice"], "include_body": False},
        {"format": "JSON_LIST"},
    ]
    assert json.loads(list_request("t")) == [{"ticket": "t"}, {"method": "LIST_SUBSCRIPTIONS"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": Kind.TICKER},
        {"kind": Kind.TICKER, "codes": ("krw-btc",)},
        {"kind": Kind.MY_ASSET, "codes": ("KRW-BTC",)},
        {"kind": Kind.MY_ORDER, "only_snapshot": True},
        {"kind": Kind.TRADE, "codes": ("KRW-BTC",), "units": 15},
        {"kind": Kind.ORDERBOOK, "codes": ("KRW-BTC",), "units": 3},
        {"kind": Kind.ORDERBOOK, "codes": ("KRW-BTC",), "only_snapshot": True, "only_realtime": True},
    ],
)
def test_wrong_subscriptions_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Subscription(**wrong)


def test_many_markets_are_split_over_connections() -> None:
    codes = tuple(f"KRW-{number}" for number in range(230))
    groups = split([Subscription(Kind.TICKER, codes), Subscription(Kind.TRADE, codes[:20]), OWN, Subscription(Kind.MY_ASSET)])
    assert [[(found.kind, len(found.codes)) for found in group] for group in groups] == [
        [(Kind.TICKER, 100), (Kind.TRADE, 20)],
        [(Kind.TICKER, 100)],
        [(Kind.TICKER, 30)],
        [(Kind.MY_ORDER, 0), (Kind.MY_ASSET, 0)],
    ]
    assert [code for group in groups for found in group if found.kind is Kind.TICKER for code in found.codes] == list(codes)
