"""Findings of the checker as marks in the text, each with its mend."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from dsl import render
from dsl.assist.answers import Edit, Fix, Problem
from dsl.compile import Finding
from dsl.diagnostics import Diagnostic, Language, Severity, Span
from dsl.messages import text as message
from dsl.source import Source

#: longest line of a file that a fix is called by
_TITLE_LENGTH = 80
_LINE_ENDS = "\r\n\x85\u2028\u2029"


def problems(source: Source, findings: Iterable[Finding], language: Language) -> tuple[Problem, ...]:
    """Findings about `source`, in the order of the text. Those about its risk file are shown where the file names the profile."""
    found = [
        _problem(source, finding.diagnostic, language)
        if finding.source.name == source.name and finding.source.text == source.text
        else _elsewhere(source, finding, language)
        for finding in findings
    ]
    return tuple(sorted(found, key=lambda problem: (problem.start, problem.severity is not Severity.ERROR)))


def _problem(source: Source, diagnostic: Diagnostic, language: Language) -> Problem:
    start, end = _offsets(source, diagnostic.span)
    return Problem(
        start,
        end,
        diagnostic.span.line,
        diagnostic.span.column,
        diagnostic.severity,
        diagnostic.code,
        render.headline(diagnostic, language),
        render.label(diagnostic, language),
        tuple(render.notes(diagnostic, language)),
        _fix(source, diagnostic, language),
    )


def _elsewhere(source: Source, finding: Finding, language: Language) -> Problem:
    """A mistake in the risk file, at `risk_profile:`."""
    diagnostic = finding.diagnostic
    where = f"{PurePath(finding.source.name).name}:{diagnostic.span.line}:{diagnostic.span.column}"
    number = next((n for n, line in enumerate(source.text.split("\n"), 1) if line.startswith("risk_profile:")), 1)
    shown = source.line_text(number)
    span = Span(number, 1, max(len(shown.partition(" #")[0].rstrip()), 1))
    start, end = _offsets(source, span)
    headline = message("assist.in_risk_file", language, where=where, message=render.headline(diagnostic, language))
    label = render.label(diagnostic, language)
    return Problem(start, end, number, 1, diagnostic.severity, diagnostic.code, headline, label, tuple(render.notes(diagnostic, language)))


def _offsets(source: Source, span: Span) -> tuple[int, int]:
    """Where the span lies in the text; what would lie behind the end of its line is moved onto the last character."""
    first = source.line_start(span.line)
    last = first + len(source.line_text(span.line))
    start = min(first + span.column - 1, max(last - 1, first))
    return start, max(min(first + span.column - 1 + span.length, last), min(start + 1, last))


def _fix(source: Source, diagnostic: Diagnostic, language: Language) -> Fix | None:
    """The line that the diagnostic offers, as the smallest edit that makes it."""
    if not diagnostic.fix:
        return None
    line = source.line_text(diagnostic.span.line)
    new = diagnostic.fix.rstrip(_LINE_ENDS)
    if new == line:
        return None
    at = source.line_start(diagnostic.span.line)
    edit = smallest_edit(line, new)
    edit = Edit(edit.start + at, edit.end + at, edit.text)
    shown = " ".join(new.split())
    shown = shown if len(shown) <= _TITLE_LENGTH else shown[: _TITLE_LENGTH - 1] + "…"
    return Fix(message("assist.fix", language, fix=shown), (edit,))


def smallest_edit(old: str, new: str) -> Edit:
    """The one replacement that makes `new` of `old`, without what they have in common at both ends."""
    before = _common(old, new)
    after = _common(old[before:][::-1], new[before:][::-1])
    return Edit(before, len(old) - after, new[before : len(new) - after])


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
