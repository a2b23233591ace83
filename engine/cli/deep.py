"""The doctor's deep look: the backtest again with each parameter of the file moved by a tenth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dsl.compile import compile_strategy
from dsl.files import default_profile_folders, profiles_in
from dsl.messages import text
from dsl.moved import moved_parameters
from engine.cli.language import language
from engine.kernel.catalogue import catalogue

if TYPE_CHECKING:
    from engine.assembly import Market
    from engine.research.doctor import Variant


def moved_runs(file: Path, market: Market) -> tuple[Variant, ...]:
    """One run per moved parameter over the same candles and settings; values that the file does not allow are left out."""
    from engine.assembly import run_backtest
    from engine.cli.progress import bar
    from engine.research.doctor import Variant

    profiles = profiles_in(*default_profile_folders(file))
    moved = list(moved_parameters(file.read_text(encoding="utf-8-sig")))
    runs = []
    with bar() as move:
        for done, one in enumerate(moved):
            move(text("backtest.moved", language()), done, len(moved))
            strategy = compile_strategy(one.text, file.name, catalogue(), profiles).strategy
            if strategy is None:
                continue
            result = run_backtest(strategy, market.traded, market)
            end_krw = float(result.equity_krw[-1]) if result.equity_krw.size else market.settings.cash_krw
            runs.append(Variant(one.name, one.value, one.moved_to, end_krw - market.settings.cash_krw))
    return tuple(runs)
