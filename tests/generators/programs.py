"""Random well-typed rule text over the whole language: every function of the catalogue, operators, side series, other markets, other
timeframes, values across markets, history, memory, regimes, factors, definitions with parameters.

A *program* is one rule. Many go into one strategy file as definitions, so that one compile and one run serve them all. Everything is drawn
from one `random.Random`, so a seed repeats it. Text that the checker refuses is a mistake of the generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from dsl.catalogue import Arg, ArgKind, Function, Unit
from dsl.checker.across import FUNCTIONS as ACROSS
from tests.generators.program_words import FLAGS, HELPERS, LEAVES, MINUTES, PLAIN, UNITS, WORLDS, Clocks, callable_functions


@dataclass(frozen=True)
class ProgramFile:
    """A strategy file whose definitions `rule_0`, `rule_1` ... are the programs; `rules`: their texts."""

    text: str
    clocks: Clocks
    rules: dict[str, str]
    functions: frozenset[str]
    """Functions, operators and leaves that the generator wrote by name."""


@dataclass(frozen=True)
class Place:
    """Where an expression stands: its timeframe, whether other timeframes may be named, and whether values across markets may."""

    timeframe: str
    free: bool = True
    across: bool = True
    alias: bool = True


class Programs:
    """Draws programs. `wanted`: functions that are to occur, taken in turn, so that all of them do. whole: with the names of the file."""

    def __init__(self, chance: random.Random, clocks: Clocks, wanted: list[str] | None = None, *, whole: bool = True) -> None:
        self.c = chance
        self.clocks = clocks
        self.wanted = wanted if wanted is not None else []
        self.functions = callable_functions()
        self.used: set[str] = set()
        self.regimes = self.shared = whole

    # ---- roots ----
    def rule(self) -> str:
        """One program: a condition, or a number of some unit; a wanted function stands inside it where there is one left."""
        place, depth = Place(self.clocks.clock), self.c.choice([1, 2, 2, 3, 3, 4, 5])
        if self.wanted and self.c.random() < 0.7:
            return self._around(self.wanted.pop(), place)
        if self.c.random() < 0.65:
            return self.condition(place, depth)
        return self.number(self.c.choice(UNITS), place, depth)

    def _around(self, name: str, place: Place) -> str:
        """A program that calls the function, or reads the series, the score or the regime."""
        if name not in self.functions:
            self._use(name)
            leaf = next((leaf for leaves in LEAVES.values() for leaf in leaves if leaf.partition("(")[0] == name), "")
            if leaf:
                return f"{leaf} >= {leaf}[1]"
            if name in ACROSS:
                return self._around_across(name, place)
            return {"score": "score > 0.1", "regime": "regime == calm", "external.signal": "signal > 2"}.get(name, f"not {name}")
        function = self.functions[name]
        slower = [other for other in self.clocks.slower if self._fits(function, other)]
        inside = place
        if not self._fits(function, place.timeframe) or (slower and self.c.random() < 0.3):
            if not slower:
                self.wanted.insert(0, name)  # in another file
                return self.condition(place, 2)
            inside = Place(self.c.choice(slower), free=False)
        unit = self.c.choice(UNITS[:4]) if function.unit in (Unit.SAME, Unit.ANY) else function.unit
        text, unit = self.call(name, unit, inside, 2), Unit.NUMBER if unit in PLAIN else unit
        if unit is Unit.CONDITION:
            text = self.c.choice([text, f"not ({text})", f"({text}) or ({self.condition(inside, 1)})"])
        elif self.c.random() < 0.5:
            text = f"({text}) {self.c.choice(['>', '<=', '!='])} ({self.number(unit, inside, 1)})"
        return text if inside is place else f"({text})@{inside.timeframe}"

    def _around_across(self, name: str, place: Place) -> str:
        """A program with the function across markets."""
        value = self.number(Unit.PRICE, without_across(place), 1)
        special = {"across.breadth": f"{name}({self.condition(without_across(place), 1)}) > 0.3", "across.top": f"{name}({value}, 2)"}
        return special.get(name, f"{name}({value}) {self._sign()} {'close' if name in ('across.mean', 'across.median') else '0.5'}")

    # ---- conditions ----
    def condition(self, place: Place, depth: int) -> str:
        """True, false or missing."""
        if depth <= 0:
            return self._compared(place, 0)
        forms: list[Callable[[Place, int], str]] = [
            self._compared, self._compared, self._between, self._crosses, self._trend, self._logic, self._logic, self._not, self._then,
            self._memory, self._flag, self._chosen_condition, self._past_condition, self._framed_condition, self._any_of_finer,
            self._counted, self._special, self._shared_condition,
        ]  # fmt: skip
        return self.c.choice(forms)(place, depth)

    def _pair(self, place: Place, depth: int, count: int = 2) -> list[str]:
        unit = self.c.choice(UNITS)
        return [self.number(unit, place, depth - 1) for _ in range(count)]

    def _compared(self, place: Place, depth: int) -> str:
        if self.c.random() < 0.25:
            return f"{self._plain_function(place, depth)} {self._sign()} {self._literal()}"
        parts = self._pair(place, depth, self.c.choice([2, 2, 2, 3]))
        sign = self._sign() if len(parts) == 2 else self.c.choice(["<", ">", "<="])
        self._use({"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}[sign])
        return f" {sign} ".join(f"({part})" for part in parts)

    def _sign(self) -> str:
        return self.c.choice(["<", "<=", ">", ">=", "<", ">", "==", "!="])

    def _plain_function(self, place: Place, depth: int) -> str:
        return f"({self.number(Unit.NUMBER, place, depth - 1)})"

    def _between(self, place: Place, depth: int) -> str:
        word = self.c.choice(["in", "enters", "leaves"])
        self._use({"in": "between"}.get(word, word))
        x, low, high = self._pair(place, depth, 3)
        return f"({x}) {word} ({low})..({high})"

    def _crosses(self, place: Place, depth: int) -> str:
        word = self.c.choice(["above", "below"])
        self._use(f"crosses_{word}")
        a, b = self._pair(place, depth)
        return f"({a}) crosses {word} ({b})"

    def _trend(self, place: Place, depth: int) -> str:
        word = self.c.choice(["rises", "falls"])
        self._use(word)
        x = self._series(self.c.choice(UNITS), place, depth - 1)
        return f"({x}) {word} for {self.c.randint(1, 3)} bars"

    def _logic(self, place: Place, depth: int) -> str:
        word = self.c.choice(["and", "or"])
        self._use(word)
        return f" {word} ".join(f"({self.condition(place, depth - 1)})" for _ in range(self.c.choice([2, 2, 3])))

    def _not(self, place: Place, depth: int) -> str:
        self._use("not")
        return f"not ({self.condition(place, depth - 1)})"

    def _then(self, place: Place, depth: int) -> str:
        self._use("then")
        return f"({self.condition(place, depth - 1)}) then ({self.condition(place, depth - 1)}) within {self.c.randint(1, 12)} bars"

    def _memory(self, place: Place, depth: int) -> str:
        self._use("latch")
        on, off = self.condition(place, depth - 1), self.condition(place, depth - 1)
        return f"latch(on={on}, off={off}{self._within()})"

    def _within(self) -> str:
        return "" if self.c.random() < 0.05 else f", within={self.c.randint(1, 20)} bars"

    def _flag(self, place: Place, _depth: int) -> str:
        name = self.c.choice([*FLAGS, "market.caution"])
        self._use(name)
        return self._of_alias(name, place)

    def _chosen_condition(self, place: Place, depth: int) -> str:
        self._use("if_ready")
        otherwise = self.c.choice(["true", "false", self.condition(place, depth - 1)])
        return f"if_ready({self.condition(place, depth - 1)}, otherwise={otherwise})"

    def _past_condition(self, place: Place, depth: int) -> str:
        self._use("lag")
        return f"({self.condition(replace_free(place), depth - 1)})[{self.c.randint(1, 4)}]"

    def _framed_condition(self, place: Place, depth: int) -> str:
        slower = self._slower(place)
        if slower is None:
            return self.condition(place, depth - 1)
        return f"({self.condition(slower, depth - 1)})@{slower.timeframe}"

    def _any_of_finer(self, place: Place, depth: int) -> str:
        finer = self._finer(place)
        if finer is None:
            return self._compared(place, depth)
        kind = self.c.choice(["any", "last"])
        self._use(f"over.{kind}")
        return f"{kind}(({self.condition(finer, depth - 1)})@{finer.timeframe}, over={self._over(place)})"

    def _counted(self, place: Place, depth: int) -> str:
        self._use("count")
        return f"count({self.condition(place, depth - 1)}, {self.c.randint(2, 6)} bars) >= {self.c.randint(1, 3)}"

    def _special(self, place: Place, depth: int) -> str:
        """Regime, score, a member's place among all, helpers, whether something is defined."""
        kind = self.c.randrange(6)
        if kind == 0 and self.regimes and place.timeframe == self.clocks.clock:
            self._use("regime")
            return f"regime {self.c.choice(['==', '!='])} {self.c.choice(['wild', 'calm', 'neither'])}"
        if kind == 1 and self.regimes and place.timeframe == self.clocks.clock:
            self._use("score")
            return f"score {self._sign()} {self.c.choice(['0', '0.2', '-0.3'])}"
        if kind == 2 and place.across:
            self._use("across.top")
            return f"across.top({self._inside_across(place, depth)}, {self.c.randint(1, 2)})"
        if kind == 3:
            self._use("helper_seen")
            return f"helper_seen({self.condition(replace_free(place), depth - 1)}, {self.c.randint(1, 5)})"
        self._use("is_defined")
        unit = self.c.choice(UNITS)
        return f"is_defined({self.number(unit, place, depth - 1) if kind == 4 else self.condition(place, depth - 1)})"

    # ---- numbers ----
    def number(self, unit: Unit, place: Place, depth: int) -> str:
        """A value of the unit that is no fixed number."""
        if depth <= 0:
            return self._leaf(unit, place)
        forms: list[Callable[[Unit, Place, int], str]] = [
            self._function, self._function, self._function, self._function, self._arithmetic, self._arithmetic, self._chosen, self._extreme,
            self._default, self._past, self._framed, self._folded, self._across, self._helper, self._shared_number,
        ]  # fmt: skip
        return self.c.choice(forms)(unit, place, depth)

    def _leaf(self, unit: Unit, place: Place) -> str:
        if unit is Unit.BARS:
            self._use("bars_since")
            return f"bars_since(close {self.c.choice(['>', '<'])} open, within={self.c.randint(2, 20)} bars)"
        if unit is Unit.NUMBER and self.c.random() < 0.6:
            a, b = self.c.choice([("high", "low"), ("close", "open"), ("volume", "volume[1]"), ("close", "close[2]")])
            self._use("div")
            return f"({self._of_alias(a, place)} / {b} - 1)"
        name = self.c.choice(LEAVES[unit])
        if "signal" in name:
            self._use("external.signal")
            return name
        self._use(name.partition("(")[0])
        return self._of_alias(name, place)

    def _of_alias(self, text: str, place: Place) -> str:
        """Now and then of the other market."""
        if not place.alias or self.c.random() > 0.15:
            return text
        self._use("alias")
        return f"lead.{text}"

    def _series(self, unit: Unit, place: Place, depth: int) -> str:
        """An argument: not a bare value of another timeframe, whose bars are not this one's."""
        return self.number(unit, replace_free(place), depth)

    def _function(self, unit: Unit, place: Place, depth: int) -> str:
        fits = [
            name for name, function in self.functions.items()
            if (function.unit is unit or (unit is Unit.NUMBER and function.unit in PLAIN) or function.unit is Unit.SAME)
            and self._fits(function, place.timeframe)
        ]  # fmt: skip
        return self.call(self.c.choice(fits), unit, place, depth) if fits else self._leaf(unit, place)

    def call(self, name: str, unit: Unit, place: Place, depth: int) -> str:
        """A call of a catalogue function that gives the unit."""
        function = self.functions[name]
        self._use(name)
        if function.unit is not Unit.SAME or unit is Unit.CONDITION:
            unit = self.c.choice(UNITS[:4])
        if unit is Unit.QUANTITY and any(arg.kind is ArgKind.NUMBER and arg.unit is Unit.ANY for arg in function.args):
            unit = Unit.NUMBER if function.unit is not Unit.SAME else unit  # there is no fixed number of coins
        alias = place.alias and self.c.random() < 0.1 and function.body is None
        own = Place(place.timeframe, place.free, False, alias=False) if alias else place
        written = [self._argument(arg, unit, own, depth) for arg in function.written if self._given(function, arg, unit, depth)]
        if alias:
            self._use("alias")
        start = f"lead.{name}" if alias else name
        if not function.written and self.c.random() < 0.5:
            return start
        return f"{start}({', '.join(written)})" if written or "." not in name or function.body is None else f"{start}()"

    def _given(self, function: Function, arg: Arg, unit: Unit, depth: int) -> bool:
        """Whether the argument is written: windows are, so that values settle soon; a series with a default where another unit is needed,
        and else now and then."""
        if arg.default is None or arg.kind is not ArgKind.SERIES:
            return True
        return (function.unit is Unit.SAME and unit is not Unit.PRICE) or (depth > 0 and self.c.random() < 0.3)

    def _argument(self, arg: Arg, unit: Unit, place: Place, depth: int) -> str:
        low = int(arg.minimum or 1)
        texts = {
            ArgKind.WINDOW: lambda: self._window(place, low, low + 3 if arg.name != "within" else 20),
            ArgKind.NUMBER: lambda: self._fixed(arg, unit),
            ArgKind.ANCHOR: lambda: self._anchor(place),
            ArgKind.SERIES: lambda: self._series_argument(arg, unit, place, depth),
        }
        return f"{arg.name}={texts[arg.kind]()}"

    def _window(self, place: Place, low: int, high: int) -> str:
        """Bars, now and then as the time that they take."""
        count = self.c.randint(low, high)
        as_time = MINUTES[place.timeframe] <= MINUTES["1d"] and self.c.random() < 0.2
        return f"{count * MINUTES[place.timeframe]}m" if as_time else self.c.choice([f"{count}", f"{count} bars"])

    def _series_argument(self, arg: Arg, unit: Unit, place: Place, depth: int) -> str:
        if arg.unit is Unit.CONDITION:
            return self.condition(replace_free(place), depth - 1)
        return self._series(unit if arg.unit in (Unit.ANY, Unit.EITHER, Unit.SAME) else arg.unit, place, depth - 1)

    def _fixed(self, arg: Arg, unit: Unit) -> str:
        if arg.unit is Unit.ANY and arg.name != "q":  # two that bound a series, of its unit
            low = arg.name in ("lo", "best")
            return self._of_unit(1.0 if low else self.c.choice([1.5, 200.0, 1e6]), unit)
        if arg.name == "levels":
            return str(self.c.randint(1, 3))
        if arg.name == "q":
            return self.c.choice(["0", "25%", "0.5", "1"])
        return f"{self.c.choice([0.02, 0.5, 1.0, 2.5]) if arg.maximum is None else self.c.choice([0.02, 0.2])}"

    def _of_unit(self, number: float, unit: Unit) -> str:
        if unit in (Unit.PRICE, Unit.MONEY):
            return f"{number:.0f} KRW"
        return "0" if unit is Unit.QUANTITY else f"{number:.0f}m" if unit is Unit.DURATION else f"{number}"

    def _anchor(self, place: Place) -> str:
        calendar = ["week", "month"] if self.clocks.base == "1h" else []
        return self.c.choice(["day", "day", f"{self.c.randint(2, 12)} bars", *calendar])

    def _arithmetic(self, unit: Unit, place: Place, depth: int) -> str:
        a = self.number(unit, place, depth - 1)
        kind = self.c.randrange(6)
        if kind < 2:
            self._use("add" if kind else "sub")
            return f"({a}) {'+' if kind else '-'} ({self.number(unit, place, depth - 1)})"
        if kind == 2:
            self._use("neg")
            return f"-({a})"
        self._use("mul")
        if unit is not Unit.NUMBER:
            return f"({a}) * ({self._plain_product(place, depth)})" if unit in UNITS[:3] else f"({a}) + ({a})"
        if kind == 3:
            other = self.c.choice(UNITS[:3])
            self._use("div")
            return f"({self.number(other, place, depth - 1)}) / ({self.number(other, place, depth - 1)})"
        return f"({a}) {self.c.choice(['*', '/'])} ({self.number(unit, place, depth - 1)})"

    def _plain_product(self, place: Place, depth: int) -> str:
        return self.c.choice(["0.5", "1.01", "-2", self.number(Unit.NUMBER, place, depth - 1)])

    def _chosen(self, unit: Unit, place: Place, depth: int) -> str:
        self._use("select")
        a, b = self.number(unit, place, depth - 1), self.number(unit, place, depth - 1)
        return f"(({a}) if ({self.condition(place, depth - 1)}) else ({b}))"

    def _extreme(self, unit: Unit, place: Place, depth: int) -> str:
        parts = [self.number(unit, place, depth - 1) for _ in range(self.c.choice([2, 2, 3]))]
        name = self.c.choice(["min", "max"])
        self._use(name)
        return f"{name}({', '.join(parts)})"

    def _default(self, unit: Unit, place: Place, depth: int) -> str:
        self._use("coalesce")
        return f"(({self.number(unit, place, depth - 1)}) ?? ({self.number(unit, place, depth - 1)}))"

    def _past(self, unit: Unit, place: Place, depth: int) -> str:
        self._use("lag")
        return f"({self._series(unit, place, depth - 1)})[{self.c.randint(0, 5)}]"

    def _framed(self, unit: Unit, place: Place, depth: int) -> str:
        slower = self._slower(place)
        if slower is None:
            return self._function(unit, place, depth)
        return f"({self.number(unit, slower, depth - 1)})@{slower.timeframe}"

    def _folded(self, unit: Unit, place: Place, depth: int) -> str:
        finer = self._finer(place)
        if finer is None:
            return self._function(unit, place, depth)
        kind = self.c.choice(["last", "min", "max", "sum"])
        self._use(f"over.{kind}")
        return f"{kind}(({self.number(unit, finer, depth - 1)})@{finer.timeframe}, over={self._over(place)})"

    def _across(self, unit: Unit, place: Place, depth: int) -> str:
        if not place.across:
            return self._function(unit, place, depth)
        top = f", top={self.c.randint(1, 3)}" if self.c.random() < 0.4 and MINUTES[place.timeframe] <= MINUTES["1d"] else ""
        if unit is Unit.NUMBER and self.c.random() < 0.7:
            name = self.c.choice(["rank", "pct_rank", "zscore", "breadth"])
            self._use(f"across.{name}")
            if name == "breadth":
                return f"across.breadth({self.condition(without_across(place), depth - 1)}{top})"
            order = f", order={self.c.choice(['asc', 'desc'])}" if name != "zscore" and self.c.random() < 0.5 else ""
            return f"across.{name}({self._inside_across(place, depth)}{order}{top})"
        name = self.c.choice(["mean", "median"])
        self._use(f"across.{name}")
        return f"across.{name}({self.number(unit, without_across(place), depth - 1)}{top})"

    def _inside_across(self, place: Place, depth: int) -> str:
        inside = place if self.c.random() < 0.1 else without_across(place)
        return self.number(self.c.choice(UNITS[:4]), inside, depth - 1)

    def _helper(self, unit: Unit, place: Place, depth: int) -> str:
        n = self.c.randint(2, 4)
        if unit is Unit.NUMBER:
            self._use("helper_spread")
            return f"helper_spread({self._series(self.c.choice(UNITS[:4]), place, depth - 1)}, {n})"
        self._use("helper_smooth")
        return f"helper_smooth({self._series(unit, place, depth - 1)}, {n})"

    def _shared_number(self, unit: Unit, place: Place, depth: int) -> str:
        if not self.shared or unit is not Unit.NUMBER:
            return self._function(unit, place, depth)
        return self._shared(place, "shared_number")

    def _shared_condition(self, place: Place, depth: int) -> str:
        return self._shared(place, "shared_condition") if self.shared else self._compared(place, depth)

    def _shared(self, place: Place, name: str) -> str:
        """A definition of the file: the same text on whatever bars, of whatever market."""
        self._use(name)
        text = f"lead.{name}" if place.alias and self.c.random() < 0.2 else name
        slower = self._slower(place)
        return f"{text}@{slower.timeframe}" if slower is not None and self.c.random() < 0.5 else text

    # ---- places ----
    def _slower(self, place: Place) -> Place | None:
        slower = [name for name in self.clocks.slower if MINUTES[name] > MINUTES[place.timeframe]]
        if place.timeframe == "1w":
            slower = []
        return (
            Place(self.c.choice(slower), place.free and self.c.random() < 0.3, place.across, place.alias) if place.free and slower else None
        )

    def _finer(self, place: Place) -> Place | None:
        if not place.free or place.timeframe != self.clocks.clock or not self.clocks.finer:
            return None
        return Place(self.c.choice(self.clocks.finer), False, place.across, place.alias)

    def _over(self, place: Place) -> str:
        return self.c.choice([place.timeframe, place.timeframe, *(name for name in self.clocks.slower if name not in ("1w", "1M"))])

    def _fits(self, function: Function, timeframe: str) -> bool:
        """Whether the function can be on such bars: anchors and the day's own values need bars that divide a day."""
        anchored = any(arg.kind is ArgKind.ANCHOR for arg in function.args)
        calendar = function.name.startswith(("day.", "prev_day.", "week.", "prev_week."))
        if function.name.startswith("prev_") and MINUTES[timeframe] >= MINUTES["1d" if "day" in function.name else "1w"]:
            return False
        return MINUTES[timeframe] <= MINUTES["1d"] or not (anchored or calendar)

    def _literal(self) -> str:
        return self.c.choice(["0", "1", "0.5", "-1", "2%", "15bp", "50", "1e-6"])

    def _use(self, name: str) -> None:
        self.used.add(name)


def replace_free(place: Place) -> Place:
    """The same place, on its own timeframe only."""
    return Place(place.timeframe, False, place.across, place.alias)


def without_across(place: Place) -> Place:
    """The same place, for values of one market."""
    return Place(place.timeframe, place.free, False, place.alias)


def random_file(chance: random.Random, count: int, wanted: list[str] | None = None, clocks: Clocks | None = None) -> ProgramFile:
    """A file of `count` programs; `lead` is the first of its markets. Half of the files have a universe."""
    clocks = clocks or chance.choice(WORLDS)
    inner = Programs(chance, clocks, whole=False)
    clock, anywhere = Place(clocks.clock), Place("1w", free=False, across=False, alias=False)
    shared = {"shared_number": inner.number(Unit.NUMBER, anywhere, 2), "shared_condition": inner.condition(anywhere, 2)}
    regimes = {name: inner.condition(clock, 2) for name in ("wild", "calm")}
    factors = {f"factor_{k}": f"clamp({inner.number(Unit.NUMBER, clock, 2)}, -1, 1)" for k in range(2)}
    programs = Programs(chance, clocks, wanted)
    rules = {f"rule_{k}": programs.rule() for k in range(count)}
    lines = [
        "schema: strategy/1",
        "name: programs",
        "title: programs",
        f"clock: {clocks.clock}",
        "aliases:",
        "  lead: KRW-AAA",
        "external:",
        "  signal: {or: api, stale_after: 5m}",
    ]
    if chance.random() < 0.5:
        lines += ["universe:", "  refresh: every day at 09:05 KST", "  keep:", "    traded: volume > 0"]
    else:
        lines += ["markets: [KRW-AAA, KRW-BBB, KRW-CCC, KRW-DDD]"]
    lines += ["define:", *(f"  {name}: {text}" for name, text in {**HELPERS, **shared, **rules}.items())]
    lines += ["regime:", *(f"  {name}: {text}" for name, text in regimes.items()), "  otherwise: neither"]
    lines += ["factors:", *(f"  {name}: {{value: '{text}', weight: 0.5}}" for name, text in factors.items())]
    lines += ["score:", "  combine: weighted_mean", f"  missing_factor: {chance.choice(['block', 'neutral', 'skip'])}"]
    lines += ["entry: score > 0 and regime == calm", "exits:", "  stop:", "    at: -2%"]
    return ProgramFile("\n".join(lines) + "\n", clocks, rules, frozenset(programs.used | inner.used))
