"""Completion proposes what the grammar and the schema allow at the cursor, and every word of the shipped files where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.assist.answers import Kind, applied
from dsl.assist.assist import Assist
from dsl.assist.layout import Layout
from dsl.assist.roles import Role, role_of
from dsl.assist.shape import keys, kind_of
from dsl.assist.words import words
from dsl.diagnostics import Language, Severity
from dsl.files import strategies_in, strategy_names
from tests.dsl.assist.helpers import ASSIST, BROKEN_FILES, EN, EXAMPLE, FILES, KO, accepted, cursor, edited, labels, proposal
from tests.dsl.helpers import CATALOGUE, PROFILES, ROOT

TEXTS = [path.read_text("utf-8") for path in [*FILES, *BROKEN_FILES]]


# ---- by place ----
@pytest.mark.parametrize(
    ("old", "new", "wanted", "unwanted"),
    [
        ("trend_up: ema(close, 21) >", "trend_up: ¦ >", ["close", "ema", "rsi_len", "rsi_reset", "btc.", "not"], ["trend_up", "and"]),
        ("trend_up: ema(close, 21) >", "trend_up: ema(close, 21) ¦", [">", "crosses above", "and", "rises for"], ["ema", "else"]),
        ("trend_up@1h and", "trend_up@¦ and", ["@5m", "@4h", "@1d"], ["@1m", "@3m"]),
        ("trend_up@1h and", "trend_up@1¦ and", ["@1h", "@1d", "@10m"], ["@4h"]),
        ("when: pos.gain >= 2%", "when: pos.¦", ["pos.gain", "pos.age"], ["close", "ema"]),
        ("ret(1h) < 5%", "pos.¦", [], ["pos.gain"]),
        ("ret(1h) < 5%", "ret(¦) < 5%", ["1h", "20", "rsi_len", "x="], ["close", "ema"]),
        ("ret(1h) < 5%", "scale(volume, ¦", ["lo=", "hi="], ["and"]),
        ("ret(1h) < 5%", "close > vwap(¦", ["day"], ["close"]),
        ("ret(1h) < 5%", "close crosses ¦", ["above", "below"], ["close", "and"]),
        ("ret(1h) < 5%", "close rises ¦", ["for"], ["close", "and"]),
        ("ret(1h) < 5%", "close > open then close < open within ¦", ["6 bars", "rsi_len"], ["close", "and"]),
        ("ret(1h) < 5%", "close > open then close < open ¦", ["within", "and"], ["close", "else"]),
        ("ret(1h) < 5%", "btc.¦ > 1", ["btc.close", "btc.ema", "btc.trend_up"], ["close", "btc.pos.gain", "btc.stop_k"]),
        ("ret(1h) < 5%", "이동평균¦", ["ema", "sma"], ["close"]),
        ("ret(1h) < 5%", "closs¦", [], ["close"]),
        ("ret(1h) < 5%", "drr¦", ["dip_and_recross"], ["close"]),
        ("at: pos.high - 1", "at: ¦pos.high - 1", ["-2%", "pos.entry", "close"], ["and"]),
        ("  max_weight: 12%", "  we¦\n  max_weight: 12%", ["weight"], ["max_weight", "risk"]),
        ("    sell: 50%\n", "    ¦\n", ["sell", "after", "frozen", "at"], ["when"]),
        ("  trend_lost:\n", "  ¦\n  trend_lost:\n", ["target"], ["stop", "trail"]),
        ("\nsizing:", "\n¦\nsizing:", [], ["sizing", "entry", "clock"]),
        ("max_weight: 12% of equity", "max_weight: ¦", ["12% of equity"], ["close"]),
        ("enter: {order: market}", "enter: {order: ¦}", ["market"], ["close"]),
        ("enter: {order: market}", "enter: {¦}", ["order"], ["market"]),
        ("frozen: true ", "frozen: ¦ ", ["true", "false"], []),
        ("KRW-SOL]", "KRW-SOL, ¦]", ["KRW-DOGE"], ["KRW-SOL", "KRW-BTC"]),
        ("KRW-SOL]", "KRW-SOL, 도지¦]", ["KRW-DOGE"], ["KRW-ADA"]),
        ("btc: KRW-BTC", "btc: eth¦", ["KRW-ETH"], ["KRW-SOL"]),
        ("risk_profile: conservative ", "risk_profile: ¦ ", ["conservative", "balanced", "aggressive"], []),
        ("after: first_target", "after: ¦", ["first_target", "spike"], ["trail"]),
        ("clock: 5m", "clock: ¦", ["5m", "1h", "1d"], ["close"]),
        ("state: paper  ", "state: ¦  ", ["off", "paper", "live"], []),
        ("ret(1h) < 5%", "across.¦ > 1", ["across.mean", "across.rank"], ["close"]),
        ("ret(1h) < 5%", "across.rank(ret(24h), ¦", ["order=", "top="], ["and"]),
        ("ret(1h) < 5%", "across.rank(ret(24h), order=¦", ["desc", "asc"], ["close"]),
        ("ret(1h) < 5%", "depth(¦", ["bid", "ask"], ["close"]),
        ("ret(1h) < 5%", "not market.¦", ["market.caution", "market.delisting", "market.age"], ["universe.member"]),
        ("ret(1h) < 5%", "유의¦", ["market.warning"], ["close"]),
        ("# off | paper", "# ¦ off | paper", [], ["off", "close"]),
    ],
)  # fmt: skip
def test_what_fits_the_place_is_proposed(old: str, new: str, wanted: list[str], unwanted: list[str]) -> None:
    found = labels(*edited(old, new))
    assert set(wanted) <= set(found)
    assert not set(unwanted) & set(found)


def test_regimes_are_proposed_after_their_comparison() -> None:
    text, at = cursor("regime:\n  trending: adx(14) > 20\n  otherwise: calm\nentry: regime == ¦\n")
    assert labels(text, at) == ["trending", "calm"]


def test_a_portfolio_is_offered_the_strategies_beside_it() -> None:
    folder = ROOT / "strategies"
    names = strategy_names(folder)
    assert "trend-1h" in names
    assert "regime-switch" not in names  # a portfolio
    helper = Assist(CATALOGUE, PROFILES, strategies=strategies_in(folder), strategy_names=names)
    text, at = cursor("schema: portfolio/1\nname: core\nstrategies:\n  hourly: {strategy: ¦, weight: 60%}\n")
    assert [one.label for one in helper.complete(text, at, EN)] == list(names)
    text, at = cursor("schema: portfolio/1\nname: core\nstrategies:\n  hourly:\n    strategy: trend-1¦\n")
    assert [one.label for one in helper.complete(text, at, EN)][:2] == ["trend-1d", "trend-1h"]


def test_an_empty_file_begins_with_a_whole_one_that_is_valid() -> None:
    for label in ("strategy", "risk"):
        begun = accepted("", 0, label)
        assert [p for p in ASSIST.diagnostics(begun, "new.yaml", EN) if p.severity is Severity.ERROR] == []


def test_what_begins_with_the_word_comes_first_and_the_files_own_names_before_the_languages() -> None:
    text, at = edited("ret(1h) < 5%", "tr¦")
    found = labels(text, at)
    assert found[:2] == ["trend_up", "tr"]
    assert labels(*edited("ret(1h) < 5%", "r¦"))[0] == "rsi_len"


def test_a_call_gets_its_arguments_as_stops_but_not_before_a_bracket() -> None:
    text, at = edited("ret(1h) < 5%", "em¦ > 1")
    assert proposal(text, at, "ema").snippet() == "ema(${1:close}, ${2:20})"
    text, at = edited("ret(1h) < 5%", "em¦(close, 3) > 1")
    assert accepted(text, at, "ema") == text.replace("em(close, 3)", "ema(close, 3)")


def test_accepting_replaces_the_whole_word() -> None:
    text, at = edited("trend_up@1h and", "tre¦nd_uq@1h and")
    assert "higher_tf: trend_up@1h and" in accepted(text, at, "trend_up")
    text, at = edited("enter: {order: market}", "enter: {order: ma¦rked}")
    assert "enter: {order: market}" in accepted(text, at, "market")
    text, at = edited("max_weight: 12% of equity", "max_we¦ight_: 12% of equity")
    assert "\n  max_weight: 12% of equity" in accepted(text, at, "max_weight")


def test_the_other_market_is_proposed_where_two_are_compared() -> None:
    text = "schema: risk/1\nname: x\ncrowding:\n  measure: {}\nbreakers:\n  one: {{when: {}, then: stop_entries}}\n"
    measure, breaker = text.format("¦", "close > 1 KRW"), text.format("rsi(14) - other.rsi(14)", "¦")
    assert "other." in labels(measure.replace("¦", ""), measure.index("¦"))
    assert "other." not in labels(breaker.replace("¦", ""), breaker.index("¦"))
    begun = text.format("rsi(14) - other.¦", "close > 1 KRW")
    assert "other.rsi" in labels(begun.replace("¦", ""), begun.index("¦"))


# ---- recall ----
def cut_and_asked(path: Path) -> tuple[int, list[tuple[str, int]]]:
    """How many words of a file are proposed when the cursor stands where they were cut out, and those that are not."""
    text = path.read_text("utf-8")
    layout = Layout(text)
    asked, missed = 0, []
    for entry in layout.entries:
        role = role_of(entry.path)
        if entry.style in ("{", "[") or entry.value.start == entry.value.end:
            continue
        if role in (Role.RULE, Role.EXIT_LEVEL):
            parts = [(w.start, w.end) for w in words(text, entry.value.start, entry.value.end) if w.kind in ("name", "keyword")]
        elif role in (Role.MARKET, Role.PROFILE, Role.EXIT, Role.TIMEFRAME) and not entry.style:
            parts = [(entry.value.start, entry.value.end)]
        else:
            parts = []
        for start, end in parts:
            asked += 1
            word = text[start:end]
            found = labels(text[:start] + text[end:], start)
            lead = word.partition(".")[0] + "."
            if lead in found:  # an alias: its dot opens what comes after it
                found = labels(text[:start] + lead + text[end:], start + len(lead))
            if not any(word in (label, label.removesuffix("=")) or word in label.split() for label in found):
                missed.append((word, start))
    return asked, missed


def test_every_word_of_the_shipped_files_is_proposed_where_it_stands() -> None:
    asked, missed = 0, []
    for path in FILES:
        more, wrong = cut_and_asked(path)
        asked += more
        missed += [(path.name, *each) for each in wrong]
    assert missed == []
    assert asked >= 150


def test_every_key_of_the_shipped_files_is_proposed_where_it_stands() -> None:
    asked = 0
    for path in FILES:
        text = path.read_text("utf-8")
        layout = Layout(text)
        for entry in layout.entries:
            allowed = {key.name for key in keys(kind_of(layout), entry.path[:-1])}
            if entry.name in allowed:
                cut = text[: entry.key.start] + text[entry.key.end :]
                assert entry.name in labels(cut, entry.key.start), (path.name, entry.path)
                asked += 1
    assert asked >= 150


# ---- accepted proposals ----
def test_accepted_functions_and_series_are_known_to_the_checker() -> None:
    text, at = edited("ret(1h) < 5%", "¦")
    tried = 0
    for completion in ASSIST.complete(text, at, EN):
        if completion.kind in (Kind.FUNCTION, Kind.SERIES, Kind.DEFINITION, Kind.PARAM, Kind.MEMBER):
            after = applied(text, (completion.edit,))
            found = {problem.code for problem in ASSIST.diagnostics(after, "f", EN)}
            assert not found & {"E100", "E101", "E102", "E106", "E118", "E119", "E125", "E126", "E190"}, (completion.label, found)
            tried += 1
    assert tried >= 50


@given(st.sampled_from(TEXTS), st.data())
def test_any_cut_text_is_completed_with_places_around_the_cursor(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 20, len(text))))
    text = (
        text[:start]
        + data.draw(st.sampled_from(["", "(", "@", ":", "{", "[", "'", '"', "pos.", "\t", "\n", "- ", "> ", "x" * 30]))
        + text[end:]
    )
    at = data.draw(st.integers(0, len(text)) | st.just(start))
    for language in Language:
        for completion in ASSIST.complete(text, at, language):
            assert completion.edit.start <= at <= completion.edit.end
            assert all(stop.start <= stop.end <= len(completion.edit.text) for stop in completion.stops)
            plain = re.sub(r"\$\{\d+:((?:[^\\}]|\\.)*)\}", r"\1", completion.snippet())
            plain = re.sub(r"\\([\\$}])", r"\1", plain)
            assert plain.replace("\n", "\n" + " " * completion.indent) == completion.edit.text
            assert not set(text[completion.edit.start : completion.edit.end]) & set("\r\n\x85\u2028\u2029")


@pytest.mark.parametrize("text", [EXAMPLE, *TEXTS[-3:]])
def test_nothing_raises_all_along_a_file(text: str) -> None:
    for at in range(0, len(text) + 1, 13):
        ASSIST.complete(text, at, KO)
        ASSIST.complete(text[:at], at, EN)
        ASSIST.signature(text, at, KO)
        ASSIST.references(text[:at], at)
