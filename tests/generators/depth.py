"""Random order books recorded beside the candles of a world: with holes in the recording, short and empty sides."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from engine.model.candle import BarGrid
from engine.model.depth import RecordedBooks
from tests.generators.worlds import World


def with_random_books(chance: random.Random, world: World) -> World:
    """The world with books of some of its markets, and a run that asks for them."""
    books = {market: random_books(chance, world.grid, row) for row, market in enumerate(world.grid.markets) if chance.random() < 0.8}
    settings = replace(world.settings, costs=replace(world.settings.costs, walk_books=True))
    return replace(world, grid=replace(world.grid, books=books), settings=settings)


def random_books(chance: random.Random, grid: BarGrid, row: int) -> RecordedBooks:
    """Books of one market near its closes, now and then none for a while."""
    base_ms, first, width = grid.timeframe.length_ms, grid.first_index, chance.choice([1, 2, 5])
    times, untils, levels = [], [], []
    stretch_end = 0
    for k in range(grid.state.shape[1]):
        begin = (first + k) * base_ms + grid.timeframe.offset_ms
        if begin >= stretch_end:
            stretch_end = begin + chance.choice([1, 7, 60]) * base_ms + chance.choice([0, 0, 500])
            if chance.random() < 0.2:
                continue
        price = float(grid.close[row, k])
        if not price > 0 or chance.random() < 0.4:
            continue
        times.append(begin + chance.choice([0, 0, base_ms // 2, base_ms - 1]) if not times or begin > times[-1] else times[-1])
        untils.append(max(stretch_end, times[-1]))
        levels.append(_book(chance, price, width))
    shape = np.array(levels) if levels else np.empty((0, 4, width))
    return RecordedBooks(np.array(times, np.int64), np.array(untils, np.int64), shape)


def _book(chance: random.Random, price: float, width: int) -> list[list[float]]:
    """[4, levels] around a price."""
    spread, step = chance.choice([0.0001, 0.0005, 0.003]), chance.choice([0.0001, 0.001])
    sides = [[price * (1 + way * (spread / 2 + k * step)) for k in range(width)] for way in (1, -1)]
    sizes = [[round(chance.expovariate(price / 2_000_000), 8) for _ in range(width)] for _ in range(2)]
    for prices, coins in zip(sides, sizes, strict=True):
        end = chance.choice([0, width // 2, width, width, width, width, width, width])
        for k in range(end, width):
            prices[k] = coins[k] = float("nan")
    return [*sides, *sizes]
