"""Parser actions: each grammar rule makes its class of dsl/ast.py, or the plain value of a phrase."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

from lark import Token, Transformer

from dsl import ast
from dsl.catalogue import Unit
from dsl.file_tests import Expect, Expectation

#: deepest nesting of one rule; far beyond what anyone reads, far below what would exhaust the stack
MAX_DEPTH = 60
DURATION_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_KOREAN = {"조": 10**12, "억": 10**8, "천만": 10**7, "백만": 10**6, "십만": 10**5, "만": 10**4, "천": 10**3}
_KOREAN_PART = re.compile(r"([0-9][0-9_]*(?:\.[0-9]+)?)[ ]?(조|억|천만|백만|십만|만|천)?")


class RuleError(Exception):
    """A rule text that is refused while it is built: message code, place, arguments."""

    def __init__(self, code: str, start: int, end: int, **args: str) -> None:
        super().__init__(code)
        self.code, self.start, self.end, self.message_args = code, start, end, args


@dataclass(frozen=True, slots=True)
class Signature:
    """`name(parameters)` of a definition."""

    name: str
    parameters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """`50%` or `50% of rest`."""

    ratio: float
    of_rest: bool


@dataclass(frozen=True, slots=True)
class ShareOf:
    """`10% of` an expression."""

    ratio: float
    expression: ast.Expression


@dataclass(frozen=True, slots=True)
class Amount:
    """A fixed number with its unit, sign included."""

    value: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Range:
    """`low..high`."""

    low: Amount
    high: Amount


@dataclass(frozen=True, slots=True)
class Figure:
    """`max_drawdown < 10%`: [start, end) is the place of the name."""

    name: str
    comparator: str
    amount: Amount
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Refresh:
    """`every day at 09:05 KST` or `every 4h`: milliseconds of the UTC day, and between two instants."""

    at_ms: int
    every_ms: int


@dataclass(frozen=True, slots=True)
class BookPrice:
    """`best bid + 1 tick`."""

    side: str
    ticks: int


@dataclass(frozen=True, slots=True)
class OrderTest:
    """`slippage <= 0.3%`, `filled >= 50%`."""

    subject: str
    operator: str
    ratio: float


@dataclass(frozen=True, slots=True)
class NextOrder:
    """`market if slippage <= 0.3%`, `cancel`."""

    then: str
    tests: tuple[OrderTest, ...]


@dataclass(frozen=True, slots=True)
class LossLimit:
    """`3%`, `30만원`, or `3% or 30만원`."""

    ratio: float | None
    krw: float | None


@dataclass(frozen=True, slots=True)
class ActionWords:
    """`stop_entries`, `freeze_market for 30m`, or `size x0.5` (word `size`, factor 0.5)."""

    word: str
    hold_ms: float | None = None
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class UntilWords:
    """`next day`, `manual` (word), or a duration."""

    word: str
    hold_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase whose meaning is not built yet: its words."""

    words: tuple[str, ...]


#: longest `given:` series
MAX_GIVEN = 100_000
_DAYS_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_MONTHS = 12


def instant_ms(text: str) -> int:
    """UTC ms of `2024-08-05` (the trading day's start, 09:00 KST = 00:00 UTC) or `2024-08-05T13:30` (KST). Raises ValueError."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 2000 <= year <= 2199 or not 1 <= month <= _MONTHS:
        raise ValueError(text)
    length = 29 if month == 2 and leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if not 1 <= day <= length:
        raise ValueError(text)
    leaps = (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400 - 477  # 477 leap days before 1970
    days = (year - 1970) * 365 + leaps + _DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1
    if len(text) == len("2024-08-05"):
        return days * DURATION_MS["d"]
    hour, minute = int(text[11:13]), int(text[14:16])
    if hour > 23 or minute > 59:
        raise ValueError(text)
    return days * DURATION_MS["d"] + (hour - 9) * DURATION_MS["h"] + minute * DURATION_MS["m"]


def number_of(text: str) -> float:
    """`30_000` -> 30000.0; a trailing `%` or `bp` is scaled. One correctly rounded division, so `0.3%` is the double nearest to 0.003."""
    digits = text.replace("_", "").replace(" ", "")
    if digits.endswith("%"):
        return _scaled(digits[:-1], 2)
    if digits.endswith("bp"):
        return _scaled(digits[:-2], 4)
    return float(digits)


def _scaled(digits: str, places: int) -> float:
    return float(f"{digits}e-{places}")


def duration_ms(text: str) -> float:
    """`30m` -> 1800000.0. Raises KeyError for months, which have no fixed length."""
    return float(int(text[:-1]) * DURATION_MS[text[-1]])


def won(text: str) -> float:
    """`1억 5000만` -> 150000000.0. Raises ValueError when the parts do not fall in size."""
    total, last = 0.0, float("inf")
    for digits, unit in _KOREAN_PART.findall(text.removesuffix("KRW").removesuffix("원")):
        scale = _KOREAN.get(unit, 1)
        if scale >= last:
            raise ValueError(text)
        total, last = total + number_of(digits) * scale, scale
    return total


def _start(item: Any) -> int:
    if isinstance(item, Token):
        return item.start_pos or 0
    return int(item.start)


def _end(item: Any) -> int:
    if isinstance(item, Token):
        return item.end_pos or 0
    return int(item.end)


class _Depths(threading.local):
    """Depth of each finished node of the rule that this thread is reading (by node identity it would outlive the parse, so by place)."""

    def __init__(self) -> None:
        self.of: dict[tuple[int, int], int] = {}


class Builder(Transformer[Token, Any]):
    """Called by the parser while it reduces; children are tokens and finished nodes, brackets and words included."""

    def __init__(self) -> None:
        super().__init__()
        self._depths = _Depths()

    def reset(self) -> None:
        """Forget the rule before."""
        self._depths.of.clear()

    def _deep(self, children: list[Any]) -> tuple[int, int]:
        """Span of a node made of `children`, after its depth has been checked."""
        start, end = _start(children[0]), _end(children[-1])
        inside = [self._depths.of.get((child.start, child.end), 0) for child in children if not isinstance(child, Token)]
        depth = 1 + max(inside, default=0)
        if depth > MAX_DEPTH:
            raise RuleError("E107", start, end, limit=str(MAX_DEPTH))
        self._depths.of[start, end] = max(depth, self._depths.of.get((start, end), 0))
        return start, end

    # ---- expressions ----
    def then(self, children: list[Any]) -> ast.Then:
        children = [child for child in children if child is not None]
        window = children[4] if len(children) > 3 else None
        return ast.Then(*self._deep(children), children[0], children[2], window, _start(children[1]))

    def logic(self, children: list[Any]) -> ast.Logic:
        words = children[1::2]
        return ast.Logic(*self._deep(children), tuple(children[::2]), tuple(map(str, words)), tuple(map(_start, words)))

    def not_(self, children: list[Any]) -> ast.Not:
        return ast.Not(*self._deep(children), children[1])

    def conditional(self, children: list[Any]) -> ast.Conditional:
        return ast.Conditional(*self._deep(children), children[0], children[2], children[4])

    def comparison(self, children: list[Any]) -> ast.Comparison:
        return ast.Comparison(*self._deep(children), tuple(children[::2]), tuple(map(str, children[1::2])))

    def between(self, children: list[Any]) -> ast.Between:
        return ast.Between(*self._deep(children), str(children[1]), children[0], children[2], children[4])

    def crosses(self, children: list[Any]) -> ast.Crosses:
        return ast.Crosses(*self._deep(children), str(children[2]), children[0], children[3])

    def trend(self, children: list[Any]) -> ast.Trend:
        return ast.Trend(*self._deep(children), str(children[1]), children[0], children[3])

    def binary(self, children: list[Any]) -> ast.Binary:
        return ast.Binary(*self._deep(children), str(children[1]), children[0], children[2], _start(children[1]))

    def negative(self, children: list[Any]) -> ast.Expression:
        value = children[1]
        if isinstance(value, ast.Literal):
            return ast.Literal(*self._deep(children), -value.value, value.unit)
        return ast.Negative(*self._deep(children), value)

    def index(self, children: list[Any]) -> ast.Index:
        return ast.Index(*self._deep(children), children[0], children[2])

    def at(self, children: list[Any]) -> ast.At:
        return ast.At(*self._deep(children), children[0], str(children[2]), _start(children[1]))

    def name(self, children: list[Any]) -> ast.Name:
        return ast.Name(*self._deep(children), str(children[0]))

    def call(self, children: list[Any]) -> ast.Call:
        arguments = tuple(child for child in children if isinstance(child, ast.Argument))
        present = [child for child in children if child is not None]
        return ast.Call(*self._deep(present), str(children[0]), arguments, _end(children[0]))

    def bracket(self, children: list[Any]) -> ast.Bracket:
        return ast.Bracket(*self._deep(children), children[1])

    def argument(self, children: list[Any]) -> ast.Argument:
        name = str(children[0]) if len(children) == 3 else None
        return ast.Argument(*self._deep(children), name, children[-1])

    # ---- literals ----
    def _literal(self, children: list[Any], value: float, unit: Unit) -> ast.Literal:
        start, end = self._deep(children)  # an amount beyond 1e18 is a slip of the keyboard, and would not be exact
        if not abs(value) < 1e18:
            raise RuleError("E108", start, end)
        return ast.Literal(start, end, value, unit)

    def number(self, children: list[Any]) -> ast.Literal:
        return self._literal(children, number_of(children[0]), Unit.NUMBER)

    def percent(self, children: list[Any]) -> ast.Literal:
        return self._literal(children, number_of(children[0]), Unit.RATIO)

    def basis_points(self, children: list[Any]) -> ast.Literal:
        return self._literal(children, number_of(children[0]), Unit.RATIO)

    def amount(self, children: list[Any]) -> ast.Literal:
        try:
            return self._literal(children, won(children[0]), Unit.MONEY)
        except ValueError:
            raise RuleError("E114", _start(children[0]), _end(children[0])) from None

    def coins(self, children: list[Any]) -> ast.Literal:
        return self._literal(children, won(children[0].rstrip("coins개 ")), Unit.QUANTITY)

    def duration(self, children: list[Any]) -> ast.Literal:
        if children[0].endswith("M"):
            raise RuleError("E115", _start(children[0]), _end(children[0]))
        if len(children[0]) > 12:
            raise RuleError("E108", _start(children[0]), _end(children[0]))
        return self._literal(children, duration_ms(children[0]), Unit.DURATION)

    def bars(self, children: list[Any]) -> ast.Literal | ast.Bars:
        if children[0].type == "NUMBER":
            return self._literal(children, number_of(children[0]), Unit.BARS)
        return ast.Bars(*self._deep(children), ast.Name(_start(children[0]), _end(children[0]), str(children[0])))

    # ---- phrases ----
    def constant(self, children: list[Any]) -> Amount:
        literal = children[-1]
        if not isinstance(literal, ast.Literal):
            raise RuleError("E100", literal.start, literal.end, found=literal.name.name)
        return Amount(-literal.value if children[0] is not None else literal.value, literal.unit)

    def range_of(self, children: list[Any]) -> Range:
        return Range(children[0], children[2])

    def of_equity(self, children: list[Any]) -> Amount:
        return Amount(number_of(children[0]), Unit.RATIO if children[0].type == "PERCENT" else Unit.NUMBER)

    def money(self, children: list[Any]) -> Amount:
        return Amount(self.amount(children).value, Unit.MONEY)

    def whole(self, children: list[Any]) -> Amount:
        return Amount(number_of(children[0]), Unit.NUMBER)

    per_day = whole

    def after_loss(self, children: list[Any]) -> Amount:
        return Amount(self.duration(children[:1]).value, Unit.DURATION)

    def after_exit(self, children: list[Any]) -> Amount:
        return Amount(number_of(children[0]), Unit.BARS)

    def share(self, children: list[Any]) -> Share:
        return Share(number_of(children[0]), children[1] is not None)

    def level(self, children: list[Any]) -> Amount:
        ratio = number_of(children[1])
        return Amount(-ratio if children[0] == "-" else ratio, Unit.RATIO)

    def timeframe(self, children: list[Any]) -> str:
        return str(children[0])

    def at_least(self, children: list[Any]) -> Amount:
        return Amount(number_of(children[0]), Unit.NUMBER)

    def signature(self, children: list[Any]) -> Signature:
        names = [str(child) for child in children if isinstance(child, Token) and child.type == "NAME"]
        return Signature(names[0], tuple(names[1:]))

    def loss_limit(self, children: list[Any]) -> LossLimit:
        limits = [child for child in children if child is not None and child.type in ("PERCENT", "AMOUNT")]
        if len(limits) == 2 and limits[0].type == limits[1].type:
            raise RuleError("E100", _start(limits[1]), _end(limits[1]), found=str(limits[1]))
        found = {limit.type: number_of(limit) if limit.type == "PERCENT" else self.amount([limit]).value for limit in limits}
        return LossLimit(found.get("PERCENT"), found.get("AMOUNT"))

    def action(self, children: list[Any]) -> ActionWords:
        if children[0].type == "SIZE":
            return ActionWords("size", factor=number_of(children[1][1:]))
        hold = next((child for child in children if child is not None and child.type == "DURATION"), None)
        return ActionWords(str(children[0]), None if hold is None else self.duration([hold]).value)

    def until(self, children: list[Any]) -> UntilWords:
        if children[0].type == "DURATION":
            return UntilWords("duration", self.duration(children).value)
        return UntilWords(" ".join(map(str, children)))

    def duration_of(self, children: list[Any]) -> Amount:
        return Amount(self.duration(children).value, Unit.DURATION)

    def _phrase(self, children: list[Any]) -> Phrase:
        return Phrase(tuple(str(child) for child in children if isinstance(child, Token)))

    def refresh(self, children: list[Any]) -> Refresh:
        if len(children) == 2:
            return Refresh(0, int(self.duration(children[1:]).value))
        hours, _, minutes = children[3].partition(":")
        if int(hours) > 23 or int(minutes) > 59:
            raise RuleError("E100", _start(children[3]), _end(children[3]), found=str(children[3]))
        korean = (int(hours) * 60 + int(minutes)) * 60_000
        return Refresh((korean - 9 * DURATION_MS["h"]) % DURATION_MS["d"], DURATION_MS["d"])

    def every(self, children: list[Any]) -> Amount:
        return Amount(self.duration(children[1:]).value, Unit.DURATION)

    def order_price(self, children: list[Any]) -> BookPrice:
        if children[2] is None:
            return BookPrice(str(children[1]), 0)
        ticks = number_of(children[3])
        if ticks != int(ticks) or ticks > 1000:
            raise RuleError("E100", _start(children[3]), _end(children[3]), found=str(children[3]))
        return BookPrice(str(children[1]), -int(ticks) if children[2] == "-" else int(ticks))

    def order_test(self, children: list[Any]) -> OrderTest:
        return OrderTest(str(children[0]), str(children[1]), number_of(children[2]))

    def next_order(self, children: list[Any]) -> NextOrder:
        return NextOrder(str(children[0]), tuple(child for child in children if isinstance(child, OrderTest)))

    def capital(self, children: list[Any]) -> Amount:
        if len(children) == 1:
            return Amount(self.amount(children).value, Unit.MONEY)
        return Amount(number_of(children[0]), Unit.RATIO)

    size_factor = starts_at = positions = clusters = _phrase

    def of_depth(self, children: list[Any]) -> ShareOf:
        return ShareOf(number_of(children[0]), children[-1])

    # ---- the lines of `tests:` ----
    def given_series(self, children: list[Any]) -> tuple[float, ...]:
        values: list[float] = []
        for token in children:
            times, x, item = str(token).rpartition("x") if not str(token).endswith("missing") else _repeated(str(token))
            count = int(times) if x else 1
            if len(values) + count > MAX_GIVEN:
                raise RuleError("E605", _start(token), _end(token), limit=f"{MAX_GIVEN:,}")
            values += [float("nan") if item == "missing" else number_of(item)] * count
        return tuple(values)

    def fires_at(self, children: list[Any]) -> Expectation:
        bars = tuple(_whole(child) for child in children if child is not None and child.type == "NUMBER")
        only = children[-1] is not None and children[-1].type == "ONLY"
        return Expectation(Expect.FIRES_ONLY_AT if only else Expect.FIRES_AT, bars)

    def fires_once(self, _children: list[Any]) -> Expectation:
        return Expectation(Expect.FIRES_TIMES, count=1)

    def fires_times(self, children: list[Any]) -> Expectation:
        return Expectation(Expect.FIRES_TIMES, count=_whole(children[1]))

    def never_fires(self, _children: list[Any]) -> Expectation:
        return Expectation(Expect.FIRES_TIMES, count=0)

    def missing_until(self, children: list[Any]) -> Expectation:
        return Expectation(Expect.MISSING_UNTIL, (_whole(children[3]),))

    def value_at(self, children: list[Any]) -> Expectation:
        _, _, bar, comparator, amount, _, tolerance = children
        width = 0.0 if tolerance is None else tolerance.value
        return Expectation(Expect.VALUE_AT, (_whole(bar),), comparator=str(comparator), value=amount.value, tolerance=width)

    def expect_replay(self, children: list[Any]) -> tuple[Figure, ...]:
        return tuple(child for child in children if isinstance(child, Figure))

    def check(self, children: list[Any]) -> Figure:
        name, comparator, amount = children
        return Figure(str(name), str(comparator), amount, _start(name), _end(name))

    def instant(self, children: list[Any]) -> int:
        try:
            return instant_ms(str(children[0]))
        except ValueError:
            raise RuleError("E606", _start(children[0]), _end(children[0])) from None


def _repeated(text: str) -> tuple[str, str, str]:
    """`3xmissing` in three parts."""
    count = text.removesuffix("missing")
    return count.removesuffix("x"), "x" if count else "", "missing"


def _whole(token: Token) -> int:
    """A number of bars or times. Raises RuleError for 1.5."""
    number = number_of(token)
    if number != int(number) or number > MAX_GIVEN:
        raise RuleError("E607", _start(token), _end(token), limit=f"{MAX_GIVEN:,}")
    return int(number)
