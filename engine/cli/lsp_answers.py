"""The answers of `dsl.assist` in the words of the Language Server Protocol."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from dsl.assist.answers import Completion, Edit, Fix, Hover, Kind, Problem, Signature, Symbol
from dsl.assist.positions import Positions
from dsl.diagnostics import Severity

_COMPLETION_KINDS = {
    Kind.FUNCTION: types.CompletionItemKind.Function,
    Kind.SERIES: types.CompletionItemKind.Variable,
    Kind.MEMBER: types.CompletionItemKind.Field,
    Kind.DEFINITION: types.CompletionItemKind.Reference,
    Kind.PARAM: types.CompletionItemKind.Constant,
    Kind.ALIAS: types.CompletionItemKind.Module,
    Kind.KEYWORD: types.CompletionItemKind.Keyword,
    Kind.TIMEFRAME: types.CompletionItemKind.Unit,
    Kind.ARGUMENT: types.CompletionItemKind.Property,
    Kind.KEY: types.CompletionItemKind.Property,
    Kind.MARKET: types.CompletionItemKind.EnumMember,
    Kind.PROFILE: types.CompletionItemKind.File,
    Kind.STRATEGY: types.CompletionItemKind.File,
}
_SYMBOL_KINDS = {
    Kind.DEFINITION: types.SymbolKind.Function,
    Kind.PARAM: types.SymbolKind.Constant,
    Kind.ALIAS: types.SymbolKind.Module,
    Kind.CONDITION: types.SymbolKind.Boolean,
    Kind.EXIT: types.SymbolKind.Event,
    Kind.KEY: types.SymbolKind.Property,
}
_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.REFUSED: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
}


def span(places: Positions, start: int, end: int) -> types.Range:
    """text[start:end]."""
    return types.Range(types.Position(*places.position(start)), types.Position(*places.position(end)))


def edits(found: Iterable[Edit], places: Positions) -> list[types.TextEdit]:
    """Replacements."""
    return [types.TextEdit(span(places, edit.start, edit.end), edit.text) for edit in found]


def _diagnostic(problem: Problem, places: Positions) -> types.Diagnostic:
    lines = [f"{problem.message} ({problem.label})" if problem.label else problem.message, *(f"= {note}" for note in problem.notes)]
    where = span(places, problem.start, problem.end)
    return types.Diagnostic(where, "\n".join(lines), _SEVERITIES[problem.severity], problem.code, source="jangdan")


def diagnostics(problems: Iterable[Problem], places: Positions) -> list[types.Diagnostic]:
    """Marks; notes are further lines of the message."""
    return [_diagnostic(problem, places) for problem in problems]


def action(problem: Problem, fix: Fix, places: Positions, uri: str) -> types.CodeAction:
    """A mend as the editor's quick fix."""
    change = types.WorkspaceEdit(changes={uri: edits(fix.edits, places)})
    return types.CodeAction(fix.title, types.CodeActionKind.QuickFix, [_diagnostic(problem, places)], is_preferred=True, edit=change)


def completions(found: Iterable[Completion], places: Positions, offset: int, snippets: bool) -> types.CompletionList:
    """Proposals in our order. They are asked for anew with every key: fitting by Korean names is not what editors can do themselves."""
    items = [_completion(completion, number, places, offset, snippets) for number, completion in enumerate(found)]
    return types.CompletionList(is_incomplete=True, items=items)


def _completion(found: Completion, number: int, places: Positions, offset: int, snippets: bool) -> types.CompletionItem:
    as_snippet = snippets and bool(found.stops)
    text = found.snippet() if as_snippet else found.edit.text
    again = types.Command("", "editor.action.triggerSuggest") if found.again else None
    return types.CompletionItem(
        label=found.label,
        kind=_COMPLETION_KINDS.get(found.kind, types.CompletionItemKind.Value),
        detail=found.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, found.documentation) if found.documentation else None,
        sort_text=f"{number:04}",
        filter_text=places.text[found.edit.start : offset] or found.label,
        insert_text_format=types.InsertTextFormat.Snippet if as_snippet else types.InsertTextFormat.PlainText,
        insert_text_mode=types.InsertTextMode.AdjustIndentation if as_snippet else types.InsertTextMode.AsIs,
        text_edit=types.TextEdit(span(places, found.edit.start, found.edit.end), text),
        command=again,
    )


def hover(found: Hover, places: Positions) -> types.Hover:
    """Markdown over a word."""
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, found.markdown), span(places, found.start, found.end))


def signature(found: Signature) -> types.SignatureHelp:
    """The call that is being written. Arguments are given as text: their places would be in units of their own."""
    parameters = [types.ParameterInformation(found.label[p.place.start : p.place.end], p.documentation or None) for p in found.parameters]
    documentation = types.MarkupContent(types.MarkupKind.Markdown, found.documentation)
    information = types.SignatureInformation(found.label, documentation, parameters, found.active)
    return types.SignatureHelp([information], active_signature=0, active_parameter=found.active)


def symbol(found: Symbol, places: Positions) -> types.DocumentSymbol:
    """One entry of the outline with what is below it."""
    return types.DocumentSymbol(
        name=found.label,
        kind=_SYMBOL_KINDS.get(found.kind, types.SymbolKind.Property),
        range=span(places, found.start, found.end),
        selection_range=span(places, found.name.start, found.name.end),
        detail=found.detail or None,
        children=[symbol(child, places) for child in found.children],
    )
