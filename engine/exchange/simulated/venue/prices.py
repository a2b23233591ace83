"""Markets, tickers, books and trades in the exchange's JSON: prices and sizes as numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from engine.exchange.simulated.venue.answers import Json
from engine.exchange.simulated.venue.book import VISIBLE_LEVELS, Level
from engine.exchange.simulated.venue.charts import utc
from engine.exchange.simulated.venue.errors import BadQueryError
from engine.exchange.simulated.venue.exact import ZERO, number, plain, wide
from engine.exchange.simulated.venue.ledger import base_currency
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.tape import DAY_MS, Tape
from engine.exchange.simulated.venue.world import World
from engine.model.events import Side
from engine.model.market import KST, quote_currency, tick_size

MOST_TRADES: Final = 500
_YEAR_MS: Final = 364 * DAY_MS
_CAUTIONS: Final = (
    "PRICE_FLUCTUATIONS", "TRADING_VOLUME_SOARING", "DEPOSIT_AMOUNT_SOARING", "GLOBAL_PRICE_DIFFERENCES", "CONCENTRATION_OF_SMALL_ACCOUNTS",
)  # fmt: skip
#: names of coins as the exchange lists them; others are listed by their code
_NAMES: Final = {
    "BTC": ("비트코인", "Bitcoin"), "ETH": ("이더리움", "Ethereum"), "XRP": ("엑스알피(리플)", "XRP"), "SOL": ("솔라나", "Solana"),
    "ADA": ("에이다", "Cardano"), "DOGE": ("도지코인", "Dogecoin"), "USDT": ("테더", "Tether"), "TRX": ("트론", "TRON"),
}  # fmt: skip


def markets_json(world: World, query: Query) -> list[Json]:
    """GET /v1/market/all."""
    details = query.flag("is_details")
    found = []
    for market in world.listed():
        base = base_currency(market)
        korean, english = _NAMES.get(base, (base, base))
        row: Json = {"market": market, "korean_name": korean, "english_name": english}
        if details:
            place = world.venue.places[market]
            row["market_event"] = {"warning": place.warning, "caution": {name: name in place.cautions for name in _CAUTIONS}}
        found.append(row)
    return found


def tickers_json(world: World, markets: Iterable[str]) -> list[Json]:
    """GET /v1/ticker: markets that have traded."""
    return [row for market in markets if (row := ticker_json(world.tapes[market], world.now_ms)) is not None]


def tickers_of_quotes_json(world: World, query: Query) -> list[Json]:
    """GET /v1/ticker/all."""
    quotes = query.needed("quote_currencies").split(",")
    return tickers_json(world, [market for market in world.listed() if quote_currency(market) in quotes])


def known_markets(world: World, query: Query) -> list[str]:
    """The comma list `markets`. Raises BadQueryError for an unknown one."""
    found = [market for market in query.needed("markets").split(",") if market]
    if not found or not all(world.is_listed(market) for market in found):
        raise BadQueryError.unknown_code()
    return found


def ticker_json(tape: Tape, now_ms: int) -> Json | None:
    """One market's ticker at a moment; None before its first trade."""
    last = tape.last(now_ms)
    if last is None:
        return None
    midnight = now_ms // DAY_MS * DAY_MS
    _, day = tape.bars(midnight, now_ms + 1, now_ms)
    _, day_24h = tape.bars(now_ms - DAY_MS, now_ms + 1, now_ms)
    (highest, high_day), (lowest, low_day) = tape.extremes(now_ms - _YEAR_MS, now_ms)
    price = float(last.price)
    before = previous_close(tape, midnight, now_ms)
    change = round(price - before, 8)
    open_, high, low = (float(day[0, 0]), float(day[1].max()), float(day[2].min())) if day.shape[1] else (before,) * 3
    return {
        "market": tape.market,
        **_trade_times(last.time_ms),
        "trade_timestamp": last.time_ms,
        "opening_price": number(open_),
        "high_price": number(high),
        "low_price": number(low),
        "trade_price": number(price),
        "prev_closing_price": number(before),
        "change": "RISE" if change > 0 else "FALL" if change < 0 else "EVEN",
        "change_price": number(abs(change)),
        "change_rate": number(round(abs(change) / before, 10)),
        "signed_change_price": number(change),
        "signed_change_rate": number(round(change / before, 10)),
        "trade_volume": number(last.volume),
        "acc_trade_price": number(round(float(day[5].sum()), 8)),
        "acc_trade_price_24h": number(round(float(day_24h[5].sum()), 8)),
        "acc_trade_volume": number(round(float(day[4].sum()), 8)),
        "acc_trade_volume_24h": number(round(float(day_24h[4].sum()), 8)),
        "highest_52_week_price": number(highest),
        "highest_52_week_date": utc(high_day)[:10],
        "lowest_52_week_price": number(lowest),
        "lowest_52_week_date": utc(low_day)[:10],
        "timestamp": last.time_ms,
    }


def _trade_times(at_ms: int) -> Json:
    in_utc, in_korea = datetime.fromtimestamp(at_ms // 1000, UTC), datetime.fromtimestamp(at_ms // 1000, KST)
    return {
        "trade_date": f"{in_utc:%Y%m%d}",
        "trade_time": f"{in_utc:%H%M%S}",
        "trade_date_kst": f"{in_korea:%Y%m%d}",
        "trade_time_kst": f"{in_korea:%H%M%S}",
    }


def previous_close(tape: Tape, midnight_ms: int, now_ms: int) -> float:
    """The last trade before UTC midnight; the first of all where there is none."""
    before = tape.last(min(midnight_ms - 1, now_ms))
    return float(before.price) if before is not None else float(tape.numbers[0, 0])


def trades_json(tape: Tape, query: Query, now_ms: int, *, clamp: bool) -> list[Json]:
    """GET /v1/trades/ticks: newest first, of one UTC day."""
    count = query.integer("count", 1, 1, MOST_TRADES, clamp=clamp)
    cursor = query.integer("cursor", 2**62, 0, 2**62)
    days_ago = query.integer("days_ago", 0, 1, 7)
    midnight = (now_ms // DAY_MS - days_ago) * DAY_MS
    end_ms = min(midnight + DAY_MS - 1, now_ms)
    to = query.one("to")
    if to is not None:
        end_ms = min(end_ms, midnight + _time_of_day_ms(to) - 1)
    before = previous_close(tape, midnight, now_ms)
    found = (trade for trade in tape.backwards(min(end_ms, cursor // 10_000)) if trade.sequential_id < cursor)
    of_day = itertools.takewhile(lambda trade: trade.time_ms >= midnight, found)
    return [
        {
            "market": tape.market,
            "trade_date_utc": utc(trade.time_ms)[:10],
            "trade_time_utc": utc(trade.time_ms)[11:],
            "timestamp": trade.time_ms,
            "trade_price": number(trade.price),
            "trade_volume": number(trade.volume),
            "prev_closing_price": number(before),
            "change_price": number(round(float(trade.price) - before, 8)),
            "ask_bid": "BID" if trade.taker_bought else "ASK",
            "sequential_id": trade.sequential_id,
        }
        for trade in itertools.islice(of_day, count)
    ]


def _time_of_day_ms(given: str) -> int:
    """`HHmmss` or `HH:mm:ss`."""
    digits = given.replace(":", "")
    if len(digits) != 6 or not digits.isdecimal() or (":" in given and len(given) != 8):
        raise BadQueryError.invalid()
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    if hours > 23 or minutes > 59 or seconds > 59:
        raise BadQueryError.invalid()
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def orderbooks_json(world: World, query: Query) -> list[Json]:
    """GET /v1/orderbook. A level that the market has not: nothing for that market."""
    count = query.integer("count", VISIBLE_LEVELS, 1, VISIBLE_LEVELS)
    level = _level(query)
    markets = known_markets(world, query)
    return [orderbook_json(world, market, level, count) for market in markets if plain(level) in supported_levels(world, market)]


@wide()
def orderbook_json(world: World, market: str, level: Decimal, count: int) -> Json:
    """One book, prices gathered into steps of `level` where it is above 0."""
    place = world.venue.places[market]
    asks, bids = (_gathered(place.levels(side), level, side) for side in (Side.ASK, Side.BID))
    none = Level(ZERO, ZERO)
    units = list(itertools.zip_longest(asks, bids, fillvalue=none))[:count]
    return {
        "market": market,
        "timestamp": max(place.time_ms, 0),
        "total_ask_size": number(sum((size for _, size in asks), ZERO)),
        "total_bid_size": number(sum((size for _, size in bids), ZERO)),
        "orderbook_units": [
            {"ask_price": number(ask.price), "bid_price": number(bid.price), "ask_size": number(ask.size), "bid_size": number(bid.size)}
            for ask, bid in units
        ],
        "level": number(level),
    }


def _gathered(levels: list[Level], step: Decimal, side: Side) -> list[Level]:
    if step == 0:
        return levels
    rounding = ROUND_CEILING if side is Side.ASK else ROUND_FLOOR
    sizes: dict[Decimal, Decimal] = {}
    for price, size in levels:
        bucket = (price / step).to_integral_value(rounding) * step
        sizes[bucket] = sizes.get(bucket, ZERO) + size
    return [Level(price, size) for price, size in sizes.items()]


def _level(query: Query) -> Decimal:
    given = query.one("level") or "0"
    if not given.replace(".", "", 1).isdecimal():
        raise BadQueryError.mismatch()
    return Decimal(given)


def supported_levels(world: World, market: str) -> list[str]:
    """`0`, and tenfold price units up to the price; KRW markets only."""
    last = world.venue.places[market].last
    levels = ["0"]
    if last is None or quote_currency(market) != "KRW":
        return levels
    step = tick_size(market, last, world.now_ms) * 10
    while step <= last:
        levels.append(plain(step))
        step *= 10
    return levels


def instruments_json(world: World, query: Query) -> list[Json]:
    """GET /v1/orderbook/instruments: the price unit at the current price."""
    return [
        {
            "market": market,
            "quote_currency": quote_currency(market),
            "tick_size": plain(tick_size(market, world.venue.places[market].last or ZERO, world.now_ms)),
            "supported_levels": supported_levels(world, market),
        }
        for market in known_markets(world, query)
    ]


def supported_levels_json(world: World, query: Query) -> list[Json]:
    """GET /v1/orderbook/supported_levels, which instruments replaced."""
    return [
        {"market": market, "supported_levels": [number(float(level)) for level in supported_levels(world, market)]}
        for market in known_markets(world, query)
    ]
