"""The page: a strategy file in an editor, what is wrong with it, what it would do on candles, why it does nothing, and its backtest."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from nicegui import app, background_tasks, ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dsl.diagnostics import Language
from dsl.messages import text
from gui.backtest import BacktestPanel
from gui.editor import Assist
from gui.engine import Engine, EngineError, FileChanged, Overtaken
from gui.look import add_style
from gui.panels import ProblemList, RuleTree, WhyPanel
from gui.preview import PreviewPanel

Document = dict[str, Any]
#: how long the text rests before it is checked
DEBOUNCE_SECONDS: Final = 0.3
#: how long after that before candles are asked what is wrong
CANDLES_SECONDS: Final = 1.0
#: how often the file on disk is looked at
WATCH_SECONDS: Final = 2.0
_QUASAR: Final = {Language.KOREAN: "ko-KR", Language.ENGLISH: "en-US"}


def add_pages(http: httpx.AsyncClient, token: str, first: str) -> None:
    """Register `/ko` and `/en`; `/` leads to the one of `app`'s language. first: name of the file to begin with."""
    add_style()

    @app.get("/")
    async def root(request: Request) -> Response:
        wanted = request.headers.get("accept-language", "")
        chosen = text("gui.own_language", Language.KOREAN if wanted.lower().startswith("ko") else Language.ENGLISH)
        return RedirectResponse(f"/{_started_language() or chosen}")

    for language in Language:
        _add_page(language, http, token, first)


def _started_language() -> str:
    """The language that `jangdan app` was started in."""
    return os.environ.get("JANGDAN_LANG", "")


def _add_page(language: Language, http: httpx.AsyncClient, token: str, first: str) -> None:
    @ui.page(f"/{language.value}", title=text("gui.title", language), language=_QUASAR[language], response_timeout=20.0)  # type: ignore[arg-type]
    async def page(file: str = "") -> None:
        await Page(Engine(http, token, language, secrets.token_hex(8))).build(file or first)


class Page:
    """One browser tab. `text` is what stands in the editor, `saved` what is on disk under `version`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.language = engine.language
        self.name = self.text = self.saved = self.version = ""
        self.errors = 0
        self._told = ""
        self._file = asyncio.Lock()
        self._checking: asyncio.Task[None] | None = None
        self._client = ui.context.client

    def say(self, key: str, **values: object) -> str:
        """A text of this page in its language."""
        return text(f"gui.{key}", self.language, **values)

    # -- building -----------------------------------------------------------------------------------------------------------------

    async def build(self, wanted: str) -> None:
        """Make the page and open the first file."""
        try:
            names = await self.engine.names()
            self.name = wanted if wanted in names else names[0] if names else ""
            opened = await self.engine.read(self.name) if self.name else {"text": "", "version": ""}
        except EngineError as error:
            ui.label(str(error)).classes("jd-empty")
            return
        self.text = self.saved = opened["text"]
        self.version = opened["version"]
        self._header(names)
        with ui.element("main").classes("jd-main"):
            with ui.element("section").classes("jd-left"):
                self._editor_card()
                self.backtest = BacktestPanel(self)
            with ui.element("section").classes("jd-right"):
                self.preview = PreviewPanel(self)
                with ui.element("div").classes("jd-pair"):
                    self.tree = RuleTree(self)
                    self.why = WhyPanel(self)
        self._client.on_delete(self._stop)
        ui.timer(0.05, lambda: self.check(0.0), once=True)
        ui.timer(WATCH_SECONDS, self._watch_disk)

    def _header(self, names: list[str]) -> None:
        with ui.element("header").classes("jd-top"):
            ui.label(self.say("brand")).classes("jd-brand")
            self.select = ui.select(names, value=self.name or None, on_change=lambda event: self.run(self._switch, event.value))
            self.select.props(f'dense outlined options-dense aria-label="{self.say("file")}"').classes("jd-file")
            self.chip = ui.label("").classes("jd-chip").mark("chip")
            self.save_button = _button(self.say("save"), "save", lambda: self.run(self.save), "jd-primary").mark("save")
            self.revert_button = _button(self.say("revert"), "undo", lambda: self.run(self._revert)).mark("revert")
            ui.element("div").classes("jd-space")
            _help(self.say)
            other = Language.ENGLISH if self.language is Language.KOREAN else Language.KOREAN
            ui.button(text("gui.own_name", other), color=None, on_click=lambda: self._change_language(other)).props(
                "flat no-caps dense"
            ).classes("jd-button").mark("language")
            dark = ui.button(icon="contrast", color=None, on_click=self._toggle_dark).props("flat dense round").classes("jd-button")
            dark.props(f'aria-label="{self.say("dark")}"').mark("dark")

    def _editor_card(self) -> None:
        with ui.element("div").classes("jd-card jd-editor-card"):
            keys: dict[str, Any] = {"Mod-s": lambda: self.run(self.save), "Mod-Enter": lambda: self.backtest.start()}
            self.editor = ui.codemirror(self.text, language="YAML", indent="  ", on_change=self._typed, keymap=keys).classes("jd-editor")
            words = {"editor": self.say("editor")}
            self.assist = Assist(self.editor, self.name, self.version, self.saved, self.language.value, words)
            self.assist.on("draft", self._draft_restored)
            self.problems = ProblemList(self)
        self._show_state()

    def run(self, work: Callable[..., Coroutine[Any, Any, object]], *arguments: Any) -> asyncio.Task[None]:
        """Do something in the background of this page; what the engine refuses becomes a notice."""

        async def guarded() -> None:
            with self._client:
                try:
                    await work(*arguments)
                except EngineError as error:
                    self.notify(str(error), warning=True)

        return background_tasks.create(guarded())

    def notify(self, message: str, *, warning: bool = False) -> None:
        """A line that goes away by itself."""
        ui.notify(message, type="warning" if warning else "info", position="bottom")

    def _stop(self) -> None:
        if self._checking is not None:
            self._checking.cancel()
        self.preview.stop()

    # -- the text -----------------------------------------------------------------------------------------------------------------

    def _typed(self, event: Any) -> None:
        self.text = event.value or ""
        self._show_state()
        self.check(DEBOUNCE_SECONDS)

    def check(self, after_seconds: float) -> None:
        """Check the text once it has rested so long; what was asked before is dropped."""
        if self._checking is not None:
            self._checking.cancel()
        self._checking = self.run(self._check, after_seconds)

    async def _check(self, after_seconds: float) -> None:
        await asyncio.sleep(after_seconds)
        if not self.name:
            return
        name, checked = self.name, self.text
        answer = await self.engine.diagnostics(name, checked)
        if (name, checked) != (self.name, self.text):
            return
        self.assist.show(answer["length"], answer["problems"])
        self.errors = sum(problem["severity"] == "error" for problem in answer["problems"])
        if answer["kind"] not in ("strategy", ""):
            self.preview.none(self.say("not_a_strategy"))
        elif self.errors:
            self.preview.stale()
        else:
            self.preview.refresh()
        await asyncio.sleep(0.01)  # marks and the preview's question leave before the lists are drawn
        if (name, checked) == (self.name, self.text):
            self.problems.show(answer["problems"])
            self.tree.show(answer["outline"])
            self._show_state()
            await self._ask_candles(name, checked, answer["problems"])

    async def _ask_candles(self, name: str, checked: str, known: list[Document]) -> None:
        """Complete the list of problems with what recent candles show, once the text has rested long enough for the preview to come
        first. Nothing to say about candles is no notice: the preview's line tells why there are none."""
        await asyncio.sleep(CANDLES_SECONDS)
        try:
            found = await self.engine.findings(name, checked, self.preview.over())
        except (EngineError, Overtaken):
            return
        if (name, checked) == (self.name, self.text) and found["problems"] not in (None, known):
            self.assist.show(found["length"], found["problems"])
            self.problems.show(found["problems"])

    def _show_state(self) -> None:
        dirty = self.text != self.saved
        if self.errors:
            self.chip.set_text(self.say("chip_errors", count=self.errors))
        else:
            self.chip.set_text(self.say("chip_unsaved" if dirty else "chip_saved"))
        self.chip.classes(remove="jd-bad jd-dirty", add="jd-bad" if self.errors else "jd-dirty" if dirty else "")
        self.save_button.set_enabled(dirty)
        self.revert_button.set_visibility(dirty)

    # -- files --------------------------------------------------------------------------------------------------------------------

    async def save(self) -> bool:
        """Write the text to its file; asks when it has errors, or when somebody else wrote the file. True when it was written."""
        async with self._file:  # a second press finds nothing left to do
            return await self._save()

    async def _save(self) -> bool:
        if not self.name or self.text == self.saved:
            return True
        content = self.text
        found = (await self.engine.diagnostics(self.name, content))["problems"]
        errors = sum(problem["severity"] == "error" for problem in found)
        if errors and await self.ask(self.say("ask_errors", count=errors), [("cancel", False), ("save_anyway", True)]) is not True:
            return False
        try:
            version: str | None = await self.engine.write(self.name, content, self.version)
        except FileChanged as changed:
            version = await self._settle(changed, content)
        if version is None:
            return False
        self.version, self.saved = version, content
        self.assist.rebased(version, content)
        self._show_state()
        self.notify(self.say("saved", name=self.name))
        return True

    async def _settle(self, changed: FileChanged, content: str) -> str | None:
        """The file is another one by now: keep the text and do nothing, take what is on disk, or overwrite. The new version, if written."""
        message = self.say("ask_changed" if changed.version else "ask_gone", name=self.name)
        choices = [("cancel", None), ("take_disk", "disk"), ("overwrite", "mine")] if changed.version else [("cancel", None)]
        chosen = await self.ask(message, choices)
        if chosen == "mine":
            return await self.engine.write(self.name, content, changed.version)
        if chosen == "disk":
            await self._open(self.name, discard=True)
        return None

    async def _switch(self, name: str) -> None:
        if name == self.name:
            return
        if self.text != self.saved:
            chosen = await self.ask(self.say("ask_switch", name=self.name), [("cancel", None), ("keep_draft", "draft"), ("save", "save")])
            if chosen is None or (chosen == "save" and not await self.save()):
                self.select.set_value(self.name)
                return
        await self._open(name)

    async def _open(self, name: str, *, discard: bool = False) -> None:
        opened = await self.engine.read(name)
        if discard:
            self.assist.drop_draft()  # of this file, before another one is opened
        self.name, self.version = name, opened["version"]
        self.text = self.saved = opened["text"]
        self.select.set_value(name)
        self.assist.opened(name, opened["version"], opened["text"])
        self.preview.clear()
        self._show_state()
        ui.navigate.history.replace(f"/{self.language.value}?{urlencode({'file': name})}")
        self.check(0.0)

    async def _watch_disk(self) -> None:
        """Somebody else may write the file: show it at once where nothing is unsaved here, else only say so (saving asks)."""
        if not self.name or self._client.is_deleted or not self._client.has_socket_connection or self._file.locked():
            return
        async with self._file:
            await self._look_at_disk()

    async def _look_at_disk(self) -> None:
        name, version = self.name, self.version
        try:
            now = await self.engine.version(name)
        except EngineError:
            return  # whatever is asked for next tells of it
        if now in (version, self._told) or (name, version) != (self.name, self.version):
            return
        self._told = now
        if now and self.text == self.saved:
            await self._open(name)
            self.notify(self.say("reloaded", name=name))
        else:
            self.notify(self.say("changed_elsewhere" if now else "ask_gone", name=name), warning=True)

    async def _revert(self) -> None:
        if await self.ask(self.say("ask_revert", name=self.name), [("cancel", False), ("revert", True)]):
            await self._open(self.name, discard=True)

    def _draft_restored(self, event: Any) -> None:
        self.version = event.args["version"]
        self.notify(self.say("draft_restored", name=self.name))

    async def ask(self, question: str, choices: list[tuple[str, Any]]) -> Any:
        """A question with buttons; Escape and a click outside mean None."""
        with ui.dialog() as dialog, ui.element("div").classes("jd-card jd-dialog"):
            ui.label(question).classes("jd-question")
            with ui.element("div").classes("jd-row jd-end"):
                for k, (key, value) in enumerate(choices):
                    kind = "jd-primary" if k == len(choices) - 1 and k else ""
                    _button(self.say(key), None, _submit(dialog, value), kind).mark(f"choose-{key}")
        chosen = await dialog
        dialog.delete()
        return chosen

    # -- the look -----------------------------------------------------------------------------------------------------------------

    def _change_language(self, other: Language) -> None:
        ui.navigate.to(f"/{other.value}?{urlencode({'file': self.name})}")

    def _toggle_dark(self) -> None:
        ui.run_javascript("jangdanLook.toggle()")


def _button(label: str, icon: str | None, act: Callable[[], object], kind: str = "") -> ui.button:
    return ui.button(label, icon=icon, color=None, on_click=act).props("unelevated no-caps dense").classes(f"jd-button {kind}")


def _help(say: Callable[..., str]) -> None:
    """The keys, on a button that opens them."""
    made = ui.button(icon="keyboard", color=None).props(f'flat dense round aria-label="{say("keys")}"').classes("jd-button")
    with made, ui.menu().classes("jd-keys"):
        for key in ("save", "complete", "problem", "fix", "backtest", "bar"):
            ui.label(say(f"key_{key}"))


def _submit(dialog: ui.dialog, value: Any) -> Callable[[], None]:
    return lambda: dialog.submit(value)
