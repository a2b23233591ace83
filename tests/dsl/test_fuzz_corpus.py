"""Inputs that coverage-guided fuzzing kept (tests/fuzz): they run again, in bounded time. So do the seeds that fuzzing begins with.

Of the kept ones every fifth, in the deep profile all.
"""

from __future__ import annotations

import pytest

from tests.conftest import PROFILE
from tests.dsl.mistakes import FILES, GOOD, RULES
from tests.fuzz.corpus import kept, kept_targets
from tests.fuzz.targets import TARGETS, seed_of

STRIDE = 1 if PROFILE == "deep" else 5


@pytest.mark.parametrize("target", kept_targets())
def test_what_fuzzing_kept_breaks_no_law(target: str) -> None:
    for data in kept(target)[::STRIDE]:
        TARGETS[target](data)


@pytest.mark.parametrize("target", ["formatter", "assist"])
def test_badly_written_files_break_no_law(target: str) -> None:
    for mistake in (*RULES.values(), *FILES.values()):
        TARGETS[target](seed_of(target, GOOD.replace(mistake.old, mistake.new)))


def test_enough_was_kept() -> None:
    assert set(kept_targets()) == {"loader", "parser", "rule", "strategy", "risk", "formatter"}
    assert sum(len(kept(target)) for target in kept_targets()) > 1_400
