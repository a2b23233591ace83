"""Rules and groups of rules (`all`, `any`, `none`, `at_least`) -> one condition node, remembering every named one."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import ast
from dsl.builder import Amount, RuleError
from dsl.catalogue import Unit
from dsl.checker import contradictions
from dsl.checker.context import Context, Notes, RuleText, Scope
from dsl.checker.expressions import Expressions
from dsl.checker.refusals import named_by_code, report_phrase, report_syntax
from dsl.checker.values import Value
from dsl.document import dotted
from dsl.graph import Phase, Section
from dsl.parser import parse_phrase, parse_rule
from dsl.strategy import Condition
from dsl.yaml_tree import Mapping, Scalar, YamlNode

WORDS = ("all", "any", "none", "at_least")
Path = tuple[str | int, ...]


def parsed(scope: Scope, rule: RuleText) -> ast.Expression | None:
    """The rule's expression; a syntax error is reported."""
    if scope.full or named_by_code(scope, rule):
        return None
    try:
        return parse_rule(rule.text)
    except RuleError as error:
        report_syntax(scope, rule, error)
        return None


def phrase(scope: Scope, rule: RuleText, name: str) -> object | None:
    """The value of a phrase; a syntax error is reported with the form that is expected."""
    try:
        found: object = parse_phrase(rule.text, name)
        return found
    except RuleError as error:
        report_phrase(scope, rule, name, error)
        return None


class Conditions:
    """Conditions of one file."""

    def __init__(self, scope: Scope, expressions: Expressions) -> None:
        self.scope = scope
        self.expressions = expressions
        self.named: list[Condition] = []

    def context(self, rule: RuleText, *, position: bool = False, account: bool = False, order: bool = False) -> Context:
        """Surroundings of a rule of the file: every market, on the strategy's clock, with the late values that exist there."""
        late = {Phase.POSITION: position, Phase.ACCOUNT: account, Phase.ORDER: order}
        phases = frozenset({Phase.MARKET, *(phase for phase, present in late.items() if present)})
        return Context(Section(self.scope.clock), rule, phases)

    def rule(self, scalar: Scalar, path: Path, *, position: bool = False, account: bool = False, order: bool = False) -> Value | None:
        """One rule, named by its path."""
        text = RuleText(scalar, path)
        expression = parsed(self.scope, text)
        if expression is None:
            return None
        contradictions.check_alone(self.scope, expression, text)
        value = self.expressions.condition(expression, self.context(text, position=position, account=account, order=order))
        return self._remember(value, path)

    def _remember(self, value: Value | None, path: Path, *, join: str = "", members: int = 0, needed: int = 0) -> Value | None:
        if value is not None and value.node is not None:
            self.named.append(Condition(dotted(path), value.node, join, members, needed))
        return value

    def group(self, node: YamlNode, path: Path, *, order: bool = False) -> Value | None:
        """A rule or a group of rules at `path`; with `order` they may read the intended order."""
        if isinstance(node, Scalar):
            return self.rule(node, path, order=order)
        if not isinstance(node, Mapping) or len(node.entries) != 1 or node.entries[0][0].text not in WORDS:
            self._report_shape(node, path)
            return None
        key, members = node.entries[0]
        count = None
        inner: Path = (*path, key.text)
        if key.text == "at_least":
            found = self._at_least(members, inner)
            if found is None:
                return None
            count, members = found
        if not isinstance(members, Mapping) or not members.entries:
            if isinstance(members, Mapping):
                self._report_shape(node, path)
            return None
        values = list(self._members(members, inner, order=order))
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        if key.text in ("all", "any"):
            names = [RuleText(name, path) for name, _ in members.entries]
            contradictions.check_group(self.scope, self.expressions.nodes.graph, key.text, names, known)
        joined = self._join(key, known, count, path)
        return self._remember(joined, path, join=key.text, members=len(known), needed=count or 0)

    def _members(self, members: Mapping, path: Path, *, order: bool) -> Iterator[Value | None]:
        for name, node in members.entries:
            yield self.group(node, (*path, name.text), order=order)

    def _report_shape(self, node: YamlNode, path: Path) -> None:
        """Two joining words at once, or none below one; anything else that is not a rule was refused by the schema."""
        if isinstance(node, Mapping) and all(key.text in WORDS for key, _ in node.entries):
            key = node.entries[-1][0] if node.entries else Scalar(node.source, " ", node.start, node.start + 1)
            notes: Notes = (("joined_below", {"word": key.text}),) if len(node.entries) > 1 and key.text != "at_least" else ()
            self.scope.report_at("E216", RuleText(key, path), 0, len(key.text), notes=notes, parent=dotted(path))

    def _at_least(self, node: YamlNode, path: Path) -> tuple[int, YamlNode] | None:
        """`at_least: {2 of: {...}}`."""
        if not isinstance(node, Mapping) or len(node.entries) != 1:
            self._report_shape(node, path)
            return None
        key, members = node.entries[0]
        rule = RuleText(key, path)
        amount = phrase(self.scope, rule, "at_least")
        if not isinstance(amount, Amount):
            return None
        size = len(members.entries) if isinstance(members, Mapping) else 0
        if amount.value != int(amount.value) or not 1 <= amount.value <= size:
            self.scope.report_at("E217", rule, 0, len(key.text), count=str(size))
            return None
        return int(amount.value), members

    def _join(self, key: Scalar, values: list[Value], count: int | None, path: Path) -> Value | None:
        context = self.context(RuleText(key, path))
        place = ast.Name(0, len(key.text), key.text)
        nodes = self.expressions.nodes
        if key.text == "all":
            return nodes.joined("and", values, context, place)
        if key.text == "at_least" and count is not None:
            return self._counted(values, count, context, place)
        either = nodes.joined("or", values, context, place)
        if key.text == "any" or either is None:
            return either
        return nodes.operator("not", (either,), (), Unit.CONDITION, context, place)

    def _counted(self, values: list[Value], count: int, context: Context, place: ast.Name) -> Value | None:
        """At least `count` of `values`, by `and`/`or` alone, so that a missing one counts exactly when it could decide."""
        nodes = self.expressions.nodes
        reached: list[Value | None] = [None] * (count + 1)  # reached[k]: at least k of those so far; None = not yet possible
        for value in values:
            for k in range(count, 0, -1):
                before = reached[k - 1]
                step = value if k == 1 else before and nodes.operator("and", (before, value), (), Unit.CONDITION, context, place)
                if step is not None:
                    so_far = reached[k]
                    reached[k] = step if so_far is None else nodes.operator("or", (so_far, step), (), Unit.CONDITION, context, place)
        return reached[count]
