"""Range arithmetic against plain sets of integers."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.candles import ranges

EDGES = st.integers(-20, 20)
RANGES = st.lists(st.tuples(EDGES, EDGES), max_size=8)


def points(some: list[tuple[int, int]] | ranges.Ranges) -> set[int]:
    return {at for start, end in some for at in range(start, end)}


@given(RANGES)
def test_merge_is_the_union_in_the_fewest_ranges(some: list[tuple[int, int]]) -> None:
    merged = ranges.merge(some)
    assert points(merged) == points(some)
    assert all(a[1] < b[0] for a, b in pairwise(merged))
    assert all(start < end for start, end in merged)
    assert ranges.merge(merged) == merged


@given(RANGES, EDGES, EDGES)
def test_operations_agree_with_sets(some: list[tuple[int, int]], start: int, end: int) -> None:
    a, window = ranges.merge(some), set(range(start, end))
    assert points(ranges.clip(a, start, end)) == points(a) & window
    assert points(ranges.missing(a, start, end)) == window - points(a)
    assert ranges.covers(a, start, end) == (window <= points(a))
    assert ranges.total(a) == len(points(a))
