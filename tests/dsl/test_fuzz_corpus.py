"""Inputs that coverage-guided fuzzing kept (tests/fuzz): each runs again, in bounded time. So do the seeds that fuzzing begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dsl.helpers import ROOT
from tests.dsl.mistakes import FILES, GOOD, RULES
from tests.fuzz.targets import TARGETS, seed_of

CORPUS = ROOT / "tests" / "fuzz" / "corpus"
INPUTS = [(path.parent.name, path) for path in sorted(CORPUS.glob("*/*"))]


@pytest.mark.parametrize(("target", "path"), INPUTS, ids=[f"{target}-{path.name}" for target, path in INPUTS])
def test_what_fuzzing_kept_breaks_no_law(target: str, path: Path) -> None:
    TARGETS[target](path.read_bytes())


@pytest.mark.parametrize("target", ["formatter", "assist"])
def test_badly_written_files_break_no_law(target: str) -> None:
    for mistake in (*RULES.values(), *FILES.values()):
        TARGETS[target](seed_of(target, GOOD.replace(mistake.old, mistake.new)))


def test_enough_was_kept() -> None:
    assert len(INPUTS) >= 60
    assert {target for target, _ in INPUTS} >= {"loader", "parser", "rule", "strategy"}
