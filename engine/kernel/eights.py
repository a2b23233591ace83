"""Eight numbers at once, and 64 questions in one word: what compiled loops over columns do with a processor's widest registers.

Plain forms; the compiled ones are in `engine.kernel.wide`. Each number is computed as if alone (IEEE 754), whatever the processor has.
"""

from __future__ import annotations

import math
from typing import Final

from engine.kernel.abi import INTRINSIC_MARK
from engine.kernel.catalogue import Pointer

#: numbers of an Eight
LANES: Final = 8
#: values that one word of bits is about
WORD: Final = 64


class Eight:
    """Eight float64, added, subtracted, multiplied and divided place by place."""

    def __init__(self, *numbers: float) -> None:
        self.numbers = numbers

    def __add__(self, other: Eight) -> Eight:
        return Eight(*(a + b for a, b in zip(self.numbers, other.numbers, strict=True)))

    def __sub__(self, other: Eight) -> Eight:
        return Eight(*(a - b for a, b in zip(self.numbers, other.numbers, strict=True)))

    def __mul__(self, other: Eight) -> Eight:
        return Eight(*(a * b for a, b in zip(self.numbers, other.numbers, strict=True)))

    def __truediv__(self, other: Eight) -> Eight:
        return Eight(*(a / b for a, b in zip(self.numbers, other.numbers, strict=True)))


def eight_of(number: float) -> Eight:
    """The same number eight times."""
    return Eight(*[float(number)] * LANES)


def eight_at(values: Pointer, place: int) -> Eight:
    """The eight values from a place on."""
    return Eight(*(float(values[place + k]) for k in range(LANES)))


def eight_within(values: Pointer, place: int, count: int, other: float) -> Eight:
    """The first `count` of the values from a place on, in [0, 8]; then `other`. What lies behind is not read."""
    return Eight(*(float(values[place + k]) if k < count else other for k in range(LANES)))


def put_eight(values: Pointer, place: int, numbers: Eight) -> None:
    """Write them from a place on."""
    for k in range(LANES):
        values[place + k] = numbers.numbers[k]


def put_within(values: Pointer, place: int, count: int, numbers: Eight) -> None:
    """Write the first `count` of them, in [0, 8], from a place on. What lies behind is not touched."""
    for k in range(min(count, LANES)):
        values[place + k] = numbers.numbers[k]


def higher(a: Eight, b: Eight) -> Eight:
    """Of each place the number of a where it is above that of b, else that of b."""
    return Eight(*(x if x > y else y for x, y in zip(a.numbers, b.numbers, strict=True)))


def lower(a: Eight, b: Eight) -> Eight:
    """Of each place the number of a where it is below that of b, else that of b."""
    return Eight(*(x if x < y else y for x, y in zip(a.numbers, b.numbers, strict=True)))


def from_place(a: Eight, place: int, b: Eight) -> Eight:
    """The numbers of a before a place, and those of b from it on."""
    return Eight(*a.numbers[: max(place, 0)], *b.numbers[max(place, 0) :])


def highest_of(a: Eight) -> float:
    """The highest of numbers none of which is missing."""
    return max(a.numbers)


def lowest_of(a: Eight) -> float:
    """The lowest of numbers none of which is missing."""
    return min(a.numbers)


def shares(parts: Eight, wholes: Eight) -> Eight:
    """Of each place part / whole where the part is above 0, else 0."""
    return Eight(*(part / whole if part > 0.0 else 0.0 for part, whole in zip(parts.numbers, wholes.numbers, strict=True)))


def crossings(a_before: Eight, b_before: Eight, a: Eight, b: Eight) -> Eight:
    """Of each place 1 where a was at most b and is above it, 0 where not, missing where that is not known."""
    rows = zip(*(one.numbers for one in (a_before, b_before, a, b)), strict=True)
    return Eight(*(0.0 if p > q or x <= y else math.nan if any(map(math.isnan, (p, q, x, y))) else 1.0 for p, q, x, y in rows))


def widest(highs: Eight, lows: Eight, before: Eight) -> Eight:
    """Of each place the largest of high - low, |high - before| and |low - before|, missing where one of the three numbers is."""
    rows = zip(*(one.numbers for one in (highs, lows, before)), strict=True)
    return Eight(*(math.nan if any(map(math.isnan, row)) else _widest(*row) for row in rows))


def _widest(high: float, low: float, before: float) -> float:
    wide = high - low
    for other in (abs(high - before), abs(low - before)):
        wide = other if other > wide else wide
    return wide


def ages(word: int, place: int, before: float, most: float) -> Eight:
    """Of the bits from `place` on, in [0, 56]: how far back the newest 1 at or below each lies, or, where there is none in the word,
    `before` + 1, + 2, ... from `place` on. None above `most`."""
    found = []
    for k in range(LANES):
        below = (int(word) % 2**WORD) & ((1 << (place + k + 1)) - 1)
        age = float(place + k + 1 - below.bit_length()) if below else before + (k + 1.0)
        found.append(min(age, most))
    return Eight(*found)


def reaching_bits(opens: Eight, highs: Eight, lows: Eight, closes: Eight, floor: Eight, ceiling: Eight) -> int:
    """Bit k: bar k has a price at or below its floor, or at or above its ceiling, or a missing one."""
    rows = zip(*(one.numbers for one in (opens, highs, lows, closes, floor, ceiling)), strict=True)
    return _word([not (low > down and high < up and down < start < up and down < end < up) for start, high, low, end, down, up in rows])


def true_bits(values: Pointer, place: int) -> int:
    """Bit k: value `place` + k is true, neither 0 nor missing."""
    return true_bits_within(values, place, WORD)


def true_bits_within(values: Pointer, place: int, count: int) -> int:
    """The same of the first `count` values, in [0, 64]; the other bits are 0. What lies behind is not read."""
    return _word([values[place + k] != 0.0 and not math.isnan(values[place + k]) for k in range(min(count, WORD))])


def open_bits(values: Pointer, place: int) -> int:
    """Bit k: value `place` + k is true or missing."""
    return open_bits_within(values, place, WORD)


def open_bits_within(values: Pointer, place: int, count: int) -> int:
    """The same of the first `count` values, in [0, 64]; the other bits are 0. What lies behind is not read."""
    return _word([values[place + k] != 0.0 for k in range(min(count, WORD))])


def above_bits(a: Eight, b: Eight) -> int:
    """Bit k: number k of a is above that of b."""
    return _word([x > y for x, y in zip(a.numbers, b.numbers, strict=True)])


def pairs_above(a: Pointer, b: Pointer, place: int) -> int:
    """Bit k: value `place` + k of a is above that of b."""
    return _word([a[place + k] > b[place + k] for k in range(WORD)])


def some_missing(a: Pointer, b: Pointer, place: int) -> bool:
    """One of the 64 values of a, or of b, from a place on is missing."""
    return any(math.isnan(a[place + k]) or math.isnan(b[place + k]) for k in range(WORD))


def put_truths(values: Pointer, place: int, word: int) -> None:
    """Write 1 or 0 from a place on, as the 64 bits of a word say."""
    for k in range(WORD):
        values[place + k] = float(int(word) >> k & 1)


def differing_bits(states: Pointer, place: int, state: int) -> int:
    """Bit k: the int8 at `place` + k is another."""
    return differing_bits_within(states, place, WORD, state)


def differing_bits_within(states: Pointer, place: int, count: int, state: int) -> int:
    """The same of the first `count`, in [0, 64]; the other bits are 0. What lies behind is not read."""
    return _word([states[place + k] != state for k in range(min(count, WORD))])


def first_bit(word: int) -> int:
    """Place of the lowest bit that is 1; 64 without one."""
    return (int(word) & -int(word)).bit_length() - 1 if word else WORD


def count_bits(word: int) -> int:
    """How many bits are 1."""
    unsigned: int = int(word) % 2**WORD
    return unsigned.bit_count()


def _word(answers: list[bool]) -> int:
    """int64 of which the bits of the answers `yes` are 1."""
    bits = sum(1 << k for k, answer in enumerate(answers) if answer)
    return bits - 2**WORD if bits >> (WORD - 1) else bits


for _one in (
    eight_of, eight_at, eight_within, put_eight, put_within, higher, lower, highest_of, lowest_of, shares, crossings, widest, ages,
    reaching_bits, true_bits, true_bits_within, open_bits, open_bits_within, above_bits, differing_bits,
    differing_bits_within, first_bit, count_bits, from_place, pairs_above, some_missing, put_truths,
):  # fmt: skip
    setattr(_one, INTRINSIC_MARK, f"wide.{_one.__name__}")
