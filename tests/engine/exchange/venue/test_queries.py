"""What the simulated exchange answers to questions: shapes as recorded and documented, windows, pages, filters, candles of every unit."""

from __future__ import annotations

import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.graph import Timeframe
from engine.candles.grid import build_grid
from engine.exchange.simulated.venue.answers import accounts_json, chance_json, order_json
from engine.exchange.simulated.venue.charts import MINUTES, Unit, candles, candles_json
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import BadQueryError, RefusedError
from engine.exchange.simulated.venue.listing import cancel_by_id, cancel_open, closed_orders, open_orders, orders_by_id
from engine.exchange.simulated.venue.prices import instruments_json, markets_json, orderbooks_json, tickers_json, trades_json
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.tape import DAY_MS, TRADES, Tape
from engine.exchange.simulated.venue.world import World
from engine.kernel.aggregate import aggregate
from engine.model.candle import BarState, CandleTable

MINUTE_MS = 60_000
START_MS = 1_763_596_800_000  # 2025-11-20 00:00 UTC, a Thursday
MARKETS = ("BTC-XRP", "KRW-XRP")


def table(market: str, minutes: int, seed: int = 1, quiet: float = 0.3, price: float = 3000.0) -> CandleTable:
    """Minute bars with minutes without trades, walking around a price in steps of a 3,000th of it."""
    rng = np.random.default_rng(seed)
    times = START_MS + np.flatnonzero(rng.random(minutes) >= quiet).astype(np.int64) * MINUTE_MS
    path = 3000 + np.cumsum(rng.integers(-3, 4, len(times)))
    open_ = path + rng.integers(-2, 3, len(times))
    high, low = np.maximum(path, open_) + rng.integers(0, 3, len(times)), np.minimum(path, open_) - rng.integers(0, 3, len(times))
    volume = rng.integers(1, 10**11, len(times)) / 1e8
    prices = [np.round(column * price / 3000, 8) for column in (open_, high, low, path)]
    value = np.round(volume * prices[3], 5)
    return CandleTable(
        market, Timeframe(MINUTE_MS), times, *prices, volume, value, ((START_MS, START_MS + minutes * MINUTE_MS),)
    )  # fmt: skip


def world(minutes: int = 3000, now: int = 2000) -> World:
    """Two markets, some way into their candles, and an account with money and coins."""
    venue = Venue(MARKETS)
    venue.deposit("KRW", D(10_000_000))
    venue.deposit("XRP", D(1000), D(2500))
    tapes = {
        market: Tape(table(market, minutes, seed, price=p), 7) for seed, (market, p) in enumerate(zip(MARKETS, (0.5, 3000.0), strict=True))
    }
    return World(venue, tapes, START_MS + now * MINUTE_MS + 12_345)


def query(private: bool = False, **values: object) -> Query:
    """Parameters; names that end in `_list` are arrays."""
    found = {name.removesuffix("_list") + ("[]" if name.endswith("_list") else ""): value for name, value in values.items()}
    return Query(
        {name: [str(v) for v in value] if isinstance(value, list) else [str(value)] for name, value in found.items()}, private=private
    )


@given(st.integers(0, 3000), st.integers(0, 2**32))
def test_a_bar_is_played_as_four_trades_that_make_it_again(row: int, seed: int) -> None:
    tape = Tape(table("KRW-XRP", 5000), seed)
    row %= len(tape.time_ms)
    trades = tape.trades_of(row)
    start = int(tape.time_ms[row])
    times = [trade.time_ms for trade in trades]
    prices = [float(trade.price) for trade in trades]
    assert len(trades) == TRADES
    assert times == sorted(set(times))
    assert all(start <= time < start + MINUTE_MS for time in times)
    assert [prices[0], max(prices), min(prices), prices[-1]] == list(tape.numbers[:4, row])
    assert sum(trade.volume for trade in trades) == D(max(round(tape.numbers[4, row] * 1e8), TRADES)) / 10**8
    assert trades == Tape(table("KRW-XRP", 5000), seed).trades_of(row)


def test_moving_on_in_steps_or_at_once_trades_the_same() -> None:
    ends = []
    for steps in (1, 7, 90):
        at = world()
        for i, price in enumerate(range(2950, 3050, 5)):
            at.venue.place_order(
                {"market": "KRW-XRP", "side": "bid" if i % 2 else "ask", "ord_type": "limit", "price": str(price), "volume": "4"}, at.now_ms
            )  # fmt: skip
        start = at.now_ms
        for step in range(1, steps + 1):
            at.advance(start + 900 * MINUTE_MS * step // steps)
        ends.append([order_json(order, with_trades=True) for order in at.venue.orders.values()])
    assert ends[0] == ends[1] == ends[2]
    assert sum(order["trades_count"] for order in ends[0]) > 5


@pytest.mark.parametrize("minutes", [3, 15, 240, 1440])
def test_whole_candles_equal_the_kernels(minutes: int) -> None:
    tape = Tape(table("KRW-XRP", 6000), 7)
    found = candles(tape, Unit(minutes * MINUTE_MS), START_MS + 6000 * MINUTE_MS, 10_000, START_MS + 6000 * MINUTE_MS)
    grid = build_grid([table("KRW-XRP", 6000)], [float("nan")], Timeframe(MINUTE_MS), START_MS, START_MS + 6000 * MINUTE_MS)
    bars = aggregate(grid, Timeframe(minutes * MINUTE_MS))
    names = ("open", "high", "low", "close", "volume", "value")
    traded = [i for i in range(bars.state.shape[1]) if bars.state[0, i] == BarState.TRADED]
    wanted = [(bars.timeframe.open_ms(bars.first_index + i), *(float(getattr(bars, name)[0, i]) for name in names)) for i in traded]
    got = [(c.start_ms, c.open, c.high, c.low, c.close, c.volume, c.value) for c in reversed(found)]
    whole = [row for row in got if row[0] + minutes * MINUTE_MS <= START_MS + 6000 * MINUTE_MS]
    assert whole == wanted
    assert len(whole) >= 4


def test_candles_follow_the_rules_of_the_page() -> None:
    at = world()
    tape = at.tapes["KRW-XRP"]
    for unit in MINUTES:
        rows = candles_json(tape, "minutes", str(unit), query(count=200), at.now_ms, clamp=False)
        starts = [row["candle_date_time_utc"] for row in rows]
        assert starts == sorted(set(starts), reverse=True)
        assert all(row["unit"] == unit and row["low_price"] <= row["trade_price"] <= row["high_price"] for row in rows)
        again = candles_json(tape, "minutes", str(unit), query(count=3, to=starts[2] + "Z"), at.now_ms, clamp=False)
        assert [row["candle_date_time_utc"] for row in again] == starts[3:6]  # exclusive
    assert len(candles_json(tape, "minutes", "1", query(), at.now_ms, clamp=False)) == 1
    korean = candles_json(tape, "minutes", "1", query(to="2025-11-20T10:00:00+09:00"), at.now_ms, clamp=False)
    assert korean == candles_json(tape, "minutes", "1", query(to="2025-11-20 01:00:00"), at.now_ms, clamp=False)
    assert candles_json(tape, "minutes", "1", query(to="2020-01-01T00:00:00Z"), at.now_ms, clamp=False) == []
    for bad in (query(count=201), query(count=0), query(to="yesterday")):
        with pytest.raises(BadQueryError, match="Invalid parameter"):
            candles_json(tape, "minutes", "1", bad, at.now_ms, clamp=False)
    with pytest.raises(BadQueryError, match="Type mismatch"):
        candles_json(tape, "minutes", "1", query(count="ten"), at.now_ms, clamp=False)
    assert len(candles_json(tape, "minutes", "1", query(count=201), at.now_ms, clamp=True)) == 200


def test_the_candle_in_progress_knows_nothing_of_what_comes() -> None:
    for offset in range(0, 120_000, 5300):
        tape = world().tapes["KRW-XRP"]
        now = START_MS + 100 * MINUTE_MS + offset
        past = [trade for trade in tape.between(START_MS - 1, now) if trade.time_ms // 180_000 == now // 180_000]
        row = candles_json(tape, "minutes", "3", query(), now, clamp=False)[0]
        if past:
            assert row["timestamp"] == past[-1].time_ms <= now
            assert (row["trade_price"], row["opening_price"]) == (float(past[-1].price), float(past[0].price))
            assert row["high_price"] == max(float(trade.price) for trade in past)
        else:
            assert row["timestamp"] < now // 180_000 * 180_000


def test_days_weeks_months_and_years() -> None:
    at = world(minutes=20 * 1440, now=20 * 1440)
    tape = at.tapes["KRW-XRP"]
    days = candles_json(tape, "days", None, query(count=5, converting_price_unit="KRW"), at.now_ms, clamp=False)
    assert [row["prev_closing_price"] for row in days[:4]] == [row["trade_price"] for row in days[1:]]
    assert all(row["change_price"] == row["trade_price"] - row["prev_closing_price"] for row in days)
    assert all(row["converted_trade_price"] == row["trade_price"] for row in days)
    weeks = candles_json(tape, "weeks", None, query(count=5), at.now_ms, clamp=False)
    assert [row["first_day_of_period"] for row in weeks] == ["2025-12-08", "2025-12-01", "2025-11-24", "2025-11-17"]
    months = candles_json(tape, "months", None, query(count=5), at.now_ms, clamp=False)
    assert [row["first_day_of_period"] for row in months] == ["2025-12-01", "2025-11-01"]
    assert [row["first_day_of_period"] for row in candles_json(tape, "years", None, query(count=5), at.now_ms, clamp=False)] == [
        "2025-01-01"
    ]
    seconds = candles_json(tape, "seconds", None, query(count=8), at.now_ms, clamp=False)
    assert len(seconds) == 8
    assert all(row["high_price"] >= row["low_price"] and "unit" not in row for row in seconds)


def test_trades_are_paged_by_cursor_within_their_day() -> None:
    at = world()
    tape = at.tapes["KRW-XRP"]
    first = trades_json(tape, query(count=500), at.now_ms, clamp=False)
    assert [row["sequential_id"] for row in first] == sorted((row["sequential_id"] for row in first), reverse=True)
    second = trades_json(tape, query(count=3, cursor=first[99]["sequential_id"]), at.now_ms, clamp=False)
    assert second == first[100:103]
    yesterday = trades_json(tape, query(count=500, days_ago=1, to="00:30:00"), at.now_ms, clamp=False)
    assert {row["trade_date_utc"] for row in yesterday} == {"2025-11-20"}
    assert max(row["trade_time_utc"] for row in yesterday) < "00:30:00"
    assert yesterday == trades_json(tape, query(count=500, days_ago=1, to="003000"), at.now_ms, clamp=False)
    for bad in (query(to="25:00:00"), query(to="1:00"), query(days_ago=8), query(count=501)):
        with pytest.raises(BadQueryError):
            trades_json(tape, bad, at.now_ms, clamp=False)


def test_the_ticker_agrees_with_candles_and_trades() -> None:
    at = world()
    tape = at.tapes["KRW-XRP"]
    ticker = tickers_json(at, ["KRW-XRP"])[0]
    day = candles_json(tape, "days", None, query(), at.now_ms, clamp=False)[0]
    trade = trades_json(tape, query(), at.now_ms, clamp=False)[0]
    for name, other in (
        ("opening_price", day),
        ("high_price", day),
        ("low_price", day),
        ("trade_price", day),
        ("prev_closing_price", trade),
    ):
        assert ticker[name] == other[name]
    assert (ticker["acc_trade_volume"], ticker["trade_timestamp"]) == (day["candle_acc_trade_volume"], trade["timestamp"])
    assert ticker["signed_change_price"] == trade["change_price"] == day["change_price"]


def test_the_book_shows_own_orders_and_gathers_levels() -> None:
    at = world()
    fields = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": "2900", "volume": "7.5"}
    book = orderbooks_json(at, query(markets="KRW-XRP,BTC-XRP"))
    assert [len(row["orderbook_units"]) for row in book] == [30, 30]
    price = str(book[0]["orderbook_units"][3]["bid_price"])
    at.venue.place_order({**fields, "price": price}, at.now_ms)
    after = orderbooks_json(at, query(markets="KRW-XRP"))[0]
    assert after["orderbook_units"][3]["bid_size"] == pytest.approx(book[0]["orderbook_units"][3]["bid_size"] + 7.5)
    assert [row["supported_levels"] for row in instruments_json(at, query(markets="KRW-XRP,BTC-XRP"))] == [
        ["0", "10", "100", "1000"],
        ["0"],
    ]
    coarse = orderbooks_json(at, query(markets="KRW-XRP", level=10, count=2))[0]
    assert (coarse["level"], len(coarse["orderbook_units"])) == (10, 2)
    assert all(unit["ask_price"] % 10 == 0 == unit["bid_price"] % 10 for unit in coarse["orderbook_units"])
    assert coarse["total_bid_size"] == after["total_bid_size"]
    assert orderbooks_json(at, query(markets="KRW-XRP", level=7)) == []
    with pytest.raises(BadQueryError, match="Code not found"):
        orderbooks_json(at, query(markets="KRW-NONE"))


def test_open_and_closed_orders_by_window_page_and_filter() -> None:
    at = world()
    fields = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "volume": "5"}
    uuids = []
    for day in range(10):
        placed = at.venue.place_order({**fields, "price": str(1500 + day), "identifier": f"id{day}"}, at.now_ms)
        uuids.append(placed.uuid)
        at.advance(at.now_ms + DAY_MS)
    for uuid in uuids[:8]:
        at.venue.cancel(uuid, None)
    assert [row["uuid"] for row in open_orders(at.venue, query(True))] == [uuids[9], uuids[8]]
    assert [row["uuid"] for row in open_orders(at.venue, query(True, page=2, limit=1))] == [uuids[8]]
    assert open_orders(at.venue, query(True, state="watch")) == []
    last = closed_orders(at.venue, query(True), at.now_ms)
    assert [row["uuid"] for row in last] == uuids[7:2:-1]
    window = closed_orders(at.venue, query(True, start_time=at.now_ms - 10 * DAY_MS, order_by="asc", limit=3), at.now_ms)
    assert [row["uuid"] for row in window] == uuids[:3]
    assert closed_orders(at.venue, query(True, state="done"), at.now_ms) == []
    named = orders_by_id(at.venue, query(True, identifiers_list=["id1", "id5", "none"]))
    assert [row["identifier"] for row in named] == ["id5", "id1"]
    for bad in (
        query(True, start_time=at.now_ms - 8 * DAY_MS, end_time=at.now_ms),
        query(True, state="done", states_list=["cancel"]),
        query(True, state="wait"),
        query(True, limit=1001),
    ):
        with pytest.raises(RefusedError, match="invalid_parameter"):
            closed_orders(at.venue, bad, at.now_ms)


def test_batch_cancels_say_what_they_did() -> None:
    at = world()
    fields = {"market": "KRW-XRP", "ord_type": "limit", "volume": "5"}
    bids = [at.venue.place_order({**fields, "side": "bid", "price": str(1500 + i)}, at.now_ms).uuid for i in range(3)]
    asks = [at.venue.place_order({**fields, "side": "ask", "price": str(9000 + 10 * i)}, at.now_ms).uuid for i in range(3)]
    at.venue.cancel(bids[0], None)
    answer = cancel_by_id(at.venue, query(True, uuids_list=[bids[0], bids[1], "nothing"]))
    assert (answer["success"], answer["failed"]["count"]) == ({"count": 1, "orders": [{"uuid": bids[1], "market": "KRW-XRP"}]}, 2)
    assert cancel_open(at.venue, query(True, excluded_pairs="KRW-XRP"))["success"]["count"] == 0
    assert cancel_open(at.venue, query(True, quote_currencies="BTC"))["success"]["count"] == 0
    assert cancel_open(at.venue, query(True, cancel_side="ask", count=2))["success"]["orders"] == [
        {"uuid": u, "market": "KRW-XRP"} for u in asks[:0:-1]
    ]
    assert cancel_open(at.venue, query(True, pairs="KRW-XRP"))["success"]["count"] == 2
    assert at.venue.ledger.balance("KRW").locked == at.venue.ledger.balance("XRP").locked == 0
    with pytest.raises(RefusedError, match="invalid_parameter"):
        cancel_by_id(at.venue, query(True, uuids_list=["x"] * 21))


#: the documents' samples, cut to what shapes are
ORDER_STRINGS = {
    "market", "uuid", "side", "ord_type", "state", "created_at", "remaining_volume", "executed_volume", "reserved_fee", "remaining_fee",
    "paid_fee", "locked", "prevented_volume", "prevented_locked",
}  # fmt: skip


def test_private_answers_are_decimal_strings_and_nothing_is_null() -> None:
    at = world()
    placed = at.venue.place_order({"market": "KRW-XRP", "side": "bid", "ord_type": "price", "price": "10000"}, at.now_ms)
    answer = order_json(at.venue.orders[placed.uuid], with_trades=True)
    assert {name for name, value in answer.items() if isinstance(value, str)} == ORDER_STRINGS | {"price"}
    assert set(answer) == ORDER_STRINGS | {"price", "trades_count", "trades"}
    assert {*answer["trades"][0]} == {"market", "uuid", "price", "volume", "funds", "trend", "created_at", "side"}
    chance = chance_json(at.venue, "KRW-XRP", at.now_ms)
    assert (chance["bid_fee"], chance["market"]["bid"], chance["market"]["max_total"]) == (
        "0.0005",
        {"currency": "KRW", "min_total": "5000"},
        "1000000000",
    )
    assert [row["currency"] for row in accounts_json(at.venue)] == ["KRW", "XRP"]
    assert all(
        isinstance(row["balance"], str) and row["avg_buy_price_modified"] is (row["currency"] == "KRW") for row in accounts_json(at.venue)
    )


def shape(value: Any) -> Any:
    """Names and types; whole and broken numbers are both numbers."""
    if isinstance(value, dict):
        return {name: shape(found) for name, found in value.items()}
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


@pytest.mark.data
def test_shapes_are_those_of_recorded_answers(market_data: Path) -> None:
    at = world()
    recorded = {path.name: json.loads(path.read_bytes()) for path in sorted((market_data / "rest").glob("*.json"))}
    compared = 0
    for name, rows in recorded.items():
        if "market_all" in name:
            ours: list[Any] = markets_json(at, query())
        else:
            ours = candles_json(at.tapes["KRW-XRP"], "minutes", name.split("_")[1].rstrip("m"), query(), at.now_ms, clamp=False)
        assert {json.dumps(shape(row), sort_keys=True) for row in rows} == {json.dumps(shape(row), sort_keys=True) for row in ours}
        assert list(rows[0]) == list(ours[0])
        compared += len(rows)
    assert compared > 500
