"""The account as limits and expressions see it: capital, counts over all strategies, `acct.*` and `order.*` (docs/decide.md §6, §8)."""

from __future__ import annotations

import math
from typing import Final

from engine.kernel.abi import call_row, helper, rare
from engine.kernel.book import Book
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import exposure_krw, market_value
from engine.kernel.decide.sales import BUY
from engine.kernel.position import LATE_SERIES

_EQUITY: Final = LATE_SERIES.index("acct.equity")
_CASH: Final = LATE_SERIES.index("acct.cash")
_EXPOSURE: Final = LATE_SERIES.index("acct.exposure")
_PNL_TODAY: Final = LATE_SERIES.index("acct.pnl_today")
_PNL_WEEK: Final = LATE_SERIES.index("acct.pnl_week")
_PNL_MONTH: Final = LATE_SERIES.index("acct.pnl_month")
_LOSSES: Final = LATE_SERIES.index("acct.losses_in_row")
_POSITIONS: Final = LATE_SERIES.index("acct.open_positions")
_VALUE: Final = LATE_SERIES.index("order.value")
_QUANTITY: Final = LATE_SERIES.index("order.quantity")
_PRICE: Final = LATE_SERIES.index("order.price")
_FEE: Final = LATE_SERIES.index("cost.fee")
_SLIPPAGE: Final = LATE_SERIES.index("cost.slippage")
_ROUND_TRIP: Final = LATE_SERIES.index("cost.round_trip")
_DRAWDOWNS: Final = len(LATE_SERIES)


@helper
def capital_krw(plan: Plan, equity_krw: float) -> float:
    """What the engine may use of an equity."""
    return float(min(plan.settings[0]["capital_ratio"] * equity_krw, plan.settings[0]["capital_krw"]))


@helper
def is_taken(book: Book, row: int) -> bool:
    """The row of the stacks has a position or a working buy."""
    return bool(book.all_position[row]["quantity_e8"] > 0.0 or book.all_order[row]["side"] == BUY)


@helper
def positions_of_account(book: Book) -> int:
    """Positions and working buys of all strategies."""
    count = 0
    for row in range(book.all_position.shape[0]):
        if is_taken(book, row):
            count += 1
    return count


@helper
def highest_peak(book: Book, window: int, day: int) -> float:
    """Highest peak of the window's days, the present one included; NaN before the first look."""
    before = book.windows[window]
    today = book.peaks[day % book.peaks.shape[0]]
    if math.isnan(today) or before > today:
        return float(before)
    return float(today)


@helper
def _change(plan: Plan, equity_krw: float, base_krw: float) -> float:
    """Ratio of the capital."""
    capital = capital_krw(plan, base_krw)
    return (equity_krw - base_krw) / capital if capital > 0.0 else 0.0


@rare
def fill_account(plan: Plan, book: Book) -> None:
    """Write the account values into `book.values`."""
    first = plan.settings[0]["column_count"]
    account = book.account[0]
    exposure = exposure_krw(book)
    equity = account["cash_krw"] + exposure
    values = book.values
    values[first + _EQUITY] = equity
    values[first + _CASH] = account["cash_krw"]
    values[first + _EXPOSURE] = exposure / equity if equity > 0.0 else math.nan
    values[first + _PNL_TODAY] = _change(plan, equity, account["day_base_krw"])
    values[first + _PNL_WEEK] = _change(plan, equity, account["week_base_krw"])
    values[first + _PNL_MONTH] = _change(plan, equity, account["month_base_krw"])
    values[first + _LOSSES] = account["losses_in_row"]
    values[first + _POSITIONS] = positions_of_account(book)
    for leaf in range(plan.drawdowns.shape[0]):
        peak = highest_peak(book, plan.drawdowns[leaf], account["day"])
        values[first + _DRAWDOWNS + leaf] = 1.0 - equity / peak if peak > 0.0 else 0.0


@helper
def fill_order(plan: Plan, book: Book, value_krw: float, price_krw: float, fee: float, slippage: float) -> None:
    """Write the values of an intended buy into `book.values`. fee, slippage: expected, one side."""
    first = plan.settings[0]["column_count"]
    values = book.values
    values[first + _VALUE] = value_krw
    values[first + _QUANTITY] = value_krw / price_krw
    values[first + _PRICE] = price_krw
    values[first + _FEE] = fee
    values[first + _SLIPPAGE] = slippage
    values[first + _ROUND_TRIP] = 2.0 * (fee + slippage)


@rare
def late_value(plan: Plan, book: Book, market: int, slot: int) -> float:
    """Value of a market's node of any phase but position, from the columns and what was filled in: account, order."""
    if slot < plan.settings[0]["column_count"] or not math.isnan(plan.initial[slot]):
        return market_value(plan, book, market, slot)
    for column in range(book.columns.shape[1]):
        book.values[column] = book.columns[market, column]
    for row in range(plan.settings[0]["position_rows"], plan.rows.shape[0]):
        call_row(plan.addresses, plan.rows, row, plan.row_params, book.values)
    return float(book.values[slot])
