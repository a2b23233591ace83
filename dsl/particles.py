"""Korean particles by the last sound of the word before them: `이(가)` becomes 이 or 가, and stays where nobody can tell.

How a word is read: Hangul by its last syllable, numbers in Korean (10 십, 20% 퍼센트), capitals letter by letter (BTC 비티씨), other Latin
letters as loanwords are read (time 타임, close 클로즈). Words that are read in two ways that end differently have no known sound.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Sound(IntEnum):
    """What a word ends in."""

    VOWEL = 0
    CONSONANT = 1
    RIEUL = 2


#: as a text writes it -> behind a consonant, behind a vowel
_PAIRS: Final = {
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "은(는)": ("은", "는"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)": ("이", ""),
}
_PAIR: Final = re.compile("|".join(map(re.escape, _PAIRS)))

_FIRST, _FINALS, _FINAL_RIEUL = ord("가"), 28, 8
#: how far back brackets are looked for
_FAR: Final = 120
_OPENING: Final = {")": "(", "]": "[", "}": "{"}
_CLOSING: Final = "%)]}"
_QUOTES: Final = "`'\"’”」』"
#: 영 일 이 삼 사 오 육 칠 팔 구
_DIGITS: Final = dict(zip("0123456789", map(Sound, (1, 2, 0, 1, 0, 0, 1, 2, 2, 0)), strict=True))
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d$")
_TIME: Final = re.compile(r"\d:\d\d$")
_WHOLE: Final = re.compile(r"(?<![\d.])[\d,_]*[1-9](?P<zeros>[0,_]+)$")
_AMOUNT: Final = re.compile(r"\d ?KRW$")
#: a number and a letter for a length: 초, 분, 시간, 주, 달; `1d` is 하루 and 일
_LENGTH: Final = re.compile(r"\d(?P<unit>[smhdwM])$")
_LENGTHS: Final = {"s": Sound.VOWEL, "m": Sound.CONSONANT, "h": Sound.CONSONANT, "w": Sound.VOWEL, "M": Sound.RIEUL}
_WORD: Final = re.compile(r"[A-Za-z]+$")
_LETTERS: Final = {"L": Sound.RIEUL, "R": Sound.RIEUL, "M": Sound.CONSONANT, "N": Sound.CONSONANT}


def filled(pattern: str, args: Mapping[str, object]) -> str:
    """A pattern with its placeholders filled, its particles chosen by what stands before them. Raises KeyError for a missing argument."""
    said, done = "", 0
    for pair in _PAIR.finditer(pattern):
        said += pattern[done : pair.start()].format_map(args)
        said += chosen(said, pair[0])
        done = pair.end()
    return said + pattern[done:].format_map(args)


def chosen(before: str, pair: str) -> str:
    """The form of a particle that fits behind a text; the pair itself where the sound is not known."""
    sound = sound_of(before)
    if sound is None:
        return pair
    closed, open_ = _PAIRS[pair]
    return closed if sound is Sound.CONSONANT or (sound is Sound.RIEUL and pair != "(으)로") else open_


def sound_of(text: str) -> Sound | None:
    """How the last word of a text ends when it is read aloud; None where that is not certain. Quotes around it are not read."""
    bare = text.rstrip(_QUOTES + " ")[-_FAR:]
    if not bare:
        return None
    if bare[-1] in _OPENING:
        return _bracketed(bare)
    last = bare[-1]
    if _is_hangul(last):
        final = (ord(last) - _FIRST) % _FINALS
        return Sound.VOWEL if final == 0 else Sound.RIEUL if final == _FINAL_RIEUL else Sound.CONSONANT
    if last == "%":
        return Sound.VOWEL
    if last in _DIGITS:
        return _number(bare)
    word = _WORD.search(bare)
    return None if word is None else _latin(bare, word[0])


def _bracketed(text: str) -> Sound | None:
    """`종가(close)` and `ATR(평균 변동폭)` are read without what explains them, `(시가 + 고가)` as what it holds; `ema(close, 20)` is read
    as `ema` by some and to its end by others."""
    before, inside = _before_brackets(text), text[:-1].rstrip(_QUOTES + " ")
    if not before or not (before[-1].isalnum() or before[-1] in _CLOSING):
        return sound_of(inside)
    outside = sound_of(before)
    explained = _is_hangul(before[-1]) or _is_hangul(inside[-1:])
    return outside if explained or outside == sound_of(inside) else None


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def _before_brackets(text: str) -> str:
    """What stands before the brackets that a text ends in, without quotes and spaces around it; empty where they do not match."""
    expected: list[str] = []
    for place in range(len(text) - 1, -1, -1):
        if text[place] in _OPENING:
            expected.append(_OPENING[text[place]])
        elif expected and text[place] == expected[-1]:
            expected.pop()
            if not expected:
                return text[:place].rstrip(_QUOTES + " ")
    return ""


def _number(text: str) -> Sound | None:
    if _DATE.search(text):
        return Sound.RIEUL  # 일
    if _TIME.search(text):
        return None if text.endswith("00") else Sound.CONSONANT  # 시, 정각; 분
    whole = _WHOLE.search(text)
    zeros = 0 if whole is None else whole["zeros"].count("0")
    return Sound.VOWEL if 12 <= zeros < 16 else _DIGITS[text[-1]]  # 조


def _latin(text: str, word: str) -> Sound | None:
    if _AMOUNT.search(text):
        return Sound.CONSONANT  # 원
    length = _LENGTH.search(text)
    if length is not None:
        return _LENGTHS.get(length["unit"])
    if len(word) == 1:
        return _letter(word)
    vowels = sum(letter in "aeiouAEIOU" for letter in word)
    if word.isupper():
        unclear = word[-2] in "AEIOU" and word[-1] in "BCDGKPQRT"  # NEAR: 니어, 엔이에이알
        return None if unclear else _letter(word[-1])
    if vowels == 0:
        return _letter(word[-1])
    return _loanword(word.lower())


def _letter(letter: str) -> Sound:
    return _LETTERS.get(letter.upper(), Sound.VOWEL)


def _loanword(word: str) -> Sound | None:
    """An English word, or a short form with a vowel in it, as Korean writes it."""
    last, before = word[-1], word[-2]
    if last == "e":
        silent = {"m": Sound.CONSONANT, "n": Sound.CONSONANT, "l": Sound.RIEUL, "p": None, "k": None}
        return silent.get(before, Sound.VOWEL)  # time 타임, line 라인, scale 스케일; type 타입 but pipe 파이프
    if last == "l":
        return Sound.RIEUL
    if last in "mn" or word.endswith("ng"):
        return Sound.CONSONANT
    if last == "r":
        return Sound.VOWEL if before in "aeiou" else Sound.RIEUL  # bar 바, atr 에이티알
    if last == "p" and before in "aeiou" and word[-3:-2] not in tuple("aeiou"):
        return Sound.CONSONANT  # stop 스톱, cap 캡
    if last in "bcgkpt":
        return None if before in "aeiouc" else Sound.VOWEL  # set 세트 but bot 봇; fast 패스트
    return Sound.VOWEL
