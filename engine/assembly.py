"""Puts the parts together: where a run's candles come from, and the backtest of a strategy over them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.candles.errors import CandleError
from engine.candles.instants import korean_time
from engine.candles.provision import Message, Provided, provide
from engine.candles.timeframes import next_open, timeframe_name
from engine.exchange.upbit.candles import CandleReader
from engine.kernel.program import compile_program
from engine.research.backtest import backtest

if TYPE_CHECKING:
    from dsl.graph import Timeframe
    from dsl.strategy import Strategy
    from engine.model.candle import BarGrid
    from engine.research.result import BacktestResult, Settings


@dataclass(frozen=True, slots=True)
class Sources:
    """Where candles may come from. exchange_url: the exchange's REST address, asked only for what is not stored; None = never asked."""

    data_folder: Path
    sample_folder: Path
    exchange_url: str | None


@dataclass(frozen=True, slots=True)
class Market:
    """Base bars for a run, warm-up included. settings: the user's, with the range that the candles serve filled in."""

    grid: BarGrid
    settings: Settings
    synthetic: bool
    messages: tuple[Message, ...]


def market_for(
    strategy: Strategy,
    markets: Sequence[str],
    settings: Settings,
    sources: Sources,
    base: Timeframe | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Market:
    """Candles of the traded and alias markets over the run's range, and before it as far back as the strategy's values reach.

    Raises UserError (CandleError) when nothing can serve the run.
    """
    wanted = tuple(sorted({*markets, *strategy.aliases.values()}))
    with ExitStack() as opened:
        fetch = None if sources.exchange_url is None else opened.enter_context(CandleReader(sources.exchange_url)).pages
        provided = provide(
            sources.data_folder, wanted, strategy.clock, settings.from_ms, settings.to_ms,
            fetch=fetch, now_ms=time.time_ns() // 1_000_000, sample_folder=sources.sample_folder, base=base, progress=progress,
        )  # fmt: skip
    _refuse_nothing(markets, provided)
    grid = _with_warmup(strategy, provided)
    from_ms = provided.from_ms if settings.from_ms is None else max(settings.from_ms, provided.from_ms)
    return Market(grid, replace(settings, from_ms=from_ms, to_ms=provided.to_ms), provided.synthetic, provided.messages)


def _refuse_nothing(markets: Sequence[str], provided: Provided) -> None:
    """A mistyped market has no candle at all; a report over nothing would look like a strategy that never trades."""
    start, end = provided.from_ms, provided.to_ms
    if not any(provided.store.ranges(market, provided.base, start, end) for market in markets):
        raise CandleError(
            "data.none_of_traded",
            markets=", ".join(sorted(markets)), base=timeframe_name(provided.base), start=korean_time(start), end=korean_time(end),
        )  # fmt: skip


def _with_warmup(strategy: Strategy, provided: Provided) -> BarGrid:
    """The grid of the run, begun early enough for every value to have settled where such candles are stored."""
    needed_ms = compile_program(strategy, provided.base, provided.markets).settle_ms
    ranges = [r for market in provided.markets for r in provided.store.ranges(market, provided.base)]
    earliest = min((start for start, _ in ranges), default=provided.from_ms)
    start = next_open(provided.base, max(provided.from_ms - needed_ms, min(earliest, provided.from_ms)))
    return provided.store.grid(provided.markets, provided.base, start, provided.to_ms)


def run_backtest(
    strategy: Strategy, markets: Sequence[str], market: Market, progress: Callable[[int, int], None] | None = None
) -> BacktestResult:
    """The strategy over these candles, buying only `markets`."""
    return backtest(strategy, market.grid, market.settings, traded=markets, synthetic=market.synthetic, progress=progress)
