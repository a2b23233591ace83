"""Korean endings and particles: what a sentence needs to be put together from parts."""

from __future__ import annotations

import re

from dsl.particles import Sound, sound_of

_FIRST, _LAST = ord("가"), ord("힣")
_FINALS = 28
_N, _B = 4, 17  # final consonants ㄴ, ㅂ by their place in a syllable
#: `[이/가]` behind a word
_PARTICLE = re.compile(r"\[([가-힣]+)/([가-힣]+)\]")
#: verbs whose form before a noun is -는
_DURATIVE = "있없맞"


def final_of(text: str) -> Sound:
    """What the last word ends in; a vowel where that is not known."""
    return sound_of(text) or Sound.VOWEL


def particles(text: str) -> str:
    """`종가[이/가]` -> `종가가`: the first form behind a consonant, the second behind a vowel (and 로 behind ㄹ)."""
    while True:
        found = _PARTICLE.search(text)
        if found is None:
            return text
        final = final_of(text[: found.start()])
        closed = final is Sound.CONSONANT or (final is Sound.RIEUL and found[1] != "으로")
        chosen = found[1] if closed else found[2]
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
            return stem + ("으면" if final is Sound.CONSONANT else "면")
        case "polite":
            return stem + "습니다" if final is Sound.CONSONANT else _with_final(stem, _B) + "니다"
        case "noun" | "past":
            if ending == "noun" and stem[-1] in _DURATIVE:
                return stem + "는"
            return stem + "은" if final is Sound.CONSONANT else _with_final(stem, _N)
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
