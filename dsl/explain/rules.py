"""One expression in words: a condition as a sentence that a trader reads aloud, a value as a noun phrase.

The texts are templates per node of the syntax tree and per function (`dsl.messages.explain`); a function without one is told from its
line in the catalogue. Definitions stay names: they have sentences of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl import ast
from dsl.catalogue import INPUT_SERIES, Arg, ArgKind, Catalogue, Function, Unit
from dsl.diagnostics import Language
from dsl.explain.korean import ended, particles
from dsl.explain.quantities import bars, literal, say, timeframe
from dsl.messages import texts
from dsl.parser import parse_rule
from dsl.side_series import ACROSS, EXTERNAL_PREFIX, SIDE_SERIES

_VERB = re.compile(r"<(\w+)(?:\|(\w+))?>")
_OF_CLOSE = frozenset({"fn.ema", "fn.sma", "fn.rma", "fn.hurst", "fn.roc"})
_NEGATIVE = {"is": "is not", "was": "was not"}
#: what `not` may be put before directly; of everything longer it negates the whole
_SIMPLE = (ast.Between, ast.Crosses, ast.Trend, ast.Name, ast.Call, ast.Comparison, ast.At)


@dataclass(frozen=True)
class Vocabulary:
    """Names of one file: bodies of definitions, values of parameters as text, markets of aliases."""

    catalogue: Catalogue
    definitions: Mapping[str, ast.Expression | None] = field(default_factory=dict)
    params: Mapping[str, ast.Expression] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    regimes: frozenset[str] = frozenset()

    def is_condition(self, node: ast.Expression, depth: int = 0) -> bool:
        """Whether an expression is true or false, as far as it can be told without checking it."""
        match node:
            case ast.Comparison() | ast.Between() | ast.Crosses() | ast.Trend() | ast.Not() | ast.Logic() | ast.Then():
                return True
            case ast.Bracket(value=value) | ast.At(value=value) | ast.Index(value=value) | ast.Conditional(value=value):
                return self.is_condition(value, depth)
            case ast.Name(name=name) | ast.Call(name=name):
                return self._names_condition(name, depth)
            case _:
                return False

    def is_market(self, head: str, name: str) -> bool:
        """Whether `head` before the dot of `name` is another market: an alias, or a name that goes with a series of the language."""
        if head in self.aliases:
            return True
        rest = name.partition(".")[2]
        known = name in self.catalogue or name in SIDE_SERIES or name in ACROSS or f"series.{name}" in texts("explain")
        return not known and (rest in self.catalogue or rest in INPUT_SERIES)

    def _names_condition(self, name: str, depth: int) -> bool:
        head, _, rest = name.partition(".")
        if rest and self.is_market(head, name):
            return self._names_condition(rest, depth)
        if name in self.definitions:
            body = self.definitions[name]
            return body is not None and depth < len(self.definitions) + 1 and self.is_condition(body, depth + 1)
        if name in SIDE_SERIES:
            return SIDE_SERIES[name].unit is Unit.CONDITION
        if name in self.catalogue:
            return self.catalogue[name].unit is Unit.CONDITION
        return ACROSS.get(name) is Unit.CONDITION or name in self.regimes or name.startswith("market.caution")


class Sentences:
    """Expressions of one file in one language. Conditions are kept as clauses: in Korean up to the verb's stem, in English with marks."""

    def __init__(self, names: Vocabulary, language: Language) -> None:
        self.names = names
        self.language = language
        self.korean = language is Language.KOREAN
        #: the alias whose arguments are being told: it is not said again in them
        self._alias = ""

    # ---- what callers ask for ----
    def sentence(self, node: ast.Expression) -> str:
        """A condition as a sentence, a value as a noun phrase."""
        node = ast.unbracketed(node)
        if not self.names.is_condition(node):
            return self.value(node)
        return f"{self.form(node, 'polite')}." if self.korean else _upper(f"{self.form(node, 'polite')}.")

    def form(self, node: ast.Expression, ending: str) -> str:
        """A condition with an ending: and, or, if, noun, polite. English has one form for all."""
        return self.end(self.clause(ast.unbracketed(node)), ending)

    def value(self, node: ast.Expression) -> str:
        """Any expression as a noun phrase."""
        match node:
            case ast.Literal():
                return literal(node, self.language)
            case ast.Bars(name=name):
                return bars(self.value(name), self.language)
            case ast.Name(name=name):
                return self._name(name)
            case ast.Call():
                return self._call(node, node.name)
            case ast.Bracket(value=value):
                return f"({self.value(value)})" if isinstance(value, ast.Binary | ast.Conditional | ast.Negative) else self.value(value)
            case ast.Index(value=value, offset=offset):
                return self.say("node.index", value=self.value(value), n=self.window(offset))
            case ast.At(value=value, timeframe=name):
                return self.say("node.at_value", value=self.value(value), timeframe=timeframe(name, self.language))
            case ast.Binary(operator="*", left=ast.Literal(value=1.0), right=right):
                return self.value(right)
            case ast.Binary(operator=operator, left=left, right=right):
                return self.say(f"node.{operator}", left=self.value(left), right=self.value(right))
            case ast.Negative(value=value):
                return self.say("node.negative", value=self.value(value))
            case ast.Conditional(value=value, condition=condition, otherwise=otherwise):
                words = {"value": self.value(value), "otherwise": self.value(otherwise), "condition": self.form(condition, "if")}
                return self.say("node.choice", **words)
            case _:
                return self.form(node, "noun")

    def window(self, node: ast.Expression) -> str:
        """A number of bars: `20봉`, `4시간`."""
        if isinstance(node, ast.Bars) and node.name.name in self.names.params:
            return self.window(node.name)
        if isinstance(node, ast.Literal) and node.unit is Unit.NUMBER:
            return bars(literal(node, self.language), self.language)
        if isinstance(node, ast.Name) and node.name in self.names.params:
            value = ast.unbracketed(self.names.params[node.name])
            return self.say("node.param_window", window=self.window(value), name=node.name)
        return self.value(node)

    # ---- clauses ----
    def clause(self, node: ast.Expression) -> str:
        """A condition up to its verb."""
        match node:
            case ast.Bracket(value=value):
                return self.clause(value)
            case ast.Comparison():
                return self._comparison(node)
            case ast.Between(kind=kind, value=value, low=low, high=high):
                return self.say(f"node.{kind}", value=self._part(value), low=self.value(low), high=self.value(high))
            case ast.Crosses(direction=direction, left=left, right=right):
                return self.say(f"node.{direction}", left=self._part(left), right=self._part(right))
            case ast.Trend(kind=kind, value=value, window=window):
                return self.say(f"node.{kind}", value=self._part(value), window=self.window(window))
            case ast.Not(value=value):
                return self._not(ast.unbracketed(value))
            case ast.Logic():
                return self._logic(node)
            case ast.Then(first=first, second=second, window=window):
                words = {"first": self.form(first, "and"), "window": "" if window is None else self.window(window)}
                return self.say("node.then", **words, second=self._main(second))
            case ast.At(value=value, timeframe=name):
                return self._at(value, timeframe(name, self.language))
            case ast.Index(value=value, offset=offset):
                return self.say("node.index_clause", value=self.form(value, "noun"), n=self.window(offset))
            case ast.Conditional(value=value, condition=condition, otherwise=otherwise) if self.names.is_condition(value):
                words = {"condition": self.form(condition, "if"), "value": self.form(value, "and"), "otherwise": self._main(otherwise)}
                return self.say("node.choice_clause", **words)
            case ast.Name(name=name):
                return self._named(name)
            case ast.Call():
                return self._call(node, node.name)
            case _:
                return self.say("node.true", value=self.value(node))

    def end(self, clause: str, ending: str) -> str:
        """A clause with its ending."""
        return ended(clause, ending) if self.korean else _VERB.sub(lambda verb: verb[1], clause)

    def _main(self, node: ast.Expression) -> str:
        """A clause inside another one, whose verb is the whole's."""
        node = ast.unbracketed(node)
        return self._nested(node) if self._is_long(node) else self.clause(node) if self.korean else self.form(node, "polite")

    def _nested(self, node: ast.Expression) -> str:
        return self.say("node.nested", value=self.form(node, "noun"))

    def _is_long(self, node: ast.Expression) -> bool:
        return isinstance(node, ast.Logic | ast.Then) or (isinstance(node, ast.Comparison) and len(node.operators) > 1)

    def _part(self, node: ast.Expression) -> str:
        """A value inside a clause."""
        inner = ast.unbracketed(node)
        return f"({self.value(inner)})" if isinstance(inner, ast.Conditional) else self.value(inner)

    def _comparison(self, node: ast.Comparison) -> str:
        pairs = zip(node.operands, node.operators, node.operands[1:], strict=False)
        found = [self.say(f"node.{word}", left=self._part(left), right=self._part(right)) for left, word, right in pairs]
        return self._joined("and", found)

    def _logic(self, node: ast.Logic) -> str:
        parts = [ast.unbracketed(operand) for operand in node.operands]
        clauses = [self._nested(part) if self._is_long(part) else self.clause(part) for part in parts]
        return self._joined(node.operators[0], clauses)

    def _joined(self, word: str, clauses: list[str]) -> str:
        if len(clauses) == 1:
            return clauses[0]
        result = clauses[0]
        for clause in clauses[1:]:
            right = clause if self.korean else self.end(clause, word)
            result = self.say(f"node.{word}", left=self.end(result, word), right=right)
        return result

    def _not(self, value: ast.Expression) -> str:
        clause = self.clause(value)
        simple = isinstance(value, _SIMPLE) and not self._is_long(value)
        if self.korean:
            if not simple:
                return self.say("node.not_all", value=self.form(value, "noun"))
            return self.say("node.not", value=ended(clause, "not"))
        verb = _VERB.search(clause)
        if verb is None or not simple:
            return self.say("node.not_all", value=self.end(clause, "polite"))
        negated = _NEGATIVE.get(verb[1], f"does not {verb[2]}")
        return clause[: verb.start()] + negated + clause[verb.end() :]

    def _at(self, value: ast.Expression, shown: str) -> str:
        inner = ast.unbracketed(value)
        if self._is_long(inner):
            return self.say("node.at_nested", value=self.form(inner, "noun"), timeframe=shown)
        return self.say("node.at_clause", value=self.clause(inner), timeframe=shown)

    # ---- names ----
    def _market(self, name: str) -> tuple[str, str] | None:
        head, dot, rest = name.partition(".")
        if not dot or head == self._alias or not self.names.is_market(head, name):
            return None
        return (self.names.aliases[head] if head in self.names.aliases else self.say("word.other") if head == "other" else head), rest

    def _without_alias(self, name: str) -> str:
        """`btc.close` inside `btc.sma(...)` is the close of the same market."""
        return name.removeprefix(f"{self._alias}.") if self._alias else name

    def _name(self, name: str) -> str:
        name = self._without_alias(name)
        market = self._market(name)
        if market is not None:
            return self.say("node.market", market=market[0], value=self._name(market[1]))
        if name in self.names.params:
            return self.say("node.param", name=name, value=self.value(self.names.params[name]))
        if name in self.names.definitions:
            return f"‘{name}’"
        if f"series.{name}" in texts("explain"):
            return self.say(f"series.{name}")
        side = SIDE_SERIES.get(name)
        if side is not None:
            return side.korean.partition(" (")[0] if self.korean else _lower(side.english.rstrip(".").partition(",")[0])
        if name in self.names.catalogue:
            return self._call(ast.Call(0, 0, name, (), 0), name)
        return f"‘{name.removeprefix(EXTERNAL_PREFIX)}’"

    def _named(self, name: str) -> str:
        """A name that is a condition."""
        name = self._without_alias(name)
        market = self._market(name)
        if market is not None:
            return self.say("node.market_clause", market=market[0], value=self._named(market[1]))
        if name in SIDE_SERIES or name.startswith("market."):
            return self.say("node.flag", name=self._flag(name))
        if name in self.names.catalogue and name not in self.names.definitions:
            return self._call(ast.Call(0, 0, name, (), 0), name)
        return self.say("node.named", name=name)

    def _flag(self, name: str) -> str:
        key = f"series.{name}"
        return self.say(key) if key in texts("explain") else self._name(name).strip("‘’")

    # ---- calls ----
    def _call(self, node: ast.Call, name: str) -> str:
        name = self._without_alias(name)
        market = self._market(name)
        if market is not None:
            key = "node.market_clause" if self.names.is_condition(node) else "node.market"
            outer, self._alias = self._alias, name.partition(".")[0]
            told = self._call(node, market[1])
            self._alias = outer
            return self.say(key, market=market[0], value=told)
        function = None if name in self.names.definitions else self.names.catalogue.get(name)
        words = _Words(self, node, function)
        keys = (f"fn.{name}.{words.variant}", f"fn.{name}")
        template = next((key for key in keys if key in texts("explain") and words.fits(key)), None)
        if template is not None:
            return self._based(words, self._filled(template, words))
        condition = self.names.is_condition(node)
        shown = ", ".join(words.shown())
        if function is None or not (function.korean and function.english):
            return self.say("node.call_clause" if condition else "node.call", name=name, arguments=shown)
        if condition:
            return self.say("node.call_clause", name=self._line(function), arguments=shown)
        return self.say("node.arguments", value=self._line(function), arguments=shown) if shown else self._line(function)

    def _line(self, function: Function) -> str:
        """A function's line in the catalogue as a noun phrase."""
        line = function.korean if self.korean else function.english
        line = line.split(". ")[0].rstrip(".").removesuffix("입니다")
        line = re.split(r": | \(", line)[0] if len(line) > 30 else line
        return line if self.korean else _lower(line)

    def _based(self, words: _Words, value: str) -> str:
        series = words.other_series()
        return self.say("node.based_on", value=value, series=series) if series else value

    # ---- texts ----
    def _filled(self, key: str, words: Mapping[str, str]) -> str:
        entry = texts("explain")[key]
        pattern = entry.ko if self.korean else entry.en
        if key in _OF_CLOSE and words["x"] == self.say("series.close"):  # what everybody takes for granted
            pattern = pattern.replace("{x}의 ", "").replace(" of {x}", "")
        filled = pattern.format_map(words)
        return particles(filled.removesuffix("~")) if self.korean else filled

    def say(self, key: str, **words: str) -> str:
        """A text with its words filled in, its particles chosen."""
        found = say(key, self.language, **words)
        return particles(found.removesuffix("~")) if self.korean else found


class _Words(dict[str, str]):
    """Arguments of a call by name, each in the form that a template asks for: `{n}`, `{n_bar}`, `{a}`, `{a_if}`, `{a_noun}`."""

    def __init__(self, sentences: Sentences, node: ast.Call, function: Function | None) -> None:
        super().__init__()
        self.sentences = sentences
        self.args: dict[str, Arg] = {arg.name: arg for arg in function.args} if function is not None else {}
        self.given: dict[str, ast.Expression] = {}
        positions = [name for name in self.args if name not in {argument.name for argument in node.arguments}]
        for i, argument in enumerate(node.arguments):
            named = argument.name or (positions[i] if i < len(positions) else "ab"[i] if i < 2 else f"#{i}")
            self.given[named] = ast.unbracketed(argument.value)
        if not self.args and node.arguments:
            values = [ast.unbracketed(argument.value) for argument in node.arguments if argument.name is None]
            for name, value in zip("xnay", (*values[:2], *values[:2]), strict=False):
                self.given.setdefault(name, value)
        self.variant = "top" if "top" in self.given else ""

    def fits(self, key: str) -> bool:
        """Whether the call has everything that the template names."""
        entry = texts("explain")[key]
        wanted = re.findall(r"\{(\w+?)(?:_bar|_if|_noun|_past)?\}", entry.ko)
        return all(name in self.given or (name in self.args and self.args[name].default is not None) for name in wanted)

    def __missing__(self, name: str) -> str:
        base, _, form = name.rpartition("_")
        if name in self.given or name in self.args:
            base, form = name, ""
        return self._form(base, form)

    def _form(self, name: str, form: str) -> str:
        sentences, arg = self.sentences, self.args.get(name)
        node = self.given[name] if name in self.given else parse_rule((arg.default if arg is not None else None) or name)
        if form == "bar" or (arg is not None and arg.kind is ArgKind.WINDOW):
            shown = sentences.window(node)
            return shown if form != "bar" or sentences.korean else re.sub(r"^(\S+) (\w+?)s?(?= \(|$)", r"\1-\2", shown)
        if isinstance(node, ast.Name) and f"word.{node.name}" in texts("explain"):
            return sentences.say(f"word.{node.name}")
        if sentences.names.is_condition(node):
            return sentences.form(node, form or ("if" if sentences.korean else "polite"))
        shown = sentences.value(node)
        return f"({shown})" if isinstance(node, ast.Binary | ast.Conditional) else shown

    def shown(self) -> list[str]:
        """The arguments in the order of the call, for functions without a sentence."""
        names = [name for name in self.given if name not in ("x", "n", "y") or name in self.args]
        return [self._form(name, "noun" if self.sentences.names.is_condition(self.given[name]) else "") for name in names]

    def other_series(self) -> str:
        """A series given in place of the usual one: `rsi(14, x=open)`."""
        for name, node in self.given.items():
            arg = self.args.get(name)
            if arg is not None and arg.kind is ArgKind.SERIES and arg.default is not None and arg.keyword_only:
                return self.sentences.value(node)
        return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if not text[1:2].isupper() else text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:] if not text.startswith("(") else text
