"""`tests:` of a strategy file -> what will be run: every phrase is read and held against the rule when the file is checked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from dsl.builder import Amount, Figure
from dsl.catalogue import INPUT_SERIES, Unit
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.settings import StrategyDocument, check_market
from dsl.checker.values import PLAIN, Value, comparable
from dsl.document import suggestion
from dsl.file_tests import Check, Expect, Expectation, FileTest, Given, ReplayTest, RuleTest
from dsl.prune import extracted
from dsl.side_series import EXTERNAL_PREFIX, SIDE_SERIES
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

#: figures of a replay and their units: buys, closed trades, of them won and lost, change of equity, worst fall of equity (>= 0), fees
METRICS: Final = {
    "entries": Unit.NUMBER, "trades": Unit.NUMBER, "wins": Unit.NUMBER, "losses": Unit.NUMBER, "win_rate": Unit.RATIO,
    "profit": Unit.MONEY, "return": Unit.RATIO, "max_drawdown": Unit.RATIO, "fees": Unit.MONEY,
}  # fmt: skip
#: what must not lie above what in one bar
_ORDER: Final = (("low", "open"), ("low", "close"), ("open", "high"), ("close", "high"), ("low", "high"))
#: of the series beside the candles, those that a message names
_SHOWN: Final = ("market.warning", "book.spread", "flow.bought")
_PRICES: Final = ("open", "high", "low", "close")


def read_tests(scope: Scope, document: StrategyDocument, conditions: Conditions) -> tuple[FileTest, ...]:
    """All tests that could be understood, in file order."""
    found = document.root.find("tests") if isinstance(document.root, Mapping) else None
    items = found[1].items if found is not None and isinstance(found[1], Sequence) else ()
    found_ones = ((number, item) for number, item in enumerate(items) if isinstance(item, Mapping) and item.entries)
    tests = (_Reader(scope, conditions, item, number).test() for number, item in found_ones)
    return tuple(test for test in tests if test is not None)


def _sides(scope: Scope) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Series beside the candles that a test can give, by the name that a rule without arguments calls them by: leaf and parameters."""
    found: dict[str, tuple[str, tuple[float, ...]]] = {name: (f"{EXTERNAL_PREFIX}{name}", ()) for name in scope.externals}
    for name, series in SIDE_SERIES.items():
        defaults = [arg.default for arg in series.args]
        if name != "universe.member" and series.unit is not Unit.DURATION and None not in defaults:
            found[name] = (name, tuple(float(default) for default in defaults if default is not None))
    return found


class _Reader:
    """One test of the list."""

    def __init__(self, scope: Scope, conditions: Conditions, item: Mapping, number: int) -> None:
        self.scope, self.conditions, self.item = scope, conditions, item
        self.path = ("tests", number)
        self.sides = _sides(scope)

    def _text(self, *keys: str) -> RuleText | None:
        node: YamlNode = self.item
        for key in keys:
            found = node.find(key) if isinstance(node, Mapping) else None
            if found is None:
                return None
            node = found[1]
        return RuleText(node, (*self.path, *keys)) if isinstance(node, Scalar) and node.text else None

    def test(self) -> FileTest | None:
        """The test, or None after its mistakes have been reported."""
        rule, replay = self.item.find("rule"), self.item.find("replay")
        if (rule is None) == (replay is None):
            key = rule[0] if rule is not None else self.item.entries[0][0]
            self._refuse(key, "both" if rule is not None else "")
            return None
        given = self.item.find("given")
        if rule is not None and (given is None or (isinstance(given[1], Mapping) and not given[1].entries)):
            self._refuse(rule[0], "given")
            return None
        return self._rule_test() if rule is not None else self._replay_test()

    def _refuse(self, key: Scalar, label: str) -> None:
        self.scope.report_at("E601", RuleText(key, self.path), 0, len(key.text) or 1, label=label)

    # ---- a rule over given bars ----
    def _rule_test(self) -> RuleTest | None:
        name, rule, expect = self._text("name"), self._text("rule"), self._text("expect")
        given = tuple(self._given())
        value = self._value(rule) if rule is not None else None
        expectation = phrase(self.scope, expect, "expect_rule") if expect is not None else None
        if expect is None or not isinstance(expectation, Expectation):
            return None
        bars = len(given[0].values) if given else None
        fits = self._bars_fit(expect, expectation, bars)
        if value is not None:
            fits = self._kind_fits(expect, expectation, value) and fits
        if name is None or rule is None or value is None or value.node is None or not given or not fits:
            return None
        graph, node = extracted(self.scope.graph, value.node)
        return RuleTest(name.text, rule.text, graph, node, given, expectation, expect.text)

    def _value(self, rule: RuleText) -> Value | None:
        expression = parsed(self.scope, rule)
        if expression is None:
            return None
        value = self.conditions.expressions.evaluate(expression, self.conditions.context(rule))
        if value is not None and value.node is None:
            self.scope.report_at("E609", rule, 0, len(rule.text), label="constant")
            return None
        return value

    def _given(self) -> Iterator[Given]:
        found = self.item.find("given")
        entries = found[1].entries if found is not None and isinstance(found[1], Mapping) else ()
        first: tuple[str, int] | None = None
        read: dict[str, dict[str, tuple[float, ...]]] = {}
        for key, node in entries:
            place = self._series(key)
            rule = RuleText(node, (*self.path, "given", key.text)) if isinstance(node, Scalar) and node.text else None
            values = phrase(self.scope, rule, "given_series") if rule is not None else None
            if place is None or rule is None or not isinstance(values, tuple):
                continue
            if first is not None and len(values) != first[1]:
                counts = {"found": str(len(values)), "first": first[0], "expected": str(first[1])}
                self.scope.report_at("E603", rule, 0, len(rule.text), label="", notes=(), fix="", **counts)
                continue
            first = first or (key.text, len(values))
            others = read.setdefault(place[0], {})
            others[place[1]] = values
            side = self.sides.get(place[1])
            if self._is_flag(rule, place[1], values) if side is not None else self._possible(rule, place[1], others):
                yield Given(*place, values, side)

    def _series(self, key: Scalar) -> tuple[str, str] | None:
        """(alias, series) of `close`, `btc.close`, `kimp`, `market.warning` or `btc.market.warning`."""
        alias, dot, series = key.text.partition(".")
        if not dot or alias not in self.scope.aliases:
            alias, series = "", key.text
        if series in INPUT_SERIES or series in self.sides:
            return alias, series
        names = (*INPUT_SERIES, *self.sides)
        known = [*names, *(f"{name}.{series_name}" for name in self.scope.aliases for series_name in names)]
        meant = suggestion(key.text, known)
        rule = RuleText(key, (*self.path, "given"))
        shown = (*INPUT_SERIES, *self.scope.externals, *_SHOWN)
        notes: Notes = (("given_series", {"names": ", ".join(shown)}),)
        notes += (("did_you_mean", {"name": meant}),) if meant else ()
        fix = rule.substituted(0, len(key.text), meant) if meant else ""
        self.scope.report_at("E602", rule, 0, len(key.text) or 1, label="", notes=notes, fix=fix, name=key.text[:60])
        return None

    def _is_flag(self, rule: RuleText, series: str, values: tuple[float, ...]) -> bool:
        """A flag is 1 or 0; every other series beside the candles may be any number."""
        known = SIDE_SERIES.get(series)
        wrong = next((number for number, value in enumerate(values, 1) if value not in (0, 1) and not math.isnan(value)), None)
        if known is None or not known.flag or wrong is None:
            return True
        args = {"bar": str(wrong), "series": series, "other": "", "found": f"{values[wrong - 1]:g}"}
        self.scope.report_at("E604", rule, 0, len(rule.text), label="flag", notes=(), fix="", **args)
        return False

    def _possible(self, rule: RuleText, series: str, given: dict[str, tuple[float, ...]]) -> bool:
        """No price or volume below zero, no low above what lies in the same bar, no high below it."""
        for number, value in enumerate(given[series], 1):
            if value < 0 or (value == 0 and series in _PRICES):
                self.scope.report_at(
                    "E604", rule, 0, len(rule.text), label="sign", bar=str(number), series=series, other="", found=f"{value:g}"
                )
                return False
        for low, high in _ORDER:
            if series not in (low, high) or low not in given or high not in given:
                continue
            pairs = zip(given[low], given[high], strict=True)
            wrong = next((number for number, (below, above) in enumerate(pairs, 1) if below > above), None)
            if wrong is not None:
                values = {
                    "bar": str(wrong),
                    "series": low,
                    "other": high,
                    "found": f"{given[low][wrong - 1]:g} > {given[high][wrong - 1]:g}",
                }
                self.scope.report_at("E604", rule, 0, len(rule.text), label="", notes=(), fix="", **values)
                return False
        return True

    def _bars_fit(self, expect: RuleText, expectation: Expectation, bars: int | None) -> bool:
        """Every bar that is named has been given; after the last missing one there is one more."""
        last = None if bars is None else bars - 1 if expectation.kind is Expect.MISSING_UNTIL else bars
        wrong = next((bar for bar in expectation.bars if bar < 1 or (last is not None and bar > last)), None)
        if wrong is None or last is None:
            return wrong is None
        start = expect.text.find(str(wrong))
        start, end = (start, start + len(str(wrong))) if start >= 0 else (0, len(expect.text))
        self.scope.report_at("E608", expect, start, end, label="", notes=(), fix="", bar=str(wrong), last=str(last))
        return False

    def _kind_fits(self, expect: RuleText, expectation: Expectation, value: Value) -> bool:
        """A condition fires, a number has a value; both may be missing."""
        wanted = "condition" if expectation.kind in (Expect.FIRES_AT, Expect.FIRES_ONLY_AT, Expect.FIRES_TIMES) else "number"
        if expectation.kind is Expect.MISSING_UNTIL or value.is_condition == (wanted == "condition"):
            return True
        self.scope.report_at("E609", expect, 0, len(expect.text), label=wanted)
        return False

    # ---- a replay of stored candles ----
    def _replay_test(self) -> ReplayTest | None:
        name, expect = self._text("name"), self._text("expect")
        markets = self._markets()
        from_rule, to_rule = self._text("replay", "from"), self._text("replay", "to")
        from_ms = phrase(self.scope, from_rule, "instant") if from_rule is not None else None
        to_ms = phrase(self.scope, to_rule, "instant") if to_rule is not None else None
        if isinstance(from_ms, int) and isinstance(to_ms, int) and to_rule is not None and from_ms >= to_ms:
            self.scope.report_at("E611", to_rule, 0, len(to_rule.text))
            return None
        figures = phrase(self.scope, expect, "expect_replay") if expect is not None else None
        if expect is None or not isinstance(figures, tuple):
            return None
        checks = [self._check(expect, figure) for figure in figures]
        known = tuple(check for check in checks if check is not None)
        if name is None or not markets or not isinstance(from_ms, int) or not isinstance(to_ms, int) or len(known) < len(checks):
            return None
        return ReplayTest(name.text, markets, from_ms, to_ms, known, expect.text)

    def _markets(self) -> tuple[str, ...]:
        found = self.item.find("replay")
        listed = found[1].find("markets") if found is not None and isinstance(found[1], Mapping) else None
        items = listed[1].items if listed is not None and isinstance(listed[1], Sequence) else ()
        rules = [
            RuleText(item, (*self.path, "replay", "markets", k)) for k, item in enumerate(items) if isinstance(item, Scalar) and item.text
        ]
        codes = [check_market(self.scope, rule) for rule in rules]
        if not rules and listed is not None:
            self.scope.report_at("E601", RuleText(listed[0], self.path), 0, len(listed[0].text), label="markets")
        return tuple(sorted({code for code in codes if code is not None})) if None not in codes else ()

    def _check(self, expect: RuleText, figure: Figure) -> Check | None:
        unit = METRICS.get(figure.name)
        if unit is None:
            meant = suggestion(figure.name, METRICS)
            notes: Notes = (("replay_figures", {"names": ", ".join(METRICS)}),)
            notes += (("did_you_mean", {"name": meant}),) if meant else ()
            fix = expect.substituted(figure.start, figure.end, meant) if meant else ""
            self.scope.report_at("E610", expect, figure.start, figure.end, label="", notes=notes, fix=fix, name=figure.name, unit="")
            return None
        if not _fits(figure.amount, unit):
            shown = {"name": figure.name, "unit": unit.value}
            self.scope.report_at("E610", expect, figure.start, figure.end, label="unit", notes=(), fix="", **shown)
            return None
        return Check(figure.name, figure.comparator, figure.amount.value)


def _fits(amount: Amount, unit: Unit) -> bool:
    """A count needs a plain number, a ratio a percentage (0.1 will do), money KRW; zero fits all."""
    if not math.isfinite(amount.value):
        return False
    if unit is Unit.NUMBER:
        return amount.unit in (Unit.NUMBER, Unit.BARS)
    if unit is Unit.RATIO:
        return amount.unit in PLAIN
    return comparable(Value(unit), Value(amount.unit, constant=amount.value))
