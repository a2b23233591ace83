"""The markets that a universe chooses from when the user names none: every KRW market with candles in the range, ended ones too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.candles.provision import Message
from engine.candles.sample import COINS
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS, divides
from engine.model.candle import StoredMarkets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsl.graph import Timeframe

_QUOTE: Final = "KRW-"
#: a market whose candles stop this long before those of others, or the range, do has ended inside it
_ENDED_MS: Final = 7 * DAY_MS


def candidates(folder: Path, clock: Timeframe, from_ms: int | None, to_ms: int | None, base: Timeframe | None) -> tuple[str, ...]:
    """Codes, sorted. Where nothing is stored: the sample market's, which is what a run then uses.

    base: the only timeframe that counts; None = any that the clock is made of.
    """
    store = CandleStore(folder)
    found = []
    for market in store.markets():
        bases = [timeframe for timeframe in store.timeframes(market) if (timeframe == base if base else divides(timeframe, clock))]
        if market.startswith(_QUOTE) and any(store.ranges(market, timeframe, from_ms, to_ms) for timeframe in bases):
            found.append(market)
    return tuple(found) or tuple(sorted(coin.market for coin in COINS))


def survivorship(store: CandleStore, markets: Sequence[str], base: Timeframe, from_ms: int, to_ms: int) -> list[Message]:
    """A warning when no candidate's candles end inside the range: then only coins that lasted can be chosen, and results look too good."""
    if to_ms - from_ms <= 2 * _ENDED_MS:
        return []
    ends = [ranges[-1][1] for market in markets if (ranges := store.ranges(market, base, from_ms, to_ms))]
    if _ended(ends, to_ms):
        return []
    return [Message("data.survivors_only", {"count": len(ends)})]


def stored_markets(store: CandleStore, from_ms: int, to_ms: int) -> StoredMarkets:
    """What of a range is stored under any timeframe: beside it a list of markets shows what it left out."""
    ends = []
    for market in store.markets():
        if market.startswith(_QUOTE):
            ranges = [r for timeframe in store.timeframes(market) for r in store.ranges(market, timeframe, from_ms, to_ms)]
            ends += [max(end for _, end in ranges)] if ranges else []
    return StoredMarkets(len(ends), _ended(ends, to_ms))


def _ended(ends: Sequence[int], to_ms: int) -> int:
    """How many of these ends of candles are those of a market and not just of what was stored."""
    last = min(to_ms, max(ends, default=to_ms))
    return sum(end <= last - _ENDED_MS for end in ends)
