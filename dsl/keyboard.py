"""Letters typed with the keyboard in the wrong mode: Hangul for Latin keys, and letters of other alphabets that look Latin."""

from __future__ import annotations

#: Cyrillic and Greek letters -> the Latin letter that they look like
_LOOK_ALIKE = dict(zip("аеорсухіјѕԁһАВЕКМНОРСТХІЈЅοαΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhABEKMHOPCTXIJSoaABEZHIKMNOPTYX", strict=True))
_KEYS = dict(zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", "qwertyuiopasdfghjklzxcvbnm", strict=True))
_KEYS |= {"ㅃ": "Q", "ㅉ": "W", "ㄸ": "E", "ㄲ": "R", "ㅆ": "T", "ㅒ": "O", "ㅖ": "P"}
_PAIRS = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ", "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ",
    "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_FIRST = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_MIDDLE = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_LAST = ["", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"]


def look_alike(character: str) -> str | None:
    """The Latin letter that a letter of another alphabet looks like."""
    return _LOOK_ALIKE.get(character)


def latin(text: str) -> str:
    """`text` with the look-alikes as the letters that they look like."""
    return "".join(_LOOK_ALIKE.get(character, character) for character in text)


def is_jamo(character: str) -> bool:
    """Whether it is a part of a Hangul syllable on its own."""
    return "ㄱ" <= character <= "ㅣ"


def typed(word: str) -> str:
    """What the same keys (two-set layout) give in Latin mode: `치ㅐㄴㄷ` -> `close`."""
    keys: list[str] = []
    for character in word:
        code = ord(character) - ord("가")
        parts = [character]
        if 0 <= code <= ord("힣") - ord("가"):
            parts = [_FIRST[code // 588], _MIDDLE[code % 588 // 28], _LAST[code % 28]]
        keys.extend(_KEYS.get(jamo, jamo) for part in parts for jamo in _PAIRS.get(part, part))
    return "".join(keys)
