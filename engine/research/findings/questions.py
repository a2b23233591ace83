"""What the checker's findings leave open and candles can answer: how often either reading of a rule is true, how far a factor goes.

A file that such a finding refuses is not run; the same text is, with one way out taken and every expression in question as a definition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dsl.catalogue import Unit
from dsl.compile import Compiled, Finding
from dsl.diagnostics import Severity
from dsl.graph import Graph, Phase
from dsl.strategy import Strategy
from dsl.yaml_tree import Mapping as YamlMapping

#: what is taken out of the way to run the file: its code -> whether the candles have a say about it
_ANSWERED: Final = ("E104", "E140", "E401")
_NAME: Final = "asked_of_the_candles_"


@dataclass(frozen=True, slots=True)
class Question:
    """An expression of a finding (its index in `Compiled.findings`), by its node; unit: what its values are."""

    finding: int
    node: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that can be run. strategy: the file's, or that of the mended text. graph: holds the questions' nodes."""

    compiled: Compiled
    strategy: Strategy
    graph: Graph
    questions: tuple[Question, ...] = ()


def asked(compiled: Compiled, compile_text: Callable[[str], Compiled]) -> Asked | None:
    """What can be run of a checked file; None when other errors stand in the way.

    compile_text: checks a text as the file itself was checked.
    """
    if compiled.strategy is not None:
        return Asked(compiled, compiled.strategy, Graph())
    wrong = [found for found in compiled.findings if found.diagnostic.severity is Severity.ERROR]
    if any(found.diagnostic.code not in _ANSWERED or found.source.name != compiled.source.name for found in wrong):
        return None
    lines = compiled.source.text.split("\n")
    texts: list[tuple[int, str]] = []
    for index, found in enumerate(compiled.findings):
        mended = _mended(found)
        if mended is None:
            continue
        line, expressions = mended
        lines[found.diagnostic.span.line - 1] = line
        texts += [(index, expression) for expression in expressions]
    result = compile_text(_with_definitions(compiled, lines, [text for _, text in texts]))
    if result.strategy is None:
        return None
    known = [(index, result.definitions.get(f"{_NAME}{k}")) for k, (index, _) in enumerate(texts)]
    questions = [
        Question(index, value.node, value.unit)
        for index, value in known
        if value is not None and value.node is not None and value.phase is Phase.MARKET
    ]
    return Asked(compiled, result.strategy, result.graph, tuple(questions))


def _mended(found: Finding) -> tuple[str, list[str]] | None:
    """The line with one way out taken, and the expressions in question; None when the finding leaves nothing open."""
    diagnostic, code = found.diagnostic, found.diagnostic.code
    line = found.source.line_text(diagnostic.span.line)
    notes: Mapping[str, list[Mapping[str, str]]] = {}
    notes = {key: [args for name, args in diagnostic.notes if name == key] for key, _ in diagnostic.notes}
    if code == "E401":
        return (diagnostic.fix, []) if diagnostic.fix else None
    start = diagnostic.span.column - 1
    if code == "E140" and "factor_scale" in notes:
        end = start + diagnostic.span.length
        return line[:start] + notes["factor_scale"][0]["expression"] + line[end:], [line[start:end]]
    if code == "E104":
        readings = [args["text"] for args in notes["reading"]]
        place = _mixed(line, start, readings[0])
        return None if place is None else (line[: place[0]] + readings[0] + line[place[1] :], readings)
    return None


def _mixed(line: str, word: int, reading: str) -> tuple[int, int] | None:
    """Where the expression of E104 stands in its line: the first reading is `(what stands before the word) the word and the rest`."""
    for cut in (at for at in range(len(reading)) if reading.startswith(") ", at)):
        before, after = reading[1:cut], reading[cut + 2 :]
        head = line[:word].rstrip()
        if line.startswith(after, word) and head.endswith(before):
            return len(head) - len(before), word + len(after)
    return None


def _with_definitions(compiled: Compiled, lines: list[str], expressions: list[str]) -> str:
    """The text with every expression as a definition of its own."""
    root = compiled.document.root if compiled.document is not None else None
    section = root.find("define") if isinstance(root, YamlMapping) else None
    added = [f"{_NAME}{k}: {expression}" for k, expression in enumerate(expressions)]
    if section is None or not isinstance(section[1], YamlMapping) or not section[1].entries:
        return "\n".join([*lines, *(["define:"] if added else []), *(f"  {line}" for line in added)])
    source = compiled.source
    first = section[1].entries[0][0]
    line = source.line_of(first.start)
    indent = first.start - source.line_start(line)
    if line == source.line_of(section[0].start):  # all in braces
        return "\n".join(lines)
    return "\n".join([*lines[: line - 1], *(" " * indent + text for text in added), *lines[line - 1 :]])
