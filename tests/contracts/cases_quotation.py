"""Contract, 101 to 199: what an exchange says about prices."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, book, price, price_refusal
from tests.contracts.suite import PRICES, TIME, Door, House, case

MINUTES = (1, 3, 5, 10, 15, 30, 60, 240)
CAUTIONS = {
    "PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING", "DEPOSIT_AMOUNT_SOARING", "GLOBAL_PRICE_DIFFERENCES", "CONCENTRATION_OF_SMALL_ACCOUNTS",
}  # fmt: skip
CANDLE = {
    "market", "candle_date_time_utc", "candle_date_time_kst", "opening_price", "high_price", "low_price", "trade_price", "timestamp",
    "candle_acc_trade_price", "candle_acc_trade_volume",
}  # fmt: skip
TICKER = {
    "market", "trade_date", "trade_time", "trade_date_kst", "trade_time_kst", "trade_timestamp", "opening_price", "high_price", "low_price",
    "trade_price", "prev_closing_price", "change", "change_price", "change_rate", "signed_change_price", "signed_change_rate",
    "trade_volume", "acc_trade_price", "acc_trade_price_24h", "acc_trade_volume", "acc_trade_volume_24h", "highest_52_week_price",
    "highest_52_week_date", "lowest_52_week_price", "lowest_52_week_date", "timestamp",
}  # fmt: skip
TRADE = {
    "market", "trade_date_utc", "trade_time_utc", "timestamp", "trade_price", "trade_volume", "prev_closing_price", "change_price",
    "ask_bid", "sequential_id",
}  # fmt: skip


def candles(door: Door, kind: str, **query: object) -> list[Any]:
    """Candles, which are in order and whole."""
    rows: list[Any] = price(door, f"/v1/candles/{kind}", market=door.market, **query)
    starts = [row["candle_date_time_utc"] for row in rows]
    assert starts == sorted(set(starts), reverse=True), "newest first, each once"
    for row in rows:
        assert set(row) >= CANDLE, CANDLE - set(row)
        assert row["low_price"] <= min(row["opening_price"], row["trade_price"])
        assert row["high_price"] >= max(row["opening_price"], row["trade_price"])
        apart = moment(row["candle_date_time_kst"]) - moment(row["candle_date_time_utc"])
        assert apart == timedelta(hours=9), row
    return rows


def moment(text: str) -> datetime:
    """`2025-07-01T12:00:00`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007


@case(101, "markets, with details", "GET /v1/market/all", needs=PRICES)
def markets(house: House) -> None:
    door = house.open()
    plain = price(door, "/v1/market/all")
    assert {door.market, door.other} <= {row["market"] for row in plain}
    assert {frozenset(row) - {"market_warning"} for row in plain} == {frozenset({"market", "korean_name", "english_name"})}
    for row in price(door, "/v1/market/all", is_details="true"):
        event = row["market_event"]
        assert (type(event["warning"]), set(event["caution"])) == (bool, CAUTIONS)


@case(102, "minute candles of every unit", "GET /v1/candles/minutes/{unit}", needs=PRICES)
def minutes(house: House) -> None:
    door = house.open()
    for unit in MINUTES:
        rows = candles(door, f"minutes/{unit}", count=3)
        assert [row["unit"] for row in rows] == [unit] * 3
        for row in rows:
            opened = moment(row["candle_date_time_utc"])
            assert (opened.hour * 60 + opened.minute) % unit == 0, row
    assert len(candles(door, "minutes/1")) == 1, "without a count: one"


@case(103, "`to` is exclusive, and pages meet", "GET /v1/candles/minutes/{unit}", needs=PRICES)
def pages(house: House) -> None:
    door = house.open()
    whole = candles(door, "minutes/3", count=30)[1:]
    found: list[Any] = []
    to = whole[0]["candle_date_time_utc"]
    for written in ("{}Z", "{}", "{}+00:00"):
        page = candles(door, "minutes/3", count=5, to=written.format(to))
        assert page[0]["candle_date_time_utc"] < to
        found += page
        to = page[-1]["candle_date_time_utc"]
    assert found == whole[1 : len(found) + 1]
    spaced = candles(door, "minutes/3", count=5, to=whole[0]["candle_date_time_utc"].replace("T", " "))
    korean = candles(door, "minutes/3", count=5, to=whole[0]["candle_date_time_kst"] + "+09:00")
    assert spaced == korean == whole[1:6]


@case(104, "days carry their change, in KRW where asked", "GET /v1/candles/days", needs=PRICES)
def days(house: House) -> None:
    door = house.open()
    rows = candles(door, "days", count=3, converting_price_unit="KRW")
    for row, before in itertools.pairwise(rows):
        assert row["prev_closing_price"] == before["trade_price"]
        assert D(str(row["change_price"])) == D(str(row["trade_price"])) - D(str(row["prev_closing_price"]))
        assert abs(row["change_rate"] - row["change_price"] / row["prev_closing_price"]) < 1e-9
        assert row["converted_trade_price"] == row["trade_price"]
        assert row["candle_date_time_utc"].endswith("T00:00:00")
    assert "converted_trade_price" not in candles(door, "days")[0]


@case(105, "weeks, months and years name their first day", "GET /v1/candles/weeks", "GET /v1/candles/months", "GET /v1/candles/years",
      needs=PRICES)  # fmt: skip
def periods(house: House) -> None:
    door = house.open()
    for kind in ("weeks", "months", "years"):
        row = candles(door, kind)[0]
        first = moment(row["candle_date_time_utc"])
        assert row["first_day_of_period"] == row["candle_date_time_utc"][:10]
        assert {"weeks": first.weekday() == 0, "months": first.day == 1, "years": (first.month, first.day) == (1, 1)}[kind]


@case(106, "seconds, at most 200 of them", "GET /v1/candles/seconds", needs=PRICES)
def seconds(house: House) -> None:
    door = house.open()
    rows = candles(door, "seconds", count=200)
    assert 1 < len(rows) <= 200
    assert "unit" not in rows[0]
    assert price_refusal(door, "/v1/candles/seconds", market=door.market, count=201) == (400, 400)


@case(107, "the candle in progress shows what traded so far", "GET /v1/candles/minutes/{unit}", needs=f"{PRICES} {TIME}")
def progress(house: House) -> None:
    door = house.open()
    door.step(20)
    early = candles(door, "minutes/1", count=2)
    door.step(35)
    late = candles(door, "minutes/1", count=2)
    assert late[1] == early[1]
    assert late[0]["candle_date_time_utc"] == early[0]["candle_date_time_utc"]
    assert late[0]["candle_acc_trade_volume"] > early[0]["candle_acc_trade_volume"]
    assert late[0]["timestamp"] > early[0]["timestamp"]
    assert late[0]["opening_price"] == early[0]["opening_price"]


@case(110, "trades, newest first, by cursor and by day", "GET /v1/trades/ticks", needs=PRICES)
def trades(house: House) -> None:
    door = house.open()
    whole = price(door, "/v1/trades/ticks", market=door.market, count=60)
    assert {frozenset(row) for row in whole} == {frozenset(TRADE)}
    ids = [row["sequential_id"] for row in whole]
    assert len(set(ids)) == 60
    assert [row["timestamp"] for row in whole] == sorted((row["timestamp"] for row in whole), reverse=True)
    assert {row["ask_bid"] for row in whole} == {"ASK", "BID"}
    for row in whole:
        assert D(str(row["change_price"])) == D(str(row["trade_price"])) - D(str(row["prev_closing_price"]))
    page = price(door, "/v1/trades/ticks", market=door.market, count=20, cursor=ids[19])
    assert [row["sequential_id"] for row in page] == ids[20:40]
    yesterday = price(door, "/v1/trades/ticks", market=door.market, count=5, days_ago=1)
    assert {row["trade_date_utc"] for row in yesterday} == {
        str(moment(whole[0]["trade_date_utc"] + "T00:00:00").date() - timedelta(days=1))
    }
    for to in ("120000", "12:00:00"):
        before = price(door, "/v1/trades/ticks", market=door.market, count=3, days_ago=1, to=to)
        assert max(row["trade_time_utc"] for row in before) < "12:00:00"
    assert len(price(door, "/v1/trades/ticks", market=door.market)) == 1


@case(111, "tickers by market and by quote currency", "GET /v1/ticker", "GET /v1/ticker/all", needs=PRICES)
def tickers(house: House) -> None:
    door = house.open()
    rows = price(door, "/v1/ticker", markets=f"{door.market},{door.other}")
    assert [row["market"] for row in rows] == [door.market, door.other]
    for row in rows:
        assert set(row) == TICKER
        change = D(str(row["trade_price"])) - D(str(row["prev_closing_price"]))
        assert (D(str(row["signed_change_price"])), D(str(row["change_price"]))) == (change, abs(change))
        assert row["change"] == ("RISE" if change > 0 else "FALL" if change < 0 else "EVEN")
        assert row["low_price"] <= row["trade_price"] <= row["high_price"]
        assert row["lowest_52_week_price"] <= row["low_price"] <= row["high_price"] <= row["highest_52_week_price"]
        assert row["acc_trade_volume"] > 0
    quoted = {row["market"] for row in price(door, "/v1/ticker/all", quote_currencies="KRW")}
    assert {door.market, door.other} <= quoted
    assert {market.split("-")[0] for market in quoted} == {"KRW"}


@case(120, "a book: 30 levels in order, and their sums", "GET /v1/orderbook", needs=PRICES)
def orderbook(house: House) -> None:
    door = house.open()
    found = book(door)
    units = found["orderbook_units"]
    assert (len(units), found["level"]) == (30, 0)
    asks, bids = [u["ask_price"] for u in units], [u["bid_price"] for u in units]
    assert (asks, bids) == (sorted(set(asks)), sorted(set(bids), reverse=True))
    assert bids[0] < asks[0]
    for side in ("ask", "bid"):
        assert abs(found[f"total_{side}_size"] - sum(u[f"{side}_size"] for u in units)) < 1e-6 * found[f"total_{side}_size"]
    assert len(price(door, "/v1/orderbook", markets=door.market, count=5)[0]["orderbook_units"]) == 5
    both = price(door, "/v1/orderbook", markets=f"{door.market},{door.other}")
    assert [row["market"] for row in both] == [door.market, door.other]


@case(121, "a book lumped by level; an unsupported level is an empty list", "GET /v1/orderbook", "GET /v1/orderbook/instruments",
      "GET /v1/orderbook/supported_levels", needs=PRICES)  # fmt: skip
def levels(house: House) -> None:
    door = house.open()
    instrument = price(door, "/v1/orderbook/instruments", markets=door.market)[0]
    assert (instrument["quote_currency"], instrument["supported_levels"][0]) == ("KRW", "0")
    step = D(instrument["supported_levels"][1])
    assert step == 10 * D(instrument["tick_size"])
    lumped = price(door, "/v1/orderbook", markets=door.market, level=step)[0]
    assert lumped["level"] == step
    for unit in lumped["orderbook_units"]:
        assert D(str(unit["ask_price"])) % step == D(str(unit["bid_price"])) % step == 0
    assert price(door, "/v1/orderbook", markets=door.market, level=step * 3) == []
    older = price(door, "/v1/orderbook/supported_levels", markets=door.market)[0]
    assert [D(str(level)) for level in older["supported_levels"]] == [D(level) for level in instrument["supported_levels"]]


@case(122, "prices lie on the grid", "GET /v1/orderbook", "GET /v1/orderbook/instruments", needs=PRICES)
def grid(house: House) -> None:
    door = house.open()
    unit = D(price(door, "/v1/orderbook/instruments", markets=door.market)[0]["tick_size"])
    bid, ask = best(door)
    assert bid % unit == ask % unit == 0


@case(190, "questions about prices are refused by a number", "GET /v1/candles/minutes/{unit}", "GET /v1/ticker", "GET /v1/orderbook",
      "GET /v1/trades/ticks", needs=PRICES)  # fmt: skip
def refusals(house: House) -> None:
    door = house.open()
    for path, query, expected in (
        ("candles/minutes/1", {"market": door.market, "count": 201}, 400),
        ("candles/minutes/1", {"market": door.market, "count": "x"}, 400),
        ("candles/minutes/1", {"market": door.market, "to": "yesterday"}, 400),
        ("candles/minutes/2", {"market": door.market}, 400),
        ("candles/minutes/1", {}, 400),
        ("candles/minutes/1", {"market": "KRW-NOSUCHCOIN"}, 404),
        ("ticker", {}, 400),
        ("ticker", {"markets": "KRW-NOSUCHCOIN"}, 404),
        ("orderbook", {"markets": "KRW-NOSUCHCOIN"}, 404),
        ("trades/ticks", {"market": door.market, "count": 501}, 400),
        ("trades/ticks", {"market": door.market, "days_ago": 8}, 400),
    ):
        assert price_refusal(door, f"/v1/{path}", **query) == (expected, expected), (path, query)
