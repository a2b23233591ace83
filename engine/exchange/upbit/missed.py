"""Trades that a stream missed, asked by REST. A `sequential_id` is unique but not ordered, so times decide how far back to go."""

from __future__ import annotations

from typing import Final, NamedTuple

from engine.exchange.upbit.answers import Trade
from engine.exchange.upbit.frames import TradeFrame
from engine.exchange.upbit.quotation import TRADES_MAX, Quotation

#: what `stream_type` says of a trade that came this way
RESYNC: Final = "RESYNC"
#: pages asked at most: a gap of this many trades is better filled from candles
PAGES_MAX: Final = 40
_DAYS: Final = (None, *range(1, 8))


class Missed(NamedTuple):
    """Trades, oldest first. whole: none is lacking; else there were more pages than asked for, and the oldest are not here."""

    trades: list[TradeFrame]
    whole: bool


async def missed_trades(quotation: Quotation, market: str, since_ms: int, pages_max: int = PAGES_MAX) -> Missed:
    """Trades of the market at or after a time; at most `pages_max` pages of them."""
    found: list[Trade] = []
    pages = 0
    for days_ago in _DAYS:
        cursor = None
        while pages < pages_max:
            pages += 1
            page = (await quotation.trades(market, count=TRADES_MAX, cursor=cursor, days_ago=days_ago)).value
            found += [trade for trade in page if trade.timestamp >= since_ms]
            if any(trade.timestamp < since_ms for trade in page):
                return _missed(found, whole=True)
            if not page:
                break
            cursor = str(page[-1].sequential_id)
    return _missed(found, whole=pages < pages_max)


def _missed(found: list[Trade], *, whole: bool) -> Missed:
    return Missed([_frame(trade) for trade in reversed(found)], whole)


def _frame(trade: Trade) -> TradeFrame:
    """The trade as the stream would have told it."""
    return TradeFrame.model_validate(
        {
            "type": "trade",
            "stream_type": RESYNC,
            "code": trade.market,
            "timestamp": trade.timestamp,
            "trade_timestamp": trade.timestamp,
            "trade_price": float(trade.trade_price),
            "trade_volume": float(trade.trade_volume),
            "ask_bid": trade.ask_bid,
            "sequential_id": trade.sequential_id,
            "prev_closing_price": float(trade.prev_closing_price),
            "trade_date": trade.trade_date_utc,
            "trade_time": trade.trade_time_utc,
        }
    )
