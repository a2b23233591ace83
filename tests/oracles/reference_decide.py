"""`decide` in plain Python: one state transition per event, written from docs/decide.md alone, to judge the compiled one.

`decide(rules, state, event)` changes only `state` and returns the orders it wants. Section numbers in comments are docs/decide.md's.
"""

from __future__ import annotations

import math

from tests.oracles.reference_book import (
    BUY,
    DAY_MS,
    E8,
    NAN,
    RULE,
    SALE_MINIMUM_KRW,
    SELL,
    STOP,
    TARGET,
    Cash,
    Close,
    Done,
    Event,
    ExitRule,
    Fill,
    Mark,
    Market,
    Order,
    Path,
    Position,
    Queue,
    Rules,
    Seen,
    State,
    Step,
    make_order,
)
from tests.oracles.reference_entries import entries, grid_level
from tests.oracles.reference_risk import allow, judge_breakers, look, move_cash, others_order, sales


def decide(rules: Rules, state: State, event: Event) -> list[Order]:
    """The transition."""
    if isinstance(event, Step):
        return on_step(rules, state, event)
    if isinstance(event, Close):
        return on_close(rules, state, event)
    if isinstance(event, Mark):
        return on_mark(rules, state, event)
    if isinstance(event, Fill):
        on_fill(rules, state, event)
    elif isinstance(event, Done):
        return on_done(rules, state, event)
    elif isinstance(event, Cash):
        state.cash += event.amount
        move_cash(state, event.amount)
    else:
        state.entries_stopped = event.what == "stop_entries"
        if not state.entries_stopped:
            allow(rules, state)
    return []


# ---- levels and quantities (§4) ----
def seen(rules: Rules, market: str, position: Position, p: float, now: int) -> Seen:
    bars = (now - rules.clock_offset_ms) // rules.clock_ms - (position.opened - rules.clock_offset_ms) // rules.clock_ms
    return Seen(position.entry, position.high, position.low, p, now - position.opened, rules.fee_of(market, now), bars)


def is_active(rules: Rules, position: Position, i: int) -> bool:
    after = rules.exits[i].after
    return not position.fired[i] and (after is None or position.fired[after])


def set_levels(rules: Rules, m: Market, p: float, now: int) -> None:
    """Levels of the active exits that are not frozen."""
    position = m.position
    assert position is not None
    variables, fired = seen(rules, m.code, position, p, now), position.fired
    for i, exit_ in enumerate(rules.exits):
        if exit_.kind == RULE or exit_.frozen or fired[i] or not (exit_.after is None or fired[exit_.after]):
            continue
        new = grid_level(rules, exit_, m.code, exit_.value(m.columns, variables), now)
        old = position.level[i]
        if not math.isnan(new) and not (exit_.kind == STOP and old >= new):
            give_level(rules, m, i, new, p, now)


def give_level(rules: Rules, m: Market, i: int, level: float, p: float, now: int) -> None:
    """A level; a TARGET that waits there gets behind what stands at a new one."""
    position = m.position
    assert position is not None
    changed, position.level[i] = position.level[i] != level, level
    if changed and level == level:
        line_up(rules, m, i, p, now)


def line_up(rules: Rules, m: Market, i: int, p: float, now: int) -> None:
    """§10, Queue share: the last in the queue at its level from now on."""
    position = m.position
    assert position is not None
    if rules.exits[i].kind == TARGET and rules.leave_limit:
        queue, level = position.queues[i], position.level[i]
        queue.since = now
        queue.ahead = 0.0 if rules.queue is None else rules.counts_at(m.code, False, level, p, now)


def set_frozen_levels(rules: Rules, m: Market, now: int) -> None:
    position = m.position
    assert position is not None
    variables = seen(rules, m.code, position, position.entry, now)
    for i, exit_ in enumerate(rules.exits):
        if exit_.kind != RULE and exit_.frozen:
            new = grid_level(rules, exit_, m.code, exit_.value(position.columns, variables), now)
            if new == new:
                give_level(rules, m, i, new, position.entry, now)


def quantity_to_sell(rules: Rules, exit_: ExitRule, bought: float, present: float, reference: float, sold: float) -> tuple[float, bool]:
    """(counts, the sale would be below the minimum). Counts are 0 when no sale is made. sold: by touches of its level."""
    counts = min(present, rules.part(exit_.share, present + sold if exit_.of_rest else bought) - sold)
    if exit_.share == 1:
        counts = present
    if counts <= 0:
        return 0, False
    if (present - counts) * reference / E8 < SALE_MINIMUM_KRW:
        counts = present
    if rules.rounding:
        counts = present - (present - counts)  # both parts are float64
    if (counts + sold) * reference / E8 < SALE_MINIMUM_KRW:
        return 0, True
    return counts, False


def try_to_sell(rules: Rules, state: State, position: Position, i: int, present: float, reference: float) -> float:
    """Counts that exit i sells now; what is too small is counted once."""
    counts, small = quantity_to_sell(rules, rules.exits[i], position.bought, present, reference, position.queues[i].sold)
    if small and not position.small[i]:
        position.small[i] = True
        state.sale_below_minimum += 1
    return counts


# ---- STEP (§5) ----
def on_step(rules: Rules, state: State, step: Step) -> list[Order]:
    m = state.markets[step.market]
    finish(rules, state, m)
    if not step.traded:
        return []
    m.last = step.close
    volume = step.volume if step.bar_volume is None else step.bar_volume
    m.volume = volume * E8 if volume > 0 else 0.0
    m.step_volume = step.volume * E8 if step.volume > 0 else 0.0
    if m.position is None:
        return []
    entry = m.position.entry
    if rules.enter.order != "market" and m.position.opened == step.time and step.low <= entry <= step.open and step.low < step.open:
        m.path = Path(step.time, entry, entry, step.close, [step.low, step.close, step.close], targets=False)
        reach(rules, m, entry)
    else:
        m.path = Path(step.time, step.open, step.open, step.high, [step.low, step.high, step.close])
        reach(rules, m, step.open)
    return walk(rules, state, m)


def finish(rules: Rules, state: State, m: Market) -> None:
    """§5, Unanswered: the STEP is over."""
    if m.path is not None and m.position is not None:
        walk(rules, state, m, tries=False)
    m.path = None


def watch(rules: Rules, m: Market, price: float) -> None:
    """§10: a buy in parts is stopped at a STOP of its position."""
    if m.order is not None and m.order.side == BUY and any(level >= price for _, level in active_levels(rules, m, STOP)):
        m.order.stopped = True


def reach(rules: Rules, m: Market, price: float) -> None:
    position, path = m.position, m.path
    assert position is not None
    assert path is not None
    watch(rules, m, price)
    path.p = price
    position.high = max(position.high, price)
    position.low = min(position.low, price)
    set_levels(rules, m, price, path.time)
    watch(rules, m, price)


def walk(rules: Rules, state: State, m: Market, tries: bool = True) -> list[Order]:
    """Go on along the path until an exit is hit (if exits are tried at all) or the path ends."""
    path = m.path
    assert path is not None
    while True:
        if m.order is None and tries:
            order = hit_here(rules, state, m) or touch(rules, state, m) or hit_ahead(rules, state, m)
            if order is not None:
                return [order]
        end = path.ends.pop(0) if path.ends else path.p
        if end != path.p:  # a leg of no length reaches nothing new
            reach(rules, m, end)
        elif not path.ends:
            m.path = None
            return []


def hit_here(rules: Rules, state: State, m: Market) -> Order | None:
    """Exits whose level the price has reached or passed where it stands."""
    path = m.path
    assert path is not None
    stops = [i for i, level in active_levels(rules, m, STOP) if level >= path.p]
    targets = [(i, level) for i, level in active_levels(rules, m, TARGET, falling=None) if met(rules, level, path.p) and path.targets]
    return first_sale(rules, state, m, [(i, path.p) for i in stops] + [(i, level if rules.leave_limit else path.p) for i, level in targets])


def touch(rules: Rules, state: State, m: Market) -> Order | None:
    """§10, Queue share: the leg up has ended at the level of a TARGET that waits there."""
    path, position = m.path, m.position
    assert path is not None
    assert position is not None
    if rules.queue is None or not rules.leave_limit or not path.targets or len(path.ends) != 1 or path.p != path.high:
        return None
    for i, level in active_levels(rules, m, TARGET, falling=None):
        queue = position.queues[i]
        if level != path.p or queue.touched == path.time:
            continue
        queue.touched = path.time
        whole = try_to_sell(rules, state, position, i, position.quantity, level)
        if not whole > 0 or path.time < queue.since + rules.latency or rules.halted(m.code, path.time):
            continue
        already = state.traded(m.code, path.time)
        comes = max(rules.queue * m.step_volume - already, 0)
        got = max(comes - queue.ahead, 0)
        queue.ahead = max(queue.ahead - comes, 0)
        share = rules.sale_share()
        cap = math.inf if share is None else share * m.step_volume
        if rules.rounding:
            got, cap = math.floor(got), cap if cap == math.inf else math.floor(cap)
        counts = min(whole, got, max(cap - already, 0))
        if counts > 0:
            return make_order(
                state, m, SELL, path.time, quantity=counts, base=level, limit=level, reason=i,
                fires=(i,) if counts == whole else (), ambiguous=path.ambiguous,
            )  # fmt: skip
    return None


def met(rules: Rules, level: float, price: float) -> bool:
    """A TARGET by a price (§3, limit sales)."""
    return level < price or (level == price and not rules.leave_limit)


def hit_ahead(rules: Rules, state: State, m: Market) -> Order | None:
    """The next exit on the leg that the path is on."""
    path = m.path
    position = m.position
    assert path is not None
    assert position is not None
    if not path.ends:
        return None
    end = path.ends[0]
    if len(path.ends) == 2:  # up to high
        hits = [(i, level) for i, level in active_levels(rules, m, TARGET, falling=False) if met(rules, level, end) and path.targets]
    else:
        hits = [(i, level) for i, level in active_levels(rules, m, STOP) if level >= end]
    return first_sale(rules, state, m, hits)


def active_levels(rules: Rules, m: Market, kind: str, falling: bool | None = True) -> list[tuple[int, float]]:
    """(exit, level), highest or lowest level first, ties in file order; falling None: file order."""
    position = m.position
    assert position is not None
    level, fired = position.level, position.fired
    active = [i for i, after in rules.of_kind[kind] if not fired[i] and (after is None or fired[after])]
    found = [(i, level[i]) for i in active if level[i] == level[i]]  # a missing level is NaN
    if falling is None or len(found) < 2:
        return found
    return sorted(found, key=lambda pair: -pair[1] if falling else pair[1])  # sorted() keeps ties in order


def first_sale(rules: Rules, state: State, m: Market, hits: list[tuple[int, float]]) -> Order | None:
    """The order of the first hit (exit, base) whose sale is made."""
    position, path = m.position, m.path
    assert position is not None
    assert path is not None
    for i, base in hits:
        counts = try_to_sell(rules, state, position, i, position.quantity, position.level[i])
        if counts > 0:
            waits = rules.exits[i].kind == TARGET and rules.leave_limit
            limit = base if waits and path.time >= position.queues[i].since + rules.latency else NAN
            if base != path.p and not (base < path.p and waits):
                reach(rules, m, base)
            if rules.exits[i].kind == STOP and len(path.ends) == 3 and base < path.open and not path.ambiguous:
                count_ambiguous(rules, state, m, base)
            return make_order(
                state, m, SELL, path.time, quantity=counts, base=base, limit=limit, reason=i, fires=(i,), ambiguous=path.ambiguous
            )
    return None


def count_ambiguous(rules: Rules, state: State, m: Market, base: float) -> None:
    position, path = m.position, m.path
    assert position is not None
    assert path is not None
    for i, level in active_levels(rules, m, TARGET, falling=None):
        if met(rules, level, path.high) and path.targets:
            counts, _ = quantity_to_sell(rules, rules.exits[i], position.bought, position.quantity, level, position.queues[i].sold)
            path.ambiguous = True
            state.ambiguous_steps += 1
            state.ambiguous_krw += (level - base) * counts / E8
            return


# ---- FILL and DONE (§7) ----
def order_of(state: State, order_id: int) -> tuple[Market, Order]:
    for m in state.markets.values():
        if m.order is not None and m.order.id == order_id:
            return m, m.order
    raise ValueError(f"no working order {order_id}")


def on_fill(rules: Rules, state: State, fill: Fill) -> None:
    m, order = order_of(state, fill.order)
    if m.path is not None and fill.time > m.path.time:
        finish(rules, state, m)
    order.filled += fill.quantity
    already = m.traded[1] if m.traded[0] == fill.time else 0
    m.traded = fill.time, already + fill.quantity
    order.left -= fill.quantity
    state.stirred = True
    krw = fill.quantity * fill.price / E8
    if order.side == BUY:
        state.cash -= krw + fill.fee
        order.spent += krw
        bought(rules, m, order, fill, krw)
    else:
        state.cash += krw - fill.fee
        sold(state, m, fill, krw)


def bought(rules: Rules, m: Market, order: Order, fill: Fill, krw: float) -> None:
    if m.position is None:
        n = len(rules.exits)
        m.position = Position(fill.time, order.columns, [False] * n, [NAN] * n, [False] * n, [Queue() for _ in range(n)])
        m.opened_on[fill.time // DAY_MS] += 1
    position = m.position
    before, total = position.bought, position.bought + fill.quantity
    position.entry = (position.entry * before + fill.price * fill.quantity) / total if before else fill.price
    position.quantity += fill.quantity
    position.bought = total
    position.cost += krw
    position.fees += fill.fee
    position.high = position.entry if math.isnan(position.high) else max(position.high, position.entry)
    position.low = position.entry if math.isnan(position.low) else min(position.low, position.entry)
    set_frozen_levels(rules, m, fill.time)
    set_levels(rules, m, position.entry, fill.time)


def sold(state: State, m: Market, fill: Fill, krw: float) -> None:
    position = m.position
    assert position is not None
    position.quantity -= fill.quantity
    position.proceeds += krw
    position.fees += fill.fee
    if position.quantity == 0:
        m.position = None
        m.path = None
        m.last_exit = fill.time
        state.trades_closed += 1
        if position.proceeds - position.cost - position.fees < 0:
            m.last_loss = fill.time
            state.losses_in_row += 1
        else:
            state.losses_in_row = 0


def on_done(rules: Rules, state: State, done: Done) -> list[Order]:
    m, order = order_of(state, done.order)
    if m.path is not None and done.time > m.path.time:
        finish(rules, state, m)
    m.order = None
    if m.position is not None and m.path is not None and order.filled == 0:
        return walk(rules, state, m, tries=False)
    if order.side == BUY or m.position is None or order.filled == 0:
        return []
    if not order.fires and order.reason >= 0:
        m.position.queues[order.reason].sold += order.filled
    for i in order.fires:
        m.position.fired[i] = True
    p = m.last if m.path is None else m.path.p
    for i, exit_ in enumerate(rules.exits):
        if exit_.frozen and exit_.after in order.fires:
            line_up(rules, m, i, p, done.time)
    set_levels(rules, m, p, done.time)
    return [] if m.path is None else walk(rules, state, m)


# ---- CLOSE (§6) ----
def on_close(rules: Rules, state: State, close: Close) -> list[Order]:
    return close_exits(rules, state, close) + entries(rules, state, close.time)


def close_exits(rules: Rules, state: State, close: Close) -> list[Order]:
    """All of it but the entries."""
    for m in state.markets.values():
        finish(rules, state, m)
        m.columns = close.columns[m.code]
    look(rules, state, close.time)
    judge_breakers(rules, state, close.time)
    sold_for_risk = sales(rules, state, close.time)
    for m in state.markets.values():
        if m.position is not None:
            set_levels(rules, m, m.last, close.time)
    return sold_for_risk + exits_at_close(rules, state, close.time)


def on_mark(rules: Rules, state: State, mark: Mark) -> list[Order]:
    for m in state.markets.values():
        finish(rules, state, m)
    if state.stirred or any(m.position is not None for m in state.markets.values()):
        look(rules, state, mark.time)
    return sales(rules, state, mark.time)


def exits_at_close(rules: Rules, state: State, now: int) -> list[Order]:
    orders = []
    for m in state.markets.values():
        if m.position is not None and m.order is None and not others_order(state, m):
            order = rule_sale(rules, state, m, true_rules(rules, m, now), now)
            if order is not None:
                orders.append(order)
        elif m.position is not None and m.order is not None and m.order.side == BUY and true_rules(rules, m, now):
            m.order.stopped = True
    return orders


def true_rules(rules: Rules, m: Market, now: int) -> list[int]:
    """The active RULEs that are true for the position."""
    assert m.position is not None
    variables = seen(rules, m.code, m.position, m.last, now)
    return [
        i
        for i, exit_ in enumerate(rules.exits)
        if exit_.kind == RULE and is_active(rules, m.position, i) and exit_.value(m.columns, variables) == 1
    ]


def rule_sale(rules: Rules, state: State, m: Market, true: list[int], now: int) -> Order | None:
    position = m.position
    assert position is not None
    for i in true:
        if quantity_to_sell(rules, rules.exits[i], position.bought, position.quantity, m.last, 0)[0] == position.quantity:
            return make_order(state, m, SELL, now, quantity=position.quantity, reason=i, fires=tuple(true))
    left, fires = position.quantity, []
    for i in true:
        counts = try_to_sell(rules, state, position, i, left, m.last)
        if counts > 0:
            left -= counts
            fires.append(i)
    if not fires:
        return None
    return make_order(state, m, SELL, now, quantity=position.quantity - left, reason=fires[0], fires=tuple(fires))
