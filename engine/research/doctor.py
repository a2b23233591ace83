"""The result doctor: what makes a backtest's result less trustworthy than it looks, each with its number (docs/doctor.md).

Every check gives exactly one finding, so that a report can also say what was looked at and found in order. Words are in
dsl/messages/doctor.py; a finding names its text and carries its numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import fsum
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.candles.endings import quiet_markets
from engine.candles.instants import korean_time, utc_day
from engine.model.candle import BarState, Ending
from engine.research.metrics import NAN, Unit
from engine.research.random_entry import DRAWS, RandomEntry, random_entry
from engine.research.result import SURVIVORS_DAYS
from engine.research.returns import DAY_MS
from engine.research.trades import COIN_E8

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.audit import Audit
    from engine.research.figures import Figures
    from engine.research.result import BacktestResult
    from engine.research.trades import Trade


class Level(StrEnum):
    """How much a finding matters. NOT_JUDGED: the run gives this check nothing to judge by."""

    SERIOUS = "serious"
    WARNING = "warning"
    FINE = "fine"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Number:
    """A number and how it is written. signed: with a plus where it is above zero."""

    value: float
    unit: Unit
    signed: bool = False


Values = dict[str, "Number | str"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result. check: key in CHECKS. text: key of its sentence (`doctor.<text>`); values: what the sentence is filled with."""

    check: str
    level: Level
    text: str
    values: Values


@dataclass(frozen=True, slots=True)
class Variant:
    """The same run with one parameter of the file moved. profit_krw: end equity less starting cash."""

    name: str
    value: float
    moved_to: float
    profit_krw: float


@dataclass(frozen=True, slots=True)
class Case:
    """What is examined. variants: None where none were run."""

    result: BacktestResult
    figures: Figures
    lots: RandomEntry | None
    variants: tuple[Variant, ...] | None
    profit_krw: float  # of all trades; open ones at last prices


@dataclass(frozen=True, slots=True)
class Checkup:
    """Every check's finding in the order of CHECKS, the run among random entries where they were drawn, and the audit of its books where
    one was made. parts: of the strategies of a portfolio."""

    findings: tuple[Finding, ...]
    lots: RandomEntry | None
    audit: Audit | None = None
    parts: tuple[Checkup, ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which value on a check warns, and from which it is serious. falling: the lower the worse (then: below which)."""

    warning: float
    serious: float
    falling: bool = False

    def level(self, value: float) -> Level:
        """The level of a value; NaN is fine."""
        for bound, level in ((self.serious, Level.SERIOUS), (self.warning, Level.WARNING)):
            if value < bound if self.falling else value >= bound:
                return level
        return Level.FINE


NEVER: Final = float("inf")
#: by check; docs/doctor.md shows the same numbers (a test compares them)
THRESHOLDS: Final[dict[str, Threshold]] = {
    "few_trades": Threshold(30, 10, falling=True),  # closed trades
    "short_period": Threshold(90, 14, falling=True),  # days
    "one_trade": Threshold(0.5, 1.0),  # best trade / profit
    "one_market": Threshold(0.8, 1.0),  # best market / profit
    "first_days": Threshold(0.5, 1.0),  # profit of the first tenth of the run / profit
    "one_period": Threshold(0.5, 1.0),  # profit of the best later tenth / profit
    "costs": Threshold(0.5, 1.0),  # fees and slippage / profit before them
    "volume": Threshold(0.05, 0.25),  # share of the traded value that was in fills too large for their bar
    "ambiguous": Threshold(0.1, 1.0),  # KRW that hang on the order inside bars / size of the profit
    "warm_up": Threshold(0.1, 0.5),  # share of the run before the values had settled
    "gaps": Threshold(0.01, 0.1),  # share of the held bars, or of all of the run, that nobody recorded
    "stranded": Threshold(0.01, 0.1),  # share of the end equity in open positions that nobody could have sold any more
    "empty_universe": Threshold(0.1, 0.5),  # share of the decisions of the universe that left no market
    "survivors": Threshold(5, NEVER),  # markets, none of which ended
    "random_entry": Threshold(0.95, 0.5, falling=True),  # share of random entries that made less
    "buy_and_hold": Threshold(0.0, NEVER),  # return of holding less that of the strategy
    "cliff": Threshold(0.5, 1.0),  # largest loss of profit by a parameter moved by a tenth / profit
}
#: a fill is too large for its bar from this share of the bar's traded value on
LARGE_FILL: Final = 0.1
#: parts of the run that are held against one another
PARTS: Final = 10

CHECKS: Final[dict[str, Callable[[Case], Finding]]] = {}


def _check(function: Callable[[Case], Finding]) -> Callable[[Case], Finding]:
    CHECKS[function.__name__.removeprefix("_")] = function
    return function


def examine(result: BacktestResult, figures: Figures, draws: int = DRAWS, variants: tuple[Variant, ...] | None = None) -> Checkup:
    """Look a run over. draws: of random entries, 0 = none. variants: runs with moved parameters, None = none were made."""
    lots = random_entry(result, figures.trades, draws)
    case = Case(result, figures, lots, variants, fsum(trade.profit_krw for trade in figures.trades))
    parts = tuple(examine(part, own, draws) for part, own in zip(result.parts, figures.parts, strict=True))
    return Checkup(tuple(check(case) for check in CHECKS.values()), lots, parts=parts)


def _money(value: float, *, signed: bool = False) -> Number:
    return Number(value, Unit.MONEY, signed)


def _count(value: float) -> Number:
    return Number(value, Unit.COUNT)


def _ratio(value: float, *, signed: bool = False) -> Number:
    return Number(value, Unit.RATIO, signed)


def _judged(check: str, measure: float, values: Values, text: str = "") -> Finding:
    """The finding of a measured value: its sentence is `<check>.found` or `<check>.fine`."""
    level = THRESHOLDS[check].level(measure)
    return Finding(check, level, text or f"{check}.{'fine' if level is Level.FINE else 'found'}", values)


def _not_judged(check: str, why: str) -> Finding:
    return Finding(check, Level.NOT_JUDGED, why, {})


@_check
def _few_trades(case: Case) -> Finding:
    closed = case.figures.values["closed_trades"]
    text = "" if case.figures.trades else "few_trades.none" if len(case.result.equity_ms) else "few_trades.undecided"
    return _judged("few_trades", closed, {"count": _count(closed)}, text)


@_check
def _short_period(case: Case) -> Finding:
    span_ms = case.figures.account.span_ms
    days = span_ms / DAY_MS
    return _judged("short_period", days, {"length": Number(span_ms, Unit.DURATION), "days": Number(days, Unit.NUMBER)})


@_check
def _one_trade(case: Case) -> Finding:
    if case.profit_krw <= 0:
        return _not_judged("one_trade", "no_profit")
    best = max(case.figures.trades, key=lambda trade: trade.profit_krw)
    values: Values = {
        "number": _count(best.number),
        "market": best.market,
        "profit": _money(best.profit_krw, signed=True),
        "rest": _money(case.profit_krw - best.profit_krw, signed=True),
        "share": _ratio(best.profit_krw / case.profit_krw),
    }
    return _judged("one_trade", best.profit_krw / case.profit_krw, values)


@_check
def _one_market(case: Case) -> Finding:
    if len(case.figures.markets) < 2:
        return _not_judged("one_market", "one_market.only")
    if case.profit_krw <= 0:
        return _not_judged("one_market", "no_profit")
    best = max(case.figures.markets, key=lambda one: one.profit_krw)
    values: Values = {
        "market": best.market,
        "profit": _money(best.profit_krw, signed=True),
        "rest": _money(case.profit_krw - best.profit_krw, signed=True),
        "share": _ratio(best.profit_krw / case.profit_krw),
    }
    return _judged("one_market", best.profit_krw / case.profit_krw, values)


def _parts(case: Case) -> tuple[list[int], list[float]]:
    """Times (ms) of PARTS + 1 equally distant moments of the run, and the profit between each two of them (KRW)."""
    curve = case.figures.account
    edges = [curve.start_ms + round(curve.span_ms * part / PARTS) for part in range(PARTS + 1)]
    rows = np.searchsorted(curve.time_ms, edges, side="right")
    values = np.concatenate(([curve.start_krw], curve.value_krw))[rows]
    return edges, np.diff(values).tolist()


def _part_values(edges: list[int], gains: list[float], part: int) -> Values:
    whole = fsum(gains)
    said = korean_time if edges[-1] - edges[0] < PARTS * DAY_MS else utc_day  # the trading day turns at 00:00 UTC
    return {
        "from": said(edges[part]),
        "to": said(edges[part + 1]),
        "profit": _money(gains[part], signed=True),
        "rest": _money(whole - gains[part], signed=True),
        "share": _ratio(gains[part] / whole),
    }


@_check
def _first_days(case: Case) -> Finding:
    if case.figures.values["profit"] <= 0:
        return _not_judged("first_days", "no_profit")
    edges, gains = _parts(case)
    return _judged("first_days", gains[0] / fsum(gains), _part_values(edges, gains, 0))


@_check
def _one_period(case: Case) -> Finding:
    if case.figures.values["profit"] <= 0:
        return _not_judged("one_period", "no_profit")
    edges, gains = _parts(case)
    best = max(range(1, PARTS), key=lambda part: gains[part])
    return _judged("one_period", gains[best] / fsum(gains), _part_values(edges, gains, best))


@_check
def _costs(case: Case) -> Finding:
    if not case.figures.trades:
        return _not_judged("costs", "no_trades")
    paid = case.figures.values["fees_paid"] + case.figures.values["slippage_paid"]
    before = case.profit_krw + paid
    values: Values = {
        "fees": _money(case.figures.values["fees_paid"]),
        "slippage": _money(case.figures.values["slippage_paid"]),
        "before": _money(before, signed=True),
        "after": _money(case.profit_krw, signed=True),
    }
    if before <= 0:
        return Finding("costs", Level.NOT_JUDGED, "costs.no_edge", values)
    return _judged("costs", paid / before, values | {"share": _ratio(paid / before)})


@_check
def _volume(case: Case) -> Finding:
    fills, bars = case.result.fills, case.result.fill_bar_krw
    if bars is None or not len(fills) or not (bars > 0.0).all():  # who fills in a bar without volume has candles that do not tell it
        return _not_judged("volume", "volume.unknown" if len(fills) else "no_trades")
    value = fills["price_krw"] * fills["quantity_e8"] / COIN_E8
    share = value / bars
    large = share >= LARGE_FILL
    values: Values = {
        "large": _count(int(large.sum())),
        "count": _count(len(fills)),
        "limit": _ratio(LARGE_FILL),
        "median": _ratio(float(np.median(share))),
        "largest": _ratio(float(share.max())),
    }
    return _judged("volume", float(value[large].sum() / value.sum()), values)


@_check
def _ambiguous(case: Case) -> Finding:
    if not case.figures.trades:
        return _not_judged("ambiguous", "no_trades")
    if case.result.owners and not case.result.parts:
        return _not_judged("ambiguous", "ambiguous.account")
    sales = int(np.count_nonzero(case.result.fills["side"] < 0))
    krw = case.result.ambiguous_krw
    share = krw / abs(case.profit_krw) if case.profit_krw else (NEVER if krw else 0.0)
    values: Values = {
        "count": _count(case.result.ambiguous_steps),
        "sales": _count(sales),
        "krw": _money(krw),
        "profit": _money(case.profit_krw, signed=True),
        "share": _ratio(share),
    }
    return _judged("ambiguous", share, values)


@_check
def _warm_up(case: Case) -> Finding:
    curve = case.figures.account
    if not case.result.settled_ms or not curve.span_ms:
        return _not_judged("warm_up", "warm_up.unknown")
    waits = [max(settled - curve.start_ms, 0) for settled in case.result.settled_ms]
    lost = [min(wait, curve.span_ms) / curve.span_ms for wait in waits]
    entries = len(np.unique(case.result.fills["order_id"][case.result.fills["side"] > 0]))
    values: Values = {
        "share": _ratio(fsum(lost) / len(lost)),
        "more": Number(max(waits), Unit.DURATION),
        "unsettled": _count(case.result.unsettled_entries),
        "entries": _count(entries),
    }
    return _judged("warm_up", fsum(lost) / len(lost), values)


@_check
def _gaps(case: Case) -> Finding:
    held = unknown = quiet = 0
    for trade in case.figures.trades:
        if trade.market not in case.result.candles.markets:
            continue
        state = _held_states(case.result, trade)
        held += state.size
        unknown += int(np.count_nonzero(state == BarState.UNKNOWN))
        quiet += int(np.count_nonzero(state == BarState.NO_TRADE))
    lacking = _lacking(case.result.candles.state)
    in_all = THRESHOLDS["gaps"].level(lacking) is not Level.FINE
    if not held and not in_all:
        return _not_judged("gaps", "no_trades")
    share, still = (unknown / held, quiet / held) if held else (0.0, 0.0)
    values: Values = {
        "held": _count(held),
        "unknown": _count(unknown),
        "share": _ratio(share),
        "quiet": _ratio(still),
        "lacking": _ratio(lacking),
    }
    return _judged("gaps", max(share, lacking), values, "gaps.run" if in_all and lacking > share else "")


def _lacking(state: NDArray[np.int8]) -> float:
    """Share of the bars between each market's first and last known one that nobody recorded."""
    known = state != BarState.UNKNOWN
    if known.all():
        return 0.0
    first, last = known.argmax(axis=1), known.shape[1] - known[:, ::-1].argmax(axis=1)
    within = int((last - first)[known.any(axis=1)].sum())
    return 1.0 - int(np.count_nonzero(known)) / within if within else 0.0


def _held_states(result: BacktestResult, trade: Trade) -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    """States of the clock bars from the entry's to the one before the last sale's."""
    grid = result.candles
    first = grid.timeframe.index(trade.opened_ms) - grid.first_index
    last = grid.state.shape[1] if trade.closed_ms is None else grid.timeframe.index(trade.closed_ms) - grid.first_index
    return grid.state[grid.markets.index(trade.market), max(first, 0) : max(last, first, 0)]


@_check
def _stranded(case: Case) -> Finding:
    grid, equity = case.result.candles, case.result.equity_krw
    held = [trade for trade in case.figures.trades if trade.is_open and trade.market in grid.markets]
    if not held or not len(equity):
        return _judged("stranded", 0.0, {}, "stranded.none")
    quiet = quiet_markets(grid, to_end=True)
    still = [trade for trade in held if trade.market in quiet]
    krw = fsum(trade.rest_e8 * trade.mark_krw / COIN_E8 for trade in still)
    share = krw / float(equity[-1]) if equity[-1] > 0.0 else 0.0
    values: Values = {
        "open": _count(len(held)),
        "count": _count(len(still)),
        "krw": _money(krw),
        "share": _ratio(share),
        "without": _money(case.profit_krw - krw),
    }
    return _judged("stranded", share, values)


@_check
def _empty_universe(case: Case) -> Finding:
    found = case.result.universe
    if found is None or not found.instants:
        return _not_judged("empty_universe", "empty_universe.without")
    share = found.empty / found.instants
    emptied = sorted((rule for rule in found.rules if rule.emptied), key=lambda rule: -rule.emptied)
    values: Values = {
        "instants": _count(found.instants),
        "empty": _count(found.empty),
        "share": _ratio(share),
        "mean": Number(found.members / found.instants, Unit.NUMBER),
        "rules": ", ".join(f"{rule.path.removeprefix('universe.')} ({rule.emptied:,})" for rule in emptied),
    }
    text = "empty_universe.together" if THRESHOLDS["empty_universe"].level(share) is not Level.FINE and not emptied else ""
    return _judged("empty_universe", share, values, text)


@_check
def _survivors(case: Case) -> Finding:
    grid = case.result.candles
    days = case.figures.account.span_ms / DAY_MS
    if days < SURVIVORS_DAYS and case.result.strategy.universe is None:
        return _not_judged("survivors", "survivors.short")
    early = quiet_markets(grid)
    values: Values = {"markets": _count(len(grid.markets)), "ended": _count(len(early)), "days": _count(days)}
    stored, known, ended = case.result.stored, case.result.endings, len(early)
    if known is not None and early:
        told = Counter(known.get(market, Ending.UNKNOWN) for market in early)
        ended = told[Ending.ENDED]
        values |= {"sure": _count(ended), "unsure": _count(told[Ending.UNKNOWN]), "later": _count(told[Ending.GOES_ON])}
        if ended or told[Ending.UNKNOWN]:
            return _judged("survivors", 0 if ended else len(grid.markets), values, "survivors.told" if ended else "survivors.unsure")
    if stored is None or ended:
        return _judged("survivors", 0 if ended else len(grid.markets), values)
    values |= {"stored": _count(stored.count), "gone": _count(stored.ended), "stopped": _count(stored.unsure)}
    text = "survivors.chosen" if stored.ended or stored.unsure else "survivors.unknown"
    return _judged("survivors", len(grid.markets), values, text)


@_check
def _random_entry(case: Case) -> Finding:
    lots = case.lots
    if lots is None:
        return _not_judged("random_entry", "random_entry.none" if case.figures.values["closed_trades"] else "no_trades")
    values: Values = {
        "draws": _count(lots.draws),
        "percentile": _ratio(lots.percentile),
        "better": _ratio(1.0 - lots.percentile),
        "profit": _money(lots.profit_krw, signed=True),
        "median": _money(lots.median_krw, signed=True),
    }
    return _judged("random_entry", lots.percentile, values)


@_check
def _buy_and_hold(case: Case) -> Finding:
    own, held = case.figures.values, case.figures.buy_and_hold
    difference = held["total_return"] - own["total_return"]
    if np.isnan(difference) or not case.figures.trades:
        return _not_judged("buy_and_hold", "no_trades")
    values: Values = {
        "own": _ratio(own["total_return"], signed=True),
        "held": _ratio(held["total_return"], signed=True),
        "own_fall": _ratio(own["maximum_drawdown"]),
        "held_fall": _ratio(held["maximum_drawdown"]),
    }
    return _judged("buy_and_hold", difference if difference > 0 else NAN, values)


@_check
def _cliff(case: Case) -> Finding:
    if case.variants is None:
        return _not_judged("cliff", "cliff.portfolio" if case.result.owners and not case.result.parts else "cliff.not_run")
    if not case.variants:
        return _not_judged("cliff", "cliff.no_parameters")
    profit = case.figures.values["profit"]
    if profit <= 0:
        return _not_judged("cliff", "no_profit")
    worst = min(case.variants, key=lambda one: one.profit_krw)
    values: Values = {
        "runs": _count(len(case.variants)),
        "name": worst.name,
        "value": f"{worst.value:g}",
        "moved_to": f"{worst.moved_to:g}",
        "profit": _money(profit, signed=True),
        "worst": _money(worst.profit_krw, signed=True),
    }
    return _judged("cliff", (profit - worst.profit_krw) / profit, values)
