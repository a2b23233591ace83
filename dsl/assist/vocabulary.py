"""Every name that a rule may use, from the catalogue and the tables of series: what completion proposes and hover explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dsl.assist.answers import Kind
from dsl.catalogue import (
    ACCOUNT_SERIES,
    INPUT_SERIES,
    ORDER_SERIES,
    POSITION_SERIES,
    UNSAID,
    Arg,
    ArgKind,
    Catalogue,
    Function,
    Memory,
    Range,
    Unit,
)  # fmt: skip
from dsl.checker.across import FUNCTIONS
from dsl.diagnostics import Language
from dsl.messages import Text, text, texts
from dsl.side_series import SIDE_SERIES

_X = Arg("x", ArgKind.SERIES)
_OVER = Arg("over", ArgKind.WINDOW, Unit.DURATION, keyword_only=True)
#: functions that the checker knows without the catalogue: name -> unit, arguments, example
_FORMS: Mapping[str, tuple[Unit, tuple[Arg, ...], str]] = {
    "depth": (
        Unit.MONEY, (Arg("side", ArgKind.SERIES), Arg("within", ArgKind.NUMBER, Unit.RATIO)), "depth(bid, 0.5%) >= 5천만"
    ),
    "last": (Unit.SAME, (_X, _OVER), "last(rsi(14)@1m, over=5m) < 25"),
    "any": (Unit.CONDITION, (Arg("cond", ArgKind.SERIES, Unit.CONDITION), _OVER), "any((rsi(14) < 25)@1m, over=5m)"),
}  # fmt: skip
#: `order=` of ranks, which the checker reads itself: without it the smallest is first
_ORDER = Arg("order", ArgKind.NUMBER, Unit.NUMBER, "asc", keyword_only=True)


class Where(StrEnum):
    """Rules in which a name means something."""

    ANYWHERE = "anywhere"
    POSITION = "position"  # exits, and definitions that exits use
    ENTRY = "entry"  # facts of the order: entry and sizing
    RISK = "risk"  # facts of the account: risk files


@dataclass(frozen=True, slots=True)
class Term:
    """One name of the language. args: None for a name that takes no brackets."""

    name: str
    kind: Kind
    unit: Unit
    where: Where
    args: tuple[Arg, ...] | None
    korean: str
    english: str
    example: str = ""
    formula: Text = UNSAID
    value_range: Range = field(default_factory=Range)
    memory: Memory = Memory.NONE

    def line(self, language: Language) -> str:
        """What it is, in one line."""
        return self.korean if language is Language.KOREAN else self.english

    @property
    def needs_arguments(self) -> bool:
        """Whether it means nothing without brackets."""
        return self.args is not None and any(arg.default is None for arg in self.args)


def vocabulary(catalogue: Catalogue) -> dict[str, Term]:
    """Names of the language by name."""
    return {term.name: term for term in (*_tables(), *_forms(), *_functions(catalogue))}


def _functions(catalogue: Catalogue) -> Iterator[Term]:
    for function in catalogue.values():
        if function.callable_by_user:
            yield _function(function)


def _function(function: Function) -> Term:
    return Term(
        function.name, Kind.FUNCTION if function.written else Kind.SERIES, function.unit, Where.ANYWHERE, function.written or None,
        function.korean, function.english, function.example, function.formula, function.value_range, function.memory,
    )  # fmt: skip


def _tables() -> Iterator[Term]:
    tables: tuple[tuple[Mapping[str, Unit], Kind, Where], ...] = (
        (INPUT_SERIES, Kind.SERIES, Where.ANYWHERE),
        (POSITION_SERIES, Kind.MEMBER, Where.POSITION),
        (ACCOUNT_SERIES, Kind.MEMBER, Where.RISK),
        (ORDER_SERIES, Kind.MEMBER, Where.ENTRY),
    )
    for table, kind, where in tables:
        for name, unit in table.items():
            yield Term(name, kind, unit, where, None, *_said(name))
    for name, series in SIDE_SERIES.items():
        if name != "universe.member":  # the checker's own
            args = series.args or None
            kind = Kind.FUNCTION if args else Kind.MEMBER
            yield Term(
                name, kind, series.unit, Where.ANYWHERE, args, series.korean, series.english, series.example,
                value_range=series.value_range,
            )  # fmt: skip


def _forms() -> Iterator[Term]:
    """What is no entry of the catalogue: values across markets, folds of finer bars, the book's depth, the score and the regime."""
    for function in FUNCTIONS.values():
        ranks = function.name in ("across.rank", "across.pct_rank")
        yield _function(replace(function, args=(*function.args, _ORDER)) if ranks else function)
    for name, (unit, args, example) in _FORMS.items():
        yield Term(name, Kind.FUNCTION, unit, Where.ANYWHERE, args, *_said(name), example=example)
    yield Term("score", Kind.SERIES, Unit.SCORE, Where.ANYWHERE, None, *_said("score"), example="score >= 0.35")
    yield Term("regime", Kind.SERIES, Unit.ANY, Where.ANYWHERE, None, *_said("regime"), example="regime == trending")


def _said(name: str) -> tuple[str, str]:
    """The line about a name that no table of the language has one for."""
    entry = texts("assist").get(f"term.{name}")
    return (entry.ko, entry.en) if entry is not None else ("", "")


def unit_word(unit: Unit, language: Language) -> str:
    """`price (KRW per coin)`; empty for units that say nothing."""
    known = texts("diagnostics").get(f"unit.{unit.value}")
    if known is None or unit in (Unit.ANY, Unit.SAME):
        return ""
    return text(f"diagnostics.unit.{unit.value}", language)


def bar_word(timeframe: str, language: Language) -> str:
    """`4h` -> `4시간봉`, `4h bar`."""
    return text(f"assist.bar.{timeframe[-1]}", language, count=timeframe[:-1])


def range_text(found: Range) -> str:
    """`0..100`; empty when nothing bounds the value."""
    if found.low is None and found.high is None:
        return ""
    return f"{'' if found.low is None else f'{found.low:g}'}..{'' if found.high is None else f'{found.high:g}'}"
