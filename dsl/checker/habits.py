"""How rules are written elsewhere (in other programs, in spreadsheets, in Korean sentences), and the same thing in this language.

Asked only about a text that the grammar has already refused, so nothing here can change what a correct file means.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

#: longest text that is looked at: nobody writes more by habit, and searching takes time
MAX_CHARACTERS = 300
Rewrite = str | Callable[[re.Match[str]], str | None] | None


@dataclass(frozen=True, slots=True)
class Habit:
    """key: caret text `E100.label.key`. pattern: the expression for what is written; its group `mark` is what the caret shows,
    else all of it.

    rewrite: what stands for the match in this language (None: there is no one mend). anywhere: the match need not be where reading stopped.
    """

    key: str
    pattern: str
    rewrite: Rewrite = None
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """[start, end): what the caret shows; [first, last): what `text` replaces (None: no one mend)."""

    key: str
    start: int
    end: int
    first: int
    last: int
    text: str | None


_N = r"[0-9][0-9_]*(?:\.[0-9]+)?"
_AMOUNT = rf"-?{_N}\s*(?:%|bp|조|억|천만|백만|만|천)?\s*(?:원|KRW)?"
_CALL = r"[A-Za-z_][A-Za-z0-9_.]*(?:\([^()]*\))?(?:@[0-9]+[a-z])?"
_OPERAND = rf"(?:{_AMOUNT}|{_CALL})"
_WORDS = "and|or|not|if|else|then|within|in|enters|leaves|crosses|above|below|rises|falls|for"
_SIGNS = {"이상": ">=", "이하": "<=", "초과": ">", "미만": "<"}
_UNITS = {
    "초": "s", "분": "m", "시간": "h", "일": "d", "주": "w", "s": "s", "m": "m", "h": "h", "d": "d", "w": "w",
    "second": "s", "sec": "s", "minute": "m", "min": "m", "hour": "h", "hr": "h", "day": "d", "daily": "d", "hourly": "h",
    "week": "w", "weekly": "w", "봉": " bars", "캔들": " bars", "candle": " bars", "period": " bars",
}  # fmt: skip
_LENGTH = "|".join(sorted((unit for unit in _UNITS if len(unit) > 1 or not unit.isascii()), key=len, reverse=True))


def duration(number: str, unit: str) -> str:
    """`5` and `분`, `minutes` or `Min` -> `5m`."""
    word = unit.lower()
    return f"{number or 1}{_UNITS.get(word) or _UNITS[word.removesuffix('s')]}"


def _length(match: re.Match[str]) -> str:
    return duration(match["n"], match["u"])


def _at(match: re.Match[str]) -> str:
    return f"@{duration(match['n'], match['u'])}"


def _korean_sign(match: re.Match[str]) -> str:
    name = match["name"] or ""
    left = name.lower() if re.fullmatch("[A-Z]+", name) else name
    return f"{left}{' ' if left else ''}{_SIGNS[match['mark']]} {match['value'].strip()}"


def _cross(match: re.Match[str]) -> str:
    return f"crosses {'below' if match['mark'] in ('under', 'below', 'down') else 'above'}"


def _range(match: re.Match[str]) -> str:
    return f"in {match['a'].strip()}..{match['b'].strip()}"


def _sign(match: re.Match[str]) -> str:
    return "<" if re.search("below|under|less|lower|smaller", match[0]) else ">"


def _trend(match: re.Match[str]) -> str:
    return f"{'falls' if re.search('fall|decreas', match[0]) else 'rises'} for {match.groupdict().get('n') or 3} bars"


def _small(match: re.Match[str]) -> str | None:
    text = re.sub(rf"\b(?:{_WORDS})\b", lambda word: word[0].lower(), match[0], flags=re.IGNORECASE)
    return text if text != match[0] else None


def _hours(match: re.Match[str]) -> str | None:
    """Whole hours: `9:00..15:00` is over when hour 15 begins, and after 09:00 is from hour 9 on."""
    text = re.sub(r"(\.\.\s*)(\d{1,2}):00", lambda end: f"{end[1]}{int(end[2]) - 1}", match[0])
    text = re.sub(r"([<>])=?(\s*)(\d{1,2}):00", lambda test: f"{'<' if test[1] == '<' else '>='}{test[2]}{int(test[3])}", text)
    text = re.sub(r"(\d{1,2}):00", lambda hour: str(int(hour[1])), text)
    return None if ":" in text else re.sub(r"\btime\b", "hour", text)


def _steps(match: re.Match[str]) -> str | None:
    """`a then b then c within n`: each pair gets the window."""
    parts = re.split(r"\s+then\s+", match[0])
    last, within, window = parts[-1].rpartition(" within ")
    if len(parts) != 3 or not within or " within " in f"{parts[0]}{parts[1]}":
        return None
    return f"({parts[0]} then {parts[1]} within {window}) then {last} within {window}"


def _for_bars(match: re.Match[str]) -> str | None:
    if re.search(r"\b(and|or|then|rises|falls)\b", match["c"]):
        return None
    return f"count({match['c'].strip()}, {match['n']} bars) == {match['n']}"


def _condition_first(match: re.Match[str]) -> str | None:
    parts = (match["a"], match["b"])
    return None if any(re.search(r"\b(or|then|if|else|within)\b", part) for part in parts) else " and ".join(parts)


HABITS: tuple[Habit, ...] = (
    Habit("arrow", r"=(?P<s>[<>])", r"\g<s>="),
    Habit("gap", r"(?P<s>[<>=!])\s+=(?!=)", r"\g<s>="),
    Habit("unequal", r"<>", "!="),
    Habit("unequal", r"=!=|!==", "!="),
    Habit("equal", r"===|:=", "=="),
    Habit("doubled", r"(?P<s>[<>])(?P=s)", r"\g<s>"),
    Habit("capitals", rf"^.*?(?P<mark>\b(?!(?:{_WORDS})\b)(?i:{_WORDS})\b).*$", _small, anywhere=True),
    Habit("column", r"\b(?:df|dataframe|data|params?|define|self)\[(?P<q>['\"])(?P<w>\w+)(?P=q)\]", r"\g<w>"),
    Habit("quotes", r"(?P<q>['\"])(?P<w>[^'\"]*)(?P=q)", r"\g<w>"),
    Habit("output", r"(?P<f>\b(?:macd|bb|stoch|keltner|donchian|supertrend|ichimoku))\((?P<a>[^()]*)\)(?P<mark>\.(?P<out>[a-z]+))(?!\()",
          r"\g<f>.\g<out>(\g<a>)"),
    Habit("method", r"\)\s*(?P<mark>\.[A-Za-z_]+)"),
    Habit("ternary", r"^(?P<c>[^?]+?)\s*(?P<mark>\?)\s*(?P<a>[^?:]+?)\s*:\s*(?P<b>[^?:]+)$", r"\g<a> if \g<c> else \g<b>"),
    Habit("average", r"(?P<n>\d+)\s*일\s*(?:이동평균선?|이평선?|선)", r"sma(close, \g<n>)@1d"),
    Habit("average", r"(?P<n>\d+)\s*봉?\s*(?:이동평균선?|이평선?)", r"sma(close, \g<n>)"),
    Habit("korean_sign", rf"(?P<name>{_CALL})?(?:[이가은는]\s)?\s*(?:[<>]=?)?\s*(?P<value>{_AMOUNT})\s*(?P<mark>이상|이하|초과|미만)",
          _korean_sign),
    Habit("percent", rf"(?P<n>{_N})\s*(?:%\s*[pP]\b|퍼센트|프로\b|percent\b|pct\b)", r"\g<n>%"),
    Habit("suffix", rf"@\s*(?P<n>\d*)\s*(?P<u>[HDWhdw]|{_LENGTH}|[Mm]in|[Hh]ours?|[Dd]ays?)(?![A-Za-z])", _at),
    Habit("coins", rf"(?P<n>{_N})\s*(?P<mark>(?!KRW|USD|WON)[A-Z]{{2,10}})(?![\w(.])", r"\g<n> coins"),
    Habit("minutes", r"@\s*(?P<n>\d+)(?![\w.])", r"@\g<n>m"),
    Habit("length", rf"(?P<n>\d+)\s*(?P<u>(?:{_LENGTH})s?)(?![A-Za-z])", _length),
    Habit("crosses", r"\bcross(?:es|ed|ing)?\s+(?P<mark>above|below|over|under|up|down)\b", _cross),
    Habit("direction", r"(?P<mark>\bcross(?:es|ed|ing)?)\s+(?!above|below)"),
    Habit("sign", r"\b(?:is\s+)?(?P<mark>above|below|under|over)\b", _sign),
    Habit("sign", r"\b(?P<mark>(?:is\s+)?(?:greater|higher|more|bigger|less|lower|smaller)\s+than)\b", _sign),
    Habit("between", rf"(?:\bis\s+)?\b(?P<mark>between)\s+(?P<a>{_OPERAND})\s*(?:and|to|\.\.|~|-|,)\s*(?P<b>{_OPERAND})", _range),
    Habit("range", r"\b(?P<k>in|enters|leaves)\s*(?P<mark>[\[(]\s*(?P<a>[^,()\[\]]+?)\s*,\s*(?P<b>[^,()\[\]]+?)\s*[\])])",
          r"\g<k> \g<a>..\g<b>"),
    Habit("range", rf"\b(?P<k>in|enters|leaves)\s+(?P<mark>(?P<a>{_N}\s*%?)\s*(?:-|~|to)\s*(?P<b>{_N}\s*%?))", r"\g<k> \g<a>..\g<b>"),
    Habit("followed", r"(?P<mark>\bthan)\b(?=.*\bwithin\b)", "then", anywhere=True),
    Habit("lately", r"^(?P<c>(?:(?!\b(?:and|or|then|followed)\b).)*?)\s+(?P<mark>within)\s+(?:the\s+last\s+)?(?P<n>\d+)\s*bars?$",
           r"count(\g<c>, \g<n> bars) >= 1"),
    Habit("condition_first", r"^(?P<mark>if)\s+(?P<a>.+?)\s+then\s+(?P<b>.+)$", _condition_first),
    Habit("steps", r"^.*?\bthen\b.*?\b(?P<mark>then)\b.*$", _steps),
    Habit("followed", r"\b(?:and\s+then|followed\s+by)\b", "then"),
    Habit("truth", r"\s+(?P<mark>is\s+(?:true|on))\b", ""),
    Habit("share", rf"(?P<a>atr\([^()]*\))\s*(?P<mark>%)\s*(?P<s>[<>]=?)\s*(?P<n>{_N})", r"\g<a> / close \g<s> \g<n>%"),
    Habit("power", r"\^|\*\*"),
    Habit("remainder", r"%"),
    Habit("ended", r"(?P<mark>[;.,])\s*$", ""),
    Habit("sigil", r"\$\{?(?P<w>[A-Za-z_]\w*)\}?", r"\g<w>"),
    Habit("round_brackets", r"(?P<f>[A-Za-z_][\w.]*)(?P<mark>\{)(?P<a>[^{}]*)\}", r"\g<f>(\g<a>)"),
    Habit("digits", r"(?<![\w.])\.(?P<d>\d+)", r"0.\g<d>"),
    Habit("digits", r"(?P<n>\d+)\.(?![\d.])", r"\g<n>"),
    Habit("clock", r"^.*?(?P<mark>\d{1,2}:\d{2}).*$", _hours),
    Habit("for_bars", r"^(?P<c>.+?)\s+(?P<mark>for)\s+(?:the\s+last\s+)?(?P<n>\d+)\s*(?:bars?)?$", _for_bars),
    Habit("how_long", r"\b(?P<mark>rises|falls)\s*$", _trend),
    Habit("how_long", r"\b(?P<mark>rises|falls)\s+(?P<n>\d+)(?:\s*bars?)?", _trend),
    Habit("how_long", r"\b(?:is\s+)?(?P<mark>rising|increasing|falling|decreasing)\b", _trend),
    Habit("dangling", r"\s*\b(?P<mark>and|or|then)\s*$", ""),
    Habit("dangling", r"^\s*(?P<mark>and|or|then)\s+", ""),
    Habit("dangling", r"\b(?P<w>and|or)\s+(?P<mark>and|or)\b", r"\g<w>"),
    Habit("operand", r"(?P<mark>[<>]=?|[=!]=|[-+*/]|\bnot)\s*$"),
    Habit("comma", r"\b(?P<f>[A-Za-z_][\w.]*)\s+(?P<mark>(?P<a>open|high|low|close|volume)\s+(?P<n>\d+))", r"\g<f>(\g<a>, \g<n>)"),
    Habit("comma", r"\((?P<a>[A-Za-z_][\w.]*)\s+(?P<mark>(?P<n>\d+))\)", r"(\g<a>, \g<n>)"),
)  # fmt: skip


def meant(text: str, stopped: int) -> Meant | None:
    """What a refused text was probably meant to say; `stopped`: where reading stopped."""
    if len(text) > MAX_CHARACTERS:
        return None
    for habit in HABITS:
        for match in re.finditer(habit.pattern, text):
            if not habit.anywhere and not match.start() - 1 <= stopped <= match.end() + 1:
                continue
            new = match.expand(habit.rewrite) if isinstance(habit.rewrite, str) else habit.rewrite(match) if habit.rewrite else None
            if new == match[0]:  # it is written as it should be already; what is wrong lies elsewhere
                continue
            if habit.key == "capitals" and new is None:
                continue
            group: str | int = "mark" if "mark" in match.re.groupindex else 0
            return Meant(habit.key, match.start(group), match.end(group), match.start(), match.end(), new)
    return _brackets(text, stopped) or _sentence(text, stopped)


def _brackets(text: str, stopped: int) -> Meant | None:
    """A round bracket too many or too few, and a comma where two rules meet."""
    opened: list[int] = []
    for at, character in enumerate(text):
        if character in "([":
            opened.append(at)
        elif character in ")]" and opened:
            opened.pop()
        elif character == ")":
            return Meant("bracket_closed", at, at + 1, at, at + 1, "")
        elif character == "," and not opened and at == stopped:
            return Meant("joined", at, at + 1, at, at + 1, " and")
    if not opened or any(text[at] == "[" for at in opened):
        return None
    end = len(text.rstrip())
    return Meant("bracket_opened", opened[-1], opened[-1] + 1, end, end, ")" * len(opened)) if stopped >= end - 1 else None


def _sentence(text: str, stopped: int) -> Meant | None:
    """A sentence in Korean."""
    found = re.search("[가-힣]+", text)
    if found is None or not re.search(r"[가-힣]\s|\s[가-힣]|[가-힣]$", text):
        return None
    return Meant("sentence", stopped, max(stopped + 1, min(len(text), stopped + 1)), 0, 0, None)
