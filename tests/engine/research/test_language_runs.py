"""All expressions of the specification and its complete strategy file run through the one kernel and make decisions."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.graph import Phase
from dsl.strategy import Strategy
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.report.assumptions import assumptions
from engine.research.result import BacktestResult, Settings
from tests.dsl.helpers import CATALOGUE, COMPLETE, COMPLETE_RISK, EXPRESSIONS, PROFILES, strategy_of
from tests.generators.candles import random_grid

MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
#: 45 days of five-minute bars: a month of hourly volatility has to be there
BARS = 45 * 288
#: expressions about the position, sizes and the account
EXITS, SCALE, ACCOUNT = (38, 39, 40), 42, 43
#: values rather than conditions; those that need the size of the order
VALUES, ORDER = (21, 22, 23, 24, 25), (18, 19, 37)
HEAD = """schema: strategy/1
name: whole
clock: 5m
aliases: {{btc: KRW-BTC}}
params: {{long_at: 0.35}}
external: {{kimp: {{file: kimp.parquet, stale_after: 5m}}}}
{universe}define:
  trend_up: ema(close, 21) > ema(close, 50)
  target_move: 2 * atr(14) / close
regime:
  trending: adx(14)@1h > 20
  otherwise: quiet
factors:
  volume: {{value: "scale(volume / sma(volume, 20), lo=0.5, hi=3)", weight: 1}}
entry:
  any:
{rules}
sizing:
  weight: 5% of equity
  scale: ({scale}) if {account} else 0.5
exits:
  stop: {{at: -2%}}
{exits}
"""
UNIVERSE = "universe: {refresh: every 4h, keep: {traded: turnover(24h) > 0}, take: 3, by: turnover(24h)}\n"


@pytest.fixture(scope="module")
def grid() -> BarGrid:
    """Candles of busy markets."""
    return busy_grid()


def busy_grid() -> BarGrid:
    """Candles of busy markets, books and a premium without gaps."""
    chance = np.random.default_rng(5)
    shape = (len(MARKETS), BARS)
    side = {
        ("book.spread", (1.0,)): chance.uniform(0, 0.002, shape),
        ("book.bid_depth", (0.005,)): chance.uniform(0, 3e6, shape),
        ("market.age", ()): np.full(shape, 100 * 86_400_000.0),
        ("external.kimp", ()): chance.uniform(0, 0.1, shape),
        **{(f"market.caution.{name}", ()): (chance.random(shape) < 0.1).astype(float)
           for name in ("price", "volume", "deposits", "global_price", "few_accounts")},
    }  # fmt: skip
    found = random_grid(random.Random(3), MARKETS, BARS, base_ms=300_000, unknown=False)
    return dataclasses.replace(found, value=found.value * 1e5, volume=found.volume * 1e5, side=side)


def whole(universe: str) -> Strategy:
    numbered = dict(enumerate(EXPRESSIONS, 1))
    tests = {n: f"{text} > 0.5" if n in VALUES else text for n, text in numbered.items() if n not in (*EXITS, SCALE, ACCOUNT)}
    rules = "\n".join(f"    e{n}: {text}" for n, text in tests.items())
    exits = "\n".join(f"  e{n}: {{when: {numbered[n]}}}" for n in EXITS)
    text = HEAD.format(universe=universe, rules=rules, scale=numbered[SCALE], account=numbered[ACCOUNT], exits=exits)
    result = compile_strategy(text, "whole.yaml", CATALOGUE, PROFILES)
    assert not result.diagnostics, [(d.code, d.path, d.args) for d in result.diagnostics]
    return strategy_of(result)


def run(strategy: Strategy, grid: BarGrid, block: int = 2048) -> BacktestResult:
    return backtest(strategy, grid, Settings(cash_krw=1e9, block=block), traded=MARKETS)


@pytest.mark.parametrize("clock", ["4h", "1d"])
def test_the_complete_profile_runs_under_slow_clocks(grid: BarGrid, clock: str) -> None:
    """Its breakers read `@1h`: true in any hour of the clock's bar, and with a limit that these candles reach they stop entries."""
    profile = COMPLETE_RISK.replace("top=30) > 9%", "top=30) > 0.5%")
    text = f"schema: strategy/1\nname: slow\nrisk_profile: any\nclock: {clock}\nentry: close > 0\nexits: {{stop: {{at: -2%}}}}\n"
    result = run(strategy_of(compile_strategy(text, "slow.yaml", CATALOGUE, lambda _: (profile, "any.yaml"))), grid)
    assert result.left_out_breakers == ()
    assert result.skipped["breaker"] > 40
    said = next(line for line in assumptions(result, Language.ENGLISH) if "safety" in line)
    assert said.endswith("stale_data, clock_skew, unknown_order, books_disagree, dead_man")


@pytest.mark.parametrize("universe", ["", UNIVERSE])
def test_every_expression_runs_and_says_something(grid: BarGrid, universe: str) -> None:
    assert len(EXPRESSIONS) == 44
    strategy = whole(universe)
    result = run(strategy, grid)
    said = {path: true + false for path, (true, false, _) in result.rule_counts.items()}
    market = [f"entry.e{n}" for n in range(1, 45) if n not in (*ORDER, *EXITS, SCALE, ACCOUNT)]
    assert [path for path in market if said.get(path, 0) < 1_000] == []
    assert len(result.fills) > 20


def test_the_size_of_the_blocks_changes_nothing(grid: BarGrid) -> None:
    strategy = whole(UNIVERSE)
    one, other = (run(strategy, grid, block) for block in (97, 4096))
    assert one.fills.tobytes() == other.fills.tobytes()
    assert one.equity_krw.tobytes() == other.equity_krw.tobytes()
    assert one.members == other.members
    assert len(one.members) > 200


def test_the_complete_file_of_the_specification_decides(grid: BarGrid) -> None:
    """As it stands, its limit orders too."""
    result = compile_strategy(COMPLETE, "complete.yaml", CATALOGUE, PROFILES)
    assert not result.diagnostics
    strategy = strategy_of(result)
    found = run(strategy, grid)
    assert max(len(decided.members) for decided in found.members) >= 2
    market = [c.path for c in strategy.conditions if strategy.graph[c.node].phase is Phase.MARKET and c.path[:5] in ("entry", "regim")]
    assert len(market) == 10  # two regimes, and what the entry asks of the market
    assert [path for path in market if sum(found.rule_counts[path][:2]) < 1_000] == []


def test_the_table_of_the_specification_says_what_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m tests.tables`: its rows and its counts."""
    from tests import tables  # it stands on this module

    tables.main(["expressions", "mistakes"])
    shown = capsys.readouterr().out
    assert shown.count("| yes | yes |") == 44
    assert "44 parsed and checked in one file; 42 said true or false" in shown
    assert "26 of 26 told: 23 from the file alone, 3 with candles or an open position" in shown
    assert "NO" not in shown
