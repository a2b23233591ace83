"""Every function of the catalogue against values from outside: TA-Lib, pandas, numpy in long double, walks back over the bars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dsl.catalogue import ArgKind
from engine.kernel.catalogue import catalogue
from tests.oracles.values.data import Columns, generated_columns, inputs_of, real_columns
from tests.oracles.values.registry import ORACLES, Oracle
from tests.oracles.values.rule_text import Evaluator, candles_alone

#: absolute index of the first bar: not on a multiple of anything
FIRST = 7
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


def compare(name: str, oracle: Oracle, columns: Columns) -> int:
    """Compare one function on one set of columns under all the oracle's parameters; the number of values compared."""
    function = catalogue()[name]
    inputs = inputs_of(function, columns)
    if not oracle.gaps and np.isnan(columns["close"]).any():
        return 0
    compared = 0
    for params in oracle.params:
        named = {k: v for k, v in params.items() if k != "k"}
        case = {**columns, **inputs, **{k: int(v) if v == int(v) and k != "k" else v for k, v in params.items()}, "first": FIRST}
        assert set(named) <= {arg.name for arg in function.args if arg.kind is not ArgKind.SERIES}
        ours = Evaluator(columns, FIRST).call(function, {**inputs, **params})
        theirs = np.asarray(oracle.values(case)).astype(np.float64)
        compared += close_enough(f"{name}{dict(params)} and {oracle.source}", oracle, ours, theirs)
    return compared


def close_enough(label: str, oracle: Oracle, ours: np.ndarray, theirs: np.ndarray) -> int:
    """Assert that both are defined at the same bars and near there; the number of bars compared."""
    assert len(ours) == len(theirs)
    defined = ~np.isnan(theirs)
    if not oracle.later:
        unequal = np.flatnonzero(defined != ~np.isnan(ours))
        assert len(unequal) == 0, f"{label}: bar {unequal[0]} is {ours[unequal[0]]!r} and {theirs[unequal[0]]!r}"
    defined[: oracle.settled] = False
    a, b = ours[defined], theirs[defined]
    off = np.abs(a - b)
    allowed = oracle.absolute + oracle.relative * np.abs(b)
    worst = int(np.argmax(off - allowed)) if len(off) else 0
    assert not (~(off <= allowed)).any(), f"{label}: {a[worst]!r} and {b[worst]!r}, off by {off[worst]:.3g}, allowed {allowed[worst]:.3g}"
    return len(a)
