"""The rest of the language's ops for the reference, from the plain values that every function is held against (tests/oracles/values)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dsl.catalogue import ArgKind
from dsl.graph import Node
from engine.kernel.catalogue import ops
from tests.oracles.reference_ops import Array
from tests.oracles.values.registry import ORACLES


def other_op(node: Node, first: int, open_ms: NDArray[np.int64], series: Mapping[str, Array], inputs: list[Array]) -> Array | None:
    """Values of a node on bars of which the first has the absolute index `first`; None where its oracle cannot be asked about gaps."""
    function = ops()[node.op].function
    if node.op in ("hour", "minute", "weekday"):
        return _calendar(node.op, open_ms)
    if node.op == "is_defined":
        return (~np.isnan(inputs[0])).astype(float)
    if node.op == "if_ready":
        return np.where(np.isnan(inputs[0]), inputs[1], inputs[0])
    gaps = any(np.isnan(x).any() for x in inputs)
    oracle = next((oracle for oracle in ORACLES[node.op] if oracle.gaps or not gaps), None)
    if oracle is None:
        return None
    names = [*(arg.name for arg in function.args if arg.kind is ArgKind.SERIES), *function.implicit]
    fixed = [arg.name for arg in function.args if arg.kind is not ArgKind.SERIES]
    case = {**series, **dict(zip(names, inputs, strict=True)), **dict(zip(fixed, node.params, strict=True)), "first": first}
    return np.asarray(oracle.values(case)).astype(np.float64)


def _calendar(name: str, open_ms: NDArray[np.int64]) -> Array:
    times = pd.to_datetime(open_ms, unit="ms", utc=True).tz_convert("Asia/Seoul")
    return np.asarray({"hour": times.hour, "minute": times.minute, "weekday": times.day_of_week}[name], dtype=float)
