"""Findings of the text in an editor with what recent candles show: the problem list, completed a moment after the text rests."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from dsl.assist.problems import problems
from dsl.compile import compile_strategy, schema_of
from dsl.files import default_profile_folders, profiles_in
from dsl.source import Source
from engine.api.assist import Places, problem_document
from engine.api.jobs import Cancelled
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError
from engine.research.findings.judge import data_findings
from engine.research.findings.measure import Recent
from engine.research.findings.questions import asked

if TYPE_CHECKING:
    from pathlib import Path

    from dsl.diagnostics import Language
    from engine.api.assist import Document
    from engine.api.candles import CandleCache
    from engine.api.service import RunRequest

#: pages whose newest question is remembered
_PAGES = 64


class CandleFindings:
    """Looks at one text at a time; a page's newer question ends its older one. Blocking; call it in a thread."""

    def __init__(self, candles: CandleCache) -> None:
        self._candles = candles
        self._newest: dict[str, int] = {}
        self._next = 0
        self._turn, self._counting = threading.Lock(), threading.Lock()

    def find(self, path: Path, request: RunRequest, language: Language) -> Document:
        """{problems, length}: all findings, or problems: None where candles have no say (another kind of file, other errors first).

        Raises Cancelled when the same page has asked again meanwhile, UserError when candles do not allow it.
        """
        with self._counting:
            self._next += 1
            number = self._newest[request.page] = self._next
            if len(self._newest) > _PAGES:
                del self._newest[min(self._newest, key=lambda page: self._newest[page])]

        def progress(_done: int = 0, _whole: int = 0) -> None:
            if self._newest.get(request.page, number) != number:
                raise Cancelled

        source, places = Source(path.name, request.text), Places(request.text)
        if schema_of(source) not in ("strategy", ""):
            return {"problems": None, "length": places.length}
        profiles = profiles_in(*default_profile_folders(path))
        compiled = compile_strategy(request.text, path.name, catalogue(), profiles)
        plan = asked(compiled, lambda changed: compile_strategy(changed, path.name, catalogue(), profiles))
        if plan is None:
            return {"problems": None, "length": places.length}
        with self._turn:
            progress()
            markets = tuple(sorted(set(request.markets or plan.strategy.markets)))
            market = self._candles.market(plan.strategy, markets, request.days, path.resolve().parent, request.supposed_book())
            progress()
            try:
                found = data_findings(plan, Recent(market.grid, market.settings, market.traded), progress)
            except ValueError as error:
                raise UserError("backtest.cannot_run", reason=error) from error
        shown = problems(source, found, language)
        return {"problems": [problem_document(one, places) for one in shown], "length": places.length}
