"""Whether a protective level may lie deeper than another: both computed side by side, what they read taken for any positive number."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence

from dsl.graph import Graph

_ARITHMETIC: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b if b else math.nan,
    "neg": lambda a: -a, "abs": abs, "min": min, "max": max,
}  # fmt: skip
#: assignments of numbers that are tried
_TRIALS = 16


def may_lie_deeper(old: Graph, old_node: int, old_keys: Sequence[str], new: Graph, new_node: int, new_keys: Sequence[str]) -> bool:
    """Whether the new level is below the old one for some values of what they read; values under the same content key are equal.

    keys: dsl.diff.content_keys of either graph. What is no arithmetic stands for itself, so a level that reads something else may.
    """
    return any(
        level(new, new_node, new_keys, trial) < level(old, old_node, old_keys, trial) * (1 - 1e-9) for trial in range(_TRIALS)
    )  # fmt: skip


def level(graph: Graph, node: int, keys: Sequence[str], trial: int) -> float:
    """The node's value in one trial."""
    found = graph[node]
    if found.op == "const":
        return found.params[0]
    compute = _ARITHMETIC.get(found.op)
    if compute is None:
        return 0.5 + int.from_bytes(hashlib.blake2b(f"{trial} {keys[node]}".encode(), digest_size=4).digest(), "big") / 2**32
    return compute(*(level(graph, i, keys, trial) for i in found.inputs))
