"""Korean endings and particles: what a sentence needs to be put together from parts."""

from __future__ import annotations

import re
from typing import Final

_FIRST, _LAST = ord("가"), ord("힣")
_FINALS = 28
_N, _R, _B = 4, 8, 17  # final consonants ㄴ, ㄹ, ㅂ by their place in a syllable
#: how a character that is not Hangul is read aloud: whether its last syllable ends in a consonant (2: in ㄹ)
_READ: Final = {
    **dict.fromkeys("036", 1), **dict.fromkeys("178", 2), **dict.fromkeys("2459", 0),
    **dict.fromkeys("LlRr", 2), **dict.fromkeys("MmNn", 1),
}  # fmt: skip
#: `[이/가]` behind a word
_PARTICLE = re.compile(r"\[([가-힣]+)/([가-힣]+)\]")
#: up, stop, dip: a p behind a vowel is the final of its syllable (업, 스톱, 딥)
_STOPPED: Final = re.compile(r"[aeiouAEIOU][pP]$")
_SILENT = "’‘\"')]( "
#: verbs whose form before a noun is -는
_DURATIVE = "있없맞"


def final_of(text: str) -> int:
    """0: the last sound is a vowel, 1: a consonant, 2: ㄹ."""
    bare = _before_brackets(text).rstrip(_SILENT)
    if not bare:
        return 0
    if bare.endswith("ng") or _STOPPED.search(bare):
        return 1
    last = bare[-1]
    if _FIRST <= ord(last) <= _LAST:
        final = (ord(last) - _FIRST) % _FINALS
        return 0 if final == 0 else 2 if final == _R else 1
    return _READ.get(last, 0)


def _before_brackets(text: str) -> str:
    """Without what stands in brackets directly behind the last word: `ADX(추세 강도)` is read `ADX`."""
    bare = text.rstrip("’‘\"' ")
    depth = 0
    for i in range(len(bare) - 1, -1, -1):
        depth += (bare[i] == ")") - (bare[i] == "(")
        if depth == 0:
            word = bare[:i] if bare[i] == "(" else bare
            return word if word and word[-1] not in " (" else bare
    return bare


def particles(text: str) -> str:
    """`종가[이/가]` -> `종가가`: the first form behind a consonant, the second behind a vowel (and 로 behind ㄹ)."""
    while True:
        found = _PARTICLE.search(text)
        if found is None:
            return text
        final = final_of(text[: found.start()])
        chosen = found[1] if final == 1 or (final == 2 and found[1] != "으로") else found[2]
        text = text[: found.start()] + chosen + text[found.end() :]


def ended(stem: str, ending: str) -> str:
    """A clause that ends in a verb's stem, with an ending: and, or, not, if, polite, noun (before a noun), past (of what happened)."""
    closing = stem[len(stem.rstrip(")")) :]
    return _ended(stem[: len(stem) - len(closing)], ending) + closing


def _ended(stem: str, ending: str) -> str:
    final = final_of(stem)
    match ending:
        case "and":
            return stem + "고"
        case "or":
            return stem + "거나"
        case "not":
            return stem + "지"
        case "if":
            return stem + ("으면" if final == 1 else "면")
        case "polite":
            return stem + "습니다" if final == 1 else _with_final(stem, _B) + "니다"
        case "noun" | "past":
            if ending == "noun" and stem[-1] in _DURATIVE:
                return stem + "는"
            return stem + "은" if final == 1 else _with_final(stem, _N)
        case _:
            raise ValueError(ending)


def _with_final(stem: str, final: int) -> str:
    code = ord(stem[-1]) - _FIRST
    return stem[:-1] + chr(_FIRST + code - code % _FINALS + final)


def amount(value: float) -> str:
    """5_000_000_000 -> `50억`, 30_000 -> `3만`, 123_456 -> `12만 3,456`."""
    if value < 0:
        return f"-{amount(-value)}"
    if value != int(value):
        return f"{value:,.15g}"
    rest, parts = int(value), list[str]()
    for size, name in ((10**12, "조"), (10**8, "억"), (10**4, "만"), (1, "")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,}{name}")
    return " ".join(parts) or "0"
