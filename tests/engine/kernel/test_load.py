"""Compiling and caching: an edit recompiles what it touches and nothing else, and stale machine code cannot be found."""

from __future__ import annotations

import ctypes
import importlib.util
import linecache
import math
import os
import subprocess
import sys
from decimal import Decimal, localcontext
from pathlib import Path
from types import FunctionType, ModuleType
from typing import NamedTuple

import numba
import numpy as np
import pytest
from numba.core.codegen import JITCodeLibrary

from engine.kernel import code_cache, compiling, load
from engine.kernel.abi import (
    call_op,
    call_row,
    first_of,
    helper,
    magnitudes,
    multiply_add,
    pair,
    quotients,
    roots,
    second_of,
    where_positive,
)
from engine.kernel.catalogue import ops
from engine.kernel.compiling import _type_of
from tests.engine.kernel import samples

SOURCE = """
from engine.kernel.abi import helper
FACTOR = 3.0
TABLE = {"a": 1.0}

@helper
def inner(a):
    return a + 1.0

@helper
def outer(a):
    return inner(a) * 2.0

def first(pair):
    return pair[0]

def itself(values):
    return values

def scaled(state, params, x0, x1, x2, x3, x4, y, length, index):
    for t in range(length):
        y[t] = FACTOR * x0[t]

def helped(state, params, x0, x1, x2, x3, x4, y, length, index):
    for t in range(length):
        y[t] = outer(x0[t])

def reads_table(state, params, x0, x1, x2, x3, x4, y, length, index):
    y[0] = TABLE["a"]
"""
ROOT = Path(__file__).resolve().parents[3]
POINTER = ctypes.POINTER(ctypes.c_double)
PROTOTYPE = ctypes.CFUNCTYPE(None, *[POINTER] * 8, ctypes.c_int64, ctypes.c_int64)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("JANGDAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def module(folder: Path, *edits: tuple[str, str]) -> ModuleType:
    """The module of SOURCE after edits, always in the same file with the same time: what a coarse clock or a packager leaves."""
    source = SOURCE
    for old, new in edits:
        assert source.count(old) == 1
        source = source.replace(old, new)
    path = folder / "edited_ops.py"
    path.write_text(source, encoding="utf-8")
    os.utime(path, (1_000_000_000, 1_000_000_000))
    spec = importlib.util.spec_from_file_location("edited_ops", path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    exec(compile(source, str(path), "exec"), found.__dict__)
    linecache.clearcache()
    return found


def value(kernel, x: float) -> float:
    memory = np.array([x, math.nan])
    call_op(load.address_of(kernel), memory, 0, memory, 0, memory, 0, 0, 0, 0, 0, 1, 1, 0)
    return float(memory[1])


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what is compiled and not loaded, as it happens."""
    made: list[str] = []
    add = compiling.machine_code
    monkeypatch.setattr(
        compiling, "machine_code", lambda function, *rest, **how: (made.append(function.__name__), add(function, *rest, **how))[1]
    )
    return made


def cached() -> set[str]:
    return {path.name for path in code_cache.cache_root().iterdir()} if code_cache.cache_root().exists() else set()


def test_editing_one_op_recompiles_that_op_alone(folder: Path, compiled: list[str]) -> None:
    before = module(folder)
    assert (value(before.scaled, 2.0), value(before.helped, 2.0)) == (6.0, 6.0)
    first = cached()
    assert len(first) == 2
    after = module(folder, ("FACTOR * x0[t]", "x0[t] - FACTOR"))
    assert (value(after.scaled, 2.0), value(after.helped, 2.0)) == (-1.0, 6.0)
    new = cached() - first
    assert [name.partition("-")[0] for name in new] == ["scaled"]
    assert compiled == ["scaled", "helped", "scaled"]


def test_editing_a_helper_of_a_helper_recompiles_those_who_reach_it(folder: Path) -> None:
    before = module(folder)
    assert (value(before.scaled, 2.0), value(before.helped, 2.0)) == (6.0, 6.0)
    first = cached()
    after = module(folder, ("a + 1.0", "a + 9.0"))
    assert (value(after.scaled, 2.0), value(after.helped, 2.0)) == (6.0, 22.0)
    assert [name.partition("-")[0] for name in cached() - first] == ["helped"]


def test_editing_a_constant_recompiles(folder: Path) -> None:
    assert value(module(folder).scaled, 2.0) == 6.0
    assert value(module(folder, ("FACTOR = 3.0", "FACTOR = 4.0")).scaled, 2.0) == 8.0


def test_the_same_content_is_loaded_not_compiled(folder: Path, compiled: list[str]) -> None:
    module_a, module_b = module(folder), module(folder)
    for name in ("scaled", "helped"):
        assert value(getattr(module_a, name), 1.5) == value(getattr(module_b, name), 1.5)
    # a line further down is the same content
    moved = module(folder, ("FACTOR = 3.0", "\n\n\n# moved down\nFACTOR = 3.0"))
    assert value(moved.scaled, 2.0) == 6.0
    assert compiled == ["scaled", "helped"]


def test_another_process_finds_it(folder: Path) -> None:
    """And it does not import numba for that, which would be a fifth of a second; if it compiles something later, both go together."""
    code = """
import sys
import numpy as np
from engine.kernel import ledger, load
from tests.engine.kernel import samples

def total():
    compiled = load.compile_function(ledger.sum_exactly, "float64(float64[::1], float64[::1])", allocates=False)
    return compiled(np.array([1.0, 2.0]), np.zeros(ledger.PARTS))

load.address("add")
print(total(), "numba" in sys.modules)
load.address_of(samples.five)
print(total(), "numba" in sys.modules)
"""
    found = []
    for _ in range(2):
        found += subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
        for place in code_cache.cache_root().glob("five-*/*.code"):
            place.unlink()
    assert found == ["3.0 True", "3.0 True", "3.0 False", "3.0 True"]
    assert {name.partition("-")[0] for name in cached()} == {"add", "sum_exactly", "five"}  # and nothing that was not asked for


def test_code_is_made_for_the_kinds_of_each_first_call(folder: Path, compiled: list[str]) -> None:
    first = load.compile_function(module(folder).first)
    pair, other = pair_of("a", "b"), pair_of("b", "a")
    assert [first(pair(2.0, 3.0)), first(pair(4.0, 3.0)), first(other(5.0, 3.0))] == [2.0, 4.0, 5.0]
    assert [first((5, 7)), first((6.5, 7.0)), first((7.5, 7.0)), first((np.float64(1.5), True))] == [5, 6.5, 7.5, 1.5]
    assert len(compiled) == len(first.made) == 5
    assert load.Compiled(first.function, None, allocates=True)((8.5, 9.0)) == 8.5
    assert len(compiled) == 5


def pair_of(*names: str) -> type:
    """A class of its own, which is named as all others."""
    return NamedTuple("Pair", [(name, float) for name in names])


def add_up(values, of):
    of[0] = 0.0
    for k in range(values.shape[0]):
        of[0] = of[0] + values[k]


def test_arguments_of_other_kinds_are_refused(folder: Path) -> None:
    """What its machine code would read wrongly: it never gets it."""
    summed = load.compile_function(add_up, "void(float64[::1], float64[::1])", allocates=False)
    of, values = np.zeros(1), np.arange(6.0)
    summed(values, of)
    assert of[0] == 15.0
    closed = np.zeros(1)
    closed.flags.writeable = False
    wrong = [
        (values[::2], of),
        (values.astype(np.int64), of),
        (values.reshape(2, 3), of),
        (values.tolist(), of),
        (values, closed),
        (values,),
    ]
    for arguments in wrong:
        for _ in range(2):
            with pytest.raises(TypeError, match="add_up takes"):
                summed(*arguments)
    with pytest.raises(TypeError, match="neither numbers nor tuples"):
        load.compile_function(module(folder).itself)(values)


def test_signatures_are_those_of_numba() -> None:
    kinds = load.signature_in("int64(float64[::1], int8[:, ::1], float64[:, :, ::1], int64, boolean)").arguments
    shown = [str(_type_of(kind)) for kind in kinds]
    every = numba.core.sigutils.normalize_signature("int64(float64[::1], int8[:, ::1], float64[:, :, ::1], int64, boolean)")[0]
    assert shown == [str(one) for one in every]
    for text in ("int64[::1]", "void(float64[:])", "void(float64[::1)"):
        with pytest.raises(ValueError, match=r"neither|not a signature"):
            load.signature_in(text)


def test_versions_are_part_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_cache.content_digest(samples.add)
    assert numba.__version__ in code_cache._makers()
    monkeypatch.setattr(code_cache, "_makers", lambda: "numba 99")
    assert code_cache.content_digest(samples.add) != before


def test_refuses_what_cannot_be_named_by_content(folder: Path) -> None:
    with pytest.raises(TypeError, match="TABLE, a dict"):
        load.address_of(module(folder).reads_table)
    captured = 1.0

    def closure(state, params, x0, x1, x2, x3, x4, y, length, index):
        y[0] = captured

    with pytest.raises(TypeError, match="closure"):
        load.address_of(closure)
    with pytest.raises(TypeError, match="not a plain function"):
        load.address_of(len)


def test_refuses_svml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert numba.config.USING_SVML is False
    monkeypatch.setattr(numba.config, "USING_SVML", True)
    with pytest.raises(RuntimeError, match="SVML"):
        load.compile_function(lambda a: a, "int64(int64)")


def test_every_op_of_the_catalogue_has_its_own_address() -> None:
    names = sorted(ops())
    assert len(names) >= 40
    found = load.addresses(names)
    assert (found > 0).all()
    assert len(set(found.tolist())) == len(names)
    with pytest.raises(KeyError):
        load.address("no such op")


def run_rows(addresses, rows, params, vector):
    for r in range(rows.shape[0]):
        call_row(addresses, rows, r, params, vector)


@helper
def twice(a):
    return 2.0 * a


def test_calls_by_address_compiled_and_plain_agree() -> None:
    """Both forms of call_op pass every input, the state, the parameters, length and index to the right place."""
    compiled = load.compile_function(run_rows, "void(int64[::1], int64[:, ::1], float64[::1], float64[::1])")
    addresses = np.array([load.address_of(samples.five), load.address_of(samples.mix)])
    rows = np.array([[0, 0, 1, 2, 3, 4, 0], [1, 4, 2, 2, 2, 5, 0]])
    plain = np.array([1.0, 10.0, 100.0, 1000.0, math.nan, math.nan])
    vector = plain.copy()
    compiled(addresses, rows, np.zeros(1), vector)
    run_rows(addresses, rows, np.zeros(1), plain)
    assert vector.tolist() == plain.tolist()
    assert vector[4] == 1 + 20 + 300 + 5000 + 7 * 1
    assert vector[5] == 0.75 * vector[4] + 25.0


def pairs(values, found):
    k = 0
    for a in values:
        for b in values:
            found[k, 0], found[k, 1] = quotients(a, b, b, a)
            found[k, 2], found[k, 3] = roots(a, b)
            k = k + 1


def test_two_operations_at_once_are_those_of_ieee() -> None:
    """Compiled and plain, to the bit, and both what numpy says of each alone."""
    values = np.array([0.0, -0.0, 1.0, -3.0, 7.0, 5e-324, 1.8e308, 1e-308, np.inf, -np.inf, np.nan, 0.1, 1.5e8])
    compiled, plain = np.zeros((169, 4)), np.zeros((169, 4))
    load.compile_function(pairs, "void(float64[::1], float64[:, ::1])")(values, compiled)
    pairs(values.tolist(), plain)
    a, b = np.repeat(values, 13), np.tile(values, 13)
    with np.errstate(all="ignore"):
        expected = np.stack([a / b, b / a, np.sqrt(a), np.sqrt(b)], axis=1)
    for found in (compiled, plain):
        np.testing.assert_array_equal(found, expected)
        assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()


def of_pairs(values, found):  # type: ignore[no-untyped-def]
    """Every operation of pairs, of which the second number is never the first."""
    k = 0
    for a in values:
        for b in values:
            p, q = pair(a, 2.0), pair(b, a)
            results = (p + q, p - q, p * q, p / q, magnitudes(p - q), where_positive(p, q, p, q))
            for result in results:
                found[k, 0], found[k, 1] = first_of(result), second_of(result)
                k = k + 1


def test_operations_of_pairs_are_those_of_each_number_alone() -> None:
    """Compiled and plain, to the bit, and both what numpy says of each alone."""
    values = np.array([0.0, -0.0, 1.0, -3.0, 5e-324, 1.8e308, np.inf, -np.inf, np.nan, 0.1])
    compiled, plain = np.zeros((600, 2)), np.zeros((600, 2))
    load.compile_function(of_pairs, "void(float64[::1], float64[:, ::1])")(values, compiled)
    of_pairs(values.tolist(), plain)
    a, b = np.repeat(values, 10), np.tile(values, 10)
    with np.errstate(all="ignore"):
        columns = [(p + q, p - q, p * q, p / q, abs(p - q), np.where((p > 0) & (q > 0), p, q)) for p, q in ((a, b), (np.full(100, 2.0), a))]
    expected = np.stack([np.stack(column, axis=1).ravel() for column in columns], axis=1)
    for found in (compiled, plain):
        np.testing.assert_array_equal(found, expected)
        assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()


def fused(values, found):  # type: ignore[no-untyped-def]
    k = 0
    for a in values:
        for b in values:
            for c in values:
                both = multiply_add(pair(a, c), pair(b, a), pair(c, b))
                found[k, 0], found[k, 1], found[k, 2] = multiply_add(a, b, c), first_of(both), second_of(both)
                k = k + 1


def rounded_once(a: float, b: float, c: float) -> float:
    """In decimals of any length, which Python rounds to the nearest float64."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return float(np.float64(a) * b + c)
    if not math.isfinite(c):
        return c
    with localcontext(prec=4000):
        whole = Decimal(a) * Decimal(b) + Decimal(c)
    return float(np.float64(a) * b + c) if whole == 0 else float(whole)


def test_a_fused_operation_is_rounded_once() -> None:
    """Compiled and plain, alone and in pairs: what lies between the product and the sum is never rounded."""
    edges = [0.0, -0.0, 1.0, -3.0, 5e-324, 1.7e308, -1e-160, 1e160, np.inf, -np.inf, np.nan, 0.1]
    values = np.array([*edges, 1.0 + 2.0**-52, 1.0 - 2.0**-53, -1.0 - 2.0**-51])
    count = len(values) ** 3
    compiled, plain = np.zeros((count, 3)), np.zeros((count, 3))
    load.compile_function(fused, "void(float64[::1], float64[:, ::1])")(values, compiled)
    fused(values.tolist(), plain)
    with np.errstate(all="ignore"):
        triples = [(a, b, c) for a in values.tolist() for b in values.tolist() for c in values.tolist()]
        expected = np.array([[rounded_once(a, b, c), rounded_once(a, b, c), rounded_once(c, a, b)] for a, b, c in triples])
        twice_rounded = np.array([np.float64(a) * b + c for a, b, c in triples])
    for found in (compiled, plain):
        np.testing.assert_array_equal(found, expected)
        assert (np.signbit(found) == np.signbit(expected))[~np.isnan(expected)].all()
    assert (expected[:, 0] != twice_rounded)[~np.isnan(expected[:, 0])].sum() > 50


def picked(values: np.ndarray, place: int) -> tuple[float, float]:
    return values[place], values[-1]


def test_places_in_arrays_of_ours_count_from_the_start_alone() -> None:
    """Through a private door of numba: what engine.kernel compiles does not ask at each access whether an index is negative."""
    ours = FunctionType(picked.__code__, picked.__globals__, "picked")
    ours.__module__ = "engine.kernel.picked"
    values = np.arange(5.0)
    assert numba.njit(picked)(values[2:], -1) == (4.0, 4.0)
    assert numba.njit(ours)(values[2:], -1) == (1.0, 4.0)
    assert numba.njit(ours)(values[2:], 1) == (3.0, 4.0)


def test_their_source_names_what_is_made_from_them_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    before = code_cache.content_digest(pairs), code_cache.content_digest(samples.add)
    monkeypatch.setattr(code_cache, "_source", lambda module: f"edited {module}")
    after = code_cache.content_digest(pairs), code_cache.content_digest(samples.add)
    assert after[0] != before[0]
    assert after[1] == before[1]


@helper
def base(a):
    return a * a + 0.1


@helper
def perhaps(a, really):
    return base(a) + 1.0 if really else a


@helper
def surely(a):
    return base(a) - perhaps(a, True)


def whole(values, found):
    for k in range(values.shape[0]):
        found[k] = perhaps(values[k], False) + surely(values[k])


def test_a_function_is_made_with_all_helpers_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with one that another helper only seemed to call; and no helper is made machine code on its own."""
    made: list[str] = []
    add = JITCodeLibrary._finalize_specific
    monkeypatch.setattr(JITCodeLibrary, "_finalize_specific", lambda self: (made.append(self.name), add(self))[1])
    values = np.array([0.5, -3.0, 1e9, np.nan])
    compiled, plain = np.zeros(4), np.zeros(4)
    load.compile_function(whole, "void(float64[::1], float64[::1])", allocates=False)(values, compiled)
    whole(values, plain)
    np.testing.assert_array_equal(compiled, plain)
    assert made.count("whole") == 1
    assert not {"base", "perhaps", "surely"} & set(made)


def drive(address, state, params, memory, length, index):
    call_op(address, state, 2, params, 1, memory, 0, length, 2 * length, 3 * length, 4 * length, 5 * length, length, index)


@pytest.mark.parametrize("name", ["five", "lag", "indexed", "smooth", "counted"])
def test_offsets_length_and_index_arrive(name: str) -> None:
    kernel = samples.OPS[name].kernel
    compiled = load.compile_function(drive, "void(int64, float64[::1], float64[::1], float64[::1], int64, int64)")
    rng = np.random.default_rng(0)
    start = rng.random(6 * 7)
    results = []
    for how in ("compiled", "plain call", "plain op"):
        state, params, memory = np.zeros(6), np.array([9.0, 3.0]), start.copy()
        if how == "plain op":
            views = [memory[k * 7 : k * 7 + 7] for k in range(6)]
            kernel(state[2:], params[1:], *views, 7, 5)
        else:
            (compiled if how == "compiled" else drive)(load.address_of(kernel), state, params, memory, 7, 5)
        results.append((state.tolist(), memory.tolist()))
    assert results[0] == results[1] == results[2]
    assert results[0][1][:35] == start.tolist()[:35]
    assert results[0][1][35:] != start.tolist()[35:]
