"""What a backtest leaves behind: columns only. Metrics and reports read nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from engine.kernel.bars import by_row
from engine.model.costs import NO_COSTS, Costs, TurnedAway

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Strategy
    from engine.model.candle import BarGrid, Ending, SideKey, StoredMarkets
    from engine.model.events import Members
    from engine.research.universe import UniverseCounts


#: runs shorter than this say nothing about coins that were delisted
SURVIVORS_DAYS: Final = 180


class Rounding(StrEnum):
    """`upbit`: price grid, 8-decimal quantities, whole-KRW buys. `none`: continuous, to compare with engines that know no grid."""

    UPBIT = "upbit"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose for the run. Times in UTC ms; the range is [from_ms, to_ms). fee_rate: per side; costs: what is assumed beyond
    fee and slippage."""

    cash_krw: float = 10_000_000.0
    fee_rate: float = 0.0005
    slippage: float = 0.0005
    rounding: Rounding = Rounding.UPBIT
    from_ms: int | None = None
    to_ms: int | None = None
    block: int = 2048
    costs: Costs = NO_COSTS


@dataclass(frozen=True, slots=True)
class SideGap:
    """A side series that was not recorded at some decisions. flag: it was taken as false there; else it was missing.

    decisions: market -> CLOSEs from the trading start at which it was not recorded, of `closes` at which the market's bar was known;
    modelled: those of the others at which the run supposed a value.
    """

    key: SideKey
    flag: bool
    decisions: dict[str, int]
    closes: dict[str, int]
    modelled: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """One run.

    fills: records of engine.kernel.book.FILL, in order of time.
    equity_ms int64 [n], equity_krw float64 [n]: one row per CLOSE (clock bar) from the trading start; equity = cash + open positions at
        last prices. cash_changes float64 [k, 2]: (row, KRW), the cash from that row on.
    candles: clock candles of every market for charts and buy-and-hold, on the clock's grid (built by the kernel's aggregator).
    skipped: entries skipped, by reason (engine.kernel.book.SKIP_REASONS). rule_counts: per named condition path
        (times true, false, missing) over all markets and CLOSEs.
    settled_ms: per market, when its values had settled (UTC ms); empty where that is not known.
    fill_bar_krw: float64 [fills], KRW traded in the base bar that each fill happened in (NaN: not known); None where nobody looked.
    left_out_breakers: those of the risk profile that need finer candles than the run had; `crowding` likewise.
    members: decisions of the universe, in order of time; universe: what its rules did, None without one.
    gaps: side series that were not recorded everywhere.
    synthetic: the candles were generated, not traded; every output says so. base: the candles that it ran over.
    parts: of a portfolio's account, its strategies' (engine.research.portfolio_result); owners: the strategy of each row of
        `markets`, which then may name a market twice; share: of the account's capital, in a part.
    stored: the markets that are stored beside those that were named; None: nobody looked. inside_bars, inside_apart: as of InsideBars.
    outages: those of the exchange, where the run asked for them (BarGrid.outages).
    """

    strategy: Strategy
    settings: Settings
    markets: tuple[str, ...]
    fills: NDArray[np.void]
    equity_ms: NDArray[np.int64]
    equity_krw: NDArray[np.float64]
    cash_changes: NDArray[np.float64]
    candles: BarGrid
    skipped: dict[str, int] = field(default_factory=dict)
    rule_counts: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    ambiguous_steps: int = 0
    ambiguous_krw: float = 0.0
    unsettled_entries: int = 0
    sale_below_minimum: int = 0
    turned_away: TurnedAway = field(default_factory=TurnedAway)
    settled_ms: tuple[int, ...] = ()
    fill_bar_krw: NDArray[np.float64] | None = None
    left_out_breakers: tuple[str, ...] = ()
    members: tuple[Members, ...] = ()
    universe: UniverseCounts | None = None
    gaps: tuple[SideGap, ...] = ()
    synthetic: bool = False
    compute_seconds: float = 0.0
    base: Timeframe | None = None
    parts: tuple[BacktestResult, ...] = ()
    owners: tuple[str, ...] = ()
    share: float = 1.0
    stored: StoredMarkets | None = None
    endings: Mapping[str, Ending] | None = None
    inside_bars: int = 0
    inside_apart: int = 0
    outages: tuple[tuple[int, int], ...] = ()

    @property
    def cash_krw(self) -> NDArray[np.float64]:
        """float64 [n]: cash at each row."""
        return by_row(self.cash_changes, len(self.equity_krw))

    @property
    def exposure_krw(self) -> NDArray[np.float64]:
        """float64 [n]: open positions at last prices, as far as the equity tells them: to its last digit, exactly 0 without any."""
        return self.equity_krw - self.cash_krw
