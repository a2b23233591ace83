"""Law of the reference: a whole bar trades exactly as the ticks of its path do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.oracles.reference_book import Rules, new_state
from tests.oracles.reference_fills import ImmediateFills, Trade, play
from tests.oracles.reference_worlds import busy_rules, events_of, real_candles, walk_minutes
from tests.oracles.toy_exchange import ToyExchange, cut_into_ticks


def traded(trade: Trade) -> tuple[object, ...]:
    """What must be equal."""
    return trade.time, trade.market, trade.side, trade.reason, trade.quantity, trade.price, trade.fee, trade.decided


def bars_and_ticks(rules: Rules, tables: dict[str, pd.DataFrame]) -> tuple[list[Trade], list[Trade]]:
    """The same minutes as bars with immediate fills, and as ticks through the toy exchange."""
    state = new_state(rules, 10_000_000)
    bars = list(play(rules, state, events_of(tables), ImmediateFills(rules)))
    tick_state = new_state(rules, 10_000_000)
    ticks = list(play(rules, tick_state, cut_into_ticks(rules, tick_state, events_of(tables)), ToyExchange(rules)))
    assert tick_state.cash == state.cash
    assert tick_state.skipped == state.skipped
    return bars, ticks


def assert_same(bars: list[Trade], ticks: list[Trade]) -> None:
    """Trade for trade, and name the first that differs."""
    for bar, tick in zip(bars, ticks, strict=False):
        assert traded(bar) == traded(tick)
    assert len(bars) == len(ticks)


@pytest.mark.parametrize("slip", [0.0, 0.0007])
@pytest.mark.parametrize(("start_price", "move"), [(5_150_000.0, 0.004), (3_210.0, 0.005), (87.3, 0.01)])
def test_walk_bars_equal_ticks(slip: float, start_price: float, move: float) -> None:
    trades: list[Trade] = []
    for seed in range(3):
        codes = ("KRW-AAA", "KRW-BBB")
        tables = {code: walk_minutes(seed * 10 + k, 1500, start_price) for k, code in enumerate(codes)}
        bars, ticks = bars_and_ticks(busy_rules(codes, slip, move), tables)
        assert_same(bars, ticks)
        trades += bars
    assert len(trades) >= 100


@pytest.mark.parametrize(
    ("slip", "until", "sales"),
    [(0.0005, "2025-09-03", 24), *(pytest.param(slip, "2025-09-22", 200, marks=pytest.mark.deep) for slip in (0.0, 0.0005))],
)
@pytest.mark.data
def test_weeks_of_btc_bars_equal_ticks(market_data: Path, slip: float, until: str, sales: int) -> None:
    minutes = real_candles(market_data, "KRW-BTC", "1m", "2025-09-01", until)
    assert len(minutes) > 4_000
    rules = busy_rules(("KRW-BTC",), slip, move=0.0015)
    bars, ticks = bars_and_ticks(replace(rules, fee=0.0), {"KRW-BTC": minutes})
    assert_same(bars, ticks)
    assert sum(trade.side == "sell" for trade in bars) >= sales
    reasons = Counter(trade.reason for trade in bars)
    assert all(reasons[i] >= max(sales // 40, 1) for i in range(-1, 7)), reasons
