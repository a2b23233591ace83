"""`jangdan check FILE..`: everything that is wrong with strategy and risk files, with places and fixes; exit code 1 on errors."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dsl.compile import Compiled, Finding
from dsl.diagnostics import Severity
from dsl.files import Checked, check_file
from dsl.messages import text
from dsl.portfolio import CompiledPortfolio
from dsl.render import as_json, render
from engine.cli.check_data import DataOptions, findings_with_data
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError, system_reason


def _say(key: str, **values: object) -> str:
    return text(f"diagnostics.{key}", language(), **values)


def check(
    files: Annotated[list[Path], typer.Argument(help=_say("argument_files"), show_default=False)],
    data: Annotated[bool, typer.Option("--data", help=_say("option_data"))] = False,
    candles: Annotated[
        Path | None, typer.Option("--candles", help=_say("option_candles", variable="JANGDAN_DATA"), show_default=False)
    ] = None,
    markets: Annotated[
        list[str] | None, typer.Option("--markets", help=text("backtest.option_markets", language()), show_default=False)
    ] = None,
    cash: Annotated[str, typer.Option("--cash", help=text("backtest.option_cash", language()))] = "10_000_000 KRW",
    fee: Annotated[list[str] | None, typer.Option("--fee", help=text("backtest.option_fee", language()), show_default="0.05%")] = None,
    slippage: Annotated[str, typer.Option("--slippage", help=text("backtest.option_slippage", language()))] = "5bp",
    participation: Annotated[
        str | None, typer.Option("--participation", help=text("backtest.option_participation", language()), show_default=False)
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Check every file named; exit 1 when any of them has an error or cannot be read."""
    results = [_checked(path) for path in files]
    unserved = False
    if data or candles is not None:
        options = DataOptions(candles, tuple(markets or ()), cash, tuple(fee or ()), slippage, participation)
        for number, (path, (result, problem)) in enumerate(zip(files, results, strict=True)):
            try:
                results[number] = _with_data(path, result, options), problem
            except UserError as error:  # what the file alone shows is told all the same
                sys.stderr.write(text("cli.error", language(), message=error.message(language())) + "\n")
                unserved = True
    if json_output:
        sys.stdout.write(json.dumps({"files": [_document(path, *result) for path, result in zip(files, results, strict=True)]}) + "\n")
    else:
        for path, (result, problem) in zip(files, results, strict=True):
            sys.stdout.write(_shown(path, result, problem) + "\n")
    if unserved or any(problem or _errors(result) for result, problem in results):
        raise typer.Exit(1)


def _checked(path: Path) -> tuple[Checked | None, str]:
    """The result, or why the file could not be read."""
    try:
        return check_file(path, catalogue()), ""
    except OSError as error:
        return None, system_reason(error, language())


def _with_data(path: Path, result: Checked | None, options: DataOptions) -> Checked | None:
    """The result with what the candles show; only strategies are run."""
    if not isinstance(result, Compiled):
        return result
    return replace(result, findings=findings_with_data(path, result, options))


def _findings(result: Checked | None) -> tuple[Finding, ...]:
    return () if result is None else result.findings


def _errors(result: Checked | None) -> int:
    return sum(finding.diagnostic.severity is Severity.ERROR for finding in _findings(result))


def _shown(path: Path, result: Checked | None, problem: str) -> str:
    if problem:
        return _say("unreadable", file=path, reason=problem)
    findings = _findings(result)
    if not findings:
        return _say("ok", file=path)
    blocks = [render(finding.diagnostic, finding.source, language()) for finding in findings]
    errors = _errors(result)
    return "\n\n".join([*blocks, _say("summary", file=path, errors=errors, warnings=len(findings) - errors)])


def _document(path: Path, result: Checked | None, problem: str) -> dict[str, object]:
    """One file in the JSON output. `version` is set when the file is a strategy or portfolio without errors."""
    checked = result.strategy if isinstance(result, Compiled) else result.portfolio if isinstance(result, CompiledPortfolio) else None
    return {
        "file": str(path),
        "ok": not problem and not _errors(result),
        "problem": problem,
        "version": checked.version if checked is not None else "",
        "diagnostics": [as_json(finding.diagnostic, finding.source) for finding in _findings(result)],
    }
