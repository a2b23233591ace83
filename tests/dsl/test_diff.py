"""`diff`: nothing for what means the same, exactly the edited path for an edited number, and the reload class of each kind of change.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff).
"""

from __future__ import annotations

import os
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.compile import CompiledRisk, compile_risk, compile_strategy
from dsl.diff import Difference, Kind, content_keys, diff
from dsl.files import strategies_in
from dsl.formatting import format_text
from dsl.keys import Reload, key_of
from dsl.loader import load
from dsl.portfolio import compile_portfolio
from dsl.source import Source
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode
from engine.cli.diff import shown
from tests.dsl.helpers import CATALOGUE, PORTFOLIO, PROFILES, ROOT, SHIPPED, codes, compiled, strategy_of
from tests.generators.strategies import random_strategy

TEXTS = [path.read_text("utf-8") for path in SHIPPED]
RISKS = [path.read_text("utf-8") for path in sorted((ROOT / "risk_profiles").glob("*.yaml"))]
BASE = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
GOLDEN = ROOT / "tests" / "golden" / "diff"
NUMBER = re.compile(r"(?<![A-Za-z_가-힣.\d:])\d[\d_]*(?:\.\d+)?(?![\d:]|[A-Za-z_가-힣]*-)")


def compared(old: str, new: str) -> Difference:
    before, after = compiled(old), compiled(new)
    assert [code for code in (*codes(before), *codes(after)) if code.startswith("E")] == []
    return diff(before, after, CATALOGUE)


def risk(text: str) -> CompiledRisk:
    return compile_risk(text, "risk.yaml", CATALOGUE)


def written(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def replaced(*pairs: tuple[str, str], text: str = BASE) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


@given(st.sampled_from(TEXTS) | st.randoms(use_true_random=False).map(lambda c: random_strategy(c, ("KRW-BTC", "KRW-ETH")).text))
def test_a_file_is_the_same_as_itself_however_it_is_written(text: str) -> None:
    found = compiled(text)
    if found.document is None:
        return
    loose = re.sub(r" #.*", "", text.replace(" > ", "   >  "))
    for other in (text, loose, format_text(loose).text):
        result = diff(found, compiled(other), CATALOGUE)
        assert result == Difference()
        assert result.same


def places(node: YamlNode, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Scalar]]:
    """All texts of a file."""
    if isinstance(node, Scalar):
        return [(path, node)]
    if isinstance(node, Sequence):
        return [found for i, item in enumerate(node.items) for found in places(item, (*path, i))]
    return [found for key, value in node.entries for found in places(value, (*path, key.text))]


def named(path: tuple[str | int, ...]) -> str:
    words = [str(part) for part in path if part not in ("all", "any", "none", "at_least") and not str(part).endswith(" of")]
    return ".".join([*words, "value"] if words[0] == "params" and len(words) == 2 else words)


def by_name(root: Mapping, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The path with a test's name instead of its place: tests are compared by name."""
    section = root.find("tests")
    if section is None or path[0] != "tests" or not isinstance(section[1], Sequence) or not isinstance(path[1], int):
        return path
    item = section[1].items[path[1]]
    found = item.find("name") if isinstance(item, Mapping) else None
    return ("tests", found[1].text, *path[2:]) if found is not None and isinstance(found[1], Scalar) else path


def numbers(text: str, kind: str) -> list[tuple[str, int, int]]:
    """Path and place of every number that means something."""
    root, _ = load(Source("", text))
    assert isinstance(root, Mapping)
    found = []
    for path, scalar in places(root):
        key = key_of(kind, path)
        if key is not None and not key.is_free and scalar.style is None:
            raw = text[scalar.start : scalar.end]
            found += [(named(by_name(root, path)), scalar.start + m.start(), scalar.start + m.end()) for m in NUMBER.finditer(raw)]
    return found


@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_editing_one_number_names_exactly_its_path(text: str, c: random.Random) -> None:
    path, start, end = c.choice(numbers(text, "strategy"))
    value = float(text[start:end])
    new = written(c.choice([int(value) + 1, value + 1, value * 2 + 1]))
    old_file, new_file = compiled(text), compiled(text[:start] + new + text[end:])
    if new_file.document is None or new_file.strategy is None:
        return
    found = diff(old_file, new_file, CATALOGUE)
    assert [(change.kind, change.path) for change in found.changes] == [(Kind.CHANGED, path)]
    assert not found.same


def test_enough_numbers_of_the_shipped_files_can_be_edited() -> None:
    count = done = 0
    for text in TEXTS:
        old = compiled(text)
        for path, start, end in numbers(text, "strategy"):
            new = compiled(text[:start] + written(float(text[start:end]) + 1) + text[end:])
            count += 1
            if new.strategy is not None:
                done += 1
                assert [change.path for change in diff(old, new, CATALOGUE).changes] == [path]
    assert count >= 100
    assert done >= 80


@pytest.mark.parametrize("text", RISKS)
def test_every_number_of_a_risk_file_names_its_path_and_says_when_it_gets_weaker(text: str) -> None:
    tried = 0
    for path, start, end in numbers(text, "risk"):
        for factor in (0.5, 2):
            new = risk(text[:start] + written(float(text[start:end]) * factor) + text[end:])
            if new.profile is None:  # over 100 %
                continue
            found = diff(risk(text), new, CATALOGUE)
            assert [change.path for change in found.changes] == [path]
            less_is_weaker = path.endswith((".over", "exposure.cash_reserve", "orders.min_order"))
            weaker = (factor < 1) is less_is_weaker or path.endswith((".then", ".when"))  # of words and rules nothing can be told
            assert (Reload.LOOSER in found.reload) is weaker, (path, factor)
            tried += 1
    assert tried >= 10


# ---- what means the same ----
SAME = {
    "definition renamed": (("trend_up", "rising"),),
    "definition written out": (
        ("pullback: dip_and_recross", "pullback: (low < ema(close, 20) then (close crosses above ema(close, 20)) within 6 bars)"),
    ),
    "defaults spelled out": (("rsi(14) > 80", "rsi() > 80"), ("atr(14)@15m", "atr()@15m")),
    "windows in bars": (("sma(volume, 20)", "sma(volume, 20 bars)"),),
    "ratios written otherwise": (("max_weight: 12% of equity", "max_weight: 0.12"), ("sell: 70%", "sell: 70 %")),
    "money written otherwise": (("30_000 KRW", "3만원"),),
    "brackets": (("pos.age >= 1h and pos.best < 1%", "(pos.age >= 1h) and (pos.best < 1%)"),),
    "alias renamed": (("btc:", "bitcoin:"), ("btc.close", "bitcoin.close"), ("btc.ema", "bitcoin.ema")),
    "markets in another order": (("[KRW-BTC, KRW-ETH,", "[KRW-ETH, KRW-BTC,"),),
}


@pytest.mark.parametrize("case", SAME)
def test_what_means_the_same_computes_the_same_and_is_said_to_be_the_same(case: str) -> None:
    new = replaced(*SAME[case])
    found = compared(BASE, new)
    before, after = strategy_of(compiled(BASE)), strategy_of(compiled(new))
    assert content_keys(before.graph)[before.entry] == content_keys(after.graph)[after.entry]
    assert (found.nodes_added, found.nodes_removed) == ((), ())
    if case == "alias renamed":
        assert {change.path for change in found.changes} == {"aliases.btc", "aliases.bitcoin"}
    elif case == "definition written out":
        assert [change.path for change in found.changes] == []
    else:
        assert found.same, found.changes


# ---- reload classes ----
SECOND = "  second_target:\n    when: pos.gain >= 5%\n    sell: 50% of rest\n"
CLASSES = {
    "threshold": ((("ret(1h) < 5%", "ret(1h) < 4%"),), "entry.not_chasing", {Reload.LIVE}),
    "joining word": ((("trend_up@1h and trend_up@4h", "trend_up@1h or trend_up@4h"),), "entry.higher_tf", {Reload.LIVE}),
    "new indicator": ((("ret(1h) < 5%", "adx(14) > 20"),), "entry.not_chasing", {Reload.LIVE, Reload.WARM}),
    "longer window": ((("btc.ema(close, 50)", "btc.ema(close, 90)"),), "entry.btc_ok", {Reload.LIVE, Reload.WARM}),
    "size": ((("risk: 0.5%", "risk: 0.4%"),), "sizing.risk", {Reload.POSITIONS}),
    "stop formula": ((("stop_k * atr(14)@15m", "2 * atr(14)@15m"),), "exits.stop.at", {Reload.POSITIONS, Reload.LOOSER}),
    "stop factor": ((("stop_k: {value: 1.5", "stop_k: {value: 2.5"),), "params.stop_k.value", {Reload.POSITIONS, Reload.LOOSER}),
    "tuning range": ((("range: 7..21", "range: 7..22"),), "params.rsi_len.range", {Reload.NONE}),
    "title": ((("title: 상위", "title: 하위"),), "title", {Reload.NONE}),
    "new market": ((("KRW-SOL]", "KRW-SOL, KRW-ADA]"),), "markets.KRW-ADA", {Reload.WARM}),
    "market left out": ((("KRW-XRP, ", ""),), "markets.KRW-XRP", {Reload.LIVE}),
    "clock": ((("clock: 5m", "clock: 15m"),), "clock", {Reload.FLAT}),
    "tighter limit": ((("open_positions: 5", "open_positions: 4"),), "limits.open_positions", {Reload.LIVE}),
    "weaker limit": ((("open_positions: 5", "open_positions: 6"),), "limits.open_positions", {Reload.LIVE, Reload.LOOSER}),
    "shorter pause": ((("cooldown: 10m", "cooldown: 5m"),), "limits.cooldown", {Reload.LIVE, Reload.LOOSER}),
    "limit removed": ((("  reentry: 2 bars after exit\n", ""),), "limits.reentry", {Reload.LIVE, Reload.LOOSER}),
    "raised state": ((("state: paper", "state: live"),), "state", {Reload.LIVE, Reload.LOOSER}),
    "lowered state": ((("state: paper", 'state: "off"'),), "state", {Reload.LIVE}),
    "definition that entries and exits use": (
        (("ema(close, 21) >", "ema(close, 23) >"),), "define.trend_up", {Reload.LIVE, Reload.POSITIONS, Reload.WARM},
    ),
    "unused definition": ((("define:  ", "define:\n  unused: close > open  "),), "define.unused", {Reload.NONE}),
    "exit removed": (((SECOND, ""),), "exits.second_target.when", {Reload.POSITIONS}),
}  # fmt: skip


WITH_UNIVERSE = (ROOT / "strategies" / "momentum-rotation.yaml").read_text("utf-8")
UNIVERSE = """universe:
  refresh: every 4h
  keep: {liquid: turnover(24h) >= 50억}
  take: 2
  by: turnover(24h)
"""
#: a universe is the markets that may be bought: what may bring in others is warm first
UNIVERSES = {
    "more": ((("take: 40", "take: 60"),), "universe.take", {Reload.WARM}),
    "fewer": ((("take: 40", "take: 20"),), "universe.take", {Reload.LIVE}),
    "all": ((("  take: 40\n", ""),), "universe.take", {Reload.WARM}),
    "another rank": ((("by: volume * close", "by: turnover(24h)"),), "universe.by", {Reload.WARM}),
    "a looser filter": ((("    traded: volume > 0\n", ""),), "universe.keep.traded", {Reload.WARM}),
    "another filter": ((("traded: volume > 0", "traded: close > 100 KRW"),), "universe.keep.traded", {Reload.WARM}),
    "one more filter": ((("  take: 40", "  drop: {young: market.age < 60d}\n  take: 40"),), "universe.drop.young", {Reload.WARM}),
    "another time": ((("every day at 09:00 KST", "every day at 10:00 KST"),), "universe.refresh", {Reload.LIVE}),
    "the quote spelled out": ((("  take: 40", "  quote: KRW\n  take: 40"),), "universe.quote", {Reload.NONE}),
}  # fmt: skip


@pytest.mark.parametrize("case", UNIVERSES)
def test_what_may_bring_in_other_markets_is_warm_first(case: str) -> None:
    pairs, path, expected = UNIVERSES[case]
    found = compared(WITH_UNIVERSE, replaced(*pairs, text=WITH_UNIVERSE))
    assert [(change.path, set(change.reload)) for change in found.changes] == [(path, expected)]


def test_a_universe_instead_of_markets_is_warm_first_and_markets_instead_of_a_universe() -> None:
    markets = next(line for line in BASE.split("\n") if line.startswith("markets:"))
    other = replaced((markets + "\n", UNIVERSE))
    for old, new in ((BASE, other), (other, BASE)):
        found = compared(old, new)
        assert Reload.WARM in found.reload
        assert Reload.FLAT not in found.reload
    assert {change.path for change in compared(BASE, other).changes if Reload.WARM in change.reload} == {
        "universe.keep.liquid", "universe.take", "universe.by",
    }  # fmt: skip


#: old line of a risk file, new line, whether it gets weaker
WEAKER = {
    "a ratio instead of both": (
        "loss: {daily: {limit: 3% or 30만원, then: stop_entries}}", "loss: {daily: {limit: 3%, then: stop_entries}}", True,
    ),
    "both instead of a ratio": (
        "loss: {daily: {limit: 3%, then: stop_entries}}", "loss: {daily: {limit: 3% or 30만원, then: stop_entries}}", False,
    ),
    "an amount instead of a ratio": ("loss: {per_trade: {limit: 1%}}", "loss: {per_trade: {limit: 10만원}}", True),
    "a larger amount of both": ("loss: {per_trade: {limit: 1% or 10만원}}", "loss: {per_trade: {limit: 1% or 20만원}}", True),
    "a smaller amount of both": ("loss: {per_trade: {limit: 1% or 10만원}}", "loss: {per_trade: {limit: 9만원 or 1%}}", False),
    "two positions where one is usual": ("exposure: {}", "exposure: {positions_per_market: 2}", True),
    "one position, as is usual": ("exposure: {}", "exposure: {positions_per_market: 1}", False),
    "one position again": ("exposure: {positions_per_market: 2}", "exposure: {}", False),
    "smaller orders than is usual": ("orders: {}", "orders: {min_order: 5_000 KRW}", True),
    "larger orders than is usual": ("orders: {}", "orders: {min_order: 50_000 KRW}", False),
    "a cluster of two where one is usual": (
        "crowding: {measure: 'corr(close, other.close, 20)', max_pair: 0.8}",
        "crowding: {measure: 'corr(close, other.close, 20)', max_pair: 0.8, max_cluster: 2 positions}", True,
    ),
    "a smaller cluster": (
        "crowding: {measure: 'corr(close, other.close, 20)', max_pair: 0.8, max_cluster: 3 positions}",
        "crowding: {measure: 'corr(close, other.close, 20)', max_pair: 0.8, max_cluster: 2 positions}", False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WEAKER)
def test_a_limit_gets_weaker_by_what_holds_in_all(case: str) -> None:
    old, new, weaker = WEAKER[case]
    texts = [f"schema: risk/1\nname: a\n{line}\n" for line in (old, new)]
    assert [risk(text).profile is not None for text in texts] == [True, True]
    found = diff(risk(texts[0]), risk(texts[1]), CATALOGUE)
    assert len(found.changes) == 1
    assert (Reload.LOOSER in found.reload) is weaker


@pytest.mark.parametrize("case", CLASSES)
def test_each_kind_of_change_has_its_reload_class(case: str) -> None:
    pairs, path, expected = CLASSES[case]
    found = compared(BASE, replaced(*pairs))
    assert path in [change.path for change in found.changes]
    assert len(found.changes) == (2 if case == "exit removed" else 1)
    assert set(next(change for change in found.changes if change.path == path).reload) == expected
    assert not found.same


def test_the_order_of_exits_counts() -> None:
    first = "  first_target:\n    when: pos.gain >= 2%\n    sell: 50%\n"
    found = compared(BASE, replaced((first + SECOND, SECOND + first)))
    assert [(change.kind, change.path, change.reload) for change in found.changes] == [(Kind.MOVED, "exits", (Reload.POSITIONS,))]


def test_a_changed_risk_file_shows_below_its_name() -> None:
    weaker = RISKS[2].replace("total: 60%", "total: 70%")
    assert weaker != RISKS[2]
    other = compile_strategy(BASE, "new.yaml", CATALOGUE, lambda name: (weaker, name))
    found = diff(compiled(BASE), other, CATALOGUE)
    assert [(change.path, change.reload) for change in found.changes] == [("risk_profile.exposure.total", (Reload.LIVE, Reload.LOOSER))]


def test_files_of_two_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="one kind"):
        diff(compiled(BASE), risk(RISKS[0]), CATALOGUE)


# ---- golden texts ----
EDITS = (
    ("trend_up", "rising"),
    ("rsi_len: {value: 14", "rsi_len: {value: 10"), ("within 6 bars", "within 8 bars"), ("ret(1h) < 5%", "adx(14) > 20"),
    ("    btc_ok: btc.close > btc.ema(close, 50)@4h\n", ""), ("risk: 0.5%", "risk: 0.8%"), ("open_positions: 5", "open_positions: 8"),
    ("  stalled:", "  too_old:\n    when: pos.age >= 12h\n  stalled:"), ("risk_profile: conservative", "risk_profile: balanced"),
)  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_differences_read_as_the_golden_text_says(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANGDAN_LANG", language)
    found = shown(compared(BASE, replaced(*EDITS))) + "\n"
    golden = GOLDEN / f"pullback-trend.{language}.txt"
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        golden.write_text(found, "utf-8")
    assert found == golden.read_text("utf-8")


# ---- portfolios ----
@pytest.mark.parametrize(
    ("old", "new", "path", "reload"),
    [
        ("50% of account", "60% of account", "capital", (Reload.LIVE, Reload.LOOSER)),
        ("50% of account", "40% of account", "capital", (Reload.LIVE,)),
        ("50% of account", "50% of equity", "", ()),
        ("weight: 60%", "weight: 50%", "strategies.hourly.weight", (Reload.POSITIONS,)),
        ("weight: 40%", "weight: 0.4", "", ()),
        ("strategy: trend-1d", "strategy: pullback-trend", "strategies.daily.strategy", (Reload.FLAT,)),
        ("regime == trending and rising@1d", "regime==trending  and (rising@1d)", "", ()),
        ("regime == trending and rising@1d", "regime == trending", "strategies.hourly.when", (Reload.LIVE,)),
        ("strong: {value: 20", "strong: {value: 25", "params.strong.value", (Reload.LIVE,)),
        ("state: paper", "state: live", "state", (Reload.LIVE, Reload.LOOSER)),
    ],
)
def test_portfolios_are_compared_key_by_key(old: str, new: str, path: str, reload: tuple[Reload, ...]) -> None:
    assert old in PORTFOLIO
    texts = PORTFOLIO, PORTFOLIO.replace(old, new)
    before, after = (compile_portfolio(text, "p.yaml", CATALOGUE, PROFILES, strategies_in(ROOT / "strategies")) for text in texts)
    assert before.portfolio is not None
    assert after.portfolio is not None
    found = diff(before, after, CATALOGUE)
    assert [(change.path, change.reload) for change in found.changes] == ([(path, reload)] if path else [])
