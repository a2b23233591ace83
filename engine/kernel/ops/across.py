"""Values across markets: rank, share, spread and average of all members at one bar (dsl.side_series.ACROSS).

The kernels have the ABI of every op, but read all markets at once: x0 value, x1 member, x2 turnover (read only with `top`), x3 domain
(one number per market), y the result; market m's bars lie m * stride further on. state is scratch, SCRATCH float64 per market.
params: number of markets; strides of x0, x1, x2, y; then those of the node: top, order and, for across.top, n.
A member that has no value does not count. Sums run in the order of the market codes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from engine.kernel.abi import helper
from engine.kernel.catalogue import Kernel
from engine.kernel.catalogue import Pointer as P
from engine.kernel.ops.windows import larger, smaller

NAN: Final = math.nan
#: float64 of scratch per market: values, their markets, the same again for the merging, and who belongs to the `top`
SCRATCH: Final = 5
_RUN: Final = 8  # markets that are sorted by insertion before runs are merged


@helper
def sort_pairs(work: P, size: int, count: int, descending: bool) -> None:
    """Sort work[0:count] with the markets at work[size:]; equal values keep their order. work[2 * size:] is written over."""
    sign = -1.0 if descending else 1.0
    for start in range(0, count, _RUN):
        for i in range(start + 1, min(start + _RUN, count)):
            value, market = work[i], work[size + i]
            j = i - 1
            while j >= start and sign * work[j] > sign * value:
                work[j + 1] = work[j]
                work[size + j + 1] = work[size + j]
                j -= 1
            work[j + 1] = value
            work[size + j + 1] = market
    width = _RUN
    source, target = 0, 2 * size
    while width < count:
        for start in range(0, count, 2 * width):
            merge(work, size, source, target, start, min(start + width, count), min(start + 2 * width, count), sign)
        source, target = target, source
        width *= 2
    if source != 0:
        for i in range(count):
            work[i] = work[source + i]
            work[size + i] = work[source + size + i]


@helper
def merge(work: P, size: int, source: int, target: int, start: int, middle: int, stop: int, sign: float) -> None:
    """Join two sorted runs of pairs."""
    i, j = start, middle
    for k in range(start, stop):
        left = j >= stop or (i < middle and sign * work[source + i] <= sign * work[source + j])
        taken = i if left else j
        work[target + k] = work[source + taken]
        work[target + size + k] = work[source + size + taken]
        if left:
            i += 1
        else:
            j += 1


@helper
def choose_top(work: P, size: int, params: P, x1: P, x2: P, x3: P, t: int) -> None:
    """Set work[4 * size + m] to 1 for the members that count: all, or the `top` of them by turnover (ties by market code)."""
    top = int(params[5])
    member_stride, turnover_stride = int(params[2]), int(params[3])
    count = 0
    for m in range(size):
        counts = x3[m] == 1.0 and x1[m * member_stride + t] == 1.0
        work[4 * size + m] = 1.0 if counts and top == 0 else 0.0
        if counts and top > 0:
            turnover = x2[m * turnover_stride + t]
            if turnover == turnover:
                work[count] = turnover
                work[size + count] = float(m)
                count += 1
    if top > 0:
        sort_pairs(work, size, count, True)
        for i in range(min(top, count)):
            work[4 * size + int(work[size + i])] = 1.0


@helper
def gather(work: P, params: P, x0: P, x1: P, x2: P, x3: P, t: int) -> int:
    """Values of the members at bar t and their markets, in market order; returns how many."""
    size, stride = int(params[0]), int(params[1])
    choose_top(work, size, params, x1, x2, x3, t)
    count = 0
    for m in range(size):
        value = x0[m * stride + t]
        if work[4 * size + m] == 1.0 and value == value:
            work[count] = value
            work[size + count] = float(m)
            count += 1
    return count


@helper
def spread(params: P, y: P, t: int, value: float) -> None:
    """The same value for every market."""
    stride = int(params[4])
    for m in range(int(params[0])):
        y[m * stride + t] = value


@helper
def mean_of(work: P, count: int) -> float:
    """Mean as a distance from the first value, so that equal values have exactly that mean; never outside the values."""
    pivot = work[0]
    total, low, high = 0.0, pivot, pivot
    for i in range(count):
        total += work[i] - pivot
        low = smaller(low, work[i])
        high = larger(high, work[i])
    mean = pivot + total / count
    return low if mean < low else high if mean > high else mean


def rank(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """1 for the first in the order."""
    size, stride = int(params[0]), int(params[4])
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        spread(params, y, t, NAN)
        sort_pairs(state, size, count, params[6] == 1.0)
        for i in range(count):
            y[int(state[size + i]) * stride + t] = i + 1.0


def pct_rank(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """(rank - 1) / (count - 1): 0 for the first, 1 for the last."""
    size, stride = int(params[0]), int(params[4])
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        spread(params, y, t, NAN)
        if count < 2:
            continue
        sort_pairs(state, size, count, params[6] == 1.0)
        for i in range(count):
            y[int(state[size + i]) * stride + t] = i / (count - 1.0)


def top(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Whether rank <= n."""
    size, stride = int(params[0]), int(params[4])
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        spread(params, y, t, NAN)
        sort_pairs(state, size, count, params[6] == 1.0)
        for i in range(count):
            y[int(state[size + i]) * stride + t] = 1.0 if i < params[7] else 0.0


def zscore(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """(value - mean) / population standard deviation; missing where all values are equal."""
    size, stride = int(params[0]), int(params[4])
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        spread(params, y, t, NAN)
        if count == 0:
            continue
        pivot = state[0]
        total = 0.0
        for i in range(count):
            total += state[i] - pivot
        mean = total / count
        squares = 0.0
        for i in range(count):
            d = (state[i] - pivot) - mean
            squares += d * d
        deviation = math.sqrt(squares / count)
        if deviation > 0.0:
            for i in range(count):
                y[int(state[size + i]) * stride + t] = ((state[i] - pivot) - mean) / deviation


def mean(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Mean of the members."""
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        spread(params, y, t, mean_of(state, count) if count > 0 else NAN)


def median(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Middle value of the members, of an even number the mean of the two."""
    size = int(params[0])
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        sort_pairs(state, size, count, False)
        middle = count // 2
        if count == 0:
            spread(params, y, t, NAN)
        elif count % 2 == 1:
            spread(params, y, t, state[middle])
        else:
            spread(params, y, t, state[middle - 1] + (state[middle] - state[middle - 1]) * 0.5)


def breadth(state: P, params: P, x0: P, x1: P, x2: P, x3: P, x4: P, y: P, length: int, index: int) -> None:
    """Share of the members for which the condition is true."""
    for t in range(length):
        count = gather(state, params, x0, x1, x2, x3, t)
        true = 0.0
        for i in range(count):
            true += 1.0 if state[i] != 0.0 else 0.0
        spread(params, y, t, true / count if count > 0 else NAN)


#: op of the graph -> kernel
KERNELS: Final[Mapping[str, Kernel]] = {
    "across.rank": rank, "across.pct_rank": pct_rank, "across.top": top, "across.zscore": zscore, "across.mean": mean,
    "across.median": median, "across.breadth": breadth,
}  # fmt: skip
