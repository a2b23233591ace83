"""Days on which a market's price grid changes, and what becomes of orders that wait at prices that it has no more.

Source: the exchange's notices. Orders off the new grid stayed at the changes of single markets in 2024-10 and 2025-03, and were cancelled
in USDT markets on 2024-08-19; what became of them on 2025-07-31 is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine.model.market import KST, quote_currency, tick_periods, tick_size
from engine.model.money import floor_to

if TYPE_CHECKING:
    from engine.exchange.simulated.venue.core import Venue

_USDT_MS: Final = int(datetime(2024, 8, 19, tzinfo=KST).timestamp()) * 1000
_KRW_MS: Final = int(datetime(2025, 7, 31, tzinfo=KST).timestamp()) * 1000


class Grids:
    """The changes after a moment (UTC ms) of some markets' grids."""

    def __init__(self, markets: Iterable[str], start_ms: int) -> None:
        self._changes: dict[int, list[str]] = {}
        for market in markets:
            for period in tick_periods(market):
                if period.from_ms > start_ms:
                    self._changes.setdefault(period.from_ms, []).append(market)

    def changes(self, after_ms: int, to_ms: int) -> list[int]:
        """Moments in (after_ms, to_ms] at which a grid changes, in order."""
        return sorted(at_ms for at_ms in self._changes if after_ms < at_ms <= to_ms)

    def change(self, venue: Venue, at_ms: int) -> None:
        """A grid comes into force: orders that are off it are cancelled where the exchange did that."""
        for market in self._changes[at_ms]:
            if not _cancels(market, at_ms, by_choice=venue.switches.grid_of_2025 == "cancel"):
                continue
            for order in list(venue.places[market].resting):
                if floor_to(order.limit, tick_size(market, order.limit, at_ms)) != order.limit:
                    venue.cancel(order.uuid, None)


def _cancels(market: str, at_ms: int, *, by_choice: bool) -> bool:
    quote = quote_currency(market)
    return (quote == "USDT" and at_ms == _USDT_MS) or (quote == "KRW" and at_ms == _KRW_MS and by_choice)
