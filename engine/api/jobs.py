"""Backtests in the background: one thread each, with progress, cancelling, and the report."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from dsl.diagnostics import Language
from dsl.messages import text
from engine.model.errors import UserError

if TYPE_CHECKING:
    from engine.research.figures import Figures
    from engine.research.result import BacktestResult

#: figures told as soon as a backtest is done, in this order; the report has them all
_HEADLINE: Final = ("total_return", "profit", "maximum_drawdown", "sharpe", "win_rate", "closed_trades")
_SIGNED: Final = ("total_return", "profit")
#: finished backtests whose report can still be asked for
_KEPT: Final = 8


class Cancelled(Exception):
    """Whoever asked for the work does not want it any more."""


class State(StrEnum):
    """How far a backtest is."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass
class Job:
    """One backtest. done of whole: base bars; error: what the user can mend, when it failed on that."""

    number: int
    state: State = State.RUNNING
    done: int = 0
    whole: int = 0
    error: UserError | None = None
    result: BacktestResult | None = None
    figures: Figures | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, whole: int) -> None:
        """Called by the backtest after each block. Raises Cancelled when it is to stop."""
        if self.stop.is_set():
            raise Cancelled
        self.done, self.whole = done, whole

    def status(self, language: Language) -> dict[str, Any]:
        """The state as JSON; ratios of 1, money in KRW."""
        found: dict[str, Any] = {"id": self.number, "state": self.state.value, "done": self.done, "whole": self.whole, "error": ""}
        if self.error is not None:
            found["error"] = self.error.message(language)
        if self.figures is not None and self.result is not None:
            found["figures"] = _headline(self.figures, language)
            found["synthetic"] = self.result.synthetic
        return found


class Jobs:
    """All backtests of this process, by number."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[int, Job] = OrderedDict()
        self._next = 1
        self._lock = threading.Lock()

    def start(self, work: Callable[[Job], BacktestResult]) -> Job:
        """Run `work` in a thread of its own."""
        with self._lock:
            job = Job(self._next)
            self._next += 1
            self._jobs[job.number] = job
            ended = [number for number, one in self._jobs.items() if one.ended.is_set()]
            for number in ended[: max(len(self._jobs) - _KEPT, 0)]:
                del self._jobs[number]
        threading.Thread(target=_run, args=(job, work), name=f"backtest-{job.number}", daemon=True).start()
        return job

    def get(self, number: int) -> Job:
        """The backtest of this number. Raises UserError when there is none (any more)."""
        job = self._jobs.get(number)
        if job is None:
            raise UserError("gui.no_such_backtest")
        return job


def _headline(figures: Figures, language: Language) -> list[dict[str, Any]]:
    """The figures that a first look needs, in words. sign: -1, 0, 1 where gain and loss are coloured."""
    from engine.research.metrics import definitions
    from engine.research.report.format import written

    known = definitions()
    return [
        {
            "key": key,
            "name": text(f"report.figure.{key}", language),
            "about": text(f"report.about.{key}", language),
            "text": written(figures.values[key], known[key].unit, language, signed=key in _SIGNED),
            "value": figures.values[key] if math.isfinite(figures.values[key]) else None,
            "sign": (figures.values[key] > 0) - (figures.values[key] < 0) if key in _SIGNED else 0,
        }
        for key in _HEADLINE
    ]


def _run(job: Job, work: Callable[[Job], BacktestResult]) -> None:
    from engine.research.report import figures

    try:
        job.result = work(job)
        job.figures = figures(job.result)
        job.state = State.DONE
    except Cancelled:
        job.state = State.CANCELLED
    except UserError as error:
        job.error, job.state = error, State.FAILED
    except BaseException:  # a defect: the thread's traceback tells of it, and nobody waits for ever
        job.error, job.state = UserError("gui.defect"), State.FAILED
        raise
    finally:
        job.ended.set()
