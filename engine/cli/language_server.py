"""The language server: open texts, when they are checked, and every request handed to `dsl.assist`."""

from __future__ import annotations

import asyncio
import os
import re
from importlib.metadata import version
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from dsl.assist.assist import Assist
from dsl.assist.positions import Positions, Units
from dsl.diagnostics import Language
from dsl.files import default_profile_folders, profiles_in, strategies_in, strategy_names
from engine.cli import lsp_answers as answers
from engine.cli.language import VARIABLE, language
from engine.kernel.catalogue import catalogue

#: pause after a key press before the text is checked
DEBOUNCE_SECONDS = 0.2
#: LSP: the request cannot be fulfilled, and the message is for the user
_REQUEST_FAILED = -32803
_TRIGGERS = (".", "@", "(", ",", " ", ":", "{", "[", "-")
_OURS = re.compile(r"(?m)^schema[ \t]*:")
_FOLDERS = ("strategies", "risk_profiles")


class Server(LanguageServer):
    """One editor's server. The whole text comes with every change: texts are small, and lines need not be counted twice."""

    def __init__(self) -> None:
        super().__init__("jangdan", version("jangdan"), types.TextDocumentSyncKind.Full)
        self.language = language()
        self.functions = catalogue()
        self.helpers: dict[Path, Assist] = {}
        self.waiting: dict[str, asyncio.Task[None]] = {}

    def speak(self, locale: str | None) -> None:
        """The editor's language, unless the user chose one for every command."""
        if locale and VARIABLE not in os.environ:
            self.language = Language.KOREAN if locale.lower().startswith("ko") else Language.ENGLISH

    def text(self, uri: str) -> str:
        """The text as the editor has it."""
        return str(self.workspace.get_text_document(uri).source)

    def positions(self, uri: str) -> Positions:
        """Places of the text in the units that were agreed upon."""
        units = self.workspace.position_encoding or Units.UTF16
        return Positions(self.text(uri), Units(units.value if isinstance(units, types.PositionEncodingKind) else units))

    def assist(self, uri: str) -> Assist:
        """Help for a file, with the risk profiles that it would find; which there are is looked up anew at every opening and saving."""
        path = _path(uri)
        if path.parent not in self.helpers:
            folders = default_profile_folders(path)
            names = {file.stem for folder in folders if folder.is_dir() for file in folder.glob("*.yaml") if _is_risk(file)}
            shown = tuple(sorted(names, key=_usual_first))
            self.helpers[path.parent] = Assist(
                self.functions, profiles_in(*folders), shown, strategies_in(path.parent), strategy_names(path.parent)
            )
        return self.helpers[path.parent]

    def check(self, uri: str) -> None:
        """Send what is wrong with a text; nothing for YAML that is not ours."""
        document = self.workspace.get_text_document(uri)
        text = str(document.source)
        path = _path(uri)
        ours = _OURS.search(text) is not None or path.parent.name in _FOLDERS
        problems = self.assist(uri).diagnostics(text, str(path), self.language) if ours else ()
        shown = answers.diagnostics(problems, self.positions(uri))
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, shown, document.version))

    async def check_later(self, uri: str) -> None:
        """Check after a pause in which nothing more was typed."""
        await asyncio.sleep(DEBOUNCE_SECONDS)
        self.waiting.pop(uri, None)
        self.check(uri)

    def changed(self, uri: str) -> None:
        """A key was pressed: what waits, waits again."""
        self.forget(uri)
        self.waiting[uri] = asyncio.get_running_loop().create_task(self.check_later(uri))

    def forget(self, uri: str) -> None:
        """Nothing waits for this text any more."""
        task = self.waiting.pop(uri, None)
        if task is not None:
            task.cancel()


def _path(uri: str) -> Path:
    """The file behind a URI; a text that was never saved is one beside the shipped strategies."""
    return Path(to_fs_path(uri) or "strategies/untitled.yaml")


def _is_risk(file: Path) -> bool:
    """Whether a file can be proposed as a risk profile; one that cannot be read cannot."""
    if file.parent.name == "risk_profiles":
        return True
    try:
        return "schema: risk/" in file.read_text("utf-8", "replace")
    except OSError:
        return False


def _usual_first(name: str) -> tuple[int, str]:
    usual = ("conservative", "balanced", "aggressive")
    return (usual.index(name) if name in usual else len(usual), name)


def server() -> Server:
    """A server with everything that it can be asked for."""
    made = Server()
    _lifecycle(made)
    _asked_at_the_cursor(made)
    _asked_about_names(made)
    _asked_about_the_text(made)
    return made


def _lifecycle(made: Server) -> None:
    @made.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        made.speak(params.locale)

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        made.helpers.clear()
        made.check(params.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        made.changed(params.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_params: types.DidSaveTextDocumentParams) -> None:
        made.helpers.clear()
        for uri in list(made.workspace.text_documents):  # a risk file may have changed what a strategy is told
            made.forget(uri)
            made.check(uri)

    @made.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        made.forget(params.text_document.uri)
        made.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))


def _asked_at_the_cursor(made: Server) -> None:
    def snippets() -> bool:
        found = made.client_capabilities.text_document
        item = found.completion.completion_item if found is not None and found.completion is not None else None
        return bool(item is not None and item.snippet_support)

    @made.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=list(_TRIGGERS)))
    def complete(params: types.CompletionParams) -> types.CompletionList:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        offset = places.offset(params.position.line, params.position.character)
        found = made.assist(uri).complete(places.text, offset, made.language)
        return answers.completions(found, places, offset, snippets())

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        found = made.assist(uri).hover(places.text, places.offset(params.position.line, params.position.character), made.language)
        return answers.hover(found, places) if found is not None else None

    @made.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(trigger_characters=["(", ","]))
    def signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        found = made.assist(uri).signature(places.text, places.offset(params.position.line, params.position.character), made.language)
        return answers.signature(found) if found is not None else None


def _asked_about_names(made: Server) -> None:
    @made.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> types.Location | None:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        found = made.assist(uri).definition(places.text, places.offset(params.position.line, params.position.character))
        return types.Location(uri, answers.span(places, found.start, found.end)) if found is not None else None

    @made.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        found = made.assist(uri).references(places.text, places.offset(params.position.line, params.position.character))
        chosen = found if params.context.include_declaration else found[1:]
        return [types.Location(uri, answers.span(places, place.start, place.end)) for place in chosen]

    @made.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare(params: types.PrepareRenameParams) -> types.Range | None:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        found = made.assist(uri).named(places.text, places.offset(params.position.line, params.position.character))
        return answers.span(places, found.start, found.end) if found is not None else None

    @made.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        offset = places.offset(params.position.line, params.position.character)
        found = made.assist(uri).rename(places.text, offset, params.new_name, made.language)
        if found.refusal:
            raise JsonRpcException(found.refusal, _REQUEST_FAILED)
        return types.WorkspaceEdit(changes={uri: answers.edits(found.edits, places)})


def _asked_about_the_text(made: Server) -> None:
    @made.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        return answers.edits(made.assist(uri).format(places.text), places)

    @made.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        return [answers.symbol(found, places) for found in made.assist(uri).outline(places.text, made.language)]

    @made.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri, places = params.text_document.uri, made.positions(params.text_document.uri)
        problems = made.assist(uri).diagnostics(places.text, str(_path(uri)), made.language)
        first = places.offset(params.range.start.line, params.range.start.character)
        last = places.offset(params.range.end.line, params.range.end.character)
        return [answers.action(p, p.fix, places, uri) for p in problems if p.fix is not None and p.start <= last and first <= p.end]
