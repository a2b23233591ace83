"""Korean particles fit the last sound of what stands before them, and stay in both forms where it is not known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.diagnostics import Language
from dsl.messages import AREAS, Text, text, texts
from dsl.particles import Sound, chosen, filled, sound_of

VOWEL, CONSONANT, RIEUL = Sound.VOWEL, Sound.CONSONANT, Sound.RIEUL


@pytest.mark.parametrize(
    ("word", "sound"),
    [
        # Hangul
        ("종가", VOWEL), ("평균", CONSONANT), ("손절", RIEUL), ("가", VOWEL), ("힣", CONSONANT), ("위험 관리", VOWEL),
        ("거래량 ", CONSONANT),
        # numbers: 영 일 이 삼 사 오 육 칠 팔 구, 십 백 천 만 억 조
        ("0", CONSONANT), ("1", RIEUL), ("2", VOWEL), ("3", CONSONANT), ("4", VOWEL), ("5", VOWEL), ("6", CONSONANT), ("7", RIEUL),
        ("8", RIEUL), ("9", VOWEL), ("10", CONSONANT), ("1,500,000", CONSONANT), ("30_000", CONSONANT), ("100000000", CONSONANT),
        ("1,000,000,000,000", VOWEL), ("0.000000000000", CONSONANT), ("0.35", VOWEL), ("-2", VOWEL), ("1.50", CONSONANT),
        # units
        ("2%", VOWEL), ("30만원", CONSONANT), ("5억", CONSONANT), ("30_000 KRW", CONSONANT), ("5m", CONSONANT), ("30s", VOWEL),
        ("2w", VOWEL), ("1h", CONSONANT), ("1M", RIEUL), ("1d", None), ("15bp", VOWEL),
        # times
        ("2025-09-02", RIEUL), ("2025-09-02T13:05", CONSONANT), ("09:00", None), ("09:00 KST", VOWEL),
        # capitals, letter by letter
        ("RSI", VOWEL), ("BTC", VOWEL), ("KRW-BTC", VOWEL), ("SOL", RIEUL), ("XRP", VOWEL), ("ATOM", CONSONANT), ("XLM", CONSONANT),
        ("KRW-NEAR", None), ("BAT", None), ("KRW", VOWEL), ("n", CONSONANT), ("x", VOWEL), ("l", RIEUL),
        # words and short forms
        ("close", VOWEL), ("time", CONSONANT), ("scale", RIEUL), ("volume", CONSONANT), ("line", CONSONANT), ("value", VOWEL),
        ("type", None), ("signal", RIEUL), ("open", CONSONANT), ("trending", CONSONANT), ("stop", CONSONANT), ("jump", VOWEL),
        ("fast", VOWEL), ("set", None), ("together", VOWEL), ("atr", RIEUL), ("macd", VOWEL), ("loss", VOWEL), ("ema20", CONSONANT),
        ("limits.open_positions", VOWEL), ("strategies/btc.yaml", RIEUL), ("Trending", CONSONANT),
        # quotes and brackets around the word or after it
        ("`평균`", CONSONANT), ("‘거래량’", CONSONANT), ("'close'", VOWEL), ("종가(close)", VOWEL), ("평균 (mean)", CONSONANT),
        ("ATR(평균 변동폭)", RIEUL), ("(시가 + 고가)", VOWEL), ("`rsi(14)`", VOWEL), ("ema(close, 20)", None),
        ("sum(close, 20)", CONSONANT), ("2 * (평균)", CONSONANT), ("[30, 50]", CONSONANT), ("거래 (3개)", VOWEL),
        ("비용(수수료(매수))", CONSONANT),
        # not read aloud
        ("", None), ("`", None), ("()", None), (")", None), ("&&", None), ("…", None), ("値", None), ("ㄱ", None), (")" * 10_000, None),
        ("a" + "(" * 500 + "가" + ")" * 500, None),
    ],
)  # fmt: skip
def test_the_last_sound_of_a_word(word: str, sound: Sound | None) -> None:
    assert sound_of(word) is sound


@pytest.mark.parametrize(
    ("pair", "vowel", "consonant", "rieul"),
    [
        ("이(가)", "가", "이", "이"), ("을(를)", "를", "을", "을"), ("은(는)", "는", "은", "은"), ("과(와)", "와", "과", "과"),
        ("(으)로", "로", "으로", "로"), ("(이)", "", "이", "이"),
    ],
)  # fmt: skip
def test_every_particle_behind_every_sound(pair: str, vowel: str, consonant: str, rieul: str) -> None:
    assert [chosen(word, pair) for word in ("종가", "평균", "손절", "??")] == [vowel, consonant, rieul, pair]


def test_only_the_particles_of_the_pattern_are_chosen() -> None:
    assert filled("`{a}`은(는) {b} (으)로 {{}}", {"a": "이(가)", "b": 3}) == "`이(가)`는 3 으로 {}"
    assert filled("{a:,}을(를) {b}(이)라는 이름", {"a": 1000, "b": "손절"}) == "1,000을 손절이라는 이름"
    with pytest.raises(KeyError):
        filled("{a}은(는) {b}", {"a": "1"})


def test_messages_choose_them_in_korean_alone() -> None:
    entry = Text("{name}이(가)", "{name}이(가)")
    assert (entry.filled(Language.KOREAN, {"name": "값"}), entry.filled(Language.ENGLISH, {"name": "값"})) == ("값이", "값이(가)")
    assert text("paper.not_a_journal", Language.KOREAN, path="기록") == "기록 은 장단의 기록이 아닙니다."


def test_a_pair_is_written_in_the_one_way_that_is_read() -> None:
    others = re.compile(r"가\(이\)|를\(을\)|는\(은\)|와\(과\)|로\(으로\)|(?<!\[)(은/는|이/가|을/를|과/와)")
    assert [(area, key) for area in AREAS for key, entry in texts(area).items() if others.search(entry.ko)] == []


@given(st.text())
def test_any_text_has_a_sound_or_none(word: str) -> None:
    assert sound_of(word) in (*Sound, None)
    assert sound_of(f"`{word}`") == sound_of(word) or word.rstrip("`'\"’”」』 ")[-1:] in ("", *")]}")
