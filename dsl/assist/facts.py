"""What the checker knows about a definition, as a few lines: unit, range, how much data it needs."""

from __future__ import annotations

from dsl.assist.vocabulary import range_text, unit_word
from dsl.catalogue import Catalogue, Range
from dsl.compile import Compiled
from dsl.diagnostics import Language
from dsl.messages import text as message
from dsl.warmup import warmup


def definition_facts(compiled: Compiled, catalogue: Catalogue, language: Language) -> dict[str, str]:
    """Markdown lines by the definition's name, for those that have a value on the strategy's clock."""
    needed = warmup(compiled.graph, catalogue).nodes if compiled.definitions else ()
    found: dict[str, str] = {}
    for name, value in compiled.definitions.items():
        rows = {
            "unit": unit_word(value.unit, language),
            "range": "" if value.is_condition else range_text(Range(value.low, value.high)),
            "warmup": message("assist.bars", language, bars=str(needed[value.node].ready_bars)) if value.node is not None else "",
        }
        found[name] = "\n".join(f"- {message(f'assist.{key}', language)}: {row}" for key, row in rows.items() if row)
    return found
