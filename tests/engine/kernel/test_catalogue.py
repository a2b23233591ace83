"""The catalogue is whole and light: every op file is in it, every entry is complete, and reading it loads no number cruncher."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.catalogue import INPUT_SERIES, OPERATORS, ArgKind, Function, Memory, Unit
from engine.kernel.catalogue import FAMILIES, MAX_INPUTS, catalogue, composed, ops

ROOT = Path(__file__).resolve().parents[3]
EVERY = pytest.mark.parametrize("function", catalogue().values(), ids=lambda function: str(function.name))
#: what formulas are written with beside the names of functions, arguments and series
SIGNS = {"ln", "in"}


def test_reading_the_catalogue_imports_no_number_cruncher() -> None:
    code = "import sys, engine.kernel.catalogue as c; print(len(c.catalogue()), *({'numba', 'numpy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(catalogue()))]


def test_every_op_file_is_a_family() -> None:
    files = {path.stem for path in (ROOT / "engine" / "kernel" / "ops").glob("*.py")}
    files -= {"__init__", "across"}  # the functions across markets are in dsl.side_series
    assert files == set(FAMILIES)
    assert len(catalogue()) >= 70


def test_every_operator_of_the_grammar_has_its_op() -> None:
    assert set(OPERATORS.values()) <= set(ops())
    for name in OPERATORS.values():
        assert catalogue()[name].callable_by_user is (name == "lag")


@EVERY
def test_entry_is_complete(function: Function) -> None:
    assert function.formula.en
    assert function.example
    assert function.english.endswith(".")
    assert (function.body is None) == (function.name in ops())
    assert set(function.implicit) <= set(INPUT_SERIES)
    names = [arg.name for arg in function.args]
    assert len(names) == len(set(names))
    assert all(arg.default is None for arg in function.args[: _required(function)])
    assert all(arg.minimum is not None for arg in function.args if arg.kind is ArgKind.WINDOW)


def is_korean(said: str) -> bool:
    return any("가" <= letter <= "힣" for letter in said)


@EVERY
def test_everything_that_is_said_is_said_in_both_languages(function: Function) -> None:
    assert is_korean(function.korean)
    for said in (function.seed, function.degenerate):
        assert is_korean(said.ko) == bool(said.ko) == bool(said.en)
        assert not is_korean(said.en)
    names = {word for name in catalogue() for word in name.split(".")} | set(INPUT_SERIES) | {arg.name for arg in function.args}
    words = {word for word in re.findall(r"[A-Za-z_]{2,}", function.formula.en) if word not in names | SIGNS}
    assert is_korean(function.formula.ko) == bool(words), words
    assert not is_korean(function.formula.en)


def _required(function: Function) -> int:
    """How many arguments come before the first with a default: none without one may follow it."""
    return max((i + 1 for i, arg in enumerate(function.args) if arg.default is None), default=0)


@EVERY
def test_the_function_s_name_or_operator_is_in_its_example(function: Function) -> None:
    symbols = {name: symbol for symbol, name in OPERATORS.items()}
    words = symbols.get(function.name, function.name).replace("unary ", "").replace("[n]", "[").split()
    assert all(word in function.example for word in words), function.example


@pytest.mark.parametrize("name", sorted(ops()))
def test_op_is_complete(name: str) -> None:
    op = ops()[name]
    params = tuple(float(max(arg.minimum or 0, 3)) for arg in op.function.args if arg.kind is not ArgKind.SERIES)
    assert op.function is catalogue()[name]
    assert op.state_size(params) == len(op.init(params))
    assert sum(arg.kind is ArgKind.SERIES for arg in op.function.args) + len(op.function.implicit) <= MAX_INPUTS
    assert op.function.warmup is not None
    assert op.function.settle is not None
    assert (op.function.memory is Memory.NONE) == (op.state_size(params) == 0 and op.function.settle(params) == 0)


def test_a_second_function_of_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="two functions are called sma"):
        composed("sma", "close", unit=Unit.PRICE, korean="", english="", formula="", example="")
