"""Signal previews: the strategy over recent candles, kept for the chart, for the tree of rules, and to ask why about one bar."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsl.assist.markets import MARKETS
from dsl.diagnostics import Language
from dsl.messages import text
from engine.api.jobs import Cancelled
from engine.candles.timeframes import UPBIT, divides, parse_timeframe, timeframe_name
from engine.kernel.aggregate import SERIES, aggregate, open_ms
from engine.model.candle import BarGrid, BarState
from engine.model.errors import UserError
from engine.research.signals import Signals, signals
from engine.research.why.bar import BarWhy, why_at

if TYPE_CHECKING:
    from pathlib import Path

    from dsl.strategy import Strategy
    from engine.api.candles import CandleCache
    from engine.assembly import Market
    from engine.model.costs import BookModel

Document = dict[str, Any]
#: previews that a page may still ask about
_KEPT: Final = 4
#: pages whose newest question is remembered
_PAGES: Final = 64
#: candles in one answer for the chart, at most
CHART_BARS: Final = 3_000
#: how the names of series of the order book begin
_BOOK: Final = "book."


@dataclass(frozen=True, slots=True)
class Preview:
    """One finished run over recent candles."""

    number: int
    strategy: Strategy
    traded: tuple[str, ...]
    market: Market
    signals: Signals


class Previews:
    """Makes previews one at a time; a page's new one cancels its one that is being made. Blocking; call it in a thread."""

    def __init__(self, candles: CandleCache) -> None:
        self._candles = candles
        self._kept: OrderedDict[int, Preview] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._next = 1
        self._turn = threading.Lock()
        self._counting = threading.Lock()

    def make(
        self,
        strategy: Strategy,
        markets: Sequence[str],
        days: int | None,
        files: Path | None = None,
        page: str = "",
        book: BookModel | None = None,
    ) -> Preview:
        """Run the strategy; arguments as CandleCache.market. page: who asks.

        Raises Cancelled when the same page has asked for a newer preview meanwhile, UserError when candles do not allow it.
        """
        with self._counting:
            number = self._newest[page] = self._next
            self._next += 1

        def progress(_done: int, _whole: int) -> None:
            if self._newest.get(page, number) != number:
                raise Cancelled

        with self._turn:
            progress(0, 0)
            market = self._candles.market(strategy, markets, days, files, book)
            progress(0, 0)
            try:
                found = signals(
                    strategy, market.grid, market.settings, traded=market.traded, synthetic=market.synthetic, progress=progress
                )  # fmt: skip
            except ValueError as error:
                raise UserError("backtest.cannot_run", reason=error) from error
        preview = Preview(number, strategy, market.traded, market, found)
        with self._counting:
            self._kept[number] = preview
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            if len(self._newest) > _PAGES:
                del self._newest[min(self._newest, key=lambda known: self._newest[known])]
        return preview

    def get(self, number: int) -> Preview:
        """The preview of this number. Raises UserError when there is none (any more)."""
        preview = self._kept.get(number)
        if preview is None:
            raise UserError("gui.no_such_preview")
        return preview


def summary(preview: Preview, language: Language) -> Document:
    """What the page shows about a preview as a whole; times in UTC ms. without_book: readings of the order book where there was none."""
    found, market = preview.signals, preview.market
    counts = {code: [0, 0] for code in found.markets}
    for mark in found.marks:
        counts[mark.market][mark.kind.value == "exit"] += 1
    return {
        "id": preview.number,
        "name": preview.strategy.name,
        "clock": timeframe_name(preview.strategy.clock),
        "clock_ms": preview.strategy.clock.length_ms,
        "timeframes": _timeframes(market.grid),
        "from_ms": market.settings.from_ms,
        "to_ms": market.settings.to_ms,
        "synthetic": market.synthetic,
        "messages": [text(message.key, language, **message.values) for message in market.messages],
        "markets": [
            {
                "code": code,
                "name": coin_name(code, language),
                "entries": entries,
                "exits": exits,
                "true_bars": int((found.entry[row] == 1).sum()),
            }
            for row, (code, (entries, exits)) in enumerate(counts.items())
        ],
        "bars": int(found.entry.size),
        "without_book": sum(sum(gap.decisions.values()) for gap in found.result.gaps if gap.key[0].startswith(_BOOK)),
        "seconds": found.result.compute_seconds,
    }


def coin_name(market: str, language: Language) -> str:
    """The coin's name where it is known, else ""."""
    known = MARKETS.get(market)
    return "" if known is None else known.ko if language is Language.KOREAN else known.en


def chart(preview: Preview, market: str, timeframe: str, before_ms: int | None, count: int) -> Document:
    """Candles of one market as columns, oldest first, and the fills among them. `time`: bar opens in seconds, as the chart counts.

    before_ms: only bars that open before it (None: the newest). earlier: whether there are older ones.
    """
    grid, row = preview.market.grid, _row(preview, market)
    if timeframe not in _timeframes(grid):
        raise UserError("gui.no_such_timeframe", name=timeframe[:20])
    frame = parse_timeframe(timeframe)
    series = {name: getattr(grid, name)[row : row + 1] for name in SERIES}
    bars = aggregate(replace(grid, markets=(market,), state=grid.state[row : row + 1], side={}, **series), frame)
    times = open_ms(frame, bars.first_index) + np.arange(bars.state.shape[1], dtype=np.int64) * frame.length_ms
    known = (bars.state[0] != BarState.UNKNOWN) & np.isfinite(bars.close[0])
    if before_ms is not None:
        known &= times < before_ms
    rows = np.flatnonzero(known)
    kept = rows[-min(max(count, 1), CHART_BARS) :]
    columns = {name: getattr(bars, name)[0][kept].tolist() for name in ("open", "high", "low", "close", "volume")}
    first_ms = int(times[kept[0]]) if kept.size else 0
    end_ms = first_ms if not kept.size else int(times[kept[-1]]) + frame.length_ms
    marks = [
        {
            "time": open_ms(frame, frame.index(mark.time_ms)) // 1000,
            "at_ms": mark.time_ms,
            "decided_ms": mark.decided_ms,
            "kind": mark.kind.value,
            "exit": mark.exit,
            "price": mark.price_krw,
        }
        for mark in preview.signals.marks
        if mark.market == market and first_ms <= mark.time_ms < end_ms
    ]
    return {
        "time": (times[kept] // 1000).tolist(),
        **columns,
        "marks": marks,
        "earlier": len(kept) < len(rows),
        "length_ms": frame.length_ms,
    }


def why(preview: Preview, market: str, at_ms: int) -> BarWhy:
    """The clock bar of the preview that contains this instant. Raises UserError when it is outside of the run."""
    _row(preview, market)
    return why_at(preview.strategy, preview.market.grid, preview.market.settings, market, at_ms, traded=preview.traded)


def states(preview: Preview, market: str, at_ms: int) -> Document:
    """Truth of every named condition that needs no position, at the clock bar that contains this instant: 1 true, 0 false, -1 missing."""
    found = preview.signals
    k = int(np.searchsorted(found.open_ms, at_ms, side="right")) - 1
    if market not in found.markets or k < 0 or at_ms >= int(found.close_ms[-1]):
        return {}
    truth = found.truth[found.markets.index(market), :, k].tolist()
    return dict(zip((part.path for part in found.conditions), truth, strict=True))


def _row(preview: Preview, market: str) -> int:
    if market not in preview.signals.markets:
        raise UserError("gui.no_such_market", market=market[:40])
    return preview.market.grid.markets.index(market)


def _timeframes(grid: BarGrid) -> list[str]:
    """Bars that the chart can draw from this grid, fine to coarse."""
    return [name for name in UPBIT if divides(grid.timeframe, parse_timeframe(name))]
