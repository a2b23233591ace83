"""The language server as an editor meets it: a real client, a real process, standard input and output; both languages."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
RISK = (ROOT / "risk_profiles" / "balanced.yaml").read_text("utf-8")
#: long enough for a slow machine; nothing is timed
PATIENCE_SECONDS = 30


class Editor:
    """A client with one folder, which remembers the marks it was sent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.client = LanguageClient("editor", "1")
        self.marks: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.versions: dict[str, int] = {}
        self.errors: list[str] = []

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.marks.put_nowait(params)

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def said(params: types.ShowMessageParams) -> None:
            self.errors.append(params.message)

    async def start(self, lang: str | None, locale: str | None = None) -> types.InitializeResult:
        environment = {key: value for key, value in os.environ.items() if key != "JANGDAN_LANG"} | ({"JANGDAN_LANG": lang} if lang else {})
        environment["LC_ALL"] = "C.UTF-8"
        await self.client.start_io(sys.executable, "-m", "engine.cli", "lsp", env=environment, cwd=ROOT)
        item = types.ClientCompletionItemOptions(snippet_support=True)
        abilities = types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(completion=types.CompletionClientCapabilities(completion_item=item))
        )
        params = types.InitializeParams(abilities, process_id=os.getpid(), root_uri=self.folder.as_uri(), locale=locale)
        result = await self.client.initialize_async(params)
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> int | None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        process = self.client._server
        assert process is not None
        code = await process.wait()
        await self.client.stop()
        return code

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    async def opened(self, name: str, text: str) -> list[types.Diagnostic]:
        item = types.TextDocumentItem(self.uri(name), "yaml", 1, text)
        self.versions[name] = 1
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.next_marks(name)

    async def typed(self, name: str, text: str) -> None:
        self.versions[name] += 1
        document = types.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def next_marks(self, name: str) -> list[types.Diagnostic]:
        found = await asyncio.wait_for(self.marks.get(), PATIENCE_SECONDS)
        assert found.uri == self.uri(name)
        assert found.version in (None, self.versions[name])
        return list(found.diagnostics)

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))


def place(text: str, offset: int) -> types.Position:
    """A position in UTF-16 units, by Python's own encoder."""
    before = text[:offset]
    line = before[before.rfind("\n") + 1 :]
    return types.Position(before.count("\n"), len(line.encode("utf-16-le")) // 2)


def changed(text: str, edits: list[Any]) -> str:
    """The text after an editor applied the edits, counting in UTF-16."""
    lines = text.splitlines(keepends=True)
    starts = [sum(len(line.encode("utf-16-le")) // 2 for line in lines[:number]) for number in range(len(lines) + 1)]
    units = text.encode("utf-16-le")
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        first, last = (2 * (starts[p.line] + p.character) for p in (edit.range.start, edit.range.end))
        units = units[:first] + edit.new_text.encode("utf-16-le") + units[last:]
    return units.decode("utf-16-le")


def session(tmp_path: Path, told: Callable[[Editor], Awaitable[None]], lang: str | None = "en", locale: str | None = None) -> None:
    """Run one editor's visit; the server must end well."""

    async def visit() -> None:
        editor = Editor(tmp_path)
        await editor.start(lang, locale)
        try:
            await told(editor)
        finally:
            code = await editor.stop()
            assert editor.errors == []
        assert code == 0

    asyncio.run(visit())


@pytest.mark.parametrize(("lang", "words"), [("en", "unknown function `emma`"), ("ko", "모르는 함수 `emma`")])
def test_marks_while_typing_and_the_quick_fix(tmp_path: Path, lang: str, words: str) -> None:
    async def told(editor: Editor) -> None:
        text = "# 🚀 상위 추세\n" + EXAMPLE
        assert await editor.opened("a.yaml", text) == []
        broken = text.replace("trend_up: ema(close, 21)", "trend_up: emma(close, 21)")
        for wait in range(3):  # keys in quick succession are one check
            await editor.typed("a.yaml", broken + "#" * wait)
        await editor.typed("a.yaml", broken)
        (mark,) = await editor.next_marks("a.yaml")
        assert words in mark.message
        assert mark.code == "E101"
        assert mark.severity == types.DiagnosticSeverity.Error
        assert mark.range.start == place(broken, broken.index("emma"))
        params = types.CodeActionParams(editor.document("a.yaml"), mark.range, types.CodeActionContext([mark]))
        (action,) = await editor.client.text_document_code_action_async(params) or []
        assert isinstance(action, types.CodeAction)
        assert action.kind == types.CodeActionKind.QuickFix
        assert action.edit is not None
        assert action.edit.changes is not None
        mended = changed(broken, list(action.edit.changes[editor.uri("a.yaml")]))
        assert mended == text
        await editor.typed("a.yaml", mended)
        assert await editor.next_marks("a.yaml") == []

    session(tmp_path, told, lang)


def test_places_are_right_behind_korean_and_emoji(tmp_path: Path) -> None:
    """Two emoji in front of a word on its line: four units, two characters."""

    async def told(editor: Editor) -> None:
        text = EXAMPLE.replace("dip_and_recross", "되돌림").replace("pullback: 되돌림", "🚀🚀눌림: 되돌림 and emma(close, 2) > 0")
        (mark,) = await editor.opened("a.yaml", text)
        assert (mark.range.start, mark.range.end) == (place(text, text.index("emma")), place(text, text.index("emma") + 4))
        (action,) = (
            await editor.client.text_document_code_action_async(
                types.CodeActionParams(editor.document("a.yaml"), mark.range, types.CodeActionContext([]))
            )
            or []
        )
        assert isinstance(action, types.CodeAction)
        assert action.edit is not None
        assert action.edit.changes is not None
        text = changed(text, list(action.edit.changes[editor.uri("a.yaml")]))
        await editor.typed("a.yaml", text)
        assert await editor.next_marks("a.yaml") == []
        at = text.index("눌림: 되돌림") + len("눌림: 되")
        edit = await editor.client.text_document_rename_async(types.RenameParams(editor.document("a.yaml"), place(text, at), "반등"))
        assert edit is not None
        assert edit.changes is not None
        assert changed(text, list(edit.changes[editor.uri("a.yaml")])) == text.replace("되돌림", "반등")

    session(tmp_path, told)


def test_completion_hover_signature(tmp_path: Path) -> None:
    async def told(editor: Editor) -> None:
        text = EXAMPLE.replace("not_chasing: ret(1h) < 5%", "not_chasing: em")
        await editor.opened("a.yaml", text)
        document, at = editor.document("a.yaml"), text.index("not_chasing: em") + len("not_chasing: em")
        found = await editor.client.text_document_completion_async(types.CompletionParams(document, place(text, at)))
        assert isinstance(found, types.CompletionList)
        item = next(item for item in found.items if item.label == "ema")
        assert isinstance(item.text_edit, types.TextEdit)
        assert item.text_edit.new_text == "ema(${1:close}, ${2:20})"
        assert item.insert_text_format == types.InsertTextFormat.Snippet
        assert item.filter_text == "em"
        assert "Exponential" in str(item.detail)
        assert [i.sort_text for i in found.items] == sorted(str(i.sort_text) for i in found.items)
        hover = await editor.client.text_document_hover_async(types.HoverParams(document, place(text, text.index("ema(close, 21)"))))
        assert hover is not None
        assert isinstance(hover.contents, types.MarkupContent)
        assert "ema(x, n)" in hover.contents.value
        text = text.replace("not_chasing: em", "not_chasing: bb.upper(20, ")
        await editor.typed("a.yaml", text)
        at = text.index("bb.upper(20, ") + len("bb.upper(20, ")
        help_ = await editor.client.text_document_signature_help_async(types.SignatureHelpParams(document, place(text, at)))
        assert help_ is not None
        assert (help_.signatures[0].label, help_.active_parameter) == ("bb.upper(n=20, k=2, *, x=close)", 1)

    session(tmp_path, told)


def test_jumps_references_renaming_and_outline(tmp_path: Path) -> None:
    async def told(editor: Editor) -> None:
        await editor.opened("a.yaml", EXAMPLE)
        document, at = editor.document("a.yaml"), place(EXAMPLE, EXAMPLE.index("trend_up@1h") + 2)
        found = await editor.client.text_document_definition_async(types.DefinitionParams(document, at))
        assert isinstance(found, types.Location)
        assert found.range.start == place(EXAMPLE, EXAMPLE.index("trend_up:"))
        context = types.ReferenceContext(include_declaration=False)
        uses = await editor.client.text_document_references_async(types.ReferenceParams(context, document, at))
        assert len(uses or []) == 3
        allowed = await editor.client.text_document_prepare_rename_async(types.PrepareRenameParams(document, at))
        assert isinstance(allowed, types.Range)
        with pytest.raises(JsonRpcException, match="already uses"):
            await editor.client.text_document_rename_async(types.RenameParams(document, at, "stop_k"))
        symbols = await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        assert symbols
        names = [symbol.name for symbol in symbols]
        assert names == [line.partition(":")[0] for line in EXAMPLE.splitlines() if line and line[0] not in " #"]

    session(tmp_path, told)


def test_formatting(tmp_path: Path) -> None:
    async def told(editor: Editor) -> None:
        text = EXAMPLE.replace("ret(1h) < 5%", "ret( 1h )<5%")
        await editor.opened("a.yaml", text)
        options = types.FormattingOptions(tab_size=2, insert_spaces=True)
        edits = await editor.client.text_document_formatting_async(types.DocumentFormattingParams(editor.document("a.yaml"), options))
        assert changed(text, list(edits or [])) == EXAMPLE

    session(tmp_path, told)


def test_strategy_and_risk_files_are_told_apart_and_other_yaml_is_left_alone(tmp_path: Path) -> None:
    async def told(editor: Editor) -> None:
        assert await editor.opened("r.yaml", RISK) == []
        (mark,) = [m for m in await editor.opened("s.yaml", RISK.replace("loss:", "los:")) if m.code == "E201"]
        assert "loss" in mark.message
        assert await editor.opened("other.yaml", "on: push\njobs: {}\n") == []
        assert await editor.opened("a.yaml", "schema: strategy/1\n") != []

    session(tmp_path, told)


def test_a_saved_risk_profile_is_seen_by_the_open_strategy(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "risk_profiles", tmp_path / "risk_profiles")

    async def told(editor: Editor) -> None:
        text = EXAMPLE.replace("risk_profile: conservative", "risk_profile: mine")
        codes = [mark.code for mark in await editor.opened("a.yaml", text)]
        assert codes == ["E215"]
        (tmp_path / "risk_profiles" / "mine.yaml").write_text("schema: risk/1\nname: mine\n", "utf-8")
        editor.client.text_document_did_save(types.DidSaveTextDocumentParams(editor.document("a.yaml")))
        assert await editor.next_marks("a.yaml") == []
        at = place(text, text.index("profile: mine") + len("profile: "))
        found = await editor.client.text_document_completion_async(types.CompletionParams(editor.document("a.yaml"), at))
        assert isinstance(found, types.CompletionList)
        assert [item.label for item in found.items] == ["conservative", "balanced", "aggressive", "mine"]

    session(tmp_path, told)


@pytest.mark.parametrize(("lang", "locale", "korean"), [(None, "ko-KR", True), (None, "en-US", False), ("en", "ko-KR", False)])
def test_the_editors_language_counts_unless_the_user_chose_one(tmp_path: Path, lang: str | None, locale: str, korean: bool) -> None:
    async def told(editor: Editor) -> None:
        (mark,) = await editor.opened("a.yaml", "")
        assert ("빈 파일" in mark.message) is korean

    (tmp_path / "strategies").mkdir()
    session(tmp_path / "strategies", told, lang, locale)


def test_odd_texts_do_not_end_the_server(tmp_path: Path) -> None:
    async def told(editor: Editor) -> None:
        await editor.opened("a.yaml", EXAMPLE)
        for text in (
            "schema: strategy/1\n\t- [",
            "schema: risk/1\n{",
            "schema: strategy/1\u2028x: \ud800y",
            "schema: strategy/1\n" + "[" * 500,
        ):
            text = text.encode("utf-8", "replace").decode()
            await editor.typed("a.yaml", text)
            marks = await editor.next_marks("a.yaml")
            assert marks
            end = types.Position(99, 99)
            await editor.client.text_document_completion_async(types.CompletionParams(editor.document("a.yaml"), end))
            await editor.client.text_document_hover_async(types.HoverParams(editor.document("a.yaml"), types.Position(0, 3)))

    session(tmp_path, told)


def test_the_server_ends_when_its_editor_is_gone() -> None:
    for sent in (b"", b"Content-Length: 99\r\n\r\n{", b"no header at all\r\n\r\n"):
        ended = subprocess.run(
            [sys.executable, "-m", "engine.cli", "lsp"], cwd=ROOT, input=sent, capture_output=True, timeout=PATIENCE_SECONDS
        )
        assert ended.returncode in (0, 1)
        assert b"Traceback" not in ended.stderr


def test_it_starts_without_what_computes() -> None:
    program = "import sys; import engine.cli.lsp; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "pygls" in loaded
    assert {"numba", "llvmlite", "numpy", "pandas", "pyarrow"}.isdisjoint(loaded)
