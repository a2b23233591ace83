"""Interval analysis: for every op, bounds that no defined value leaves, from the bounds of its inputs.

None is unbounded. Sums and products of floating point are monotone in their operands, so their bounds are exact; means and recursive
averages may round outside the hull of what they read, so theirs are widened by a billionth.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product as pairs

from dsl.catalogue import Catalogue

Interval = tuple[float | None, float | None]
Rule = Callable[[tuple[float, ...], Sequence[Interval]], Interval]
UNKNOWN: Interval = (None, None)
TRUTH: Interval = (0.0, 1.0)
YES: Interval = (1.0, 1.0)
NO: Interval = (0.0, 0.0)
_ROUNDING = 1e-9
#: late values that cannot be negative, or have bounds of their own (an order's: what the exchange takes)
LATE: dict[str, Interval] = {
    "pos.entry": (0.0, None), "pos.high": (0.0, None), "pos.low": (0.0, None), "pos.gain": (-1.0, None), "pos.pnl": (-1.0, None),
    "pos.best": (0.0, None), "pos.worst": (-1.0, 0.0), "pos.age": (0.0, None), "pos.bars": (0.0, None),
    "acct.cash": (0.0, None), "acct.exposure": (0.0, None), "acct.drawdown": (0.0, 1.0), "acct.losses_in_row": (0.0, None),
    "acct.open_positions": (0.0, None), "order.value": (5_000.0, 1e9), "order.quantity": (0.0, None), "order.price": (0.0, None),
    "cost.fee": (0.0, None), "cost.slippage": (0.0, None), "cost.round_trip": (0.0, None),
}  # fmt: skip


def interval(op: str, params: tuple[float, ...], inputs: Sequence[Interval], catalogue: Catalogue) -> Interval:
    """Bounds of what `op` gives: its own rule, met with the range that its catalogue entry declares."""
    rule = _RULES.get(op)
    found = rule(params, inputs) if rule is not None else UNKNOWN
    function = catalogue.get(op)
    return found if function is None else met(found, (function.value_range.low, function.value_range.high))


def met(a: Interval, b: Interval) -> Interval:
    """What lies in both; a where they do not meet (nothing is defined there)."""
    low = a[0] if b[0] is None else b[0] if a[0] is None else max(a[0], b[0])
    high = a[1] if b[1] is None else b[1] if a[1] is None else min(a[1], b[1])
    return (low, high) if low is None or high is None or low <= high else a


def hull(*intervals: Interval) -> Interval:
    """What lies in any of them."""
    lows, highs = [low for low, _ in intervals], [high for _, high in intervals]
    low = None if None in lows or not lows else min(low for low in lows if low is not None)
    high = None if None in highs or not highs else max(high for high in highs if high is not None)
    return low, high


def scaled(a: Interval, factor: float) -> Interval:
    """a x factor, factor >= 0, for sums of at most that many terms (rounding included)."""
    low, high = _ends(a)
    return _interval(min(low * factor, low, 0.0) if low < 0 else 0.0, max(high * factor, high, 0.0) if high > 0 else 0.0, widened=True)


def _ends(a: Interval) -> tuple[float, float]:
    return (-math.inf if a[0] is None else a[0]), (math.inf if a[1] is None else a[1])


def _interval(low: float, high: float, *, widened: bool = False) -> Interval:
    if widened:
        low, high = low - abs(low) * _ROUNDING, high + abs(high) * _ROUNDING
    return (None if not math.isfinite(low) else low + 0.0), (None if not math.isfinite(high) else high + 0.0)


# ---- arithmetic ----
def _add(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    (a, b), (c, d) = _ends(x[0]), _ends(x[1])
    return _interval(a + c, b + d)


def _negated(a: Interval) -> Interval:
    return (None if a[1] is None else -a[1]), (None if a[0] is None else -a[0])


def _neg(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return _negated(x[0])


def _sub(p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return _add(p, (x[0], _negated(x[1])))


def _mul(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    corners = [0.0 if a == 0.0 or b == 0.0 else a * b for a, b in pairs(_ends(x[0]), _ends(x[1]))]
    return _interval(min(corners), max(corners))


def _div(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    """Division by zero is missing: a divisor of one sign only bounds the quotient."""
    low, high = _ends(x[1])
    if low < 0.0 < high:
        return UNKNOWN
    top = _ends(x[0])
    if low <= 0.0 <= high:  # one end is zero, towards which quotients grow without bound
        sign = 1.0 if low == 0.0 else -1.0
        far = high if sign > 0 else low
        if far == 0.0:
            return UNKNOWN
        signs = [top[0] * sign, top[1] * sign]
        return (0.0 if min(signs) >= 0 else None), (0.0 if max(signs) <= 0 else None)
    corners = [_quotient(a, b) for a, b in pairs(top, (low, high))]
    return _interval(min(corners), max(corners))


def _quotient(a: float, b: float) -> float:
    if math.isinf(b):
        return 0.0 if not math.isinf(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
    return a / b


def _abs(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    low, high = _ends(x[0])
    nearest = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
    return _interval(nearest, max(abs(low), abs(high)))


def _min(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    ends = [_ends(a) for a in x]
    return _interval(min(low for low, _ in ends), min(high for _, high in ends))


def _max(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    ends = [_ends(a) for a in x]
    return _interval(max(low for low, _ in ends), max(high for _, high in ends))


def _hull(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return hull(*x)


def _choice(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    """`a if condition else b`: the one that is certain, or either."""
    return x[1] if x[0] == YES else x[2] if x[0] == NO else hull(x[1], x[2])


def _first(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return x[0]


def _mean(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    low, high = _ends(x[0])
    return _interval(low, high, widened=True)


def _sum(p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return scaled(x[0], p[0])


def _positive(_p: tuple[float, ...], _x: Sequence[Interval]) -> Interval:
    return 0.0, None


def _count(p: tuple[float, ...], _x: Sequence[Interval]) -> Interval:
    return 0.0, p[0]


# ---- conditions: what is certain wherever it is defined ----
def compared(operator: str, left: Interval, right: Interval) -> Interval:
    """Truth of `left operator right`: YES or NO when every pair of values says the same."""
    (a, b), (c, d) = _ends(left), _ends(right)
    certain, impossible = {
        "lt": (b < c, a >= d), "le": (b <= c, a > d), "gt": (a > d, b <= c), "ge": (a >= d, b < c),
        "eq": (a == b == c == d, a > d or b < c), "ne": (a > d or b < c, a == b == c == d),
    }[operator]  # fmt: skip
    unbounded = (math.inf in (a, c)) or (-math.inf in (b, d))
    return TRUTH if unbounded else YES if certain else NO if impossible else TRUTH


def _comparison(operator: str) -> Rule:
    return lambda _p, x: compared(operator, x[0], x[1])


def _between(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return _and(_p, (compared("ge", x[0], x[1]), compared("le", x[0], x[2])))


def _and(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return NO if NO in x else YES if all(a == YES for a in x) else TRUTH


def _or(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return YES if YES in x else NO if all(a == NO for a in x) else TRUTH


def _not(_p: tuple[float, ...], x: Sequence[Interval]) -> Interval:
    return NO if x[0] == YES else YES if x[0] == NO else TRUTH


def _truth(_p: tuple[float, ...], _x: Sequence[Interval]) -> Interval:
    return TRUTH


_RULES: dict[str, Rule] = {
    "add": _add, "sub": _sub, "mul": _mul, "div": _div, "neg": _neg, "abs": _abs, "min": _min, "max": _max,
    "coalesce": _hull, "if_ready": _hull, "select": _choice, "lag": _first, "highest": _first, "lowest": _first, "median": _first,
    "quantile": _mean, "sma": _mean, "mean": _mean, "ema": _mean, "rma": _mean, "wma": _mean, "value_when": lambda _p, x: x[1],
    "sum": _sum,
    "bars_since": _count,
    "session_open": _positive, "session_high": _positive, "session_low": _positive, "stdev": _positive, "tr": _positive, "count": _count,
    **{name: _comparison(name) for name in ("lt", "le", "gt", "ge", "eq", "ne")},
    "between": _between, "and": _and, "or": _or, "not": _not,
    "crosses_above": _truth, "crosses_below": _truth, "enters": _truth, "leaves": _truth, "rises": _truth, "falls": _truth,
    "then": _truth, "latch": _truth, "is_defined": _truth,
    "across.rank": lambda _p, _x: (1.0, None), "across.pct_rank": _truth, "across.breadth": _truth, "across.top": _truth,
    "across.mean": _mean, "across.median": _mean,
}  # fmt: skip
