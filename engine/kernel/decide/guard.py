"""The risk profile at work: turns of periods, limits of loss, drawdown ladders, breakers, and the sales they make (docs/decide.md §8)."""

from __future__ import annotations

import math
from typing import Final

from dsl.strategy import Action, Period, Until
from engine.kernel.abi import helper, rare
from engine.kernel.book import Book
from engine.kernel.decide.account import capital_krw, fill_account, highest_peak, late_value
from engine.kernel.decide.calendar import day_of, month_of, next_day_ms, next_month_ms, next_week_ms, week_of
from engine.kernel.decide.plan import Plan
from engine.kernel.decide.position import equity_krw, exposure_krw, is_open
from engine.kernel.decide.sales import BUY, is_busy, sell, stop_buying
from engine.kernel.decide.step import end_step
from engine.kernel.legal import NAN, value_krw

#: exit_index of a sale by rule k of the profile: FIRST_RISK_INDEX - k; breakers count on after the rules
FIRST_RISK_INDEX: Final = -2

_DAY: Final = int(Period.DAY)
_WEEK: Final = int(Period.WEEK)
_MONTH: Final = int(Period.MONTH)
_FLATTEN: Final = int(Action.FLATTEN)
_SIZE: Final = int(Action.SIZE)
_WHILE: Final = int(Until.WHILE)
_NEXT_DAY: Final = int(Until.NEXT_DAY)
_NEXT_WEEK: Final = int(Until.NEXT_WEEK)
_NEXT_MONTH: Final = int(Until.NEXT_MONTH)
_MANUAL: Final = int(Until.MANUAL)
_NEVER: Final = 2**62
_NONE: Final = -1


@helper
def on_mark(plan: Plan, book: Book, time_ms: int) -> None:
    """MARK: a look at the account where anything can have moved, and the sales of what is in force."""
    for market in range(book.position.shape[0]):
        end_step(plan, book, market)
    if plan.settings[0]["watches"] != 0 and (book.account[0]["stirred"] != 0 or exposure_krw(book) > 0.0):
        look(plan, book, time_ms)
    sell_for_risk(plan, book, time_ms)


@rare
def look(plan: Plan, book: Book, time_ms: int) -> None:
    """Turn the periods, move the peaks, and bring every rule up to date."""
    equity = equity_krw(book)
    day = day_of(time_ms)
    if day != book.account[0]["day"]:
        _turn(plan, book, equity, day)
    peak = book.peaks[day % book.peaks.shape[0]]
    if math.isnan(peak) or equity > peak:
        book.peaks[day % book.peaks.shape[0]] = equity
    account = book.account[0]
    account["stirred"] = 0
    account["size_factor"] = 1.0
    account["stopped_by"] = _NONE
    account["flattened_by"] = _NONE
    for rule in range(plan.rules.shape[0]):
        _judge(plan, book, rule, equity, day, time_ms)
        if book.rules[rule]["in_force"] != 0:
            _apply(plan, book, rule)


@helper
def _turn(plan: Plan, book: Book, equity: float, day: int) -> None:
    account = book.account[0]
    last = account["day"]
    account["day_base_krw"] = equity
    if last < 0 or week_of(day) != week_of(last):
        account["week_base_krw"] = equity
    if last < 0 or month_of(day) != month_of(last):
        account["month_base_krw"] = equity
    days = book.peaks.shape[0]
    if last < 0 or day - last >= days:
        for place in range(days):
            book.peaks[place] = NAN
    else:
        for passed in range(last + 1, day + 1):
            book.peaks[passed % days] = NAN
    account["day"] = day
    for window in range(plan.window_days.shape[0]):
        highest = NAN
        for before in range(1, plan.window_days[window]):
            peak = book.peaks[(day - before) % days]
            if not math.isnan(peak) and not highest >= peak:
                highest = peak
        book.windows[window] = highest


@helper
def _judge(plan: Plan, book: Book, rule: int, equity: float, day: int, time_ms: int) -> None:
    """Whether the rule is in force now."""
    state = book.rules[rule]
    until = plan.rules[rule]["until"]
    reached = is_reached(plan, book, rule, equity, day)
    if until == _WHILE:
        state["times"] += 1 if reached and state["in_force"] == 0 else 0
        state["in_force"] = 1 if reached else 0
        return
    if state["in_force"] != 0 and time_ms >= state["until_ms"]:
        state["in_force"] = 0
    if not reached:
        state["armed"] = 1
    elif state["armed"] != 0:
        state["armed"] = 0
        state["in_force"] = 1
        state["times"] += 1
        state["until_ms"] = _until_ms(until, plan.rules[rule]["hold_ms"], day, time_ms)


@helper
def is_reached(plan: Plan, book: Book, rule: int, equity: float, day: int) -> bool:
    """The loss of the rule's period has come to its limit. It falls where the equity rises, whatever the roundings."""
    row = plan.rules[rule]
    base = base_krw(plan, book, rule, day)
    capital = capital_krw(plan, base)
    lost = base - equity
    return bool((capital > 0.0 and lost >= row["limit_ratio"] * capital) or lost >= row["limit_krw"])


@helper
def base_krw(plan: Plan, book: Book, rule: int, day: int) -> float:
    """The equity that the rule's loss is measured from."""
    row = plan.rules[rule]
    period = row["period"]
    account = book.account[0]
    if period == _DAY:
        return float(account["day_base_krw"])
    if period == _WEEK:
        return float(account["week_base_krw"])
    if period == _MONTH:
        return float(account["month_base_krw"])
    return highest_peak(book, row["window"], day)


@helper
def _until_ms(until: int, hold_ms: int, day: int, time_ms: int) -> int:
    if until == _NEXT_DAY:
        return next_day_ms(day)
    if until == _NEXT_WEEK:
        return next_week_ms(day)
    if until == _NEXT_MONTH:
        return next_month_ms(day)
    return _NEVER if until == _MANUAL else int(time_ms + hold_ms)


@helper
def _apply(plan: Plan, book: Book, rule: int) -> None:
    account = book.account[0]
    action = plan.rules[rule]["action"]
    if action == _SIZE:
        account["size_factor"] = min(account["size_factor"], plan.rules[rule]["factor"])
        return
    if account["stopped_by"] == _NONE:
        account["stopped_by"] = rule
    if action == _FLATTEN and account["flattened_by"] == _NONE:
        account["flattened_by"] = rule


@helper
def release(plan: Plan, book: Book) -> None:
    """The owner allows entries again: what is in force until then ends at once."""
    account = book.account[0]
    account["size_factor"] = 1.0
    account["stopped_by"] = _NONE
    account["flattened_by"] = _NONE
    for rule in range(plan.rules.shape[0]):
        if plan.rules[rule]["until"] == _MANUAL:
            book.rules[rule]["in_force"] = 0
        if book.rules[rule]["in_force"] != 0:
            _apply(plan, book, rule)


@rare
def judge_breakers(plan: Plan, book: Book, time_ms: int) -> None:
    """Breakers, where there are any, at a CLOSE, from its columns and the account."""
    fill_account(plan, book)
    for breaker in range(plan.breakers.shape[0]):
        markets = 1 if plan.breakers[breaker]["account"] != 0 else book.position.shape[0]
        for market in range(markets):
            value = late_value(plan, book, market, plan.breakers[breaker]["slot"])
            missing = math.isnan(value)
            book.breakers[breaker, market]["missing"] = 1 if missing else 0
            if _sets_in(plan, book, breaker, market, not missing and value != 0.0):
                book.breakers[breaker, market]["until_ms"] = time_ms + max(plan.breakers[breaker]["hold_ms"], 1)


@helper
def _sets_in(plan: Plan, book: Book, breaker: int, market: int, true: bool) -> bool:
    """Whether the breaker comes into force at this CLOSE, where it has to be armed for that: its arming."""
    if plan.breakers[breaker]["rearms"] == 0:
        return true
    state = book.breakers[breaker, market]
    closed = book.account[0]["trades_closed"]
    if not true or closed != state["trades_closed"]:
        state["armed"] = 1
    if not true or state["armed"] == 0:
        return False
    state["armed"] = 0
    state["trades_closed"] = closed
    return True


@helper
def breaker_in_force(plan: Plan, book: Book, market: int, time_ms: int, closing: bool) -> int:
    """The first breaker in force for the market, of those that sell where `closing`; -1 = none."""
    for breaker in range(plan.breakers.shape[0]):
        if closing and plan.breakers[breaker]["close"] == 0:
            continue
        place = 0 if plan.breakers[breaker]["account"] != 0 else market
        if time_ms < book.breakers[breaker, place]["until_ms"]:
            return breaker
    return _NONE


@helper
def breaker_is_missing(plan: Plan, book: Book, market: int) -> bool:
    """A breaker had no value for the market, or for the account, at the latest CLOSE."""
    for breaker in range(plan.breakers.shape[0]):
        place = 0 if plan.breakers[breaker]["account"] != 0 else market
        if book.breakers[breaker, place]["missing"] != 0:
            return True
    return False


@helper
def sell_for_risk(plan: Plan, book: Book, time_ms: int) -> None:
    """One SELL of everything for each position that a rule or breaker in force wants closed."""
    if book.account[0]["flattened_by"] != _NONE or plan.breakers.shape[0] > 0:
        _sell_all_for_risk(plan, book, time_ms)


@rare
def _sell_all_for_risk(plan: Plan, book: Book, time_ms: int) -> None:
    """Where a rule that wants everything closed is in force, or there are breakers."""
    flattened_by = book.account[0]["flattened_by"]
    for market in range(book.position.shape[0]):
        if not is_open(book, market) or (is_busy(book, market) and book.order[market]["side"] != BUY):
            continue
        cause = flattened_by
        if cause == _NONE:
            breaker = breaker_in_force(plan, book, market, time_ms, True)
            if breaker == _NONE:
                continue
            cause = plan.breakers[breaker]["cause"]
        if is_busy(book, market):
            stop_buying(book, market)
            continue
        held = book.position[market]["quantity_e8"]
        if value_krw(held, book.position[market]["last_krw"]) >= plan.settings[0]["sale_minimum_krw"]:
            sell(book, market, held, NAN, FIRST_RISK_INDEX - cause, 0, time_ms)
