"""Variants that share a plan would have had equal ones, and those that differ in a number do not share theirs."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.files import profiles_in
from dsl.strategy import Strategy
from dsl.variants import Variants
from dsl.vary import products
from engine.kernel.catalogue import catalogue
from engine.kernel.decide.plan import Plan, Terms, make_plan
from engine.kernel.program import decision_rows
from engine.kernel.variants import plans_of

MARKETS = ("KRW-BTC", "KRW-ETH")
TEXT = """schema: strategy/1
name: made
clock: 5m
markets: [KRW-BTC, KRW-ETH]
params: {fast: 5, slow: 20, stop: 1%, hours: 2}
entry:
  all:
    cross: ema(close, fast) > ema(close, slow)
    calm: atr(fast) / close < 5%
sizing: {weight: 30% of equity}
exits:
  stop: {at: pos.entry * (1 - stop), frozen: true}
  trail: {at: pos.high - 2 * atr(slow)}
  late: {when: pos.age >= hours * 1h}
  back:
    when: close < ema(close, slow)
limits: {open_positions: 2}
"""
AXES = {
    "fast": ("3", "5"), "slow": ("20", "30"), "stop": ("1%", "2%"), "hours": ("1", "2"), "limits.open_positions": ("1", "2"),
    "sizing.weight": ("20%", "30%"),
}  # fmt: skip


def variants(axes: dict[str, tuple[str, ...]]) -> list[Strategy]:
    one = Variants(TEXT, "made.yaml", catalogue(), profiles_in())
    found = [one.variant({one.place(path): value for path, value in values.items()}).strategy for values in products(axes)]
    return [strategy for strategy in found if strategy is not None]


def bytes_of(value: tuple[Any, ...]) -> list[object]:
    return [bytes_of(one) if isinstance(one, tuple) else (np.asarray(one).shape, np.asarray(one).tobytes()) for one in value]


def plans(strategies: list[Strategy]) -> list[Plan]:
    base = strategies[0].clock
    nodes, found = plans_of(strategies, strategies[0].graph.copy(), base, MARKETS, Terms(), (True, True))
    for strategy, columns, plan in zip(strategies, nodes, found, strict=True):
        own, position = decision_rows(strategy, base, MARKETS, strategy.graph.copy())
        assert own == columns
        assert bytes_of(make_plan(strategy, position, MARKETS, Terms(), tradable=(True, True))) == bytes_of(plan)
    return found


def test_every_variant_has_the_plan_that_it_would_have_alone() -> None:
    found = plans(variants(AXES))
    assert len(found) == 64
    assert len({id(plan) for plan in found}) < 64


def test_variants_that_differ_in_columns_alone_share_a_plan() -> None:
    found = plans(variants({"fast": ("3", "5", "8"), "hours": ("1", "2")}))
    assert [len(found), len({id(plan) for plan in found})] == [6, 2]
