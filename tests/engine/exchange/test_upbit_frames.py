"""Messages of the WebSocket: every documented member in every format is the same object; recorded ones parse whole; nothing is dropped."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.upbit.answers import Part
from engine.exchange.upbit.errors import RefusedError
from engine.exchange.upbit.frames import (
    AnnouncementFrame,
    BrokenFrameError,
    CandleFrame,
    MyAssetFrame,
    MyOrderFrame,
    OrderbookFrame,
    StatusFrame,
    SubscriptionsFrame,
    TickerFrame,
    TradeFrame,
    UnknownFrame,
    read_frame,
)
from tests.engine.exchange.test_upbit_errors import DOCUMENTED

COMMON = "type ty, timestamp tms, stream_type st"
#: the exchange's table of names, long and short
NAMES = {
    "ticker": (
        "code cd, opening_price op, high_price hp, low_price lp, trade_price tp, prev_closing_price pcp, change c, change_price cp,"
        "signed_change_price scp, change_rate cr, signed_change_rate scr, trade_volume tv, acc_trade_volume atv,"
        "acc_trade_volume_24h atv24h, acc_trade_price atp, acc_trade_price_24h atp24h, trade_date tdt, trade_time ttm,"
        "trade_timestamp ttms, ask_bid ab, acc_ask_volume aav, acc_bid_volume abv, highest_52_week_price h52wp,"
        "highest_52_week_date h52wdt, lowest_52_week_price l52wp, lowest_52_week_date l52wdt, market_state ms,"
        "is_trading_suspended its, delisting_date dd, market_warning mw"
    ),
    "trade": (
        "code cd, trade_price tp, trade_volume tv, ask_bid ab, prev_closing_price pcp, change c, change_price cp, trade_date td,"
        "trade_time ttm, trade_timestamp ttms, sequential_id sid, best_ask_price bap, best_ask_size bas, best_bid_price bbp,"
        "best_bid_size bbs"
    ),
    "orderbook": "code cd, total_ask_size tas, total_bid_size tbs, orderbook_units obu, level lv",
    "candle.240m": (
        "code cd, candle_date_time_utc cdttmu, candle_date_time_kst cdttmk, opening_price op, high_price hp, low_price lp,"
        "trade_price tp, candle_acc_trade_volume catv, candle_acc_trade_price catp"
    ),
    "myOrder": (
        "code cd, uuid uid, ask_bid ab, order_type ot, state s, trade_uuid tuid, price p, avg_price ap, volume v, remaining_volume rv,"
        "executed_volume ev, trades_count tc, reserved_fee rsf, remaining_fee rmf, paid_fee pf, locked l, executed_funds ef,"
        "time_in_force tif, trade_fee tf, is_maker im, identifier id, smp_type smpt, prevented_volume pv, prevented_locked pl,"
        "trade_timestamp ttms, order_timestamp otms"
    ),
    "myAsset": "asset_uuid astuid, assets ast, asset_timestamp asttms",
    "announcement": "uuid uid, event_type et, category cat, title tt, body bd, url url, first_listed_at flat, listed_at lat",
}
INNER = {
    "orderbook_units": "ask_price ap, bid_price bp, ask_size as, bid_size bs",
    "assets": "currency cu, balance b, locked l",
}
KINDS: dict[str, type[Part]] = {
    "ticker": TickerFrame, "trade": TradeFrame, "orderbook": OrderbookFrame, "candle.240m": CandleFrame, "myOrder": MyOrderFrame,
    "myAsset": MyAssetFrame, "announcement": AnnouncementFrame,
}  # fmt: skip
TEXTS = {
    "code", "change", "trade_date", "trade_time", "ask_bid", "highest_52_week_date", "lowest_52_week_date", "market_state",
    "market_warning", "candle_date_time_utc", "candle_date_time_kst", "uuid", "order_type", "state", "trade_uuid", "time_in_force",
    "identifier", "smp_type", "asset_uuid", "event_type", "category", "title", "body", "url", "first_listed_at", "listed_at", "currency",
    "stream_type",
}  # fmt: skip
WHOLE = {"timestamp", "trade_timestamp", "sequential_id", "trades_count", "order_timestamp", "asset_timestamp"}


def table(names: str) -> dict[str, str]:
    return {pair.split()[0]: pair.split()[1] for pair in names.split(",")}


def value(name: str, at: int) -> Any:
    """Some value of the member's documented type, another for each member."""
    if name in INNER:
        return [{inner: value(inner, at + row) for inner in table(INNER[name])} for row in range(2)]
    if name == "delisting_date":
        return {"year": 2026, "month": 12, "day": at}
    if name in ("is_trading_suspended", "is_maker"):
        return True
    return f"{name}-{at}" if name in TEXTS else 1_751_327_999_000 + at if name in WHOLE else at + 0.5


def message(kind: str) -> dict[str, Any]:
    """A message of that type in DEFAULT format, with every documented member."""
    names = [name for name in {**table(COMMON), **table(NAMES[kind])} if name != "type"]
    return {"type": kind, **{name: value(name, at) for at, name in enumerate(names, start=1)}}


def simple(kind: str, found: dict[str, Any]) -> dict[str, Any]:
    """The same message in SIMPLE format."""
    names = {**table(COMMON), **table(NAMES[kind])}
    short = {names[name]: item for name, item in found.items()}
    for name, inner in INNER.items():
        if name in found:
            short[names[name]] = [{table(inner)[key]: item for key, item in row.items()} for row in found[name]]
    return short


@pytest.mark.parametrize("kind", NAMES)
def test_every_format_is_the_same_message(kind: str) -> None:
    sent = message(kind)
    forms = [json.dumps(sent), json.dumps([sent]), json.dumps(simple(kind, sent)), json.dumps([simple(kind, sent)] * 3)]
    found = [read for form in forms for read in read_frame(form)]
    assert len(found) == 6
    for read in found:
        assert type(read) is KINDS[kind]
        assert read.extra == {}
        assert json.loads(json.dumps(read.whole(), default=float)) == sent
        assert all(part.extra == {} for name in INNER if name in sent for part in getattr(read, name))
    assert found == [found[0]] * 6
    assert read_frame(forms[0].encode()) == [found[0]]


def test_the_table_covers_every_type() -> None:
    assert set(KINDS) == set(NAMES)
    declared = {name for kind in KINDS.values() for name in kind.model_fields}
    assert declared == {name for names in NAMES.values() for name in table(names)} | set(table(COMMON))


def test_own_money_is_exact() -> None:
    exact = "12345678901234567890.12345678"
    text = json.dumps(message("myOrder") | {"price": "PRICE"}).replace('"PRICE"', exact)
    order = read_frame(text)[0]
    assert isinstance(order, MyOrderFrame)
    assert order.price == Decimal(exact)
    asset = read_frame('{"ty":"myAsset","ast":[{"cu":"BTC","b":1234567.1234567800000012345678,"l":0.10}]}')[0]
    assert isinstance(asset, MyAssetFrame)
    assert str(asset.assets[0].balance) == "1234567.1234567800000012345678"


def test_nulls_are_kept_apart_from_absence() -> None:
    sent = message("myOrder") | {"trade_uuid": None, "trade_fee": None, "is_maker": None}
    del sent["smp_type"]
    order = read_frame(json.dumps(sent))[0]
    assert isinstance(order, MyOrderFrame)
    assert (order.has("trade_fee"), order.trade_fee, order.has("smp_type"), order.smp_type) == (True, None, False, None)


def test_what_is_new_survives() -> None:
    trade = read_frame(json.dumps(simple("trade", message("trade")) | {"zz": [1, {"a": None}]}))[0]
    assert isinstance(trade, TradeFrame)
    assert trade.extra == {"zz": [1, {"a": None}]}
    unknown = read_frame('{"type":"moon","phase":"full"}')[0]
    assert isinstance(unknown, UnknownFrame)
    assert unknown.extra == {"type": "moon", "phase": "full"}


def test_answers_to_our_own_questions() -> None:
    assert read_frame(b'{"status":"UP"}') == [StatusFrame(status="UP")]
    long = '{"method":"LIST_SUBSCRIPTIONS","result":[{"type":"ticker","codes":["KRW-BTC"]},{"type":"myAsset"}],"ticket":"x"}'
    short = '{"mthd":"LIST_SUBSCRIPTIONS","rslt":[{"ty":"ticker","cds":["KRW-BTC"]},{"ty":"myAsset"}],"tckt":"x"}'
    for text, kind in ((long, "type"), (short, "ty")):
        found = read_frame(text)[0]
        assert isinstance(found, SubscriptionsFrame)
        assert ([item[kind] for item in found.result], found.ticket) == (["ticker", "myAsset"], "x")


@pytest.mark.parametrize(("name", "said"), [(name, said) for status, name, said, _ in DOCUMENTED if status == 200])
def test_refusals_are_errors_of_their_class(name: str, said: str) -> None:
    found = read_frame(json.dumps({"error": {"name": name, "message": said}}))[0]
    assert isinstance(found, RefusedError)
    assert type(found).names == (name,)


BROKEN = ["", "{", "[1]", "7", '{"type":"trade"}', '{"ty":"orderbook","cd":"KRW-BTC","obu":[{"ap":"x"}]}', '{"type":[1]}']


@pytest.mark.parametrize("text", BROKEN)
def test_what_cannot_be_read_says_so(text: str) -> None:
    try:
        (found,) = read_frame(text)
    except BrokenFrameError as error:  # no JSON at all
        found = error
    assert isinstance(found, BrokenFrameError)
    assert ":" in str(found)


FREQUENT = ("ticker", "trade", "orderbook")
NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**15), 10**15))


@given(st.sampled_from(FREQUENT), st.booleans(), NUMBERS, st.text(max_size=5))
def test_what_comes_often_is_read_as_all_else_is(kind: str, short: bool, number: float, words: str) -> None:
    """In one step from its bytes, or by way of a list: the same object, to the last bit, with what is not declared."""
    level = dict.fromkeys(("ask_price", "bid_price", "ask_size", "bid_size"), number)
    changed = {"orderbook_units": [level, level]} if kind == "orderbook" else {"trade_price": number}
    sent = message(kind) | changed
    sent = (simple(kind, sent) if short else sent) | {"weather": {words: [number]}}
    text = json.dumps(sent, separators=(",", ":"))
    (quick,), (slow,) = read_frame(text), read_frame(f"[{text}]")
    assert isinstance(quick, TickerFrame | TradeFrame | OrderbookFrame)
    assert (quick, quick.whole(), quick.extra) == (slow, slow.whole(), slow.extra)  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", FREQUENT)
@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_none(kind: str, number: str) -> None:
    member = "ask_price" if kind == "orderbook" else "trade_price"
    text = json.dumps(message(kind), separators=(",", ":")).replace(f'"{member}":', f'"{member}":{number},"was":', 1)
    assert number in text
    (found,) = read_frame(text)
    assert isinstance(found, BrokenFrameError)


def test_one_that_cannot_be_read_takes_no_other_with_it() -> None:
    own = simple("myOrder", message("myOrder"))
    found = read_frame(json.dumps([own, {"ty": "myOrder", "uid": "u"}, own | {"uid": "second"}]))
    assert [type(one) for one in found] == [MyOrderFrame, BrokenFrameError, MyOrderFrame]


WORDS = st.sampled_from(["type", "ty", "error", "result", "method", "code"])
JSON = st.recursive(st.none() | st.text() | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner))


@given(st.binary(max_size=80) | JSON.map(json.dumps).map(str.encode))
def test_anything_is_read_or_broken(data: bytes) -> None:
    try:
        found = read_frame(data)
    except BrokenFrameError:
        found = []
    assert isinstance(found, list)


@pytest.mark.data
def test_recorded_messages_parse_whole(market_data: Path) -> None:
    with gzip.open(market_data / "ws" / "upbit_ws_20210405.jsonl.gz", "rt", encoding="utf-8") as file:
        recorded = [json.loads(line)["raw"] for line in file]
    counts = {OrderbookFrame: 0, TradeFrame: 0}
    for raw in recorded:
        (found,) = read_frame(raw)
        assert isinstance(found, OrderbookFrame | TradeFrame)
        assert found.extra == {}
        assert simple(found.type, found.whole()) == json.loads(raw)
        counts[type(found)] += 1
    assert counts == {OrderbookFrame: 1061, TradeFrame: 672}
