"""What moves with bitcoin is one cluster (docs/decide.md §8): bought and skipped as plain correlations say, in a backtest and on paper."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from dsl.compile import compile_strategy
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.model.market import tick_size
from engine.research.backtest import backtest
from engine.research.result import BacktestResult, Settings
from engine.runner.replay import replay
from engine.trader import Trader
from tests.engine.runner.paper_worlds import BASE, CLOCK, MINUTE, START, TERMS, as_rows, assignment, log_rows, paper

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
TRADED = MARKETS[1:]
PRICES = (150_000_000.0, 6_000_000.0, 300_000.0, 4_000.0)
BARS, WINDOW, ABOVE = 1_500, 24, 0.6
FROM = START + 200 * MINUTE
STRATEGY = """schema: strategy/1
name: crowd
risk_profile: crowd
clock: 5m
entry: close > 0 KRW
exits: {late: {when: pos.bars >= 8}}
sizing: {weight: 10% of equity}
"""
RISK = f"""schema: risk/1
name: crowd
crowding:
  measure: corr(logret(1), other.logret(1), {WINDOW} bars)
  max_pair: 0.95
"""
WITH_BTC = f"  with_btc: {{above: {ABOVE}, count_as: 1 cluster}}\n"


def world() -> BarGrid:
    """Minutes in which ETH and SOL follow bitcoin, each with noise of its own, and XRP follows nothing. Most is traded in ETH."""
    chance = np.random.default_rng(11)
    moves = chance.normal(size=(4, BARS)) * 0.001
    moves[1:3] = moves[1:3] * 0.9 + moves[0]
    close = np.array(PRICES)[:, None] * np.exp(np.cumsum(moves, axis=1))
    ticks = np.array([tick_size(market, price, START) for market, price in zip(MARKETS, PRICES, strict=True)], dtype=float)[:, None]
    close = np.round(close / ticks) * ticks
    open_ = np.concatenate([close[:, :1], close[:, :-1]], axis=1)
    volume = np.array([1.0, 1_000.0, 100.0, 1_000.0])[:, None] * np.ones(BARS)
    high, low, state = np.maximum(open_, close), np.minimum(open_, close), np.full(close.shape, BarState.TRADED, np.int8)
    return BarGrid(MARKETS, BASE, BASE.index(START), state, open_, high, low, close, volume=volume, value=volume * close)


def compiled(risk: str) -> Strategy:
    found = compile_strategy(STRATEGY, "crowd.yaml", catalogue(), lambda _: (risk, "risk.yaml"))
    assert found.strategy is not None, found.errors
    return found.strategy


def with_bitcoin(grid: BarGrid) -> pd.DataFrame:
    """The measure of every market with every other at each CLOSE, by pandas: columns (market, other), rows by time of the CLOSE."""
    ends = grid.close[:, 4::5].T
    times = START + CLOCK.length_ms * np.arange(1, len(ends) + 1)
    returns = np.log(pd.DataFrame(ends, index=times, columns=list(MARKETS))).diff()
    return pd.DataFrame({(one, other): returns[one].rolling(WINDOW).corr(returns[other]) for one in MARKETS for other in MARKETS})


def expected(measures: pd.DataFrame, counted: bool) -> tuple[list[tuple[int, str]], int]:
    """(time, market) of every buy, and how many entries were skipped: written from the page. A position is sold at its eighth CLOSE and
    no longer there at the next one. counted: `with_btc` is in the file."""
    held: dict[str, int] = {}
    buys, skipped = [], 0
    for row, (time, measure) in enumerate(measures[measures.index > FROM].iterrows()):
        held = {market: since for market, since in held.items() if row - since <= 8}
        like = {market for market in TRADED if measure[(market, "KRW-BTC")] > ABOVE}
        for market in TRADED:
            if market in held:
                continue
            if counted and market in like and like & held.keys():
                skipped += 1
                continue
            held[market] = row
            buys.append((int(time), market))  # type: ignore[call-overload]
    return buys, skipped


def buys_of(result: BacktestResult) -> list[tuple[int, str]]:
    bought = result.fills[result.fills["side"] > 0]
    return [(int(time), result.markets[market]) for time, market in zip(bought["time_ms"], bought["market"], strict=True)]


def test_with_btc_alone_keeps_two_followers_of_bitcoin_apart(tmp_path: Path) -> None:
    grid = world()
    measures = with_bitcoin(grid)
    seen = measures[measures.index > FROM]
    pairs = [(one, other) for one in TRADED for other in TRADED if one < other]
    assert seen[pairs].to_numpy().max() < 0.95  # no pair is above max_pair
    assert abs(seen.to_numpy() - ABOVE).min() > 1e-6
    settings = Settings(cash_krw=TERMS.cash_krw, fee_rate=TERMS.fee_rate, slippage=TERMS.slippage, from_ms=FROM)
    bought = {}
    for name, risk, counted in (("off", RISK, False), ("on", RISK + WITH_BTC, True)):
        strategy = compiled(risk)
        result = backtest(strategy, grid, settings, traded=TRADED)
        buys, skipped = expected(measures, counted)
        last = int(grid.timeframe.open_ms(grid.first_index + BARS))  # what is decided at the last CLOSE finds no bar to fill in
        assert buys_of(result) == [buy for buy in buys if buy[0] < last]
        assert (result.skipped["crowding"], result.skipped["crowding_missing"]) == (skipped, 0)
        work = dataclasses.replace(assignment(strategy, grid, FROM), tradable=tuple(market in TRADED for market in MARKETS))
        summary = paper(work, grid, tmp_path / f"{name}.jsonl")
        assert as_rows(summary.fills, summary.exits, result.markets) == log_rows(result.fills)
        assert replay(tmp_path / f"{name}.jsonl", lambda _, work=work: Trader(work)).difference is None
        bought[name] = buys_of(result), skipped
    (free, none), (kept, many) = bought["off"], bought["on"]
    assert none == 0
    assert many > 100
    assert [buy for buy in free if buy[1] == "KRW-XRP"] == [buy for buy in kept if buy[1] == "KRW-XRP"]
    assert len(free) > len(kept) > 50
    assert {market for _, market in kept} == set(TRADED)
