"""Names of a file: where they are declared and used, renaming that never changes the meaning, what is shown over them, the outline."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.assist.answers import Kind, Symbol, applied
from dsl.assist.layout import Layout
from dsl.assist.names import Names
from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.strategy import Strategy
from tests.dsl.assist.helpers import ASSIST, BROKEN_FILES, EN, EXAMPLE, FILES, KO, cursor, edited
from tests.dsl.helpers import CATALOGUE, PROFILES, SHIPPED

PARAMETERS = """schema: strategy/1
name: parameters
clock: 5m
markets: [KRW-BTC]
aliases: {lead: KRW-ETH}
params:
  n: 14
define:
  out(n, k): highest(high, n)[1] < close and k > n
  slow: lead.out(n=n, k=20)
  far: out(20, k=n bars)
entry: slow and not far
exits:
  stop: {at: -2%}
  first: {when: pos.gain > 2%, sell: 50%}
  trail: {at: pos.high - atr(n), after: first}
"""
REGIME = "regime:\n  trending: adx(14) > 20\n  otherwise: calm\nentry:\n  all:\n    a: regime == trending\n    b: calm != regime\n"


def places(text: str, at: int) -> list[str]:
    """Lines of every place that names what stands at the offset."""
    return [text[text.rfind("\n", 0, p.start) + 1 : p.start] + "»" + text[p.start : p.end] for p in ASSIST.references(text, at)]


def meaning_of(text: str) -> Strategy | None:
    return compile_strategy(text, "f", CATALOGUE, PROFILES).strategy


def test_jumps_and_references() -> None:
    text, at = edited("trend_up@1h and", "tre¦nd_up@1h and")
    found = places(text, at)
    assert found[0] == "  »trend_up"
    assert len(found) == 4
    place = ASSIST.definition(text, at)
    assert place is not None
    assert text[place.start : place.end] == "trend_up"
    assert text[place.end] == ":"
    text, at = edited("btc.ema", "bt¦c.ema")
    assert places(text, at) == ["  »btc", "    btc_ok: »btc", "    btc_ok: btc.close > »btc"]
    text, at = edited("after: first_target", "after: first_t¦arget")
    assert places(text, at) == ["  »first_target", "    after: »first_target"]
    text, at = edited("close > btc", "clo¦se > btc")
    assert places(text, at) == []


def test_parameters_belong_to_their_definition() -> None:
    at = PARAMETERS.index("highest(high, n)") + len("highest(high, ")
    assert places(PARAMETERS, at) == [
        "  out(»n",
        "  out(n, k): highest(high, »n",
        "  out(n, k): highest(high, n)[1] < close and k > »n",
        "  slow: lead.out(»n",
    ]
    at = PARAMETERS.index("atr(n)") + len("atr(")
    found = places(PARAMETERS, at)
    assert found == ["  »n", "  slow: lead.out(n=»n", "  far: out(20, k=»n", "  trail: {at: pos.high - atr(»n"]
    at = PARAMETERS.index("lead.out") + len("lead.")
    assert places(PARAMETERS, at) == ["  »out", "  slow: lead.»out", "  far: »out"]


def test_regimes() -> None:
    assert places(REGIME, REGIME.index("trending\n")) == ["  »trending", "    a: regime == »trending"]
    assert places(REGIME, REGIME.index("calm !=")) == ["  otherwise: »calm", "    b: »calm"]


# ---- renaming ----
def test_renaming_and_back_is_nothing_and_the_meaning_stays() -> None:
    tried = 0
    for text in [PARAMETERS, *(path.read_text("utf-8") for path in SHIPPED)]:
        before = meaning_of(text)
        for found in Names(Layout(text)).occurrences:
            if found.name.text == "stop":
                continue
            there = ASSIST.rename(text, found.place.start, "새_이름", EN)
            assert there.refusal == ""
            renamed = applied(text, there.edits)
            assert found.name.text not in {
                o.name.text
                for o in Names(Layout(renamed)).occurrences
                if o.name.owner == found.name.owner and o.name.kind is found.name.kind
            }
            back = ASSIST.rename(renamed, renamed.index("새_이름"), found.name.text, EN)
            assert applied(renamed, back.edits) == text
            after = meaning_of(renamed)
            if before is not None:
                assert after is not None
                assert list(after.graph) == list(before.graph)
                assert (after.entry, after.sizing, after.limits, after.markets) == (
                    before.entry,
                    before.sizing,
                    before.limits,
                    before.markets,
                )
            tried += 1
    assert tried >= 60


@pytest.mark.parametrize(
    ("at", "new", "words"),
    [
        ("trend_up@1h", "1st", "begin with a letter"),
        ("trend_up@1h", "a.b", "begin with a letter"),
        ("trend_up@1h", "", "begin with a letter"),
        ("trend_up@1h", "ema", "word of the rule language"),
        ("trend_up@1h", "macd", "word of the rule language"),
        ("trend_up@1h", "then", "word of the rule language"),
        ("trend_up@1h", "rsi_reset", "already uses"),
        ("trend_up@1h", "stop_k", "already uses"),
        ("trend_up@1h", "btc", "already uses"),
        ("first_target  ", "spike", "already uses"),
        ("first_target  ", "stop", "hard stop"),
        ("stop:\n", "halt", "hard stop"),
        ("close > btc", "x", "nothing here"),
    ],
)
def test_renamings_that_would_clash_are_refused(at: str, new: str, words: str) -> None:
    renamed = ASSIST.rename(EXAMPLE, EXAMPLE.index(at) + 1, new, EN)
    assert renamed.edits == ()
    assert words in renamed.refusal
    assert re.search("[가-힣]", ASSIST.rename(EXAMPLE, EXAMPLE.index(at) + 1, new, KO).refusal)


def test_a_renaming_that_would_be_caught_by_a_parameter_is_refused() -> None:
    text = PARAMETERS.replace("k > n", "k > n and high > m").replace("  n: 14", "  n: 14\n  m: 3")
    assert ASSIST.rename(text, text.index("m: 3"), "k", EN).refusal
    assert ASSIST.rename(PARAMETERS, PARAMETERS.index("slow:"), "k", EN).refusal == ""
    at = PARAMETERS.index("k):")
    assert ASSIST.rename(PARAMETERS, at, "close", EN).refusal
    assert ASSIST.rename(PARAMETERS, at, "n", EN).refusal
    assert ASSIST.rename(PARAMETERS, at, "factor", EN).refusal == ""


def test_renaming_is_refused_where_not_every_place_can_be_read() -> None:
    text = EXAMPLE.replace("not_chasing: ret(1h) < 5%", 'not_chasing: "trend\\u005fup"')
    assert "\\" in ASSIST.rename(text, text.index("trend_up@1h"), "up", EN).refusal


# ---- hover ----
@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("ema(close, 21)", ["ema(x, n)", "지수이동평균", "식: ", "예: "]),
        ("rsi(rsi_len) <", ["rsi(n=14, *, x=close)", "0..100"]),
        ("trend_up@1h", ["trend_up", "정의", "ema(close, 21) > ema(close, 50)", "조건", "49봉"]),
        ("stop_k *", ["stop_k", "1.5", "1.0..3.0", "0.25"]),
        ("btc.close", ["KRW-BTC", "비트코인"]),
        ("KRW-ETH,", ["이더리움"]),
        ("crosses above", ["아래에서 위로"]),
        ("above ema", ["아래에서 위로"]),
        ("@4h", ["4시간봉"]),
        ("pos.high -", ["최고가", "가격"]),
        ("first_target  ", ["pos.gain >= 2%"]),
        ("then close", ["within"]),
        ("sizing:", ["얼마나"]),
        ("frozen:", ["frozen"]),
        ("all:", ["모두"]),
    ],
)
def test_hover_says_what_a_word_means(word: str, parts: list[str]) -> None:
    at = EXAMPLE.index(word) + (1 if word.startswith("@") else 0)
    found = ASSIST.hover(EXAMPLE, at, KO)
    assert found is not None
    assert found.start <= at < found.end
    assert [part for part in parts if part not in found.markdown] == []


def test_hover_speaks_both_languages_and_is_silent_elsewhere() -> None:
    found = ASSIST.hover(EXAMPLE, EXAMPLE.index("ema("), EN)
    assert found is not None
    assert "Exponential moving average" in found.markdown
    assert not re.search("[가-힣]", found.markdown)
    for silent in ("# 상위", "pullback-trend", "0.5% of"):
        assert ASSIST.hover(EXAMPLE, EXAMPLE.index(silent), KO) is None


def test_signatures_name_the_argument_that_is_written() -> None:
    text, at = edited("ret(1h) < 5%", "bb.lower(20, ¦")
    found = ASSIST.signature(text, at, EN)
    assert found is not None
    assert found.label == "bb.lower(n=20, k=2, *, x=close)"
    assert [found.label[p.place.start : p.place.end] for p in found.parameters] == ["n=20", "k=2", "x=close"]
    assert found.active == 1
    text, at = edited("ret(1h) < 5%", "scale(ema(close, 3), hi=¦")
    found = ASSIST.signature(text, at, EN)
    assert found is not None
    assert found.active == 2
    text, at = cursor(PARAMETERS.replace("out(20, k=n bars)", "lead.out(20, ¦"))
    found = ASSIST.signature(text, at, EN)
    assert found is not None
    assert (found.label, found.active) == ("out(n, k)", 1)
    text, at = edited("ret(1h) < 5%", "(close ¦")
    assert ASSIST.signature(text, at, EN) is None


# ---- outline ----
def flat(symbols: tuple[Symbol, ...]) -> list[Symbol]:
    return [each for symbol in symbols for each in [symbol, *flat(symbol.children)]]


def test_the_outline_holds_every_key_and_children_lie_inside() -> None:
    for path in [*FILES, *BROKEN_FILES]:
        text = path.read_text("utf-8")
        for symbol in flat(ASSIST.outline(text, KO)):
            assert symbol.start <= symbol.name.start <= symbol.name.end <= symbol.end <= len(text)
            assert all(symbol.start <= child.start and child.end <= symbol.end for child in symbol.children)
    found = {symbol.label: symbol for symbol in flat(ASSIST.outline(EXAMPLE, KO))}
    assert found["trend_up"].kind is Kind.DEFINITION
    assert found["first_target"].kind is Kind.EXIT
    assert found["trend_lost"].end < EXAMPLE.index("limits:")


@given(st.sampled_from([path.read_text("utf-8") for path in [*FILES, *BROKEN_FILES]]), st.data())
def test_damaged_texts_are_answered(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 30, len(text))))
    text = text[:start] + data.draw(st.text(max_size=4)) + text[end:]
    at = data.draw(st.integers(0, len(text)))
    for language in Language:
        found = ASSIST.hover(text, at, language)
        assert found is None or (found.start <= at <= found.end and found.markdown)
        ASSIST.signature(text, at, language)
        ASSIST.outline(text, language)
        renamed = ASSIST.rename(text, at, "x", language)
        assert not (renamed.edits and renamed.refusal)
    for place in ASSIST.references(text, at):
        assert 0 <= place.start < place.end <= len(text)
