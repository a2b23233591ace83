"""The progress bar of a run through market time, on standard error while that is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from engine.candles.instants import korean_time
from engine.model.candle import BarGrid


@contextmanager
def time_bar(title: str, grid: BarGrid) -> Iterator[Callable[[int], None]]:
    """Yields move(market time in UTC ms) over the grid's time."""
    base = grid.timeframe
    start_ms = grid.first_index * base.length_ms + base.offset_ms
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(title, total=grid.state.shape[1] * base.length_ms)
        shown = [-1]

        def move(time_ms: int) -> None:
            minute = time_ms // 3_600_000  # the text changes once an hour of market time: formatting costs more than deciding
            if minute != shown[0]:
                shown[0] = minute
                progress.update(task, completed=time_ms - start_ms, description=f"{title} {korean_time(time_ms)}")

        yield move
