"""Names and calls of other programs, Korean and glued ones (`EMA20`, `crossover(a, b)`), as this language says them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dsl import ast
from dsl.catalogue import INPUT_SERIES, SERIES_CALLED, ArgKind, Catalogue, Function
from dsl.checker.families import FAMILIES

#: libraries and tables in front of a name
_PREFIX = re.compile(
    r"^(?:ta|math|np|numpy|pd|talib|pta|qtpylib|input|inputs|params?|define|self|this|df|dataframe|data|indicators?)\.", re.I
)
_GLUED = re.compile(r"([A-Za-z가-힣]+)_?(\d{1,4})")
_PREVIOUS = re.compile(r"(?:prev|previous|last|yesterday)_?(open|high|low|close|volume)", re.I)
_ABOVE = ("crossover", "cross", "crosses_above", "crossed_above", "cross_above", "crossup")
_BELOW = ("crossunder", "crosses_below", "crossed_below", "cross_below", "crossdown")
_CHOICE = ("iff", "if", "where", "ifelse", "if_else", "ternary", "choose")
_EMPTY = ("na", "isnan", "isna", "isnull", "is_na", "isblank")
_HOLDING = (
    "position",
    "positions",
    "in_position",
    "has_position",
    "holding",
    "position_size",
    "strategy.position_size",
    "qty",
    "quantity",
    "보유",
)
_AVERAGES = ("이평선", "이동평균선", "이동평균", "이평", "평균선")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CALLED: Mapping[str, str] = {
    "rank": "across.rank", "percentile_rank": "pct_rank", "time": "hour", "profit": "pos.gain", "pos.profit": "pos.gain",
    "pos.return": "pos.gain", "pos.price": "pos.entry", "pos.days": "pos.age", "pos.time": "pos.age", "current_profit": "pos.gain",
    "entry_price": "pos.entry", "수익률": "pos.gain", "매수가": "pos.entry", "평단가": "pos.entry", "진입가": "pos.entry",
    "last_price": "close", "yesterday.high": "prev_day.high", "yesterday.low": "prev_day.low", "yesterday.open": "prev_day.open",
    "yesterday.close": "prev_day.close", "month.open": "session_open(month)", "month.high": "session_high(month)",
    "month.low": "session_low(month)", "month.close": "close", "month.volume": "sum_since(volume, month)",
    "month.value": "sum_since(value, month)", "prev_month.open": "open@1M", "prev_month.high": "high@1M", "prev_month.low": "low@1M",
    "prev_month.close": "close@1M",
    "today.open": "day.open", "today.high": "day.high", "today.low": "day.low", "change": "ret(1)",
    "등락률": "ret(24h)", "변동률": "ret(24h)", "exists": "is_defined", "spread": "book.spread",
}  # fmt: skip
Known = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Guess:
    """label: caret text under the code of the report. text: what stands for the name (or for the whole call); None: no one mend."""

    label: str
    text: str | None


def called_elsewhere(name: str, catalogue: Catalogue) -> str | None:
    """The series or function that is called so in Korean or in other programs."""
    word = name.lower()
    return SERIES_CALLED.get(word) or next((key for key, function in catalogue.items() if word in function.also), None)


def looked_up(name: str, catalogue: Catalogue) -> str | None:
    """What to look up in the reference for a name of other programs: `이평` -> sma, `볼린저밴드` -> bb (all of its values)."""
    bare = _PREFIX.sub("", name)
    found = called_elsewhere(name, catalogue) or _CALLED.get(name.lower()) or called_elsewhere(bare, catalogue)
    if found is None and name in _AVERAGES:
        found = "sma"
    family = (found or "").rpartition(".")[0]
    return family if found in catalogue and family and family not in FAMILIES else found


def name_guess(
    name: str, catalogue: Catalogue, aliases: Mapping[str, str], known: Known, called: Callable[[str], str | None]
) -> Guess | None:
    """What an unknown name was meant to be."""
    market = _market(name, aliases)
    if market is not None:
        return market
    if name.lower() in _HOLDING:
        return Guess("holding", None)
    if name in _AVERAGES:
        return Guess("average", "sma(close, 20)")
    if name.lower()[:3] in _DAYS and name.lower() in (name.lower()[:3], f"{name.lower()[:3]}day"):
        return Guess("weekday", str(_DAYS.index(name.lower()[:3])))
    previous = _PREVIOUS.fullmatch(name)
    if previous is not None:
        return Guess("previous", f"{previous[1].lower()}[1]")
    glued = _GLUED.fullmatch(name)
    if glued is not None:
        base = glued[1].lower()
        function = catalogue.get(base) or catalogue.get(called(base) or "")
        call = None if function is None else _with_length(function, glued[2])
        if call is not None:
            return Guess("glued", call)
    return _renamed(name, known)


def call_guess(call: ast.Call, text: str, known: Known) -> Guess | None:
    """What a call of an unknown function was meant to be; `text` is the rule that holds it."""
    bare = _PREFIX.sub("", call.name).lower()
    given = [text[argument.start : argument.end] for argument in call.arguments]
    base, dot, method = call.name.rpartition(".")
    if bare in _ABOVE + _BELOW and len(given) == 2:
        return Guess("crossing", f"{given[0]} crosses {'above' if bare in _ABOVE else 'below'} {given[1]}")
    if bare in _CHOICE and len(given) == 3:
        return Guess("choice", f"({given[1]} if {given[0]} else {given[2]})")
    if bare in _EMPTY and len(given) == 1:
        return Guess("empty", f"not is_defined({given[0]})")
    if bare in ("prev", "previous", "ref", "lag", "shift") and given:
        return Guess("history", f"{given[0]}[{given[1] if len(given) > 1 else 1}]")
    if bare == "percentile" and len(given) == 2:
        return Guess("", f"pct_rank({', '.join(given)})")
    if dot and method == "shift" and known(base) and len(given) == 1:
        return Guess("history", f"{base}[{given[0]}]")
    if dot and method == "pct_change" and known(base):
        return Guess("method", f"roc({base}, {given[0] if given else 1})")
    if dot and base in INPUT_SERIES:
        return Guess("method", None)
    if call.name in INPUT_SERIES and len(given) == 1:
        return Guess("history", f"{call.name}[{given[0]}]")
    return None


def _market(name: str, aliases: Mapping[str, str]) -> Guess | None:
    """`btc`, `BTC.close`, `btc_close` where `btc` is an alias."""
    for alias in aliases:
        rest = name[len(alias) :]
        if name == alias:
            return Guess("market", f"{alias}.close")
        if name.lower().startswith(alias.lower()) and rest[:1] in (".", "_") and rest[1:].lower() in INPUT_SERIES:
            return Guess("market", f"{alias}.{rest[1:].lower()}")
    return None


def _renamed(name: str, known: Known) -> Guess | None:
    meant = _CALLED.get(name) or _CALLED.get(name.lower())
    if meant is not None:
        return Guess("", meant)
    bare = _PREFIX.sub("", name)
    for candidate in (bare, bare.lower()):
        if bare != name and known(candidate):
            return Guess("prefix", candidate)
    return None


def renamed_call(name: str, known: Known) -> Guess | None:
    """The same function by its name here."""
    return _renamed(name, known)


def _with_length(function: Function, number: str) -> str | None:
    """`ema(close, 20)`, `rsi(14)`: the call with one length."""
    kinds = [arg.kind for arg in function.args if arg.default is None and not arg.keyword_only]
    first = function.args[0].kind if function.args else None
    if kinds == [ArgKind.SERIES, ArgKind.WINDOW]:
        series = {"highest": "high", "lowest": "low"}.get(function.name, "close")
        return f"{function.name}({series}, {number})"
    if first is ArgKind.WINDOW and kinds in ([], [ArgKind.WINDOW]):
        return f"{function.name}({number})"
    return None
