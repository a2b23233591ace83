"""Marks say what the checker says, where it says it; every mend, applied, takes its problem away."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl.assist.answers import Problem, applied
from dsl.assist.assist import Assist
from dsl.assist.problems import smallest_edit
from dsl.compile import Finding, compile_risk, compile_strategy
from dsl.diagnostics import Language, Severity
from dsl.formatting import format_text
from dsl.portfolio import compile_portfolio
from tests.dsl.assist.helpers import ASSIST, BROKEN_FILES, EN, EXAMPLE, FILES, KO
from tests.dsl.helpers import CATALOGUE, PROFILES, ROOT

TEXTS = [path.read_text("utf-8") for path in [*FILES, *BROKEN_FILES]]
PIECES = [
    "emma",
    "＞",
    "：",
    "=",
    "&&",
    "and",
    "or",
    "7m",
    "1m",
    "pos.gain",
    "[-1]",
    "3",
    "BTC-KRW",
    "\t",
    "'",
    "(",
    ",",
    "stp",
    "2%",
    "1,000",
]


def same(one: Problem, other: Problem) -> bool:
    return (one.code, one.line, one.column, one.message) == (other.code, other.line, other.column, other.message)


def assert_mends(text: str) -> int:
    """How many mends the text's problems have; each takes its own away."""
    problems = ASSIST.diagnostics(text, "f.yaml", EN)
    mends = [problem for problem in problems if problem.fix is not None]
    for problem in mends:
        assert problem.fix is not None
        assert problem.fix.edits
        after = applied(text, problem.fix.edits)
        assert not any(same(problem, left) for left in ASSIST.diagnostics(after, "f.yaml", EN)), problem
    return len(mends)


def test_every_mend_of_the_broken_files_takes_its_problem_away() -> None:
    assert sum(assert_mends(path.read_text("utf-8")) for path in BROKEN_FILES) >= 40


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TEXTS), st.data())
def test_every_mend_of_damaged_files_takes_its_problem_away(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 4, len(text))))
    assert_mends(text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:])


def findings_of(text: str) -> tuple[Finding, ...]:
    """What the checker says, by the file's schema."""
    if "schema: risk" in text:
        return compile_risk(text, "f", CATALOGUE).findings
    if "schema: portfolio" in text:
        return compile_portfolio(text, "f", CATALOGUE, PROFILES, lambda _: None).findings
    return compile_strategy(text, "f", CATALOGUE, PROFILES).findings


@pytest.mark.parametrize("path", BROKEN_FILES, ids=lambda path: path.stem)
def test_marks_lie_where_the_checker_says(path: Path) -> None:
    text = path.read_text("utf-8")
    findings = findings_of(text)
    problems = ASSIST.diagnostics(text, "f", KO)
    assert len(problems) == len(findings) > 0
    for problem in problems:
        before = text[: problem.start]
        assert (problem.line, problem.column) == (before.count("\n") + 1, problem.start - before.rfind("\n"))
        assert problem.start < problem.end
        assert "\n" not in text[problem.start : problem.end]
    assert sorted((p.code, p.line) for p in problems) == sorted((f.diagnostic.code, f.diagnostic.span.line) for f in findings)


def test_a_mark_covers_the_wrong_word() -> None:
    text = EXAMPLE.replace("ema(close, 21)", "emma(close, 21)")
    (problem,) = ASSIST.diagnostics(text, "f", KO)
    assert text[problem.start : problem.end] == "emma"
    assert problem.severity is Severity.ERROR
    assert problem.fix is not None
    assert applied(text, problem.fix.edits) == EXAMPLE


def test_both_languages() -> None:
    text = EXAMPLE.replace("ema(close, 21)", "emma(close, 21)")
    korean, english = (ASSIST.diagnostics(text, "f", language)[0] for language in Language)
    assert "모르는 함수" in korean.message
    assert "unknown function" in english.message
    assert korean.fix is not None
    assert english.fix is not None
    assert korean.fix.edits == english.fix.edits
    assert korean.fix.title.startswith("고치기")


def test_mistakes_of_the_risk_file_are_shown_where_it_is_named() -> None:
    assist = Assist(CATALOGUE, lambda name: ("schema: risk/1\nname: x\nloss:\n  per_trade: {limt: 1%}\n", f"risk/{name}.yaml"))
    problems = assist.diagnostics(EXAMPLE, "f", EN)
    assert problems
    for problem in problems:
        assert EXAMPLE[problem.start : problem.end] == "risk_profile: conservative"
        assert "conservative.yaml:4" in problem.message
        assert problem.fix is None


@pytest.mark.parametrize(
    "text", ["", "\n", "a", ":", "\ufeff", "schema: strategy/1", "schema: risk/1\r\n", "schema: strategy/1\u2028x: y\u0085z"]
)
def test_odd_texts_have_marks_inside(text: str) -> None:
    for problem in ASSIST.diagnostics(text, "f", EN):
        assert 0 <= problem.start <= problem.end <= len(text)


def test_shipped_files_are_without_errors() -> None:
    for path in FILES:
        assert [p for p in ASSIST.diagnostics(path.read_text("utf-8"), path.name, EN) if p.severity is Severity.ERROR] == []


PORTFOLIO = """schema: portfolio/1
name: both
risk_profile: conservative
strategies:
  a: {strategy: pullback-trend, weight: 60%}
  b: {strategy: trend-1h, weight: 30%}
"""


def test_portfolio_files_are_checked_with_their_strategies() -> None:
    folder = ROOT / "strategies"
    assist = Assist(CATALOGUE, PROFILES, strategies=lambda name: ((folder / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml"))
    assert [p for p in assist.diagnostics(PORTFOLIO, "p.yaml", EN) if p.severity is Severity.ERROR] == []
    assert any(p.severity is Severity.ERROR for p in ASSIST.diagnostics(PORTFOLIO, "p.yaml", EN))
    text = PORTFOLIO.replace("weight: 30%", "wieght: 30%")
    assert "E201" in {p.code for p in assist.diagnostics(text, "p.yaml", EN)}
    assert_mends(PORTFOLIO.replace("strategies:", "strategys:"))
    assert assist.format(PORTFOLIO.replace("weight: 60%", "weight:  60%")) != ()
    hovered = assist.hover(PORTFOLIO, PORTFOLIO.index("weight: 30%") + 1, EN)
    assert hovered is not None
    assert "share of the equity" in hovered.markdown
    bare = PORTFOLIO.replace("30%", "")
    assert "50% of equity" in [completion.label for completion in assist.complete(bare, bare.index("weight: }") + 8, EN)]
    at = PORTFOLIO.index("weight: 30%")
    assert "weight" in [completion.label for completion in assist.complete(PORTFOLIO, at + 1, EN)]


def test_formatting_is_that_of_the_command_and_is_finished_after_once() -> None:
    untidy = EXAMPLE.replace("ret(1h) < 5%", "ret( 1h )<5%")
    edits = ASSIST.format(untidy)
    assert edits
    formatted = applied(untidy, edits)
    assert formatted == format_text(untidy).text
    assert "ret(1h) < 5%" in formatted
    assert ASSIST.format(formatted) == ()
    assert ASSIST.format("schema: strategy/1\n\t- [") == ()


@given(st.text(st.sampled_from("ab\n"), max_size=12), st.text(st.sampled_from("ab\n"), max_size=12))
def test_the_smallest_edit_makes_the_one_of_the_other(old: str, new: str) -> None:
    edit = smallest_edit(old, new)
    assert applied(old, (edit,)) == new
    assert len(edit.text) <= len(new)
