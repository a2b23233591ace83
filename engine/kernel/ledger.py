"""Compiled passes over the fills that a run left behind: put together into trades, and sums over these.

They decide nothing. What the numbers mean is said where they are read: engine.research.trades and metrics. Sums of float64 are kept with
what each addition loses (Knuth's two-sum), so that they do not depend on the order but for a rounding of the whole.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import N, first_of, helper, items, magnitudes, pair, second_of
from engine.kernel.book import FILL
from engine.kernel.catalogue import Pointer
from engine.kernel.kinds import ArrayKind, Signature
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
#: twice the most that rounding changes a number, as a ratio
_TWICE_ROUNDING: Final = 2.0**-52
#: most parts that do not overlap of a sum of float64: its exponents are 2,098 apart at the most, and each part holds 53 bits
PARTS: Final = 48
#: places in what `sum_trades` finds: profits (KRW), returns, time held (ms), gains and losses (KRW) and the returns of each; how many won
#: and lost, most losses in a row, highest and lowest return
PROFIT: Final = 0
RATIO: Final = 1
HOLDING: Final = 2
GAIN: Final = 3
GAIN_RATIO: Final = 4
LOSS: Final = 5
LOSS_RATIO: Final = 6
WINS: Final = 7
LOSSES: Final = 8
STREAK: Final = 9
BEST: Final = 10
WORST: Final = 11
TRADES_WIDTH: Final = 12
#: behind these in what `describe_trades` finds: fees and profits of all trades (KRW), and scratch
ALL_FEES: Final = TRADES_WIDTH
ALL_PROFIT: Final = TRADES_WIDTH + 1
_PARTS_AT: Final = TRADES_WIDTH + 2
DESCRIBED_WIDTH: Final = _PARTS_AT + PARTS
#: places in what `sum_fills` finds of sales: how many, how many won, ended their trade, were ambiguous; profits (KRW), what adding them
#: lost and what adding that lost (without signs); profit / the cost that it stands beside, and what adding that lost
SALES: Final = 0
SALES_WON: Final = 1
SALES_CLOSING: Final = 2
SALES_AMBIGUOUS: Final = 3
SALES_PROFIT: Final = 4
SALES_PROFIT_LOST: Final = 5
SALES_ROUGH: Final = 6
SALES_RATIO: Final = 7
SALES_RATIO_LOST: Final = 8
SALES_WIDTH: Final = 9


@cache
def precompile() -> dict[str, Any]:
    """Compile the passes, or load them from the cache: by name. Who calls them sees to it that the arrays are of these kinds."""
    from engine.kernel.load import compile_function  # LLVM is imported when the first figure is made, not before

    real, whole = "float64", "int64"
    reals, ints, table = ArrayKind(np.dtype(real), 1), ArrayKind(np.dtype(whole), 1), ArrayKind(np.dtype(real), 2)
    fills, trades = ArrayKind(FILL, 1), ArrayKind(TRADE, 1)
    signatures = {
        put_together: Signature(whole, (fills, real, ints, trades, ints, reals, reals, table)),
        describe_trades: Signature(whole, (trades, reals, table, reals)),
        sum_trades: Signature("void", (reals,) * 4),
        sum_exactly: Signature(real, (reals, reals)),
        find_traded: Signature("void", (fills, whole, whole, reals, reals, reals, reals)),
        sum_each_trades: Signature("void", (table, ints, table)),
        sum_each_exactly: Signature("void", (reals, ints, reals, reals)),
    }
    return {one.__name__: compile_function(one, signature, allocates=False).entry_point for one, signature in signatures.items()}


@helper
def lost(total: N, value: N) -> N:
    """What total + value loses in rounding, exactly (Knuth's two-sum), of numbers or of pairs."""
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
    sums: NDArray[np.float64],
    sales: NDArray[np.float64],
) -> int:
    """Fills in order of time -> trades in order of opening; returns how many, or -1 - row of a sale without position.

    tolerance: what may be left of a position that is flat, as a share of what was bought. current [M]: afterwards each market's open trade,
    -1 without one. For each fill trade_of, and of a sale its profit after its fee and its share of cost and buying fees. sums, sales: as of
    `sum_fills`.
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
    for market in range(current.shape[0]):
        if current[market] >= 0:
            _round(trades, current[market])
    sum_fills(fills, trades, trade_of, profit_krw, sums, sales)
    return count


def find_traded(
    fills: NDArray[Any], from_ms: int, length_ms: int, value_krw: NDArray[np.float64], close_krw: NDArray[np.float64],
    volume: NDArray[np.float64], found: NDArray[np.float64],
) -> None:  # fmt: skip
    """found [fills]: what traded in the bar of each fill of one market, KRW: close x volume where its value is missing. Bar k opens at
    from_ms + k x length_ms."""
    value, close, coins = items(value_krw, 0), items(close_krw, 0), items(volume, 0)
    for row in range(fills.shape[0]):
        bar = (fills[row]["time_ms"] - from_ms) // length_ms
        found[row] = value[bar] if value[bar] == value[bar] else close[bar] * coins[bar]


@helper
def sum_fills(
    fills: NDArray[Any],
    trades: NDArray[Any],
    trade_of: NDArray[np.int64],
    profit_krw: NDArray[np.float64],
    sums: NDArray[np.float64],
    sales: NDArray[np.float64],
) -> None:
    """profit_krw as above. sums [4]: over fills, of the fee (KRW); of (price - base price) x quantity against us, base price x quantity and
    price x quantity (KRW x 1e-8 coins). sales [ways out, SALES_WIDTH]: of each exit, then of each of the risk profile's (`way_of`)."""
    for way in range(sales.shape[0]):
        for k in range(SALES_WIDTH):
            sales[way, k] = 0.0
    costs = costs_lost = worth = worth_lost = pair(0.0, 0.0)
    for row in range(fills.shape[0]):
        fill = fills[row]
        quantity, price, base, fee = fill["quantity_e8"], fill["price_krw"], fill["base_krw"], fill["fee_krw"]
        cost, value_of = pair(fee, (price - base) * fill["side"] * quantity), pair(base * quantity, price * quantity)
        costs_lost, costs = costs_lost + lost(costs, cost), costs + cost
        worth_lost, worth = worth_lost + lost(worth, value_of), worth + value_of
        profit_krw[row] = 0.0
        if fill["side"] != _BUY:
            trade = trades[trade_of[row]]
            unit_cost = (trade["cost_krw"] + trade["buying_fees_krw"]) / trade["quantity_e8"]
            value = quantity * price / _COIN_E8
            profit = profit_krw[row] = value - fee - quantity * unit_cost
            way = way_of(fill["exit_index"], sales.shape[0])
            if 0 <= way < sales.shape[0]:
                closed = trade["last"] == row and trade["closed_ms"] >= 0
                _count_sale(sales, way, profit, value - fee - profit, closed, fill["ambiguous"] != 0)
    costs, worth = costs + costs_lost, worth + worth_lost
    sums[0], sums[1], sums[2], sums[3] = first_of(costs), second_of(costs), first_of(worth), second_of(worth)


@helper
def way_of(exit_index: int, ways: int) -> int:
    """Row of an exit's sales among `ways`: those of the strategy's exits come first, those of the risk profile last, the first of them at
    the very end."""
    return exit_index if exit_index >= 0 else ways + 1 + exit_index


@helper
def _count_sale(sales: NDArray[np.float64], way: int, profit: float, cost: float, closed: bool, ambiguous: bool) -> None:
    """cost: what the profit stands beside."""
    share = profit / cost if cost != 0.0 else math.nan
    part = lost(sales[way, SALES_PROFIT], profit)
    rough = abs(lost(sales[way, SALES_PROFIT_LOST], part))
    sales[way, SALES] += 1.0
    sales[way, SALES_WON] += 1.0 if profit > 0.0 else 0.0
    sales[way, SALES_CLOSING] += 1.0 if closed else 0.0
    sales[way, SALES_AMBIGUOUS] += 1.0 if ambiguous else 0.0
    sales[way, SALES_PROFIT] += profit
    sales[way, SALES_PROFIT_LOST] += part
    sales[way, SALES_ROUGH] += rough
    sales[way, SALES_RATIO_LOST] += lost(sales[way, SALES_RATIO], share)
    sales[way, SALES_RATIO] += share


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
    _round(trades, number)
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


def describe_trades(trades: NDArray[Any], mark_krw: NDArray[np.float64], found: NDArray[np.float64], sums: NDArray[np.float64]) -> int:
    """found [6, trades]: fees, profit (an open trade's rest counts at mark_krw), profit / (cost + buying fees), time held (ms; of an open
    trade no matter), 1 where closed, when (UTC ms). Money in KRW. sums [DESCRIBED_WIDTH]: at ALL_FEES and ALL_PROFIT those of all trades,
    as of `sum_exactly`.

    Returns how many are closed where those come before the others and in order of closing, as mostly in one market; `sums` begins with what
    `sum_trades` finds of them then. Otherwise -1.
    """
    count, closed, last_ms, in_order = trades.shape[0], 0, -1, True
    for number in range(count):
        trade = trades[number]
        closed_ms = trade["closed_ms"]
        is_closed = closed_ms >= 0
        fees = trade["buying_fees_krw"] + trade["selling_fees_krw"]
        rest = 0.0 if is_closed else trade["rest_e8"] * mark_krw[number] / _COIN_E8
        profit = trade["proceeds_krw"] - trade["cost_krw"] - fees + rest
        found[0, number] = fees
        found[1, number] = profit
        found[2, number] = profit / (trade["cost_krw"] + trade["buying_fees_krw"])
        found[3, number] = closed_ms - trade["opened_ms"]
        found[4, number] = 1.0 if is_closed else 0.0
        found[5, number] = closed_ms
        if is_closed:
            in_order = in_order and number == closed and closed_ms >= last_ms
            closed, last_ms = closed + 1, closed_ms
    profits, parts = items(found, count), items(sums, _PARTS_AT)
    sums[ALL_FEES], sums[ALL_PROFIT] = sums_of_two(items(found, 0), profits, count, parts)
    if not in_order:
        return -1
    sum_closed(profits, items(found, 2 * count), items(found, 3 * count), closed, items(sums, 0))
    return closed


def sum_trades(
    profit_krw: NDArray[np.float64], profit_ratio: NDArray[np.float64], holding_ms: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """found [TRADES_WIDTH]: sums over closed trades in order of closing; highest and lowest return (NaN without trades)."""
    sum_closed(items(profit_krw, 0), items(profit_ratio, 0), items(holding_ms, 0), profit_krw.shape[0], items(found, 0))


@helper
def sum_closed(profit_krw: Pointer, profit_ratio: Pointer, holding_ms: Pointer, count: int, found: Pointer) -> None:
    """The same of `count` trades."""
    total = total_lost = gain = gain_lost = loss = loss_lost = nothing = pair(0.0, 0.0)
    holding = holding_lost = 0.0
    best = worst = math.nan
    wins = losses = streak = longest = 0
    for k in range(count):
        won, back = profit_krw[k], profit_ratio[k]
        both = pair(won, back)
        total_lost, total = total_lost + lost(total, both), total + both
        holding_lost, holding = holding_lost + lost(holding, holding_ms[k]), holding + holding_ms[k]
        best, worst = best if back <= best else back, worst if back >= worst else back
        up, down = both if won > 0.0 else nothing, both if won < 0.0 else nothing  # to add 0 loses nothing
        gain_lost, gain = gain_lost + lost(gain, up), gain + up
        loss_lost, loss = loss_lost + lost(loss, down), loss + down
        wins, losses = wins + (1 if won > 0.0 else 0), losses + (1 if won < 0.0 else 0)
        streak = streak + 1 if won < 0.0 else 0
        longest = max(longest, streak)
    total, gain, loss = total + total_lost, gain + gain_lost, loss + loss_lost
    found[PROFIT], found[RATIO], found[HOLDING] = first_of(total), second_of(total), holding + holding_lost
    found[GAIN], found[GAIN_RATIO] = first_of(gain), second_of(gain)
    found[LOSS], found[LOSS_RATIO] = first_of(loss), second_of(loss)
    found[WINS], found[LOSSES], found[STREAK], found[BEST], found[WORST] = float(wins), float(losses), float(longest), best, worst


def sum_each_trades(columns: NDArray[np.float64], cuts: NDArray[np.int64], found: NDArray[np.float64]) -> None:
    """found [groups, TRADES_WIDTH]: the same of several groups of trades, columns cuts[k] to cuts[k + 1] of [3, trades]."""
    count = columns.shape[1]
    for group in range(found.shape[0]):
        start = cuts[group]
        profits, ratios, times = items(columns, start), items(columns, count + start), items(columns, 2 * count + start)
        sum_closed(profits, ratios, times, cuts[group + 1] - start, items(found, group * TRADES_WIDTH))


def sum_each_exactly(values: NDArray[np.float64], cuts: NDArray[np.int64], parts: NDArray[np.float64], found: NDArray[np.float64]) -> None:
    """found [groups]: `sum_exactly` of the values cuts[k] to cuts[k + 1]."""
    for group in range(found.shape[0]):
        found[group] = sum_of_items(items(values, cuts[group]), cuts[group + 1] - cuts[group], items(parts, 0))


def sum_exactly(values: NDArray[np.float64], parts: NDArray[np.float64]) -> float:
    """The sum, rounded once: that of math.fsum, for finite values; NaN where one is not or the sum is too large. parts [PARTS]: scratch."""
    return float(sum_of_items(items(values, 0), values.shape[0], items(parts, 0)))


@helper
def sum_of_items(values: Pointer, rows: int, parts: Pointer) -> float:
    """The same of the first `rows` values.

    What every addition loses is added up on the side. Where what that loses cannot change the last bit, it is the sum already.
    """
    total = small = rough = 0.0
    for row in range(rows):
        part = lost(total, values[row])
        rough += abs(lost(small, part))
        total, small = total + values[row], small + part
    if is_certain(total, small, rough):
        return float(total + small)
    return float(sum_of_parts(values, rows, parts))


@helper
def sums_of_two(a: Pointer, b: Pointer, rows: int, parts: Pointer) -> tuple[float, float]:
    """The same of two columns."""
    total = small = rough = pair(0.0, 0.0)
    for row in range(rows):
        value = pair(a[row], b[row])
        part = lost(total, value)
        rough = rough + magnitudes(lost(small, part))
        total, small = total + value, small + part
    both = total + small
    first, second = first_of(both), second_of(both)
    if not is_certain(first_of(total), first_of(small), first_of(rough)):
        first = sum_of_parts(a, rows, parts)
    if not is_certain(second_of(total), second_of(small), second_of(rough)):
        second = sum_of_parts(b, rows, parts)
    return float(first), float(second)


@helper
def is_certain(total: float, small: float, rough: float) -> bool:
    """total + small is the sum, rounded once. small: what the additions lost; rough: what adding that lost, without signs.

    Where that is nothing, both together are the exact sum. Else it must be further from the middle between two numbers than it can be off.
    """
    apart = 2.0 * rough + abs(small) * _TWICE_ROUNDING
    return total - total == 0.0 and (rough == 0.0 or total + (small - apart) == total + (small + apart))


@helper
def sum_of_parts(values: Pointer, rows: int, parts: Pointer) -> float:
    """The same, by parts that do not overlap (Shewchuk 1997)."""
    count = 0
    for row in range(rows):
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
