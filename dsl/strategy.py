"""What a checked strategy is: the graph and the settings that `decide` works by. Made only by the checker."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from dsl.file_tests import FileTest
from dsl.graph import Graph, Timeframe


class State(StrEnum):
    """What the owner allows the file to do."""

    OFF = "off"
    PAPER = "paper"
    LIVE = "live"


class ExitKind(IntEnum):
    """How an exit is hit (docs/decide.md §4)."""

    STOP = 0  # protective level, watched inside the bar
    TARGET = 1  # level above the entry, watched inside the bar
    RULE = 2  # condition, decided when the clock closes


@dataclass(frozen=True, slots=True)
class Exit:
    """One exit rule. `node`: a price (STOP, TARGET) or a condition (RULE); `after`: index of the exit that must have fired first."""

    name: str
    kind: ExitKind
    node: int
    frozen: bool = False
    after: int | None = None
    share: float = 1.0  # 0 < share <= 1
    of_rest: bool = False


@dataclass(frozen=True, slots=True)
class Sizing:
    """How large a buy is; ratios of equity. `scale`: market-phase node that multiplies the size."""

    risk: float | None = None
    weight: float | None = None
    max_weight: float | None = None
    min_order_krw: int | None = None
    scale: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Entry limits of the strategy file."""

    open_positions: int | None = None
    entries_per_day: int | None = None  # per market
    cooldown_ms: int | None = None  # after a losing trade of the market
    reentry_bars: int | None = None  # clock bars after the market's last exit


@dataclass(frozen=True, slots=True)
class Condition:
    """A named condition of the file, for reports and `why`: its YAML path and its node.

    A group stands after the `members` conditions that it joins (groups among them with theirs); join: `all`, `any`, `none` or
    `at_least` (`needed` of them); "" for a rule.
    """

    path: str
    node: int
    join: str = ""
    members: int = 0
    needed: int = 0


@dataclass(frozen=True, slots=True)
class Wording:
    """How the file says what a node computes, by node id: the first text, and the first definition of that value."""

    texts: dict[int, str] = field(default_factory=dict)
    definitions: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Universe:
    """Which markets may be entered, decided at scheduled instants over all candidate markets.

    graph: of its own, on the strategy's clock; its `across` domain is every candidate. keep: condition (all of `keep`, none of `drop`) that
    must be true; by: market-phase node, largest first (missing last, ties by code), `take` of them. refresh_ms: of the UTC day, every
    `every_ms`. The members of an instant hold from the first clock bar that closes at or after it to the next instant. Between them
    `universe.member` is the leaf that says so; the checker joins it to `entry`.
    """

    graph: Graph
    keep: int
    by: int | None
    take: int | None
    refresh_ms: int
    every_ms: int
    conditions: tuple[Condition, ...] = ()
    wording: Wording = field(default_factory=Wording, compare=False)


@dataclass(frozen=True, slots=True)
class External:
    """A series that the file declares: from a file (`path`), posted to the engine, or both. Missing when older than `stale_after_ms`."""

    name: str
    path: str | None
    stale_after_ms: int | None
    posted: bool = False


@dataclass(frozen=True, slots=True)
class Factor:
    """One part of the score: its node (inside -1..1) and its weight as the file says it."""

    name: str
    node: int
    weight: float


@dataclass(frozen=True, slots=True)
class Enter:
    """How buys are placed. order: market | limit | best | post_only. side and ticks: `best bid + 1 tick`; ms of None: never.

    then: what happens after `after_ms` to what is not filled: "market" (when slippage is at most `then_max_slippage`) or "cancel".
    """

    order: str = "market"
    side: str = "bid"
    ticks: int = 0
    time_in_force: str | None = None  # ioc | fok
    reprice_ms: int | None = None
    after_ms: int | None = None
    then: str = "cancel"
    then_max_slippage: float | None = None
    then_filled_from: float | None = None
    """`then` applies only when at least this share of the order is filled (`then_filled_below`: less than this share)."""
    then_filled_below: float | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """How sales are placed."""

    order: str = "market"
    max_slippage: float | None = None


@dataclass(frozen=True, slots=True)
class Execution:
    """How intents become orders."""

    enter: Enter = field(default_factory=Enter)
    leave: Leave = field(default_factory=Leave)


class Action(IntEnum):
    """What a risk rule does while it is in force (docs/decide.md §8)."""

    STOP_ENTRIES = 0
    FLATTEN = 1  # sell everything; entries are stopped too
    SIZE = 2  # entries are made smaller


class Until(IntEnum):
    """How long a risk rule stays in force once its limit has been reached."""

    WHILE = 0  # as long as it is reached
    NEXT_DAY = 1
    NEXT_WEEK = 2
    NEXT_MONTH = 3
    MANUAL = 4  # until the owner allows entries again
    DURATION = 5


class Period(IntEnum):
    """What a loss is measured from: the equity at the turn of a period, or the highest equity of a window."""

    DAY = 0
    WEEK = 1
    MONTH = 2
    DRAWDOWN = 3


@dataclass(frozen=True, slots=True)
class RiskRule:
    """One limit of loss or one step of a drawdown ladder. Reached when either limit is: ratio of the capital, or KRW."""

    name: str
    period: Period
    limit_ratio: float | None
    limit_krw: int | None
    action: Action
    until: Until = Until.WHILE
    days: int = 0  # DRAWDOWN: days of the window, the present one included
    factor: float = 1.0  # SIZE
    hold_ms: int = 0  # DURATION


@dataclass(frozen=True, slots=True)
class Breaker:
    """A condition of the strategy's graph that stops a market, or the whole account when it reads no market's own values.

    close: positions are sold too. hold_ms: in force this long after each CLOSE at which it was true (0: at that CLOSE only).
    bars_ms: length of the bars on which it is looked at; a run on longer base bars leaves it out and says so (0: any base will do).
    """

    name: str
    node: int
    account: bool
    close: bool
    hold_ms: int = 0
    bars_ms: int = 0

    def runs_on(self, base: Timeframe) -> bool:
        """Whether base bars of this length make up its bars."""
        return self.bars_ms % base.length_ms == 0


@dataclass(frozen=True, slots=True)
class Crowding:
    """How many positions may be alike (docs/decide.md §8). Two markets are alike above `pair`, and where both are above `btc` with KRW-BTC.

    graph: of the measure alone, on the strategy's clock, with `dsl.pairs.OTHER` as the market that another one is measured with; measure:
    its node. cluster: most positions that are alike, directly or through others. None: no such bound.
    """

    graph: Graph
    measure: int
    pair: float | None = None
    cluster: int = 1
    btc: float | None = None

    def runs_on(self, base: Timeframe) -> bool:
        """Whether base bars of this length make up all bars that the measure reads."""
        return all(node.section is None or node.section.timeframe.length_ms % base.length_ms == 0 for node in self.graph)


@dataclass(frozen=True, slots=True)
class BookShare:
    """The most that one buy may be: a share of an amount of KRW, a market-phase node of the strategy's graph. `text` says it."""

    share: float
    node: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Safety:
    """A guard of the running engine (`safety:`): carried with the profile; facts about the engine do not enter a backtest."""

    name: str
    action: str
    after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """A checked risk file: what `decide` enforces for the account (docs/decide.md §6 and §8). Ratios are of the capital."""

    name: str
    min_order_krw: int | None = None
    max_order_krw: int | None = None
    exposure_total: float | None = None
    exposure_per_market: float | None = None
    cash_reserve_krw: int | None = None
    risk_per_trade: float | None = None  # sizing.risk may not be above it, and no order may lose more at its stop
    risk_per_trade_krw: int | None = None
    exposure_per_strategy: float | None = None
    open_positions: int | None = None  # over all strategies
    positions_per_market: int = 1  # over all strategies
    sectors: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (name, markets)
    max_per_sector: int | None = None
    capital_krw: int | None = None
    capital_ratio: float | None = None  # of the equity
    orders_per_minute: int | None = None
    max_slippage: float | None = None
    book_share: BookShare | None = None
    rules: tuple[RiskRule, ...] = ()
    breakers: tuple[Breaker, ...] = ()
    crowding: Crowding | None = None
    safety: tuple[Safety, ...] = ()

    def reason(self, exit_index: int) -> str:
        """Name of the rule or breaker behind an order with exit_index <= -2 (docs/decide.md §8)."""
        return [*(rule.name for rule in self.rules), *(breaker.name for breaker in self.breakers)][-2 - exit_index]


@dataclass(frozen=True, slots=True)
class Strategy:
    """A checked strategy file. All node ids refer to `graph`. `version` is a hash of the normalised file."""

    name: str
    title: str
    state: State
    clock: Timeframe
    aliases: dict[str, str]
    markets: tuple[str, ...]  # `markets:` of the file; may be empty (then the command line names them)
    graph: Graph
    entry: int
    exits: tuple[Exit, ...]
    sizing: Sizing
    limits: Limits
    risk: RiskProfile | None
    rank: int | None = None
    conditions: tuple[Condition, ...] = field(default_factory=tuple)
    params: dict[str, float] = field(default_factory=dict)
    version: str = ""
    universe: Universe | None = None
    entry_order: int | None = None
    """Condition of the order phase that must be true too, with the size that the entry would get (missing refuses)."""
    factors: tuple[Factor, ...] = ()
    score: int | None = None
    externals: tuple[External, ...] = ()
    execution: Execution = field(default_factory=Execution)
    reload: str = "keep_their_version"  # keep_their_version | adopt_exits | flatten_first
    wording: Wording = field(default_factory=Wording, compare=False)
    tests: tuple[FileTest, ...] = field(default=(), compare=False)

    def exit_name(self, exit_index: int) -> str:
        """Why an order was made: the exit's name, or that of the risk rule (exit_index <= -2); "" for an entry (-1)."""
        if exit_index >= 0:
            return self.exits[exit_index].name
        return self.risk.reason(exit_index) if exit_index < -1 and self.risk is not None else ""


@dataclass(frozen=True, slots=True)
class PortfolioPart:
    """One strategy of a portfolio: `weight` is its share of the equity; `when`: condition node of its graph that must be true to enter."""

    strategy: Strategy
    weight: float
    when: int | None = None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Several strategies on one account, under one risk profile. capital_krw or capital_ratio limits what the engine may use."""

    name: str
    title: str
    parts: tuple[PortfolioPart, ...]
    risk: RiskProfile | None
    capital_krw: int | None = None
    capital_ratio: float | None = None
    version: str = ""
