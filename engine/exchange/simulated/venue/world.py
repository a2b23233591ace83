"""The exchange with its markets' pasts and futures: moved on to a moment, every trade of others reaches the orders that wait."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.grids import Grids
from engine.exchange.simulated.venue.tape import Tape


class World:
    """A venue and the tapes of its markets. start_ms: its first moment; what was before is history."""

    def __init__(self, venue: Venue, tapes: Mapping[str, Tape], start_ms: int) -> None:
        self.venue = venue
        self.tapes = {market: tapes[market] for market in venue.places}
        self.now_ms = start_ms
        self.grids = Grids(venue.places, start_ms)
        self._end_ms = max((tape.until_ms for tape in self.tapes.values()), default=0)
        self._shown: dict[str, int | None] = dict.fromkeys(self.tapes)
        self._next_ms: dict[str, int | None] = {}
        for market, tape in self.tapes.items():
            last = tape.last(start_ms)
            if last is not None:
                venue.places[market].traded(last.price, last.time_ms)
            self._next_ms[market] = tape.next_ms(start_ms)
        self._show_books()
        self._close_delisted()

    def is_listed(self, market: str) -> bool:
        """Whether the market has traded already and goes on as long as others do."""
        return self._has_begun(market) and not self._has_ended(market)

    def is_delisted(self, market: str) -> bool:
        """Whether the market traded once and has ended while others go on."""
        return self._has_begun(market) and self._has_ended(market)

    def _has_begun(self, market: str) -> bool:
        tape = self.tapes.get(market)
        return tape is not None and len(tape.time_ms) > 0 and int(tape.time_ms[0]) <= self.now_ms

    def _has_ended(self, market: str) -> bool:
        until_ms = self.tapes[market].until_ms
        return until_ms <= self.now_ms and until_ms != self._end_ms

    def listed(self) -> list[str]:
        """Codes of the markets that are listed, sorted."""
        return [market for market in self.tapes if self.is_listed(market)]

    def advance(self, to_ms: int) -> None:
        """Play what others trade up to a moment. A moment that is past already changes nothing."""
        for at_ms in self.grids.changes(self.now_ms, to_ms):
            self._play(at_ms - 1)
            self.grids.change(self.venue, at_ms)
        self._play(to_ms)

    def _play(self, to_ms: int) -> None:
        """Up to a moment before which no price grid changes."""
        if to_ms <= self.now_ms:
            return
        due = [market for market, next_ms in self._next_ms.items() if next_ms is not None and next_ms <= to_ms]
        waited = [market for market in due if self.venue.places[market].resting]
        streams = (self.tapes[market].between(self.now_ms, to_ms) for market in waited)
        for trade in heapq.merge(*streams, key=lambda trade: (trade.time_ms, trade.market)):
            self.venue.passed(trade)
        for market in due:
            last = self.tapes[market].last(to_ms)
            if market not in waited and last is not None:
                self.venue.places[market].traded(last.price, last.time_ms)
            self._next_ms[market] = self.tapes[market].next_ms(to_ms)
        self.now_ms = to_ms
        self.venue.wallet.advance(to_ms)
        self._show_books()
        self._close_delisted()

    def _show_books(self) -> None:
        """The newest recorded book of each market, once; the modelled one again where recording ended."""
        for market, tape in self.tapes.items():
            row = tape.recorded.book_at(self.now_ms)
            if row == self._shown[market]:
                continue
            self._shown[market] = row
            if row is None:
                self.venue.places[market].model_again()
            else:
                self.venue.show_book(market, tape.recorded.book(row), int(tape.recorded.book_ms[row]))

    def _close_delisted(self) -> None:
        """Nothing can be ordered where nothing is listed, and what waited is taken back."""
        for market, place in self.venue.places.items():
            place.listed = self.is_listed(market)
            if not place.listed:
                for order in list(place.resting):
                    self.venue.cancel(order.uuid, None)
