"""`jangdan test FILE..`: the tests inside strategy files; exit 1 when one fails, or with --strict when one could not run."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dsl.messages import text
from dsl.portfolio import CompiledPortfolio
from engine.cli.inputs import load_strategy, refusal, strategy_files
from engine.cli.language import language
from engine.kernel.catalogue import catalogue

if TYPE_CHECKING:
    from engine.research.file_tests import Outcome


def _say(key: str, **values: object) -> str:
    return text(f"tests.{key}", language(), **values)


def run_tests(
    files: Annotated[list[Path], typer.Argument(help=_say("argument_files"), show_default=False)],
    strict: Annotated[bool, typer.Option("--strict", help=_say("option_strict"))] = False,
    data: Annotated[
        Path | None, typer.Option("--data", help=text("backtest.option_data", language(), variable="JANGDAN_DATA"), show_default=False)
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Run the tests of every file named; of a portfolio those of its strategies' files."""
    from engine.cli.data import data_folder

    results = [(file, _outcomes(file, data_folder(data))) for named in files for file in _strategy_files(named)]
    if json_output:
        sys.stdout.write(json.dumps({"files": [_document(*result) for result in results]}, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        for file, outcomes in results:
            sys.stdout.write("\n".join(_lines(file, outcomes)) + "\n")
    statuses = Counter(outcome.status.value for _, outcomes in results for outcome in outcomes)
    if statuses["failed"] or (strict and statuses["not_run"]):
        raise typer.Exit(1)


def _strategy_files(named: Path) -> list[Path]:
    """The file itself, or those of a portfolio's strategies."""
    from dsl.files import check_file

    try:
        found = check_file(named, catalogue())
    except OSError:
        return [named]  # said where it is read
    return strategy_files(found) if isinstance(found, CompiledPortfolio) and not refusal(found) else [named]


def _outcomes(file: Path, folder: Path) -> list[Outcome]:
    from dsl.file_tests import RuleTest

    strategy = load_strategy(file, "test")
    if not strategy.tests:
        return []
    from engine.assembly import replay_test  # the heavy part, for files that have something to run
    from engine.research.file_tests import run_rule_test

    return [
        run_rule_test(strategy, found) if isinstance(found, RuleTest) else replay_test(strategy, found, folder) for found in strategy.tests
    ]


def _lines(file: Path, outcomes: list[Outcome]) -> list[str]:
    if not outcomes:
        return [_say("none", file=file)]
    lines = []
    for outcome in outcomes:
        lines.append(f"{_say(f'status_{outcome.status.value}')}  {outcome.name}")
        if outcome.status.value == "failed":
            lines.append(f"    {_say('expected', expected=outcome.expected)}")
            lines.append(f"    {_say('seen', seen=_seen(outcome))}")
        elif outcome.status.value == "not_run":
            lines.append(f"    {_seen(outcome)}")
        if outcome.synthetic:
            lines.append(f"    {_say('synthetic')}")
    counts = Counter(outcome.status.value for outcome in outcomes)
    lines.append(_say("summary", file=file, passed=counts["passed"], failed=counts["failed"], not_run=counts["not_run"]))
    return lines


def _seen(outcome: Outcome) -> str:
    return _say(outcome.seen.key, **outcome.seen.values)


def _document(file: Path, outcomes: list[Outcome]) -> dict[str, Any]:
    return {
        "file": str(file),
        "tests": [
            {
                "name": outcome.name, "status": outcome.status.value, "expected": outcome.expected, "seen": _seen(outcome),
                "synthetic": outcome.synthetic, "values": [value if math.isfinite(value) else None for value in outcome.values],
            }
            for outcome in outcomes
        ],
    }  # fmt: skip
