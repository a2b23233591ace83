"""Values of the ops that remember an event, by walking back over the bars as their definitions do."""

from __future__ import annotations

import numpy as np

from tests.oracles.values.data import Column


def _back(column: Column, bar: int) -> float:
    """The value at a bar; missing before the data begins."""
    return float(column[bar]) if bar >= 0 else float("nan")


def then(a: Column, b: Column, n: int) -> Column:
    """First b after the latest a, at most n bars later."""
    values = np.empty(len(a))
    for t in range(len(a)):
        values[t] = _then_at(a, b, n, t) if b[t] == 1.0 else b[t]
    return values


def _then_at(a: Column, b: Column, n: int, t: int) -> float:
    maybe = spoiled = False
    for j in range(t - 1, t - n - 1, -1):
        if _back(a, j) == 1.0:
            return float("nan") if spoiled else 1.0
        maybe = maybe or bool(np.isnan(_back(a, j)))
        spoiled = spoiled or bool(np.isnan(_back(b, j)))
        if _back(b, j) == 1.0:
            break
    return float("nan") if maybe else 0.0


def latch(on: Column, off: Column, n: int) -> Column:
    """On since the newest `on` of the last n bars, unless `off` came with or after it."""
    return np.array([_latch_at(on, off, n, t) for t in range(len(on))])


def _latch_at(on: Column, off: Column, n: int, t: int) -> float:
    maybe_on = maybe_off = False
    for j in range(t, t - n, -1):
        switch_on, switch_off = _back(on, j), _back(off, j)
        if switch_off == 1.0:
            break
        if switch_on == 1.0:
            return float("nan") if np.isnan(switch_off) or maybe_off else 1.0
        maybe_on = maybe_on or bool(np.isnan(switch_on))
        maybe_off = maybe_off or bool(np.isnan(switch_off))
    return float("nan") if maybe_on else 0.0


def newest(a: Column, n: int, t: int) -> int | None:
    """How far back the newest true bar of the last n is; -1 where a missing one is newer; None where there is neither."""
    for back in range(n):
        if _back(a, t - back) == 1.0:
            return back
        if np.isnan(_back(a, t - back)):
            return -1
    return None


def bars_since(a: Column, n: int) -> Column:
    """Bars since the newest true one of the last n; n where there is none."""
    values = np.empty(len(a))
    for t in range(len(a)):
        found = newest(a, n, t)
        values[t] = n if found is None else (np.nan if found < 0 else found)
    return values


def value_when(a: Column, x: Column, n: int) -> Column:
    """x at the newest true bar of the last n."""
    values = np.full(len(a), np.nan)
    for t in range(len(a)):
        found = newest(a, n, t)
        if found is not None and found >= 0:
            values[t] = x[t - found]
    return values
