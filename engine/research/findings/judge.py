"""Findings about a strategy file that candles support: W160, W401 and W402, and figures for E104, E140 and E401. Warnings only."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.catalogue import Unit
from dsl.checker.costs import Target, targets
from dsl.compile import Finding
from dsl.diagnostics import Diagnostic, Severity
from dsl.document import dotted
from engine.candles.ticks import sale_slippage
from engine.research.findings.measure import Recent, measured, values_of
from engine.research.findings.sizes import small_orders
from engine.research.findings.warmth import never_ready

if TYPE_CHECKING:
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
    slippage = median_slippage(recent)
    if not math.isnan(slippage):
        fee = recent.settings.fee_rate
        params = asked.strategy.params
        by_span = {target.rule.span(target.start, target.end): target for target in targets(document, params)}
        found = [_with_cost(one, fee, slippage) if one.diagnostic.code == "E401" else one for one in found]
        told = {one.diagnostic.span for one in found if one.diagnostic.code == "E401"}
        cost = (1 + fee) / ((1 - fee) * (1 - slippage)) - 1
        found += [
            Finding(_too_small(target, fee, slippage), compiled.source)
            for span, target in by_span.items()
            if span not in told and target.gain < cost
        ]
    if compiled.strategy is not None:
        run = measured(compiled.strategy, recent, progress)
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
            notes: Notes = tuple(said if key == "no_default" else (key, args) for key, args in diagnostic.notes)
        elif diagnostic.code == "E140" and np.isfinite(columns[0]).any():
            known = columns[0][np.isfinite(columns[0])]
            bounds = {"lowest": _bound(float(known.min()), here[0].unit), "highest": _bound(float(known.max()), here[0].unit)}
            notes = (("observed", bounds), *diagnostic.notes)
        else:
            continue
        found[index] = Finding(replace(diagnostic, notes=notes), found[index].source)
    return found


def _bound(value: float, unit: Unit) -> str:
    return f"{value * 100:+.3g}%" if unit is Unit.RATIO else f"{value:+.3g}"


def median_slippage(recent: Recent) -> float:
    """What a sale at market loses to slippage and to the price grid: the median over the closes of each traded market, then over the
    markets; NaN without a close."""
    grid = recent.grid
    length = grid.timeframe.length_ms
    times = grid.timeframe.offset_ms + (grid.first_index + np.arange(grid.state.shape[1], dtype=np.int64)) * length
    inside = times >= (recent.settings.from_ms or 0)
    medians = []
    for row, market in enumerate(grid.markets):
        known = np.flatnonzero(inside & (grid.close[row] > 0)) if market in recent.traded else np.zeros(0, np.int64)
        if len(known):
            known = known[:: -(-len(known) // _MOST_CLOSES)]
            medians.append(float(np.median(sale_slippage(market, times[known], grid.close[row][known], recent.settings.slippage))))
    return float(np.median(medians)) if medians else math.nan


def _cost_notes(fee: float, slippage: float) -> Notes:
    cost = (1 + fee) / ((1 - fee) * (1 - slippage)) - 1
    shown = {"fee": _percent(fee), "slippage": _percent(slippage), "cost": _percent(cost)}
    return ("cost_observed", shown), ("gain_and_pnl", {})


def _with_cost(finding: Finding, fee: float, slippage: float) -> Finding:
    return Finding(replace(finding.diagnostic, notes=_cost_notes(fee, slippage)), finding.source)


def _too_small(target: Target, fee: float, slippage: float) -> Diagnostic:
    span = target.rule.span(target.start, target.end)
    path = dotted(target.rule.path)
    return Diagnostic("W401", Severity.WARNING, span, path, {"name": target.name}, "", _cost_notes(fee, slippage), target.fix)


def _percent(ratio: float) -> str:
    return f"{ratio * 100:.2f}%"
