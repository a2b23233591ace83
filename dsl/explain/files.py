"""A whole file in sentences: section by section, in the order of the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dsl import ast
from dsl.builder import ActionWords, Amount, BookPrice, LossLimit, NextOrder, Refresh, RuleError, Share, UntilWords
from dsl.canonical import defined, expression_of
from dsl.catalogue import Catalogue, Unit
from dsl.diagnostics import Language
from dsl.explain.korean import particles
from dsl.explain.quantities import duration, quantity, timeframe
from dsl.explain.rules import Sentences, Vocabulary
from dsl.keys import JOINING, KEYS, pattern_of
from dsl.messages import text, texts
from dsl.parser import STARTS, parse_phrase
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

Path = tuple[str | int, ...]
_UNTIL = {"next day": "next_day", "next week": "next_week", "next month": "next_month", "manual": "manual"}
#: of `if slippage <= 0.3%`
_BOUNDS = {"<": "below", "<=": "at_most", ">": "above", ">=": "at_least"}
_COUNTED = re.compile(r"([0-9]+) +(position|cluster)s?")
#: whose conditions say nothing without the heading, be there one or many
_ALWAYS_HEADED: tuple[Path, ...] = (("universe", "keep"), ("universe", "drop"))
#: what has one possible value
_UNTOLD = ("schema", "score.combine")


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence: how deep it stands, the path of what it tells, and whether it is a heading."""

    depth: int
    path: str
    text: str
    heading: bool = False


def explained(
    kind: str, root: YamlNode, catalogue: Catalogue, language: Language, targets: frozenset[str] = frozenset()
) -> tuple[Line, ...]:
    """The file in sentences. targets: names of exits that are price targets above the entry (every other level protects from below)."""
    if not isinstance(root, Mapping):
        return ()
    return tuple(_File(kind, root, catalogue, language, targets).lines())


def vocabulary_of(root: YamlNode, catalogue: Catalogue) -> Vocabulary:
    """The names that a file gives."""

    def section(name: str) -> tuple[tuple[Scalar, YamlNode], ...]:
        found = root.find(name) if isinstance(root, Mapping) else None
        return found[1].entries if found is not None and isinstance(found[1], Mapping) else ()

    definitions = [defined(key.text, value.text) for key, value in section("define") if isinstance(value, Scalar)]
    params: dict[str, ast.Expression] = {}
    for key, value in section("params"):
        inner = value.find("value") if isinstance(value, Mapping) else None
        shown = inner[1] if inner is not None else value
        found = expression_of(shown.text) if isinstance(shown, Scalar) else None
        if found is not None:
            params[key.text] = found
    aliases = {key.text: value.text for key, value in section("aliases") if isinstance(value, Scalar)}
    regimes = frozenset(key.text for key, _ in section("regime"))
    return Vocabulary(catalogue, {item.name: item.body for item in definitions}, params, aliases, regimes)


class _File:
    """One file being told."""

    def __init__(self, kind: str, root: Mapping, catalogue: Catalogue, language: Language, targets: frozenset[str]) -> None:
        self.kind, self.root, self.language, self.targets = kind, root, language, targets
        self.sentences = Sentences(vocabulary_of(root, catalogue), language)
        self.special: dict[str, Callable[[YamlNode], Iterator[Line]]] = {
            "entry": self._entry, "exits": self._exits, "factors": self._factors, "regime": self._regime, "markets": self._markets,
            "params": self._params, "tests": self._tests, "breakers": self._breakers, "drawdown": self._drawdown, "loss": self._loss,
            "safety": self._safety, "strategies": self._strategies,
        }  # fmt: skip

    def say(self, key: str, **words: object) -> str:
        """A text of the area, with its particles."""
        found = text(f"explain.{key}", self.language, **words)
        return particles(found) if self.language is Language.KOREAN else found

    def lines(self) -> Iterator[Line]:
        """Single settings first as they come, then each section under its heading."""
        for key, value in self.root.entries:
            if isinstance(value, Scalar) and key.text != "entry":
                yield from self._leaf((key.text,), value, 0)
                continue
            yield Line(0, key.text, self.say("file.heading", title=self._meaning((key.text,)) or key.text), heading=True)
            yield from self.special.get(key.text, lambda node, name=key.text: self._section((name,), node, 1))(value)

    def _meaning(self, path: Path) -> str:
        names = [self.kind, *(str(part) for part in path)]
        known = texts("keys")
        key = ".".join(names)
        if key not in known:
            pattern = pattern_of(self.kind, path)
            key = f"{self.kind}.{pattern}" if pattern is not None else ""
        return text(f"keys.{key}", self.language).rstrip(".") if key in known else ""

    # ---- settings ----
    def _section(self, path: Path, node: YamlNode, depth: int) -> Iterator[Line]:
        if isinstance(node, Scalar):
            yield from self._leaf(path, node, depth)
        elif isinstance(node, Sequence):
            for i, item in enumerate(node.items):
                yield from self._section((*path, i), item, depth)
        else:
            for key, value in node.entries:
                inner: Path = (*path, key.text)
                own = f"{self.kind}.{'.'.join(map(str, inner))}" in texts("keys")
                if own and isinstance(value, Mapping) and (len(value.entries) > 1 or inner in _ALWAYS_HEADED):
                    yield Line(depth, _dotted(inner), f"{self._meaning(inner)}:")
                    yield from self._section(inner, value, depth + 1)
                else:
                    yield from self._section(inner, value, depth)

    def _leaf(self, path: Path, node: Scalar, depth: int) -> Iterator[Line]:
        pattern = pattern_of(self.kind, path)
        if pattern in _UNTOLD:
            return
        value = self.text_of(path, node)
        template = f"s.{self.kind}.{pattern}"
        if template in texts("explain"):
            shown = self.say(template, value=value)
        elif pattern is not None and pattern.endswith("*"):
            shown = self.say("file.named", name=path[-1], value=value)
        else:
            shown = self.say("file.fallback", meaning=self._meaning(path) or path[-1], value=value)
        yield Line(depth, _dotted(path), shown)

    def text_of(self, path: Path, node: Scalar) -> str:
        """The text at `path` in words, by the kind of text that it is."""
        pattern = pattern_of(self.kind, path)
        kind = KEYS[self.kind][pattern].kind if pattern is not None else "name"
        if kind == "rule":
            expression = expression_of(node.text)
            return self.sentences.sentence(expression) if expression is not None else node.text
        if kind in ("title", "candles", "date", "market"):
            return node.text
        return self._phrase(node.text, kind)

    def _phrase(self, raw: str, kind: str) -> str:
        """The text of a key that is a phrase of the grammar, or a word."""
        if kind == "timeframe":
            return timeframe(raw.strip(), self.language)
        try:
            found = parse_phrase(raw, kind) if kind in STARTS else None
        except RuleError:
            found = None
        if kind == "every" and isinstance(found, Amount):
            return self._numbered("every", duration(found.value, self.language))
        match found:
            case Amount():
                unit = Unit.RATIO if kind == "of_equity" and found.unit is Unit.NUMBER else found.unit
                return quantity(found.value, unit, self.language)
            case LossLimit():
                limits = [self._ratio(found.ratio)] if found.ratio is not None else []
                limits += [quantity(found.krw, Unit.MONEY, self.language)] if found.krw is not None else []
                return limits[0] if len(limits) == 1 else self._numbered("either", *limits)
            case Refresh():
                return self._refresh(found, raw)
            case BookPrice():
                best = self.say(f"phrase.best_{found.side}")
                count = abs(found.ticks)
                sign = "-" if found.ticks < 0 else "+"
                return self._numbered("tick" if count == 1 else "ticks", best, sign, str(count)) if count else best
            case NextOrder():
                tests = [self._test(test.subject, test.operator, self._ratio(test.ratio)) for test in found.tests]
                return (
                    self._numbered(f"next_{found.then}_if", self.say("phrase.and").join(tests))
                    if tests
                    else self.say(f"phrase.next_{found.then}")
                )
            case ActionWords():
                return self._action(found)
            case UntilWords():
                return duration(found.hold_ms, self.language) if found.hold_ms is not None else self.say(f"phrase.{_UNTIL[found.word]}")
            case _:
                return self._words(" ".join(raw.split()))

    def _ratio(self, value: float) -> str:
        return quantity(value, Unit.RATIO, self.language)

    def _refresh(self, found: Refresh, raw: str) -> str:
        clock = re.search(r"[0-9]{1,2}:[0-9]{2}", raw)
        return self._numbered("every_day", clock[0]) if clock else self._numbered("every", duration(found.every_ms, self.language))

    def _action(self, found: ActionWords) -> str:
        if found.word == "size":
            return self._numbered("size", quantity(found.factor, Unit.NUMBER, self.language))
        if found.hold_ms is not None and f"phrase.{found.word}_for" in texts("explain"):
            return self._numbered(f"{found.word}_for", duration(found.hold_ms, self.language))
        lasts = "" if found.hold_ms is None else self.say("file.breaker_for", length=duration(found.hold_ms, self.language))
        return self._words(found.word) + lasts

    def _words(self, raw: str) -> str:
        """A word that a key may be, or a counted thing; everything else as it is written."""
        counted = _COUNTED.fullmatch(raw)
        if counted:
            return self._numbered(counted[2] if counted[1] == "1" else f"{counted[2]}s", counted[1])
        for area in ("phrase", "word"):
            if f"{area}.{raw}" in texts("explain"):
                return self.say(f"{area}.{raw}")
        return raw

    def _numbered(self, name: str, *values: str) -> str:
        entry = texts("explain")[f"phrase.{name}"]
        return (entry.ko if self.language is Language.KOREAN else entry.en).format(*values)

    # ---- sections with a form of their own ----
    def _entry(self, node: YamlNode) -> Iterator[Line]:
        if isinstance(node, Scalar):
            yield Line(1, "entry", self.say("file.one"))
            yield from self._member("", node, 2, ("entry",))
        else:
            yield from self._group(node, 1, ("entry",), "", "file.")

    def _group(self, node: YamlNode, depth: int, path: Path, name: str, prefix: str) -> Iterator[Line]:
        if not isinstance(node, Mapping) or not node.entries or node.entries[0][0].text not in JOINING:
            return
        key, members = node.entries[0]
        count = ""
        if key.text == "at_least" and isinstance(members, Mapping) and members.entries:
            count, members = members.entries[0][0].text.split()[0], members.entries[0][1]
        shown = self.say(f"{prefix}{key.text}", count=count)
        yield Line(depth, _dotted(path), self.say("file.named", name=name, value=shown) if name else shown)
        for member, value in members.entries if isinstance(members, Mapping) else ():
            yield from self._member(member.text, value, depth + 1, (*path, member.text))

    def _member(self, name: str, node: YamlNode, depth: int, path: Path) -> Iterator[Line]:
        if not isinstance(node, Scalar):
            yield from self._group(node, depth, path, name, "file.inner_")
            return
        value = self.text_of(("entry",), node)
        yield Line(depth, _dotted(path), self.say("file.named", name=name, value=value) if name else value)

    def _exits(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v.text for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            after = self.say("file.exit_after", name=parts["after"]) if "after" in parts else ""
            when = self._when(key.text, parts)
            frozen = self.say("file.frozen") if parts.get("frozen") == "true" else ""
            words = {"name": key.text, "after": after, "when": when, "sell": self._sell(parts.get("sell")), "frozen": frozen}
            yield Line(1, f"exits.{key.text}", self.say("file.exit", **words))

    def _when(self, name: str, parts: dict[str, str]) -> str:
        condition = expression_of(parts.get("when", ""))
        if condition is not None:
            return self.say("file.exit_when", condition=self.sentences.form(condition, "if"))
        raw = parts.get("at", "")
        try:
            found = parse_phrase(raw, "level")
        except RuleError:
            expression = expression_of(raw)
            level = self.sentences.value(ast.unbracketed(expression)) if expression is not None else raw
        else:
            ratio = quantity(abs(found.value), Unit.RATIO, self.language)
            level = self.say("file.level_below" if found.value < 0 else "file.level_above", ratio=ratio)
        rises = name in self.targets or raw.strip().startswith("+")
        return self.say("file.exit_rises" if rises else "file.exit_falls", level=level)

    def _sell(self, raw: str | None) -> str:
        try:
            share = parse_phrase(raw, "share") if raw is not None else None
        except RuleError:
            share = None
        if not isinstance(share, Share) or share.ratio == 1:
            return self.say("file.sell_all")
        return self.say("file.sell_rest" if share.of_rest else "file.sell_share", share=quantity(share.ratio, Unit.RATIO, self.language))

    def _factors(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            shown = {name: self.text_of(("factors", key.text, name), part) for name, part in parts.items()}
            words = {"name": key.text, "weight": shown.get("weight", ""), "value": shown.get("value", "")}
            yield Line(1, f"factors.{key.text}", self.say("file.factor", **words))

    def _regime(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            if isinstance(value, Scalar) and key.text == "otherwise":
                yield Line(1, "regime.otherwise", self.say("file.otherwise", name=value.text))
            elif isinstance(value, Scalar):
                yield Line(1, f"regime.{key.text}", self.say("file.regime", name=key.text, value=self.text_of(("regime", key.text), value)))

    def _markets(self, node: YamlNode) -> Iterator[Line]:
        items = [item.text for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []
        yield Line(1, "markets", self.say("file.markets", value=", ".join(items)))

    def _params(self, node: YamlNode) -> Iterator[Line]:
        names = self.sentences.names.params
        for key, value in node.entries if isinstance(node, Mapping) else ():
            limits = value.find("range") if isinstance(value, Mapping) else None
            shown = self.sentences.value(names[key.text]) if key.text in names else ""
            if limits is not None and isinstance(limits[1], Scalar):
                yield Line(
                    1, f"params.{key.text}", self.say("file.range", name=key.text, value=shown, range=limits[1].text.replace("..", "~"))
                )
            else:
                yield Line(1, f"params.{key.text}", self.say("file.param", name=key.text, value=shown))

    def _test(self, subject: str, operator: str, bound: str) -> str:
        return self._numbered(f"test_{subject}", self.say(f"phrase.{_BOUNDS[operator]}"), bound)

    def _tests(self, node: YamlNode) -> Iterator[Line]:
        for item in node.items if isinstance(node, Sequence) else ():
            parts = {k.text: v.text for k, v in item.entries if isinstance(v, Scalar)} if isinstance(item, Mapping) else {}
            name = parts.get("name", "")
            yield Line(1, f"tests.{name}", self.say("file.test", name=name, value=parts.get("expect", "")))

    # ---- portfolio ----
    def _strategies(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            shown = {name: self.text_of(("strategies", key.text, name), part) for name, part in parts.items() if name != "when"}
            words = {"name": key.text, "strategy": shown.get("strategy", ""), "weight": shown.get("weight", "")}
            condition = expression_of(parts["when"].text) if "when" in parts else None
            if condition is None:
                yield Line(1, f"strategies.{key.text}", self.say("file.part", **words))
            else:
                words["condition"] = self.sentences.form(condition, "noun" if self.language is Language.KOREAN else "if")
                yield Line(1, f"strategies.{key.text}", self.say("file.part_when", **words))

    # ---- risk ----
    def _safety(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v.text for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            cause = self._meaning(("safety", key.text))
            limits = [
                self.say(f"file.guard_{name}", length=self._phrase(parts[name], "duration_of"))
                for name in ("after", "above", "no_heartbeat")
                if name in parts
            ]
            alert = self.say("file.guard_alert", level=parts["alert"]) if "alert" in parts else ""
            action = self._phrase(parts["then"], "action") if "then" in parts else ""
            words = {"cause": cause, "limit": "".join(limits), "action": action, "alert": alert}
            yield Line(1, f"safety.{key.text}", self.say("file.guard" if action else "file.guard_alone", **words))

    def _breakers(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v.text for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            condition = expression_of(parts.get("when", ""))
            told = "for" not in parts or " for " in parts.get("then", "")  # the duration in `then` is the one that counts
            length = "" if told else self.say("file.breaker_for", length=self._phrase(parts["for"], "duration_of"))
            shown = self.sentences.form(condition, "if") if condition is not None else parts.get("when", "")
            words = {"name": key.text, "condition": shown, "action": self._phrase(parts.get("then", ""), "action"), "length": length}
            yield Line(1, f"breakers.{key.text}", self.say("file.breaker", **words))

    def _drawdown(self, node: YamlNode) -> Iterator[Line]:
        for i, ladder in enumerate(node.items if isinstance(node, Sequence) else [node]):
            path: Path = ("drawdown", i) if isinstance(node, Sequence) else ("drawdown",)
            over = ladder.find("over") if isinstance(ladder, Mapping) else None
            steps = ladder.find("steps") if isinstance(ladder, Mapping) else None
            if over is not None and isinstance(over[1], Scalar):
                length = self._phrase(over[1].text, "duration_of")
                yield Line(1, _dotted((*path, "over")), self.say("file.drawdown", length=length))
            for number, item in enumerate(steps[1].items if steps is not None and isinstance(steps[1], Sequence) else ()):
                parts = {k.text: v.text for k, v in item.entries if isinstance(v, Scalar)} if isinstance(item, Mapping) else {}
                until = self.say("file.until", until=self._phrase(parts["until"], "until")) if "until" in parts else ""
                at, action = self._phrase(parts.get("at", ""), "loss_limit"), self._phrase(parts.get("then", ""), "action")
                yield Line(2, _dotted((*path, "steps", number)), self.say("file.step", at=at, action=action, until=until))

    def _loss(self, node: YamlNode) -> Iterator[Line]:
        for key, value in node.entries if isinstance(node, Mapping) else ():
            parts = {k.text: v.text for k, v in value.entries if isinstance(v, Scalar)} if isinstance(value, Mapping) else {}
            if "then" not in parts:
                yield from self._section(("loss", key.text), value, 1)
                continue
            until = self.say("file.until", until=self._phrase(parts["until"], "until")) if "until" in parts else ""
            limit, action = self._phrase(parts.get("limit", ""), "loss_limit"), self._phrase(parts["then"], "action")
            name = self.say(f"file.over_{key.text}")
            yield Line(1, f"loss.{key.text}", self.say("file.loss", over=name, limit=limit, action=action, until=until))


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
