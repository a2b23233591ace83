"""Breakers under clocks of every length: which bars they are looked at on, and what that means in the words of the language itself."""

from __future__ import annotations

import math

import pytest

from dsl.compile import Compiled, compile_strategy
from dsl.strategy import Breaker
from tests.dsl.helpers import CATALOGUE, COMPLETE_RISK, strategy_of

STRATEGY = """schema: strategy/1
name: sample
risk_profile: any
clock: {clock}
aliases: {{btc: KRW-BTC}}
entry:
  all:
    same: {entry}
exits: {{stop: {{at: -2%}}}}
sizing: {{weight: 10% of equity}}
"""
MINUTE = 60_000
CLOCKS = {
    "1m": 1, "5m": 5, "10m": 10, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "3h": 180, "4h": 240, "6h": 360, "12h": 720, "1d": 1_440,
    "1w": 10_080,
}  # fmt: skip


def under(clock: str, profile: str, entry: str = "close > open") -> Compiled:
    return compile_strategy(STRATEGY.format(clock=clock, entry=entry), "s.yaml", CATALOGUE, lambda _: (profile, "any.yaml"))


def breaker(clock: str, when: str, entry: str = "close > open") -> tuple[Breaker, int]:
    """The breaker, and the node of the entry."""
    profile = f"schema: risk/1\nname: any\nbreakers:\n  one:\n    when: {when}\n    then: stop_entries\n    for: 1h\n"
    strategy = strategy_of(under(clock, profile, entry))
    assert strategy.risk is not None
    node = next(condition.node for condition in strategy.conditions if condition.path == "entry.same")
    return strategy.risk.breakers[0], node


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_complete_profile_serves_every_clock(clock: str) -> None:
    risk = strategy_of(under(clock, COMPLETE_RISK)).risk
    assert risk is not None
    minutes = CLOCKS[clock]
    shock, stress = math.gcd(minutes, 15), min(minutes, 60)
    assert {b.name: b.bars_ms // MINUTE for b in risk.breakers} == {
        "btc_shock": shock, "market_stress": stress, "flagged": minutes, "loss_streak": minutes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("clock", "when", "means"),
    [
        ("4h", "rsi(14)@1h > 70", "any((rsi(14) > 70)@1h, over=4h)"),
        ("1h", "rsi(14)@1h > 70", "rsi(14) > 70"),
        ("5m", "rsi(14)@1h > 70", "rsi(14)@1h > 70"),
        ("1d", "btc.rsi(14)@4h > 70 and ret(1h) < -3%", "any((btc.rsi(14)@4h > 70 and ret(1h) < -3%)@1h, over=1d)"),
        ("1w", "across.mean(realized_vol(24 bars)@1h) > 2%", "any((across.mean(realized_vol(24 bars)) > 2%)@1h, over=1w)"),
    ],
)
def test_a_finer_breaker_is_true_in_any_of_its_bars(clock: str, when: str, means: str) -> None:
    """Equal nodes are one node."""
    found, node = breaker(clock, when, means)
    assert found.node == node


@pytest.mark.parametrize("joined", ["acct.losses_in_row >= 2 and {}", "not (acct.exposure > 50% or {})"])
def test_what_is_joined_to_the_account_has_bars_of_its_own(joined: str) -> None:
    profile = (
        "schema: risk/1\nname: any\nbreakers:\n  one:\n    when: " + joined.format("btc.ret(15m) < -3%") + "\n    then: stop_entries\n"
    )
    strategy = strategy_of(under("4h", profile, "any((btc.ret(15m) < -3%)@15m, over=4h)"))
    assert strategy.risk is not None
    one = strategy.risk.breakers[0]
    same = next(condition.node for condition in strategy.conditions if condition.path == "entry.same")
    read = strategy.graph[one.node].inputs
    assert same in {*read, *(i for node in read for i in strategy.graph[node].inputs)}
    assert (one.bars_ms // MINUTE, one.account) == (15, True)


def test_beside_an_account_value_a_finer_suffix_is_its_latest() -> None:
    profile = "schema: risk/1\nname: any\nbreakers: {one: {when: acct.exposure > rsi(14)@45m / 100, then: stop_entries}}\n"
    strategy = strategy_of(under("1h", profile))
    assert strategy.risk is not None
    ops = {node.op for node in strategy.graph}
    assert {"over.last", "hold", "rsi"} <= ops
    assert strategy.risk.breakers[0].bars_ms == 15 * MINUTE


@pytest.mark.parametrize(("when", "code"), [("(acct.exposure > 1%)@1h", "E132"), ("rsi(14)@7m > 3", "E121")])
def test_what_no_clock_can_read_is_refused(when: str, code: str) -> None:
    profile = f"schema: risk/1\nname: any\nbreakers:\n  one: {{when: '{when}', then: stop_entries}}\n"
    assert {found.code for found in under("4h", profile).errors} == {code}
