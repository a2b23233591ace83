"""Settings of strategy and risk files: what the shipped files say is what decide gets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dsl.compile import compile_risk, compile_strategy
from dsl.document import read
from dsl.files import check_file, compile_file
from dsl.loader import load
from dsl.schema.risk import RiskFile
from dsl.source import Source
from dsl.strategy import ExitKind, Limits, RiskProfile, Sizing, State
from tests.dsl.helpers import CATALOGUE, PROFILES, ROOT, codes, compiled, strategy_of

TEXT = """schema: strategy/1
name: sample
clock: 1h
risk_profile: conservative
entry: close > open
sizing: {sizing}
exits:
  stop: {{at: -2%}}
limits: {limits}
"""


def test_the_shipped_example_is_read_whole() -> None:
    strategy = strategy_of(compile_file(ROOT / "strategies" / "pullback-trend.yaml", CATALOGUE))
    assert (strategy.name, strategy.state, strategy.clock.length_ms) == ("pullback-trend", State.PAPER, 300_000)
    assert strategy.markets == ("KRW-BTC", "KRW-ETH", "KRW-XRP", "KRW-SOL")
    assert strategy.aliases == {"btc": "KRW-BTC"}
    assert strategy.params == {"rsi_len": 14.0, "stop_k": 1.5}
    assert strategy.sizing == Sizing(risk=0.005, max_weight=0.12, min_order_krw=30_000)
    assert strategy.limits == Limits(open_positions=5, entries_per_day=10, cooldown_ms=600_000, reentry_bars=2)
    assert [(e.name, e.kind, e.frozen, e.after, e.share, e.of_rest) for e in strategy.exits] == [
        ("stop", ExitKind.STOP, True, None, 1.0, False),
        ("first_target", ExitKind.RULE, False, None, 0.5, False),
        ("second_target", ExitKind.RULE, False, None, 0.5, True),
        ("trail", ExitKind.STOP, False, 1, 1.0, False),
        ("stalled", ExitKind.RULE, False, None, 1.0, False),
        ("spike", ExitKind.RULE, False, None, 0.7, False),
        ("trend_lost", ExitKind.RULE, False, None, 1.0, False),
    ]
    assert strategy.rank is not None
    assert strategy.graph[strategy.rank].unit.value == "money"
    risk = strategy.risk
    assert risk is not None
    plain = replace(risk, rules=(), breakers=())
    assert plain == RiskProfile("conservative", 30_000, 3_000_000, 0.6, 0.12, 200_000, 0.01, open_positions=5)
    assert [(rule.name, rule.limit_ratio, rule.action.name, rule.until.name) for rule in risk.rules] == [
        ("loss.daily", 0.03, "STOP_ENTRIES", "NEXT_DAY"), ("loss.weekly", 0.06, "STOP_ENTRIES", "NEXT_WEEK"),
        ("loss.monthly", 0.1, "STOP_ENTRIES", "NEXT_MONTH"), ("drawdown.30d.5%", 0.05, "SIZE", "WHILE"),
        ("drawdown.30d.8%", 0.08, "STOP_ENTRIES", "WHILE"), ("drawdown.30d.12%", 0.12, "FLATTEN", "MANUAL"),
        ("drawdown.90d.15%", 0.15, "FLATTEN", "MANUAL"),
    ]  # fmt: skip
    assert [(b.name, b.account, b.close, b.hold_ms, b.bars_ms) for b in risk.breakers] == [("shock", False, False, 1_800_000, 300_000)]


def test_every_exit_uses_every_kind() -> None:
    exits = strategy_of(compile_file(ROOT / "strategies" / "every-exit.yaml", CATALOGUE)).exits
    assert {e.kind for e in exits} == set(ExitKind)
    assert any(e.frozen for e in exits)
    assert any(e.after is not None for e in exits)
    assert any(e.of_rest for e in exits)
    assert any(e.share < 1 for e in exits if e.kind is ExitKind.TARGET)


@pytest.mark.parametrize("name", ["conservative", "balanced", "aggressive"])
def test_shipped_profiles_are_read(name: str) -> None:
    result = check_file(ROOT / "risk_profiles" / f"{name}.yaml", CATALOGUE)
    assert not result.findings
    found = PROFILES(name)
    assert found is not None
    profile = compile_risk(*found, CATALOGUE).profile
    assert profile is not None
    assert None not in (profile.exposure_total, profile.risk_per_trade, profile.min_order_krw, profile.max_order_krw)


@pytest.mark.parametrize(
    ("called", "meant"), [("보수형", "conservative"), ("공격형", "aggressive"), ("균형", "balanced"), ("conservativ", "conservative")]
)
def test_a_profile_by_its_korean_name_is_found(called: str, meant: str) -> None:
    (found,) = compiled(TEXT.format(sizing="{risk: 0.5%}", limits="{}").replace("conservative", called)).errors
    assert (found.code, found.fix) == ("E215", f"risk_profile: {meant}")


@pytest.mark.parametrize(
    ("limit", "ratio", "krw"),
    [("1%", 0.01, None), ("30만원", None, 300_000), ("1% or 30만원", 0.01, 300_000), ("5만원 or 2%", 0.02, 50_000)],
)
def test_the_loss_of_one_trade_is_a_ratio_an_amount_or_both(limit: str, ratio: float | None, krw: int | None) -> None:
    profile = compile_risk(f"schema: risk/1\nname: a\nloss: {{per_trade: {{limit: {limit}}}}}\n", "a.yaml", CATALOGUE).profile
    assert profile is not None
    assert (profile.risk_per_trade, profile.risk_per_trade_krw) == (ratio, krw)


@pytest.mark.parametrize(
    ("exits", "code"),
    [
        ("stop: {at: -2%}", []), ("first: {at: pos.entry * 0.9}", []), ("out: {when: pos.gain < -2%}", ["W417"]),
        ("up: {at: +2%}", ["W417"]), ("up: {at: +2%, sell: 50%}\n  later: {at: -2%, after: up}", ["W417"]),
    ],
)  # fmt: skip
def test_a_limit_of_loss_needs_a_level(exits: str, code: list[str]) -> None:
    head = "schema: strategy/1\nname: a\nclock: 5m\nmarkets: [KRW-BTC]\nsizing: {weight: 10%}\nentry: close > open\n"
    assert codes(compiled(f"{head}risk_profile: conservative\nexits:\n  {exits}\n")) == code
    assert codes(compiled(f"{head}exits:\n  {exits}\n")) == []


@pytest.mark.parametrize(
    ("sizing", "code"),
    [
        ("{risk: 1.5% of equity}", ["E402"]), ("{risk: 1% of equity}", []), ("{risk: 0.01}", []), ("{risk: 3}", ["E111"]),
        ("{weight: 120% of equity}", ["E113"]), ("{weight: 0%}", ["E113"]), ("{min_order: 30000}", ["E220"]), ("{min_order: 0 KRW}",
        ["E113"]),
        ("{scale: close}", ["E110"]), ("{scale: 0.5 if close > open else 1}", []), ("{scale: close > open}", ["E129"]),
        ("{risk: one percent}", ["E220"]), ("{wait: 3}", ["E201"]), ("3%", ["E212"]),
    ],
)  # fmt: skip
def test_sizing(sizing: str, code: list[str]) -> None:
    assert codes(compiled(TEXT.format(sizing=sizing, limits="{}"))) == code


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ("{open_positions: 0}", ["E113"]), ("{open_positions: 2.5}", ["E113"]), ("{entries_per_market: 3}", ["E220"]),
        ("{entries_per_market: 3 per week}", ["E220"]), ("{cooldown: 30m after win}", ["E220"]), ("{cooldown: 30m after loss}", []),
        ("{reentry: 6 bars after exit}", []), ("{reentry: 1 bar after exit}", []), ("{reentry: 30m after exit}", ["E220"]),
    ],
)  # fmt: skip
def test_limits(limits: str, code: list[str]) -> None:
    assert codes(compiled(TEXT.format(sizing="{}", limits=limits))) == code


def test_sizing_by_risk_needs_a_stop() -> None:
    text = TEXT.format(sizing="{risk: 0.5% of equity}", limits="{}").replace("stop:", "fallback:")
    assert codes(compiled(text)) == ["E403"]


def test_a_mistake_in_the_profile_refuses_the_strategy_and_is_shown_where_it_is() -> None:
    broken = "schema: risk/1\nname: conservative\norders: {min_order: much}\n"
    result = compile_strategy(TEXT.format(sizing="{}", limits="{}"), "s.yaml", CATALOGUE, lambda _: (broken, "r.yaml"))
    assert result.strategy is None
    assert [(f.source.name, f.diagnostic.code) for f in result.findings] == [("r.yaml", "E220")]


def test_a_profile_that_cannot_be_read_to_its_end_is_refused(tmp_path: Path) -> None:
    """The part before a bad byte is a valid profile with fewer limits: it must not be taken for the whole."""
    whole = (ROOT / "risk_profiles" / "conservative.yaml").read_bytes()
    (tmp_path / "conservative.yaml").write_bytes(whole.replace(b"\norders:", b"\n# \xb0\norders:"))
    (tmp_path / "s.yaml").write_text(TEXT.format(sizing="{}", limits="{}"), "utf-8")
    result = compile_file(tmp_path / "s.yaml", CATALOGUE)
    assert result.strategy is None
    assert codes(result) == ["E001"]


def test_keys_that_are_not_built_are_refused_never_ignored() -> None:
    """Nothing is unbuilt now; what a schema names as such is refused at its place, and the other keys are read."""
    text = Source("r.yaml", "schema: risk/1\nname: a\nbreakers: {}\norders: {per_minute: 5, min_order: 30_000 KRW}\n")
    root, _ = load(text)
    assert root is not None
    found = read(text, root, RiskFile, [("breakers",), ("orders", "per_minute")], {})
    assert [(d.code, d.args["key"]) for d in found.diagnostics] == [("E210", "breakers"), ("E210", "orders.per_minute")]
    assert [(d.code, d.args["key"]) for d in read(text, root, RiskFile, [], {}).diagnostics] == []


def test_off_is_a_word_not_a_truth_value() -> None:
    text = TEXT.format(sizing="{}", limits="{}").replace("clock: 1h", "clock: 1h\nstate: off")
    assert strategy_of(compiled(text)).state is State.OFF


def test_a_strategy_named_as_its_profile_is_not_read_as_the_profile(tmp_path: Path) -> None:
    """`nope.yaml` with `risk_profile: nope` was told to turn its own `schema:` into `risk/1`."""
    text = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
    file = tmp_path / "nope.yaml"
    file.write_text(text.replace("risk_profile: conservative", "risk_profile: nope"), "utf-8")
    found = compile_file(file, CATALOGUE)
    assert [diagnostic.code for diagnostic in found.errors] == ["E215"]
