"""`@op` and `composed`: how op files register, and the one catalogue that checker, laws, docs and kernel read.

Importable without numba and numpy.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dsl.catalogue import Function

#: kernel ABI of every op (docs/design.md §4): (state, params, x0, x1, x2, x3, x4, y, length, index)
#: state, params, x*, y point to float64; length = bars in this call (>= 1); index = absolute index of the first of them.
Kernel = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Op:
    """A primitive: its language entry, the plain kernel function, and the size of its state.

    state_size(params) -> number of float64; a new state is all NaN in [0:nan_size(params)] and 0 elsewhere is NOT assumed:
    `init(params)` returns the initial values.
    version: raise it when results change; part of the node key.
    """

    function: Function
    kernel: Kernel
    state_size: Callable[[tuple[float, ...]], int]
    init: Callable[[tuple[float, ...]], list[float]]
    version: int = 1


def catalogue() -> dict[str, Function]:
    """Every function of the language, primitives and composed, by name. Imports the op files on first use."""
    raise NotImplementedError


def ops() -> dict[str, Op]:
    """Every primitive by name."""
    raise NotImplementedError


def _unused(*_: Any) -> None: ...
