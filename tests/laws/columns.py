"""Columns that can refute a law: walks on ticks, constants, spikes, flat tails, single trades, runs of missing bars, infinities."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dsl.catalogue import ArgKind, Function, Unit

Column = NDArray[np.float64]
Maker = Callable[[np.random.Generator, int], Column]


def _uniform(rng: np.random.Generator, n: int) -> Column:
    return rng.uniform(-1.0, 1.0, n)


def _walk(rng: np.random.Generator, n: int) -> Column:
    return 1.5e8 + 1000.0 * np.cumsum(rng.integers(-3, 4, n))


def _ticks(rng: np.random.Generator, n: int) -> Column:
    return 100.0 + 0.1 * np.cumsum(rng.integers(-2, 3, n))


def _constant(rng: np.random.Generator, n: int) -> Column:
    return np.full(n, rng.choice([0.0, 100.1, 1e-8, 1.5e8, -3.3]))


def _spikes(rng: np.random.Generator, n: int) -> Column:
    return np.where(rng.random(n) < 0.02, rng.normal(0.0, 1e9, n), 0.0)


def _flat_tail(rng: np.random.Generator, n: int) -> Column:
    return np.where(np.arange(n) < n // 3, 100.0 + 0.1 * rng.integers(-20, 21, n), 100.1)


def _single_trade(rng: np.random.Generator, n: int) -> Column:
    column = np.full(n, 100.1)
    column[rng.integers(0, n) :] = 100.2
    return column


def _thin(rng: np.random.Generator, n: int) -> Column:
    return 100.0 + 0.1 * np.cumsum(np.where(rng.random(n) < 0.02, rng.integers(-2, 3, n), 0))


def _wide(rng: np.random.Generator, n: int) -> Column:
    return rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(-300.0, 300.0, n)


def _few_values(rng: np.random.Generator, n: int) -> Column:
    return rng.choice([-1.0, -0.0, 0.0, 1.0, 2.0], n)


KINDS: Mapping[str, Maker] = {
    "uniform": _uniform, "walk": _walk, "ticks": _ticks, "constant": _constant, "spikes": _spikes, "flat_tail": _flat_tail,
    "single_trade": _single_trade, "thin": _thin, "wide": _wide, "few_values": _few_values,
}  # fmt: skip

#: kinds that are positive, as prices are
PRICE_KINDS = ("walk", "ticks", "constant", "flat_tail", "single_trade", "thin")

GAPS = ("none", "none", "some", "runs", "start", "all", "infinite")


def with_gaps(rng: np.random.Generator, column: Column, gaps: str) -> Column:
    """The column with missing or infinite bars."""
    n = len(column)
    column = column.copy()
    if gaps == "some":
        column[rng.random(n) < 0.05] = np.nan
    elif gaps == "runs":
        for start in rng.integers(0, n, 1 + n // 100):
            column[start : start + int(rng.integers(1, 30))] = np.nan
    elif gaps == "start":
        column[: int(rng.integers(0, n + 1))] = np.nan
    elif gaps == "all":
        column[:] = np.nan
    elif gaps == "infinite":
        column[rng.random(n) < 0.02] = rng.choice([np.inf, -np.inf])
    return column


def conditions(rng: np.random.Generator, n: int, gaps: str) -> Column:
    """True, false and missing, true seldom or often."""
    column = np.where(rng.random(n) < rng.choice([0.0, 0.003, 0.05, 0.3, 0.9, 1.0]), 1.0, 0.0)
    return with_gaps(rng, column, "none" if gaps == "infinite" else gaps)


def bars(rng: np.random.Generator, n: int, kind: str) -> dict[str, Column]:
    """Candles in OHLC order around closes of the kind; volumes with bars without a trade."""
    close = np.abs(KINDS[kind](rng, n))
    before = np.concatenate([close[:1], close[:-1]])
    step = rng.choice([0.0, 0.1, 1000.0])
    high = np.maximum(before, close) + step * rng.integers(0, 3, n)
    low = np.minimum(before, close) - np.minimum(step * rng.integers(0, 3, n), np.minimum(before, close) / 2)
    traded = rng.random(n) < rng.choice([0.02, 0.5, 1.0])
    volume = np.where(traded, rng.uniform(0.0, 50.0, n).round(8), 0.0)
    return {"open": before, "high": high, "low": low, "close": close, "volume": volume, "value": volume * close}


def inputs_of(function: Function, rng: np.random.Generator, n: int, kind: str, gaps: str) -> list[Column]:
    """One column for every input of a primitive: its series arguments of the kind, then its implicit series from one set of bars.

    A gap in bars is a gap in all of them half the time, as an unknown bar is.
    """
    columns: list[Column] = []
    for arg in function.args:
        if arg.kind is ArgKind.SERIES and arg.unit is Unit.CONDITION:
            columns.append(conditions(rng, n, gaps))
        elif arg.kind is ArgKind.SERIES:
            other = kind if rng.random() < 0.7 else str(rng.choice(list(KINDS)))
            columns.append(with_gaps(rng, KINDS[other](rng, n), gaps))
    market = bars(rng, n, kind if kind in PRICE_KINDS else str(rng.choice(PRICE_KINDS))) if function.implicit else {}
    together, seed = bool(rng.random() < 0.5), int(rng.integers(0, 2**32))
    if not columns and not market:
        return [np.zeros(n)]  # reads nothing; the column says how many bars there are
    return columns + [with_gaps(np.random.default_rng(seed) if together else rng, market[name], gaps) for name in function.implicit]


def moving_inputs(function: Function, rng: np.random.Generator, n: int) -> list[Column]:
    """Columns on which nothing is degenerate: every bar moves, trades and is known; numbers are positive."""
    columns = [
        (rng.random(n) < 0.5).astype(float) if arg.unit is Unit.CONDITION else rng.uniform(1.0, 9.0, n)
        for arg in function.args
        if arg.kind is ArgKind.SERIES
    ]
    close = 1e6 + np.cumsum(rng.uniform(1.0, 3.0, n) * rng.choice([-1.0, 1.0], n))
    market = {"open": close, "high": close + 0.5, "low": close - 0.5, "close": close, "volume": rng.uniform(1.0, 9.0, n)}
    market["value"] = market["volume"] * close
    return columns + [market[name] for name in function.implicit] or [close]
