"""The progress bar of a run through market time, on standard error while that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.candles.instants import korean_time
from engine.cli.progress import bar
from engine.model.candle import BarGrid


@contextmanager
def time_bar(title: str, grid: BarGrid) -> Iterator[Callable[[int], None]]:
    """Yields move(market time in UTC ms) over the grid's time."""
    base = grid.timeframe
    start_ms = grid.first_index * base.length_ms + base.offset_ms
    whole_ms = grid.state.shape[1] * base.length_ms
    with bar() as move_bar:
        shown = [-1]

        def move(time_ms: int) -> None:
            hour = time_ms // 3_600_000  # the text changes once an hour of market time: formatting costs more than deciding
            if hour != shown[0]:
                shown[0] = hour
                move_bar(f"{title} {korean_time(time_ms)}", time_ms - start_ms, whole_ms)

        yield move
