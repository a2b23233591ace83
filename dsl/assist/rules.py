"""Completion inside a rule, by where in the grammar the cursor is: a value, an operator, an argument, a timeframe, a member."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dsl.assist.answers import Kind, Place
from dsl.assist.calls import call_snippet, short
from dsl.assist.layout import Entry, Path
from dsl.assist.names import Name
from dsl.assist.proposals import Proposal
from dsl.assist.roles import position_allowed
from dsl.assist.surroundings import Surroundings
from dsl.assist.vocabulary import Term, Where, bar_word, unit_word
from dsl.assist.words import Open, Word, open_brackets, words
from dsl.catalogue import Arg, ArgKind
from dsl.checker.clock import timeframe_of
from dsl.messages import text as message
from dsl.pairs import OTHER

_TYPED = re.compile(r"(?:@[0-9]*[A-Za-z]*|[A-Za-z_가-힣][A-Za-z0-9_가-힣.]*)\Z")
_REST = re.compile(r"[A-Za-z0-9_가-힣]*")
TIMEFRAMES = ("1m", "3m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d", "1w")
_COMPARE = (">", ">=", "<", "<=", "==", "!=")
_TESTS = ("crosses above", "crosses below", "enters", "leaves", "in", "rises for", "falls for")
_JOINS = ("and", "or", "then", "within", "if", "else", "??")
_ARITHMETIC = ("+", "-", "*", "/")
#: after these words only a number of bars makes sense
_WINDOWS = {"for": ("3 bars", "5 bars"), "within": ("6 bars", "12 bars", "24 bars")}
_ARGUMENT_WINDOWS = ("20", "14", "20 bars", "1h", "24h")


def rule_proposals(around: Surroundings, path: Path, value: Place, offset: int) -> tuple[Place, list[Proposal]]:
    """The place that a proposal would replace, and the proposals for a rule text."""
    text = around.layout.text
    typed = _TYPED.search(text, value.start, offset)
    start = typed.start() if typed is not None else offset
    rest = _REST.match(text, offset)
    end = min(rest.end(), max(value.end, offset)) if rest is not None and typed is not None else offset
    before = words(text, value.start, start)
    found = typed[0] if typed is not None else ""
    if found.startswith("@"):
        return Place(start, end), list(_timeframes(around))
    return Place(start, end), list(_Rule(around, path, before, found, text[end : end + 1] == "(").proposals())


def _timeframes(around: Surroundings) -> Iterator[Proposal]:
    clock = timeframe_of(around.clock) if re.fullmatch(r"[0-9]+[smhdwM]", around.clock) else None
    for number, name in enumerate(TIMEFRAMES):
        timeframe = timeframe_of(name)
        if clock is None or (timeframe is not None and timeframe.length_ms >= clock.length_ms):
            yield Proposal(
                f"@{name}", Kind.TIMEFRAME, message("assist.timeframe", around.language, bar=bar_word(name, around.language)), group=number
            )


class _Rule:
    """One cursor inside one rule. before: the words in front of what is typed; called: whether a bracket already follows the cursor."""

    def __init__(self, around: Surroundings, path: Path, before: list[Word], typed: str, called: bool) -> None:
        self.around = around
        self.path = path
        self.before = before
        self.typed = typed
        self.called = called
        self.brackets = open_brackets(before)
        self.entry: Entry | None = around.layout.find(*path)

    def say(self, key: str, **args: str) -> str:
        return message(f"assist.{key}", self.around.language, **args)

    def proposals(self) -> Iterator[Proposal]:
        last = self.before[-1] if self.before else None
        inside = self.brackets[-1] if self.brackets else None
        if last is None or not last.ends_value:
            yield from self._for_value(last, inside)
        else:
            yield from self._for_operator(last, inside)

    # ---- where a value is expected ----
    def _for_value(self, last: Word | None, inside: Open | None) -> Iterator[Proposal]:
        word = last.text if last is not None else ""
        if word == "crosses":
            yield from (self._keyword(name) for name in ("above", "below"))
        elif word in ("rises", "falls"):
            yield self._keyword("for")
        elif word in _WINDOWS:
            yield from self._windows(_WINDOWS[word])
        elif word in ("==", "!=") and len(self.before) > 1 and self.before[-2].text == "regime":
            yield from (Proposal(name, Kind.REGIME, self.say("regime")) for name in self.around.names.known(Kind.REGIME))
        elif inside is not None and inside.name is not None:
            yield from self._for_argument(word, inside)
        else:
            yield from self._values()
            if word in ("", "and", "or", "(", "then", "if", "=", ","):
                yield self._keyword("not")

    def _for_argument(self, word: str, inside: Open) -> Iterator[Proposal]:
        """Inside a call: names of arguments, then what the argument takes."""
        assert inside.name is not None
        args = self._arguments_of(inside.name.text)
        arg = current_argument(args, inside)
        if inside.argument is None and word in ("(", ","):
            taken = inside.named | {a.name for a in [a for a in args if not a.keyword_only][: inside.index]}
            for candidate in args:
                if candidate.name not in taken:
                    detail = self.say("argument", function=inside.name.text)
                    insert = f"{candidate.name}=⟦{candidate.default or ''}⟧"
                    usual = f"{candidate.name}=" in self._example(inside.name.text)
                    yield Proposal(f"{candidate.name}=", Kind.ARGUMENT, detail, insert=insert, group=0 if usual else 6)
        if inside.name.text == "depth" and inside.index == 0:
            yield from (Proposal(name, Kind.VALUE, group=0) for name in ("bid", "ask"))
        elif inside.argument == "order":
            yield from (Proposal(name, Kind.VALUE, group=0) for name in ("desc", "asc"))
        elif arg is not None and arg.kind is ArgKind.ANCHOR:
            yield Proposal("day", Kind.VALUE, self.say("anchor_day"), group=0)
        elif arg is not None and arg.kind is ArgKind.WINDOW:
            yield from self._windows(_ARGUMENT_WINDOWS)
        elif arg is not None and arg.kind is ArgKind.NUMBER:
            yield from self._numbers(arg)
        else:
            yield from self._values()
            yield self._keyword("not")

    def _arguments_of(self, name: str) -> tuple[Arg, ...]:
        return arguments_of(self.around, name)

    def _example(self, name: str) -> str:
        term = self.around.vocabulary.get(name) or self.around.vocabulary.get(name.partition(".")[2])
        return term.example if term is not None else ""

    def _windows(self, examples: tuple[str, ...]) -> Iterator[Proposal]:
        yield from self._params(0)
        for example in examples:
            yield Proposal(example, Kind.VALUE, self.say("window"), group=1)

    def _numbers(self, arg: Arg) -> Iterator[Proposal]:
        yield from self._params(0)
        if arg.default is not None:
            yield Proposal(arg.default, Kind.VALUE, self.say("default"), group=1)

    def _params(self, group: int) -> Iterator[Proposal]:
        parameters = self.around.names.parameters_at(self.entry) if self.entry is not None else ()
        for name in parameters:
            yield Proposal(name, Kind.ARGUMENT, self.say("parameter"), group=group)
        for name in self.around.names.known(Kind.PARAM):
            yield Proposal(name, Kind.PARAM, self._value_of(Name(Kind.PARAM, name)), group=group)

    def _value_of(self, name: Name) -> str:
        entry = self.around.names.declared[name]
        value = self.around.layout.find(*entry.path, "value")
        return short(self.around.layout.string(value if value is not None else entry))

    def _values(self) -> Iterator[Proposal]:
        alias, dot, _ = self.typed.partition(".")
        measures = self.path == ("crowding", "measure")
        if dot and ((measures and alias == OTHER) or Name(Kind.ALIAS, alias) in self.around.names.declared):
            yield from (replace(p, label=f"{alias}.{p.label}", insert=f"{alias}.{p.insert or p.label}") for p in self._of_any_market())
            return
        yield from self._params(1)
        yield from self._of_any_market()
        if measures:
            yield Proposal(f"{OTHER}.", Kind.ALIAS, self.say("other"), group=3, again=True)
        for name in self.around.names.known(Kind.ALIAS):
            detail = self.around.layout.string(self.around.names.declared[Name(Kind.ALIAS, name)])
            yield Proposal(f"{name}.", Kind.ALIAS, detail, group=3, again=True)
        for term in self.around.vocabulary.values():
            if term.where is not Where.ANYWHERE and self._means_something(term):
                yield self._term(term, 3)

    def _of_any_market(self) -> Iterator[Proposal]:
        """What may stand after `btc.` as well."""
        for name in self.around.names.known(Kind.DEFINITION):
            entry = self.around.names.declared[Name(Kind.DEFINITION, name)]
            if entry.path != self.path:
                parameters = ", ".join(f"⟦{p}⟧" for p in self.around.names.parameters.get(name, ()))
                insert = f"{name}({parameters})" if parameters and not self.called else ""
                yield Proposal(name, Kind.DEFINITION, short(self.around.layout.string(entry)), insert=insert, group=1)
        for name in self.around.names.known(Kind.SERIES):
            yield Proposal(name, Kind.SERIES, self.say("external"), group=2)
        for term in self.around.vocabulary.values():
            if term.where is Where.ANYWHERE:
                yield self._term(term, 2 if term.kind is Kind.SERIES else 4)

    def _means_something(self, term: Term) -> bool:
        if self.around.kind == "risk":
            return term.where is Where.RISK
        if term.where is Where.POSITION:
            return position_allowed(self.path)
        return term.where is Where.ENTRY and self.path[:1] in (("entry",), ("sizing",), ("define",))

    def _term(self, term: Term, group: int) -> Proposal:
        language = self.around.language
        unit = unit_word(term.unit, language)
        detail = " · ".join(part for part in (term.line(language), unit) if part)
        insert = "" if self.called else call_snippet(term)
        documentation = f"`{term.example}`" if term.example else ""
        return Proposal(term.name, term.kind, detail, documentation, insert, group, also=f"{term.korean} {term.english}")

    # ---- where an operator is expected ----
    def _for_operator(self, last: Word, inside: Open | None) -> Iterator[Proposal]:
        if last.kind == "number":
            yield self._keyword("bars", 0)
        if inside is not None and inside.sign == "[":
            return
        open_then = any(word.text == "then" for word in self.before)
        open_if = any(word.text == "if" for word in self.before)
        first = 10 if self._tested() else 0
        for sign in _COMPARE:
            yield self._keyword(sign, first)
        for word in _TESTS:
            yield self._keyword(word, first + 1)
        for word in _JOINS:
            if (word != "within" or open_then) and (word != "else" or open_if):
                yield self._keyword(word, 2)
        for sign in _ARITHMETIC:
            yield self._keyword(sign, 20)

    def _tested(self) -> bool:
        """Whether a test has been written since the last `and`, bracket or the like, so that another join is what follows."""
        for word in reversed(self.before):
            if word.text in _COMPARE or word.text in ("in", "enters", "leaves", "above", "below", "for"):
                return True
            if word.text in ("and", "or", "then", "(", ",", "not", "if", "else", "within"):
                return word.text == "within"
        return False

    def _keyword(self, word: str, group: int = 4) -> Proposal:
        return Proposal(word, Kind.KEYWORD, self.say(f"word.{word}"), insert=f"{word} " if word != "bars" else "", group=group)


def arguments_of(around: Surroundings, name: str) -> tuple[Arg, ...]:
    """Arguments of a function or of a definition, whose parameters take anything. Empty for unknown names."""
    for known in (name, name.partition(".")[2]):
        term = around.vocabulary.get(known)
        if term is not None:
            return term.args or ()
        if known in around.names.parameters:
            return tuple(Arg(parameter, ArgKind.SERIES) for parameter in around.names.parameters[known])
    return ()


def current_argument(args: tuple[Arg, ...], inside: Open) -> Arg | None:
    """The argument that is being written in an open call."""
    if inside.argument is not None:
        return next((arg for arg in args if arg.name == inside.argument), None)
    positional = [arg for arg in args if not arg.keyword_only]
    return positional[inside.index] if inside.index < len(positional) else None
