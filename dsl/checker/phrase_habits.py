"""Values of single keys as they are written elsewhere, in the form of this language. What is proposed here has been read by the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsl.builder import RuleError
from dsl.checker.habits import MAX_CHARACTERS, duration
from dsl.parser import parse_phrase

_LENGTH = re.compile(r"(\d+)\s*(초|분|시간|일|주|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[smhdwSHDW])(?![A-Za-z])")
_BARS = re.compile(r"(\d+)\s*(?:봉|캔들|candles?|periods?)")
_SHARES = {"half": "50%", "절반": "50%", "반": "50%", "1/2": "50%", "all": "100%", "everything": "100%", "전부": "100%", "전량": "100%"}
_TIMEFRAMES = {"daily": "1d", "hourly": "1h", "weekly": "1w", "일봉": "1d", "시간봉": "1h", "주봉": "1w", "분봉": "1m"}
#: phrase -> words that may have been left out after the value, or before it
_AFTER = {
    "of_equity": "% of equity", "per_day": " per day", "after_loss": " after loss", "after_exit": " bars after exit", "money": " KRW",
    "share": "%", "timeframe": "m", "duration_of": "m", "loss_limit": "%", "capital": "% of account",
}  # fmt: skip
_DAY = re.compile(r"(?:every\s+day\s+|daily\s+)?(?:at\s+)?(\d{1,2})(?::(\d{2}))?\s*(am|pm|AM|PM|KST)?")


def mended(text: str, phrase: str) -> str | None:
    """`text` in the form of `phrase`, None when it cannot be told."""
    if len(text) > MAX_CHARACTERS:
        return None
    for candidate in _candidates(text.strip(), phrase):
        if candidate == text:
            continue
        try:
            parse_phrase(candidate, phrase)
        except RuleError:
            continue
        return candidate
    return None


def _candidates(text: str, phrase: str) -> Iterator[str]:
    plain = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    plain = _BARS.sub(r"\1 bars", _LENGTH.sub(lambda found: duration(found[1], found[2]), plain))
    yield plain
    if phrase == "timeframe":
        yield _TIMEFRAMES.get(text.lower(), "")
    if phrase == "share":
        yield _SHARES.get(text.lower(), "")
    if phrase == "refresh":
        yield from _refreshes(plain)
    if phrase == "range_of":
        parts = re.findall(r"-?[0-9][0-9_]*(?:\.[0-9]+)?\s*%?", re.sub(r"(?<=[\d%])\s*-", " ", plain))
        yield "..".join(part.strip() for part in parts) if len(parts) == 2 else ""
    if phrase in ("every", "starts_at"):
        yield f"every {plain}" if phrase == "every" else f"{plain} KST"
    number = re.search(r"[0-9][0-9_]*(?:\.[0-9]+)?", plain)
    ratio = re.search(r"[0-9][0-9_]*(?:\.[0-9]+)?\s*%", plain)
    words = _AFTER.get(phrase, "")
    if phrase == "of_equity" and ratio is not None:
        yield f"{ratio[0]} of equity"
    elif words and re.fullmatch(r"[\d_.]+[a-z]?", plain):
        yield plain + words
        yield f"{plain}{words.removeprefix(' bars')}"
    if phrase == "after_exit":
        yield plain + " after exit"
    if phrase in ("whole", "per_day") and number is not None and "%" not in plain and len(re.findall(r"\d+", plain)) == 1:
        yield f"{number[0]}{words}"


def _refreshes(text: str) -> Iterator[str]:
    yield f"every {text}"
    if text.lower() in ("daily", "every day", "매일", "하루"):
        yield "every day at 09:05 KST"
    found = _DAY.fullmatch(text)
    if found is not None:
        hour = int(found[1]) % 12 + 12 * (found[3].lower() == "pm") if found[3] and found[3] != "KST" else int(found[1])
        yield f"every day at {hour:02d}:{found[2] or '00'} KST"
