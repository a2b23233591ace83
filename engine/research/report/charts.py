"""Columns for the charts of the HTML page, kept small: exact where it fits, merged or thinned out with their extremes where not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engine.model.candle import BarGrid
from engine.research.figures import Figures
from engine.research.returns import drawdowns
from engine.research.trades import Trade, ways_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from engine.research.result import BacktestResult

#: most rows of the equity chart before it is thinned out; buckets when it is (each keeps up to seven rows)
EQUITY_ROWS: Final = 7_000
EQUITY_BUCKETS: Final = 1_000
#: most bars of the candle chart over all markets before an overview with windows takes over; never fewer than this a market
CANDLE_BARS: Final = 120_000
CANDLE_BARS_PER_MARKET: Final = 400
#: bars shown around a trade in a window of full detail: the widest with which all trades fit
WINDOW_BARS: Final = (40, 20, 10)
#: trades in the page; the last ones are kept, the CSV has all
TRADE_ROWS: Final = 10_000

TRADE_COLUMNS: Final = (
    "number", "market", "opened", "closed", "holding", "entry", "exit", "quantity", "mark", "cost", "fees", "slippage", "profit", "ratio",
    "best", "worst", "buys", "sales",
)  # fmt: skip


def equity_chart(result: BacktestResult, figures: Figures) -> dict[str, Any]:
    """{from_ms, unit_ms, steps, equity, held, drawdown}: times are from_ms plus the running sum of steps x unit_ms."""
    curve, held = figures.account, figures.held
    depths = drawdowns(curve)
    rows = _kept_rows([curve.value_krw, depths, held.value_krw])
    times = curve.time_ms[rows]
    unit = result.strategy.clock.length_ms
    if result.parts and times.size:  # rows where any of the clocks closes
        unit = int(np.gcd.reduce(np.diff(times, prepend=curve.start_ms)))
    return {
        "from_ms": curve.start_ms,
        "unit_ms": unit,
        "steps": (np.diff(times, prepend=curve.start_ms) // unit).tolist() if times.size else [],
        "equity": np.round(curve.value_krw[rows]).tolist(),
        "held": np.round(held.value_krw[rows]).tolist(),
        "drawdown": np.round(depths[rows], 6).tolist(),
    }


def _kept_rows(columns: Sequence[NDArray[np.float64]]) -> NDArray[np.int64]:
    """All rows, or the first, last, lowest and highest of every column in each of EQUITY_BUCKETS runs of rows."""
    size = columns[0].size
    if size <= EQUITY_ROWS:
        return np.arange(size)
    edges = np.linspace(0, size, EQUITY_BUCKETS + 1).astype(np.int64)
    kept = {0, size - 1}
    for first, last in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        for column in columns:
            part = column[first:last]
            if np.isfinite(part).all():
                kept |= {first + int(part.argmin()), first + int(part.argmax())}
    return np.array(sorted(kept), dtype=np.int64)


def candle_charts(result: BacktestResult, trades: tuple[Trade, ...]) -> dict[str, Any]:
    """{market: {unit, pieces}} for the markets that were traded on. pieces[0] covers the whole run; further ones are windows of
    full detail. A piece: first (absolute clock index), step (clock bars a bar), gaps (unknown bars), and the prices as whole
    numbers of `unit` KRW: close less the close before, open less the close before, high above and low below the body."""
    grid = result.candles
    markets = [market for market in dict.fromkeys(result.markets) if market in grid.markets]
    share = max(CANDLE_BARS // max(len(markets), 1), CANDLE_BARS_PER_MARKET)
    charts = {}
    for market in markets:
        row = grid.markets.index(market)
        own = [trade for trade in trades if trade.market == market]
        unit = _unit(grid, row)
        if unit:
            charts[market] = {"unit": unit, "pieces": _pieces(grid, row, own, share, unit)}
        grid.free()
    return charts


def _unit(grid: BarGrid, row: int) -> float:
    """Largest power of ten (or 5 or 2 times one) of which all prices are whole multiples; 1e-8 at least; 0 without prices."""
    prices = np.concatenate([one[row][np.isfinite(one[row])] for one in (grid.open, grid.high, grid.low, grid.close)])
    if not prices.size:
        return 0.0
    for power in range(9):
        scaled = prices * 10.0**power
        if np.abs(scaled - np.round(scaled)).max() < 1e-4:
            break
    return float(np.gcd.reduce(np.round(scaled).astype(np.int64))) / 10.0**power or 1e-8


def _pieces(grid: BarGrid, row: int, trades: list[Trade], share: int, unit: float) -> list[dict[str, Any]]:
    size = grid.close.shape[1]
    columns = [one[row] for one in (grid.open, grid.high, grid.low, grid.close)]
    if size <= share:
        return [_piece(columns, grid.first_index, 1, unit)]
    step = -(-size // (share // 2))
    whole = _piece(_merged(columns, grid.first_index, step), grid.first_index // step * step, step, unit)
    windows = _windows(grid, trades, share // 2, step)
    return [whole] + [_piece([one[a:b] for one in columns], grid.first_index + a, 1, unit) for a, b in windows]


def _windows(grid: BarGrid, trades: list[Trade], budget: int, step: int) -> list[tuple[int, int]]:
    """Column ranges around trades, touching ones joined: all trades where the budget of bars allows, else the latest ones.

    They begin and end where bars of the overview do, so that either one or the other shows a moment."""
    for room in WINDOW_BARS:
        windows = _joined(_around(grid, trade, room, step) for trade in trades)
        if sum(last - first for first, last in windows) <= budget:
            return windows
    chosen = []
    for trade in reversed(trades):
        first, last = _around(grid, trade, WINDOW_BARS[-1], step)
        budget -= last - first
        if budget < 0:
            break
        chosen.append((first, last))
    return _joined(chosen)


def _around(grid: BarGrid, trade: Trade, room: int, step: int) -> tuple[int, int]:
    end = grid.first_index + grid.state.shape[1]
    first = grid.timeframe.index(trade.opened_ms) - room
    last = end if trade.closed_ms is None else grid.timeframe.index(trade.closed_ms) + room
    return max(first // step * step - grid.first_index, 0), min(-(-last // step) * step, end) - grid.first_index


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _merged(columns: list[NDArray[np.float64]], first_index: int, step: int) -> list[NDArray[np.float64]]:
    """Bars of `step` clock bars on the absolute grid: first known open, highest, lowest, last known close."""
    before = first_index % step
    size = -(-(before + columns[0].size) // step) * step
    open_, high, low, close = (np.pad(one, (before, size - before - one.size), constant_values=np.nan).reshape(-1, step) for one in columns)
    known = np.isfinite(close)
    rows = np.arange(close.shape[0])
    first, last = known.argmax(axis=1), step - 1 - known[:, ::-1].argmax(axis=1)
    return [open_[rows, first], np.fmax.reduce(high, axis=1), np.fmin.reduce(low, axis=1), close[rows, last]]


def _piece(columns: list[NDArray[np.float64]], first: int, step: int, unit: float) -> dict[str, Any]:
    known = np.isfinite(columns[3])
    whole = [np.where(known, np.round(np.nan_to_num(one) / unit), 0).astype(np.int64) for one in columns]
    open_, high, low, close = whole
    last = np.maximum.accumulate(np.where(known, np.arange(known.size), -1))
    carried = np.where(last >= 0, close[last], 0)
    before = np.concatenate(([0], carried[:-1])) if carried.size else carried
    zero = np.zeros_like(close)
    return {
        "first": int(first),
        "step": int(step),
        "gaps": _runs(~known),
        "open": np.where(known, open_ - before, zero).tolist(),
        "close": np.where(known, close - before, zero).tolist(),
        "high": np.where(known, high - np.maximum(open_, close), zero).tolist(),
        "low": np.where(known, np.minimum(open_, close) - low, zero).tolist(),
    }


def _runs(flags: NDArray[np.bool_]) -> list[list[int]]:
    """[from, to) of every run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return edges.reshape(-1, 2).tolist()


def trade_rows(result: BacktestResult, trades: tuple[Trade, ...]) -> dict[str, Any]:
    """{columns, rows, left_out}: the last TRADE_ROWS trades; money to 0.01 KRW, ratios to 1e-6; market and exits by position."""
    markets = {market: position for position, market in enumerate(dict.fromkeys(result.markets))}
    exits: dict[str, int | None] = {name: position for position, (name, _) in reversed(list(enumerate(ways_out(result))))}
    kept = trades[-TRADE_ROWS:]
    return {
        "columns": TRADE_COLUMNS,
        "rows": [_row(trade, markets, exits) for trade in kept],
        "left_out": len(trades) - len(kept),
    }


def _row(trade: Trade, markets: dict[str, int], exits: dict[str, int | None]) -> list[Any]:
    legs = [
        [[leg.time_ms, leg.price_krw, leg.quantity_e8, exits.get(leg.reason), round(leg.profit_krw, 2), int(leg.ambiguous)] for leg in side]
        for side in (trade.buys, trade.sales)
    ]
    return [
        trade.number, markets[trade.market], trade.opened_ms, trade.closed_ms, trade.holding_ms, round(trade.entry_krw, 8),
        round(trade.exit_krw, 8), trade.quantity_e8, trade.mark_krw, round(trade.cost_krw, 2), round(trade.fees_krw, 2),
        round(trade.slippage_krw, 2), round(trade.profit_krw, 2), round(trade.profit_ratio, 6), round(trade.best_ratio, 6),
        round(trade.worst_ratio, 6), *legs,
    ]  # fmt: skip


def domain_ms(result: BacktestResult, figures: Figures) -> list[int]:
    """First and last time of the candle chart: the trading range where there is one, else that of the candles."""
    grid = result.candles
    length, offset = grid.timeframe.length_ms, grid.timeframe.offset_ms
    if figures.account.time_ms.size:
        return [figures.account.start_ms, int(figures.account.time_ms[-1])]
    first = grid.first_index * length + offset
    return [first, first + max(grid.state.shape[1], 1) * length]
