"""One function of the catalogue beside one of its oracles, on one set of columns."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsl.catalogue import ArgKind
from engine.kernel.catalogue import catalogue
from tests.oracles.values.data import Column, Columns, inputs_of
from tests.oracles.values.oracle import Oracle
from tests.oracles.values.rule_text import Evaluator

#: absolute index of the first bar: not on a multiple of anything
FIRST = 7


def pairs(name: str, oracle: Oracle, columns: Columns) -> Iterator[tuple[str, Column, Column]]:
    """(what is compared, our values, the oracle's) for each set of parameters; nothing where the oracle cannot be asked."""
    function = catalogue()[name]
    inputs = inputs_of(function, columns)
    if not oracle.gaps and np.isnan(columns["close"]).any():
        return
    for params in oracle.params:
        named = {k: v for k, v in params.items() if k != "k"}
        case = {**columns, **inputs, **{k: int(v) if v == int(v) and k != "k" else v for k, v in params.items()}, "first": FIRST}
        assert set(named) <= {arg.name for arg in function.args if arg.kind is not ArgKind.SERIES}
        ours = Evaluator(columns, FIRST).call(function, {**inputs, **params})
        theirs = np.asarray(oracle.values(case)).astype(np.float64)
        yield f"{name}{dict(params)} and {oracle.source}", ours, theirs


def comparable(oracle: Oracle, theirs: Column) -> Column:
    """Which bars the oracle's values can be compared at."""
    defined = ~np.isnan(theirs)
    defined[: oracle.settled] = False
    return defined
