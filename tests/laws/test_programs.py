"""Whole programs obey the laws: no future, start and cut invariance, ranges. Random well-typed rules over the whole language.

The deep run, by hand: python -m pytest tests/laws/test_programs.py -m deep -s
"""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from dsl.side_series import SIDE_SERIES
from tests.generators.program_words import all_wanted, vocabulary
from tests.laws.program_laws import Batch, Tally, check_cuts, check_no_future, check_ranges, check_start, random_batch, run

LAWS = ("no future", "start", "cut", "range")


def shown(seeds: range, programs: int) -> Tally:
    """Every law on that many programs of every seed; functions come in turn, so that all occur."""
    tally, wanted = Tally(), list[str]()
    for seed in seeds:
        if not wanted:
            wanted = all_wanted()
            random.Random(seed).shuffle(wanted)
        batch = random_batch(seed, programs, wanted)
        whole = run(batch, batch.grid)
        check_no_future(batch, whole, tally)
        check_start(batch, whole, tally)
        check_cuts(batch, whole, tally)
        check_ranges(batch, whole, tally)
        tally.add(batch)
    print(f"{tally.programs} programs, {tally.nodes} nodes, values compared {dict(tally.compared)}")
    print(f"{len(vocabulary() & tally.seen)} of {len(vocabulary())} functions, operators and series; without: {missing(tally)}")
    return tally


def missing(tally: Tally) -> list[str]:
    """Words of the language that no program used."""
    return sorted(vocabulary() - tally.seen)


def test_every_law_holds_for_whole_programs() -> None:
    tally = shown(range(14), 25)
    assert tally.programs >= 330
    assert all(tally.compared[law] > 1_000_000 for law in LAWS), tally.compared
    assert not missing(tally)


@pytest.mark.deep
def test_every_law_holds_for_thousands_of_programs() -> None:
    tally = shown(range(1_000, 1_120), 50)
    assert tally.programs >= 5_000
    assert all(tally.compared[law] > 20_000_000 for law in LAWS), tally.compared
    assert not missing(tally)


# ---- the checks can fail ----
@pytest.fixture(scope="module")
def batch() -> Batch:
    """Programs in a world of minutes."""
    return random_batch(3, 25)


def test_what_changed_earlier_is_found(batch: Batch) -> None:
    whole = run(batch, batch.grid)
    with pytest.raises(AssertionError, match="no future"):
        check_no_future(batch, run(batch, batch.other()), Tally())
    with pytest.raises(AssertionError, match="cut"):
        check_cuts(batch, np.nextafter(whole, np.inf), Tally())


def test_a_warmup_declared_too_short_is_found(batch: Batch) -> None:
    short = dataclasses.replace(batch, settle_ms=dict.fromkeys(batch.settle_ms, 0))
    with pytest.raises(AssertionError, match="start"):
        check_start(short, run(batch, batch.grid), Tally())


def test_a_value_outside_its_interval_is_found(batch: Batch) -> None:
    whole = run(batch, batch.grid)
    narrow = {name: dataclasses.replace(value, high=np.nextafter(0.0, -1.0)) for name, value in batch.values.items()}
    with pytest.raises(AssertionError, match="is above"):
        check_ranges(dataclasses.replace(batch, values=narrow), whole, Tally())


def test_the_vocabulary_is_the_whole_language() -> None:
    assert vocabulary() >= set(SIDE_SERIES)
    assert len(vocabulary()) >= 190
