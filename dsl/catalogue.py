"""What a function of the rule language is, as data: the checker, the reference pages and the law tests all read it from here.

The catalogue itself (the list of functions) is made by `engine.kernel.catalogue` from the op files and handed to the checker as an
argument; `dsl` never imports `engine`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from dsl.messages import Text


class Unit(StrEnum):
    """What a number means. Comparing or adding two different units is an error (ZERO-like plain numbers included)."""

    PRICE = "price"  # KRW per coin
    MONEY = "money"  # KRW
    QUANTITY = "quantity"  # coins
    RATIO = "ratio"  # 2% = 0.02
    DURATION = "duration"  # milliseconds
    BARS = "bars"
    SCORE = "score"  # -1..1
    NUMBER = "number"
    CONDITION = "condition"  # true, false, missing
    SAME = "same"  # in a result: the unit of the first series argument that is not a condition
    EITHER = "either"  # in an argument: a number of any unit or a condition
    ANY = "any"  # in an argument: every numeric unit is accepted; in the result of mul and div: the checker derives it


class ArgKind(StrEnum):
    """How an argument is read."""

    SERIES = "series"  # an expression with one value per bar
    WINDOW = "window"  # a fixed number of bars: `20`, `20 bars`, or a duration such as `24h` (whole bars of the clock it is on)
    NUMBER = "number"  # a fixed number (literal or param)
    ANCHOR = "anchor"  # day | week | month


#: An anchor as a number of the graph: n begins every n bars (from absolute index 0); n + WEEKS begins on Mondays and n + MONTHS on the
#: first of a month, n being the bars of a day.
WEEKS = 0.25
MONTHS = 0.5


#: nothing to say, in any language
UNSAID: Final = Text("", "")


class Memory(StrEnum):
    """How far back a function reads; decides its warm-up and its laws."""

    NONE = "none"  # this bar only
    WINDOW = "window"  # the last n bars
    KEYED = "keyed"  # recursive, restarted on a grid of S bars (design law 3)
    SESSION = "session"  # since the anchor
    EVENT = "event"  # bounded look-back for an event


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument. `minimum`/`maximum` bound WINDOW and NUMBER arguments (both inclusive)."""

    name: str
    kind: ArgKind
    unit: Unit = Unit.ANY
    default: str | None = None  # rule text, e.g. "close" or "14"; None = required
    minimum: float | None = None
    maximum: float | None = None
    keyword_only: bool = False
    hidden: bool = False
    """Always its default, never written: what a function has to know of the bars that it is on."""


@dataclass(frozen=True, slots=True)
class Range:
    """Interval that every defined value lies in; None = unbounded on that side."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """One function or operator of the language.

    A *primitive* has a kernel op of the same name (`body` is None): its graph node gets the SERIES arguments followed by the
    `implicit` series as inputs, and the WINDOW/NUMBER/ANCHOR arguments as parameters, in the order of `args`.
    A *composed* function is rule text over its argument names (`body`), expanded before the graph is built.
    `name` may be dotted (`macd.line`). Names in `OPERATORS` below belong to operators of the grammar, not to calls.
    """

    name: str
    args: tuple[Arg, ...]
    unit: Unit
    memory: Memory = Memory.NONE
    body: str | None = None
    implicit: tuple[str, ...] = ()
    value_range: Range = field(default_factory=Range)
    warmup: Callable[[tuple[float, ...]], int] | None = None
    """Bars before the first defined value (0 = the first bar has one), from the parameters; inputs assumed defined. Primitives only."""
    settle: Callable[[tuple[float, ...]], int] | None = None
    """Bars until the value no longer depends on where the data began (>= warmup; KEYED: 2 x S). Primitives only."""
    korean: str = ""
    english: str = ""
    formula: Text = UNSAID
    """The same in both languages where it is made of names and signs alone."""
    seed: Text = UNSAID
    degenerate: Text = UNSAID
    example: str = ""
    callable_by_user: bool = True
    variadic: bool = False
    """More arguments than the two of `args` may be given: taken two by two from the left."""

    also: tuple[str, ...] = ()
    """What it is called elsewhere, in other programs and in Korean: an unknown name of these is told the right one."""

    @property
    def written(self) -> tuple[Arg, ...]:
        """The arguments that a rule may write."""
        return tuple(arg for arg in self.args if not arg.hidden)


Catalogue = Mapping[str, Function]

#: grammar operator -> primitive op name in the catalogue
OPERATORS: Mapping[str, str] = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "unary -": "neg",
    "<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne",
    "and": "and", "or": "or", "not": "not", "if else": "select", "??": "coalesce",
    "crosses above": "crosses_above", "crosses below": "crosses_below",
    "in": "between", "enters": "enters", "leaves": "leaves",
    "rises for": "rises", "falls for": "falls", "[n]": "lag", "then within": "then",
}  # fmt: skip

#: raw input series (graph leaves), with their units
INPUT_SERIES: Mapping[str, Unit] = {
    "open": Unit.PRICE, "high": Unit.PRICE, "low": Unit.PRICE, "close": Unit.PRICE,
    "volume": Unit.QUANTITY, "value": Unit.MONEY,
}  # fmt: skip

#: what people call the input series in Korean and elsewhere
SERIES_CALLED: Mapping[str, str] = {
    "시가": "open", "고가": "high", "저가": "low", "종가": "close", "현재가": "close", "price": "close", "거래량": "volume",
    "vol": "volume", "amount": "value",
}  # fmt: skip

#: position variables (graph leaves of the position phase), with their units
POSITION_SERIES: Mapping[str, Unit] = {
    "pos.entry": Unit.PRICE, "pos.high": Unit.PRICE, "pos.low": Unit.PRICE,
    "pos.gain": Unit.RATIO, "pos.pnl": Unit.RATIO, "pos.best": Unit.RATIO, "pos.worst": Unit.RATIO, "pos.age": Unit.DURATION,
    "pos.bars": Unit.BARS,
}  # fmt: skip

#: account variables (graph leaves of the account phase), with their units. acct.drawdown has one parameter: its window in ms
ACCOUNT_SERIES: Mapping[str, Unit] = {
    "acct.equity": Unit.MONEY, "acct.cash": Unit.MONEY, "acct.exposure": Unit.RATIO, "acct.drawdown": Unit.RATIO,
    "acct.pnl_today": Unit.RATIO, "acct.pnl_week": Unit.RATIO, "acct.pnl_month": Unit.RATIO,
    "acct.losses_in_row": Unit.NUMBER, "acct.open_positions": Unit.NUMBER,
}  # fmt: skip

#: facts of an intended order (graph leaves of the order phase), with their units; ratios are of the order's value
ORDER_SERIES: Mapping[str, Unit] = {
    "order.value": Unit.MONEY, "order.quantity": Unit.QUANTITY, "order.price": Unit.PRICE,
    "cost.fee": Unit.RATIO, "cost.slippage": Unit.RATIO, "cost.round_trip": Unit.RATIO,
}  # fmt: skip
