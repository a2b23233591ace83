"""The lines of the risk file that strategies are pointed to: they are read as they stand, and say the numbers that were written."""

from __future__ import annotations

import pytest

from dsl.account_limits import line_of_key, line_of_pause, line_of_value
from dsl.catalogue import ACCOUNT_SERIES
from dsl.compile import compile_risk
from tests.dsl.helpers import CATALOGUE

KEYS = [
    ("daily_loss", "3%", "loss: {daily: {limit: 3%,"), ("max_daily_loss", "-5%", "loss: {daily: {limit: 5%,"),
    ("loss_per_week", "30만원", "loss: {weekly: {limit: 30만원,"), ("monthly_stop_loss", "10", "loss: {monthly: {limit: 10%,"),
    ("하루손실", "2", "loss: {daily: {limit: 2%,"), ("max_drawdown", "12%", "drawdown: {over: 30d, steps: [{at: 12%,"),
    ("max_losses", "4", "acct.losses_in_row >= 4,"), ("consecutive_losses", "30%", "acct.losses_in_row >= 3,"),
    ("max_loss", "", "loss: {daily: {limit: 3%,"),
]  # fmt: skip
PAUSES = [
    ("6h after 3 losses", "acct.losses_in_row >= 3, then: stop_entries, for: 6h"),
    ("3연패 후 1d", ">= 3, then: stop_entries, for: 1d"),
]


def accepted(line: str) -> bool:
    found = compile_risk(f"schema: risk/1\nname: sample\n{line}\n", "sample.yaml", CATALOGUE)
    return found.profile is not None and not found.findings


@pytest.mark.parametrize(("key", "value", "said"), KEYS)
def test_a_key_of_other_programs_leads_to_a_line_that_is_read(key: str, value: str, said: str) -> None:
    line = line_of_key(key, value)
    assert line is not None
    assert said in line
    assert accepted(line)


@pytest.mark.parametrize("key", ["stop_loss", "cooldown", "positions", "take_profit"])
def test_other_keys_lead_nowhere(key: str) -> None:
    assert line_of_key(key, "3%") is None


@pytest.mark.parametrize(("text", "said"), PAUSES)
def test_a_pause_after_several_losses_is_a_breaker(text: str, said: str) -> None:
    line = line_of_pause(text)
    assert line is not None
    assert said in line
    assert accepted(line)


def test_a_pause_after_one_loss_is_none() -> None:
    assert line_of_pause("30m after loss") is None


def test_account_values_have_a_line_and_all_but_equity_are_limited() -> None:
    lines = {name: line_of_value(name) for name in ACCOUNT_SERIES}
    assert {name for name, line in lines.items() if line is None} == {"acct.equity"}
    assert all(accepted(line) for line in lines.values() if line is not None)
