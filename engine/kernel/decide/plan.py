"""A strategy as arrays: everything that decisions read and never change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache, reduce
from operator import or_
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dsl.pairs import BITCOIN
from dsl.strategy import Crowding, Exit, ExitKind, RiskProfile, Strategy
from engine.kernel.abi import by_reference
from engine.kernel.book import MAXIMUM_EXITS, Book, Size, new_book
from engine.kernel.decide.guard_plan import breaker_rows, days_of, rule_rows, sectors_of, window_days
from engine.kernel.decide.quiet_plan import gates_of, moved_by, needs_of, reads_extremes, reads_of
from engine.kernel.depth import Shown
from engine.kernel.fills import enter_terms
from engine.kernel.legal import Venue, make_venue, unit_and_scale
from engine.kernel.load import addresses
from engine.kernel.program import PositionRows
from engine.model.costs import NO_COSTS, Costs
from engine.model.depth import RecordedBooks
from engine.model.events import Side
from engine.model.market import maximum_total, minimum_total

#: smallest buy where neither the strategy nor its risk profile says otherwise
DEFAULT_MINIMUM_ORDER_KRW: Final = 30_000.0
#: the exit that sizing by risk measures its loss to
STOP_NAME: Final = "stop"

SETTINGS: Final = np.dtype(
    [
        ("clock_ms", "i8"),
        ("clock_offset_ms", "i8"),
        ("column_count", "i8"),
        ("entry_slot", "i8"),
        ("rank_slot", "i8"),  # -1: none
        ("scale_slot", "i8"),  # -1: none
        ("resting_targets", "i8"),  # TARGETs are limit sales that wait at their levels
        ("levels_move_with", "i8"),  # bits of EXIT.moves_with of all exits
        ("has_levels", "i8"),  # there are STOPs or TARGETs
        ("stops", "i8"),  # bit sets of exits: STOPs, TARGETs, RULEs,
        ("targets", "i8"),
        ("rules", "i8"),
        ("first", "i8"),  # those that are active from the start,
        ("frozen", "i8"),  # those whose level stands from the entry on,
        ("moving", "i8"),  # those whose level can move
        ("extremes_matter", "i8"),  # an expression reads the highest or lowest price since entry, or a level can move
        ("rules_on_position", "i8"),  # the condition of a RULE is no column
        ("counts_on_position", "i8"),  # a named condition has a value only where a position is open
        ("when_slot", "i8"),  # condition of the portfolio on entries; -1: none
        ("share", "f8"),  # of the capital that this strategy sizes by; 1 where it is alone
        ("order_slot", "i8"),  # condition on the order; -1: none
        ("position_rows", "i8"),  # rows of the position phase; those after them read the account or the order
        ("watches", "i8"),  # the risk profile looks at the equity
        ("stop_exit", "i8"),  # exit that risk is measured to; -1: sizing is not by risk
        ("loss_exit", "i8"),  # exit that the loss of one trade is measured to; -1: the lowest STOP
        ("loss_ratio", "f8"),  # most that a trade may lose at it; infinite: not given
        ("loss_krw", "f8"),
        ("risk", "f8"),  # ratios of equity; NaN: not given
        ("weight", "f8"),
        ("max_weight", "f8"),  # caps; infinite: none
        ("exposure_total", "f8"),
        ("exposure_per_market", "f8"),
        ("max_order_krw", "f8"),
        ("min_order_krw", "f8"),
        ("sale_minimum_krw", "f8"),
        ("cash_reserve_krw", "f8"),
        ("exposure_per_strategy", "f8"),
        ("capital_krw", "f8"),  # infinite: none
        ("capital_ratio", "f8"),  # 1: none
        ("max_slippage", "f8"),
        ("book_share", "f8"),  # of the value in book_slot
        ("book_slot", "i8"),  # KRW that the book offers; -1: no limit
        ("account_positions", "i8"),
        ("positions_per_market", "i8"),
        ("max_per_sector", "i8"),
        ("orders_per_minute", "i8"),
        ("pair_above", "f8"),  # two markets are alike above these; infinite: no such bound
        ("btc_above", "f8"),
        ("bitcoin", "i8"),  # its market
        ("cluster_most", "i8"),  # positions that are alike; the largest int64: no limit
        ("open_positions", "i8"),  # limits; the largest int64: none
        ("entries_per_day", "i8"),
        ("cooldown_ms", "i8"),  # 0: none
        ("reentry_bars", "i8"),
        ("own_limits", "i8"),  # there is a breaker, or any of the four limits before this
        ("account_limits", "i8"),  # there is a limit that an entry into a market without any position or order can break
    ],
    align=True,
)

EXIT: Final = np.dtype(
    [
        ("kind", "i8"),  # dsl.strategy.ExitKind
        ("slot", "i8"),
        ("frozen", "i8"),
        ("moves_with", "i8"),  # what can move its level: bits quiet_plan.COLUMNS..ENTRY; 0: it is frozen, or a RULE
        ("after", "i8"),  # -1: active from the start
        ("share_unit", "f8"),  # share = unit / scale, exactly as the file says it
        ("share_scale", "f8"),
        ("of_rest", "i8"),
    ],
    align=True,
)

#: settle_ms: an entry decided before this time rests on values that still depend on where the data began
#: sector: number, -1 = none
MARKET: Final = np.dtype([("tradable", "i8"), ("settle_ms", "i8"), ("sector", "i8")], align=True)

#: rows of Plan.needs: what position variables and rows are evaluated for. Levels of a buy to be, of exits that are frozen or not, RULEs,
#: everything
FOR_ENTRY: Final = 0
FOR_FROZEN: Final = 1
FOR_MOVING: Final = 2
FOR_RULES: Final = 3
FOR_ALL: Final = 4

_KINDS: Final = {"stops": ExitKind.STOP, "targets": ExitKind.TARGET, "rules": ExitKind.RULE}
_NO_PROFILE: Final = RiskProfile(name="")
_NO_LIMIT: Final = np.iinfo(np.int64).max


@by_reference
class Plan(NamedTuple):
    """Arrays that compiled functions take as one argument. M markets, E exits, K named conditions, P position rows, V slots.

    R rules, B breakers and W drawdown windows of the risk profile."""

    venue: Venue
    settings: NDArray[Any]  # SETTINGS [1]
    buying: NDArray[Any]  # fills.ENTER [1]
    exits: NDArray[Any]  # EXIT [E]
    market: NDArray[Any]  # MARKET [M]
    conditions: NDArray[np.int64]  # [K] slots
    addresses: NDArray[np.int64]  # of the ops of the rows
    rows: NDArray[np.int64]  # [P, 7]
    row_params: NDArray[np.float64]
    initial: NDArray[np.float64]  # [V]
    rules: NDArray[Any]  # guard_plan.RULE [R]
    breakers: NDArray[Any]  # guard_plan.BREAKER [B]
    window_days: NDArray[np.int64]  # [W]
    pairs: NDArray[np.int64]  # [M] column of the measure with each market; [0] without one
    on_position: NDArray[np.int64]  # [K] the condition has a value only where a position is open
    needs: NDArray[np.int64]  # [FOR_ALL + 1, 2 + P] quiet_plan.needs_of
    gates: NDArray[Any]  # quiet_plan.GATE [E + K]: of the exits, then of the conditions
    gate_columns: NDArray[np.int64]
    drawdowns: NDArray[np.int64]  # [leaves] window of each acct.drawdown leaf, in the order of PositionRows.drawdown_ms


@dataclass(frozen=True, slots=True)
class Terms:
    """What the user chose for the account. fee_rate: per side; slippage: ratio; on_grid False = continuous prices and quantities.
    costs: what the run assumes beyond these; books: recorded order books by market, read where the costs ask for them; shown, supposed: the
    depth that their visible depth, and their supposed book, have on the run's bars."""

    cash_krw: float = 10_000_000.0
    fee_rate: float = 0.0005
    slippage: float = 0.0005
    on_grid: bool = True
    costs: Costs = NO_COSTS
    books: Mapping[str, RecordedBooks] = field(default_factory=dict)
    shown: Shown | None = None
    supposed: Shown | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A strategy's place in a portfolio: its share of the capital, its condition on entries (node), the windows of all strategies."""

    share: float
    when: int | None
    windows: tuple[int, ...]


def make_plan(
    strategy: Strategy,
    position: PositionRows,
    markets: Sequence[str],
    terms: Terms,
    *,
    tradable: Sequence[bool] | None = None,
    settle_ms: Sequence[int] | None = None,
    row_addresses: NDArray[np.int64] | None = None,
    part: Part | None = None,
) -> Plan:
    """The arrays of one run.

    markets: codes in order; tradable[i]: entries are allowed (False for a market that only feeds an alias; default all);
    settle_ms[i]: UTC ms from which the market's values are settled (default: always); row_addresses: of the ops that
    `position.rows` names, for ops outside the catalogue; part: its place in a portfolio.
    Raises ValueError for a strategy that cannot be decided as it stands.
    """
    if sorted(set(markets)) != list(markets):
        raise ValueError(f"markets must be sorted and different: {list(markets)}")
    _check_exits(strategy)
    market = np.zeros(len(markets), MARKET)
    market["tradable"] = 1 if tradable is None else np.asarray(tradable, np.int64)
    market["settle_ms"] = np.iinfo(np.int64).min if settle_ms is None else np.asarray(settle_ms, np.int64)
    slots, profile = position.slot_of_node, strategy.risk or _NO_PROFILE
    market["sector"] = sectors_of(profile, markets)
    windows = window_days(profile, position) if part is None else part.windows
    settings = _settings(strategy, position, markets, terms.on_grid, ranked=int(market["tradable"].sum()) > 1)
    _crowding_settings(settings[0], profile.crowding if position.pairs else None, markets)
    if part is not None:
        settings["share"] = part.share
        settings["when_slot"] = -1 if part.when is None else slots[part.when]
    conditions = [slots[condition.node] for condition in strategy.conditions]
    gates, gate_columns = gates_of(position, [*(slots[rule.node] for rule in strategy.exits), *conditions])
    reads = [reads_of(position, slots[rule.node]) for rule in strategy.exits]
    moves = [
        0 if rule.frozen or rule.kind is ExitKind.RULE else moved_by(position, read)
        for rule, read in zip(strategy.exits, reads, strict=True)
    ]
    _level_settings(settings[0], strategy.exits, moves, position)
    on_position = [slot >= position.column_count and math.isnan(position.initial[slot]) for slot in conditions]
    settings["counts_on_position"] = any(on_position)
    return Plan(
        venue=make_venue(
            markets, terms.fee_rate, terms.slippage, terms.on_grid, terms.costs, strategy.execution.leave.max_slippage,
            terms.books, terms.shown, terms.supposed,
        ),
        settings=settings,
        buying=enter_terms(strategy.execution.enter, strategy.clock.length_ms),
        exits=np.array([_exit_row(rule, slots, moves_with) for rule, moves_with in zip(strategy.exits, moves, strict=True)], EXIT),
        market=market,
        conditions=np.array(conditions, np.int64),
        addresses=addresses(position.ops) if row_addresses is None else row_addresses,
        rows=np.ascontiguousarray(position.rows, np.int64).reshape(-1, 7),
        row_params=np.ascontiguousarray(position.params, np.float64),
        initial=np.ascontiguousarray(position.initial, np.float64),
        rules=rule_rows(profile, windows),
        breakers=breaker_rows(profile, strategy.graph, slots),
        window_days=np.array(windows, np.int64),
        pairs=np.array(position.pairs, np.int64),
        on_position=np.array(on_position, np.int64),
        needs=needs_of(position, _wanted(strategy, settings[0], reads)),
        gates=gates,
        gate_columns=gate_columns,
        drawdowns=np.array([windows.index(days_of(window_ms)) for window_ms in position.drawdown_ms], np.int64),
    )  # fmt: skip


def make_book(plan: Plan, cash_krw: float) -> Book:
    """Empty books for the plan. Raises ValueError for cash that is not >= 0."""
    return new_book(book_size(plan), plan.initial, cash_krw)


def book_size(plan: Plan) -> Size:
    """How much room the plan's books need."""
    return Size(
        markets=len(plan.market), exits=len(plan.exits), columns=int(plan.settings[0]["column_count"]), conditions=len(plan.conditions),
        rules=len(plan.rules), breakers=len(plan.breakers), windows=len(plan.window_days),
        peak_days=max(map(int, plan.window_days), default=1),
    )  # fmt: skip


def _check_exits(strategy: Strategy) -> None:
    if len(strategy.exits) > MAXIMUM_EXITS:
        raise ValueError(f"{len(strategy.exits)} exits are more than {MAXIMUM_EXITS}")
    for position, rule in enumerate(strategy.exits):
        if rule.after is not None and not (0 <= rule.after < len(strategy.exits) and rule.after != position):
            raise ValueError(f"exit {rule.name}: `after` names no other exit")
        if not 0.0 < rule.share <= 1.0:
            raise ValueError(f"exit {rule.name}: the share {rule.share} is not in (0, 1]")


def _exit_row(rule: Exit, slots: dict[int, int], moves_with: int) -> tuple[float, ...]:
    after = -1 if rule.after is None else rule.after
    return (int(rule.kind), slots[rule.node], int(rule.frozen), moves_with, after, *_share(rule.share), int(rule.of_rest))


def _wanted(strategy: Strategy, settings: Any, reads: Sequence[set[int]]) -> list[set[int] | None]:
    """The slots that each purpose FOR_ENTRY..FOR_ALL asks for; None: all. reads: of each exit."""
    exits = list(zip(strategy.exits, reads, strict=True))
    levels = [(rule, read) for rule, read in exits if rule.kind is not ExitKind.RULE]
    measured = (settings["stop_exit"], settings["loss_exit"])
    entry = [
        read for place, (rule, read) in enumerate(exits) if place in measured or (rule.kind is not ExitKind.RULE and rule.after is None)
    ]
    frozen = [read for rule, read in levels if rule.frozen]
    moving = [read for rule, read in levels if not rule.frozen]
    rules = [read for rule, read in exits if rule.kind is ExitKind.RULE]
    first = None if settings["order_slot"] >= 0 else set().union(*entry)
    return [first, *(set().union(*parts) for parts in (frozen, moving, rules)), None]


@lru_cache(maxsize=1024)
def _share(share: float) -> tuple[float, float]:
    """The decimal that the file says, so that 29% of 100 is 29; where it has too many digits, the float itself over 1."""
    try:
        return unit_and_scale(Decimal(repr(share)))
    except ValueError:
        return share, 1.0


def _settings(strategy: Strategy, position: PositionRows, markets: Sequence[str], on_grid: bool, *, ranked: bool) -> NDArray[Any]:
    """ranked: candidates have to be put in order; else the rank need not be there."""
    slots, sizing, limits, risk = position.slot_of_node, strategy.sizing, strategy.limits, strategy.risk or _NO_PROFILE
    settings = np.zeros(1, SETTINGS)
    row = settings[0]
    row["clock_ms"], row["clock_offset_ms"] = strategy.clock.length_ms, strategy.clock.offset_ms
    row["column_count"] = position.column_count
    row["resting_targets"] = int(strategy.execution.leave.order == "limit")
    row["entry_slot"], row["rank_slot"] = slots[strategy.entry], -1
    if strategy.rank is not None and (ranked or strategy.rank in slots):
        row["rank_slot"] = slots[strategy.rank]
    row["scale_slot"] = -1 if sizing.scale is None else slots[sizing.scale]
    row["when_slot"], row["share"] = -1, 1.0
    row["order_slot"] = -1 if strategy.entry_order is None else slots[strategy.entry_order]
    row["position_rows"] = position.position_rows
    row["watches"] = int(bool(risk.rules) or position.reads_account)
    row["stop_exit"] = -1 if sizing.risk is None else _stop_exit(strategy)
    row["loss_exit"] = row["stop_exit"] if sizing.risk is not None else _named_stop(strategy)
    row["loss_ratio"], row["loss_krw"] = _or(risk.risk_per_trade, math.inf), _or(risk.risk_per_trade_krw, math.inf)
    row["risk"], row["weight"] = _or(sizing.risk, math.nan), _or(sizing.weight, math.nan)
    row["max_weight"] = _or(sizing.max_weight, math.inf)
    row["exposure_total"] = _or(risk.exposure_total, math.inf)
    row["exposure_per_market"] = _or(risk.exposure_per_market, math.inf)
    row["max_order_krw"] = min(_or(risk.max_order_krw, math.inf), _largest_order() if on_grid else math.inf)
    row["cash_reserve_krw"] = _or(risk.cash_reserve_krw, 0.0)
    row["min_order_krw"] = _minimum_order(strategy, markets)
    row["sale_minimum_krw"] = _exchange_minimum(markets, Side.ASK)
    row["open_positions"] = _limit(limits.open_positions, _NO_LIMIT)
    row["entries_per_day"] = _limit(limits.entries_per_day, _NO_LIMIT)
    row["cooldown_ms"], row["reentry_bars"] = _limit(limits.cooldown_ms, 0), _limit(limits.reentry_bars, 0)
    given = (limits.open_positions, limits.entries_per_day, limits.cooldown_ms, limits.reentry_bars)
    row["own_limits"] = bool(risk.breakers) or any(limit is not None for limit in given)
    _account_settings(row, risk, slots)
    return settings


def _account_settings(row: Any, risk: RiskProfile, slots: dict[int, int]) -> None:
    """What the profile limits over all strategies of the account."""
    row["exposure_per_strategy"] = _or(risk.exposure_per_strategy, math.inf)
    row["capital_krw"], row["capital_ratio"] = _or(risk.capital_krw, math.inf), _or(risk.capital_ratio, 1.0)
    row["max_slippage"] = _or(risk.max_slippage, math.inf)
    row["book_share"], row["book_slot"] = (0.0, -1) if risk.book_share is None else (risk.book_share.share, slots[risk.book_share.node])
    row["account_positions"] = _limit(risk.open_positions, _NO_LIMIT)
    row["positions_per_market"] = risk.positions_per_market
    row["max_per_sector"] = _limit(risk.max_per_sector, _NO_LIMIT)
    row["orders_per_minute"] = _limit(risk.orders_per_minute, _NO_LIMIT)
    limits = ("account_positions", "max_per_sector", "orders_per_minute")
    row["account_limits"] = any(row[name] != _NO_LIMIT for name in limits) or risk.crowding is not None


def _level_settings(row: Any, exits: Sequence[Exit], moves: Sequence[int], position: PositionRows) -> None:
    """What the exits ask of a STEP and of a CLOSE. moves: EXIT.moves_with of each."""
    slots = position.slot_of_node
    row["levels_move_with"] = reduce(or_, moves, 0)
    for name, kind in _KINDS.items():
        row[name] = _bits([rule.kind is kind for rule in exits])
    row["first"] = _bits([rule.after is None for rule in exits])
    row["frozen"] = _bits([rule.frozen and rule.kind is not ExitKind.RULE for rule in exits])
    row["moving"] = _bits([one != 0 for one in moves])
    row["has_levels"] = int(any(rule.kind is not ExitKind.RULE for rule in exits))
    row["extremes_matter"] = int(any(moves) or reads_extremes(position, slots.values()))
    row["rules_on_position"] = int(any(rule.kind is ExitKind.RULE and slots[rule.node] >= position.column_count for rule in exits))


def _bits(answers: Sequence[bool]) -> int:
    """The bits of the places where the answer is yes."""
    return sum(1 << place for place, answer in enumerate(answers) if answer)


def _crowding_settings(row: Any, crowding: Crowding | None, markets: Sequence[str]) -> None:
    """How many positions may move together. Raises ValueError when bitcoin is asked about and not among the markets."""
    row["pair_above"] = row["btc_above"] = math.inf
    row["bitcoin"], row["cluster_most"] = -1, _NO_LIMIT
    if crowding is None or (crowding.pair is None and crowding.btc is None):
        return
    row["cluster_most"] = crowding.cluster
    row["pair_above"] = _or(crowding.pair, math.inf)
    if crowding.btc is not None:
        row["btc_above"], row["bitcoin"] = crowding.btc, list(markets).index(BITCOIN)


def _stop_exit(strategy: Strategy) -> int:
    for position, rule in enumerate(strategy.exits):
        if rule.name == STOP_NAME and rule.kind is ExitKind.STOP:
            return position
    raise ValueError(f"sizing by risk needs an exit named `{STOP_NAME}` with a level below the price")


def _named_stop(strategy: Strategy) -> int:
    """The same, active from the start; -1 without one."""
    known = [p for p, e in enumerate(strategy.exits) if (e.name, e.kind, e.after) == (STOP_NAME, ExitKind.STOP, None)]
    return known[0] if known else -1


def _minimum_order(strategy: Strategy, markets: Sequence[str]) -> float:
    risk = strategy.risk or _NO_PROFILE
    given = [strategy.sizing.min_order_krw, risk.min_order_krw]
    chosen = [float(amount) for amount in given if amount is not None] or [DEFAULT_MINIMUM_ORDER_KRW]
    return max(*chosen, _exchange_minimum(markets, Side.BID))


def _exchange_minimum(markets: Sequence[str], side: Side) -> float:
    """KRW markets have had one minimum at all times; prices here are KRW (docs/decide.md §1)."""
    foreign = [market for market in markets if not market.startswith("KRW-")]
    if foreign:
        raise ValueError(f"only KRW markets can be traded: {', '.join(foreign)}")
    return _krw_minimum(side)


@cache
def _krw_minimum(side: Side) -> float:
    return float(minimum_total("KRW-BTC", side, 0))


@cache
def _largest_order() -> float:
    """KRW markets have had one maximum, too; comparisons without a grid know none."""
    amount = maximum_total("KRW-BTC", Side.BID, 0)
    return math.inf if amount is None else float(amount)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else float(value)


def _limit(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
