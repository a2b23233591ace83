"""Every broken file says exactly what its golden texts say, in both languages; and every fix that it offers works.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff); they detect change, they do not prove the texts right.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dsl.compile import Finding, compile_risk, compile_strategy, schema_of
from dsl.diagnostics import Language
from dsl.messages import texts
from dsl.portfolio import compile_portfolio
from dsl.render import render
from dsl.source import Source
from tests.dsl.helpers import BROKEN, CATALOGUE, PROFILES, ROOT

FILES = sorted(BROKEN.glob("*.yaml"))
SYNTAX = {"E001", "E002", "E003", "E004", "E100", "E103", "E114", "E115", "E116", "E117", "E118", "E220"}

#: codes without a golden text of their own -> the test that produces them, and why there
ELSEWHERE = {
    "W160": ("tests/engine/research/test_findings.py", "needs candles"),
    "W401": ("tests/engine/research/test_findings.py", "needs candles"),
    "W402": ("tests/engine/research/test_findings.py", "needs candles"),
    "E005": ("tests/dsl/test_loader.py", "bytes that are no text"),
    "E118": ("tests/dsl/test_parser.py", "a comma inside braces, which editors take for a part of the rule"),
    "E218": ("tests/dsl/test_checker.py", "comes after a hundred other findings"),
    "E222": ("tests/dsl/test_language_sections.py", "beside keys that are refused until they are built"),
}

#: mistake of the specification -> the broken file that makes it, and its code; 20, 22 and 26 need candles or an open position
SPECIFIED = {
    1: ("01-misspelt-function", "E101"), 2: ("02-misspelt-series", "E102"), 3: ("03-unknown-key", "E201"), 4: ("04-assignment", "E103"),
    5: ("05-and-or", "E104"), 6: ("06-price-and-percent", "E110"), 7: ("07-percent-sign", "E111"), 8: ("08-future", "E120"),
    9: ("09-timeframe", "E121"), 10: ("10-faster-than-the-clock", "E122"), 11: ("11-history-of-a-held-value", "E123"),
    12: ("12-one-sided-suffix", "W124"), 13: ("13-position-in-entry", "E130"), 14: ("14-then-without-within", "E131"),
    15: ("15-argument-order", "E105"), 16: ("16-several-outputs", "E106"), 17: ("31-factors", "E140"), 18: ("31-factors", "W141"),
    19: ("32-targets-and-costs", "E401"), 21: ("17-always-false", "W150"), 23: ("18-full-width", "E002"),
    24: ("19-market-turned-round", "E202"), 25: ("20-duplicate-key", "E203"),
}  # fmt: skip


def shipped(name: str) -> tuple[str, str] | None:
    """A shipped strategy under its name alone: golden texts hold no folder."""
    path = ROOT / "strategies" / f"{name}.yaml"
    return (path.read_text("utf-8"), path.name) if path.is_file() else None


def findings_of(text: str, name: str) -> tuple[Finding, ...]:
    if schema_of(Source(name, text)) == "risk":
        return compile_risk(text, name, CATALOGUE).findings
    if schema_of(Source(name, text)) == "portfolio":
        return compile_portfolio(text, name, CATALOGUE, PROFILES, shipped).findings
    return compile_strategy(text, name, CATALOGUE, PROFILES).findings


def shown(path: Path, language: Language) -> str:
    findings = findings_of(path.read_text("utf-8"), path.name)
    return "\n\n".join(render(finding.diagnostic, finding.source, language) for finding in findings) + "\n"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_broken_file_says_what_its_golden_text_says(path: Path, language: Language) -> None:
    golden = path.with_suffix(f".{language.value}.txt")
    found = shown(path, language)
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


def test_there_are_enough_broken_files_and_each_is_broken() -> None:
    assert len(FILES) >= 20
    assert all(findings_of(path.read_text("utf-8"), path.name) for path in FILES)


def test_every_code_has_a_golden_text() -> None:
    """Of a broken file or of tests/dsl/mistakes.py; a new code: add a file to tests/golden/broken, or say in ELSEWHERE why not."""
    known = {key[:4] for key in texts("diagnostics") if re.match(r"[EW]\d{3}", key)}
    golden = "\n".join(path.read_text("utf-8") for path in [*BROKEN.glob("*.en.txt"), BROKEN.parent / "mistakes.en.txt"])
    shown_codes = set(re.findall(r"^(?:error|warning)\[([EW]\d{3})\]", golden, re.MULTILINE))
    assert len(known) >= 100
    assert known - shown_codes == set(ELSEWHERE)
    for code, (test, reason) in ELSEWHERE.items():
        assert f'"{code}"' in (ROOT / test).read_text("utf-8"), (code, reason)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_place_lies_inside_the_file(path: Path) -> None:
    for finding in findings_of(path.read_text("utf-8"), path.name):
        span = finding.diagnostic.span
        line = finding.source.line_text(span.line)
        assert 1 <= span.column <= len(line) + 1
        assert span.column + span.length <= len(line) + 2


def test_every_fix_removes_its_finding_and_can_be_read() -> None:
    tried = 0
    for path in FILES:
        text = path.read_text("utf-8")
        for finding in findings_of(text, path.name):
            diagnostic = finding.diagnostic
            if not diagnostic.fix or finding.source.name != path.name:
                continue
            lines = text.split("\n")
            lines[diagnostic.span.line - 1] = diagnostic.fix
            after = [found.diagnostic for found in findings_of("\n".join(lines), path.name)]
            same = (diagnostic.code, diagnostic.span.line, diagnostic.span.column, diagnostic.args)
            assert same not in [(d.code, d.span.line, d.span.column, d.args) for d in after], diagnostic
            before_line = {f.diagnostic.code for f in findings_of(text, path.name) if f.diagnostic.span.line == diagnostic.span.line}
            new = {d.code for d in after if d.span.line == diagnostic.span.line} & SYNTAX
            assert new <= before_line, (path.name, diagnostic)
            tried += 1
    assert tried >= 25


@pytest.mark.parametrize("number", SPECIFIED)
def test_every_mistake_of_the_specification_is_told_in_both_languages(number: int) -> None:
    stem, code = SPECIFIED[number]
    found = findings_of((BROKEN / f"{stem}.yaml").read_text("utf-8"), stem)
    assert code in [finding.diagnostic.code for finding in found]
    for language in Language:
        assert f"[{code}]" in (BROKEN / f"{stem}.{language.value}.txt").read_text("utf-8")
