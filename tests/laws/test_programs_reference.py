"""Whole programs agree with the plain reference: numbers to a billionth, conditions exactly.

The deep run, by hand: python -m pytest tests/laws/test_programs_reference.py -m deep -s
"""

from __future__ import annotations

import random

import numpy as np
import pytest

from dsl.side_series import ACROSS
from engine.kernel.catalogue import ops
from tests.generators.program_data import cut
from tests.generators.program_words import all_wanted
from tests.laws.program_laws import random_batch
from tests.oracles.reference_programs import Agreement, compare, kernel_values

#: base bars: the reference is slow
LENGTHS = {"1m": 800, "1h": 1_200}


def agreement(seeds: range, programs: int) -> Agreement:
    """Every node of that many programs of every seed."""
    found, wanted = Agreement(), list[str]()
    for seed in seeds:
        if not wanted:
            wanted = all_wanted()
            random.Random(seed).shuffle(wanted)
        batch = random_batch(seed, programs, wanted)
        grid = cut(batch.grid, 0, LENGTHS[batch.file.clocks.base])
        compare(batch.graph, grid, kernel_values(batch.graph, batch.base, grid), seed, found)
    missing = sorted(set(ops()) - set(found.compared))
    print(f"{sum(found.compared.values())} values of {len(found.compared)} ops and series agree; left out {dict(found.left_out)}")
    print(f"ops not compared: {missing}")
    return found


def test_programs_agree_with_the_reference() -> None:
    found = agreement(range(2_000, 2_003), 12)
    assert sum(found.compared.values()) > 300_000
    assert len(found.compared) >= 70


@pytest.mark.deep
def test_many_programs_agree_with_the_reference() -> None:
    found = agreement(range(3_000, 3_040), 25)
    assert sum(found.compared.values()) > 10_000_000
    assert set(found.compared) >= set(ops()) | set(ACROSS)


def test_a_value_that_is_off_is_found() -> None:
    """The comparison itself can fail: the kernel's values moved by a millionth."""
    batch = random_batch(5, 5)
    grid = cut(batch.grid, 0, 600)
    values = kernel_values(batch.graph, batch.base, grid)
    compare(batch.graph, grid, values, 5, Agreement())
    moved = {key: np.array(column) * (1 + 1e-6) for key, column in values.items()}
    with pytest.raises(AssertionError):
        compare(batch.graph, grid, moved, 5, Agreement())
