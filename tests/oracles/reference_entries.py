"""Entries at a CLOSE by the reference: candidates, reasons to skip them, sizes (docs/decide.md §6 and §10)."""

from __future__ import annotations

import math

from tests.oracles.reference_book import (
    BUY,
    DAY_MS,
    E8,
    MIN_ORDER_KRW,
    NAN,
    RULE,
    SALE_MINIMUM_KRW,
    STOP,
    TARGET,
    ExitRule,
    Market,
    Order,
    Rules,
    Seen,
    State,
    make_order,
)
from tests.oracles.reference_risk import Account, capital, crowded, others_order, size_factor, skip, taken
from tests.oracles.reference_sizes import caps, money_left


def grid_level(rules: Rules, exit_: ExitRule, market: str, value: float, now: int) -> float:
    if math.isnan(value):
        return NAN
    return (rules.grid.floor if exit_.kind == STOP else rules.grid.ceil)(market, value, now)


def entries(rules: Rules, state: State, now: int) -> list[Order]:
    usable = capital(rules, state.equity())
    wanted = sorted(candidates(rules, state, now), key=lambda one: one[0])
    orders = (enter(rules, state, m, usable, scale, now) for _, m, scale in wanted)
    return [order for order in orders if order is not None]


def candidates(rules: Rules, state: State, now: int) -> list[tuple[float, Market, float]]:
    """(what it is taken by, lowest first; market; size multiplier) in market-code order."""

    def rank_key(m: Market) -> float:
        rank = rules.rank(m.columns) if rules.rank else NAN
        return math.inf if math.isnan(rank) else -rank

    found = [m for m in state.markets.values() if m.position is None and m.order is None and rules.entry(m.columns) == 1]
    before = Account(rules, state, now)
    return [(rank_key(m), m, 1.0 if rules.scale is None else rules.scale(m.columns, before)) for m in found]


def enter(rules: Rules, state: State, m: Market, usable: float, scale: float, now: int) -> Order | None:
    """The buy of a candidate, or None: skipped and counted."""
    value = entry_value(rules, state, m, usable, scale, now)
    if isinstance(value, str):
        state.skipped[value] += 1
        return None
    limit = NAN if rules.enter.order == "market" else first_limit(rules, m.code, m.last, now)
    return make_order(state, m, BUY, now, amount=value, columns=m.columns, limit=limit)


def first_limit(rules: Rules, code: str, last: float, now: int) -> float:
    """The limit of a buy from a last price (§3)."""
    grid, price = rules.grid, rules.grid.floor(code, last * (1 - rules.slip), now)
    if rules.enter.side == "ask":
        price = max(grid.ceil(code, last * (1 + rules.slip), now), grid.neighbour(code, price, now, 1))
    for _ in range(abs(rules.enter.ticks)):
        price = grid.neighbour(code, price, now, 1 if rules.enter.ticks > 0 else -1)
    return price


def entry_value(rules: Rules, state: State, m: Market, equity: float, scale: float, now: int) -> float | str:
    """KRW to buy for, or the reason of the skip."""
    reason = limit_against(rules, state, m, now)
    if reason is not None:
        return reason
    grid, fee = rules.grid, rules.fee_of(m.code, now)
    e = grid.ceil(m.code, m.last * (1 + rules.slip), now) if rules.enter.order == "market" else first_limit(rules, m.code, m.last, now)
    expected = Seen(entry=e, high=e, low=e, p=e, age=0, fee=fee)
    from_start = [x for x in rules.exits if x.after is None and x.kind != RULE]
    levels = [(x, grid_level(rules, x, m.code, x.value(m.columns, expected), now)) for x in from_start]
    stops = [level for x, level in levels if x.kind == STOP]
    if any(map(math.isnan, stops)):
        return "no_level"
    if max(stops, default=-math.inf) >= e:
        return "stop_above_entry"
    sized = equity * rules.share
    weights = [rules.weight * sized] if rules.weight is not None else []
    if rules.risk is not None:
        stop = next(level for x, level in levels if x.name == "stop")
        loss = e * (1 + fee) - grid.floor(m.code, stop * (1 - rules.slip), now) * (1 - fee)
        weights.append(rules.risk * sized / loss * e)
    value = min(weights, default=sized)
    if not scale > 0:
        return "no_size"
    value = value * scale * size_factor(rules, state)
    targets = [level for x, level in levels if x.kind == TARGET and not math.isnan(level)]
    if targets and not paid(rules, m.code, min(targets), rules.slip, now) * (1 - fee) > e * (1 + fee):
        return "target_below_cost"
    book = math.inf if rules.book_share is None else rules.book_share[0] * rules.book_share[1](m.columns)
    if math.isnan(book):
        return "book_missing"
    money = money_left(rules, state, equity, fee)
    lossless = one_loss(rules, m.code, [(x, level) for x, level in levels if x.kind == STOP], equity, e, now)
    value = min([value, *caps(rules, state, equity), money, book, lossless])
    value = math.floor(value) if rules.rounding else value
    asked = [x for x in (rules.min_order, rules.profile_min_order) if x is not None] or [MIN_ORDER_KRW]
    least = max(*asked, SALE_MINIMUM_KRW)
    if value < least:
        return "book_share" if book < least else "no_cash" if money < least else "below_minimum"
    slip = expected_slip(rules, m, value, now)
    against = with_impact(rules, m, slip, now)
    if against is not None:
        return against
    order = Account(rules, state, now, (value, e, fee, slip))
    if rules.order_condition is not None and rules.order_condition(m.columns, order) != 1:
        return "order_condition"
    return "halted" if rules.halted(m.code, now + rules.latency) else value


def one_loss(rules: Rules, code: str, stops: list[tuple[ExitRule, float]], equity: float, e: float, now: int) -> float:
    """KRW that lose as much as the profile lets one trade lose (§6)."""
    if rules.one_loss is None or not stops:
        return math.inf
    named = [level for x, level in stops if x.name == "stop"]
    fee, level = rules.fee_of(code, now), named[0] if named else min(level for _, level in stops)
    loss = e * (1 + fee) - rules.grid.floor(code, level * (1 - rules.slip), now) * (1 - fee)
    return min(rules.one_loss[0] * equity, rules.one_loss[1]) / loss * e


def expected_slip(rules: Rules, m: Market, value: float, now: int) -> float:
    """§10, Impact: if as much trades as in the last traded STEP."""
    share = math.inf if rules.participation is None else rules.participation * m.volume
    return rules.slip_of(m.code, True, min(value * E8 / m.last, share), m.volume, now)[0]


def with_impact(rules: Rules, m: Market, slip: float, now: int) -> str | None:
    """The tests of the expected costs once more."""
    if slip == rules.slip:
        return None
    if rules.max_slippage is not None and slip > rules.max_slippage:
        return "slippage"
    grid, fee = rules.grid, rules.fee_of(m.code, now)
    e = grid.ceil(m.code, m.last * (1 + slip), now) if rules.enter.order == "market" else first_limit(rules, m.code, m.last, now)
    expected = Seen(entry=e, high=e, low=e, p=e, age=0, fee=fee)
    targets = [x for x in rules.exits if x.after is None and x.kind == TARGET]
    levels = [grid_level(rules, x, m.code, x.value(m.columns, expected), now) for x in targets]
    lowest = min((level for level in levels if not math.isnan(level)), default=math.inf)
    received = math.inf if lowest == math.inf else paid(rules, m.code, lowest, slip, now) * (1 - fee)
    return None if received > e * (1 + fee) else "target_below_cost"


def paid(rules: Rules, code: str, target: float, slip: float, now: int) -> float:
    """Price that a TARGET at a level is expected to bring."""
    return target if rules.leave_limit else rules.grid.floor(code, target * (1 - slip), now)


def limit_against(rules: Rules, state: State, m: Market, now: int) -> str | None:
    if state.entries_stopped:
        return "entries_stopped"
    against = skip(rules, state, m.code, now)
    if against is not None:
        return against
    slots = sum(o.position is not None or (o.order is not None and o.order.side == BUY) for o in state.markets.values())
    if rules.open_positions is not None and slots >= rules.open_positions:
        return "open_positions"
    if rules.entries_per_day is not None and m.opened_on[now // DAY_MS] >= rules.entries_per_day:
        return "entries_per_day"
    if rules.cooldown_ms is not None and m.last_loss is not None and now < m.last_loss + rules.cooldown_ms:
        return "cooldown"
    if rules.reentry_bars is not None and m.last_exit is not None:
        index = [(t - rules.clock_offset_ms) // rules.clock_ms for t in (now, m.last_exit)]
        if index[0] - 1 - index[1] < rules.reentry_bars:
            return "reentry"
    return limit_of_account(rules, state, m, now)


def limit_of_account(rules: Rules, state: State, m: Market, now: int) -> str | None:
    """What the profile limits over all strategies."""
    held = taken(state)
    if rules.account_positions is not None and len(held) >= rules.account_positions:
        return "account_positions"
    if sum(x.code == m.code for x in held) >= rules.positions_per_market:
        return "positions_per_market"
    if others_order(state, m):
        return "market_busy"
    sector = rules.sectors.get(m.code)
    together = sum(rules.sectors.get(x.code) == sector for x in held) if sector is not None else 0
    if rules.max_per_sector is not None and together >= rules.max_per_sector:
        return "sector"
    against = crowded(rules, state, m.code)
    if against is not None:
        return against
    if rules.orders_per_minute is not None and state.made[now // 60_000] >= rules.orders_per_minute:
        return "orders_per_minute"
    if math.isnan(m.last):
        return "no_price"
    return "slippage" if rules.max_slippage is not None and rules.slip > rules.max_slippage else None
