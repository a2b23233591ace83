"""Every function of the catalogue against values from outside: TA-Lib, pandas, numpy in long double, walks back over the bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.kernel.catalogue import catalogue
from tests.oracles.table import rows
from tests.oracles.values.comparison import comparable, pairs
from tests.oracles.values.data import Column, Columns, generated_columns, real_columns
from tests.oracles.values.oracle import Oracle
from tests.oracles.values.registry import ORACLES
from tests.oracles.values.rule_text import candles_alone

#: bars that each function must have been compared on (defined on both sides), generated and real
ENOUGH_GENERATED = 9_000
ENOUGH_REAL = 20_000

GENERATED = generated_columns()
COMPARISONS = [pytest.param(name, oracle, id=f"{name}-{oracle.source}") for name, found in ORACLES.items() for oracle in found]


def test_every_function_has_an_oracle_and_both_languages_and_an_example() -> None:
    functions = {name: f for name, f in catalogue().items() if f.body is None or candles_alone(f)}
    assert set(ORACLES) == set(functions)
    for function in functions.values():
        assert function.korean.endswith((".", ")")), function.name
        assert function.english.endswith("."), function.name
        assert function.example, function.name
        assert function.formula, function.name
        assert any("가" <= letter <= "힣" for letter in function.korean), function.name


@pytest.mark.parametrize(("name", "oracle"), COMPARISONS)
def test_generated_walks(name: str, oracle: Oracle) -> None:
    compared = sum(compare(name, oracle, columns) for columns in GENERATED.values())
    assert compared >= ENOUGH_GENERATED * len(oracle.params)


@pytest.fixture(scope="module")
def real(market_data: Path) -> dict[str, Columns]:
    return real_columns(market_data)


@pytest.mark.data
@pytest.mark.parametrize(("name", "oracle"), COMPARISONS)
def test_real_candles(name: str, oracle: Oracle, real: dict[str, Columns]) -> None:
    compared = sum(compare(name, oracle, columns) for columns in real.values())
    assert compared >= ENOUGH_REAL * len(oracle.params)


def test_the_table_says_how_far_off_a_function_is() -> None:
    found = {(name, source): (bars, off) for name, source, bars, _, off in rows(["sma", "obv"], GENERATED)}
    assert set(found) == {("sma", "long double"), ("sma", "TA-Lib"), ("obv", "pandas")}
    assert all(bars >= ENOUGH_GENERATED and off < 1e-13 for bars, off in found.values())


def compare(name: str, oracle: Oracle, columns: Columns) -> int:
    """Compare one function on one set of columns under all the oracle's parameters; the number of values compared."""
    return sum(close_enough(label, oracle, ours, theirs) for label, ours, theirs in pairs(name, oracle, columns))


def close_enough(label: str, oracle: Oracle, ours: Column, theirs: Column) -> int:
    """Assert that both are defined at the same bars and near there; the number of bars compared."""
    assert len(ours) == len(theirs)
    if not oracle.later:
        unequal = np.flatnonzero(np.isnan(theirs) != np.isnan(ours))
        assert len(unequal) == 0, f"{label}: bar {unequal[0]} is {ours[unequal[0]]!r} and {theirs[unequal[0]]!r}"
    defined = comparable(oracle, theirs)
    a, b = ours[defined], theirs[defined]
    off = np.abs(a - b)
    allowed = oracle.absolute + oracle.relative * np.abs(b)
    worst = int(np.argmax(off - allowed)) if len(off) else 0
    assert not (~(off <= allowed)).any(), f"{label}: {a[worst]!r} and {b[worst]!r}, off by {off[worst]:.3g}, allowed {allowed[worst]:.3g}"
    return len(a)
