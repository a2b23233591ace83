"""Candles as columns: what the store returns and the kernel eats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.model.depth import RecordedBooks


#: (leaf name, its parameters) of a side series
SideKey: TypeAlias = tuple[str, tuple[float, ...]]
#: the side series that says which markets are in the universe
MEMBER: Final[SideKey] = ("universe.member", ())


class BarState(IntEnum):
    """UNKNOWN: never fetched. NO_TRADE: inside a fetched range, nothing traded (last close, volume 0). TRADED."""

    UNKNOWN = 0
    NO_TRADE = 1
    TRADED = 2


@dataclass(frozen=True, slots=True)
class CandleTable:
    """One market's candles as stored: traded bars only, sorted by time, no duplicates.

    time_ms int64 [n]: bar open time, UTC ms. open, high, low, close (KRW), volume (coins), value (KRW, NaN where unknown): float64 [n].
    fetched: half-open ranges [from_ms, to_ms) that were asked for; a bar inside without a row did not trade; outside it is unknown.
    """

    market: str
    timeframe: Timeframe
    time_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    value: NDArray[np.float64]
    fetched: tuple[tuple[int, int], ...]


class Ending(StrEnum):
    """What it means that a market's candles stop before those of others. ENDED: trading ended (a recorded or stated delisting, or the
    candles after it were asked for and there were none); GOES_ON: later candles or recordings of it are stored; UNKNOWN: neither."""

    ENDED = "ended"
    GOES_ON = "goes_on"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StoredMarkets:
    """The KRW markets with candles in a run's range: how many; how many of them are known to have ended in it; and how many stop in it, so
    that nobody knows whether they ended or were only not recorded any further."""

    count: int
    ended: int
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class InsideBars:
    """Finer bars that traded, of those base bars of a grid which they add up to (docs/decide.md §2): by market, then by time.

    first int64 [markets + 1]: rows first[m] to first[m + 1] are market m's. time_ms int64 [n]: open, UTC ms. Prices and volume float64 [n].
    bars: base bars that are made of them; apart: those that finer bars were recorded of, which do not add up to it.
    """

    first: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    bars: int
    apart: int


@dataclass(frozen=True, slots=True)
class BarGrid:
    """Several markets' bars on one dense base grid.

    first_index: absolute index (Timeframe.index) of column 0. state int8 [markets, n] of BarState. Prices float64 [markets, n],
    C-contiguous: TRADED as stored; NO_TRADE open=high=low=close=last close (NaN if nothing traded before), volume=value=0;
    UNKNOWN all NaN.
    side: series beside the candles (dsl.side_series) under (leaf name, parameters): float64 [markets, n], as known at each bar's
    close, NaN where nothing is recorded. A key that a program wants and the grid lacks is missing everywhere (flags: false).
    modelled: of such series, bool [markets, n]: where the value was supposed by the run and not recorded.
    release: as of `free`; None: the arrays lie in memory.
    books: order books recorded beside them, by market. inside: finer bars inside some of them. outages: [from, to) UTC ms in which the
    whole exchange stood still, where somebody looked (engine.candles.outages).
    """

    markets: tuple[str, ...]
    timeframe: Timeframe
    first_index: int
    state: NDArray[np.int8]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]
    value: NDArray[np.float64]
    side: Mapping[SideKey, NDArray[np.float64]] = field(default_factory=dict)
    books: Mapping[str, RecordedBooks] = field(default_factory=dict)
    modelled: Mapping[SideKey, NDArray[np.bool_]] = field(default_factory=dict)
    release: Callable[[], None] | None = None
    inside: InsideBars | None = None
    outages: tuple[tuple[int, int], ...] = ()

    def free(self) -> None:
        """Give back the memory of bars that have been read, where the grid lies in a file; every value stays where it is."""
        if self.release is not None:
            self.release()
