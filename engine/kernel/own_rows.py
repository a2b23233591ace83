"""Rows of a program that one variant of several reads alone: they are evaluated just before that variant decides, in room that all use.

So a sweep keeps the values that variants share, and of the others only those of the variant at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.kernel.program import Program
from engine.kernel.rows import Row, paired

_SHARED: Final = -1


@dataclass(frozen=True, slots=True)
class OwnRows:
    """Who has which rows. program: the same with its rows in a new order: those that are shared, then every variant's own.

    shared: how many rows of the table's are shared; ranges[v]: the own rows of variant v in the table; columns[v]: the slots of its
    columns, None for those that its own rows do not compute; others[v]: slots of its own rows beside these.
    """

    program: Program
    shared: int
    ranges: tuple[tuple[int, int], ...]
    columns: tuple[tuple[int | None, ...], ...]
    others: tuple[tuple[int, ...], ...]


def own_rows(program: Program, variants: Sequence[Sequence[int]]) -> OwnRows:
    """variants: the nodes of each one's columns, all of them exported by the program. Raises ValueError for values across markets."""
    table = program.table
    if table.across:
        raise ValueError("what reads all markets is nobody's own")
    columns = [[table.slot_of_node[node] for node in nodes] for nodes in variants]
    owner = _owners(table.rows, columns)
    rows = [row._replace(leads=False) if row.leads else row for row in table.rows]
    parts: list[list[Row]] = [[] for _ in columns]
    for row in rows:
        if owner[row.output] != _SHARED:
            parts[owner[row.output]].append(row)
    ordered = paired([row for row in rows if owner[row.output] == _SHARED])
    shared = len(ordered)
    ranges = []
    for part in parts:
        ranges.append((len(ordered), len(ordered) + len(part)))
        ordered += paired(part)
    computed = [{row.output for row in part} for part in parts]
    return OwnRows(
        program=replace(program, table=replace(table, rows=ordered)),
        shared=shared,
        ranges=tuple(ranges),
        columns=tuple(tuple(s if s in own else None for s in slots) for slots, own in zip(columns, computed, strict=True)),
        others=tuple(tuple(sorted(own.difference(slots))) for slots, own in zip(columns, computed, strict=True)),
    )


def _owners(rows: Sequence[Row], columns: Sequence[Sequence[int]]) -> dict[int, int]:
    """The variant that alone reads a slot, or _SHARED. rows: each after what it reads."""
    owner: dict[int, int] = {}

    def read(slot: int, by: int) -> None:
        owner[slot] = by if owner.get(slot, by) == by else _SHARED

    for variant, slots in enumerate(columns):
        for slot in slots:
            read(slot, variant)
    for row in reversed(rows):
        for slot in row.inputs:
            read(slot, owner[row.output])
    return owner
