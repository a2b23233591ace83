"""Messages of Upbit's WebSocket, typed: the same objects from every format (DEFAULT, SIMPLE, and lists of either). Pure.

Public numbers are floats, as the kernel takes them; numbers of own orders and balances are Decimal. Nothing is dropped: members that are
not declared are in `extra`, under the name they came with. Shapes: docs.upbit.com/kr websocket pages of 2026-08 and 2026-09.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final

import orjson
from pydantic import AliasChoices, AliasGenerator, ConfigDict

from engine.exchange.upbit.answers import Part
from engine.exchange.upbit.errors import RefusedError
from engine.exchange.upbit.refusals import refusal

_SUBSCRIBED: Final = "LIST_SUBSCRIPTIONS"
_CALL: Final = "WebSocket"


def _names(**short: str) -> ConfigDict:
    """Members go by their own names, or by these in the SIMPLE formats."""
    names = {"type": "ty", "timestamp": "tms", "stream_type": "st", **short}
    return ConfigDict(
        allow_inf_nan=False, alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(names.get(name, name), name))
    )


class Frame(Part):
    """A message. timestamp: ms. stream_type: SNAPSHOT, REALTIME."""

    type: str
    timestamp: int | None = None
    stream_type: str | None = None


class TickerFrame(Frame):
    """A market's day so far. Rates and changes as in the REST ticker. ask_bid: side of the last trade's taker."""

    model_config = _names(
        code="cd",
        opening_price="op",
        high_price="hp",
        low_price="lp",
        trade_price="tp",
        prev_closing_price="pcp",
        change="c",
        change_price="cp",
        signed_change_price="scp",
        change_rate="cr",
        signed_change_rate="scr",
        trade_volume="tv",
        acc_trade_volume="atv",
        acc_trade_volume_24h="atv24h",
        acc_trade_price="atp",
        acc_trade_price_24h="atp24h",
        trade_date="tdt",
        trade_time="ttm",
        trade_timestamp="ttms",
        ask_bid="ab",
        acc_ask_volume="aav",
        acc_bid_volume="abv",
        highest_52_week_price="h52wp",
        highest_52_week_date="h52wdt",
        lowest_52_week_price="l52wp",
        lowest_52_week_date="l52wdt",
        market_state="ms",
        is_trading_suspended="its",
        delisting_date="dd",
        market_warning="mw",
    )

    code: str
    trade_price: float
    opening_price: float | None = None
    high_price: float | None = None
    low_price: float | None = None
    prev_closing_price: float | None = None
    change: str | None = None
    change_price: float | None = None
    signed_change_price: float | None = None
    change_rate: float | None = None
    signed_change_rate: float | None = None
    trade_volume: float | None = None
    acc_trade_volume: float | None = None
    acc_trade_volume_24h: float | None = None
    acc_trade_price: float | None = None
    acc_trade_price_24h: float | None = None
    trade_date: str | None = None
    trade_time: str | None = None
    trade_timestamp: int | None = None
    ask_bid: str | None = None
    acc_ask_volume: float | None = None
    acc_bid_volume: float | None = None
    highest_52_week_price: float | None = None
    highest_52_week_date: str | None = None
    lowest_52_week_price: float | None = None
    lowest_52_week_date: str | None = None
    market_state: str | None = None
    is_trading_suspended: bool | None = None
    delisting_date: Any = None
    market_warning: str | None = None


class TradeFrame(Frame):
    """A trade. ask_bid: the taker's side. sequential_id: unique in its market, not ordered."""

    model_config = _names(
        code="cd",
        trade_price="tp",
        trade_volume="tv",
        ask_bid="ab",
        prev_closing_price="pcp",
        change="c",
        change_price="cp",
        trade_date="td",
        trade_time="ttm",
        trade_timestamp="ttms",
        sequential_id="sid",
        best_ask_price="bap",
        best_ask_size="bas",
        best_bid_price="bbp",
        best_bid_size="bbs",
    )

    code: str
    trade_price: float
    trade_volume: float
    ask_bid: str
    trade_timestamp: int
    sequential_id: int
    prev_closing_price: float | None = None
    change: str | None = None
    change_price: float | None = None
    trade_date: str | None = None
    trade_time: str | None = None
    best_ask_price: float | None = None
    best_ask_size: float | None = None
    best_bid_price: float | None = None
    best_bid_size: float | None = None


class LevelFrame(Part):
    """One level of both sides."""

    model_config = _names(ask_price="ap", bid_price="bp", ask_size="as", bid_size="bs")

    ask_price: float
    bid_price: float
    ask_size: float
    bid_size: float


class OrderbookFrame(Frame):
    """A whole book."""

    model_config = _names(
        code="cd",
        total_ask_size="tas",
        total_bid_size="tbs",
        orderbook_units="obu",
        level="lv",
    )

    code: str
    orderbook_units: list[LevelFrame]
    total_ask_size: float | None = None
    total_bid_size: float | None = None
    level: float | None = None


class CandleFrame(Frame):
    """A bar so far: the last one of a candle_date_time_utc counts. It is final when a later one appears or its time is over."""

    model_config = _names(
        code="cd",
        candle_date_time_utc="cdttmu",
        candle_date_time_kst="cdttmk",
        opening_price="op",
        high_price="hp",
        low_price="lp",
        trade_price="tp",
        candle_acc_trade_volume="catv",
        candle_acc_trade_price="catp",
    )

    code: str
    candle_date_time_utc: str
    opening_price: float
    high_price: float
    low_price: float
    trade_price: float
    candle_acc_trade_volume: float
    candle_acc_trade_price: float
    candle_date_time_kst: str | None = None


class MyOrderFrame(Frame):
    """News of an own order. state: wait, watch, trade (price and volume are the fill's), prevented, done, cancel. Nulls are sent."""

    model_config = _names(
        code="cd",
        uuid="uid",
        ask_bid="ab",
        order_type="ot",
        state="s",
        trade_uuid="tuid",
        price="p",
        avg_price="ap",
        volume="v",
        remaining_volume="rv",
        executed_volume="ev",
        trades_count="tc",
        reserved_fee="rsf",
        remaining_fee="rmf",
        paid_fee="pf",
        locked="l",
        executed_funds="ef",
        time_in_force="tif",
        trade_fee="tf",
        is_maker="im",
        identifier="id",
        smp_type="smpt",
        prevented_volume="pv",
        prevented_locked="pl",
        trade_timestamp="ttms",
        order_timestamp="otms",
    )

    code: str
    uuid: str
    ask_bid: str
    order_type: str
    state: str
    trade_uuid: str | None = None
    price: Decimal | None = None
    avg_price: Decimal | None = None
    volume: Decimal | None = None
    remaining_volume: Decimal | None = None
    executed_volume: Decimal | None = None
    trades_count: int | None = None
    reserved_fee: Decimal | None = None
    remaining_fee: Decimal | None = None
    paid_fee: Decimal | None = None
    locked: Decimal | None = None
    executed_funds: Decimal | None = None
    time_in_force: str | None = None
    trade_fee: Decimal | None = None
    is_maker: bool | None = None
    identifier: str | None = None
    smp_type: str | None = None
    prevented_volume: Decimal | None = None
    prevented_locked: Decimal | None = None
    trade_timestamp: int | None = None
    order_timestamp: int | None = None


class AssetFrame(Part):
    """One currency. balance: free."""

    model_config = _names(currency="cu", balance="b", locked="l")

    currency: str
    balance: Decimal
    locked: Decimal


class MyAssetFrame(Frame):
    """The account's balances after a change."""

    model_config = _names(
        asset_uuid="astuid",
        assets="ast",
        asset_timestamp="asttms",
    )

    assets: list[AssetFrame]
    asset_uuid: str | None = None
    asset_timestamp: int | None = None


class AnnouncementFrame(Frame):
    """A notice of the exchange. event_type: CREATED, UPDATED."""

    model_config = _names(
        uuid="uid",
        event_type="et",
        category="cat",
        title="tt",
        body="bd",
        first_listed_at="flat",
        listed_at="lat",
    )

    uuid: str
    category: str
    title: str
    event_type: str | None = None
    body: str | None = None
    url: str | None = None
    first_listed_at: str | None = None
    listed_at: str | None = None


class StatusFrame(Part):
    """Answer to PING."""

    status: str


class SubscriptionsFrame(Part):
    """Answer to LIST_SUBSCRIPTIONS. result: one object each, as it came."""

    model_config = _names(method="mthd", result="rslt", ticket="tckt")

    method: str
    result: list[dict[str, Any]]
    ticket: str | None = None


class UnknownFrame(Part):
    """A message of a type that is not known here. All of it is in `extra`."""


Message = Frame | StatusFrame | SubscriptionsFrame | UnknownFrame

_KINDS: Final[dict[str, type[Message]]] = {
    "ticker": TickerFrame,
    "trade": TradeFrame,
    "orderbook": OrderbookFrame,
    "myOrder": MyOrderFrame,
    "myAsset": MyAssetFrame,
    "announcement": AnnouncementFrame,
}
#: what the messages begin with that come by the thousand; the type's name begins at the 8th or 10th byte
_FREQUENT: Final[dict[bytes, type[Frame]]] = {
    f'{{"{name}":"{kind}'.encode(): frame
    for name in ("ty", "type")
    for kind, frame in (("ticker", TickerFrame), ("trade", TradeFrame), ("orderbook", OrderbookFrame))
}
_TYPE_FROM: Final = 9
_PRIVATE: Final = (b"myOrder", b"myAsset")


class BrokenFrameError(ValueError):
    """A message that is not JSON, or lacks what its type needs."""


def read_frame(data: str | bytes) -> list[Message | RefusedError | BrokenFrameError]:
    """The messages of one WebSocket message. A refusal by the exchange is one of them; so is the error of one that lacks something, for
    the others of its list are whole. Raises BrokenFrameError for what is not JSON."""
    raw = data.encode() if isinstance(data, str) else data
    frequent = _FREQUENT.get(raw[: raw.find(b'"', _TYPE_FROM)])
    if frequent is not None:
        return [_read_frequent(frequent, raw)]
    private = any(word in raw for word in _PRIVATE)
    try:
        value = json.loads(raw, parse_float=Decimal) if private else orjson.loads(raw)
    except ValueError as error:
        raise _broken(error, raw) from error
    return [_read(item, raw) for item in (value if isinstance(value, list) else [value])]


def _read_frequent(kind: type[Frame], raw: bytes) -> Frame | BrokenFrameError:
    """One message of a known type, in one step from its bytes: half the time."""
    try:
        return kind.model_validate_json(raw)
    except ValueError as error:
        return _broken(error, raw)


def _read(item: Any, raw: bytes) -> Message | RefusedError | BrokenFrameError:
    try:
        return _message(item)
    except (ValueError, TypeError, AttributeError) as error:
        return _broken(error, raw)


def _broken(error: Exception, raw: bytes) -> BrokenFrameError:
    return BrokenFrameError(f"{(str(error).splitlines() or [''])[0]}: {raw[:200]!r}")


def _message(item: dict[str, Any]) -> Message | RefusedError:
    kind = item.get("type") or item.get("ty")
    if kind is not None:
        known = CandleFrame if str(kind).startswith("candle.") else _KINDS.get(kind, UnknownFrame)
        return known.model_validate(item)
    if "error" in item:
        return refusal(200, orjson.dumps(item), _CALL)
    if item.get("method", item.get("mthd")) == _SUBSCRIBED:
        return SubscriptionsFrame.model_validate(item)
    return StatusFrame.model_validate(item) if "status" in item else UnknownFrame.model_validate(item)
