"""The backtest: one button, progress, cancel, the figures that matter first, and the whole report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nicegui import ui

from gui.engine import EngineError

if TYPE_CHECKING:
    from gui.page import Page

Document = dict[str, Any]
_CASH_KRW = 10_000_000.0


class BacktestPanel:
    """Runs the text as it stands in the editor over the preview's markets and period."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number: int | None = None
        self.text = ""
        say = page.say
        with ui.element("div").classes("jd-card jd-backtest"):
            with ui.element("div").classes("jd-row"):
                ui.label(say("backtest")).classes("jd-title")
                ui.element("div").classes("jd-space")
                self.start_button = self._button("backtest_start", "play_arrow", self.start, "jd-primary").mark("backtest")
                self.cancel_button = self._button("cancel", "stop", self._cancel).mark("backtest-cancel")
                self.report_button = self._button("report", "description", self._report).mark("report")
            self.bar = ui.linear_progress(0.0, show_value=False, size="6px").props("instant-feedback").mark("backtest-progress")
            self.line = ui.label(say("backtest_hint")).classes("jd-sub").props("aria-live=polite").mark("backtest-line")
            self.figures = ui.element("div").classes("jd-figures").mark("figures")
        self._running(False)
        self.report_button.set_visibility(False)

    def _button(self, key: str, icon: str, act: Any, kind: str = "") -> ui.button:
        made = ui.button(self.page.say(key), icon=icon, color=None, on_click=act).props("unelevated no-caps dense")
        return made.classes(f"jd-button {kind}")

    def _running(self, running: bool) -> None:
        self.start_button.set_visibility(not running)
        self.cancel_button.set_visibility(running)
        self.bar.set_visibility(running)

    def start(self) -> None:
        """Run the text as it is now, unless one is running."""
        if self.start_button.visible:
            self.page.run(self._run)

    def _cancel(self) -> None:
        if self.number is not None:
            self.page.run(self.page.engine.cancel, self.number)

    async def _run(self) -> None:
        page = self.page
        self._running(True)
        self.report_button.set_visibility(False)
        self.figures.clear()
        self.bar.set_value(0.0)
        self.text = page.text
        try:
            self.number = int((await page.engine.backtest(page.name, page.text, page.preview.over(), _CASH_KRW))["id"])
            async for status in page.engine.follow(self.number):
                self._tell(status)
        except EngineError as error:
            self.line.set_text(str(error))
        finally:
            self._running(False)

    def _tell(self, status: Document) -> None:
        say = self.page.say
        if status["state"] == "running":
            share = status["done"] / status["whole"] if status["whole"] else 0.0
            self.bar.set_value(share)
            self.line.set_text(say("backtest_running", percent=round(100 * share)))
        elif status["state"] == "done":
            self.line.set_text(say("backtest_done_synthetic" if status["synthetic"] else "backtest_done"))
            self.report_button.set_visibility(True)
            self._show(status["figures"])
        else:
            self.line.set_text(status["error"] or say("backtest_cancelled"))

    def _show(self, figures: list[Document]) -> None:
        self.figures.clear()
        with self.figures:
            for one in figures:
                with ui.element("div").classes("jd-figure").tooltip(one["about"]):
                    ui.label(one["name"]).classes("jd-figure-name")
                    colour = {1: "jd-up", -1: "jd-down"}.get(one["sign"], "")
                    arrow = {1: "▲ ", -1: "▼ "}.get(one["sign"], "")
                    ui.label(arrow + one["text"]).classes(f"jd-figure-value {colour}")

    def _report(self) -> None:
        page, url = self.page, f"/engine/backtests/{self.number}/report?language={self.page.language.value}"
        with ui.dialog().props("maximized") as dialog, ui.element("div").classes("jd-report"):
            with ui.element("div").classes("jd-row"):
                ui.label(page.say("report")).classes("jd-title")
                ui.element("div").classes("jd-space")
                ui.link(page.say("new_tab"), url, new_tab=True).classes("jd-link")
                self._button("close", "close", dialog.close)
            frame = ui.element("iframe").classes("jd-frame").props('sandbox="allow-scripts allow-downloads"').mark("report-frame")
            frame.props["src"] = url
            frame.props["title"] = page.say("report")
        dialog.on("hide", dialog.delete)
        dialog.open()
