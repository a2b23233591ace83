"""What the API answers, without HTTP: files, assistance, previews and backtests of one `jangdan app`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.compile import compile_strategy, schema_of
from dsl.diagnostics import Language
from dsl.files import default_profile_folders, profiles_in
from dsl.source import Source
from engine.alerts.log import FILE as ALERTS
from engine.alerts.log import read_alerts
from engine.api import assist, preview
from engine.api.candles import CandleCache
from engine.api.files import StrategyFiles, declared_series
from engine.api.findings import CandleFindings
from engine.api.jobs import Job, Jobs
from engine.api.preview import Previews
from engine.candles.posted import PostedStore
from engine.kernel.catalogue import catalogue
from engine.model import written
from engine.model.errors import UserError

if TYPE_CHECKING:
    from dsl.strategy import Strategy
    from engine.model.costs import BookModel
    from engine.research.result import BacktestResult

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A text to run: over these markets (none: the file's, or its universe's), so many days before the newest candle (None: what suits
    the clock). page: who asks. book: the order book that is supposed where none was recorded, in words; "" = none."""

    name: str
    text: str
    markets: tuple[str, ...] = ()
    days: int | None = None
    page: str = ""
    book: str = ""

    def supposed_book(self) -> BookModel | None:
        """The book of those words. Raises UserError."""
        if not self.book.strip():
            return None
        try:
            return written.book(self.book, "")
        except UserError as error:
            raise UserError("gui.bad_book", text=self.book) from error


class Service:
    """Everything behind the routes. Methods block; the server calls them in threads."""

    def __init__(
        self,
        folders: Sequence[Path],
        data_folder: Path,
        sample_folder: Path,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._data_folder, self._now_ms = data_folder, now_ms
        self.files = StrategyFiles(folders)
        self.candles = CandleCache(data_folder, sample_folder)
        self.previews = Previews(self.candles)
        self.candle_findings = CandleFindings(self.candles)
        self.jobs = Jobs()

    def warm(self) -> None:
        """Load the compiled kernel before it is needed."""
        from engine.kernel import aggregate, vm

        vm.precompile()
        aggregate.precompile()

    def diagnostics(self, name: str, text: str, language: Language) -> Document:
        """What is wrong with the text of a file, and its outline."""
        return assist.diagnostics(self.files.path(name), text, language)

    def alerts(self, after: int, language: Language) -> list[Document]:
        """What recorders and live feeds told the owner behind that number, oldest first. Raises UserError for a broken log."""
        found = read_alerts(self._data_folder / ALERTS, after)
        return [{**alert.record(), "message": alert.message(language)} for alert in found]

    def post_external(self, name: str, moment: int | str, market: str | None, value: float | None) -> Document:
        """Store a value of an external series that a file declares with `or: api`. Raises UserError for what cannot be taken."""
        declared = declared_series(self.files)
        if name not in declared:
            key = "data.posted_unknown" if declared else "data.posted_none_declared"
            raise UserError(key, name=name[:64], names=", ".join(sorted(declared)))
        post = PostedStore(self._data_folder).add(name, moment, market, value, self._now_ms())
        return {"name": name, "time_ms": post.time_ms, "market": post.market or None, "received_ms": post.received_ms}

    def completions(self, name: str, text: str, unit: int, language: Language) -> Document:
        """What could be written at this UTF-16 offset."""
        return assist.completions(self.files.path(name), text, unit, language)

    def hover(self, name: str, text: str, unit: int, language: Language) -> Document:
        """What stands at this UTF-16 offset means."""
        return assist.hover(self.files.path(name), text, unit, language)

    def markets(self, language: Language) -> Document:
        """Markets that there are candles of: {markets: [{code, name}]}."""
        return {"markets": [{"code": code, "name": preview.coin_name(code, language)} for code in self.candles.markets()]}

    def preview(self, request: RunRequest, language: Language) -> Document:
        """Run the text over recent candles; jobs.Cancelled when a newer preview was asked for meanwhile."""
        strategy, markets = self._runnable(request)
        book = request.supposed_book()
        return preview.summary(self.previews.make(strategy, markets, request.days, self._folder(request), request.page, book), language)

    def findings(self, request: RunRequest, language: Language) -> Document:
        """What is wrong with the text, recent candles asked too; jobs.Cancelled when the page asked again meanwhile."""
        return self.candle_findings.find(self.files.path(request.name), request, language)

    def chart(self, number: int, market: str, timeframe: str, before_ms: int | None, count: int) -> Document:
        """Candles and fills of a preview's market."""
        return preview.chart(self.previews.get(number), market, timeframe, before_ms, count)

    def why(self, number: int, market: str, at_ms: int, language: Language) -> Document:
        """Every condition at one bar of a preview, with the states of the named ones by their path."""
        from engine.research.why.document import bar_document

        chosen = self.previews.get(number)
        return {
            "why": bar_document(preview.why(chosen, market, at_ms), language),
            "states": preview.states(chosen, market, at_ms),
        }

    def backtest(self, request: RunRequest, cash_krw: float) -> Job:
        """Start a backtest of the text."""
        strategy, markets = self._runnable(request)
        book = request.supposed_book()

        def work(job: Job) -> BacktestResult:
            from engine.assembly import run_backtest

            job.progress(0, 0)
            market = self.candles.market(strategy, markets, request.days, self._folder(request), book)
            job.progress(0, market.grid.state.shape[1])
            chosen = replace(market, settings=replace(market.settings, cash_krw=cash_krw))
            try:
                return run_backtest(strategy, market.traded, chosen, progress=job.progress)
            except ValueError as error:
                raise UserError("backtest.cannot_run", reason=error) from error

        return self.jobs.start(work)

    def report(self, number: int, language: Language) -> str:
        """The HTML report of a finished backtest. Raises UserError when there is none."""
        from engine.research.report import examine, render_html

        job = self.jobs.get(number)
        if job.result is None or job.figures is None:
            raise UserError("gui.no_such_backtest")
        return render_html(job.result, job.figures, examine(job.result, job.figures), language)

    def _folder(self, request: RunRequest) -> Path:
        return self.files.path(request.name).resolve().parent

    def _runnable(self, request: RunRequest) -> tuple[Strategy, tuple[str, ...]]:
        """The checked strategy and its markets. Raises UserError for a text with errors, or without markets and universe."""
        path = self.files.path(request.name)
        if schema_of(Source(path.name, request.text)) not in ("strategy", ""):
            raise UserError("gui.not_a_strategy")
        compiled = compile_strategy(request.text, path.name, catalogue(), profiles_in(*default_profile_folders(path)))
        if compiled.strategy is None:
            raise UserError("gui.has_errors")
        markets = tuple(sorted(set(request.markets or compiled.strategy.markets)))
        if not markets and compiled.strategy.universe is None:
            raise UserError("gui.no_markets")
        return compiled.strategy, markets
