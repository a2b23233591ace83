"""`jangdan check --data`: a checked strategy file held against the user's candles."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dsl.compile import Compiled, Finding, compile_strategy
from dsl.files import default_profile_folders, profiles_in
from dsl.messages import text
from engine.cli.costs import costs_of
from engine.cli.inputs import amount_krw, market_codes
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

#: what is looked at: so long before the newest candle
LENGTH_MS: Final = 90 * 86_400_000


@dataclass(frozen=True, slots=True)
class DataOptions:
    """What the command line says about the candles and the account, as typed."""

    folder: Path | None
    markets: tuple[str, ...]
    cash: str
    fees: tuple[str, ...]
    slippage: str
    participation: str | None


def findings_with_data(path: Path, compiled: Compiled, options: DataOptions) -> tuple[Finding, ...]:
    """All findings of the file, those of the candles among them. Raises UserError when no candles serve it.

    A file that other errors refuse keeps its findings as they are, and standard error says so.
    """
    from engine.assembly import Sources, recent_market  # the heavy part, after what the file alone shows
    from engine.cli.data import data_folder, sample_folder
    from engine.cli.progress import bar
    from engine.research.findings.judge import data_findings
    from engine.research.findings.measure import Recent
    from engine.research.findings.questions import asked

    profiles = profiles_in(*default_profile_folders(path))
    plan = asked(compiled, lambda changed: compile_strategy(changed, compiled.source.name, catalogue(), profiles))
    if plan is None:
        sys.stderr.write(text("diagnostics.data_hidden", language(), file=path) + "\n")
        return compiled.findings
    strategy = plan.strategy
    named = options.markets or strategy.markets
    chosen = market_codes(list(named), strategy) if named else ()
    market = recent_market(strategy, chosen, Sources(data_folder(options.folder), sample_folder(), None, path.parent), LENGTH_MS)
    for message in market.messages:
        sys.stderr.write(text(message.key, language(), **message.values) + "\n")
    fee_rate, slippage, costs = costs_of(options.fees, options.slippage, options.participation, "0")
    cash_krw = amount_krw(options.cash, "--cash")
    settings = replace(market.settings, cash_krw=cash_krw, fee_rate=fee_rate, slippage=slippage, costs=costs)
    with bar() as move:
        try:
            return data_findings(
                plan, Recent(market.grid, settings, market.traded),
                lambda done, whole: move(text("backtest.running", language()), done, whole),
            )  # fmt: skip
        except ValueError as error:
            raise UserError("backtest.cannot_run", reason=error) from error
