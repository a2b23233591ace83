"""The state arena of a program: its first values, and saving and matching it node by node under their keys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from engine.kernel.program import Program
from engine.kernel.rows import UNUSED, Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MAGIC: Final = b"jangdan-kernel-1\n"
#: market name under which the state of alias sections is saved: their keys already name the market
_SHARED: Final = ""


class Restored(NamedTuple):
    """What `restore` found.

    values: the arena. next_index: absolute index of the next base bar, None before the first. cold: nodes whose state was not saved.
    """

    values: NDArray[np.float64]
    next_index: int | None
    cold: tuple[int, ...]


def initial(program: Program) -> NDArray[np.float64]:
    """A new arena: shared cells, then every market's; one spare value so that an empty state has an address."""
    values, shared_size = np.full(size(program), np.nan), program.table.size(shared=True)
    for cell in program.table.cells:
        start = cell.offset if cell.shared else shared_size + cell.offset
        values[start : start + len(cell.initial)] = cell.initial
    if program.markets:
        markets = values[shared_size:-1].reshape(len(program.markets), -1)
        markets[1:] = markets[0]
    return values


def save(program: Program, values: NDArray[np.float64], next_index: int | None) -> bytes:
    """The arena as bytes: a header line of JSON (base grid, position, keys and sizes in order), then the float64 as they are."""
    cells = [[cell.key, market, len(cell.initial)] for market, cell, _ in _places(program)]
    parts = [values[start : start + len(cell.initial)] for _, cell, start in _places(program)]
    header = {"base": [program.base.length_ms, program.base.offset_ms], "next_index": next_index, "cells": cells}
    body = np.concatenate([np.empty(0), *parts]).astype("<f8").tobytes()
    return _MAGIC + json.dumps(header).encode() + b"\n" + body


def restore(program: Program, data: bytes) -> Restored:
    """Match saved state to the program's cells by key, market and size; what does not match keeps its first values.

    Raises ValueError when `data` is not a saved state, is cut short, or belongs to another base grid.
    """
    header, body = _parse(data)
    if header["base"] != [program.base.length_ms, program.base.offset_ms]:
        raise ValueError(f"saved state of a base grid of {header['base']} ms, not of {program.base}")
    saved: dict[tuple[str, str, int], NDArray[np.float64]] = {}
    start = 0
    for key, market, size in header["cells"]:
        saved[(key, market, size)] = body[start : start + size]
        start += size
    if start != len(body):
        raise ValueError(f"saved state has {len(body)} values where its header names {start}")
    values = initial(program)
    cold: set[int] = set()
    for market, cell, place in _places(program):
        found = saved.get((cell.key, market, len(cell.initial)))
        if found is None:
            cold.add(cell.node)
        else:
            values[place : place + len(cell.initial)] = found
    return Restored(values, header["next_index"], tuple(sorted(cold - {UNUSED})))


def _parse(data: bytes) -> tuple[dict[str, Any], NDArray[np.float64]]:
    if not data.startswith(_MAGIC):
        raise ValueError("not a saved kernel state")
    line, separator, body = data[len(_MAGIC) :].partition(b"\n")
    if not separator or len(body) % 8:
        raise ValueError("saved kernel state is cut short")
    return json.loads(line), np.frombuffer(body, dtype="<f8")


def _places(program: Program) -> Iterator[tuple[str, Cell, int]]:
    """Every cell that holds anything, of every market, with its place in the arena."""
    shared_size, market_size = program.table.size(shared=True), program.table.size(shared=False)
    cells = [cell for cell in program.table.cells if cell.initial]
    yield from ((_SHARED, cell, cell.offset) for cell in cells if cell.shared)
    for m, market in enumerate(program.markets):
        yield from ((market, cell, shared_size + m * market_size + cell.offset) for cell in cells if not cell.shared)


def size(program: Program) -> int:
    """float64 of an arena."""
    return 1 + program.table.size(shared=True) + len(program.markets) * program.table.size(shared=False)
