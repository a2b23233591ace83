"""Sets of half-open time ranges [from_ms, to_ms): sorted, disjoint, never touching."""

from __future__ import annotations

from collections.abc import Iterable

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def merge(ranges: Iterable[Range]) -> Ranges:
    """The union. Empty ranges vanish; overlapping and touching ones become one."""
    merged: list[Range] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def clip(ranges: Ranges, from_ms: int, to_ms: int) -> Ranges:
    """The part that lies in [from_ms, to_ms)."""
    return tuple((max(a, from_ms), min(b, to_ms)) for a, b in ranges if max(a, from_ms) < min(b, to_ms))


def missing(ranges: Ranges, from_ms: int, to_ms: int) -> Ranges:
    """The part of [from_ms, to_ms) that the set lacks."""
    holes: list[Range] = []
    at = from_ms
    for start, end in clip(ranges, from_ms, to_ms):
        if at < start:
            holes.append((at, start))
        at = end
    if at < to_ms:
        holes.append((at, to_ms))
    return tuple(holes)


def covers(ranges: Ranges, from_ms: int, to_ms: int) -> bool:
    """Whether nothing of [from_ms, to_ms) is missing."""
    return not missing(ranges, from_ms, to_ms)


def total(ranges: Ranges) -> int:
    """Sum of the lengths, ms."""
    return sum(end - start for start, end in ranges)
