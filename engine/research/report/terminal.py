"""A backtest in the terminal: figures beside buy-and-hold, markets, exit rules, reasons for not buying, assumptions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Group as Stack
from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dsl.diagnostics import Language
from dsl.messages import text
from engine.research.doctor import Checkup
from engine.research.figures import Figures
from engine.research.metrics import CURVE_FIGURES, Definition, Group, definitions
from engine.research.report.assumptions import assumptions, part_assumptions
from engine.research.report.doctor import render_findings
from engine.research.report.format import UNDEFINED, count, duration, kst, money, number, percent, written
from engine.research.report.universe import COLUMNS, universe_line
from engine.research.returns import changes, monthly_values
from engine.research.trades import ways_out

if TYPE_CHECKING:
    from engine.research.result import BacktestResult
    from engine.research.universe import UniverseCounts

UP: Final = "red"  # Korean market colours: red gains, blue losses
DOWN: Final = "blue"
FEW_NAMES: Final = 8
#: figures whose sign is good or bad news
SIGNED: Final = frozenset(
    ("profit", "total_return", "annualised_return", "best_day", "worst_day", "average_trade", "average_trade_return", "average_win",
     "average_loss", "average_win_return", "average_loss_return", "best_trade", "worst_trade", "open_profit", "maximum_drawdown")
)  # fmt: skip


def render_terminal(result: BacktestResult, figures: Figures, checkup: Checkup, language: Language) -> RenderableType:
    """The whole report for a rich console at least 80 columns wide. User texts are printed as they are, never as markup."""
    parts: list[RenderableType] = [
        _head(result, figures, language),
        render_findings(checkup, language),
        _figures(figures, language),
        _monthly(figures, language),
        *([_strategies(figures, language)] if result.parts else []),
        _markets(figures, language),
    ]
    parts += [_skipped(result, language)] if result.parts else _by_rule(result, figures, language)
    parts.append(_assumptions(assumptions(result, language), language))
    for part, own, found in zip(result.parts, figures.parts, checkup.parts, strict=True):
        parts += _part(part, own, found, language)
    return Stack(*parts, Text(_say("past", language), style="dim"))


def _by_rule(result: BacktestResult, figures: Figures, language: Language) -> list[RenderableType]:
    """What the strategy's rules did."""
    universe = [] if result.universe is None else [_universe(result.universe, language)]
    return [_exits(result, figures, language), _skipped(result, language), _rules(result, language), *universe]


def _part(result: BacktestResult, figures: Figures, checkup: Checkup, language: Language) -> list[RenderableType]:
    """One strategy of a portfolio."""
    strategy = result.strategy
    name = f"{strategy.name} ({percent(result.share)})"
    title = f"{name} · {strategy.title}" if strategy.title and strategy.title != strategy.name else name
    return [
        Panel(Text(title, style="bold"), box=ROUNDED, expand=False),
        render_findings(checkup, language),
        *_by_rule(result, figures, language),
        _assumptions(part_assumptions(result, language), language),
    ]


def _strategies(figures: Figures, language: Language) -> Table:
    """A row for every strategy of a portfolio; returns and falls are of its share."""
    columns = ("strategy", "column.share", "column.trades", "figure.open_trades", "figure.win_rate", "column.profit",
               "figure.profit_factor", "figure.maximum_drawdown", "column.fees")  # fmt: skip
    table = _table(language, "strategies", *columns)
    table.columns[0].no_wrap = True
    for one in figures.parts:
        values, profit = one.values, one.values["profit"]
        table.add_row(
            Text(one.result.strategy.name), percent(one.result.share), count(values["closed_trades"]), count(values["open_trades"]),
            percent(values["win_rate"]), _coloured(profit, money(profit, language, signed=True)), number(values["profit_factor"]),
            percent(values["maximum_drawdown"]), money(values["fees_paid"], language),
        )  # fmt: skip
    return table


def _say(key: str, language: Language, **args: object) -> str:
    return text(f"report.{key}", language, **args)


def _coloured(value: float, shown: str) -> Text:
    return Text(shown, style=UP if value > 0 else DOWN if value < 0 else "")


def _table(language: Language, heading: str, *columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, title=_say(f"head.{heading}", language), title_justify="left", title_style="bold", pad_edge=False)
    for position, column in enumerate(columns):
        table.add_column(_say(column, language), justify="left" if position == 0 else "right", overflow="fold")
    return table


def _head(result: BacktestResult, figures: Figures, language: Language) -> Panel:
    curve, strategy = figures.account, result.strategy
    period = f"{kst(curve.start_ms)} ~ {kst(int(curve.time_ms[-1]))} KST" if curve.time_ms.size else UNDEFINED
    lines = [
        Text(strategy.title or strategy.name, style="bold"),
        Text(f"{strategy.name} {strategy.version[:12]}".rstrip(), style="dim"),
        Text(f"{_say('period', language)}: {period}  ({duration(curve.span_ms, language)})"),
        Text(f"{_say('clock', language)}: {duration(strategy.clock.length_ms, language)}  {_say('markets', language)}: "
             f"{_few(tuple(dict.fromkeys(result.markets)))}"),
        Text(f"{_say('cash', language)}: {money(result.settings.cash_krw, language)}"),
    ]  # fmt: skip
    if result.base is not None:
        lines.insert(4, Text(f"{_say('base', language)}: {duration(result.base.length_ms, language)}"))
    if result.synthetic:
        lines.insert(0, Text(_say("synthetic", language), style="bold black on yellow"))
    return Panel(Stack(*lines), title=Text(f"Jangdan · {_say('title', language)}"), box=ROUNDED, expand=False)


def _few(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:FEW_NAMES])} … ({len(names)})" if len(names) > FEW_NAMES else ", ".join(names)


def _figures(figures: Figures, language: Language) -> Table:
    table = _table(language, "figures", "head.figures", "strategy", "buy_and_hold")
    for group in Group:
        table.add_row(Text(_say(f"group.{group}", language), style="bold cyan"), "", "")
        for one in definitions().values():
            if one.group is group:
                held = figures.buy_and_hold[one.key] if one.key in CURVE_FIGURES else math.nan
                table.add_row("  " + _say(f"figure.{one.key}", language), _shown(one, figures.values[one.key], language),
                              _shown(one, held, language) if one.key in CURVE_FIGURES else "")  # fmt: skip
    return table


def _shown(one: Definition, value: float, language: Language) -> Text:
    signed = one.key in SIGNED
    shown = written(value, one.unit, language, signed=signed)
    return _coloured(value, shown) if signed else Text(shown)


def _monthly(figures: Figures, language: Language) -> Table:
    months, values = monthly_values(figures.account)
    _, held = monthly_values(figures.held)
    table = _table(language, "monthly", "column.month", "strategy", "buy_and_hold")
    own, other = changes(figures.account.start_krw, values).tolist(), changes(figures.held.start_krw, held).tolist()
    for month, a, b in zip(months, own, other, strict=True):
        table.add_row(month, _coloured(a, percent(a, signed=True)), _coloured(b, percent(b, signed=True)))
    return _filled(table, language)


def _markets(figures: Figures, language: Language) -> Table:
    columns = ("column.market", "column.trades", "figure.win_rate", "column.profit", "figure.profit_factor", "column.fees",
               "column.held_return")  # fmt: skip
    table = _table(language, "markets", *columns)
    for one in figures.markets:
        table.add_row(
            Text(one.market), count(one.values["closed_trades"]), percent(one.values["win_rate"]),
            _coloured(one.profit_krw, money(one.profit_krw, language, signed=True)), number(one.values["profit_factor"]),
            money(one.fees_krw, language), _coloured(one.held_return, percent(one.held_return, signed=True)),
        )  # fmt: skip
    return _filled(table, language)


def _exits(result: BacktestResult, figures: Figures, language: Language) -> Table:
    columns = ("column.exit_rule", "column.sales", "figure.win_rate", "column.profit", "column.average_return", "column.closing")
    table = _table(language, "exits", *columns)
    for (_, kind), one in zip(ways_out(result), figures.exits, strict=True):
        table.add_row(
            Text(f"{one.name} ({_say('kind.' + kind, language)})"), count(one.sales),
            percent(one.wins / one.sales if one.sales else math.nan),
            _coloured(one.profit_krw, money(one.profit_krw, language, signed=True)),
            _coloured(one.average_return, percent(one.average_return, signed=True)), count(one.closed_trades),
        )  # fmt: skip
    return _filled(table, language)


def _skipped(result: BacktestResult, language: Language) -> Table:
    table = _table(language, "skipped", "column.reason", "column.count")
    for reason, times in sorted(result.skipped.items(), key=lambda item: (-item[1], item[0])):
        if times:
            table.add_row(_say(f"skip.{reason}", language), count(times))
    return _filled(table, language)


def _rules(result: BacktestResult, language: Language) -> Table:
    table = _table(language, "rules", "column.condition", "column.true", "column.false", "column.missing")
    for path, times in result.rule_counts.items():
        table.add_row(Text(path), *(count(one) for one in times))
    return _filled(table, language)


def _universe(counts: UniverseCounts, language: Language) -> Stack:
    """What each rule of the universe did with the candidates, and what was left in turn."""
    table = _table(language, "universe", "column.condition", *(f"column.{key}" for key in COLUMNS))
    for rule in counts.rules:
        table.add_row(Text(rule.path), *(count(getattr(rule, key)) for key in COLUMNS))
    return Stack(_filled(table, language), Text(universe_line(counts, language)), Text(""))


def _filled(table: Table, language: Language) -> Table:
    if not table.row_count:
        table.add_row(_say("none", language), *[""] * (len(table.columns) - 1))
    return table


def _assumptions(lines: Iterable[str], language: Language) -> Stack:
    return Stack(Text(_say("head.assumptions", language), style="bold"), *(Text(f"· {line}") for line in lines), Text(""))
