"""Room for the arrays of a grid: in memory, and of a large one in a file without a name, of which only what is being read takes memory."""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import platformdirs

from engine.candles.errors import StoreError
from engine.kernel.aggregate import SERIES
from engine.model.candle import BarGrid

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: bytes; smaller grids lie in memory
MAPPED_FROM: Final = 256 << 20
_BYTES_PER_BAR: Final = 8 * len(SERIES) + 1


class Room:
    """Arrays [markets, bars] of one grid, not yet filled. series: in the order of SERIES."""

    def __init__(self, markets: int, bars: int, *, mapped_from: int = MAPPED_FROM) -> None:
        """Raises StoreError when the disk has no room for a large one."""
        shape, size = (markets, bars), markets * bars * _BYTES_PER_BAR
        self.release: Callable[[], None] | None = None
        if size < mapped_from or size == 0:
            self.state: NDArray[np.int8] = np.empty(shape, np.int8)
            self.series: tuple[NDArray[np.float64], ...] = tuple(np.empty(shape) for _ in SERIES)
            return
        whole = _mapped(size)
        numbers = np.frombuffer(whole, np.float64, len(SERIES) * markets * bars).reshape(len(SERIES), *shape)
        self.series = tuple(numbers)
        self.state = np.frombuffer(whole, np.int8, markets * bars, numbers.nbytes).reshape(shape)
        if hasattr(mmap, "MADV_DONTNEED"):
            self.release = lambda: whole.madvise(mmap.MADV_DONTNEED)

    def free(self) -> None:
        """Give back the memory of what has been written or read so far; the values stay."""
        if self.release is not None:
            self.release()


def _mapped(size: int) -> mmap.mmap:
    """A file of its own that ends with the last array in it, on the disk: the folder for temporary files is often in memory itself."""
    folder = Path(platformdirs.user_cache_dir("jangdan", appauthor=False)) / "grids"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is found now, and not when a value is written
            else:
                file.truncate(size)
            return mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise StoreError("data.cannot_write", path=folder, reason=error) from error


def take_markets(grid: BarGrid, rows: Sequence[int], *, mapped_from: int = MAPPED_FROM) -> BarGrid:
    """The grid of some of the markets, copied without side series and finer bars; where none is left out the grid itself. mapped_from: as
    of Room."""
    if len(rows) == len(grid.markets):
        return grid
    room = Room(len(rows), grid.state.shape[1], mapped_from=mapped_from)
    for at, row in enumerate(rows):
        room.state[at] = grid.state[row]
        for name, target in zip(SERIES, room.series, strict=True):
            target[at] = getattr(grid, name)[row]
        room.free()
    series: dict[str, Any] = dict(zip(SERIES, room.series, strict=True))
    return replace(
        grid, side={}, inside=None, markets=tuple(grid.markets[row] for row in rows), state=room.state, release=room.release, **series
    )
