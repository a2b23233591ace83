"""Eights and words of bits: compiled as in plain Python, with missing, infinite and signed zero values, and no byte read behind the end."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.kernel.abi import helper, items
from engine.kernel.eights import (
    LANES,
    WORD,
    above_bits,
    ages,
    count_bits,
    crossings,
    differing_bits,
    differing_bits_within,
    eight_at,
    eight_of,
    eight_within,
    first_bit,
    from_place,
    higher,
    highest_of,
    lower,
    lowest_of,
    open_bits,
    open_bits_within,
    pairs_above,
    put_eight,
    put_truths,
    put_within,
    reaching_bits,
    shares,
    some_missing,
    true_bits,
    true_bits_within,
    widest,
)
from engine.kernel.load import compile_function

VALUES = st.sampled_from([0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 5e-324, 3.0, 0.1])


@helper
def ask(values: NDArray[np.float64], states: NDArray[np.int8], count: int, found: NDArray[np.int64]) -> None:
    """The words about the first 64 and the first `count` values, and what is known of them."""
    found[10], found[11] = differing_bits(items(states, 0), 0, 1), differing_bits_within(items(states, 0), 0, count, 1)
    row = items(values, 0)
    found[0], found[1] = true_bits(row, 0), true_bits_within(row, 0, count)
    found[2], found[3] = open_bits(row, 0), open_bits_within(row, 0, count)
    found[4], found[5] = above_bits(eight_at(row, 0), eight_at(row, 8)), above_bits(eight_of(0.0), eight_at(row, 3))
    found[6], found[7], found[8], found[9] = first_bit(found[0]), first_bit(found[1]), count_bits(found[2]), count_bits(found[3])


@helper
def compute(a: NDArray[np.float64], b: NDArray[np.float64], count: int, out: NDArray[np.float64]) -> None:
    """Everything that is done with eights."""
    x, y, to = eight_at(items(a, 0), 1), eight_within(items(b, 0), 0, count, 0.5), items(out, 0)
    put_eight(to, 0, x + y)
    put_eight(to, 8, higher(x, y))
    put_eight(to, 16, lower(x, y))
    put_eight(to, 24, shares(x, y))
    put_eight(to, 32, x * y / eight_of(3.0))
    put_within(to, 40, count, x)
    put_eight(to, 49, crossings(x, y, y, x))
    put_eight(to, 57, crossings(y, x, x, y))
    put_eight(to, 65, widest(x, y, x + y))
    put_eight(to, 73, widest(y, x, x))
    put_eight(to, 81, x - y)
    put_eight(to, 89, from_place(x, count, y))
    out[48] = reaching_bits(x, y, y, x, eight_of(-0.5), higher(x, y))


@helper
def reduce(a: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Extremes of numbers that are there."""
    out[0], out[1] = highest_of(eight_at(items(a, 0), 0)), lowest_of(eight_at(items(a, 0), 0))


@given(st.lists(VALUES, min_size=WORD, max_size=WORD), st.integers(0, WORD))
@settings(max_examples=60)
def test_words_of_bits(drawn: list[float], count: int) -> None:
    values, plain, compiled = np.array(drawn), np.zeros(12, np.int64), np.zeros(12, np.int64)
    states = np.where(values > 0.0, 1, values == 0.0).astype(np.int8)
    ask(values, states, count, plain)
    compile_function(ask, "void(float64[::1], int8[::1], int64, int64[::1])", allocates=False)(values, states, count, compiled)
    assert compiled.tolist() == plain.tolist()
    true = [k for k, value in enumerate(drawn) if value != 0.0 and not math.isnan(value)]
    assert int(plain[0]) % 2**WORD == sum(1 << k for k in true)
    assert plain[6] == min([*true, WORD])
    assert int(plain[10]) % 2**WORD == sum(1 << k for k in range(WORD) if states[k] != 1)


@helper
def ask_pairs(a: NDArray[np.float64], b: NDArray[np.float64], found: NDArray[np.int64], truths: NDArray[np.float64]) -> None:
    """What is asked of 64 pairs, and the answers one by one."""
    found[0], found[1] = pairs_above(items(a, 0), items(b, 0), 1), some_missing(items(a, 0), items(b, 0), 1)
    put_truths(items(truths, 0), 1, found[0])


@given(st.lists(VALUES, min_size=WORD + 1, max_size=WORD + 1), st.lists(VALUES, min_size=WORD + 1, max_size=WORD + 1), st.booleans())
@settings(max_examples=60)
def test_pairs(a: list[float], b: list[float], known: bool) -> None:
    one, two = (np.nan_to_num(drawn) if known else np.array(drawn) for drawn in (a, b))
    plain, compiled, truths, others = np.zeros(2, np.int64), np.zeros(2, np.int64), np.full(WORD + 2, 7.0), np.full(WORD + 2, 7.0)
    ask_pairs(one, two, plain, truths)
    compile_function(ask_pairs, "void(float64[::1], float64[::1], int64[::1], float64[::1])", allocates=False)(one, two, compiled, others)
    assert compiled.tolist() == plain.tolist()
    assert truths.tolist() == others.tolist() == [7.0, *(one[1:] > two[1:]).astype(float).tolist(), 7.0]
    assert plain[1] == (np.isnan(one[1:]) | np.isnan(two[1:])).any()


@given(st.lists(VALUES, min_size=9, max_size=9), st.lists(VALUES, min_size=LANES, max_size=LANES), st.integers(0, LANES))
@settings(max_examples=60)
def test_arithmetic(a: list[float], b: list[float], count: int) -> None:
    b = [abs(value) if value else 2.0 for value in b]  # nothing is divided by 0: there plain Python raises
    plain, compiled = np.zeros(97), np.zeros(97)
    compute(np.array(a), np.array(b), count, plain)
    compile_function(compute, "void(float64[::1], float64[::1], int64, float64[::1])", allocates=False)(
        np.array(a), np.array(b), count, compiled
    )
    np.testing.assert_array_equal(compiled, plain)
    assert plain[40 + count : 48].tolist() == [0.0] * (LANES - count)


@helper
def age(word: int, before: float, most: float, out: NDArray[np.float64]) -> None:
    """Of all 64 bits."""
    for place in range(0, WORD, LANES):
        put_eight(items(out, 0), place, ages(word, place, before + place, most))


@given(
    st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 63).map(lambda k: 1 << k if k < 63 else -(2**63))),
    st.integers(0, 99),
    st.integers(1, 99),
)
@settings(max_examples=60)
def test_ages(word: int, before: int, most: int) -> None:
    plain, compiled = np.zeros(WORD), np.zeros(WORD)
    age(word, float(before), float(most), plain)
    compile_function(age, "void(int64, float64, float64, float64[::1])", allocates=False)(word, float(before), float(most), compiled)
    assert compiled.tolist() == plain.tolist()
    since = before
    for k in range(WORD):
        since = 0 if word >> k & 1 else since + 1
        assert plain[k] == min(since, most)


@given(st.lists(st.floats(allow_nan=False), min_size=LANES, max_size=LANES))
@settings(max_examples=60)
def test_extremes(a: list[float]) -> None:
    compiled = np.zeros(2)
    compile_function(reduce, "void(float64[::1], float64[::1])", allocates=False)(np.array(a), compiled)
    assert compiled.tolist() == [max(a), min(a)]


def test_nothing_behind_the_end_is_read() -> None:
    """The last values of a page of memory: what follows belongs to nobody."""
    import ctypes
    import mmap

    page = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    whole = np.frombuffer(page, np.float64)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.mprotect(ctypes.c_void_p(whole.ctypes.data + mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
    run = compile_function(ask_within, "int64(float64[::1], int64)", allocates=False)
    for count in (0, 1, 7, 8, 9, 63):
        last = whole[mmap.PAGESIZE // 8 - count : mmap.PAGESIZE // 8]
        last[:] = 1.0
        assert run(last, count) == count
    assert libc.mprotect(ctypes.c_void_p(whole.ctypes.data + mmap.PAGESIZE), mmap.PAGESIZE, 3) == 0


@helper
def ask_within(values: NDArray[np.float64], count: int) -> int:
    """How many of the first `count` are true."""
    return count_bits(true_bits_within(items(values, 0), 0, count))
