"""Every op of the language by its textbook definition over whole arrays: numpy where it is plain, loops where the definition is a loop.

Missing is NaN, conditions are 1.0, 0.0, NaN (three-valued logic); what lies before the data is missing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.float64]
NAN = math.nan


# ---- logic of three values ----
def truth(condition: NDArray[np.bool_], *inputs: Array) -> Array:
    """The condition, missing where an input is."""
    out = condition.astype(float)
    for x in inputs:
        out[np.isnan(x)] = NAN
    return out


def both(a: Array, b: Array) -> Array:
    """a and b."""
    out = np.where(np.isnan(a) | np.isnan(b), NAN, 1.0)
    out[(a == 0) | (b == 0)] = 0.0
    return out


def either(a: Array, b: Array) -> Array:
    """a or b."""
    out = np.where(np.isnan(a) | np.isnan(b), NAN, 0.0)
    out[(a == 1) | (b == 1)] = 1.0
    return out


def negate(a: Array) -> Array:
    """not a."""
    return 1.0 - a


def between(x: Array, low: Array, high: Array) -> Array:
    """low <= x <= high."""
    return both(truth(x >= low, x, low), truth(x <= high, x, high))


def back(x: Array, n: int) -> Array:
    """x, n bars ago."""
    out = np.full(len(x), NAN)
    if n < len(x):
        out[n:] = x[: len(x) - n]
    return out


# ---- memory ----
def then(a: Array, b: Array, within: int) -> Array:
    """b now, and for some j in 1..within: a at t - j with no b in between; missing where b is."""
    found, quiet = np.zeros(len(a)), np.ones(len(a))
    for j in range(1, within + 1):
        found = either(found, both(back(a, j), quiet))
        quiet = both(quiet, negate(back(b, j)))
    return np.where(np.isnan(b), NAN, both(b, found))


def latch(on: Array, off: Array, within: int) -> Array:
    """For some j in 0..within - 1: on at t - j, and no off from there to now."""
    found, quiet = np.zeros(len(on)), np.ones(len(on))
    for j in range(within):
        quiet = both(quiet, negate(back(off, j)))
        found = either(found, both(back(on, j), quiet))
    return found


def bars_since(a: Array, within: int) -> Array:
    """Age of the newest true a, `within` where there is none in that many bars."""
    out, open_ = np.full(len(a), float(within)), np.ones(len(a), dtype=bool)
    for j in range(within):
        past = back(a, j)
        out[open_ & (past == 1)] = j
        out[open_ & np.isnan(past)] = NAN
        open_ &= past == 0
    return out


def value_when(a: Array, x: Array, within: int) -> Array:
    """x at the newest true a of that many bars."""
    out, open_ = np.full(len(a), NAN), np.ones(len(a), dtype=bool)
    for j in range(within):
        past, then_x = back(a, j), back(x, j)
        hit = open_ & (past == 1)
        out[hit] = then_x[hit]
        open_ &= past == 0
    return out


def monotone(x: Array, n: int, sign: int) -> Array:
    """n rises (sign 1) or falls (-1) in a row."""
    out = np.ones(len(x))
    for j in range(n):
        newer, older = back(x, j), back(x, j + 1)
        out = both(out, truth(sign * (newer - older) > 0, newer, older))
    return out


# ---- windows ----
def windowed(function: Callable[..., Array], n: int, *inputs: Array) -> Array:
    """`function` over the last n values of each input, where all of them are defined."""
    count = len(inputs[0])
    out = np.full(count, NAN)
    if count < n:
        return out
    views = [sliding_window_view(x, n) for x in inputs]
    for begin in range(0, count - n + 1, 4096):
        cuts = [view[begin : begin + 4096] for view in views]
        values = function(*cuts)
        values[np.logical_or.reduce([np.isnan(cut).any(axis=1) for cut in cuts])] = NAN
        out[begin + n - 1 : begin + n - 1 + len(values)] = values
    return out


def average(w: Array) -> Array:
    """Mean of each window, rounded once; of a flat window its value, so that a still market crosses nothing."""
    return np.array([row[0] if min(row) == max(row) else math.fsum(row) / len(row) for row in w.tolist()])


def spread(w: Array) -> Array:
    """Population standard deviation of each window."""
    return np.sqrt(((w - w.mean(axis=1, keepdims=True)) ** 2).mean(axis=1)) * (w.max(axis=1) != w.min(axis=1))


def pearson(v: Array, w: Array) -> Array:
    """Correlation of each pair of windows; missing where one does not vary."""
    dv, dw = v - v.mean(axis=1, keepdims=True), w - w.mean(axis=1, keepdims=True)
    out = (dv * dw).sum(axis=1) / np.sqrt((dv**2).sum(axis=1) * (dw**2).sum(axis=1))
    out[(v.max(axis=1) == v.min(axis=1)) | (w.max(axis=1) == w.min(axis=1))] = NAN
    return out


# ---- recursions ----
def smooth(x: Array, n: int, alpha: float) -> Array:
    """s += alpha (x - s), seeded by the mean of the first n defined values; bars without a value are passed over."""
    out, seed, s = np.full(len(x), NAN), [], NAN
    for i, v in enumerate(x.tolist()):
        if math.isnan(v):
            continue
        if len(seed) < n:
            seed.append(v)
            s = average(np.array([seed]))[0] if len(seed) == n else NAN
        else:
            s += alpha * (v - s)
        out[i] = s
    return out


def rsi(x: Array, n: int) -> Array:
    """Wilder's RSI of the changes between defined values."""
    defined = np.flatnonzero(~np.isnan(x))
    changes = np.diff(x[defined])
    up, down = smooth(np.maximum(changes, 0), n, 1 / n), smooth(np.maximum(-changes, 0), n, 1 / n)
    out = np.full(len(x), NAN)
    out[defined[1:]] = 100 * divide(up, up + down)
    return out


def wilder_sum(x: Array, n: int) -> Array:
    """s = s - s / n + x, seeded by the sum of the first n - 1 defined values."""
    out, seed, s = np.full(len(x), NAN), 0, 0.0
    for i, v in enumerate(x.tolist()):
        if math.isnan(v):
            continue
        if seed < n - 1:
            seed += 1
            s += v
        else:
            s = s - s / n + v
            out[i] = s
    return out


def true_range(high: Array, low: Array, close: Array) -> Array:
    """The largest of high - low and both distances from the close before."""
    before = back(close, 1)
    return np.maximum(high - low, np.maximum(abs(high - before), abs(low - before)))


def directional(high: Array, low: Array, close: Array, n: int) -> tuple[Array, Array]:
    """Wilder's +DI and -DI of the movements; a bar moves only where it and the bar before are there."""
    up, down, tr = high - back(high, 1), back(low, 1) - low, true_range(high, low, close)
    missing = np.isnan(up) | np.isnan(down) | np.isnan(tr)
    plus = np.where(missing, NAN, np.where((up > down) & (up > 0), up, 0.0))
    minus = np.where(missing, NAN, np.where((down > up) & (down > 0), down, 0.0))
    total = wilder_sum(np.where(missing, NAN, tr), n)
    return 100 * divide(wilder_sum(plus, n), total), 100 * divide(wilder_sum(minus, n), total)


def adx(high: Array, low: Array, close: Array, n: int) -> Array:
    """Wilder's average of DX."""
    plus, minus = directional(high, low, close, n)
    return smooth(100 * divide(abs(plus - minus), plus + minus), n, 1 / n)


def divide(a: Array, b: Array) -> Array:
    """a / b, missing where b is 0."""
    return np.divide(a, b, out=np.full(len(a), NAN), where=(b != 0) & ~np.isnan(a) & ~np.isnan(b))


def restarted(function: Callable[..., Array], s: int, first: int, *inputs: Array) -> Array:
    """Design law 3: each stretch of S bars is read from a recursion begun S bars before it."""
    count = len(inputs[0])
    out = np.full(count, NAN)
    for k in range(first // s, (first + count - 1) // s + 1) if count else ():
        begin, middle, end = (max(i * s - first, 0) for i in (k - 1, k, k + 1))
        out[middle:end] = function(*(x[begin:end] for x in inputs))[middle - begin :]
    return out


# ---- since an anchor: a bar whose absolute index is a multiple of `every` ----
def since_anchor(first: int, every: int, step: Callable[[int, bool], float], inputs: tuple[Array, ...]) -> Array:
    """step(i, is an anchor's bar) for every bar from the first anchor on; missing from a missing input to the next anchor."""
    count = len(inputs[0])
    out, running = np.full(count, NAN), False
    for i in range(count):
        starts = (first + i) % every == 0
        running = (running or starts) and not any(math.isnan(x[i]) for x in inputs)
        if running:
            out[i] = step(i, starts)
    return out


def obv(first: int, every: int, close: Array, volume: Array) -> Array:
    """Signed volume since the anchor."""
    total = 0.0

    def step(i: int, starts: bool) -> float:
        nonlocal total
        total = 0.0 if starts else total + float(np.sign(close[i] - close[i - 1])) * volume[i]
        return total

    return since_anchor(first, every, step, (close, volume))


def vwap(first: int, every: int, high: Array, low: Array, close: Array, volume: Array) -> Array:
    """Volume-weighted typical price since the anchor; both sums are exact, and rounded once."""
    value = coins = Fraction(0)
    traded: set[float] = set()

    def step(i: int, starts: bool) -> float:
        nonlocal value, coins, traded
        if starts:
            value, coins, traded = Fraction(0), Fraction(0), set()
        price = float(average(np.array([[high[i], low[i], close[i]]]))[0])
        value += Fraction(float(price * volume[i]))
        coins += Fraction(float(volume[i]))
        traded |= {price} if volume[i] > 0 else set()
        if len(traded) == 1:
            return min(traded)
        return float(value) / float(coins) if traded else NAN

    return since_anchor(first, every, step, (high, low, close, volume))


# ---- every op ----
ELEMENTWISE: dict[str, Callable[..., Array]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": divide,
    "neg": lambda a: -a,
    "abs": abs,
    "min": np.minimum,
    "max": np.maximum,
    "coalesce": lambda a, b: np.where(np.isnan(a), b, a),
    "log": lambda x: np.log(x, out=np.full(len(x), NAN), where=x > 0),
    "exp": np.exp,
    "sqrt": lambda x: np.sqrt(x, out=np.full(len(x), NAN), where=x >= 0),
    "lt": lambda a, b: truth(a < b, a, b),
    "le": lambda a, b: truth(a <= b, a, b),
    "gt": lambda a, b: truth(a > b, a, b),
    "ge": lambda a, b: truth(a >= b, a, b),
    "eq": lambda a, b: truth(a == b, a, b),
    "ne": lambda a, b: truth(a != b, a, b),
    "between": between,
    "and": both,
    "or": either,
    "not": negate,
    "select": lambda when, a, b: np.where(np.isnan(when), NAN, np.where(when == 1, a, b)),
}

OVER_TIME: dict[str, Callable[..., Array]] = {
    "crosses_above": lambda a, b: both(truth(back(a, 1) <= back(b, 1), back(a, 1), back(b, 1)), truth(a > b, a, b)),
    "crosses_below": lambda a, b: both(truth(back(a, 1) >= back(b, 1), back(a, 1), back(b, 1)), truth(a < b, a, b)),
    "enters": lambda x, low, high: both(between(x, low, high), negate(between(back(x, 1), back(low, 1), back(high, 1)))),
    "leaves": lambda x, low, high: both(negate(between(x, low, high)), between(back(x, 1), back(low, 1), back(high, 1))),
    "rises": lambda x, n: monotone(x, n, 1),
    "falls": lambda x, n: monotone(x, n, -1),
    "lag": back,
    "then": then,
    "latch": latch,
    "bars_since": bars_since,
    "value_when": value_when,
    "sum": lambda x, n: windowed(lambda w: w.sum(axis=1), n, x),
    "count": lambda x, n: windowed(lambda w: w.sum(axis=1), n, x),
    "sma": lambda x, n: windowed(average, n, x),
    "highest": lambda x, n: windowed(lambda w: w.max(axis=1), n, x),
    "lowest": lambda x, n: windowed(lambda w: w.min(axis=1), n, x),
    "stdev": lambda x, n: windowed(spread, n, x),
    "corr": lambda x, y, n: windowed(pearson, n, x, y),
    "tr": true_range,
}

#: function over (inputs..., n), and S / n
RECURSIVE: dict[str, tuple[Callable[..., Array], int]] = {
    "ema": (lambda x, n: smooth(x, n, 2 / (n + 1)), 16),
    "rma": (lambda x, n: smooth(x, n, 1 / n), 32),
    "rsi": (rsi, 32),
    "plus_di": (lambda h, l, c, n: directional(h, l, c, n)[0], 32),  # noqa: E741
    "minus_di": (lambda h, l, c, n: directional(h, l, c, n)[1], 32),  # noqa: E741
    "adx": (adx, 64),
}
