"""The page that says what a report means names every line that a report can have, in the report's own words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.diagnostics import Language
from dsl.messages import texts
from engine.kernel.book import SKIP_REASONS
from engine.research.report.universe import COLUMNS

DOCS = Path(__file__).parents[3] / "docs"
#: part of other lines
INNER = (
    "assume.rounding_upbit",
    "assume.rounding_none",
    "assume.of_closes",
    "assume.of_stored",
    "assume.of_inside",
    "cost.all_markets",
    "cost.visible_recorded",
    "cost.visible_turnover",
    "cost.queue_recorded",
    "cost.queue_supposed",
    "cost.queue_both",
    "cost.queue_nobody",
)


@pytest.mark.parametrize("language", list(Language))
def test_every_line_is_explained(language: Language) -> None:
    page = (DOCS / ("report.ko.md" if language is Language.KOREAN else "report.md")).read_text("utf-8")
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", page, re.MULTILINE))
    said = {key: getattr(one, language.value) for key, one in texts("report").items()}
    lines = [key for key in said if key.startswith(("skip.", "assume.", "cost.")) and key not in INNER]
    assert {key.removeprefix("skip.") for key in lines if key.startswith("skip.")} == set(SKIP_REASONS)
    assert len(lines) >= 50
    for key in [*lines, *(f"column.{name}" for name in COLUMNS)]:
        shown = re.sub(r"\{\w+\}", "…", said[key])
        assert shown in rows, key
        assert len(rows[shown]) > 5, key
    for head in ("figures", "monthly", "markets", "exits", "skipped", "rules", "universe", "assumptions"):
        assert said[f"head.{head}"] in page, head
