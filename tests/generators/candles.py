"""Random candle grids with what real and unreal markets do: gaps, silence, spikes, constants, prices off the grid, unknown stretches.

Everything is drawn from one `random.Random`, so a seed repeats it, and hypothesis's `st.randoms()` can shrink it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from dsl.graph import Timeframe
from engine.model.candle import BarGrid, BarState
from tests.oracles.reference_prices import UpbitGrid, korean_day_ms

MINUTE_MS = 60_000
#: days around which the price grid changed, and one where it did not
STARTS = ("2025-09-01", "2025-07-30", "2024-01-28", "2024-10-13", "2023-05-01")
#: ticks of whole KRW at every price that a market can reach from here
WHOLE_PRICES = (151_234_000.0, 5_432_000.0, 1_999_000.0, 312_450.0, 49_990.0, 9_985.0)
START_PRICES = (151_234_000.0, 5_432_000.0, 1_999_000.0, 312_450.0, 9_985.0, 4_321.0, 999.0, 101.0, 9.97, 0.4321)
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP", "KRW-ADA", "KRW-USDT")
NAMES = ("open", "high", "low", "close", "volume", "value")


@dataclass
class Weather:
    """How one market moves for a while."""

    size: float = 0.001  # standard deviation of a move inside a bar
    drift: float = 0.0
    silence: float = 0.05  # chance that a minute does not trade
    off_grid: float = 0.0  # chance that a bar's prices leave the price grid

    @staticmethod
    def draw(chance: random.Random) -> Weather:
        return Weather(
            size=chance.choice([0.0, 0.0002, 0.001, 0.001, 0.003, 0.01]),
            drift=chance.choice([-0.0005, 0.0, 0.0, 0.0005]),
            silence=chance.choice([0.0, 0.02, 0.3, 0.9]),
            off_grid=chance.choice([0.0, 0.0, 0.5]),
        )


def random_grid(
    chance: random.Random,
    markets: tuple[str, ...],
    count: int,
    *,
    base_ms: int = MINUTE_MS,
    start: str | None = None,
    unknown: bool = True,
    whole: bool = False,
    first_prices: tuple[float, ...] | None = None,
) -> BarGrid:
    """`count` base bars of `markets`. unknown: with stretches never fetched, late listings and early ends; whole: whole KRW only;
    first_prices: from which a market's walk starts."""
    first = korean_day_ms(start or chance.choice(STARTS)) // base_ms + chance.randrange(7)
    codes = tuple(sorted(markets))
    columns = {name: np.full((len(codes), count), np.nan) for name in NAMES}
    state = np.full((len(codes), count), BarState.NO_TRADE, dtype=np.int8)
    outage = chance.randrange(count) if chance.random() < 0.3 else count
    for row, code in enumerate(codes):
        rows = _market(chance, code, count, first, base_ms, whole, first_prices or (WHOLE_PRICES if whole else START_PRICES))
        for name, values in rows.items():
            columns[name][row] = values
        state[row] = np.where(np.isnan(rows["close"]), BarState.NO_TRADE, BarState.TRADED)
        state[row, outage : outage + 15] = BarState.NO_TRADE
        if unknown:
            for begin, end in _unknown(chance, count):
                state[row, begin:end] = BarState.UNKNOWN
        _settle(state[row], {name: columns[name][row] for name in NAMES})
    return BarGrid(codes, Timeframe(base_ms), first, state, **columns)


def _market(
    chance: random.Random, code: str, count: int, first: int, base_ms: int, whole: bool, first_prices: tuple[float, ...]
) -> dict[str, list[float]]:
    """Bars of one market, NaN where nothing traded."""
    grid, weather = UpbitGrid(), Weather.draw(chance)
    start_price = price = chance.choice(first_prices)
    rows: dict[str, list[float]] = {name: [] for name in NAMES}
    with_value = chance.random() < 0.7
    for k in range(count):
        if chance.random() < 0.01:
            weather = Weather.draw(chance)
        if chance.random() < weather.silence:
            for values in rows.values():
                values.append(float("nan"))
            continue
        path = _path(chance, weather, price, start_price)
        if whole or chance.random() >= weather.off_grid:
            path = [grid.floor(code, x, (first + k) * base_ms) for x in path]
        price = path[-1]
        volume = round(chance.expovariate(1 / (1_000_000 / price)), 8) + 1e-8
        value = volume * price if with_value else float("nan")
        for name, number in zip(NAMES, (path[0], max(path), min(path), path[-1], volume, value), strict=True):
            rows[name].append(number)
    return rows


def _path(chance: random.Random, weather: Weather, price: float, start_price: float) -> list[float]:
    """A few prices inside one bar; now and then a gap, a spike or a single trade."""
    if price < start_price / 4 or price > start_price * 4:
        price = start_price
    path = [price * (1 + chance.gauss(weather.drift, weather.size))]
    if chance.random() < 0.005:
        path = [path[0] * (1 + chance.choice([-0.08, -0.03, 0.03, 0.08]))]
    if chance.random() < 0.1:
        return path
    for _ in range(4):
        path.append(path[-1] * (1 + chance.gauss(weather.drift, weather.size)))
    if chance.random() < 0.02:
        path.insert(2, path[1] * (1 + chance.choice([-0.1, -0.04, 0.04, 0.1])))
    if chance.random() < 0.05:  # far both ways: stop and target inside one bar
        path[2:2] = [path[1] * chance.uniform(0.95, 0.99), path[1] * chance.uniform(1.01, 1.05)]
    return path


def _unknown(chance: random.Random, count: int) -> list[tuple[int, int]]:
    """Stretches never fetched: before a listing, after an end, holes."""
    found = []
    if chance.random() < 0.3:
        found.append((0, chance.randrange(max(count // 3, 1))))
    if chance.random() < 0.2:
        found.append((count - chance.randrange(max(count // 4, 1)), count))
    for _ in range(chance.choice([0, 0, 1, 3])):
        begin = chance.randrange(count)
        found.append((begin, min(begin + chance.choice([1, 3, 20, 300]), count)))
    return found


def _settle(state: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    """Give bars without a trade the close before, and unknown bars nothing."""
    last = float("nan")
    for k, kind in enumerate(state.tolist()):
        if kind == BarState.TRADED:
            last = columns["close"][k]
        else:
            for name in NAMES:
                columns[name][k] = float("nan") if kind == BarState.UNKNOWN else 0.0 if name in ("volume", "value") else last
