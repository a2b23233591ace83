"""Compiled passes over what a run left behind: fills put together into trades, falls of a value curve, sums over its rows.

They decide nothing. What the numbers mean is said where they are read: engine.research.trades, returns and metrics.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import helper, items, series_at, states_at
from engine.kernel.book import FILL
from engine.kernel.catalogue import Pointer
from engine.kernel.eights import LANES, WORD, Eight, count_bits, eight_at, eight_of, eight_within
from engine.kernel.kinds import ArrayKind, Signature
from engine.kernel.stretches import above_zero, add_shares, are_between, count_unknown, extremes_of, scale_ratio, sum_of
from engine.model.candle import BarState
from engine.model.events import Side

#: one position. quantity_e8: bought; rest_e8: still held; last: row of the last sale, -1 before one; closed_ms: -1 while open. Beside each
#: sum what its roundings lost: both together are the exact sum, but for the last bit
TRADE: Final = np.dtype(
    [
        ("market", "i8"),
        ("opened_ms", "i8"),
        ("closed_ms", "i8"),
        ("last", "i8"),
        ("rest_e8", "f8"),
        ("quantity_e8", "f8"),
        ("quantity_lost", "f8"),
        ("cost_krw", "f8"),
        ("cost_lost", "f8"),
        ("buying_fees_krw", "f8"),
        ("buying_fees_lost", "f8"),
        ("proceeds_krw", "f8"),
        ("proceeds_lost", "f8"),
        ("selling_fees_krw", "f8"),
        ("selling_fees_lost", "f8"),
    ],
    align=True,
)

_COIN_E8: Final = 1e8
_BUY: Final = int(Side.BID)
_UNKNOWN: Final = int(BarState.UNKNOWN)
#: most parts that do not overlap of a sum of float64: its exponents are 2,098 apart at the most, and each part holds 53 bits
PARTS: Final = 48


@cache
def precompile() -> dict[str, Any]:
    """Compile the passes, or load them from the cache: by name."""
    from engine.kernel.load import compile_function  # LLVM is imported when the first figure is made, not before

    real, whole = "float64", "int64"
    reals, ints = ArrayKind(np.dtype(real), 1), ArrayKind(np.dtype(whole), 1)
    prices = ArrayKind(np.dtype(real), 2)
    fills, trades = ArrayKind(FILL, 1), ArrayKind(TRADE, 1)
    signatures = {
        put_together: Signature(whole, (fills, real, ints, trades, ints, reals)),
        describe_trades: Signature("void", (trades, reals, prices)),
        describe_fills: Signature("void", (fills, reals, prices)),
        gather_sales: Signature("void", (fills, ints, trades, prices, whole, prices, ints)),
        sum_exactly: Signature(real, (reals, reals)),
        measure_falls: Signature("void", (whole, real, ints, reals, reals)),
        sum_rows: Signature("void", (reals,) * 4),
        hold_together: Signature(whole, (ints, whole, whole, whole, ints, reals, real, reals, reals, reals, whole)),
    }
    return {one.__name__: compile_function(one, signature, allocates=False) for one, signature in signatures.items()}


@helper
def lost(total: float, value: float) -> float:
    """What total + value loses in rounding, exactly (Knuth's two-sum)."""
    found = total + value
    part = found - total
    return (total - (found - part)) + (value - part)


def put_together(
    fills: NDArray[Any],
    tolerance: float,
    current: NDArray[np.int64],
    trades: NDArray[Any],
    trade_of: NDArray[np.int64],
    profit_krw: NDArray[np.float64],
) -> int:
    """Fills in order of time -> trades in order of opening; returns how many, or -1 - row of a sale without position.

    tolerance: what may be left of a position that is flat, as a share of what was bought. current [M]: scratch. For each fill trade_of,
    and of a sale its profit after its fee and its share of cost and buying fees.
    """
    count = 0
    for market in range(current.shape[0]):
        current[market] = -1
    for row in range(fills.shape[0]):
        fill = fills[row]
        market = fill["market"]
        number = current[market]
        value = fill["quantity_e8"] * fill["price_krw"] / _COIN_E8
        if fill["side"] == _BUY:
            if number < 0:
                number = count
                current[market] = number
                count += 1
                _open(trades, number, fill["time_ms"], market)
            _buy(trades, number, fill["quantity_e8"], value, fill["fee_krw"])
        elif number < 0:
            return -1 - row
        elif _sell(trades, number, row, fill["quantity_e8"], value, fill["fee_krw"], fill["time_ms"], tolerance):
            current[market] = -1
        trade_of[row] = number
    for number in range(count):
        _round(trades, number)
    for row in range(fills.shape[0]):
        fill, trade = fills[row], trades[trade_of[row]]
        profit_krw[row] = 0.0
        if fill["side"] != _BUY:
            unit_cost = (trade["cost_krw"] + trade["buying_fees_krw"]) / trade["quantity_e8"]
            value = fill["quantity_e8"] * fill["price_krw"] / _COIN_E8
            profit_krw[row] = value - fill["fee_krw"] - fill["quantity_e8"] * unit_cost
    return count


@helper
def _open(trades: NDArray[Any], number: int, time_ms: int, market: int) -> None:
    trade = trades[number]
    trade["market"] = market
    trade["opened_ms"] = time_ms
    trade["closed_ms"] = -1
    trade["last"] = -1
    trade["rest_e8"] = trade["quantity_e8"] = trade["quantity_lost"] = 0.0
    trade["cost_krw"] = trade["cost_lost"] = trade["buying_fees_krw"] = trade["buying_fees_lost"] = 0.0
    trade["proceeds_krw"] = trade["proceeds_lost"] = trade["selling_fees_krw"] = trade["selling_fees_lost"] = 0.0


@helper
def _buy(trades: NDArray[Any], number: int, quantity: float, value: float, fee: float) -> None:
    trade = trades[number]
    trade["rest_e8"] += quantity
    trade["quantity_lost"] += lost(trade["quantity_e8"], quantity)
    trade["quantity_e8"] += quantity
    trade["cost_lost"] += lost(trade["cost_krw"], value)
    trade["cost_krw"] += value
    trade["buying_fees_lost"] += lost(trade["buying_fees_krw"], fee)
    trade["buying_fees_krw"] += fee


@helper
def _sell(trades: NDArray[Any], number: int, row: int, quantity: float, value: float, fee: float, time_ms: int, tolerance: float) -> bool:
    """True when the position is flat."""
    trade = trades[number]
    trade["last"] = row
    trade["rest_e8"] -= quantity
    trade["proceeds_lost"] += lost(trade["proceeds_krw"], value)
    trade["proceeds_krw"] += value
    trade["selling_fees_lost"] += lost(trade["selling_fees_krw"], fee)
    trade["selling_fees_krw"] += fee
    if trade["rest_e8"] > tolerance * (trade["quantity_e8"] + trade["quantity_lost"]):
        return False
    trade["rest_e8"] = 0.0
    trade["closed_ms"] = time_ms
    return True


@helper
def _round(trades: NDArray[Any], number: int) -> None:
    """Put what the sums have lost back into them."""
    trade = trades[number]
    trade["quantity_e8"] += trade["quantity_lost"]
    trade["cost_krw"] += trade["cost_lost"]
    trade["buying_fees_krw"] += trade["buying_fees_lost"]
    trade["proceeds_krw"] += trade["proceeds_lost"]
    trade["selling_fees_krw"] += trade["selling_fees_lost"]


def describe_trades(trades: NDArray[Any], mark_krw: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """found [5, trades]: fees, profit (an open trade's rest counts at mark_krw), profit / (cost + buying fees), time held (ms; of an open
    trade no matter), 1 where closed. Money in KRW."""
    for number in range(trades.shape[0]):
        trade = trades[number]
        closed = trade["closed_ms"] >= 0
        fees = trade["buying_fees_krw"] + trade["selling_fees_krw"]
        rest = 0.0 if closed else trade["rest_e8"] * mark_krw[number] / _COIN_E8
        profit = trade["proceeds_krw"] - trade["cost_krw"] - fees + rest
        found[0, number] = fees
        found[1, number] = profit
        found[2, number] = profit / (trade["cost_krw"] + trade["buying_fees_krw"])
        found[3, number] = trade["closed_ms"] - trade["opened_ms"]
        found[4, number] = 1.0 if closed else 0.0


def describe_fills(fills: NDArray[Any], profit_krw: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """found [6, fills]: fee (KRW); (price - base price) x quantity against us, base price x quantity and price x quantity (KRW x 1e-8
    coins); profit_krw; profit_krw as a share of the cost that it stands beside, NaN where that is 0."""
    for row in range(fills.shape[0]):
        fill = fills[row]
        quantity, price, base, fee = fill["quantity_e8"], fill["price_krw"], fill["base_krw"], fill["fee_krw"]
        found[0, row] = fee
        found[1, row] = (price - base) * fill["side"] * quantity
        found[2, row] = base * quantity
        found[3, row] = price * quantity
        found[4, row] = profit_krw[row]
        cost = quantity * price / _COIN_E8 - fee - profit_krw[row]
        found[5, row] = profit_krw[row] / cost if cost != 0.0 else math.nan


def gather_sales(
    fills: NDArray[Any],
    trade_of: NDArray[np.int64],
    trades: NDArray[Any],
    described: NDArray[np.float64],
    exit_index: int,
    found: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> None:
    """The sales of one exit. found [2, fills]: their profits and returns of `described` (describe_fills), one after the other; counts:
    how many they are, how many won, how many closed their trade, how many were ambiguous."""
    sales = wins = closing = ambiguous = 0
    for row in range(fills.shape[0]):
        fill = fills[row]
        if fill["exit_index"] != exit_index or fill["side"] == _BUY:
            continue
        found[0, sales], found[1, sales] = described[4, row], described[5, row]
        sales += 1
        wins += 1 if described[4, row] > 0.0 else 0
        trade = trades[trade_of[row]]
        closing += 1 if trade["last"] == row and trade["closed_ms"] >= 0 else 0
        ambiguous += 1 if fill["ambiguous"] != 0 else 0
    counts[0], counts[1], counts[2], counts[3] = sales, wins, closing, ambiguous


def sum_exactly(values: NDArray[np.float64], parts: NDArray[np.float64]) -> float:
    """The sum, rounded once: that of math.fsum (Shewchuk 1997), for finite values; NaN where one is not or the sum is too large.
    parts [PARTS]: scratch."""
    count = 0
    for row in range(values.shape[0]):
        x, kept = values[row], 0
        for k in range(count):
            y = parts[k]
            low = lost(x, y)
            x = x + y
            if low != 0.0:
                parts[kept] = low
                kept += 1
        if x - x != 0.0:
            return math.nan
        parts[kept] = x
        count = kept + 1
    total = low = 0.0
    while count > 0:
        count -= 1
        before = total
        total = before + parts[count]
        low = lost(before, parts[count])
        if low != 0.0:
            break
    if count > 0 and ((low < 0.0 and parts[count - 1] < 0.0) or (low > 0.0 and parts[count - 1] > 0.0)):
        twice = low * 2.0
        rounded = total + twice
        if twice == rounded - total:  # exactly between two numbers: what is left says which
            total = rounded
    return float(total)


def measure_falls(
    start_ms: int, start_krw: float, time_ms: NDArray[np.int64], value_krw: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """found: depth of the deepest fall (value / highest so far - 1), its length in ms, that of the longest fall, 1 where the deepest
    ended. A fall goes from its peak until that is reached again, or to the end. Where a value is missing or no peak above 0: NaN, 0, 0, 0.
    """
    peak, peak_ms, deepest, longest_ms, length_ms = start_krw, start_ms, 0.0, 0, 0
    below = deepest_now = False
    recovered = True
    bound = peak  # a value above it is not the deepest
    values, rows, row, looked = items(value_krw, 0), value_krw.shape[0], -1, 0
    while row + 1 < rows:
        row += 1
        if below and looked <= row and row + WORD <= rows:
            looked = row + WORD
            if are_between(values, row, bound, peak):
                row = looked - 1
                continue
            if are_between(values, row, -math.inf, peak):  # all below: the lowest of them says how deep
                _, lowest = extremes_of(values, row)
                row = looked - 1
                if lowest / peak - 1.0 < deepest:
                    deepest, deepest_now, recovered = lowest / peak - 1.0, True, False
                    bound = peak * (1.0 + deepest) * (1.0 + 1e-15)
                continue
        value = values[row]
        if below and bound < value < peak:
            continue
        if value != value or not (peak > 0.0 or value > 0.0):
            found[0], found[1], found[2], found[3] = math.nan, 0.0, 0.0, 0.0
            return
        if value >= peak:
            if below:
                longest_ms = max(longest_ms, time_ms[row] - peak_ms)
                if deepest_now:
                    length_ms, recovered = time_ms[row] - peak_ms, True
            below = deepest_now = False
            peak, peak_ms = value, time_ms[row]
            bound = peak * (1.0 + deepest) * (1.0 + 1e-15)
            continue
        below = True
        if value / peak - 1.0 < deepest:
            deepest, deepest_now, recovered = value / peak - 1.0, True, False
            bound = peak * (1.0 + deepest) * (1.0 + 1e-15)
    if below:
        last_ms = time_ms[rows - 1] - peak_ms
        longest_ms = max(longest_ms, last_ms)
        if deepest_now:
            length_ms = last_ms
    found[0], found[1], found[2], found[3] = deepest, length_ms, longest_ms, 1.0 if recovered else 0.0


def sum_rows(
    equity_krw: NDArray[np.float64], exposure_krw: NDArray[np.float64], room: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """found: sum of exposure / equity (NaN where an equity is not above 0), rows with an exposure above 0, sum of equity.

    Stretches are summed up as they are, their sums with what each rounding loses. room [LANES]: scratch.
    """
    equities, exposures, rows, few = items(equity_krw, 0), items(exposure_krw, 0), equity_krw.shape[0], items(room, 0)
    share = share_lost = total = total_lost = 0.0
    held = positive = 0
    for row in range(0, rows, WORD):
        count = min(WORD, rows - row)
        word = above_zero(exposures, row, count)
        held += count_bits(word)
        positive += count_bits(above_zero(equities, row, count))
        value = sum_of(_wholes(equities, row, row + count), few)
        total_lost += lost(total, value)
        total += value
        if word != 0:
            value = sum_of(add_shares(eight_of(0.0), word, exposures, equities, row, row + count), few)
            share_lost += lost(share, value)
            share += value
    found[0], found[1], found[2] = share + share_lost if positive == rows else math.nan, held, total + total_lost


@helper
def _wholes(values: Pointer, first: int, stop: int) -> Eight:
    """Sums of every eighth value."""
    total, at = eight_of(0.0), first
    while at + LANES <= stop:
        total = total + eight_at(values, at)
        at += LANES
    if at < stop:
        total = total + eight_within(values, at, stop - at, 0.0)
    return total


def hold_together(
    close_ms: NDArray[np.int64],
    length_ms: int,
    offset_ms: int,
    first_index: int,
    handle: NDArray[np.int64],
    costs: NDArray[np.float64],
    scale: float,
    worth: NDArray[np.float64],
    total: NDArray[np.float64],
    last: NDArray[np.float64],
    held: int,
) -> int:
    """`hold` of each market, one cost each, and their last ratios: added to `total` (of as many rows as `worth`, or none) in order, where
    `held` markets are in it already. Returns how many have a ratio then; worth is left as the last market's.

    handle: states, opens and closes of each, [1, bars] (engine.kernel.abi.numbers_at).
    """
    for market in range(costs.shape[0]):
        states, opens, closes = states_at(handle, 3 * market), series_at(handle, 3 * market + 1), series_at(handle, 3 * market + 2)
        last[market] = hold(close_ms, length_ms, offset_ms, first_index, 0, states, opens, closes, costs[market], scale, worth)
        if math.isfinite(last[market]):
            for row in range(total.shape[0]):
                total[row] = worth[row] if held == 0 else total[row] + worth[row]
            held += 1
    return held


@helper
def hold(
    close_ms: NDArray[np.int64],
    length_ms: int,
    offset_ms: int,
    first_index: int,
    market: int,
    states: NDArray[np.int8],
    opens: NDArray[np.float64],
    closes: NDArray[np.float64],
    cost: float,
    scale: float,
    worth: NDArray[np.float64],
) -> float:
    """worth: latest known close of the bars that end at close_ms / (the market's first known open x cost) x scale, `scale` before it.
    cost: what buying costs, as a ratio of the price. Returns the last ratio; NaN, as everywhere in `worth`, where no bar has both."""
    first = last = math.nan
    bar, bars, rows = 0, closes.shape[1], close_ms.shape[0]
    start, row = rows, -1
    state, close, times, values = items(states, market * bars), items(closes, market * bars), items(close_ms, 0), items(worth, 0)
    while row + 1 < rows:
        row += 1
        if row > 0 and times[row] - times[row - 1] == length_ms:
            bar += 1
        else:
            bar = (times[row] - 1 - offset_ms) // length_ms - first_index
        ahead = row + WORD - 1
        if start < rows and ahead < rows and bar >= 0 and bar + WORD <= bars and times[ahead] - times[row] == length_ms * (WORD - 1):
            if count_unknown(state, close, bar, bar + WORD) == 0:
                scale_ratio(close, bar, values, row, WORD, first, scale)
                row, bar = ahead, bar + WORD - 1
                last = close[bar]
                continue
        if 0 <= bar < bars and state[bar] != _UNKNOWN and math.isfinite(close[bar]):
            last = close[bar]
            if start == rows and math.isfinite(opens[market, bar]):
                first, start = opens[market, bar] * cost, row
        values[row] = last / first * scale
    for before in range(start):
        values[before] = scale if start < rows else math.nan
    return float(last / first)
