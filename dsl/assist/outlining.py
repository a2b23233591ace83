"""The outline of a file: sections, and in them what has a name."""

from __future__ import annotations

from dsl.assist.answers import Kind, Symbol
from dsl.assist.calls import short
from dsl.assist.layout import Entry, Layout

_KINDS = {
    "define": Kind.DEFINITION,
    "params": Kind.PARAM,
    "aliases": Kind.ALIAS,
    "factors": Kind.FACTOR,
    "regime": Kind.REGIME,
    "exits": Kind.EXIT,
    "entry": Kind.CONDITION,
    "universe": Kind.CONDITION,
    "breakers": Kind.CONDITION,
}


def outline(layout: Layout) -> tuple[Symbol, ...]:
    """Sections in the order of the file, each with its entries."""
    return tuple(_symbol(layout, entry) for entry in layout.children(()))


def _symbol(layout: Layout, entry: Entry) -> Symbol:
    inside = [child for child in layout.children(entry.path) if entry.key.start <= child.key.start and child.end <= entry.end]
    children = tuple(_symbol(layout, child) for child in inside if child.key.start < child.key.end)
    kind = _KINDS.get(str(entry.path[0]), Kind.KEY) if len(entry.path) > 1 else Kind.KEY
    detail = short(layout.string(entry)) if entry.style not in ("{", "[") else ""
    start = entry.key.start
    end = max(entry.end, entry.value.end, entry.key.end, *(child.end for child in children), 0)
    return Symbol(entry.name or "-", detail, kind, start, end, entry.key, children)
