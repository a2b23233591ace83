"""The markets that a universe chooses from when the user names none: every KRW market with candles in the range, ended ones too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.candles.endings import ENDED_MS
from engine.candles.provision import Message
from engine.candles.sample import COINS
from engine.candles.store import CandleStore
from engine.candles.timeframes import divides
from engine.model.candle import Ending, StoredMarkets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dsl.graph import Timeframe

_QUOTE: Final = "KRW-"


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


def survivorship(found: Mapping[str, Ending], count: int, from_ms: int, to_ms: int) -> list[Message]:
    """A warning when trading in no candidate is known to have ended inside the range: then only coins that lasted can be chosen, and
    results look too good. found: of those whose candles end early; count: of candidates."""
    if to_ms - from_ms <= 2 * ENDED_MS or Ending.ENDED in found.values():
        return []
    unsure = list(found.values()).count(Ending.UNKNOWN)
    return [Message("data.ends_unknown", {"count": count, "ended": unsure}) if unsure else Message("data.survivors_only", {"count": count})]


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
    return sum(end <= last - ENDED_MS for end in ends)
