"""Order books that a run supposes, on the base bars of a grid, wherever none was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.candles.errors import CandleError
from engine.candles.side import BOOKS, close_times, state_at
from engine.candles.side_store import Kind, SideStore
from engine.candles.timeframes import DAY_MS, timeframe_name
from engine.kernel.modelled_book import modelled_book
from engine.model.candle import BarGrid, BarState
from engine.model.costs import Costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsl.graph import Timeframe
    from engine.candles.store import CandleStore
    from engine.model.candle import SideKey
    from engine.model.costs import BookModel


def with_modelled_books(
    grid: BarGrid, keys: Iterable[SideKey], model: BookModel, store: CandleStore | None, *, on_grid: bool = True
) -> BarGrid:
    """The grid with the book series among `keys` filled in by a model at every close at which no book was recorded.

    What a recorded book does not show stays missing. store: whose recordings the grid has; None: it has none. Raises CandleError where
    the base bars are no part of the model's window, StoreError for a damaged record.
    """
    wanted = [key for key in keys if key[0] in BOOKS]
    if not wanted:
        return grid
    check_windows(Costs(book=model), grid.timeframe)
    length_ms = grid.timeframe.length_ms
    close_ms = close_times(grid)
    unrecorded = ~_recorded(grid, store, close_ms)
    turnover = turnover_krw(grid, model.window_ms // length_ms) if model.depth is not None else np.full(grid.close.shape, np.nan)
    side, modelled = dict(grid.side), dict(grid.modelled)
    for key in wanted:
        name, params = key
        supposed = modelled_book(name, params, model, grid.markets, close_ms, grid.close, turnover, on_grid=on_grid)
        chosen = unrecorded & ~np.isnan(supposed)
        side[key] = np.where(chosen, supposed, side.get(key, np.nan))
        modelled[key] = chosen
    return replace(grid, side=side, modelled=modelled)


def check_windows(costs: Costs, base: Timeframe) -> None:
    """Raises CandleError where the turnover of a supposed book, or of a visible depth, is over no whole base bars."""
    book, visible = costs.book, costs.visible
    asked = {
        "data.book_window": None if book is None or book.depth is None else book.window_ms,
        "data.visible_window": None if visible is None or visible.share is None else visible.window_ms,
    }
    for key, window_ms in asked.items():
        if window_ms is not None and (window_ms < base.length_ms or window_ms % base.length_ms):
            raise CandleError(key, base=timeframe_name(base))


def turnover_krw(grid: BarGrid, bars: int) -> NDArray[np.float64]:
    """KRW traded in the last `bars` base bars, of each in whole KRW, so that a sum does not depend on where the grid begins; NaN where
    one of them is not known."""
    value = np.where(np.isnan(grid.value), grid.close * grid.volume, grid.value)
    known = (grid.state != BarState.UNKNOWN) & ~np.isnan(value)
    whole = np.where(known, np.rint(np.where(known, value, 0.0)), 0.0).astype(np.int64)
    found = np.full(grid.close.shape, np.nan)
    if grid.state.shape[1] >= bars:
        complete = _sums(known.astype(np.int64), bars) == bars
        found[:, bars - 1 :] = np.where(complete, _sums(whole, bars), np.nan)
    return found


def _sums(columns: NDArray[np.int64], bars: int) -> NDArray[np.int64]:
    """Of every `bars` consecutive columns."""
    total = np.concatenate([np.zeros((len(columns), 1), np.int64), np.cumsum(columns, axis=1)], axis=1)
    return np.asarray(total[:, bars:] - total[:, :-bars])


def _recorded(grid: BarGrid, store: CandleStore | None, close_ms: NDArray[np.int64]) -> NDArray[np.bool_]:
    """At which closes a recorded book stood."""
    found = np.zeros(grid.close.shape, bool)
    if store is None:
        return found
    records = SideStore(store.folder)
    for row, market in enumerate(grid.markets):
        if Kind.BOOKS in records.kinds(market):
            record = records.read(market, Kind.BOOKS, int(close_ms[0]) - DAY_MS, int(close_ms[-1]) + 1)
            found[row] = ~np.isnan(state_at(lambda rows, _: np.ones(len(rows)), (), record, close_ms))
    return found
