"""Puts the parts together: where a run's candles come from, and the backtest of a strategy over them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsl.graph import Timeframe
from engine.candles.candidates import candidates, stored_markets, survivorship
from engine.candles.endings import endings
from engine.candles.errors import CandleError
from engine.candles.grid import gaps, stored_bases
from engine.candles.inside import with_inside
from engine.candles.instants import korean_time
from engine.candles.modelled import check_windows, with_modelled_books
from engine.candles.outages import outages_in
from engine.candles.provision import Fetch, Message, Provided, provide
from engine.candles.side import with_books, with_sides
from engine.candles.store import CandleStore
from engine.candles.timeframes import divides, next_open, timeframe_name
from engine.kernel.program import compile_program, wanted_columns
from engine.kernel.rows import reached
from engine.kernel.universe import universe_program
from engine.model.candle import MEMBER
from engine.research.backtest import backtest, universe_settle_ms
from engine.research.file_tests import Outcome, judge_replay, not_run
from engine.research.portfolio import backtest_portfolio
from engine.research.result import SURVIVORS_DAYS, Rounding, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dsl.file_tests import ReplayTest
    from dsl.strategy import Portfolio, Strategy
    from engine.model.candle import BarGrid, Ending, SideKey, StoredMarkets
    from engine.research.result import BacktestResult


_MINUTE: Final = Timeframe(60_000)
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Sources:
    """Where candles may come from. exchange_url: the exchange's REST address, asked only for what is not stored; None = never asked.
    files: folder that paths in the strategy file count from."""

    data_folder: Path
    sample_folder: Path
    exchange_url: str | None
    files: Path | None = None


@dataclass(frozen=True, slots=True)
class Lasted:
    """What the store knows of coins that did not last. stored: beside a long run of markets that were named; endings: in a long run, or one
    with a universe, of the traded markets whose candles end early; messages: warnings of a universe that chooses among survivors."""

    messages: tuple[Message, ...] = ()
    stored: StoredMarkets | None = None
    endings: Mapping[str, Ending] | None = None

    def told(self, result: BacktestResult) -> BacktestResult:
        """The result with what its check-up needs of this."""
        parts = tuple(self.told(part) for part in result.parts)
        return replace(result, stored=self.stored if result.strategy.universe is None else None, endings=self.endings, parts=parts)


@dataclass(frozen=True, slots=True)
class Market:
    """Base bars for a run, warm-up included. settings: the user's, with the range that the candles serve filled in. traded: the markets
    that may be bought; a universe chooses among them."""

    grid: BarGrid
    settings: Settings
    synthetic: bool
    messages: tuple[Message, ...]
    traded: tuple[str, ...] = ()
    lasted: Lasted = Lasted()


def market_for(
    strategy: Strategy,
    markets: Sequence[str],
    settings: Settings,
    sources: Sources,
    base: Timeframe | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Market:
    """Candles of the traded and alias markets over the run's range, and before it as far back as the strategy's values reach.

    markets: none for a strategy with a universe = every KRW market that is stored. Raises UserError (CandleError) when nothing can
    serve the run.
    """
    if not markets and strategy.universe is not None:
        markets = candidates(sources.data_folder, strategy.clock, settings.from_ms, settings.to_ms, base)
    wanted = tuple(sorted({*markets, *strategy.aliases.values()}))
    provided = _provided(wanted, strategy.clock, settings, sources, base, progress)
    _refuse_nothing(markets, provided)
    _refuse_too_coarse(strategy, provided.base)
    from_ms = provided.from_ms if settings.from_ms is None else max(settings.from_ms, provided.from_ms)
    grid = _looked_into(_with_warmup([strategy], provided), settings, provided.store, from_ms)
    lasted = _lasted([strategy], [markets], provided, grid, from_ms)
    grid = _with_sides(strategy, grid, settings, provided.store, sources.files)
    ranged = replace(settings, from_ms=from_ms, to_ms=provided.to_ms)
    return Market(grid, ranged, provided.synthetic, (*provided.messages, *lasted.messages), tuple(markets), lasted)


def _lasted(strategies: Sequence[Strategy], traded: Sequence[Sequence[str]], provided: Provided, grid: BarGrid, from_ms: int) -> Lasted:
    """traded: per strategy the markets that may be bought. Looked for in half a year or more, or where a universe chooses."""
    long = provided.to_ms - from_ms >= SURVIVORS_DAYS * _DAY_MS
    choosing = {market for strategy, own in zip(strategies, traded, strict=True) if strategy.universe is not None for market in own}
    named = any(strategy.universe is None for strategy in strategies)
    found = endings(provided.store, grid, sorted({market for own in traded for market in own})) if long or choosing else None
    early = {market: one for market, one in (found or {}).items() if market in choosing}
    messages = survivorship(early, len(choosing), from_ms, provided.to_ms) if choosing else ()
    stored = stored_markets(provided.store, from_ms, provided.to_ms) if long and named and not provided.synthetic else None
    return Lasted(tuple(messages), stored, found)


def recent_market(strategy: Strategy, markets: Sequence[str], sources: Sources, length_ms: int) -> Market:
    """Candles of the last `length_ms` before the newest stored one, else of the sample market; the exchange is not asked.

    markets: none = every market that is stored. Errors as `market_for`.
    """
    sources = replace(sources, exchange_url=None)
    chosen = tuple(markets) or candidates(sources.data_folder, strategy.clock, None, None, None)
    whole = provide(
        sources.data_folder, tuple(sorted({*chosen, *strategy.aliases.values()})), strategy.clock, None, None,
        fetch=None, now_ms=time.time_ns() // 1_000_000, sample_folder=sources.sample_folder,
    )  # fmt: skip
    settings = Settings(from_ms=max(whole.from_ms, whole.to_ms - length_ms), to_ms=whole.to_ms)
    return market_for(strategy, chosen, settings, sources, whole.base)


@dataclass(frozen=True, slots=True)
class Together:
    """Base bars for the strategies of a portfolio. grids: per strategy the same bars with the series beside them that it reads; traded: per
    strategy the markets that may be bought. The rest as Market."""

    grids: tuple[BarGrid, ...]
    settings: Settings
    synthetic: bool
    messages: tuple[Message, ...]
    traded: tuple[tuple[str, ...], ...]
    lasted: Lasted = Lasted()


def market_together(
    strategies: Sequence[Strategy],
    markets: Sequence[Sequence[str]],
    settings: Settings,
    sources: Sources,
    base: Timeframe | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Together:
    """Candles that serve all the strategies of a portfolio. markets: per strategy, as `market_for`; errors likewise."""
    clock = _common_clock([strategy.clock for strategy in strategies])
    traded = tuple(
        tuple(own) or candidates(sources.data_folder, strategy.clock, settings.from_ms, settings.to_ms, base)
        for strategy, own in zip(strategies, markets, strict=True)
    )
    wanted = {market for own in traded for market in own} | {market for strategy in strategies for market in strategy.aliases.values()}
    provided = _provided(tuple(sorted(wanted)), clock, settings, sources, base, progress)
    for strategy, own in zip(strategies, traded, strict=True):
        _refuse_nothing(own, provided)
        _refuse_too_coarse(strategy, provided.base)
    from_ms = provided.from_ms if settings.from_ms is None else max(settings.from_ms, provided.from_ms)
    grid = _looked_into(_with_warmup(strategies, provided), settings, provided.store, from_ms)
    lasted = _lasted(strategies, traded, provided, grid, from_ms)
    grids = tuple(_with_sides(strategy, grid, settings, provided.store, sources.files) for strategy in strategies)
    ranged = replace(settings, from_ms=from_ms, to_ms=provided.to_ms)
    return Together(grids, ranged, provided.synthetic, (*provided.messages, *lasted.messages), traded, lasted)


def _provided(
    markets: tuple[str, ...],
    clock: Timeframe,
    settings: Settings,
    sources: Sources,
    base: Timeframe | None,
    progress: Callable[[str, int, int], None] | None,
) -> Provided:
    """Candles over the run's range, fetched where the exchange may be asked."""
    with ExitStack() as opened:
        return provide(
            sources.data_folder, markets, clock, settings.from_ms, settings.to_ms,
            fetch=None if sources.exchange_url is None else _fetching(sources.exchange_url, opened),
            now_ms=time.time_ns() // 1_000_000, sample_folder=sources.sample_folder, base=base, progress=progress,
        )  # fmt: skip


def _fetching(url: str, opened: ExitStack) -> Fetch:
    """How candles are fetched; the connection is opened for the first of them, and closed by `opened`."""

    @cache
    def pages() -> Fetch:
        from engine.exchange.upbit.candles import CandleReader, reader_settings  # the HTTP client: where all is stored, nobody needs it

        return opened.enter_context(CandleReader(reader_settings(url))).pages

    return lambda market, timeframe, from_ms, to_ms: pages()(market, timeframe, from_ms, to_ms)


def _common_clock(clocks: Sequence[Timeframe]) -> Timeframe:
    """The longest bars that all the clocks are made of."""
    length_ms = math.gcd(*(_DAY_MS if clock.months else math.gcd(clock.length_ms, clock.offset_ms) for clock in clocks))
    return next((clock for clock in clocks if clock.length_ms == length_ms and not clock.months), Timeframe(length_ms))


def _refuse_nothing(markets: Sequence[str], provided: Provided) -> None:
    """A mistyped market has no candle at all; a report over nothing would look like a strategy that never trades."""
    start, end = provided.from_ms, provided.to_ms
    if not any(provided.store.ranges(market, provided.base, start, end) for market in markets):
        raise CandleError(
            "data.none_of_traded",
            markets=", ".join(sorted(markets)), base=timeframe_name(provided.base), start=korean_time(start), end=korean_time(end),
        )  # fmt: skip


def _refuse_too_coarse(strategy: Strategy, base: Timeframe) -> None:
    """A rule may read finer bars than the clock's (`over=`), and nothing makes them of coarser ones.

    Breakers and the crowding measure of a risk profile are left out of such a run instead, and its report says so.
    """
    graph = strategy.graph
    sections = [graph[i].section for i in reached(graph, wanted_columns(strategy, base))]
    read = {section.timeframe for section in sections if section is not None}
    finer = sorted(timeframe for timeframe in read if not divides(base, timeframe))
    if finer:
        raise CandleError("data.base_too_coarse", base=timeframe_name(base), clock=timeframe_name(finer[0]))


def _with_warmup(strategies: Sequence[Strategy], provided: Provided) -> BarGrid:
    """The grid of the run, begun early enough for every value to have settled where such candles are stored."""
    base, markets = provided.base, provided.markets
    needed_ms = max(compile_program(one, base, markets).settle_ms + universe_settle_ms(one, base, markets) for one in strategies)
    ranges = [r for market in provided.markets for r in provided.store.ranges(market, provided.base)]
    earliest = min((start for start, _ in ranges), default=provided.from_ms)
    start = next_open(provided.base, max(provided.from_ms - needed_ms, min(earliest, provided.from_ms)))
    return provided.store.grid(provided.markets, provided.base, start, provided.to_ms)


def _looked_into(grid: BarGrid, settings: Settings, store: CandleStore, from_ms: int) -> BarGrid:
    """The grid with what the store knows of its bars from `from_ms` on: finer bars inside them, and outages where the run asks for them.
    Raises CandleError for costs that these base bars cannot tell."""
    check_windows(settings.costs, grid.timeframe)
    grid = with_inside(grid, store, from_ms)
    return replace(grid, outages=outages_in(grid, store, from_ms)) if settings.costs.outages else grid


def _with_sides(strategy: Strategy, grid: BarGrid, settings: Settings, store: CandleStore, files: Path | None) -> BarGrid:
    """What was recorded of the series beside the candles, and the book that the run supposes where there is none."""
    keys = sides_of(strategy, grid.timeframe, grid.markets)
    grid = with_sides(grid, keys, store, strategy.externals, files)
    if settings.costs.walk_books:
        grid = with_books(grid, store)
    model = settings.costs.book
    return grid if model is None else with_modelled_books(grid, keys, model, store, on_grid=settings.rounding is Rounding.UPBIT)


def sides_of(strategy: Strategy, base: Timeframe, markets: Sequence[str]) -> tuple[SideKey, ...]:
    """The side series that the strategy and its universe read, but for who is in the universe."""
    found = [*compile_program(strategy, base, markets).sides]
    if strategy.universe is not None:
        found += universe_program(strategy.universe, strategy.clock, base, markets, markets).sides
    return tuple(key for key in dict.fromkeys(found) if key != MEMBER)


def run_backtest(
    strategy: Strategy, markets: Sequence[str], market: Market, progress: Callable[[int, int], None] | None = None
) -> BacktestResult:
    """The strategy over these candles, buying only `markets`."""
    result = backtest(strategy, market.grid, market.settings, traded=markets, synthetic=market.synthetic, progress=progress)
    return market.lasted.told(result)


def run_portfolio(portfolio: Portfolio, market: Together, progress: Callable[[int, int], None] | None = None) -> BacktestResult:
    """The portfolio's strategies over these candles, on one account."""
    result = backtest_portfolio(
        portfolio, market.grids[0], market.settings, traded=market.traded, grids=market.grids, synthetic=market.synthetic, progress=progress
    )  # fmt: skip
    return market.lasted.told(result)


def replay_test(strategy: Strategy, test: ReplayTest, folder: Path) -> Outcome:
    """A replay over the candles stored in `folder`, and nothing else: no exchange, no sample market.

    It is not run unless every market of it and every alias is stored without a gap from before its beginning, early enough for each
    value to be defined at the first decision; rules without values trade nothing, which would pass for a strategy that holds still.
    """
    store = CandleStore(folder)
    markets = tuple(sorted({*test.markets, *strategy.aliases.values()}))
    lacking, start = list(markets), test.from_ms
    for base in stored_bases(store, markets, strategy.clock) or [min(strategy.clock, _MINUTE)]:
        program = compile_program(strategy, base, markets)
        universe_ms = universe_settle_ms(strategy, base, markets)
        start = next_open(base, test.from_ms - program.ready_ms - universe_ms)
        lacking = [market for market in markets if gaps(store, market, base, start, test.to_ms)]
        if not lacking:
            grid = store.grid(markets, base, next_open(base, test.from_ms - program.settle_ms - universe_ms), test.to_ms)
            settings = Settings(from_ms=test.from_ms, to_ms=test.to_ms)
            return judge_replay(test, backtest(strategy, grid, settings, traded=test.markets, synthetic=store.synthetic))
    return not_run(test, "why_no_candles", markets=", ".join(lacking), first=korean_time(start), last=korean_time(test.to_ms))
