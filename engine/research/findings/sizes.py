"""W402: most entries would be smaller than the smallest order; by what, and what lets them reach it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from dsl.diagnostics import Diagnostic, Severity
from engine.model.events import Side
from engine.model.market import minimum_total

if TYPE_CHECKING:
    from dsl.checker.context import Notes
    from dsl.checker.settings import StrategyDocument
    from dsl.strategy import Strategy
    from engine.research.findings.measure import Measured, Recent, Size

#: more than this share of the entries is skipped
_MOSTLY: Final = 0.5
#: what remedies leave room for: an account that has lost a twentieth still trades
_ROOM: Final = 1.05
#: how far the price grid may move the loss at a stop
_GRID: Final = 0.25
_KEYS: Final = ("risk", "weight", "max_weight")


def small_orders(document: StrategyDocument, strategy: Strategy, run: Measured, recent: Recent) -> Iterator[Diagnostic]:
    """One finding at what sizes the orders, or none."""
    skipped = sum(size.skipped for size in run.sizes)
    key = next((name for name in _KEYS if document.scalar("sizing", name) is not None), None)
    scalar = None if key is None else document.scalar("sizing", key)
    if key is None or scalar is None or skipped <= _MOSTLY * len(run.sizes):
        return
    ratio = {"risk": strategy.sizing.risk, "weight": strategy.sizing.weight, "max_weight": strategy.sizing.max_weight}[key]
    assert ratio is not None
    middle = sorted(run.sizes, key=lambda size: size.amount_krw)[(len(run.sizes) - 1) // 2]
    told = {"equity": _won(middle.equity_krw), "ratio": f"{ratio * 100:g}%", "order": _won(middle.amount_krw)}
    told["scale"] = "" if middle.scale == 1.0 else f" x {middle.scale:.3g}"
    quotient = middle.equity_krw * ratio * middle.scale / middle.amount_krw  # by risk: what is lost at the stop per KRW of the order
    expected = _distance(middle, recent) if key == "risk" else 1.0
    plain = math.isclose(quotient, expected, rel_tol=_GRID)  # nothing else made it smaller
    distance = quotient if plain and key == "risk" else math.nan
    notes: Notes = ()
    if plain:
        notes = (("size_by_risk", {**told, "distance": _percent(distance)}),) if key == "risk" else (("size_by_weight", told),)
    share = {"percent": str(math.floor(100 * skipped / len(run.sizes))), "days": str(recent.days)}
    notes += (("size_skipped", share), *_remedies(strategy, key, ratio, distance, middle, run.minimum_krw))
    args = {"minimum": _won(run.minimum_krw), "order": _won(middle.amount_krw)}
    yield Diagnostic("W402", Severity.WARNING, scalar.span(), f"sizing.{key}", args, notes=notes)


def _distance(size: Size, recent: Recent) -> float:
    """What is lost per KRW of the order when the stop is hit, fees and slippage included."""
    received = size.level_krw * (1 - recent.settings.slippage) * (1 - size.fee_rate)
    return (size.entry_krw * (1 + size.fee_rate) - received) / size.entry_krw


def _remedies(strategy: Strategy, key: str, ratio: float, distance: float, middle: Size, minimum: float) -> Notes:
    """What lets the median order reach the minimum: a larger share, a nearer stop, a lower minimum."""
    exchange = float(minimum_total("KRW-BTC", Side.BID, 0))
    allowed = strategy.risk.risk_per_trade if strategy.risk is not None and key == "risk" else None
    raised = _two_digits(_ROOM * ratio * minimum / middle.amount_krw, math.ceil)
    told = {"key": key, "raised": f"{raised * 100:.12g}%", "exchange": _won(exchange)}
    if not math.isnan(distance):
        told["distance"] = f"{_two_digits(distance * middle.amount_krw / minimum / _ROOM, math.floor) * 100:.12g}%"
    lowered = _two_digits(middle.amount_krw / _ROOM, math.floor)
    if lowered >= exchange and strategy.sizing.min_order_krw is not None:
        told["lowered"] = _won(lowered)
    can_raise = raised <= (1.0 if allowed is None else allowed)
    if can_raise and "distance" in told and "lowered" in told:
        return (("size_remedies", told),)
    found = (("size_raise", can_raise), ("size_tighten", "distance" in told), ("size_lower", "lowered" in told))
    return tuple((name, told) for name, holds in found if holds)


def _two_digits(value: float, way: Callable[[float], int]) -> float:
    """Rounded up or down to two significant digits."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return way(value / unit) * unit


def _percent(ratio: float) -> str:
    return f"{float(f'{ratio * 100:.2g}'):g}%"


def _won(amount: float) -> str:
    return f"{amount:,.0f}"
