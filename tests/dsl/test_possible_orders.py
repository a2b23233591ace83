"""Limits that leave room for no order at all: in a risk file alone, and of a strategy under its profile."""

from __future__ import annotations

import pytest

from dsl.compile import Compiled, compile_risk, compile_strategy
from tests.dsl.helpers import CATALOGUE

STRATEGY = """schema: strategy/1
name: sample
risk_profile: any
clock: 5m
markets: [KRW-BTC]
entry: close > open
exits: {stop: {at: -2%}}
sizing:
  weight: 10% of equity
"""


def under(profile: str, text: str = STRATEGY) -> Compiled:
    return compile_strategy(text, "s.yaml", CATALOGUE, lambda _: (f"schema: risk/1\nname: any\n{profile}\n", "any.yaml"))


def mended(text: str, compiled: Compiled) -> str:
    """The text with the fix of the one finding."""
    (found,) = compiled.diagnostics
    lines = text.split("\n")
    assert found.fix
    lines[found.span.line - 1] = found.fix
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("profile", "code", "path", "label"),
    [
        ("orders: {min_order: 50_000 KRW, max_order: 30_000 KRW}", "E409", "orders.max_order", "below"),
        ("orders: {max_order: 3_000 KRW}", "E409", "orders.max_order", "below"),
        ("orders: {min_order: 1_000 KRW}", "W411", "orders.min_order", ""),
        ("capital: 3_000 KRW", "E409", "capital", "below"),
        ("capital: 40_000 KRW\norders: {min_order: 50_000 KRW}", "E409", "capital", "below"),
        ("capital: 20만원\nexposure: {per_market: 3% of equity}\norders: {min_order: 1만원}", "E409", "exposure.per_market", "share"),
        ("capital: 20만원\nexposure: {per_strategy: 2% of equity}", "E409", "exposure.per_strategy", "share"),
    ],
)
def test_a_profile_that_allows_no_order_is_told_where_and_how_to_mend_it(profile: str, code: str, path: str, label: str) -> None:
    text = f"schema: risk/1\nname: any\n{profile}\n"
    (found,) = compile_risk(text, "any.yaml", CATALOGUE).findings
    assert (found.diagnostic.code, found.diagnostic.path, found.diagnostic.label) == (code, path, label)
    lines = text.split("\n")
    lines[found.diagnostic.span.line - 1] = found.diagnostic.fix
    assert compile_risk("\n".join(lines), "any.yaml", CATALOGUE).findings == ()


@pytest.mark.parametrize(
    "profile",
    [
        "orders: {min_order: 30_000 KRW, max_order: 30_000 KRW}", "orders: {min_order: 5_000 KRW}", "capital: 5_000 KRW",
        "orders: {max_order: 20_000 KRW}", "capital: 20만원\nexposure: {per_market: 3% of equity}", "capital: 1% of account",
    ],
)  # fmt: skip
def test_profiles_that_allow_some_order(profile: str) -> None:
    assert compile_risk(f"schema: risk/1\nname: any\n{profile}\n", "any.yaml", CATALOGUE).findings == ()


@pytest.mark.parametrize(
    ("profile", "path", "label"),
    [
        ("orders: {max_order: 20_000 KRW}", "sizing", "usual"),  # without any minimum an order is 30,000 KRW or more
        ("capital: 20만원", "sizing.weight", "share"),
        ("capital: 40만원\norders: {min_order: 50_000 KRW}", "sizing.weight", "share"),
    ],
)
def test_a_strategy_under_a_profile_that_allows_it_no_order(profile: str, path: str, label: str) -> None:
    found = under(profile)
    assert [(d.code, d.path, d.label) for d in found.diagnostics] == [("E409", path, label)]
    assert under(profile, mended(STRATEGY, found)).diagnostics == ()


def test_one_cause_is_told_once_and_what_may_still_be_large_enough_is_not() -> None:
    assert [d.code for d in under("orders: {min_order: 50_000 KRW, max_order: 30_000 KRW}").diagnostics] == ["E409"]
    assert under("orders: {max_order: 20_000 KRW}", f"{STRATEGY}  min_order: 10_000 KRW\n").diagnostics == ()
    assert under("capital: 20만원", f"{STRATEGY}  scale: 2\n").diagnostics == ()


@pytest.mark.parametrize(
    ("scale", "codes"),
    [
        ("0", ["W418"]),
        ("-1", ["W418"]),
        ("0 if close > open else -1", ["W418"]),
        ("0 * rsi(14)", ["W418"]),
        ("rsi(14) / 50", []),
        ("0.1", []),
    ],
)
def test_a_multiplier_that_is_never_above_zero(scale: str, codes: list[str]) -> None:
    assert [d.code for d in under("orders: {min_order: 5_000 KRW}", f"{STRATEGY}  scale: {scale}\n").diagnostics] == codes
