"""Candles for previews and backtests of the app: stored ones, else the sample market, kept in memory while a text is being edited.

The exchange is never asked from here: what is stored is a matter of `jangdan data` and `jangdan backtest`.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.assembly import Market, Sources, market_for, sides_of
from engine.candles.provision import provide
from engine.candles.sample import COINS
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS
from engine.kernel.program import compile_program
from engine.model.costs import Costs
from engine.research.backtest import universe_settle_ms
from engine.research.result import Settings

if TYPE_CHECKING:
    from dsl.strategy import Strategy
    from engine.model.candle import SideKey
    from engine.model.costs import BookModel

#: what is shown when nobody chose: this many days, or as many clock bars as make a chart worth looking at
DEFAULT_DAYS: Final = 30
_DEFAULT_BARS: Final = 300
#: grids kept; an editor needs one, a change of period or markets another
_KEPT: Final = 2
#: after this long the store is read again: candles may have been added meanwhile
_FRESH_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Kept:
    market: Market
    needs: _Needs
    read_at: float


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a strategy asks of a grid besides markets and range. settle_ms: how far back; sides: which series beside the candles."""

    settle_ms: int
    sides: tuple[SideKey, ...]

    def within(self, other: _Needs) -> bool:
        """Whether a grid made for `other` serves this too."""
        return self.settle_ms <= other.settle_ms and self.sides == other.sides


class CandleCache:
    """Grids by what they were read for. Safe to use from several threads; a grid is read once at a time."""

    def __init__(self, data_folder: Path, sample_folder: Path) -> None:
        self._sources = Sources(data_folder, sample_folder, None)
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def market(
        self, strategy: Strategy, markets: Sequence[str], days: int | None, files: Path | None = None, book: BookModel | None = None
    ) -> Market:
        """Candles of the last `days` before the newest stored one (None: DEFAULT_DAYS, more for slow clocks), warm-up included.

        markets: none where a universe chooses among all. files: folder that the strategy's external series are named from. book: the
        one that is supposed where none was recorded. Raises UserError (CandleError) when nothing can serve.
        """
        key = (tuple(sorted(strategy.aliases.values())), tuple(markets), strategy.clock, days, strategy.externals, files, book)
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or not self._serves(kept, strategy):
                kept = self._read(strategy, markets, days, files, book)
                self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return kept.market

    def markets(self) -> list[str]:
        """Markets with stored candles; the sample market's where nothing is stored."""
        return CandleStore(self._sources.data_folder).markets() or [coin.market for coin in COINS]

    def _serves(self, kept: _Kept, strategy: Strategy) -> bool:
        """Whether the grid is fresh and has all that this version of the text needs."""
        if time.monotonic() - kept.read_at > _FRESH_SECONDS:
            return False
        return _needs(strategy, kept.market).within(kept.needs)

    def _read(self, strategy: Strategy, markets: Sequence[str], days: int | None, files: Path | None, book: BookModel | None) -> _Kept:
        sources = replace(self._sources, files=files)
        wanted = tuple(sorted({*(markets or self.markets()), *strategy.aliases.values()}))
        whole = provide(
            sources.data_folder, wanted, strategy.clock, None, None,
            fetch=None, now_ms=time.time_ns() // 1_000_000, sample_folder=sources.sample_folder,
        )  # fmt: skip
        length_ms = DAY_MS * days if days is not None else max(DEFAULT_DAYS * DAY_MS, _DEFAULT_BARS * strategy.clock.length_ms)
        settings = Settings(from_ms=max(whole.from_ms, whole.to_ms - length_ms), to_ms=whole.to_ms, costs=Costs(book=book))
        chosen = markets or [market for market in whole.markets if market in self.markets()]
        market = market_for(strategy, chosen, settings, sources, whole.base)
        return _Kept(market, _needs(strategy, market), time.monotonic())


def _needs(strategy: Strategy, market: Market) -> _Needs:
    grid = market.grid
    settle_ms = compile_program(strategy, grid.timeframe, grid.markets).settle_ms
    settle_ms += universe_settle_ms(strategy, grid.timeframe, grid.markets)
    return _Needs(settle_ms, sides_of(strategy, grid.timeframe, grid.markets))
