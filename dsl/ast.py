"""The rule language as frozen values with their places: what the parser makes and the checker reads. Rule word = class word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dsl.catalogue import Unit


@dataclass(frozen=True, slots=True)
class Spanned:
    """Part of a rule text: [start, end) in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Spanned):
    """A number with its unit: `20`, `2%`, `15bp`, `50억`, `30m` (milliseconds), `6 bars`."""

    value: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Bars(Spanned):
    """`n bars`, n a parameter."""

    name: Name


@dataclass(frozen=True, slots=True)
class Name(Spanned):
    """A series, parameter, definition or function without arguments; dotted names keep their dots."""

    name: str


@dataclass(frozen=True, slots=True)
class Argument(Spanned):
    """One argument of a call; `name` is None for positional ones."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Spanned):
    """`name(arguments)`. `name_end`: end of the name."""

    name: str
    arguments: tuple[Argument, ...]
    name_end: int


@dataclass(frozen=True, slots=True)
class Bracket(Spanned):
    """`( value )`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Index(Spanned):
    """`value[offset]`: bars back. `offset` is checked to be a fixed whole number >= 0."""

    value: Expression
    offset: Expression


@dataclass(frozen=True, slots=True)
class At(Spanned):
    """`value@timeframe`. `suffix_start`: the `@`."""

    value: Expression
    timeframe: str
    suffix_start: int


@dataclass(frozen=True, slots=True)
class Binary(Spanned):
    """`left operator right`, operator one of + - * / ??."""

    operator: str
    left: Expression
    right: Expression
    operator_start: int


@dataclass(frozen=True, slots=True)
class Negative(Spanned):
    """`-value`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Comparison(Spanned):
    """`a < b <= c`: `operators[i]` stands between operands i and i+1."""

    operands: tuple[Expression, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between(Spanned):
    """`value in|enters|leaves low..high`, both ends included."""

    kind: str
    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Crosses(Spanned):
    """`left crosses above|below right`."""

    direction: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Trend(Spanned):
    """`value rises|falls for window`."""

    kind: str
    value: Expression
    window: Expression


@dataclass(frozen=True, slots=True)
class Not(Spanned):
    """`not value`."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Spanned):
    """`value if condition else otherwise`."""

    value: Expression
    condition: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Logic(Spanned):
    """`a and b and c`; `operators[i]` and its place stand between operands i and i+1. Mixed operators are refused by the checker."""

    operands: tuple[Expression, ...]
    operators: tuple[str, ...]
    operator_starts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Then(Spanned):
    """`first then second within window`; `word_start`: the word `then`; a missing window is refused by the checker."""

    first: Expression
    second: Expression
    window: Expression | None
    word_start: int


Expression: TypeAlias = (
    Literal
    | Bars
    | Name
    | Call
    | Bracket
    | Index
    | At
    | Binary
    | Negative
    | Comparison
    | Between
    | Crosses
    | Trend
    | Not
    | Conditional
    | Logic
    | Then
)


def children(node: Expression) -> tuple[Expression, ...]:
    """The parts of an expression, in the order of the text."""
    match node:
        case Literal() | Name():
            return ()
        case Bars(name=name):
            return (name,)
        case Call(arguments=arguments):
            return tuple(argument.value for argument in arguments)
        case Bracket(value=value) | At(value=value) | Negative(value=value) | Not(value=value):
            return (value,)
        case Index(value=value, offset=offset):
            return (value, offset)
        case Binary(left=left, right=right) | Crosses(left=left, right=right):
            return (left, right)
        case Comparison(operands=operands) | Logic(operands=operands):
            return operands
        case Between(value=value, low=low, high=high):
            return (value, low, high)
        case Trend(value=value, window=window):
            return (value, window)
        case Conditional(value=value, condition=condition, otherwise=otherwise):
            return (value, condition, otherwise)
        case Then(first=first, second=second, window=window):
            return (first, second) if window is None else (first, second, window)


def unbracketed(node: Expression) -> Expression:
    """The expression without the brackets around it."""
    while isinstance(node, Bracket):
        node = node.value
    return node
