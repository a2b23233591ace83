"""Runs the tests of a strategy file: rules over given bars through the kernel, replays through the backtest."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.file_tests import Check, Expect, Expectation, ReplayTest, RuleTest
from dsl.strategy import Sizing
from engine.kernel.aggregate import SERIES
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from engine.research.figures import figures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from dsl.strategy import Strategy
    from engine.model.candle import SideKey
    from engine.research.result import BacktestResult

#: the market that a rule test is about; no alias can be it
MARKET: Final = "KRW-TEST"
#: open of the first given bar: 2025-09-01 09:00 KST, where a month, a week and a day begin
START_MS: Final = 1_756_684_800_000
#: bars that fired and are named in a report
MOST_BARS: Final = 12
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


class Status(StrEnum):
    """How a test ended. NOT_RUN is never a pass."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened instead: key of a text `tests.seen_*` (or `tests.why_*` of a test that did not run) and its values."""

    key: str
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test. expected: the file's words. values: of a rule on every given bar (a condition: 1, 0, NaN). synthetic: the replay ran on
    generated candles."""

    name: str
    status: Status
    expected: str
    seen: Seen
    values: tuple[float, ...] = ()
    synthetic: bool = False


def run_rule_test(strategy: Strategy, test: RuleTest) -> Outcome:
    """The test's rule on the given bars, which are bars of the strategy's clock from START_MS on. Aliases without bars are unknown."""
    markets = sorted({MARKET, *strategy.aliases.values()})
    grid = given_grid(test, strategy.aliases, strategy.clock, tuple(markets))
    alone = replace(
        strategy, graph=test.graph, entry=test.node, exits=(), rank=None, conditions=(), sizing=Sizing(), universe=None, entry_order=None,
        factors=(), score=None, risk=None,
    )  # fmt: skip
    try:
        program = compile_program(alone, strategy.clock, markets)
    except ValueError as error:  # bars finer than the clock: there is nothing to make them of
        return Outcome(test.name, Status.NOT_RUN, test.expected, Seen("why_finer", {"reason": str(error)}))
    block = Kernel(program).advance(grid)
    column = program.columns.index(test.node) if test.node in program.columns else None
    values = np.full(test.bars, test.graph[test.node].params[0]) if column is None else block.values[markets.index(MARKET), :, column]
    passed = _meets(test.expect, values)
    return Outcome(test.name, Status.PASSED if passed else Status.FAILED, test.expected, _seen(test.expect, values), tuple(values.tolist()))


def given_grid(test: RuleTest, aliases: dict[str, str], clock: Timeframe, markets: tuple[str, ...]) -> BarGrid:
    """The given series as candles, the rest filled in from them.

    close: else the open, low or high that is given, else 100. open: the close. high and low: the highest and lowest of the prices that
    are there. volume: 1. value: close x volume. A bar on which a given series of candles is missing is an unknown bar. Series beside the
    candles are given as they are; one that is not given is missing (a flag: false).
    """
    arrays = {name: np.full((len(markets), test.bars), np.nan) for name in SERIES}
    state = np.full((len(markets), test.bars), BarState.UNKNOWN, np.int8)
    by_alias: dict[str, dict[str, NDArray[np.float64]]] = {}
    side: dict[SideKey, NDArray[np.float64]] = {}
    for given in test.given:
        row = markets.index(aliases[given.alias] if given.alias else MARKET)
        candles = by_alias.setdefault(given.alias, {})
        if given.side is None:
            candles[given.series] = np.array(given.values)
        else:
            side.setdefault(given.side, np.full((len(markets), test.bars), np.nan))[row] = given.values
    for alias, series in by_alias.items():
        row = markets.index(aliases[alias] if alias else MARKET)
        filled = _filled(series, test.bars)
        known = ~np.isnan(np.array([*series.values()])).any(axis=0) if series else np.ones(test.bars, bool)
        state[row] = np.where(known, BarState.TRADED, BarState.UNKNOWN)
        for name, values in filled.items():
            arrays[name][row] = np.where(known, values, np.nan)
    return BarGrid(
        markets,
        clock,
        clock.index(START_MS),
        state,
        arrays["open"],
        arrays["high"],
        arrays["low"],
        arrays["close"],
        arrays["volume"],
        arrays["value"],
        side,
    )


def _filled(given: dict[str, NDArray[np.float64]], length: int) -> dict[str, NDArray[np.float64]]:
    close = next((given[name] for name in ("close", "open", "low", "high") if name in given), np.full(length, 100.0))
    open_ = given.get("open", close)
    prices = [close, open_, *(given[name] for name in ("high", "low") if name in given)]
    volume = given.get("volume", np.ones(length))
    return {
        "open": open_, "close": close, "high": given.get("high", np.max(prices, axis=0)), "low": given.get("low", np.min(prices, axis=0)),
        "volume": volume, "value": given.get("value", close * volume),
    }  # fmt: skip


def fired_at(values: NDArray[np.float64]) -> list[int]:
    """Bars on which a condition is true, counted from 1."""
    return [int(k) + 1 for k in np.flatnonzero(~np.isnan(values) & (values != 0.0))]


def _meets(expect: Expectation, values: NDArray[np.float64]) -> bool:
    fired = fired_at(values)
    if expect.kind is Expect.FIRES_AT:
        return set(expect.bars) <= set(fired)
    if expect.kind is Expect.FIRES_ONLY_AT:
        return set(expect.bars) == set(fired)
    if expect.kind is Expect.FIRES_TIMES:
        return len(fired) == expect.count
    if expect.kind is Expect.MISSING_UNTIL:
        last = expect.bars[0]
        return bool(np.isnan(values[:last]).all() and not np.isnan(values[last]))
    return _compared(float(values[expect.bars[0] - 1]), expect.comparator, expect.value, expect.tolerance)


def _compared(value: float, comparator: str, wanted: float, tolerance: float = 0.0) -> bool:
    """A missing value compares with nothing, whichever way. A tolerance widens `==` and what `!=` forbids, both ends included."""
    if math.isnan(value):
        return False
    if comparator in ("==", "!="):
        equal = abs(value - wanted) <= tolerance or math.isclose(value, wanted, rel_tol=1e-12, abs_tol=0.0)
        return equal == (comparator == "==")
    return _COMPARE[comparator](value, wanted)


def _seen(expect: Expectation, values: NDArray[np.float64]) -> Seen:
    if expect.kind is Expect.VALUE_AT:
        value = float(values[expect.bars[0] - 1])
        key = "seen_missing" if math.isnan(value) else "seen_value"
        return Seen(key, {"bar": expect.bars[0], "value": f"{value:.10g}"})
    if expect.kind is Expect.MISSING_UNTIL:
        known = np.flatnonzero(~np.isnan(values))
        if not len(known):
            return Seen("seen_always_missing", {})
        return Seen("seen_defined", {"bar": int(known[0]) + 1})
    fired = fired_at(values)
    if not fired:
        return Seen("seen_always_missing" if np.isnan(values).all() else "seen_never", {})
    more = len(fired) - MOST_BARS
    bars = ", ".join(map(str, fired[:MOST_BARS])) + (f", ... (+{more})" if more > 0 else "")
    return Seen("seen_fired", {"bars": bars, "count": len(fired)})


def judge_replay(test: ReplayTest, result: BacktestResult) -> Outcome:
    """A replay's figures against what is expected of them."""
    found = replay_figures(result)
    passed = all(_compared(found[check.metric], check.comparator, check.value) for check in test.checks)
    shown = ", ".join(f"{check.metric} {_figure(found[check.metric], check)}" for check in test.checks)
    status = Status.PASSED if passed else Status.FAILED
    return Outcome(test.name, status, test.expected, Seen("seen_figures", {"figures": shown}), synthetic=result.synthetic)


def not_run(test: ReplayTest, key: str, **values: object) -> Outcome:
    """A replay without its candles."""
    return Outcome(test.name, Status.NOT_RUN, test.expected, Seen(key, values))


def replay_figures(result: BacktestResult) -> dict[str, float]:
    """Every figure that a replay may be held to, by name (dsl.checker.file_tests.METRICS). Ratios of nothing are NaN."""
    found = figures(result)
    closed = [trade for trade in found.trades if not trade.is_open]
    buys = result.fills[result.fills["side"] > 0]
    wins = sum(trade.profit_krw > 0 for trade in closed)
    return {
        "entries": float(len(np.unique(buys["order_id"]))),
        "trades": float(len(closed)),
        "wins": float(wins),
        "losses": float(sum(trade.profit_krw < 0 for trade in closed)),
        "win_rate": wins / len(closed) if closed else math.nan,
        "profit": found.values["profit"],
        "return": found.values["total_return"],
        "max_drawdown": abs(found.values["maximum_drawdown"]),
        "fees": float(result.fills["fee_krw"].sum()),
    }


def _figure(value: float, check: Check) -> str:
    if math.isnan(value):
        return "-"
    return f"{value * 100:.4g}%" if check.metric in ("win_rate", "return", "max_drawdown") else f"{value:,.10g}"
