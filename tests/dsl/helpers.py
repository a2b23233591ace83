"""What the tests of the language share: the real catalogue, compiling a text, and a small file to put rules into."""

from __future__ import annotations

from pathlib import Path

from dsl.compile import Compiled, compile_strategy
from dsl.files import profiles_in
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from tests.shipped import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
BROKEN = ROOT / "tests" / "golden" / "broken"
SHIPPED = sorted([*STRATEGIES, *(ROOT / "benchmarks" / "strategies").glob("*.yaml")])
#: two shipped strategies on one account
PORTFOLIO = """schema: portfolio/1
name: core
title: 두 전략
state: paper
risk_profile: balanced
capital: 50% of account
aliases: {btc: KRW-BTC}
params: {strong: {value: 20, range: 15..30}}
define:
  rising: btc.close > btc.ema(close, 50)
regime:
  trending: btc.adx(14)@1d > strong
  otherwise: quiet
strategies:
  hourly: {strategy: trend-1h, weight: 60%, when: regime == trending and rising@1d}
  daily: {strategy: trend-1d, weight: 40%}
"""
PROFILES = profiles_in(ROOT / "risk_profiles")
CATALOGUE = catalogue()
#: the expressions of the specification, in its order
EXPRESSIONS = Path(__file__).with_name("expressions.txt").read_text("utf-8").splitlines()
#: the complete risk profile and strategy file of the specification
COMPLETE_RISK = Path(__file__).with_name("complete-risk.yaml").read_text("utf-8")
COMPLETE = Path(__file__).with_name("complete-strategy.yaml").read_text("utf-8")

FILE = """schema: strategy/1
name: sample
clock: {clock}
aliases: {{btc: KRW-BTC, eth: KRW-ETH}}
params:
  n: 14
  k: 1.5%
define:
  sample: {define}
entry: {entry}
exits:
  stop: {{at: -2%}}
  out:
    when: {when}
sizing: {{weight: 10% of equity}}
title: uses n, k, sample
"""


def compiled(text: str, name: str = "sample.yaml") -> Compiled:
    return compile_strategy(text, name, CATALOGUE, PROFILES)


def with_rule(*, entry: str = "close > open", define: str = "close > open", when: str = "pos.gain > 1%", clock: str = "5m") -> Compiled:
    return compiled(FILE.format(entry=entry, define=define, when=when, clock=clock))


def strategy_of(result: Compiled) -> Strategy:
    assert result.strategy is not None, [(d.code, d.span, d.args) for d in result.diagnostics]
    return result.strategy


def codes(result: Compiled) -> list[str]:
    return [diagnostic.code for diagnostic in result.diagnostics]
