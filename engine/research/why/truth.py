"""Three-valued truth of parts over columns: 1 true, 0 false, -1 missing, as int8."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.research.why.probe import LOGIC, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRUE: Final = 1
FALSE: Final = 0
MISSING: Final = -1

#: truth of a part whose truth is not made of its parts
Leaf = Callable[[Part], "NDArray[np.int8]"]


def truth_of(values: NDArray[np.float64]) -> NDArray[np.int8]:
    """A condition column as the kernel exports it: zero false, NaN missing, anything else true."""
    return np.where(np.isnan(values), MISSING, values != 0.0).astype(np.int8)


def combined(part: Part, leaf: Leaf, given: dict[int, NDArray[np.int8]] | None = None) -> NDArray[np.int8]:
    """Truth of a part from the leaves below it. given: truth by id() of a part, taken instead of what the part says."""
    if given is not None and id(part) in given:
        return given[id(part)]
    if part.join not in LOGIC:
        return leaf(part)
    return joined(part, [combined(inner, leaf, given) for inner in part.parts])


def joined(part: Part, truths: list[NDArray[np.int8]]) -> NDArray[np.int8]:
    """What a join makes of its parts: it is sure where the missing ones cannot change it."""
    sure: Any = sum((truth == TRUE).astype(np.int64) for truth in truths)
    possible: Any = sum((truth != FALSE).astype(np.int64) for truth in truths)
    needed = {"all": len(truths), "at_least": part.needed}.get(part.join, 1)
    result = np.where(sure >= needed, TRUE, np.where(possible >= needed, MISSING, FALSE)).astype(np.int8)
    return negated(result) if part.join in ("none", "not") else result


def negated(truth: NDArray[np.int8]) -> NDArray[np.int8]:
    """`not`: missing stays missing."""
    return np.where(truth == MISSING, MISSING, 1 - truth).astype(np.int8)
