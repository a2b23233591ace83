"""Strategies written badly: one finding each, the caret on the token, a fix that leaves nothing wrong, and texts that are kept.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff).
"""

from __future__ import annotations

import os
import re

import pytest

from dsl.compile import Finding
from dsl.diagnostics import Language
from dsl.render import label, notes, render
from tests.dsl.helpers import ROOT, codes, compiled
from tests.dsl.mistakes import FILES, GOOD, RULES, Mistake

GOLDEN = ROOT / "tests" / "golden" / "mistakes"
ALL = {f"rule: {name}": mistake for name, mistake in RULES.items()} | {f"file: {name}": mistake for name, mistake in FILES.items()}


def written(mistake: Mistake) -> str:
    assert GOOD.count(mistake.old) == 1
    return GOOD.replace(mistake.old, mistake.new)


def finding_of(mistake: Mistake) -> Finding:
    (found,) = compiled(written(mistake)).findings
    return found


def test_the_file_that_the_mistakes_are_made_in_is_good() -> None:
    assert codes(compiled(GOOD)) == []


def test_there_are_enough_of_them_and_they_differ() -> None:
    said = {(label(f.diagnostic, Language.KOREAN), *notes(f.diagnostic, Language.KOREAN)) for f in map(finding_of, ALL.values())}
    assert len(ALL) >= 150
    assert len(said) >= 90
    assert sum(mistake.fixed for mistake in ALL.values()) >= 110


@pytest.mark.parametrize("mistake", ALL.values(), ids=ALL.keys())
def test_one_mistake_is_one_finding_on_its_token(mistake: Mistake) -> None:
    diagnostic = finding_of(mistake).diagnostic
    line = written(mistake).split("\n")[diagnostic.span.line - 1]
    start = diagnostic.span.column - 1
    assert (diagnostic.code, line[start : start + diagnostic.span.length]) == (mistake.code, mistake.caret)


@pytest.mark.parametrize("mistake", ALL.values(), ids=ALL.keys())
def test_the_fix_leaves_nothing_wrong(mistake: Mistake) -> None:
    text, diagnostic = written(mistake), finding_of(mistake).diagnostic
    assert bool(diagnostic.fix) == mistake.fixed
    if mistake.fixed:
        lines = text.split("\n")
        lines[diagnostic.span.line - 1] = diagnostic.fix
        assert codes(compiled("\n".join(lines))) == []


@pytest.mark.parametrize("mistake", ALL.values(), ids=ALL.keys())
def test_every_mistake_has_a_hint(mistake: Mistake) -> None:
    """In both languages, and more than that something could not be read."""
    diagnostic = finding_of(mistake).diagnostic
    for language in Language:
        hint = " ".join([label(diagnostic, language), *notes(diagnostic, language)])
        assert hint.strip() not in ("", "not expected here", "여기에는 올 수 없습니다")
        assert bool(re.search("[가-힣]", label(diagnostic, language))) == (language is Language.KOREAN) or diagnostic.code == "E220"


@pytest.mark.parametrize("language", list(Language))
def test_the_texts_are_the_golden_ones(language: Language) -> None:
    golden = GOLDEN.with_suffix(f".{language.value}.txt")
    parts = [(name, finding_of(mistake)) for name, mistake in ALL.items()]
    found = "\n\n".join(f"## {name}\n{render(f.diagnostic, f.source, language)}" for name, f in parts) + "\n"
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")
