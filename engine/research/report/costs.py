"""What a run assumed about the cost of trading beyond one fee and one slippage, one sentence each."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from dsl.diagnostics import Language
from dsl.messages import text
from engine.kernel.legal import BEYOND_BOOK, BY_BOOK, BY_MODEL, NOT_PRICED
from engine.model.costs import ALWAYS_MS, BookModel, FeeRule
from engine.research.metrics import Unit
from engine.research.report.format import count, duration, kst, money, rate, written

if TYPE_CHECKING:
    from engine.research.result import BacktestResult


def orders_in_parts(result: BacktestResult) -> int:
    """Orders that filled over several bars. A target that waits is one at the exchange, however many touches sold of it."""
    parts: Counter[object] = Counter()
    bought: dict[int, int] = {}
    waiting: dict[int, object] = {}
    columns = (result.fills[name].tolist() for name in ("market", "side", "exit_index", "order_id", "priced"))
    for market, side, rule, order, priced in zip(*columns, strict=True):
        if side > 0:
            bought[market] = order
        elif priced == NOT_PRICED:
            waiting[order] = bought[market], rule
        parts[waiting.get(order, order)] += 1
    return sum(fills > 1 for fills in parts.values())


def fills_priced(result: BacktestResult) -> dict[str, int]:
    """Fills by what their slippage was found by: a recorded book, more than it showed, the stated slippage, none (they waited)."""
    priced = np.bincount(result.fills["priced"], minlength=BEYOND_BOOK + 1)
    kinds = {"book": BY_BOOK, "beyond": BEYOND_BOOK, "model": BY_MODEL, "limit": NOT_PRICED}
    return {name: int(priced[kind]) for name, kind in kinds.items()}


def cost_lines(result: BacktestResult, language: Language) -> list[str]:
    """Sentences; none where nothing beyond fee and slippage was assumed."""
    costs = result.settings.costs
    lines = [_fee_line(rule, language) for rule in costs.fees]
    if costs.impact > 0.0:
        at_one = costs.impact * (0.1 if costs.impact_root else 0.01)
        shape = "impact_root" if costs.impact_root else "impact"
        lines.append(_say(shape, language, more=written(at_one * 1e4, Unit.BASIS_POINTS, language)))
    if costs.participation is not None:
        lines.append(_say("participation", language, share=rate(costs.participation)))
    if costs.latency_ms > 0:
        time = f"{costs.latency_ms}ms" if costs.latency_ms < 1_000 else duration(costs.latency_ms, language)
        lines.append(_say("latency", language, time=time))
    if costs.latency_bars > 0:
        lines.append(_say("latency_bars", language, bars=costs.latency_bars))
    if costs.latency_ms + costs.latency_bars > 0 and result.strategy.execution.leave.order == "limit":
        lines.append(_say("latency_waits", language))
    if costs.book is not None:
        lines.append(_book_line(costs.book, language))
    if costs.walk_books:
        lines.append(_say("books", language, **{name: count(number) for name, number in fills_priced(result).items()}))
    if costs.queue is not None:
        supposed = costs.book is not None and costs.book.depth is not None
        whose = ("both" if supposed else "recorded") if costs.walk_books else "supposed" if supposed else "nobody"
        lines.append(_say("queue", language, share=rate(costs.queue), ahead=_say(f"queue_{whose}", language)))
    lines += _refusal_lines(result, language)
    if costs.reads_volume:
        lines.append(_say("parts", language, count=count(orders_in_parts(result))))
    return lines


def _refusal_lines(result: BacktestResult, language: Language) -> list[str]:
    """What the exchange did not take, and how often."""
    costs, away = result.settings.costs, result.turned_away
    lines = []
    if costs.visible is not None:
        shown = _say("visible_recorded", language)
        if costs.visible.share is not None:
            window = duration(costs.visible.window_ms, language)
            shown = _say("visible_turnover", language, share=rate(costs.visible.share), window=window)
        elif math.isfinite(costs.visible.krw):
            shown = money(costs.visible.krw, language)
        lines.append(_say("visible", language, shown=shown, refused=count(away.refused_buys), cut=count(away.cut_sales)))
    if costs.outages:
        length = duration(sum(to_ms - from_ms for from_ms, to_ms in result.outages), language)
        lines.append(_say("outages", language, outages=count(len(result.outages)), length=length))
    if costs.halts or result.outages:
        facts = {
            "halts": count(len(costs.halts) + len(result.outages)),
            "entries": count(result.skipped["halted"]),
            "orders": count(away.halted_orders),
        }
        lines.append(_say("halts", language, **facts))
    return lines


def slice_lines(result: BacktestResult, language: Language) -> list[str]:
    """How a strategy's sales are cut, where that gains anything."""
    most, settings = result.strategy.execution.leave.max_slippage, result.settings
    if most is None or settings.costs.slice_share(settings.slippage, most) >= 1.0:
        return []
    return [_say("slices", language, most=rate(most))]


def _fee_line(rule: FeeRule, language: Language) -> str:
    market = rule.market or _say("all_markets", language)
    if rule.from_ms == ALWAYS_MS:
        return _say("fee_of", language, market=market, rate=rate(rule.rate))
    return _say("fee_since", language, market=market, rate=rate(rule.rate), since=kst(rule.from_ms))


def _book_line(book: BookModel, language: Language) -> str:
    spread = written(book.spread * 1e4, Unit.BASIS_POINTS, language)
    if book.depth is None:
        return _say("book_spread", language, spread=spread)
    window = duration(book.window_ms, language)
    return _say("book", language, spread=spread, within=rate(book.within), depth=rate(book.depth), window=window)


def _say(key: str, language: Language, **args: object) -> str:
    return text(f"report.cost.{key}", language, **args)
