"""The signal preview: candles with what the strategy would have done, renewed with every valid edit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from nicegui import ui

from gui.book import BookField
from gui.chart import CandleChart
from gui.engine import EngineError, Overtaken

if TYPE_CHECKING:
    from gui.page import Page

Document = dict[str, Any]
_DAYS: Final = (7, 30, 90, 365)
_DEFAULT_DAYS: Final = 30


class PreviewPanel:
    """Chart, choice of market, bars and period; the bar that was chosen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: Document | None = None
        self.chosen_ms: int | None = None
        self._making: asyncio.Task[None] | None = None
        self._quiet = False
        say = page.say
        with ui.element("div").classes("jd-card jd-preview"):
            with ui.element("div").classes("jd-row"):
                ui.label(say("preview")).classes("jd-title")
                self.synthetic = ui.label(say("synthetic")).classes("jd-chip jd-synthetic").mark("synthetic")
                self.synthetic.set_visibility(False)
                ui.element("div").classes("jd-space")
                self.market = self._select({}, "market", 12)
                self.timeframe = self._select({}, "timeframe", 5)
                periods = {0: say("period_auto")} | {days: say("period_days", days=days) for days in _DAYS}
                self.period = self._select(periods, "period", 7)
                self._quietly(self.period, 0)
                self.book = BookField(page.say, lambda: page.check(0.0))
            self.traded = ui.select({}, multiple=True, label=say("traded"), on_change=lambda: self._chosen("traded"))
            self.traded.props("dense outlined use-chips options-dense").classes("jd-traded").mark("traded")
            self.traded.set_visibility(False)
            words = {key: say(f"chart_{key}") for key in ("buy", "open", "high", "low", "close")}
            self.chart = CandleChart(say("chart_label"), page.language.value, words)
            self.chart.on("bar", lambda event: self._bar(int(event.args["at_ms"])))
            with ui.element("div").classes("jd-row jd-steps"):
                for key, step, icon in (("previous_mark", -1, "chevron_left"), ("next_mark", 1, "chevron_right")):
                    made = ui.button(icon=icon, color=None, on_click=lambda step=step: self.chart.step_mark(step)).props("flat dense round")
                    made.classes("jd-button").props(f'aria-label="{say(key)}"').tooltip(say(key)).mark(key)
                ui.label(say("marks")).classes("jd-note")
            self.line = ui.label("").classes("jd-sub").props("aria-live=polite").mark("preview-line")
            self.no_book = ui.label("").classes("jd-sub jd-no-book").props("aria-live=polite").mark("no-book")
            self.no_book.set_visibility(False)
            self.notes = ui.element("div").classes("jd-notes")

    def _select(self, options: dict[Any, str], key: str, width: int) -> ui.select:
        made = ui.select(options, on_change=lambda: self._chosen(key)).props("dense outlined options-dense").style(f"width:{width}rem")
        made.props(f'aria-label="{self.page.say(key)}"').mark(key)
        return made

    def _quietly(self, select: ui.select, value: Any, options: Any = None) -> None:
        """Set a choice without acting on it."""
        self._quiet = True
        if options is not None:
            select.set_options(options, value=value)
        else:
            select.set_value(value)
        self._quiet = False

    def _chosen(self, key: str) -> None:
        if self._quiet:
            return
        if key in ("period", "traded"):
            self.page.check(0.0)  # what candles say of the text changes with them, as the signals do
        else:
            self._draw(keep=key == "timeframe")
            self._ask_why()

    def stop(self) -> None:
        """The page has gone."""
        if self._making is not None:
            self._making.cancel()

    def clear(self) -> None:
        """Another file: nothing of the old one may stay."""
        self.found = self.chosen_ms = None
        self.traded.set_visibility(False)
        self.no_book.set_visibility(False)
        self.chart.forget()
        self.page.why.clear()
        self.page.tree.mark({})

    def stale(self) -> None:
        """The text has errors: what is shown is of an earlier one, and says so."""
        self.line.set_text(self.page.say("preview_stale" if self.found else "preview_none"))
        self.line.classes(add="jd-stale")

    def none(self, reason: str) -> None:
        """There are no signals of such a text."""
        self.stop()
        self.found = None
        self.line.set_text(reason)
        self.line.classes(add="jd-stale")
        self.no_book.set_visibility(False)

    def refresh(self) -> None:
        """Run the text as it is now."""
        if self._making is not None:
            self._making.cancel()
        self._making = self.page.run(self._make)

    def markets(self) -> list[str]:
        """Markets to run over: none = the file's own."""
        return list(self.traded.value or []) if self.traded.visible else []

    def over(self) -> Document:
        """What the text runs over, as the engine takes it: markets, days (None = what suits the clock), and the supposed order book."""
        return {"markets": self.markets(), "days": self.period.value or None, "book": self.book.words()}

    async def _make(self) -> None:
        page = self.page
        try:
            found = await page.engine.preview(page.name, page.text, self.over())
        except Overtaken:
            return
        except EngineError as error:
            if error.key == "gui.no_markets" and not self.traded.visible:
                await self._offer_markets()
                return
            self.book.wrong(error.key == "gui.bad_book")
            self.line.set_text(str(error))
            self.line.classes(add="jd-stale")
            return
        self.book.wrong(False)
        first = self.found is None or self.found["from_ms"] != found["from_ms"]
        self.found = found
        self._offer(found)
        self._tell(found)
        self._draw(keep=not first)
        self._ask_why()

    async def _offer_markets(self) -> None:
        """The file names no markets: let the user choose among those with candles, beginning with the first."""
        found = await self.page.engine.markets()
        options = {one["code"]: f"{one['name']} {one['code']}".strip() for one in found}
        chosen = [code for code in self.traded.value or [] if code in options] or list(options)[:1]
        self.traded.set_visibility(True)
        self._quietly(self.traded, chosen, options)
        if chosen:
            self.page.check(0.0)

    def _offer(self, found: Document) -> None:
        codes = {
            one["code"]: self.page.say("market_choice", name=one["name"] or one["code"], entries=one["entries"]) for one in found["markets"]
        }
        current = self.market.value if self.market.value in codes else next(iter(codes))
        self._quietly(self.market, current, codes)
        frames = list(found["timeframes"])
        frame = self.timeframe.value if self.timeframe.value in frames else found["clock"] if found["clock"] in frames else frames[0]
        self._quietly(self.timeframe, frame, frames)

    def _tell(self, found: Document) -> None:
        say = self.page.say
        entries = sum(one["entries"] for one in found["markets"])
        exits = sum(one["exits"] for one in found["markets"])
        true_bars = sum(one["true_bars"] for one in found["markets"])
        line = say(
            "preview_line", markets=len(found["markets"]), bars=f"{found['bars']:,}", true=f"{true_bars:,}", entries=entries, exits=exits
        )
        self.line.set_text(line)
        self.line.classes(remove="jd-stale")
        self.synthetic.set_visibility(found["synthetic"])
        self.no_book.set_text(say("without_book", count=f"{found['without_book']:,}"))
        self.no_book.set_visibility(found["without_book"] > 0)
        self.notes.clear()
        with self.notes, ui.element("details"):
            with ui.element("summary"):
                ui.label(say("candles_from")).classes("jd-inline")
            for message in found["messages"]:
                ui.label(message).classes("jd-note")

    def _draw(self, *, keep: bool) -> None:
        if self.found is None:
            return
        query = urlencode({"market": self.market.value, "timeframe": self.timeframe.value})
        self.chart.load(f"/engine/previews/{self.found['id']}/chart?{query}", keep=keep)

    # -- the chosen bar -----------------------------------------------------------------------------------------------------------

    def _bar(self, at_ms: int) -> None:
        self.chosen_ms = at_ms
        self._ask_why()

    def _ask_why(self) -> None:
        if self.chosen_ms is not None and self.found is not None:
            self.page.run(self._why, self.found["id"], str(self.market.value), self.chosen_ms)

    async def _why(self, number: int, market: str, at_ms: int) -> None:
        try:
            answer = await self.page.engine.why(number, market, at_ms)
        except EngineError as error:
            self.page.why.refuse(str(error))
            return
        if self.found is None or (number, at_ms) != (self.found["id"], self.chosen_ms):
            return
        self.page.why.show(answer["why"])
        self.page.tree.mark(answer["states"])
