"""Limits on positions that move together and on shares of the book, added to a checked strategy as its own risk file would."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from dsl.compile import compile_strategy
from dsl.pairs import BITCOIN, add_pairs
from dsl.strategy import RiskProfile, Strategy
from engine.kernel.catalogue import catalogue
from tests.generators.strategies import CLOCKS

_STRATEGY = """schema: strategy/1
name: crowd
risk_profile: crowd
clock: {clock}
entry: close > 0 KRW
exits: {{stop: {{at: -5%}}}}
sizing: {{weight: 10% of equity}}
"""
#: (measure, the bounds that it is usually on either side of)
MEASURES = (
    ("corr(logret(1), other.logret(1), {n} bars){at}", -0.4, 0.4), ("corr(close, other.close, {n} bars){at}", -0.5, 0.5),
    ("beta(logret(1), other.logret(1), {n} bars){at}", -0.5, 0.8), ("rsi(5) - other.rsi(5)", -20.0, 20.0),
)  # fmt: skip


def risk_text(chance: random.Random, clock: str, bitcoin: bool) -> str:
    """A risk file with nothing else. bitcoin: `with_btc` may be in it."""
    measure, low, high = chance.choice(MEASURES)
    at = f"@{chance.choice(CLOCKS[clock])}" if CLOCKS[clock] and chance.random() < 0.4 else ""
    lines = ["schema: risk/1", "name: crowd", "crowding:", f"  measure: {measure.format(n=chance.randint(3, 12), at=at)}"]
    pair = not bitcoin or chance.random() < 0.6
    lines += [f"  max_pair: {chance.uniform(low, high):.3f}"] if pair else []
    lines += [f"  max_cluster: {chance.randint(1, 2)} positions"] if chance.random() < 0.6 else []
    if not pair or (bitcoin and chance.random() < 0.5):
        lines.append(f"  with_btc: {{above: {chance.uniform(low, high):.3f}, count_as: 1 cluster}}")
    return "\n".join(lines) + "\n"


def clock_name(strategy: Strategy) -> str:
    """`5m`."""
    lengths = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1_440, "1w": 10_080}
    return next(name for name, minutes in lengths.items() if minutes * 60_000 == strategy.clock.length_ms)


def compiled_risk(strategy: Strategy, text: str) -> tuple[Strategy, RiskProfile]:
    """A strategy on the same clock under a risk file, and what the file says."""
    found = compile_strategy(_STRATEGY.format(clock=clock_name(strategy)), "crowd.yaml", catalogue(), lambda _: (text, "crowd.yaml"))
    assert found.strategy is not None, (text, found.errors)
    assert found.strategy.risk is not None
    return found.strategy, found.strategy.risk


def with_crowding(chance: random.Random, strategy: Strategy, markets: Sequence[str]) -> Strategy:
    """The same strategy under such limits. markets: of its grid."""
    _, risk = compiled_risk(strategy, risk_text(chance, clock_name(strategy), BITCOIN in markets))
    return replace(strategy, risk=replace(strategy.risk or RiskProfile("crowd"), crowding=risk.crowding))


def with_book_share(chance: random.Random, strategy: Strategy) -> Strategy:
    """The same strategy, whose buys are at most a share of what has been traded: candles have no order book."""
    amount = chance.choice(["value", "sma(value, 3)", "highest(value, 4)", "lowest(value, 2)"])
    text = f"schema: risk/1\nname: crowd\norders:\n  max_book_share: {chance.choice([1, 5, 20, 60])}% of {amount}\n"
    other, risk = compiled_risk(strategy, text)
    assert risk.book_share is not None
    graph = strategy.graph.copy()
    (node,) = add_pairs(graph, other.graph, risk.book_share.node, [""])
    share = replace(risk.book_share, node=node)
    return replace(strategy, graph=graph, risk=replace(strategy.risk or RiskProfile("crowd"), book_share=share))
