"""What each rule of a universe kept and dropped over a run, and at how many of its instants nothing was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.graph import Phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.strategy import Universe

_DROP: Final = "universe.drop."


@dataclass(slots=True)
class UniverseRule:
    """A rule of `keep` or `drop`, over all instants and candidates there. passed: markets that it let stay; failed: that it did not;
    missing: its value was missing, which keeps nobody. remaining: markets that passed it and all rules before it. emptied: instants without
    a member at which nobody passed it."""

    path: str
    passed: int = 0
    failed: int = 0
    missing: int = 0
    remaining: int = 0
    emptied: int = 0


@dataclass(slots=True)
class UniverseCounts:
    """instants: at which the universe was decided for the run. empty: without a member, of them bare: without a candidate, and together:
    every rule let somebody stay, but no market passed them all. candidates, members: sums over the instants."""

    rules: tuple[UniverseRule, ...]
    instants: int = 0
    empty: int = 0
    bare: int = 0
    together: int = 0
    candidates: int = 0
    members: int = 0


class UniverseTally:
    """Counts while the universe is decided. watched: nodes that the program has to export for it."""

    def __init__(self, universe: Universe, from_ms: int | None) -> None:
        """from_ms: trading start; only instants whose members trade count."""
        self._after_ms = None if from_ms is None else from_ms - universe.every_ms
        graph = universe.graph
        rules = [one for one in universe.conditions if graph[one.node].phase is Phase.MARKET and graph[one.node].op != "const"]
        self._nodes = [one.node for one in rules]
        self.watched: Sequence[int] = tuple(dict.fromkeys(self._nodes))
        self.counts = UniverseCounts(tuple(UniverseRule(one.path) for one in rules))

    def watch(self, time_ms: int, columns: Sequence[int], values: NDArray[np.float64], members: int) -> None:
        """One instant. columns: nodes; values float64 [candidates there, columns]."""
        if self._after_ms is not None and time_ms <= self._after_ms:
            return
        found = self.counts
        found.instants += 1
        found.candidates += len(values)
        found.members += members
        left = np.ones(len(values), bool)
        nobody = []
        for rule, node in zip(found.rules, self._nodes, strict=True):
            value = values[:, columns.index(node)]
            passed = value == (0.0 if rule.path.startswith(_DROP) else 1.0)
            missing = np.isnan(value)
            left &= passed
            rule.passed += int(passed.sum())
            rule.missing += int(missing.sum())
            rule.failed += int((~passed & ~missing).sum())
            rule.remaining += int(left.sum())
            if not passed.any():
                nobody.append(rule)
        if members:
            return
        found.empty += 1
        found.bare += not len(values)
        if len(values):
            found.together += not nobody
            for rule in nobody:
                rule.emptied += 1
