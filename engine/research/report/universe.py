"""What the rules of a universe did, as a sentence and as values."""

from __future__ import annotations

import math
from typing import Any, Final

from dsl.diagnostics import Language
from dsl.messages import text
from engine.research.report.format import count, number
from engine.research.universe import UniverseCounts, UniverseRule

#: counts of a rule, as tables show them
COLUMNS: Final = ("passed", "failed", "missing", "remaining", "emptied")


def universe_line(counts: UniverseCounts, language: Language) -> str:
    """How often the universe was decided, and how many markets it had."""
    mean = counts.members / counts.instants if counts.instants else math.nan
    found = {name: count(getattr(counts, name)) for name in ("instants", "candidates", "members", "empty", "bare")}
    return text("report.universe", language, **found, mean=number(mean))


def universe_document(counts: UniverseCounts | None) -> dict[str, Any] | None:
    """Sums over the instants at which it was decided, and each rule's; None without a universe."""
    if counts is None:
        return None
    rules = [{name: getattr(rule, name) for name in UniverseRule.__slots__} for rule in counts.rules]
    return {name: getattr(counts, name) for name in UniverseCounts.__slots__} | {"rules": rules}
