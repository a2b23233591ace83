"""Texts of the diagnostics: every code that the source can report has a headline and a caret text, in both languages."""

from __future__ import annotations

import re
import string

from dsl.messages import AREAS, texts
from tests.dsl.helpers import ROOT

#: where findings are made: the language, and what runs a file over candles
FOLDERS = ("dsl", "engine/research/findings")
SOURCES = "\n".join(
    path.read_text("utf-8") for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")) if "messages" not in path.parts
)
GAPS = string.Formatter()


def gaps(pattern: str) -> set[str]:
    return {name for _, name, _, _ in GAPS.parse(pattern) if name}


def test_every_code_that_can_be_reported_has_its_texts() -> None:
    known = texts("diagnostics")
    reported = set(re.findall(r'"([EW]\d{3})"', SOURCES))
    assert len(reported) >= 50
    for code in reported:
        assert code in known, code
        assert f"{code}.label" in known, code


def test_every_text_belongs_to_a_code_that_can_be_reported() -> None:
    reported = set(re.findall(r'"([EW]\d{3})"', SOURCES))
    written = {key[:4] for key in texts("diagnostics") if re.match(r"[EW]\d{3}", key)}
    assert written == reported


def test_every_note_exists_and_is_used() -> None:
    used = set(re.findall(r'"([a-z_]+)"', SOURCES))
    written = {key.removeprefix("note.") for key in texts("diagnostics") if key.startswith("note.")}
    used |= {"over_any", "over_last", "over_min"}  # one per fold, put together by name
    assert written <= used
    assert {"did_you_mean", "allowed_keys", "reading"} <= written


def test_both_languages_have_the_same_gaps() -> None:
    for area in AREAS:
        for key, entry in texts(area).items():
            assert entry.ko, (area, key)
            assert entry.en, (area, key)
            if not key.startswith("note.output"):
                assert gaps(entry.ko) == gaps(entry.en) or key in ("E002.label", "E112.label.fixed"), (area, key)


def test_korean_texts_are_korean() -> None:
    same = [key for key, entry in texts("diagnostics").items() if entry.ko == entry.en]
    assert set(same) <= {"E004.label", "E133.label", "E405.label.circle", "note.reading", "error", "warning", "fix", "E110.label"}
