"""A market whose trades come from outside while it goes on: a tape that grows, and the world that hears of trades and books.

A trade is noted when it arrives, or at its own time where that is later: what was told already stays as it was told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.exchange.simulated.venue.book import Book
from engine.exchange.simulated.venue.core import Passing, Venue
from engine.exchange.simulated.venue.recorded import Recording, bar_of
from engine.exchange.simulated.venue.tape import DAY_MS, Tape, days_of
from engine.exchange.simulated.venue.world import World

if TYPE_CHECKING:
    from engine.model.candle import CandleTable

_FOREVER_MS: Final = 2**62
#: bars whose trades are kept as they were; older ones are played as four, like stored ones
_KEPT: Final = 1440
#: bars that there is room for before the room is doubled
_ROOM: Final = 1024


class LiveTape(Tape):
    """table: the market's past, which may be empty. heard: trades as they came, by the open time of their bar, of the last day."""

    def __init__(self, table: CandleTable, seed: int) -> None:
        self.heard: dict[int, tuple[Passing, ...]] = {}
        super().__init__(table, seed, Recording(self.heard))
        self.until_ms = _FOREVER_MS
        self._told_ms = 0
        self._count = len(self.time_ms)
        self._times, self._rows = self.time_ms, self.numbers

    def append(self, trade: Passing, now_ms: int) -> Passing:
        """Note a trade. Returns it with the time that it is noted at."""
        at_ms = max(trade.time_ms, now_ms, self._told_ms + 1)
        noted = replace(trade, time_ms=at_ms)
        bar = at_ms // self.length_ms * self.length_ms
        before: tuple[Passing, ...] = ()
        if self._count and self.time_ms[-1] == bar:
            before = self.trades_of(self._count - 1)
        else:
            self._open(bar)
        self.heard[bar] = (*before, noted)
        self.numbers[:, -1] = bar_of(self.heard[bar])
        return noted

    def _open(self, bar_ms: int) -> None:
        """Make room for one more bar; a day that is over is looked at once, and what is too old to be kept is played from its bar."""
        if self._count == len(self._times):
            more = max(self._count, _ROOM)
            self._times = np.concatenate([self._times[: self._count], np.zeros(more, np.int64)])
            self._rows = np.concatenate([self._rows[:, : self._count], np.zeros((6, more))], axis=1)
        if self._count and self._times[self._count - 1] // DAY_MS != bar_ms // DAY_MS:
            self._days = days_of(self.time_ms, self.numbers)
        if len(self.heard) >= _KEPT:
            del self.heard[next(iter(self.heard))]
            self._chunks.cache_clear()
            self._cached.cache_clear()
        self._times[self._count] = bar_ms
        self._count += 1
        self.time_ms, self.numbers = self._times[: self._count], self._rows[:, : self._count]

    def trades_of(self, row: int) -> tuple[Passing, ...]:
        """The trades of a bar so far."""
        heard = self.heard.get(int(self.time_ms[row]))
        return super().trades_of(row) if heard is None else heard

    def between(self, after_ms: int, to_ms: int) -> Iterator[Passing]:
        """Trades in (after_ms, to_ms], oldest first; later ones are noted after that."""
        self._told_ms = max(self._told_ms, to_ms)
        return super().between(after_ms, to_ms)

    def next_ms(self, now_ms: int) -> int | None:
        """Unknown: trades are told, not looked up."""
        del now_ms
        return None


class LiveWorld(World):
    """A venue whose markets are told of."""

    def __init__(self, venue: Venue, tapes: Mapping[str, LiveTape], start_ms: int) -> None:
        self.live = dict(tapes)
        super().__init__(venue, tapes, start_ms)

    def hear(self, trade: Passing) -> None:
        """Others traded: waiting orders may fill. Trades of a market that is not here are none of its business."""
        if trade.market in self.live:
            noted = self.live[trade.market].append(trade, self.now_ms)
            self.venue.places[trade.market].listed = True
            self.venue.passed(noted)

    def mark(self, market: str, *, warning: bool, cautions: Collection[str], halted: bool, delisted_on: str) -> None:
        """What the exchange there says of a market: its warning, its cautions by their names, that nothing trades, its last day."""
        if market in self.live:
            place = self.venue.places[market]
            place.warning, place.cautions, place.halted, place.delisted_on = warning, frozenset(cautions), halted, delisted_on
            place.changes += 1

    def see(self, market: str, book: Book) -> None:
        """A book takes the place of the one before."""
        if market in self.live:
            self.venue.show_book(market, book, self.now_ms)
