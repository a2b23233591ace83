"""Rules, events, orders and books of the reference `decide`, as plain records (docs/decide.md §1 and §4)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from tests.oracles.reference_depth import BEYOND, BOOK, MODEL, Books, SupposedBook, standing, walk
from tests.oracles.reference_prices import NoGrid, UpbitGrid

E8 = 100_000_000
DAY_MS = 86_400_000
SALE_MINIMUM_KRW = 5_000
MIN_ORDER_KRW = 30_000
LARGEST_ORDER_KRW = 1_000_000_000
NAN = math.nan
UPBIT_GRID, NO_GRID = UpbitGrid(), NoGrid()
STOP, TARGET, RULE = "stop", "target", "rule"
BUY, SELL = "buy", "sell"

Columns = Mapping[Any, float]  # what a CLOSE says of one market; {} before the first


@dataclass(slots=True)
class Seen:
    """The position variables as an expression sees them."""

    entry: float
    high: float
    low: float
    p: float
    age: float
    fee: float
    bars: float = 0

    @property
    def gain(self) -> float:
        return self.p / self.entry - 1

    @property
    def best(self) -> float:
        return self.high / self.entry - 1

    @property
    def worst(self) -> float:
        return self.low / self.entry - 1

    @property
    def pnl(self) -> float:
        return self.p * (1 - self.fee) / (self.entry * (1 + self.fee)) - 1


# A market expression reads the columns; a position expression reads them and `Seen`. Conditions are 1.0, 0.0, NaN.
MarketValue = Callable[[Columns], float]
PositionValue = Callable[[Columns, Seen], float]


@dataclass(frozen=True)
class ExitRule:
    name: str
    kind: str
    value: PositionValue
    frozen: bool = False
    after: int | None = None
    share: float = 1.0
    of_rest: bool = False


def float_below(exact: Fraction) -> float:
    """Largest whole float64 that is not above the exact number (above 2^53 not every whole number is a float64)."""
    near = float(math.floor(exact))
    return math.nextafter(near, 0) if near > exact else near


@dataclass(frozen=True)
class Enter:
    """How buys are placed (docs/decide.md §3). after, every: ms, None = never; then: "cancel" or "market"."""

    order: str = "market"  # market | limit | post_only | at_once
    side: str = "bid"
    ticks: int = 0
    every: int | None = None
    after: int | None = None
    then: str = "cancel"
    filled: tuple[float, float] = (0.0, math.inf)  # `then` applies from this filled share to below that one
    most: float | None = None  # slippage up to which `then: market` buys
    force: str | None = None  # ioc | fok

    def holds(self, share: float) -> bool:
        """`then` applies to an order of which that share is filled."""
        return self.filled[0] <= share < self.filled[1]


@dataclass(frozen=True)
class Rules:
    """Everything that `decide` works by and that never changes in a run."""

    markets: tuple[str, ...]  # that may trade
    entry: MarketValue
    exits: tuple[ExitRule, ...]
    clock_ms: int
    clock_offset_ms: int = 0
    rank: MarketValue | None = None
    scale: Callable[[Columns, Any], float] | None = None  # of the columns and the account
    order_condition: Callable[[Columns, Any], float] | None = None
    fee: float = 0.0005
    slip: float = 0.0
    rounding: bool = True
    risk: float | None = None
    weight: float | None = None
    max_weight: float | None = None
    min_order: float | None = None  # of the file
    profile_min_order: float | None = None
    profile_max_order: float | None = None
    one_loss: tuple[float, float] | None = None  # ratio and KRW, infinite where not given
    exposure_total: float | None = None
    exposure_per_market: float | None = None
    cash_reserve: float | None = None
    open_positions: int | None = None
    entries_per_day: int | None = None
    cooldown_ms: int | None = None
    reentry_bars: int | None = None
    exposure_per_strategy: float | None = None
    capital_krw: float | None = None
    capital_ratio: float | None = None
    account_positions: int | None = None
    positions_per_market: int = 1
    sectors: Mapping[str, str] = field(default_factory=dict)  # market -> sector
    max_per_sector: int | None = None
    orders_per_minute: int | None = None
    max_slippage: float | None = None
    book_share: tuple[float, MarketValue] | None = None
    crowding: Any = None  # dsl.strategy.Crowding, of which only the bounds are read here
    enter: Enter = Enter()
    limits: tuple[Any, ...] = ()  # reference_risk.Limit
    breakers: tuple[Any, ...] = ()  # reference_risk.Breaker
    fees: tuple[tuple[float, str, int], ...] = ()  # (rate, market or "" for all, from): §10
    impact: float = 0.0
    impact_root: bool = False
    participation: float | None = None
    leave_most: float | None = None  # leave.max_slippage
    leave_limit: bool = False  # TARGETs are limit sales
    latency: int = 0
    share: float = 1.0  # of the capital, in a portfolio (§9)
    books: Books = field(default_factory=dict)  # recorded ones: §10
    queue: float | None = None  # share of V that trades at a touched limit
    supposed: SupposedBook | None = None  # where no book stands
    visible: Callable[[str, int], float] | None = None  # KRW that are shown where no book stands, of market and time; None: no refusals
    halts: tuple[tuple[str, int, int], ...] = ()  # (market or "" for all, from, until)

    def halted(self, market: str, time: int) -> bool:
        """§10, Halts."""
        return any(whose in ("", market) and since <= time < until for whose, since, until in self.halts)

    def fee_of(self, market: str, time: int) -> float:
        """The fee of an order made then."""
        if not self.fees:
            return self.fee
        for name in (market, ""):
            begun = [(since, k, rate) for k, (rate, whose, since) in enumerate(self.fees) if whose == name and since <= time]
            if begun:
                return max(begun)[2]
        return self.fee

    def slip_of(self, market: str, buys: bool, counts: float, volume: float, time: int) -> tuple[float, int]:
        """Slippage of a part of so many counts where so many trade, and by what it was found."""
        share = counts / volume if counts < volume else 1.0
        slip = self.slip + (self.impact * (math.sqrt(share) if self.impact_root else share) if self.impact else 0.0)
        book = standing(self.books, market, time)
        if book is None or not counts > 0:
            return slip, MODEL
        walked, shown = walk(book, buys, counts)
        return (walked, BOOK) if shown else (max(walked, slip), BEYOND)

    def counts_at(self, market: str, bids: bool, price: float, p: float, time: int) -> float:
        """What the book shows at a price, for queues."""
        book = standing(self.books, market, time)
        if book is not None:
            return next((coins * E8 for level, coins in (book.bids if bids else book.asks) if level == price), 0.0)
        return 0.0 if self.supposed is None else self.supposed.counts_at(self.grid, market, bids, price, p, time)

    def sale_share(self) -> float | None:
        """Share of a STEP's volume that a sale may be."""
        shares = [] if self.participation is None else [self.participation]
        if self.impact and self.leave_most is not None and self.leave_most > self.slip:
            at_most = (self.leave_most - self.slip) / self.impact
            at_most = at_most * at_most if self.impact_root else at_most
            shares += [at_most] if at_most < 1 else []
        return min(shares, default=None)

    @cached_property
    def grid(self) -> UpbitGrid | NoGrid:
        return UPBIT_GRID if self.rounding else NO_GRID

    @cached_property
    def of_kind(self) -> dict[str, list[tuple[int, int | None]]]:
        """(exit, the exit that it comes after) by kind, in file order."""
        return {kind: [(i, exit_.after) for i, exit_ in enumerate(self.exits) if exit_.kind == kind] for kind in (STOP, TARGET, RULE)}

    def counts_for(self, amount: float, price: float) -> float:
        """Counts that an amount buys; exact, the price being its decimal."""
        return float_below(Fraction(amount) * E8 / Fraction(repr(float(price)))) if self.rounding else amount * E8 / price

    def part(self, share: float, counts: float) -> float:
        """A share of some counts, the share being the decimal that the file says."""
        return float_below(Fraction(repr(share)) * int(counts)) if self.rounding else share * counts


# ---- events (docs/decide.md §1) and the intent ----
@dataclass(slots=True)
class Step:
    market: str
    time: int
    open: float
    high: float
    low: float
    close: float
    traded: bool = True
    volume: float = NAN  # coins
    bar_volume: float | None = None  # of the base bar that a finer one is part of


@dataclass(slots=True)
class Close:
    time: int
    columns: Mapping[str, Columns]


@dataclass(slots=True)
class Mark:
    time: int


@dataclass(slots=True)
class Fill:
    order: int
    quantity: float  # counts of 1e-8 coin
    price: float
    fee: float
    time: int


@dataclass(slots=True)
class Done:
    order: int
    reason: str
    time: int


@dataclass(slots=True)
class Cash:
    amount: float
    time: int = 0


@dataclass(slots=True)
class Control:
    what: str  # stop_entries | allow_entries
    time: int = 0


Event = Step | Close | Mark | Fill | Done | Cash | Control


@dataclass(slots=True)
class Order:
    """An intent, and the working order that it becomes."""

    id: int
    market: str
    side: str
    time: int
    amount: float = 0.0  # KRW, of a buy
    quantity: float = 0  # counts, of a sale
    base: float = NAN  # price reached, of a sale made inside a STEP
    limit: float = NAN  # first limit, of a buy; of a TARGET that waits at its level
    reason: int = -1  # index of the exit
    fires: tuple[int, ...] = ()
    columns: Columns = field(default_factory=dict)  # of the CLOSE that decided a buy
    ambiguous: bool = False  # the STEP had been found ambiguous
    filled: float = 0
    left: float = 0  # counts of a sale
    stopped: bool = False  # the rest of a buy is to be cancelled
    spent: float = 0.0  # KRW without fees, of a buy


# ---- state ----
@dataclass(slots=True)
class Queue:
    """Of a TARGET that waits at its level (§10, Queue share): since when, counts before it, counts sold by touches, STEP of the last."""

    since: int = 0
    ahead: float = 0.0
    sold: float = 0
    touched: int | None = None


@dataclass(slots=True)
class Position:
    opened: int
    columns: Columns  # of the decision
    fired: list[bool]
    level: list[float]
    small: list[bool]  # sale_below_minimum already counted
    queues: list[Queue]  # of the exits: a TARGET that waits at its level
    quantity: float = 0
    bought: float = 0
    cost: float = 0.0
    proceeds: float = 0.0
    fees: float = 0.0
    entry: float = NAN
    high: float = NAN
    low: float = NAN


@dataclass(slots=True)
class Path:
    """A STEP that is being walked: p is where the price stands, `ends` what is still before it."""

    time: int
    p: float
    open: float
    high: float
    ends: list[float]
    ambiguous: bool = False
    targets: bool = True  # TARGETs are tried


@dataclass(slots=True)
class Market:
    code: str
    last: float = NAN
    volume: float = 0.0  # V of the last base bar that traded
    step_volume: float = 0.0  # V of the last traded STEP
    traded: tuple[int, float] = (-1, 0)  # the latest STEP in which something traded for the account, and the counts
    position: Position | None = None
    order: Order | None = None
    path: Path | None = None
    columns: Columns = field(default_factory=dict)
    opened_on: Counter[int] = field(default_factory=Counter)  # UTC day -> positions opened
    last_exit: int | None = None
    last_loss: int | None = None


@dataclass(slots=True)
class State:
    cash: float
    markets: dict[str, Market]
    next_order: int = 1
    entries_stopped: bool = False
    skipped: Counter[str] = field(default_factory=Counter)
    sale_below_minimum: int = 0
    ambiguous_steps: int = 0
    ambiguous_krw: float = 0.0
    # what the risk profile remembers
    looked: int | None = None
    stirred: bool = False
    bases: dict[str, float] = field(default_factory=dict)  # day, week, month -> equity at its turn
    peaks: dict[datetime, float] = field(default_factory=dict)
    in_force: dict[int, float | None] = field(default_factory=dict)  # limit -> until
    disarmed: set[int] = field(default_factory=set)
    breakers: dict[tuple[int, str | None], int] = field(default_factory=dict)  # (breaker, market or account) -> until
    unknown_breakers: set[tuple[int, str | None]] = field(default_factory=set)
    spent_breakers: dict[tuple[int, str | None], int] = field(default_factory=dict)  # not armed -> trades closed when it came into force
    losses_in_row: int = 0
    trades_closed: int = 0
    made: Counter[int] = field(default_factory=Counter)  # UTC minute -> orders
    buys: list[tuple[str, int]] = field(default_factory=list)  # every buy that was decided: market, time

    def of_account(self) -> list[Market]:
        """The markets of every strategy on the account."""
        return list(self.markets.values())

    def traded(self, code: str, time: int) -> float:
        """Counts of a market that traded for the account in the STEP of a time."""
        return sum(m.traded[1] for m in self.of_account() if m.code == code and m.traded[0] == time)

    def exposure(self) -> float:
        return exposure_of(self.of_account())

    def equity(self) -> float:
        return self.cash + self.exposure()


def exposure_of(markets: Iterable[Market]) -> float:
    """Open positions at last prices."""
    return sum(m.position.quantity * m.last / E8 for m in markets if m.position is not None)


def make_order(state: State, m: Market, side: str, time: int, **fields: Any) -> Order:
    m.order = Order(state.next_order, m.code, side, time, **fields)
    m.order.left = m.order.quantity
    state.next_order += 1
    state.made[time // 60_000] += 1
    if side == BUY:
        state.buys.append((m.code, time))
    return m.order


def new_state(rules: Rules, cash: float) -> State:
    return State(cash, {code: Market(code) for code in sorted(rules.markets)})
