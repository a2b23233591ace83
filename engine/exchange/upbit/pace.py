"""The pace of requests to one rate-limit group: evenly spaced, and slower when Upbit says that little is left."""

from __future__ import annotations

import time
from typing import Final, Protocol

from engine.exchange.upbit.limits import read_remaining

#: requests of the current second that are left to others on this address
_RESERVE: Final = 1


class Clock(Protocol):
    """Time, and waiting for it."""

    def now_ms(self) -> int:
        """UTC epoch ms."""
        ...

    def monotonic_seconds(self) -> float:
        """Seconds that only grow."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The computer's clock."""

    def now_ms(self) -> int:
        """UTC epoch ms."""
        return time.time_ns() // 1_000_000

    def monotonic_seconds(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Pace:
    """Call `wait` before each request and `learn` after each answer."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._interval_seconds = 1.0 / per_second
        self._next_seconds = clock.monotonic_seconds()

    def wait(self) -> None:
        """Sleep until the next request may go."""
        now = self._clock.monotonic_seconds()
        if now < self._next_seconds:
            self._clock.sleep(self._next_seconds - now)
        self._next_seconds = max(now, self._next_seconds) + self._interval_seconds

    def learn(self, remaining: str | None) -> None:
        """Read a `Remaining-Req` header (`group=candle; min=600; sec=9`): with the second used up, hold the next request for one second."""
        found = read_remaining(remaining)
        if found is not None and found.left <= _RESERVE:
            self.hold(1.0)

    def hold(self, seconds: float) -> None:
        """No request for this long from now."""
        self._next_seconds = max(self._next_seconds, self._clock.monotonic_seconds() + seconds)
