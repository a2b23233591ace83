"""The markets that a universe chooses from when the user names none: every KRW market with candles in the range, ended ones too."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.candles.endings import ENDED_MS, ending
from engine.candles.provision import Message
from engine.candles.sample import COINS
from engine.candles.store import CandleStore
from engine.candles.timeframes import divides
from engine.model.candle import Ending, StoredMarkets

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    """What of a range is stored under any timeframe: beside it a list of markets shows what it left out. Raises StoreError."""
    lasts = {}
    for market in store.markets():
        if market.startswith(_QUOTE) and any(store.ranges(market, timeframe, from_ms, to_ms) for timeframe in store.timeframes(market)):
            last = store.last_open(market)
            if last is not None and last >= from_ms:
                lasts[market] = last
    early_ms = min(to_ms, max(lasts.values(), default=to_ms)) - ENDED_MS
    told = Counter(_ending(store, market, last) for market, last in lasts.items() if last <= early_ms)
    return StoredMarkets(len(lasts), told[Ending.ENDED], told[Ending.UNKNOWN])


def _ending(store: CandleStore, market: str, last_ms: int) -> Ending:
    """What ended with a market's last candle of any timeframe, which opens then: under one of them that may be known."""
    found = {ending(store, market, timeframe, last_ms + timeframe.length_ms) for timeframe in store.timeframes(market)}
    return next(one for one in (Ending.GOES_ON, Ending.ENDED, Ending.UNKNOWN) if one in found)
