"""Random finer bars inside the base bars of a world, which add up to them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from engine.model.candle import BarGrid, BarState, InsideBars
from tests.generators.worlds import World

Row = tuple[int, float, float, float, float, float]


def with_random_inside(chance: random.Random, world: World) -> World:
    """The world with seconds inside some of its bars."""
    return replace(world, grid=replace(world.grid, inside=random_inside(chance, world.grid)))


def random_inside(chance: random.Random, grid: BarGrid) -> InsideBars:
    """Seconds of long and short stretches of bars, in every market apart."""
    rows: list[Row] = []
    first, bars = [0], 0
    for row in range(len(grid.markets)):
        recorded = False
        for k in range(grid.state.shape[1]):
            if chance.random() < 0.05:
                recorded = not recorded
            if recorded and grid.state[row, k] == BarState.TRADED and not np.isnan(grid.volume[row, k]):
                rows += _seconds(chance, grid, row, k)
                bars += 1
        first.append(len(rows))
    time_ms, *columns = zip(*rows, strict=True) if rows else [()] * 6
    opens, highs, lows, closes, volumes = (np.array(one, np.float64) for one in columns)
    return InsideBars(np.array(first, np.int64), np.array(time_ms, np.int64), opens, highs, lows, closes, volumes, bars, 0)


def _seconds(chance: random.Random, grid: BarGrid, row: int, k: int) -> list[Row]:
    """Of one bar: a walk over the prices that it has seen, from its open by its high and low to its close."""
    opened, high, low, close, volume = (float(getattr(grid, name)[row, k]) for name in ("open", "high", "low", "close", "volume"))
    path = [opened, *chance.choices([opened, high, low, close, (high + low) // 2 if high - low > 2 else low], k=chance.randrange(4)), close]
    for extreme in chance.sample([high, low], 2):
        path.insert(chance.randrange(1, len(path)), extreme)
    cuts = sorted(chance.sample(range(1, len(path)), chance.randrange(1, len(path))))
    pieces = [path[a:b] for a, b in zip([0, *cuts], [*cuts, len(path)], strict=True)]
    length = grid.timeframe.length_ms // 1_000
    times = sorted(chance.sample(range(length), len(pieces)))
    open_ms, left = grid.timeframe.open_ms(grid.first_index + k), round(volume * 1e8)
    found = []
    for number, (piece, second) in enumerate(zip(pieces, times, strict=True)):
        part = left if number == len(pieces) - 1 else chance.randint(0, left)
        left -= part
        found.append((open_ms + second * 1_000, piece[0], max(piece), min(piece), piece[-1], part / 1e8))
    return found
