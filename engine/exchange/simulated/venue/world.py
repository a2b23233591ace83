"""The exchange with its markets' pasts and futures: moved on to a moment, every trade of others reaches the orders that wait."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.tape import Tape


class World:
    """A venue and the tapes of its markets. start_ms: its first moment; what was before is history."""

    def __init__(self, venue: Venue, tapes: Mapping[str, Tape], start_ms: int) -> None:
        self.venue = venue
        self.tapes = {market: tapes[market] for market in venue.places}
        self.now_ms = start_ms
        self._next_ms: dict[str, int | None] = {}
        for market, tape in self.tapes.items():
            last = tape.last(start_ms)
            if last is not None:
                venue.places[market].traded(last.price, last.time_ms)
            self._next_ms[market] = tape.next_ms(start_ms)

    def advance(self, to_ms: int) -> None:
        """Play what others trade up to a moment. A moment that is past already changes nothing."""
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
