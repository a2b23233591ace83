"""Findings about a strategy file that candles support: W160, W401 and W402, and figures for E104, E140 and E401. Warnings only."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.catalogue import Unit
from dsl.checker.costs import Target, targets
from dsl.compile import Finding
from dsl.diagnostics import Diagnostic, Severity
from dsl.document import dotted
from engine.candles.ticks import sale_slippage
from engine.model.costs import fee_at
from engine.research.findings.measure import Recent, measured, values_of
from engine.research.findings.sizes import small_orders
from engine.research.findings.warmth import never_ready

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.checker.context import Notes
    from engine.research.backtest import Progress
    from engine.research.findings.questions import Asked

#: closes of a market that its median slippage is taken from, at most
_MOST_CLOSES: Final = 20_000


def data_findings(asked: Asked, recent: Recent, progress: Progress | None = None) -> tuple[Finding, ...]:
    """All findings of the file: the checker's, with what the candles say about them, and those that only the candles show.

    Errors as engine.research.backtest.backtest.
    """
    compiled = asked.compiled
    found = _answered(asked, recent)
    document = compiled.document
    if document is None:
        return tuple(found)
    costs = recent.settings.costs
    run = measured(asked.strategy, recent, progress) if compiled.strategy is not None or costs.impact > 0.0 else None
    order_krw = statistics.median(size.amount_krw for size in run.sizes) if costs.impact > 0.0 and run is not None and run.sizes else 0.0
    leave = asked.strategy.execution.leave
    slippage = 0.0 if leave.order == "limit" else median_slippage(recent, order_krw, leave.max_slippage)
    if not math.isnan(slippage):
        fee = _median_fee(recent)
        params = asked.strategy.params
        by_span = {target.rule.span(target.start, target.end): target for target in targets(document, params)}
        notes = _cost_notes(fee, slippage, order_krw)
        found = [_with_notes(one, notes) if one.diagnostic.code == "E401" else one for one in found]
        told = {one.diagnostic.span for one in found if one.diagnostic.code == "E401"}
        cost = (1 + fee) / ((1 - fee) * (1 - slippage)) - 1
        found += [
            Finding(_too_small(target, notes), compiled.source)
            for span, target in by_span.items()
            if span not in told and target.gain < cost
        ]
    if compiled.strategy is not None and run is not None:
        more = [*never_ready(document.root, compiled.strategy, run, recent.grid.timeframe)]
        more += small_orders(document, compiled.strategy, run, recent)
        found += [Finding(diagnostic, compiled.source) for diagnostic in more]
    own = [one for one in found if one.source is compiled.source]
    own.sort(key=lambda one: (one.diagnostic.span.line, one.diagnostic.span.column))
    return (*own, *(one for one in found if one.source is not compiled.source))


# ---- figures for what the checker found ----
def _answered(asked: Asked, recent: Recent) -> list[Finding]:
    found = list(asked.compiled.findings)
    if not asked.questions:
        return found
    values = values_of(asked.strategy, asked.graph, [question.node for question in asked.questions], recent)
    for index in dict.fromkeys(question.finding for question in asked.questions):
        here = [question for question in asked.questions if question.finding == index]
        columns = [values[question.node] for question in here]
        diagnostic = found[index].diagnostic
        if diagnostic.code == "E104" and len(columns) == 2:
            counts = [f"{int((column == 1.0).sum()):,}" for column in columns]
            said = ("no_default_counted", {"days": str(recent.days), "first": counts[0], "second": counts[1]})
            answers: Notes = tuple(said if key == "no_default" else (key, args) for key, args in diagnostic.notes)
        elif diagnostic.code == "E140" and np.isfinite(columns[0]).any():
            known = columns[0][np.isfinite(columns[0])]
            bounds = {"lowest": _bound(float(known.min()), here[0].unit), "highest": _bound(float(known.max()), here[0].unit)}
            answers = (("observed", bounds), *diagnostic.notes)
        else:
            continue
        found[index] = Finding(replace(diagnostic, notes=answers), found[index].source)
    return found


def _bound(value: float, unit: Unit) -> str:
    return f"{value * 100:+.3g}%" if unit is Unit.RATIO else f"{value:+.3g}"


def median_slippage(recent: Recent, order_krw: float = 0.0, leave_most: float | None = None) -> float:
    """What a sale at market loses to slippage and to the price grid: the median over the closes of each traded market, then over the
    markets; NaN without a close. order_krw: worth of the sale; where slippage grows with the order, as much of it as may trade in a bar,
    or as its `leave.max_slippage` lets go at once."""
    grid = recent.grid
    length = grid.timeframe.length_ms
    times = grid.timeframe.offset_ms + (grid.first_index + np.arange(grid.state.shape[1], dtype=np.int64)) * length
    inside = times >= (recent.settings.from_ms or 0)
    medians = []
    for row, market in enumerate(grid.markets):
        able = inside & (grid.close[row] > 0) & ((grid.volume[row] > 0) | (order_krw == 0.0))
        known = np.flatnonzero(able) if market in recent.traded else np.zeros(0, np.int64)
        if len(known):
            known = known[:: -(-len(known) // _MOST_CLOSES)]
            slippage = _slippage(recent, grid.close[row][known], grid.volume[row][known], order_krw, leave_most)
            medians.append(float(np.median(sale_slippage(market, times[known], grid.close[row][known], slippage))))
    return float(np.median(medians)) if medians else math.nan


def _slippage(
    recent: Recent, close: NDArray[np.float64], volume: NDArray[np.float64], order_krw: float, leave_most: float | None
) -> NDArray[np.float64]:
    """Slippage of a sale at each close, before the grid; shapes [n]. The share of a bar is that of docs/decide.md §10."""
    costs = recent.settings.costs
    most = min(1.0, costs.slice_share(recent.settings.slippage, leave_most), costs.participation or 1.0)
    if order_krw == 0.0:
        return np.full(len(close), recent.settings.slippage)
    share = np.minimum(order_krw / (volume * close), most)
    return np.array([costs.slippage_of(recent.settings.slippage, part) for part in share.tolist()])


def _median_fee(recent: Recent) -> float:
    """The traded markets' fee at the end of the range."""
    settings = recent.settings
    assert settings.to_ms is not None
    return statistics.median(fee_at(settings.costs.fees, market, settings.fee_rate, settings.to_ms) for market in recent.traded)


def _cost_notes(fee: float, slippage: float, order_krw: float) -> Notes:
    """order_krw: the order that the slippage is of; 0: of any."""
    cost = (1 + fee) / ((1 - fee) * (1 - slippage)) - 1
    shown = {"fee": _percent(fee), "slippage": _percent(slippage), "cost": _percent(cost)}
    of: Notes = (("cost_of_order", {"order": f"{order_krw:,.0f}"}),) if order_krw > 0.0 else ()
    return ("cost_observed", shown), *of, ("gain_and_pnl", {})


def _with_notes(finding: Finding, notes: Notes) -> Finding:
    return Finding(replace(finding.diagnostic, notes=notes), finding.source)


def _too_small(target: Target, notes: Notes) -> Diagnostic:
    span = target.rule.span(target.start, target.end)
    path = dotted(target.rule.path)
    return Diagnostic("W401", Severity.WARNING, span, path, {"name": target.name}, "", notes, target.fix)


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.2f}%"
