"""Time of the served exchange: the market's, at a speed or stepped by hand, and that of quotas, which is the machine's."""

from __future__ import annotations

from collections.abc import Callable


class MarketClock:
    """start_ms: the market's first moment, UTC ms; speed: market seconds per second, 0 = it moves only when stepped; steady: seconds of a
    clock that never goes back."""

    def __init__(self, start_ms: int, speed: float, steady: Callable[[], float]) -> None:
        self._start_ms = start_ms
        self._speed = speed
        self._steady = steady
        self._began = steady()
        self._stepped_ms = 0

    def now_ms(self) -> int:
        """The market's time, UTC ms."""
        return self._start_ms + self._stepped_ms + int((self._steady() - self._began) * 1000 * self._speed)

    def steady_ms(self) -> float:
        """Time for quotas: the machine's, and what was stepped."""
        return self._steady() * 1000 + self._stepped_ms

    def step(self, ms: int) -> None:
        """Move on."""
        if ms < 0:
            raise ValueError(f"time does not go back by {ms} ms")
        self._stepped_ms += ms
