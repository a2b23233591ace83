"""Frames of the WebSocket: what is sent of prices, books, trades, candles, own orders and own balances, in both spellings."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from engine.exchange.simulated.venue.answers import Json
from engine.exchange.simulated.venue.charts import MINUTES, SECOND, candle_json, candles, of_minutes, utc
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.exact import ZERO, number, wide
from engine.exchange.simulated.venue.orders import OrderEvent
from engine.exchange.simulated.venue.prices import orderbook_json, previous_close, ticker_json
from engine.exchange.simulated.venue.request import side_name
from engine.exchange.simulated.venue.tape import DAY_MS
from engine.exchange.simulated.venue.world import World
from engine.model.events import Side

CANDLES: Final = {"candle.1s": SECOND} | {f"candle.{m}m": of_minutes(m) for m in MINUTES}
_FOUR_HOURS: Final = f"candle.{MINUTES[-1]}m"
PUBLIC: Final = ("ticker", "trade", "orderbook", *CANDLES)
#: announcements can be asked for; there are none
PRIVATE: Final = ("myOrder", "myAsset", "announcement")

#: long names -> short ones of the SIMPLE format
_SHORT: Final = {
    "type": "ty", "code": "cd", "timestamp": "tms", "stream_type": "st", "opening_price": "op", "high_price": "hp", "low_price": "lp",
    "trade_price": "tp", "prev_closing_price": "pcp", "change": "c", "change_price": "cp", "signed_change_price": "scp",
    "change_rate": "cr", "signed_change_rate": "scr", "trade_volume": "tv", "acc_trade_volume": "atv", "acc_trade_volume_24h": "atv24h",
    "acc_trade_price": "atp", "acc_trade_price_24h": "atp24h", "trade_date": "tdt", "trade_time": "ttm", "trade_timestamp": "ttms",
    "ask_bid": "ab", "acc_ask_volume": "aav", "acc_bid_volume": "abv", "highest_52_week_price": "h52wp", "highest_52_week_date": "h52wdt",
    "lowest_52_week_price": "l52wp", "lowest_52_week_date": "l52wdt", "market_state": "ms", "is_trading_suspended": "its",
    "delisting_date": "dd", "market_warning": "mw", "sequential_id": "sid", "best_ask_price": "bap", "best_ask_size": "bas",
    "best_bid_price": "bbp", "best_bid_size": "bbs", "total_ask_size": "tas", "total_bid_size": "tbs", "orderbook_units": "obu",
    "ask_price": "ap", "bid_price": "bp", "ask_size": "as", "bid_size": "bs", "level": "lv", "candle_date_time_utc": "cdttmu",
    "candle_date_time_kst": "cdttmk", "candle_acc_trade_volume": "catv", "candle_acc_trade_price": "catp", "uuid": "uid",
    "order_type": "ot", "state": "s", "trade_uuid": "tuid", "price": "p", "avg_price": "ap", "volume": "v", "remaining_volume": "rv",
    "executed_volume": "ev", "trades_count": "tc", "reserved_fee": "rsf", "remaining_fee": "rmf", "paid_fee": "pf", "locked": "l",
    "executed_funds": "ef", "time_in_force": "tif", "trade_fee": "tf", "is_maker": "im", "identifier": "id", "smp_type": "smpt",
    "prevented_volume": "pv", "prevented_locked": "pl", "order_timestamp": "otms", "asset_uuid": "astuid", "assets": "ast",
    "currency": "cu", "balance": "b", "asset_timestamp": "asttms", "method": "mthd", "result": "rslt", "ticket": "tckt", "codes": "cds",
}  # fmt: skip
_ONLY_REST: Final = ("market", "trade_date_kst", "trade_time_kst")


def shortened(value: Any) -> Any:
    """The SIMPLE spelling of a frame."""
    if isinstance(value, dict):
        short = {_SHORT.get(name, name): shortened(found) for name, found in value.items()}
        if value.get("type") == "trade" and "tdt" in short:  # the date of a trade has a name of its own
            short["td"] = short.pop("tdt")
        return short
    return [shortened(item) for item in value] if isinstance(value, list) else value


def ticker_frame(world: World, market: str, stream: str) -> Json | None:
    """The newest ticker; None for a market that never traded."""
    tape = world.tapes[market]
    found, last = ticker_json(tape, world.now_ms), tape.last(world.now_ms)
    if found is None or last is None:
        return None
    place = world.venue.places[market]
    day = dict(zip(("year", "month", "day"), map(int, place.delisted_on.split("-")), strict=True)) if place.delisted_on else None
    bought = tape.bought_volume(world.now_ms // DAY_MS * DAY_MS, world.now_ms)
    return {
        "type": "ticker",
        "code": market,
        **{name: value for name, value in found.items() if name not in _ONLY_REST},
        "ask_bid": "BID" if last.taker_bought else "ASK",
        "acc_ask_volume": number(round(max(found["acc_trade_volume"] - float(bought), 0.0), 8)),
        "acc_bid_volume": number(bought),
        "market_state": "ACTIVE",
        "is_trading_suspended": place.is_closed,
        "delisting_date": day,
        "market_warning": "NONE",
        "stream_type": stream,
    }


def trade_frame(world: World, trade: Passing, stream: str) -> Json:
    """One trade of others."""
    before = previous_close(world.tapes[trade.market], trade.time_ms // DAY_MS * DAY_MS, trade.time_ms)
    change = round(float(trade.price) - before, 8)
    place = world.venue.places[trade.market]
    ask, bid = (next(iter(place.levels(side)), None) for side in (Side.ASK, Side.BID))
    return {
        "type": "trade",
        "code": trade.market,
        "timestamp": trade.time_ms,
        "trade_date": utc(trade.time_ms)[:10],
        "trade_time": utc(trade.time_ms)[11:],
        "trade_timestamp": trade.time_ms,
        "trade_price": number(trade.price),
        "trade_volume": number(trade.volume),
        "ask_bid": "BID" if trade.taker_bought else "ASK",
        "prev_closing_price": number(before),
        "change": "RISE" if change > 0 else "FALL" if change < 0 else "EVEN",
        "change_price": number(abs(change)),
        "sequential_id": trade.sequential_id,
        "best_ask_price": number(ask.price if ask else ZERO),
        "best_ask_size": number(ask.size if ask else ZERO),
        "best_bid_price": number(bid.price if bid else ZERO),
        "best_bid_size": number(bid.size if bid else ZERO),
        "stream_type": stream,
    }


def orderbook_frame(world: World, market: str, level: Decimal, count: int, stream: str) -> Json:
    """A whole book."""
    found = orderbook_json(world, market, level, count)
    del found["market"]
    return {"type": "orderbook", "code": market, **found, "stream_type": stream}


def candle_frame(world: World, market: str, kind: str, stream: str) -> Json | None:
    """The newest candle of a kind that exists."""
    unit = of_minutes(MINUTES[-1], korean=world.venue.switches.four_hours == "korea") if kind == _FOUR_HOURS else CANDLES[kind]
    found = candles(world.tapes[market], unit, world.now_ms + 1, 1, world.now_ms)
    if not found:
        return None
    row = candle_json(market, found[0])
    del row["market"]
    return {"type": kind, "code": market, **row, "stream_type": stream}


@wide()
def order_frame(event: OrderEvent, now_ms: int) -> Json:
    """An own order: price and volume are those of the fill in a trade's frame, else the order's. Nulls are sent."""
    order, trade = event.order, event.trade
    request = order.request
    average = order.executed_funds / order.executed_volume if order.executed_volume else ZERO
    price, volume = (trade.price, trade.volume) if trade else (request.price, request.volume)
    return {
        "type": "myOrder",
        "code": request.market,
        "uuid": order.uuid,
        "ask_bid": side_name(request.side).upper(),
        "order_type": str(request.ord_type),
        "state": event.kind,
        "trade_uuid": trade.uuid if trade else None,
        "price": None if price is None else number(price),
        "avg_price": number(average),
        "volume": None if volume is None else number(volume),
        "remaining_volume": number(order.remaining_volume),
        "executed_volume": number(order.executed_volume),
        "trades_count": len(order.trades),
        "reserved_fee": number(order.reserved_fee),
        "remaining_fee": number(order.remaining_fee),
        "paid_fee": number(order.paid_fee),
        "locked": number(order.locked),
        "executed_funds": number(order.executed_funds),
        "time_in_force": None if request.time_in_force is None else str(request.time_in_force),
        "trade_fee": number(trade.fee) if trade else None,
        "is_maker": trade.is_maker if trade else None,
        "identifier": request.identifier,
        "smp_type": str(order.prevention) if order.shows_prevention else None,
        "prevented_volume": number(order.prevented_volume),
        "prevented_locked": number(order.prevented_locked),
        "trade_timestamp": trade.time_ms if trade else None,
        "order_timestamp": order.created_ms,
        "timestamp": trade.time_ms if trade else now_ms,
        "stream_type": "REALTIME",
    }


def asset_frame(world: World, currencies: tuple[str, ...], uuid: str, at_ms: int) -> Json:
    """Own balances that changed."""
    balances = {currency: world.venue.ledger.balance(currency) for currency in currencies}
    assets = [{"currency": name, "balance": number(held.free), "locked": number(held.locked)} for name, held in balances.items()]
    return {
        "type": "myAsset",
        "asset_uuid": uuid,
        "assets": assets,
        "asset_timestamp": at_ms,
        "timestamp": at_ms,
        "stream_type": "REALTIME",
    }
