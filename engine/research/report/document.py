"""The JSON document of a backtest: stable keys, numbers as computed, null where not defined. Equal results give equal bytes."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson

from dsl.diagnostics import Language
from engine.model.costs import ALWAYS_MS, BookModel, Costs, VisibleDepth
from engine.research.doctor import Checkup
from engine.research.figures import Figures, MarketFigures
from engine.research.gaps import series_name
from engine.research.report.assumptions import assumptions, part_assumptions
from engine.research.report.costs import fills_priced, orders_in_parts
from engine.research.report.doctor import checkup_document
from engine.research.report.format import kst
from engine.research.report.universe import universe_document
from engine.research.returns import DAY_MS, changes, daily_values, drawdowns, monthly_values
from engine.research.trades import ExitFigures, Leg, Trade, ways_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.research.result import BacktestResult

FORMAT: Final = "jangdan.backtest/1"
SYNTHETIC: Final = "SYNTHETIC"
Document = dict[str, Any]


def to_json(result: BacktestResult, figures: Figures, checkup: Checkup) -> bytes:
    """One JSON document (UTF-8, ends with a line feed). Money in KRW, ratios of 1, times in UTC ms and KST text, quantities in
    1e-8 coins. How fast the run was and how it was cut into blocks are not part of it."""
    return orjson.dumps(document(result, figures, checkup), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def document(result: BacktestResult, figures: Figures, checkup: Checkup) -> Document:
    """The document as Python values: only str, bool, int, finite float, None, list and dict."""
    head = summary(result, figures, checkup)
    return head | {"trades": [_trade(trade) for trade in figures.trades]}


def summary(result: BacktestResult, figures: Figures, checkup: Checkup) -> Document:
    """The document without its trades; of a portfolio's account with its strategies."""
    found = own_summary(result, figures, checkup)
    parts = zip(result.parts, figures.parts, checkup.parts, strict=True)
    return found | {"strategies": [part_summary(*part) for part in parts]} if result.parts else found


def part_summary(result: BacktestResult, figures: Figures, checkup: Checkup) -> Document:
    """A strategy of a portfolio: its document as if its share were an account, without its trades, which are the account's."""
    return {"name": result.strategy.name, "share": result.share} | own_summary(result, figures, checkup)


def own_summary(result: BacktestResult, figures: Figures, checkup: Checkup) -> Document:
    """The document without trades and strategies."""
    found: Document = finite(
        {
            "format": FORMAT,
            "synthetic": result.synthetic,
            "label": SYNTHETIC if result.synthetic else None,
            "strategy": _strategy(result),
            "settings": _settings(result),
            "period": _period(figures),
            "doctor": checkup_document(checkup),
            "figures": figures.values,
            "buy_and_hold": figures.buy_and_hold,
            "daily": _daily(figures),
            "monthly": _monthly(figures),
            "markets": [_market(one) for one in figures.markets],
            "exits": [_exit(one) for one in figures.exits],
            "skipped": dict(sorted(result.skipped.items(), key=lambda item: (-item[1], item[0]))),
            "rules": [
                {"path": path, "true": true, "false": false, "missing": missing}
                for path, (true, false, missing) in result.rule_counts.items()
            ],
            "universe": universe_document(result.universe),
            "assumptions": _assumptions(result),
        }
    )
    return found


def finite(value: Any) -> Any:
    """The same value with NaN, infinities and NumPy scalars turned into what JSON knows."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _strategy(result: BacktestResult) -> Document:
    strategy = result.strategy
    return {
        "name": strategy.name,
        "title": strategy.title,
        "version": strategy.version,
        "clock_ms": strategy.clock.length_ms,
        "markets": list(dict.fromkeys(result.markets)),
        "params": strategy.params,
        "exits": [{"name": name, "kind": kind} for name, kind in ways_out(result)],
        "risk_profile": strategy.risk.name if strategy.risk else None,
    }


def _settings(result: BacktestResult) -> Document:
    settings = result.settings
    return {
        "cash_krw": settings.cash_krw,
        "fee_rate": settings.fee_rate,
        "slippage": settings.slippage,
        "costs": _costs(settings.costs),
        "rounding": settings.rounding.value,
        "from_ms": settings.from_ms,
        "to_ms": settings.to_ms,
        "base_ms": None if result.base is None else result.base.length_ms,
    }


def _costs(costs: Costs) -> Document:
    """Ratios and ms; impact: slippage that an order as large as its bar's volume adds."""
    return {
        "fees": [
            {"rate": rule.rate, "market": rule.market or None, "from_ms": None if rule.from_ms == ALWAYS_MS else rule.from_ms}
            for rule in costs.fees
        ],
        "impact": costs.impact,
        "impact_grows_with": "root of share" if costs.impact_root else "share",
        "participation": costs.participation,
        "latency_ms": costs.latency_ms,
        "latency_bars": costs.latency_bars,
        "book": None if costs.book is None else {name: getattr(costs.book, name) for name in BookModel.__slots__},
        "walk_books": costs.walk_books,
        "queue": costs.queue,
        "visible_depth": None if costs.visible is None else _visible(costs.visible),
        "halts": [{"market": halt.market or None, "from_ms": halt.from_ms, "to_ms": halt.to_ms} for halt in costs.halts],
    }


def _visible(visible: VisibleDepth) -> Document:
    """krw null: any size where no book was recorded."""
    krw = visible.krw if visible.share is None and math.isfinite(visible.krw) else None
    return {"krw": krw, "share": visible.share, "window_ms": visible.window_ms if visible.share is not None else None}


def _period(figures: Figures) -> Document:
    curve = figures.account
    if not curve.time_ms.size:
        return {"from_ms": None, "to_ms": None, "from_kst": None, "to_kst": None, "days": 0.0}
    end_ms = int(curve.time_ms[-1])
    days = curve.span_ms / DAY_MS
    return {"from_ms": curve.start_ms, "to_ms": end_ms, "from_kst": kst(curve.start_ms), "to_kst": kst(end_ms), "days": days}


def _daily(figures: Figures) -> list[Document]:
    """The trading day is named by the date on which it began (09:00 KST); drawdown is the deepest of the day's rows."""
    days, values = daily_values(figures.account)
    names = [str(day) for day in days.astype("datetime64[D]")]
    rows = zip(names, values.tolist(), changes(figures.account.start_krw, values).tolist(), _daily_depth(figures, days), strict=True)
    return [{"day": day, "equity_krw": value, "return": change, "drawdown": depth} for day, value, change, depth in rows]


def _daily_depth(figures: Figures, days: NDArray[np.int64]) -> list[float]:
    curve, depths = figures.account, drawdowns(figures.account)
    ends = np.searchsorted(curve.time_ms, (days + 1) * DAY_MS, side="right")
    starts = np.concatenate(([0], ends[:-1])) if ends.size else ends
    return [float(depths[a:b].min()) if b > a else math.nan for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]


def _monthly(figures: Figures) -> list[Document]:
    months, values = monthly_values(figures.account)
    _, held = monthly_values(figures.held)
    own = changes(figures.account.start_krw, values).tolist()
    other = changes(figures.held.start_krw, held).tolist()
    return [{"month": month, "return": a, "buy_and_hold": b} for month, a, b in zip(months, own, other, strict=True)]


def _market(one: MarketFigures) -> Document:
    return {"market": one.market, "profit_krw": one.profit_krw, "fees_krw": one.fees_krw, "held_return": one.held_return} | one.values


def _exit(one: ExitFigures) -> Document:
    return {
        "name": one.name,
        "sales": one.sales,
        "wins": one.wins,
        "closed_trades": one.closed_trades,
        "ambiguous": one.ambiguous,
        "profit_krw": one.profit_krw,
        "average_return": one.average_return,
    }


def _assumptions(result: BacktestResult) -> Document:
    risk = result.strategy.risk
    return {
        "fill_model": "next open, in-step levels",
        "enter_order": result.strategy.execution.enter.order,
        "leave_order": result.strategy.execution.leave.order,
        "fee_rate": result.settings.fee_rate,
        "slippage": result.settings.slippage,
        "rounding": result.settings.rounding.value,
        "ambiguous_steps": result.ambiguous_steps,
        "ambiguous_krw": result.ambiguous_krw,
        "unsettled_entries": result.unsettled_entries,
        "sale_below_minimum": result.sale_below_minimum,
        "max_book_share": risk.book_share.text if risk is not None and risk.book_share is not None else None,
        "costs": _costs(result.settings.costs),
        "orders_in_parts": orders_in_parts(result),
        "fills_priced": fills_priced(result),
        "bars_by_finer_ones": {"bars": result.inside_bars, "apart": result.inside_apart},
        "turned_away": asdict(result.turned_away),
        "outages": [{"from_ms": from_ms, "to_ms": to_ms} for from_ms, to_ms in result.outages] if result.settings.costs.outages else None,
        "left_out_breakers": list(result.left_out_breakers),
        "side_series": [
            {
                "series": series_name(gap.key),
                "flag": gap.flag,
                "decisions": sum(gap.decisions.values()),
                "of": sum(gap.closes.values()),
                "by_market": gap.decisions,
                "modelled": sum(gap.modelled.values()),
            }
            for gap in result.gaps
        ],
        "says": {language.value: _sentences(result, language) for language in Language},
    }


def _sentences(result: BacktestResult, language: Language) -> list[str]:
    """A part of a portfolio says what it assumes beside the account."""
    return part_assumptions(result, language) if result.owners and not result.parts else assumptions(result, language)


def _trade(trade: Trade) -> Document:
    unsaid = ("buys", "sales") if trade.strategy else ("buys", "sales", "strategy")
    plain = {name: getattr(trade, name) for name in Trade.__slots__ if name not in unsaid}
    found: Document = finite(plain | {"buys": [_leg(leg) for leg in trade.buys], "sales": [_leg(leg) for leg in trade.sales]})
    return found


def _leg(leg: Leg) -> Document:
    return {name: getattr(leg, name) for name in Leg.__slots__}
