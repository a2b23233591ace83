"""The risk profile of docs/decide.md §8 in plain Python: every day's peak is kept, periods are named by the calendar."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from tests.oracles.reference_book import BUY, NAN, SALE_MINIMUM_KRW, SELL, Market, Order, Rules, State, make_order

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FOREVER = math.inf


@dataclass(frozen=True)
class Limit:
    """A limit of loss (`day`, `week`, `month`) or a step of a drawdown ladder (days of its window)."""

    period: str | int
    ratio: float | None
    krw: float | None
    action: str  # stop_entries | flatten | size
    until: str | int | None  # next_day | next_week | next_month | manual | ms | None: while it is reached
    factor: float = 1.0


@dataclass(frozen=True)
class Breaker:
    """A condition of one market or of the account."""

    value: Callable[[Mapping[Any, float], Account], float]
    account: bool
    close: bool
    hold: int
    reads_account: bool
    number: int  # among the rules and breakers of the file


def when(time: int) -> datetime:
    """The moment."""
    return EPOCH + timedelta(milliseconds=time)


def begins(period: str, time: int) -> datetime:
    """When the period that `time` is in began."""
    return begins_on(period, time // 86_400_000)


@lru_cache(maxsize=100_000)
def begins_on(period: str, number: int) -> datetime:
    """The same of a day since the epoch."""
    day = EPOCH + timedelta(days=number)
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day


def turn_after(period: str, time: int) -> int:
    """When the period that `time` is in ends, in ms."""
    start = begins(period, time)
    end = {"day": start + timedelta(days=1), "week": start + timedelta(days=7), "month": (start + timedelta(days=32)).replace(day=1)}[
        period
    ]
    return (end - EPOCH) // timedelta(milliseconds=1)


def capital(rules: Rules, equity: float) -> float:
    """§6: what the engine may use."""
    usable = equity if rules.capital_ratio is None else rules.capital_ratio * equity
    return usable if rules.capital_krw is None else min(usable, rules.capital_krw)


def highest(state: State, days: int, time: int) -> float:
    """peak(n days)."""
    today = begins("day", time)
    first = today - timedelta(days=days - 1)
    found = -math.inf
    for day, peak in reversed(state.peaks.items()):  # in the order of days
        if day < first:
            break
        found = max(found, peak) if day <= today else found
    return found


@dataclass
class Account:
    """What expressions see of the account; `order` is there when one is intended: (value, price, fee, slip)."""

    rules: Rules
    state: State
    now: int
    order: tuple[float, float, float, float] | None = None

    def late(self, name: str, params: tuple[float, ...]) -> float:
        """The value of a leaf."""
        equity = self.state.equity()
        family, _, what = name.partition(".")
        if family in ("order", "cost"):
            assert self.order is not None
            value, price, fee, slip = self.order
            return {
                "order.value": value, "order.price": price, "order.quantity": value / price,
                "cost.fee": fee, "cost.slippage": slip, "cost.round_trip": 2 * (fee + slip),
            }[name]  # fmt: skip
        if what in ("pnl_today", "pnl_week", "pnl_month"):
            base = self.state.bases[{"pnl_today": "day", "pnl_week": "week", "pnl_month": "month"}[what]]
            usable = capital(self.rules, base)
            return (equity - base) / usable if usable > 0 else 0.0
        if what == "drawdown":
            peak = highest(self.state, int(params[0]) // 86_400_000, self.state.looked or 0)
            return 1 - equity / peak if peak > 0 else 0.0
        if what == "exposure":
            return self.state.exposure() / equity if equity > 0 else NAN
        simple = {
            "equity": equity,
            "cash": self.state.cash,
            "losses_in_row": self.state.losses_in_row,
            "open_positions": len(taken(self.state)),
        }
        return float(simple[what])


def taken(state: State) -> list[Market]:
    """Markets with a position or a working buy, each once per strategy."""
    return [m for m in state.of_account() if m.position is not None or (m.order is not None and m.order.side == BUY)]


def others_order(state: State, m: Market) -> bool:
    """Another strategy's order works in the market (§9)."""
    return any(x.order is not None for x in state.of_account() if x.code == m.code and x is not m)


def look(rules: Rules, state: State, now: int) -> None:
    """Turns, peaks, and which limits are in force."""
    equity = state.equity()
    for period in ("day", "week", "month"):
        if state.looked is None or begins(period, now) != begins(period, state.looked):
            state.bases[period] = equity
    state.looked, state.stirred = now, False
    today = begins("day", now)
    state.peaks[today] = max(state.peaks.get(today, -math.inf), equity)
    for k, limit in enumerate(rules.limits):
        base = state.bases[limit.period] if isinstance(limit.period, str) else highest(state, limit.period, now)
        usable, lost = capital(rules, base), base - equity
        reached = limit.ratio is not None and usable > 0 and lost >= limit.ratio * usable
        reached = reached or (limit.krw is not None and lost >= limit.krw)
        judge(state, k, limit, reached, now)


def judge(state: State, k: int, limit: Limit, reached: bool, now: int) -> None:
    """One rule after a look."""
    if limit.until is None:
        state.in_force[k] = FOREVER if reached else None
        return
    until = state.in_force.get(k)
    if until is not None and now >= until:
        state.in_force[k] = None
    if not reached:
        state.disarmed.discard(k)
    elif k not in state.disarmed:
        state.disarmed.add(k)
        if isinstance(limit.until, int):
            state.in_force[k] = now + limit.until
        else:
            state.in_force[k] = FOREVER if limit.until == "manual" else turn_after(limit.until.removeprefix("next_"), now)


def acting(rules: Rules, state: State, *actions: str) -> int | None:
    """The first rule in force with one of these actions."""
    return next((k for k, limit in enumerate(rules.limits) if state.in_force.get(k) is not None and limit.action in actions), None)


def size_factor(rules: Rules, state: State) -> float:
    """The smallest factor in force."""
    return min((x.factor for k, x in enumerate(rules.limits) if state.in_force.get(k) is not None and x.action == "size"), default=1.0)


def allow(rules: Rules, state: State) -> None:
    """CONTROL(allow_entries) ends what waits for it."""
    for k, limit in enumerate(rules.limits):
        if limit.until == "manual":
            state.in_force[k] = None


def move_cash(state: State, amount: float) -> None:
    """A cash flow is no profit."""
    state.bases = {period: base + amount for period, base in state.bases.items()}
    state.peaks = {day: peak + amount for day, peak in state.peaks.items()}


def judge_breakers(rules: Rules, state: State, now: int) -> None:
    """At a CLOSE: (breaker, market) -> until, and which have no value."""
    account = Account(rules, state, now)
    state.unknown_breakers.clear()
    for k, breaker in enumerate(rules.breakers):
        for m in list(state.markets.values())[: 1 if breaker.account else None]:
            key = (k, None if breaker.account else m.code)
            value = breaker.value(m.columns, account)
            if math.isnan(value):
                state.unknown_breakers.add(key)
            true = bool(value) and not math.isnan(value)
            if not (breaker.reads_account and breaker.hold):
                if true:
                    state.breakers[key] = now + max(breaker.hold, 1)
            elif not true:
                state.spent_breakers.pop(key, None)
            elif state.spent_breakers.get(key) != state.trades_closed:
                state.spent_breakers[key] = state.trades_closed
                state.breakers[key] = now + breaker.hold


def breaking(rules: Rules, state: State, market: str, now: int, close: bool) -> int | None:
    """The first breaker in force for a market; close: of those that sell."""
    for k, breaker in enumerate(rules.breakers):
        if now < state.breakers.get((k, None if breaker.account else market), 0) and (breaker.close or not close):
            return k
    return None


def skip(rules: Rules, state: State, market: str, now: int) -> str | None:
    """The first reason against an entry."""
    stopping = acting(rules, state, "stop_entries", "flatten")
    if stopping is not None:
        return "loss_limit" if isinstance(rules.limits[stopping].period, str) else "drawdown"
    if breaking(rules, state, market, now, close=False) is not None:
        return "breaker"
    return "breaker_missing" if {market, None} & {where for _, where in state.unknown_breakers} else None


def crowded(rules: Rules, state: State, candidate: str) -> str | None:
    """Why too many positions would move together."""
    if rules.crowding is None:
        return None
    nodes = [candidate, *(m.code for m in taken(state))]
    for doubtful, reason in ((False, "crowding"), (True, "crowding_missing")):
        joined = [[a, b] for a in nodes for b in nodes if alike(rules, state, a, b, doubtful)]
        cluster = {candidate}
        for _ in nodes:
            cluster |= {b for a, b in joined if a in cluster}
        if sum(code in cluster for code in nodes) > rules.crowding.cluster:
            return reason
    return None


def alike(rules: Rules, state: State, a: str, b: str, doubtful: bool) -> bool:
    """Two different markets of the account; doubtful: what is not known counts as above."""

    def above(x: str, y: str, bound: float | None) -> bool:
        if bound is None:
            return False
        value = state.markets[x].columns["measure", y]
        return doubtful if math.isnan(value) else value > bound

    if a == b:
        return False
    bitcoin = [x == "KRW-BTC" or above(x, "KRW-BTC", rules.crowding.btc) for x in (a, b)]
    return above(a, b, rules.crowding.pair) or (rules.crowding.btc is not None and all(bitcoin))


def sales(rules: Rules, state: State, now: int) -> list[Order]:
    """What rules and breakers sell."""
    orders = []
    for m in state.markets.values():
        if m.position is None or (m.order is not None and m.order.side == SELL) or (m.order is None and others_order(state, m)):
            continue
        rule, breaker = acting(rules, state, "flatten"), breaking(rules, state, m.code, now, close=True)
        if rule is None and breaker is None:
            continue
        if m.order is not None:
            m.order.stopped = True
        elif m.position.quantity * m.last / 1e8 >= SALE_MINIMUM_KRW:
            cause = rule if rule is not None else rules.breakers[breaker or 0].number
            orders.append(make_order(state, m, SELL, now, quantity=m.position.quantity, reason=-2 - cause))
    return orders
