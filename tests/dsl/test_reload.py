"""Replacing a running file: what waits for a flat strategy is refused while positions are open, and nothing else; a deeper stop is looser.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff).
"""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language, Severity
from dsl.diff import diff
from dsl.keys import Reload
from dsl.reload import ReloadPlan, plan_reload
from dsl.render import render
from tests.dsl.helpers import CATALOGUE, ROOT, codes, compiled

GOLDEN = ROOT / "tests" / "golden" / "reload"
BASE = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
#: a change of the shipped file -> whether it waits for a flat strategy
EDITS = {
    ("clock: 5m", "clock: 15m"): True,
    ("name: pullback-trend", "name: other-name"): True,
    ("risk: 0.5% of equity", "risk: 0.4% of equity"): False,
    ("open_positions: 5", "open_positions: 4"): False,
    ("open_positions: 5", "open_positions: 9"): False,
    ("reentry: 2 bars after exit", "reentry: 1 bars after exit"): False,
    ("ema(close, 21) > ema(close, 50)", "ema(close, 22) > ema(close, 50)"): False,
    ("state: paper", "state: off"): False,
}
STOPS = """schema: strategy/1
name: stops
clock: 5m
markets: [KRW-BTC]
params: {k: 2, wide: 1.5}
define:
  band: atr(14) * wide
entry: close > ema(close, 20)
exits:
  stop: {at: -2%, frozen: true}
  trail:
    at: pos.high - k * atr(14)
  floor: {at: pos.entry - band}
  target: {at: +3%}
"""


def planned(old: str, new: str, *markets: str) -> ReloadPlan:
    before, after = compiled(old, "pullback-trend.yaml"), compiled(new, "pullback-trend.yaml")
    assert [code for code in (*codes(before), *codes(after)) if code.startswith("E")] == []
    return plan_reload(before, after, CATALOGUE, dict.fromkeys(markets, ""))


@pytest.mark.parametrize("language", list(Language))
def test_the_refusal_is_that_of_the_specification(language: Language) -> None:
    (refused,) = planned(BASE, BASE.replace("clock: 5m", "clock: 15m"), "KRW-XRP", "KRW-SOL").refused
    assert (refused.diagnostic.code, refused.diagnostic.severity) == ("R301", Severity.REFUSED)
    shown = render(refused.diagnostic, refused.source, language) + "\n"
    golden = GOLDEN / f"clock.{language.value}.txt"
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")


@given(st.sets(st.sampled_from(sorted(EDITS)), min_size=1), st.sets(st.sampled_from(["KRW-XRP", "KRW-SOL"])))
def test_open_positions_refuse_what_needs_a_flat_strategy_and_nothing_else(edits: set[tuple[str, str]], opened: set[str]) -> None:
    new = BASE
    for old_text, new_text in sorted(edits):
        new = new.replace(old_text, new_text, 1)
    plan = planned(BASE, new, *opened)
    keys = {one.diagnostic.args["key"] for one in plan.refused}
    expected = {edit[0].partition(":")[0] for edit in edits if EDITS[edit]}
    assert keys == (expected if opened else set())
    assert (Reload.FLAT in plan.effects) == bool(expected)
    for one in plan.refused:
        line = one.source.line_text(one.diagnostic.span.line)
        assert line.startswith(f"{one.diagnostic.args['key']}: ")
        assert dict(one.diagnostic.notes)["open_now"]["markets"] == ", ".join(sorted(opened))


def test_every_edit_was_one() -> None:
    assert len(EDITS) >= 8
    for old_text, _ in EDITS:
        assert old_text in BASE, old_text


def test_positions_are_named_by_the_version_that_opened_them() -> None:
    before, after = compiled(BASE), compiled(BASE.replace("clock: 5m", "clock: 15m"))
    (refused,) = plan_reload(before, after, CATALOGUE, {"KRW-SOL": "", "KRW-XRP": "0123456789", "KRW-ETH": ""}).refused
    told = [args for key, args in refused.diagnostic.notes if key == "open_now"]
    assert before.strategy is not None
    assert told == [
        {"markets": "KRW-ETH, KRW-SOL", "version": before.strategy.version[:6]}, {"markets": "KRW-XRP", "version": "012345"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "looser"),
    [
        ("at: -2%", "at: -3%", True),
        ("at: -2%", "at: -1.5%", False),
        ("at: -2%, frozen: true", "at: -2%, frozen: false", True),
        ("at: -2%, frozen: true", "at: -2%", True),
        ("  stop: {at: -2%, frozen: true}\n", "", True),
        ("at: pos.high - k", "at: pos.high - 3 * k", True),
        ("k: 2", "k: 3", True),
        ("k: 2", "k: 1.9", False),
        ("at: pos.high - k * atr(14)", "at: max(pos.high - k * atr(14), pos.entry)", False),
        ("at: pos.high - k * atr(14)", "at: min(pos.high - k * atr(14), pos.entry)", True),
        ("at: pos.entry - band", "at: pos.entry - band, sell: 50%", True),
        ("wide: 1.5", "wide: 2.5", True),
        ("wide: 1.5", "wide: 1", False),
        ("atr(14) * wide", "atr(20) * wide", True),
        ("at: +3%", "at: +4%", False),
        ("ema(close, 20)", "ema(close, 30)", False),
        ("  target:", "  second: {at: -1%}\n  target:", False),
    ],
)
def test_a_stop_that_may_lie_deeper_is_looser_risk(old: str, new: str, looser: bool) -> None:
    assert STOPS.count(old) == 1
    found = diff(compiled(STOPS), compiled(STOPS.replace(old, new)), CATALOGUE)
    assert found.changes
    assert (Reload.LOOSER in found.reload) == looser
