"""What a run took for granted, one sentence each: how orders fill, what they cost, what nobody recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.diagnostics import Language
from dsl.messages import text
from engine.research.gaps import series_name
from engine.research.metrics import Unit
from engine.research.report.costs import cost_lines, slice_lines
from engine.research.report.format import count, money, percent, rate, written
from engine.research.result import Rounding, SideGap

if TYPE_CHECKING:
    from engine.research.result import BacktestResult


def assumptions(result: BacktestResult, language: Language) -> list[str]:
    """The sentences of a run; of a portfolio's account, what only some of its strategies assume under their names."""
    lines = [_say("assume.fill", language)]
    if not result.parts:
        lines += _orders(result, language)
    lines += [f"{_say(f'assume.{key}', language)}: {value}" for key, value in _facts(result, language)]
    lines += cost_lines(result, language)
    if not result.parts:
        return lines + _reading(result, language)
    for part in result.parts:
        lines += [f"{part.strategy.name}: {line}" for line in (*_orders(part, language), *_reading(part, language))]
    return lines


def part_assumptions(result: BacktestResult, language: Language) -> list[str]:
    """Of a portfolio's strategy: what it assumes beside the account."""
    share = money(result.settings.cash_krw, language)
    return [
        _say("assume.share", language, share=percent(result.share), money=share),
        *_orders(result, language),
        *_reading(result, language),
    ]


def _orders(result: BacktestResult, language: Language) -> list[str]:
    """How the strategy's own orders fill."""
    execution = result.strategy.execution
    kinds = {"limit": "limit_orders", "post_only": "limit_orders", "best": "best_orders"}
    said = [kinds[execution.enter.order]] if execution.enter.order in kinds else []
    said += ["limit_sales"] if execution.leave.order == "limit" else []
    lines = [_say(f"assume.{name}", language) for name in said]
    most = execution.leave.max_slippage
    if most is not None and result.settings.slippage > most:
        lines.append(f"{_say('assume.leave_slippage', language)}: {rate(most)}")
    return lines + slice_lines(result, language)


def _reading(result: BacktestResult, language: Language) -> list[str]:
    return [line for gap in result.gaps for line in _gap_lines(gap, language)]


def _facts(result: BacktestResult, language: Language) -> list[tuple[str, str]]:
    settings = result.settings
    rounding = "rounding_upbit" if settings.rounding is Rounding.UPBIT else "rounding_none"
    rows = [
        ("fee", rate(settings.fee_rate)),
        ("slippage", written(settings.slippage * 1e4, Unit.BASIS_POINTS, language)),
        ("rounding", _say(f"assume.{rounding}", language)),
        ("ambiguous", count(result.ambiguous_steps)),
        ("ambiguous_krw", money(result.ambiguous_krw, language)),
        ("unsettled", count(result.unsettled_entries)),
        ("sale_below_minimum", count(result.sale_below_minimum)),
    ]
    if result.left_out_breakers:
        rows.append(("left_out_breakers", ", ".join(result.left_out_breakers)))
    if result.inside_bars or result.inside_apart:
        found = {"bars": count(result.inside_bars), "apart": count(result.inside_apart)}
        rows.append(("inside", _say("assume.of_inside", language, **found)))
    if (stored := result.stored) is not None:
        found = {
            "markets": count(len(set(result.markets))),
            "stored": count(stored.count),
            "ended": count(stored.ended),
            "unsure": count(stored.unsure),
        }
        rows.append(("named_markets", _say("assume.of_stored", language, **found)))
    risk = result.strategy.risk
    if risk is not None and risk.book_share is not None:
        rows.append(("book_share", risk.book_share.text))
    if risk is not None and risk.safety:
        rows.append(("safety", ", ".join(guard.name for guard in risk.safety)))
    return rows


def _gap_lines(gap: SideGap, language: Language) -> list[str]:
    """What was read although nobody recorded it, and how often: without a value, and with one that was supposed."""
    name, whole = series_name(gap.key), sum(gap.closes.values())
    lines = []
    for key, decisions in (("flag" if gap.flag else "missing", gap.decisions), ("modelled", gap.modelled)):
        if decisions:
            found = {"count": count(sum(decisions.values())), "all": count(whole), "markets": len(decisions)}
            lines.append(f"{_say(f'assume.{key}', language, series=name)}: {_say('assume.of_closes', language, **found)}")
    return lines


def _say(key: str, language: Language, **args: object) -> str:
    return text(f"report.{key}", language, **args)
