"""The `tests:` of a strategy file, checked: a rule over given bars, or a replay of stored candles, and what is expected of it.

Bars are counted from 1. `is missing until 19`: bars 1 to 19 are missing and bar 20 is not (an average over 20 bars begins there).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dsl.graph import Graph


class Expect(StrEnum):
    """What may be expected of a rule."""

    FIRES_AT = "fires_at"  # true at the bars, whatever it does elsewhere
    FIRES_ONLY_AT = "fires_only_at"  # true at the bars and nowhere else
    FIRES_TIMES = "fires_times"  # true on so many bars
    MISSING_UNTIL = "missing_until"  # missing up to the bar, that one included, and not on the next
    VALUE_AT = "value_at"  # the value at a bar, compared


@dataclass(frozen=True, slots=True)
class Expectation:
    """One `expect:` of a rule. bars: counted from 1. count: of FIRES_TIMES. VALUE_AT: comparator, value, tolerance (`==` and `!=`)."""

    kind: Expect
    bars: tuple[int, ...] = ()
    count: int = 0
    comparator: str = ""
    value: float = 0.0
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """The values of one series; NaN = the bar is missing. alias: "" for the market of the test. side: leaf and parameters of a series
    beside the candles (flags: 1 and 0), None for one of the candles."""

    alias: str
    series: str
    values: tuple[float, ...]
    side: tuple[str, tuple[float, ...]] | None = None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A rule over given bars of the strategy's clock. node: its value in `graph`, which is its own. expected: the file's words."""

    name: str
    rule: str
    graph: Graph
    node: int
    given: tuple[Given, ...]
    expect: Expectation
    expected: str

    @property
    def bars(self) -> int:
        """How many bars are given."""
        return len(self.given[0].values)


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of a replay: a figure of METRICS with a number (KRW, ratio or count)."""

    metric: str
    comparator: str
    value: float


@dataclass(frozen=True, slots=True)
class ReplayTest:
    """A backtest over stored candles that open in [from_ms, to_ms), UTC ms, and what its figures must be."""

    name: str
    markets: tuple[str, ...]
    from_ms: int
    to_ms: int
    checks: tuple[Check, ...]
    expected: str


FileTest = RuleTest | ReplayTest
