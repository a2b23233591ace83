"""Positions that move together (docs/decide.md §8): whose measures count, how clusters grow, and what is not known."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from dsl.catalogue import Unit
from dsl.compile import compile_strategy
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.pairs import OTHER
from dsl.strategy import Crowding, Limits, Portfolio, PortfolioPart, Sizing, Strategy
from engine.kernel.catalogue import catalogue
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from engine.model.events import Close, Intent
from engine.research.backtest import backtest
from engine.research.portfolio import backtest_portfolio
from engine.research.result import Settings
from tests.engine.kernel.samples import cut, random_grid, same_bits
from tests.engine.kernel_decide.worlds import CLOCK, Rules, Tape, make_strategy, profile

MARKETS = ("KRW-ADA", "KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
NAN = math.nan


def crowding(pair: float | None = None, cluster: int = 1, btc: float | None = None) -> Crowding:
    """Of the difference of two closes; what it is at a CLOSE the test says itself."""
    graph = Graph()
    closes = [graph.add(Node("close", (), (), Section(CLOCK, market), Phase.MARKET, Unit.PRICE)) for market in ("", OTHER)]
    node = graph.add(Node("sub", (closes[0], closes[1]), (), Section(CLOCK), Phase.MARKET, Unit.PRICE))
    return Crowding(graph, node, pair, cluster, btc)


class Crowd(Tape):
    """All of MARKETS, one position of 100,000 KRW each at most."""

    def close_with(self, measures: dict[tuple[str, str], float], *entering: str) -> list[Intent]:
        """A CLOSE at which these markets want an entry; measures by pair, either way round; 0 where none is given."""
        rows = np.full((len(MARKETS), len(self.program.columns)), NAN)
        enter = self.program.columns.index(self.strategy.entry)
        for i, market in enumerate(MARKETS):
            rows[i, enter] = market.removeprefix("KRW-") in entering
            for other, column in zip(MARKETS, self.program.position.pairs, strict=True):
                names = market.removeprefix("KRW-"), other.removeprefix("KRW-")
                rows[i, column] = measures.get(names, measures.get(names[::-1], 0.0))
        return self.desk.process(Close(self.now, tuple(map(tuple, rows.tolist()))))


def crowd(limit: Crowding, *held: str) -> Crowd:
    """The held markets are bought, when nothing is alike."""
    made = Rules()
    strategy = make_strategy(made, sizing=Sizing(weight=0.1), risk=profile(crowding=limit))
    tape = Crowd(made, strategy, markets=MARKETS)
    for market in MARKETS:
        tape.step(1_000.0, market=market)
    for market in held:
        assert len(tape.close_with({}, market)) == 1
        tape.step(1_000.0, market=f"KRW-{market}")
    return tape


def bought(tape: Crowd, measures: dict[tuple[str, str], float], *entering: str) -> list[str]:
    return [order.market.removeprefix("KRW-") for order in tape.close_with(measures, *entering)]


def skips(tape: Crowd) -> dict[str, int]:
    return {name: count for name, count in tape.desk.skipped.items() if count}


@pytest.mark.parametrize(("value", "expected"), [(0.86, {"crowding": 1}), (0.85, {}), (-1.0, {}), (NAN, {"crowding_missing": 1})])
def test_a_pair_above_the_bound_is_not_held(value: float, expected: dict[str, int]) -> None:
    tape = crowd(crowding(0.85), "ETH")
    assert bought(tape, {("ETH", "SOL"): value}, "SOL") == ([] if expected else ["SOL"])
    assert skips(tape) == expected


def test_without_a_position_nothing_is_measured() -> None:
    tape = crowd(crowding(0.85))
    assert bought(tape, {(a, b): NAN for a in ("SOL", "ETH") for b in ("SOL", "ETH")}, "SOL") == ["SOL"]


def test_the_first_of_two_alike_candidates_is_bought() -> None:
    """A buy that works counts as a position; the third is alike neither."""
    tape = crowd(crowding(0.85))
    assert bought(tape, {("ETH", "SOL"): 0.9}, "ETH", "SOL", "XRP") == ["ETH", "XRP"]
    assert skips(tape) == {"crowding": 1}


@pytest.mark.parametrize(
    ("measures", "expected"),
    [
        ({("ETH", "SOL"): 0.9}, {}),  # two are allowed
        ({("ETH", "SOL"): 0.9, ("ETH", "XRP"): 0.9}, {"crowding": 1}),  # SOL - ETH - XRP
        ({("SOL", "XRP"): 0.9, ("ETH", "XRP"): 0.9}, {"crowding": 1}),  # SOL - XRP - ETH: through another
        ({("ETH", "XRP"): 0.9}, {}),  # the two are a cluster, but not the candidate's
        ({("ETH", "SOL"): 0.9, ("SOL", "XRP"): NAN}, {"crowding_missing": 1}),
        ({("ETH", "SOL"): 0.9, ("ETH", "XRP"): NAN}, {"crowding_missing": 1}),
        ({("ETH", "SOL"): NAN}, {}),  # at most two
        ({("ETH", "XRP"): NAN}, {}),
    ],
)
def test_a_cluster_is_what_hangs_together(measures: dict[tuple[str, str], float], expected: dict[str, int]) -> None:
    tape = crowd(crowding(0.85, cluster=2), "ETH", "XRP")
    assert bought(tape, measures, "SOL") == ([] if expected else ["SOL"])
    assert skips(tape) == expected


@pytest.mark.parametrize(
    ("held", "measures", "expected"),
    [
        ("ETH", {("ETH", "BTC"): 0.95, ("SOL", "BTC"): 0.95}, {"crowding": 1}),  # alike by bitcoin alone
        ("ETH", {("ETH", "BTC"): 0.95, ("SOL", "BTC"): 0.9}, {}),
        ("ETH", {("ETH", "BTC"): 0.95, ("SOL", "BTC"): NAN}, {"crowding_missing": 1}),
        ("ETH", {("ETH", "BTC"): 0.1, ("SOL", "BTC"): NAN}, {}),  # both would have to be
        ("BTC", {("SOL", "BTC"): 0.95}, {"crowding": 1}),  # bitcoin is like itself
        ("ETH", {("ETH", "SOL"): 1.0}, {}),  # no bound on pairs
    ],
)
def test_what_moves_with_bitcoin_is_one_cluster(held: str, measures: dict[tuple[str, str], float], expected: dict[str, int]) -> None:
    tape = crowd(crowding(btc=0.9), held)
    assert bought(tape, measures, "SOL") == ([] if expected else ["SOL"])
    assert skips(tape) == expected


def test_a_sold_market_makes_room() -> None:
    tape = crowd(crowding(0.85), "ETH")
    assert bought(tape, {("ETH", "SOL"): 0.9}, "SOL") == []
    tape.desk.book.position["quantity_e8"] = 0.0
    assert bought(tape, {("ETH", "SOL"): 0.9}, "SOL") == ["SOL"]


# ---- measured on candles ----
TEXT = """schema: strategy/1
name: sample
clock: {clock}
{more}
entry: close > 0 KRW
exits: {{late: {{when: pos.bars >= 8}}}}
sizing: {{weight: 10% of equity}}
"""
RISK = """schema: risk/1
name: crowd
crowding:
  measure: {measure}
  max_pair: {pair}
  with_btc: {{above: 0.9, count_as: 1 cluster}}
"""


def strategy_with(measure: str, pair: float = 0.5, clock: str = "5m", more: str = "risk_profile: crowd") -> Strategy:
    profiles = lambda _: (RISK.format(measure=measure, pair=pair), "crowd.yaml")  # noqa: E731
    found = compile_strategy(TEXT.format(clock=clock, more=more), "sample.yaml", catalogue(), profiles)
    assert found.strategy is not None, found.errors
    return found.strategy


@pytest.mark.parametrize("measure", ["corr(logret(1), {}.logret(1), 7 bars)@15m", "beta(close, {}.close, 5 bars)", "{}.rsi(5) - rsi(5)"])
def test_a_measure_is_the_same_expression_with_an_alias(measure: str) -> None:
    """To the last bit, and however the bars come."""
    grid = random_grid(np.random.default_rng(5), MARKETS, 1_000, 600)
    measured = strategy_with(measure.format("other"), pair=0.1)
    program = compile_program(measured, grid.timeframe, MARKETS)
    kernel = Kernel(program)
    found = np.concatenate([kernel.advance(cut(grid, start, min(start + 7, 600))).values for start in range(0, 600, 7)], axis=1)
    defined = 0
    for other, column in zip(MARKETS, program.position.pairs, strict=True):
        text = TEXT.replace("close > 0 KRW", f"{measure.format('x')} > 0").format(clock="5m", more=f"aliases: {{x: {other}}}")
        plain = compile_strategy(text, "plain.yaml", catalogue(), lambda _: None).strategy
        assert plain is not None
        node = plain.graph[plain.entry].inputs[0]
        alone = compile_program(replace(plain, entry=node, rank=None, conditions=()), grid.timeframe, MARKETS)
        values = Kernel(alone).advance(grid).values[:, :, alone.columns.index(node)]
        assert same_bits(found[:, :, column], values)
        defined += int(np.isfinite(values).sum())
    assert defined > 400


def test_a_measure_on_bars_shorter_than_the_clock_is_the_latest_of_them() -> None:
    grid = random_grid(np.random.default_rng(6), MARKETS, 1_200, 1_200, unknown=0.0)
    coarse, fine = (strategy_with("corr(logret(1), other.logret(1), 6 bars)@5m", clock=clock) for clock in ("1h", "5m"))
    programs = [compile_program(strategy, grid.timeframe, MARKETS) for strategy in (coarse, fine)]
    blocks = [Kernel(program).advance(grid) for program in programs]
    chosen = np.isin(blocks[1].close_ms, blocks[0].close_ms)
    pairs = [list(program.position.pairs) for program in programs]
    assert same_bits(blocks[0].values[:, :, pairs[0]], blocks[1].values[:, chosen][:, :, pairs[1]])
    assert np.isfinite(blocks[0].values[:, :, pairs[0]]).sum() > 100


def test_a_run_on_longer_candles_leaves_it_out_and_says_so() -> None:
    minutes = random_grid(np.random.default_rng(7), MARKETS, 1_200, 400)
    hourly = replace(minutes, timeframe=Timeframe(3_600_000))
    strategy = strategy_with("corr(logret(1), other.logret(1), 6 bars)@5m", pair=-0.9, clock="1h")
    found = backtest(strategy, hourly, Settings())
    assert found.left_out_breakers == ("crowding",)
    assert found.skipped["crowding"] == found.skipped["crowding_missing"] == 0
    assert len(found.fills) > 10


def test_what_was_measured_before_the_start_counts_at_the_first_decision() -> None:
    grid = random_grid(np.random.default_rng(8), MARKETS, 1_200, 600, unknown=0.0)
    strategy = strategy_with("corr(logret(1), other.logret(1), 20 bars)", pair=-0.95)
    start = grid.timeframe.open_ms(grid.first_index + 300)
    late = backtest(strategy, grid, Settings(from_ms=start))
    assert late.skipped["crowding_missing"] == 0
    assert late.skipped["crowding"] > 10
    assert backtest(strategy, grid, Settings()).skipped["crowding_missing"] > 10


def test_strategies_of_one_account_are_one_crowd() -> None:
    """Whatever two markets do, they are alike: the account holds one position at a time."""
    grid = random_grid(np.random.default_rng(9), MARKETS, 1_200, 600, unknown=0.0)
    strategy = strategy_with("corr(logret(1), other.logret(1), 12 bars)", pair=-0.999)
    strategy = replace(strategy, limits=Limits(reentry_bars=3))  # so that the other one comes to its turn
    other = replace(strategy, name="other")
    portfolio = Portfolio("both", "", (PortfolioPart(strategy, 0.5), PortfolioPart(other, 0.5)), strategy.risk)
    found = backtest_portfolio(portfolio, grid, Settings(), traded=[("KRW-ETH",), ("KRW-SOL",)])
    spans = []
    for part in found.parts:
        assert len(part.fills) >= 4
        times = part.fills["time_ms"].tolist()
        spans += [(times[k], times[k + 1]) for k in range(0, len(times) - 1, 2)]
    spans.sort()
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert sum(part.skipped["crowding"] for part in found.parts) > 20
