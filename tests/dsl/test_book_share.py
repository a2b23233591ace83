"""`orders.max_book_share` of a risk file: what it becomes, and what is wrong with one."""

from __future__ import annotations

import pytest

from dsl.compile import compile_risk, compile_strategy
from dsl.strategy import Strategy
from tests.dsl.helpers import CATALOGUE

RISK = "schema: risk/1\nname: book\norders:\n  max_book_share: {}\n"
STRATEGY = """schema: strategy/1
name: sample
risk_profile: book
clock: 5m
entry: close > open
exits: {stop: {at: -2%}}
sizing: {weight: 10% of equity}
"""


def strategy(share: str) -> Strategy:
    found = compile_strategy(STRATEGY, "s.yaml", CATALOGUE, lambda _: (RISK.format(share), "book.yaml")).strategy
    assert found is not None
    return found


def test_the_example_of_the_specification() -> None:
    found = strategy("10% of depth(ask, 0.5%)")
    assert found.risk is not None
    share = found.risk.book_share
    assert share is not None
    assert (share.share, share.text) == (0.1, "10% of depth(ask, 0.5%)")
    node = found.graph[share.node]
    assert (node.op, node.params, node.section.timeframe if node.section else None) == ("book.ask_depth", (0.005,), found.clock)


def test_any_amount_of_money_will_do() -> None:
    """Candles have no order book; what is traded is known."""
    assert strategy("1% of btc.turnover(1h)").aliases == {"btc": "KRW-BTC"}
    assert strategy("1% of turnover(1h)").aliases == {}


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ("10% of depth(ask, 0.5%)", []),
        ("50% of 1억", []),
        ("0% of depth(ask, 0.5%)", ["E113"]),
        ("110% of depth(ask, 0.5%)", ["E113"]),
        ("10% of volume", ["E110"]),
        ("10% of rsi(14)", ["E110"]),
        ("10% of close > open", ["E220"]),
        ("10% of (close > open)", ["E129"]),
        ("10% of order.value", ["E135"]),
        ("10% of depth(asks, 0.5%)", ["E139"]),
        ("10%", ["E220"]),
    ],
)
def test_mistakes(share: str, expected: list[str]) -> None:
    found = compile_risk(RISK.format(share), "book.yaml", CATALOGUE)
    assert [finding.diagnostic.code for finding in found.findings] == expected
