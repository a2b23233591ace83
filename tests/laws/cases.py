"""Cases for the laws: hypothesis draws an op, its parameters, the kind of data, a seed, a first index and where to cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from dsl.catalogue import MONTHS, WEEKS, Arg, ArgKind, Memory
from engine.kernel.catalogue import Op, ops
from tests.laws.columns import GAPS, KINDS, Column, inputs_of

#: bars of a case beyond what it takes to settle
SPARE = 120
#: longest window drawn where a restart period is a multiple of it
LONGEST_KEYED = 6
LONGEST = 40


@dataclass(frozen=True)
class Case:
    """One op on one set of columns."""

    op: Op
    params: tuple[float, ...]
    index: int
    length: int
    kind: str
    gaps: str
    seed: int

    @property
    def inputs(self) -> list[Column]:
        """The columns, the same at every call."""
        return inputs_of(self.op.function, np.random.default_rng(self.seed), self.length, self.kind, self.gaps)

    @property
    def other_inputs(self) -> list[Column]:
        """Columns of another seed and the same shape."""
        return inputs_of(self.op.function, np.random.default_rng(self.seed + 1), self.length, self.kind, self.gaps)


def families() -> dict[str, list[str]]:
    """Names of the primitives by op file."""
    found: dict[str, list[str]] = {}
    for name, op in ops().items():
        found.setdefault(op.kernel.__module__.rpartition(".")[2], []).append(name)
    return found


@st.composite
def cases(draw: st.DrawFn, names: list[str], extra: int = SPARE) -> Case:
    """A case for one of the named primitives, long enough to settle with `extra` bars to spare."""
    op = ops()[draw(st.sampled_from(names))]
    keyed = op.function.memory is Memory.KEYED
    params = tuple(draw(_parameter(arg, keyed)) for arg in op.function.args if arg.kind is not ArgKind.SERIES)
    assert op.function.settle is not None
    length = op.function.settle(params) + draw(st.integers(2, extra))
    index = draw(st.one_of(st.integers(0, 300), st.integers(0, 2**40)))
    return Case(op, params, index, length, draw(st.sampled_from(list(KINDS))), draw(st.sampled_from(GAPS)), draw(st.integers(0, 2**32 - 2)))


def cuts(length: int) -> st.SearchStrategy[list[int]]:
    """Where to cut: anywhere, or in blocks of one size from 1 to 4096."""
    blocks = st.one_of(st.sampled_from([1, 2, 3, 7, 64, 4096]), st.integers(1, 4096)).map(lambda size: list(range(size, length, size)))
    return st.one_of(st.lists(st.integers(1, max(length - 1, 1)), max_size=12), blocks)


def _parameter(arg: Arg, keyed: bool) -> st.SearchStrategy[float]:
    """A value for a fixed argument: a few bars, an anchor of each kind, a number inside its bounds."""
    if arg.kind is ArgKind.NUMBER:
        return st.floats(arg.minimum or 0.0, 4.0 if arg.maximum is None else arg.maximum, width=32)
    low = int(arg.minimum or 0)
    bars = st.integers(low, max(low, LONGEST_KEYED if keyed else LONGEST)).map(float)
    if arg.kind is not ArgKind.ANCHOR:
        return bars
    if arg.hidden:
        return st.sampled_from([1.0, 2.0, 24.0, 288.0, 1440.0, 86400.0])
    return st.one_of(bars, st.sampled_from([1 + WEEKS, 3 + WEEKS, 1 + MONTHS, 2 + MONTHS]))


def fitting(arg: Arg, value: float) -> float:
    """The value moved into the bounds of a fixed argument."""
    value = value if arg.minimum is None else max(value, arg.minimum)
    return value if arg.maximum is None else min(value, arg.maximum)
