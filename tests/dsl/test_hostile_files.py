"""Files that a tired, a careless or a malicious hand writes: each gets a sentence that helps, in Korean and in English."""

from __future__ import annotations

import re

import pytest

from dsl.diagnostics import Language
from dsl.render import headline, label, notes, render
from tests.dsl.helpers import FILE, codes, compiled, with_rule

GOOD = FILE.format(clock="5m", define="close > open", entry="close > open", when="pos.gain > 1%")


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def shown(text: str) -> dict[Language, str]:
    """All findings of a file as its user reads them."""
    return {language: "\n".join(render(f.diagnostic, f.source, language) for f in compiled(text).findings) for language in Language}


def test_the_file_that_the_others_are_made_of_is_good() -> None:
    assert codes(compiled(GOOD)) == []


@pytest.mark.parametrize("level", ["2%", "pos.entry * volume", "volume", "rsi(14)", "pos.age", "4h", "pos.gain", "50억 * 2 / close"])
def test_a_level_that_is_no_price_is_refused_in_both_languages(level: str) -> None:
    text = changed("{at: -2%}", f"{{at: {level}}}")
    assert codes(compiled(text)) == ["E110"]
    found = shown(text)
    assert "a price is expected here" in found[Language.ENGLISH]
    assert "가격" in found[Language.KOREAN]


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "a/b", "a\\\\b", ".hidden", "C:evil", "what?", "x" * 61, "가" * 61, '"two\\nlines"', "a|b"]
)
def test_a_name_that_is_no_file_name_is_refused(name: str) -> None:
    result = compiled(changed("name: sample", f"name: {name}"))
    assert codes(result) == ["E214"]
    assert result.strategy is None


@pytest.mark.parametrize("name", ["눌림목 2", "pullback-trend", "a.b", "x" * 60, "가" * 60])
def test_names_that_people_give_are_kept(name: str) -> None:
    assert codes(compiled(changed("name: sample", f"name: {name}"))) == []


BROKEN_YAML = {
    "close > open : 3": "colon",
    "@up": "first",
    "`up`": "first",
    "%up": "first",
    '"up': "quote",
    "[up": "bracket",
    "{any: {a: close > open": "bracket",
}


@pytest.mark.parametrize(("entry", "kind"), BROKEN_YAML.items())
def test_what_yaml_cannot_read_is_explained_and_not_in_the_words_of_a_library(entry: str, kind: str) -> None:
    text = changed("entry: close > open", f"entry: {entry}")
    found = next(d for d in compiled(text).diagnostics if d.code == "E004")
    assert found.label == kind
    assert re.search("[가-힣]", label(found, Language.KOREAN))
    assert "while " not in label(found, Language.ENGLISH)


def test_wrong_indentation_is_explained() -> None:
    text = GOOD.replace("  n: 14\n", "   n: 14\n")
    (found,) = compiled(text).diagnostics
    assert (found.code, found.label) == ("E004", "indent")


@pytest.mark.parametrize(
    ("old", "new"),
    [("entry: close > open", "entry: [close > open]"), ("entry: close > open", "entry: {all: [close > open]}"),
     ("clock: 5m", "clock: [5m]"),
     ("clock: 5m", "clock: 5m\nmarkets: [[KRW-BTC]]"), ("entry: close > open", "entry: {all: {a: [close > open]}}")],
)  # fmt: skip
def test_a_wrong_shape_names_the_key_and_nothing_of_the_programs_inside(old: str, new: str) -> None:
    text = changed(old, new)
    found = [d for d in compiled(text).diagnostics if d.code == "E212"]
    assert len(found) == 1
    assert re.fullmatch("[a-z]+", found[0].args["key"])


@pytest.mark.parametrize("entry", ["sol.close > 1", "close > xrp.open"])
def test_another_markets_series_is_never_turned_into_this_markets(entry: str) -> None:
    (found,) = with_rule(entry=entry).diagnostics
    assert (found.code, found.fix) == ("E102", "")
    assert [key for key, _ in found.notes] == ["alias_needed"]
    coin = entry.removeprefix("close > ").partition(".")[0]
    assert f"{coin}: KRW-{coin.upper()}" in notes(found, Language.KOREAN)[0]


def test_a_mistyped_name_still_gets_its_suggestion() -> None:
    (found,) = with_rule(entry="closee > 1").diagnostics
    assert [key for key, _ in found.notes] == ["did_you_mean"]


def test_a_value_bounded_on_one_side_says_so_in_words() -> None:
    (low,) = with_rule(entry="close < 0").diagnostics
    assert notes(low, Language.ENGLISH) == ["the value is always 0 or more"]
    (both,) = with_rule(entry="rsi(14) > 150").diagnostics
    assert notes(both, Language.ENGLISH) == ["the value lies in 0..100"]


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u2060"])
def test_a_character_that_cannot_be_seen_is_told_by_its_number(character: str) -> None:
    (found,) = with_rule(entry=f"close {character}> open").diagnostics
    assert found.code == "E001"
    assert f"U+{ord(character):04X}" in headline(found, Language.KOREAN)


@pytest.mark.parametrize(("number", "plain"), [("1,000", "1_000"), ("1,000,000", "1_000_000")])
def test_a_number_with_commas_is_mended(number: str, plain: str) -> None:
    (found,) = with_rule(entry=f"close > {number} KRW").diagnostics
    assert found.fix == f"entry: close > {plain} KRW"
    assert codes(with_rule(entry=f"close > {plain} KRW")) == []
