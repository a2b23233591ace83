"""The one clock port, with a speed: every timer goes through it, so a simulated week and a live one run the same code."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Market time in UTC ms."""

    def wait_until(self, market_ms: int) -> None:
        """Return when market time has reached `market_ms`."""
        ...


class SpeedClock:
    """Market time runs `speed` times as fast as the wall's, from `start_ms` on. Speed 0: as fast as events are taken."""

    def __init__(self, speed: float, start_ms: int) -> None:
        """Raises ValueError for a negative speed."""
        if not speed >= 0:
            raise ValueError(f"speed {speed} is negative")
        self._speed = speed
        self._start_ms = start_ms
        self._started = time.monotonic()

    def wait_until(self, market_ms: int) -> None:
        """Sleep until then; a late caller is not held up."""
        if self._speed == 0:
            return
        due = self._started + (market_ms - self._start_ms) / 1000 / self._speed
        delay_seconds = due - time.monotonic()
        if delay_seconds > 0:
            time.sleep(delay_seconds)
