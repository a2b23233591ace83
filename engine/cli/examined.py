"""What a backtest is looked over for: the doctor, runs with each parameter moved by a tenth, and the audit of its books."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.files import check_file, default_profile_folders, profiles_in, strategies_in
from dsl.messages import text
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsl.source import Source
    from engine.assembly import Market, Together
    from engine.model.candle import BarGrid
    from engine.research.doctor import Variant
    from engine.research.report import Checkup, Figures
    from engine.research.result import BacktestResult


def examined(
    result: BacktestResult, grid: BarGrid, draws: int, variants: tuple[Variant, ...] | None, *, checked: bool
) -> tuple[Figures, Checkup]:
    """Figures and findings of a run over the base bars of `grid`. checked: its books are audited
    too; UserError when they do not balance."""
    from engine.research.audit import audit
    from engine.research.report import examine, figures
    from engine.research.report.format import kst

    books = audit(result, grid) if checked else None
    if books is not None and (wrong := books.violation) is not None:
        what = text(f"audit.{wrong.text}", language(), **wrong.values)
        raise UserError("audit.failed", when=kst(wrong.time_ms), market=wrong.market, what=what)
    found = figures(result)
    return found, replace(examine(result, found, draws, variants), audit=books)


def moved_runs(file: Path, names: Iterable[str], market: Market) -> tuple[Variant, ...]:
    """One run per moved parameter over the same candles and settings; values that the file does not allow are left out."""
    from dsl.variants import Variants
    from engine.assembly import run_backtest
    from engine.cli.progress import bar
    from engine.research.cliff import moved_parameters
    from engine.research.doctor import Variant

    variants = Variants(file.read_text(encoding="utf-8-sig"), file.name, catalogue(), profiles_in(*default_profile_folders(file)))
    moved = list(moved_parameters(variants, names))
    runs = []
    with bar() as move:
        for done, one in enumerate(moved):
            move(text("backtest.moved", language()), done, len(moved))
            if one.compiled.strategy is None:
                continue
            result = run_backtest(one.compiled.strategy, market.traded, market)
            runs.append(Variant(one.name, one.value, one.moved_to, _gain_krw(result)))
    return tuple(runs)


def moved_portfolios(file: Path, market: Together) -> tuple[Variant, ...]:
    """The same of a portfolio's account: one parameter of one of its strategies is moved at a time, and all run together again."""
    from dsl.portfolio import CompiledPortfolio, compile_portfolio
    from dsl.variants import Variants
    from engine.assembly import run_portfolio
    from engine.cli.progress import bar
    from engine.research.cliff import moved_parameters
    from engine.research.doctor import Variant

    whole, profiles, named = check_file(file, catalogue()), profiles_in(*default_profile_folders(file)), strategies_in(file.parent)
    assert isinstance(whole, CompiledPortfolio), "the file has been run as a portfolio"
    moved = [
        (part.strategy.name, one)
        for part in whole.parts
        if part.strategy is not None
        for one in moved_parameters(Variants(part.source.text, part.source.name, catalogue(), profiles), part.strategy.params)
    ]
    runs = []
    with bar() as move:
        for done, (owner, one) in enumerate(moved):
            move(text("backtest.moved", language()), done, len(moved))
            changed = one.compiled.source

            def strategies(name: str, changed: Source = changed) -> tuple[str, str] | None:
                found = named(name)
                return (changed.text, changed.name) if found is not None and found[1] == changed.name else found

            portfolio = compile_portfolio(whole.source.text, whole.source.name, catalogue(), profiles, strategies).portfolio
            if portfolio is not None:
                result = run_portfolio(portfolio, market)
                runs.append(Variant(f"{owner}.{one.name}", one.value, one.moved_to, _gain_krw(result)))
    return tuple(runs)


def _gain_krw(result: BacktestResult) -> float:
    """Of the whole run."""
    start_krw = result.settings.cash_krw
    return (float(result.equity_krw[-1]) if result.equity_krw.size else start_krw) - start_krw
