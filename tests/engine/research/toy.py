"""A small simulation of its own, to make backtest results for tests: random candles, random entries, exits drawn by lot."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from dsl.graph import Graph, Timeframe
from dsl.strategy import Exit, ExitKind, Limits, Sizing, State, Strategy
from engine.kernel.bars import changes_of
from engine.kernel.book import FILL
from engine.kernel.legal import BY_MODEL
from engine.model.candle import BarGrid, BarState
from engine.research.result import BacktestResult, Settings

FIVE_MINUTES = Timeframe(300_000)
START_MS = 1_756_684_800_000  # 2025-09-01 00:00 UTC
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
FIRST_PRICES = {
    "KRW-BTC": (150_000_000.0, 1000.0),
    "KRW-ETH": (6_100_000.0, 1000.0),
    "KRW-SOL": (280_000.0, 100.0),
    "KRW-XRP": (3_900.0, 1.0),
}
EXITS = (
    Exit("stop", ExitKind.STOP, 0),
    Exit("target_1", ExitKind.TARGET, 0, share=0.5),
    Exit("trail", ExitKind.STOP, 0, after=1),
    Exit("stalled", ExitKind.RULE, 0),
)


def strategy(title: str = "Toy", clock: Timeframe = FIVE_MINUTES, markets: tuple[str, ...] = MARKETS) -> Strategy:
    return Strategy(
        name="toy", title=title, state=State.OFF, clock=clock, aliases={}, markets=markets, graph=Graph(), entry=0, exits=EXITS,
        sizing=Sizing(weight=0.2), limits=Limits(), risk=None, version="0123456789abcdef",
    )  # fmt: skip


def candles(
    bars: int, *, seed: int = 1, markets: tuple[str, ...] = MARKETS, clock: Timeframe = FIVE_MINUTES, start_ms: int = START_MS
) -> BarGrid:
    """Random walks on a price grid, with some bars in which nothing traded."""
    rng = np.random.default_rng(seed)
    shape = (len(markets), bars)
    first = np.array([FIRST_PRICES.get(market, (1000.0, 1.0))[0] for market in markets])[:, None]
    tick = np.array([FIRST_PRICES.get(market, (1000.0, 1.0))[1] for market in markets])[:, None]
    close = np.round(first * np.exp(np.cumsum(rng.normal(0, 0.0015, shape), axis=1)) / tick) * tick
    state = np.where(rng.random(shape) < 0.02, BarState.NO_TRADE, BarState.TRADED).astype(np.int8)
    state[:, 0] = BarState.TRADED
    for column in range(1, bars):
        quiet = state[:, column] == BarState.NO_TRADE
        close[quiet, column] = close[quiet, column - 1]
    open_ = np.concatenate((first, close[:, :-1]), axis=1)
    reach = np.round(np.abs(rng.normal(0, 0.001, (2, *shape))) * first / tick) * tick * (state == BarState.TRADED)
    high, low = np.maximum(open_, close) + reach[0], np.minimum(open_, close) - reach[1]
    volume = rng.random(shape) * (state == BarState.TRADED)
    return BarGrid(markets, clock, clock.index(start_ms), state, open_, high, low, close, volume, volume * close)


@dataclass
class _Account:
    cash: float
    settings: Settings
    quantity: dict[int, float] = field(default_factory=dict)
    bought: dict[int, float] = field(default_factory=dict)
    fills: list[tuple[float, ...]] = field(default_factory=list)

    def fill(self, time_ms: int, market: int, exit_index: int, quantity: float, base: float, ambiguous: bool = False) -> None:
        side = 1 if exit_index < 0 else -1
        price = base * (1 + side * self.settings.slippage)
        value = quantity * price / 1e8
        fee = value * self.settings.fee_rate
        self.cash -= side * value + fee
        self.quantity[market] = self.quantity.get(market, 0.0) + side * quantity
        if side > 0:
            self.bought[market] = quantity
        self.fills.append((time_ms, market, side, exit_index, len(self.fills), quantity, price, fee, base, time_ms, ambiguous, BY_MODEL))


def simulate(grid: BarGrid, settings: Settings | None = None, *, seed: int = 2, chance: float = 0.02, title: str = "Toy") -> BacktestResult:
    """Buys at opens by lot, sells half or all at opens by lot, keeps the books; what is open at the end stays open."""
    settings = settings or Settings()
    rng = np.random.default_rng(seed)
    account = _Account(settings.cash_krw, settings)
    count, bars = grid.close.shape
    length = grid.timeframe.length_ms
    rows, last = [], np.zeros(count)
    for column in range(bars):
        time_ms = (grid.first_index + column) * length + grid.timeframe.offset_ms
        for market in range(count):
            if column == 0 or grid.state[market, column] != BarState.TRADED:
                continue
            _trade(account, rng, market, time_ms, float(grid.open[market, column]), chance)
        last = np.where(np.isfinite(grid.close[:, column]), grid.close[:, column], last)
        exposure = sum(quantity * float(last[market]) / 1e8 for market, quantity in account.quantity.items())
        rows.append((time_ms + length, account.cash + exposure, account.cash))
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return BacktestResult(
        strategy=strategy(title, grid.timeframe, grid.markets), settings=settings, markets=grid.markets,
        fills=np.array(account.fills, dtype=FILL), equity_ms=np.array(columns[0], np.int64), equity_krw=np.array(columns[1], np.float64),
        cash_changes=changes_of(np.array(columns[2], np.float64)), candles=grid,
        skipped={"cooldown": 12, "below_minimum": 3, "open_positions": 0},
        rule_counts={"entry.setup": (120, 5000, 12), "entry.trigger": (31, 5089, 12)},
        ambiguous_steps=4, ambiguous_krw=12_345.6, unsettled_entries=1, sale_below_minimum=2,
    )  # fmt: skip


def _trade(account: _Account, rng: np.random.Generator, market: int, time_ms: int, base: float, chance: float) -> None:
    held = account.quantity.get(market, 0.0)
    if not held and rng.random() < chance and account.cash > 100_000:
        account.fill(time_ms, market, -1, float(np.floor(account.cash * 0.2 / base * 1e8)), base)
    elif held and rng.random() < 3 * chance:
        whole = held < account.bought[market] or rng.random() < 0.5
        quantity = held if whole else float(np.floor(held / 2))
        account.fill(time_ms, market, int(rng.choice([0, 2, 3])) if whole else 1, quantity, base, bool(rng.random() < 0.05))


def quiet(result: BacktestResult) -> BacktestResult:
    """The same run without any fill: flat equity."""
    cash = np.full(result.equity_ms.shape, result.settings.cash_krw)
    return replace(result, fills=result.fills[:0], equity_krw=cash, cash_changes=changes_of(cash))


def with_equity(result: BacktestResult, values: np.ndarray) -> BacktestResult:
    """The same run with another equity curve (all of it cash)."""
    return replace(result, fills=result.fills[:0], equity_krw=values, cash_changes=changes_of(values))
