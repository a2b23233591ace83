"""The language's assistance as JSON for an editor: places are UTF-16 offsets, as browsers count them."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from pathlib import Path
from typing import Any

from dsl.assist.answers import Completion, Edit, Problem, Symbol
from dsl.assist.assist import Assist
from dsl.compile import schema_of
from dsl.diagnostics import Language
from dsl.files import default_profile_folders, profiles_in, strategies_in, strategy_names
from dsl.source import Source
from engine.kernel.catalogue import catalogue

Document = dict[str, Any]


class Places:
    """Offsets of one text: characters on the language's side, UTF-16 units on the browser's."""

    def __init__(self, text: str) -> None:
        wide = max(text, default="") > "\uffff"
        self._units = [0, *accumulate(2 if character > "\uffff" else 1 for character in text)] if wide else None
        self.length = self._units[-1] if self._units else len(text)

    def out(self, offset: int) -> int:
        """UTF-16 units before the character at `offset`."""
        return self._units[offset] if self._units else offset

    def into(self, unit: int) -> int:
        """Characters before this UTF-16 unit; beyond the end: all of them."""
        unit = min(max(unit, 0), self.length)
        return bisect_left(self._units, unit) if self._units else unit


def assist_for(path: Path, text: str = "") -> Assist:
    """Assistance for the file at `path`, with the risk profiles that it can name, and the strategies if the text is a portfolio's."""
    named = strategy_names(path.parent) if schema_of(Source(path.name, text)) == "portfolio" else ()
    profiles, strategies = profiles_in(*default_profile_folders(path)), strategies_in(path.parent)
    return Assist(catalogue(), profiles, strategies=strategies, strategy_names=named)


def diagnostics(path: Path, text: str, language: Language) -> Document:
    """What is wrong with the text, its outline, and its kind (`strategy`, `risk`, ...; "" when it does not say)."""
    assist, places = assist_for(path), Places(text)
    problems = assist.diagnostics(text, path.name, language)
    return {
        "length": places.length,
        "kind": schema_of(Source(path.name, text)),
        "problems": [problem_document(one, places) for one in problems],
        "outline": [_symbol(one, places) for one in assist.outline(text, language)],
    }


def completions(path: Path, text: str, unit: int, language: Language) -> Document:
    """What could be written at the cursor, best first."""
    places = Places(text)
    found = assist_for(path, text).complete(text, places.into(unit), language)
    return {"completions": [_completion(one, places) for one in found]}


def hover(path: Path, text: str, unit: int, language: Language) -> Document:
    """What the word under the pointer means; `markdown` is empty where there is nothing to say."""
    places = Places(text)
    found = assist_for(path).hover(text, places.into(unit), language)
    if found is None:
        return {"from": unit, "to": unit, "markdown": ""}
    return {"from": places.out(found.start), "to": places.out(found.end), "markdown": found.markdown}


def problem_document(problem: Problem, places: Places) -> Document:
    """One finding with its places as the editor counts them."""
    fix = problem.fix
    return {
        "from": places.out(problem.start),
        "to": places.out(problem.end),
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "label": problem.label,
        "notes": list(problem.notes),
        "fix": None if fix is None else {"title": fix.title, "edits": [_edit(edit, places) for edit in fix.edits]},
    }


def _edit(edit: Edit, places: Places) -> Document:
    return {"from": places.out(edit.start), "to": places.out(edit.end), "text": edit.text}


def _completion(completion: Completion, places: Places) -> Document:
    return {
        "label": completion.label,
        "kind": completion.kind.value,
        "detail": completion.detail,
        "documentation": completion.documentation,
        "snippet": completion.snippet(),
        "edit": _edit(completion.edit, places),
        "again": completion.again,
    }


def _symbol(symbol: Symbol, places: Places) -> Document:
    return {
        "label": symbol.label,
        "detail": symbol.detail,
        "kind": symbol.kind.value,
        "from": places.out(symbol.name.start),
        "to": places.out(symbol.name.end),
        "children": [_symbol(child, places) for child in symbol.children],
    }
