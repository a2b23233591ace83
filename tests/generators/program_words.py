"""The words of random programs: units, leaves, helpers, worlds of timeframes, and what a sample has to contain."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.catalogue import INPUT_SERIES, Function, Unit
from dsl.checker.across import FUNCTIONS as ACROSS
from dsl.checker.overs import FOLDS
from dsl.side_series import SIDE_SERIES
from engine.kernel.catalogue import catalogue

#: units that programs calculate with; ratios, scores and plain numbers mix
UNITS = (Unit.PRICE, Unit.QUANTITY, Unit.MONEY, Unit.NUMBER, Unit.BARS, Unit.DURATION)
PLAIN = (Unit.NUMBER, Unit.RATIO, Unit.SCORE)
MINUTES = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1_440, "1w": 10_080, "1M": 44_640}
#: leaves that are no functions, by unit
LEAVES: dict[Unit, tuple[str, ...]] = {
    Unit.PRICE: ("open", "high", "low", "close"),
    Unit.QUANTITY: ("volume", "book.bid_size(levels=2)", "book.ask_size", "flow.bought", "flow.sold"),
    Unit.MONEY: ("value", "flow.value", "depth(bid, 0.5%)", "depth(ask, 1%)"),
    Unit.NUMBER: ("book.spread", "book.spread(levels=2)", "flow.count", "(signal * 1)", "(signal ?? 0.5)"),
    Unit.DURATION: ("market.age",),
    Unit.BARS: (),
}
#: what else has to occur
_OTHERS = {"hold", "alias", "regime", "score", "external.signal", "shared_number", "shared_condition", "helper_spread", "helper_seen"}
FLAGS = tuple(name for name, series in SIDE_SERIES.items() if series.flag and name != "universe.member")
#: definitions with parameters, and the unit of their result (SAME: of x)
HELPERS = {
    "helper_spread(x, n)": "(x - sma(x, n)) / (stdev(x, n) ?? highest(x, n))",
    "helper_smooth(x, n)": "(ema(x, n) + x) / 2",
    "helper_seen(c, n)": "count(c, n) >= 1 and not c[1]",
}


@dataclass(frozen=True)
class Clocks:
    """base: minutes of a base bar; clock: of the file; slower, finer: timeframes that programs go to."""

    base: str
    clock: str
    slower: tuple[str, ...]
    finer: tuple[str, ...]


WORLDS = (
    Clocks("1m", "5m", ("15m", "30m", "1h"), ("1m",)),
    Clocks("1m", "1m", ("3m", "5m", "15m", "1h"), ()),
    Clocks("1m", "15m", ("30m", "1h", "4h"), ("1m", "3m", "5m")),
    Clocks("1h", "4h", ("1d", "1w", "1M"), ("1h",)),
    Clocks("1h", "1h", ("4h", "1d", "1w"), ()),
    Clocks("1h", "1d", ("1w", "1M"), ("1h", "4h")),
)


def callable_functions() -> dict[str, Function]:
    """Functions of the catalogue that a rule may call."""
    return {name: function for name, function in catalogue().items() if function.callable_by_user}


def all_wanted() -> list[str]:
    """What is to occur in turn, because chance alone might leave it out: functions, also across, series, score, regime."""
    leaves = {leaf.partition("(")[0] for leaves in LEAVES.values() for leaf in leaves if leaf[0] != "("}
    return sorted({*callable_functions(), *FLAGS, *ACROSS, *(leaves - {"depth"}), "score", "regime", "external.signal"})


def vocabulary() -> set[str]:
    """What a large enough sample has to contain: all functions, operators, series, folds and functions across markets."""
    return set(catalogue()) | set(ACROSS) | set(SIDE_SERIES) | set(INPUT_SERIES) | {f"over.{kind}" for kind in FOLDS} | _OTHERS
