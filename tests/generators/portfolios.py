"""Random portfolios: two or three strategies of one random world's markets under one risk profile, some with a rank and a condition."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from dsl.compile import compile_strategy
from dsl.graph import Node, Phase, Section
from dsl.strategy import Portfolio, PortfolioPart, Strategy
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid
from engine.research.result import Settings
from tests.generators.candles import MARKETS, MINUTE_MS, random_grid
from tests.generators.late import with_late_values, with_rest
from tests.generators.strategies import StrategyText, random_strategy
from tests.generators.worlds import BASES, random_settings

#: that wants to enter all the time
LIVELY = """schema: strategy/1
name: lively
clock: {clock}
markets: [{markets}]
entry: close {sign} sma(close, {bars})
exits:
  stop: {{at: -{stop}%}}
  target: {{at: +{target}%, sell: 50%}}
  late: {{when: pos.bars >= {hold}}}
sizing: {{weight: {weight}% of equity}}
"""
#: rank and score are read by a strategy on its own clock
_RANKS = ("close", "volume", "value")


@dataclass(frozen=True)
class PortfolioWorld:
    """A run to be. traded: markets that all the strategies may buy."""

    seed: int
    portfolio: Portfolio
    grid: BarGrid
    settings: Settings
    traded: tuple[str, ...]


def random_portfolio(seed: int, longest: int = 450) -> PortfolioWorld:
    """The portfolio of a seed."""
    chance = random.Random(f"portfolio {seed}")
    minutes, clocks = chance.choice([base for base in BASES if base[0] <= 60])
    codes = tuple(sorted(chance.sample(MARKETS, chance.choice([2, 3, 3]))))
    profile = _profile(chance, codes, clocks)
    weights = chance.choice([(0.5, 0.5), (0.7, 0.3), (0.4, 0.35, 0.25), (0.6, 0.2, 0.1), (1.0,)])
    first = _text(chance, codes, clocks)
    texts = [first, *(first if chance.random() < 0.4 else "" for _ in weights[1:])]  # the same rules want the same at the same time
    strategies = [_strategy(chance, codes, clocks, profile, number, text) for number, text in enumerate(texts)]
    limits: dict[str, Any] = {"positions_per_market": chance.choice([1, 2, 2, 3]), "open_positions": chance.choice([None, None, 3, 4])}
    if chance.random() < 0.7:  # else most of them soon stop
        limits |= {"breakers": (), "rules": (), "max_slippage": None}
    if chance.random() < 0.4:
        limits |= {"sectors": (("one", codes[:2]),), "max_per_sector": chance.choice([1, 2])}
    strategies = [replace(one, risk=replace(one.risk, **limits)) for one in strategies if one.risk is not None]
    if chance.random() < 0.3:
        strategies = _with_rests(chance, strategies)
    parts = tuple(PortfolioPart(one, weight, _when(chance, one)) for one, weight in zip(strategies, weights, strict=True))
    capital = chance.choice([(None, None), (None, None), (3_000_000, None), (None, 0.6)])
    portfolio = Portfolio("generated", "", parts, strategies[0].risk, *capital)
    grid = random_grid(chance, codes, chance.randrange(longest // 2, longest), base_ms=minutes * MINUTE_MS, unknown=chance.random() < 0.5)
    return PortfolioWorld(
        seed, portfolio, grid, replace(random_settings(chance, grid), cash_krw=chance.choice([1e7, 1e7, 1e8, 1e6])), codes
    )


def _profile(chance: random.Random, codes: tuple[str, ...], clocks: tuple[str, ...]) -> StrategyText:
    """A text that brings a profile along; now and then one that is reached soon and sells."""
    strict = chance.random() < 0.3
    while True:
        found = random_strategy(chance, codes, clocks[:1], None, strict)
        if found.profile is not None:
            return found


def _text(chance: random.Random, codes: tuple[str, ...], clocks: tuple[str, ...]) -> str:
    if chance.random() < 0.4:
        return random_strategy(chance, codes, clocks).text
    return LIVELY.format(
        clock=chance.choice(clocks), markets=", ".join(codes), sign=chance.choice("<>"), bars=chance.randint(2, 8),
        stop=round(chance.uniform(0.3, 3), 1), target=round(chance.uniform(0.5, 3), 1), hold=chance.randint(1, 20),
        weight=chance.choice([20, 50, 100]),
    )  # fmt: skip


def _strategy(
    chance: random.Random, codes: tuple[str, ...], clocks: tuple[str, ...], profile: StrategyText, number: int, text: str
) -> Strategy:
    """Of a text, else drawn; drawn again where an anchor is too long for its clock, or the profile's breakers do not fit it."""
    while True:
        text = text or _text(chance, codes, clocks)
        compiled = compile_strategy(text, "generated.yaml", catalogue(), profile.profiles, risk_profile="generated")
        if compiled.strategy is not None:
            strategy = replace(compiled.strategy, name=f"part {number}")
            risk = strategy.risk
            if chance.random() < 0.5:
                strategy = replace(with_late_values(chance, strategy), risk=risk)  # no breaker that only one of them would have
            return replace(strategy, rank=_rank(chance, strategy)) if chance.random() < 0.7 else strategy
        text = ""


def _rank(chance: random.Random, strategy: Strategy) -> int:
    """Something that differs between markets."""
    section = Section(strategy.clock, "")
    return strategy.graph.add(Node(chance.choice(_RANKS), (), (), section, Phase.MARKET, strategy.graph[strategy.entry].unit))


def _when(chance: random.Random, strategy: Strategy) -> int | None:
    """One of the strategy's own conditions of the market."""
    named = [one.node for one in strategy.conditions if strategy.graph[one.node].phase is Phase.MARKET]
    named = [node for node in named if strategy.graph[node].section == Section(strategy.clock, "")]
    return chance.choice(named) if named and chance.random() < 0.4 else None


def _with_rests(chance: random.Random, strategies: list[Strategy]) -> list[Strategy]:
    """The same rest after losses for all."""
    seed = chance.random()
    return [with_rest(random.Random(seed), one) for one in strategies]
