"""`@op` and `composed`: how op files register, and the one catalogue that checker, laws, docs and kernel read.

Importable without numba and numpy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, MutableSequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from dsl.catalogue import UNSAID, Arg, ArgKind, Function, Memory, Range, Unit
from dsl.messages import Text

#: modules of engine.kernel.ops, in the order of the reference pages
FAMILIES: Final = (
    "arithmetic",
    "elementary",
    "comparison",
    "logic",
    "events",
    "memory",
    "windows",
    "statistics",
    "regression",
    "order",
    "averages",
    "weighted",
    "momentum",
    "oscillators",
    "trend",
    "channels",
    "volatility",
    "volume",
    "regimes",
    "sessions",
    "since",
    "market",
    "flow",
)

#: most series (own and implicit) that one op can read
MAX_INPUTS: Final = 5
#: longest window in bars: eleven years of hours, a day of seconds
MAX_WINDOW: Final = 100_000
#: longest window of an op that reads all of it at every bar
MAX_READ: Final = 10_000
#: longest bounded look-back for an event, in bars
MAX_WITHIN: Final = 100_000

#: what a kernel indexes: a raw pointer when compiled, any float sequence when plain
Pointer = MutableSequence[float]
#: kernel ABI of every op (docs/design.md §4): (state, params, x0, x1, x2, x3, x4, y, length, index)
#: state, params, x*, y point to float64; length = bars in this call (>= 1); index = absolute index of the first of them.
Kernel = Callable[[Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, int, int], None]
Twin = Callable[
    [Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, Pointer, int, int, int, int, int, int, int, int],
    None,
]
#: parameters -> a number of bars or of float64
Count = Callable[[tuple[float, ...]], int]
#: parameters -> the state before the first bar
Init = Callable[[tuple[float, ...]], list[float]]


@dataclass(frozen=True, slots=True)
class Op:
    """A primitive: its language entry, the plain kernel function, and the size and first contents of its state.

    state_size(params) == len(init(params)), in float64.
    version: raise it when results change; part of the node key. twin: computes two nodes of this op at once, to the same bits.
    """

    function: Function
    kernel: Kernel
    state_size: Count
    init: Init
    version: int = 1
    twin: Twin | None = None


_FUNCTIONS: Final[dict[str, Function]] = {}
_OPS: Final[dict[str, Op]] = {}


def series(name: str, unit: Unit = Unit.ANY, default: str | None = None) -> Arg:
    """An expression argument. One with a default can only be given by name: `rsi(14, x=open)`."""
    return Arg(name, ArgKind.SERIES, unit, default, keyword_only=default is not None)


def condition(name: str) -> Arg:
    """An argument that is true, false or missing on every bar."""
    return Arg(name, ArgKind.SERIES, Unit.CONDITION)


def anything(name: str) -> Arg:
    """A number or a condition."""
    return Arg(name, ArgKind.SERIES, Unit.EITHER)


def window(name: str = "n", minimum: int = 1, maximum: int = MAX_WINDOW, default: str | None = None) -> Arg:
    """A fixed number of bars."""
    return Arg(name, ArgKind.WINDOW, Unit.BARS, default, minimum, maximum)


def within(default: str | None = None) -> Arg:
    """How many bars an event may lie back; where there is a default it can only be given by name."""
    return Arg("within", ArgKind.WINDOW, Unit.BARS, default, 1, MAX_WITHIN, keyword_only=default is not None)


def number(
    name: str, unit: Unit = Unit.NUMBER, default: str | None = None, minimum: float | None = None, maximum: float | None = None
) -> Arg:
    """A fixed number."""
    return Arg(name, ArgKind.NUMBER, unit, default, minimum, maximum)


def anchor() -> Arg:
    """Where a session begins: day, week, month, or every n bars. The kernel gets one number (dsl.catalogue.WEEKS)."""
    return Arg("anchor", ArgKind.ANCHOR, Unit.BARS, None, 1, None)


def bars_of_day() -> Arg:
    """How many bars of the section make a day. Nobody writes it."""
    return Arg("anchor", ArgKind.ANCHOR, Unit.BARS, "day", 1, None, keyword_only=True, hidden=True)


def in_both(formula: Text | str) -> Text:
    """A formula without words is the same in every language."""
    return Text(formula, formula) if isinstance(formula, str) else formula


def no_bars(_params: tuple[float, ...]) -> int:
    """The warm-up of a function that reads this bar only."""
    return 0


def no_state(_params: tuple[float, ...]) -> list[float]:
    """The state of a function that remembers nothing."""
    return []


def op(
    name: str,
    *,
    args: tuple[Arg, ...],
    unit: Unit,
    korean: str,
    english: str,
    formula: Text | str,
    example: str,
    implicit: tuple[str, ...] = (),
    memory: Memory = Memory.NONE,
    value_range: Range | None = None,
    warmup: Count = no_bars,
    settle: Count = no_bars,
    init: Init = no_state,
    seed: Text = UNSAID,
    degenerate: Text = UNSAID,
    version: int = 1,
    callable_by_user: bool = True,
    variadic: bool = False,
    also: tuple[str, ...] = (),
) -> Callable[[Kernel], Kernel]:
    """Register the decorated kernel as the primitive `name`. Raises ValueError for a second function of that name.

    init(params) gives the state before the first bar; warmup and settle are in bars (dsl.catalogue.Function).
    """
    function = Function(
        name=name,
        args=args,
        unit=unit,
        memory=memory,
        implicit=implicit,
        value_range=value_range or Range(),
        warmup=warmup,
        settle=settle,
        korean=korean,
        english=english,
        formula=in_both(formula),
        seed=seed,
        degenerate=degenerate,
        example=example,
        callable_by_user=callable_by_user,
        variadic=variadic,
        also=also,
    )

    def register(kernel: Kernel) -> Kernel:
        _add(function)
        _OPS[name] = Op(function, kernel, lambda params: len(init(params)), init, version)
        return kernel

    return register


def twin(name: str) -> Callable[[Twin], Twin]:
    """Register the decorated kernel as the one that computes two nodes of `name` at once, each with a single input, of several markets.

    Its arguments begin as the op ABI's: state, params, x0 and y of the first node, and as x1, x2, x3, x4 state, params, x0 and y of the
    second; length, index. Then how many markets, and how far from one to the next it is in state, x0 and x0 of the second, y and y of
    the second (engine.kernel.abi.call_twin). One node of several markets is given to it as two: every other market is the second.
    """

    def register(kernel: Twin) -> Twin:
        _OPS[name] = replace(_OPS[name], twin=kernel)
        return kernel

    return register


def composed(
    name: str,
    body: str,
    *,
    args: tuple[Arg, ...] = (),
    unit: Unit,
    korean: str,
    english: str,
    formula: Text | str,
    example: str,
    value_range: Range | None = None,
    seed: Text = UNSAID,
    degenerate: Text = UNSAID,
    also: tuple[str, ...] = (),
) -> None:
    """Register a function that is rule text over its argument names. Raises ValueError for a second function of that name."""
    _add(
        Function(
            name=name,
            args=args,
            unit=unit,
            body=body,
            value_range=value_range or Range(),
            korean=korean,
            english=english,
            formula=in_both(formula),
            seed=seed,
            degenerate=degenerate,
            example=example,
            also=also,
        )
    )


def _add(function: Function) -> None:
    if function.name in _FUNCTIONS:
        raise ValueError(f"two functions are called {function.name}")
    inputs = sum(arg.kind is ArgKind.SERIES for arg in function.args) + len(function.implicit)
    if function.body is None and inputs > MAX_INPUTS:
        raise ValueError(f"{function.name} reads {inputs} series; the kernel passes {MAX_INPUTS}")
    _FUNCTIONS[function.name] = function


@cache
def _load_families() -> None:
    for family in FAMILIES:
        importlib.import_module(f"engine.kernel.ops.{family}")


def catalogue() -> dict[str, Function]:
    """Every function of the language, primitives and composed, by name. Imports the op files on first use."""
    _load_families()
    return dict(_FUNCTIONS)


def ops() -> dict[str, Op]:
    """Every primitive by name."""
    _load_families()
    return dict(_OPS)
