"""What of the specification holds, as a table: `python -m tests.tables [expressions files mistakes indicators]`.

Markdown on standard output. Expressions: parsed, checked, and how often each was true, false and missing in a run of 45 days on four
generated markets. Files: what `check` says of them. Mistakes: whether the broken file gets its code. Indicators: tests/oracles/table.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from dsl.compile import compile_risk, compile_strategy
from dsl.parser import parse_rule
from engine.research.backtest import backtest
from engine.research.result import Settings
from tests.dsl.helpers import BROKEN, CATALOGUE, COMPLETE, COMPLETE_RISK, EXPRESSIONS, PROFILES
from tests.dsl.test_golden_diagnostics import SPECIFIED, findings_of
from tests.engine.research.test_language_runs import EXITS, MARKETS, VALUES, busy_grid, whole
from tests.oracles import table

#: mistakes that need candles or an open position -> golden text (tests/engine/research/test_findings.py, tests/dsl/test_reload.py)
ELSEWHERE = {20: ("candles/accepted", "W402"), 22: ("candles/accepted", "W160"), 26: ("reload/clock", "R301")}


def expressions() -> Iterator[str]:
    """One row an expression. A value was run as `value > 0.5`; what has no count of its own stands in the size of an order."""
    result = backtest(whole(""), busy_grid(), Settings(cash_krw=1e9), traded=MARKETS)
    yield "| # | expression | parsed | checked | true | false | missing |"
    yield "|---|---|---|---|---|---|---|"
    run = 0
    for number, text in enumerate(EXPRESSIONS, 1):
        parse_rule(text)
        path = f"exits.e{number}" if number in EXITS else f"entry.e{number}"
        counts = result.rule_counts.get(path)
        shown = "sizes an order | | " if counts is None else " | ".join(f"{count:,}" for count in counts)
        run += counts is not None and sum(counts[:2]) > 0
        yield f"| {number} | `{text}{' > 0.5' if number in VALUES else ''}` | yes | yes | {shown} |"
    buys = int((result.fills["side"] > 0).sum())
    yield f"\n{len(EXPRESSIONS)} parsed and checked in one file; {run} said true or false in the run, the others sized its {buys:,} buys"


def files() -> Iterator[str]:
    """The two complete files of the specification, as `check` takes them, and with what is not built yet let through."""
    strict = compile_strategy(COMPLETE, "strategy", CATALOGUE, PROFILES)
    free = compile_strategy(COMPLETE, "strategy", CATALOGUE, PROFILES, refuse_unbuilt=False)
    profile = compile_risk(COMPLETE_RISK, "risk", CATALOGUE)
    yield "| file | checked | findings |"
    yield "|---|---|---|"
    for name, findings in (
        ("strategy", strict.findings), ("strategy, unbuilt keys let through", free.findings), ("risk profile", profile.findings),
    ):  # fmt: skip
        told = [f"{found.diagnostic.code} {found.source.line_text(found.diagnostic.span.line).strip()}" for found in findings]
        yield f"| {name} | {'no' if told else 'yes'} | {', '.join(f'`{line}`' for line in told)} |"


def mistakes() -> Iterator[str]:
    """Whether the broken file of each mistake gets the code of the specification."""
    yield "| mistake | file | code | told |"
    yield "|---|---|---|---|"
    told = 0
    for number, (name, code) in sorted(SPECIFIED.items()):
        found = {finding.diagnostic.code for finding in findings_of((BROKEN / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")}
        told += code in found
        yield f"| {number} | {name} | {code} | {'yes' if code in found else 'NO'} |"
    more = 0
    for number, (stem, code) in ELSEWHERE.items():
        shown = all(f"[{code}]" in (BROKEN.parent / f"{stem}.{name}.txt").read_text("utf-8") for name in ("ko", "en"))
        more += shown
        yield f"| {number} | {stem} | {code} | {'yes' if shown else 'NO'} |"
    yield f"\n{told + more} of 26 told: {told} from the file alone, {more} with candles or an open position"


def indicators() -> Iterator[str]:
    """Every function against its outside values; written as it is computed."""
    table.main([])
    yield ""


PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "expressions": expressions, "files": files, "mistakes": mistakes, "indicators": indicators,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Print these parts, or all."""
    for name in names or PARTS:
        if name not in PARTS:
            sys.exit(f"no part {name}: {', '.join(PARTS)}")
        sys.stdout.write(f"\n## {name}\n\n")
        for line in PARTS[name]():
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
