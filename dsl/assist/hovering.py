"""What is shown over a word: functions and names of the language, names of the file, keys, timeframes, markets, words of the grammar."""

from __future__ import annotations

from dsl.assist.answers import Hover, Kind
from dsl.assist.layout import Entry
from dsl.assist.markets import MARKETS
from dsl.assist.names import Name, Occurrence
from dsl.assist.roles import Role, role_of
from dsl.assist.shape import meaning
from dsl.assist.signatures import signature_line
from dsl.assist.surroundings import Surroundings
from dsl.assist.vocabulary import Term, bar_word, range_text, unit_word
from dsl.assist.words import Word, words
from dsl.catalogue import Memory
from dsl.checker.clock import timeframe_of
from dsl.diagnostics import Language
from dsl.messages import text as message
from dsl.messages import texts
from dsl.reference import as_code


def hover(around: Surroundings, offset: int, facts: dict[str, str]) -> Hover | None:
    """Markdown about the word under the pointer. facts: definition -> what the checker knows about it."""
    named = around.names.at(offset)
    if named is not None:
        return Hover(named.place.start, named.place.end, _named(around, named, facts))
    spot = around.layout.at(offset)
    entry = _entry_at(around, offset)
    if spot is None or entry is None:
        return None
    if entry.key.start <= offset < entry.key.end:
        said = meaning(around.kind, entry.path, around.language)
        return Hover(entry.key.start, entry.key.end, f"**{entry.name}**\n\n{said}") if said else None
    if role_of(entry.path) is Role.MARKET:
        return _market(around, entry)
    if role_of(entry.path) not in (Role.RULE, Role.EXIT_LEVEL):
        return None
    found = words(around.layout.text, entry.value.start, entry.value.end)
    number = next((n for n, word in enumerate(found) if word.start <= offset < word.end), None)
    return _word(around, found, number) if number is not None else None


def _entry_at(around: Surroundings, offset: int) -> Entry | None:
    for entry in reversed(around.layout.entries):
        inside = entry.value.start <= offset < entry.value.end and entry.style not in ("{", "[")
        if not entry.bare and (inside or entry.key.start <= offset < entry.key.end):
            return entry
    return None


def _say(around: Surroundings, key: str, **args: str) -> str:
    return message(f"assist.{key}", around.language, **args)


def _market(around: Surroundings, entry: Entry) -> Hover | None:
    name = MARKETS.get(around.layout.string(entry))
    if name is None:
        return None
    shown = name.ko if around.language is Language.KOREAN else name.en
    return Hover(entry.value.start, entry.value.end, f"**{around.layout.string(entry)}** {shown}")


# ---- words of the language ----
def _word(around: Surroundings, found: list[Word], number: int) -> Hover | None:
    word = found[number]
    before = found[number - 1].text if number else ""
    if word.kind == "duration" and before == "@":
        timeframe = timeframe_of(word.text)
        said = _say(around, "timeframe", bar=bar_word(word.text, around.language)) if timeframe is not None else ""
        return Hover(found[number - 1].start, word.end, f"**@{word.text}**\n\n{said}") if said else None
    if word.kind == "name":
        term = around.vocabulary.get(word.text) or around.vocabulary.get(word.text.partition(".")[2])
        return Hover(word.start, word.end, term_markdown(term, around.language)) if term is not None else None
    return _operator(around, found, number)


def _operator(around: Surroundings, found: list[Word], number: int) -> Hover | None:
    """`crosses above` and `rises for` are two words and one meaning."""
    word = found[number]
    pairs = [(number, number + 1), (number - 1, number)]
    for first, second in pairs:
        if first >= 0 and second < len(found) and f"word.{found[first].text} {found[second].text}" in texts("assist"):
            phrase = f"{found[first].text} {found[second].text}"
            return Hover(found[first].start, found[second].end, f"**{phrase}**\n\n{_say(around, f'word.{phrase}')}")
    if f"word.{word.text}" in texts("assist"):
        return Hover(word.start, word.end, f"**{word.text}**\n\n{_say(around, f'word.{word.text}')}")
    return None


def term_markdown(term: Term, language: Language) -> str:
    """Signature, one line, formula, unit, range, memory and example of a name of the language."""

    def say(key: str) -> str:
        return message(f"reference.{key}", language)

    rows = {
        "formula": as_code(term.formula.of(language)),
        "range": range_text(term.value_range),
        "memory": say(f"memory_{term.memory.value}") if term.memory is not Memory.NONE else "",
        "example": f"`{term.example}`" if term.example else "",
    }
    lines = [f"```\n{signature_line(term)}\n```", term.line(language), ""]
    unit = unit_word(term.unit, language)
    lines += [f"- {message('assist.unit', language)}: {unit}"] if unit else []
    return "\n".join([*lines, *(f"- {say(key)}: {value}" for key, value in rows.items() if value)]).rstrip()


# ---- names of the file ----
def _named(around: Surroundings, found: Occurrence, facts: dict[str, str]) -> str:
    name = found.name
    entry = around.names.declared[name]
    kind = _say(around, f"kind.{name.kind.value}")
    if name.kind is Kind.ARGUMENT:
        return f"**{name.text}** ({kind}) `{entry.name}`"
    lines = [f"**{entry.name if name.kind is not Kind.REGIME else name.text}** ({kind})"]
    lines += {Kind.PARAM: _param, Kind.ALIAS: _alias}.get(name.kind, _text_of)(around, entry, name)
    if name.kind is Kind.DEFINITION and name.text in facts:
        lines += ["", facts[name.text]]
    return "\n".join(lines)


def _text_of(around: Surroundings, entry: Entry, _name: Name) -> list[str]:
    parts = [(child.name, around.layout.string(child)) for child in around.layout.children(entry.path)]
    if parts:
        return ["", *(f"- {key}: `{value}`" for key, value in parts if value)]
    return ["", f"```\n{around.layout.string(entry)}\n```"]


def _param(around: Surroundings, entry: Entry, _name: Name) -> list[str]:
    parts = {child.name: around.layout.string(child) for child in around.layout.children(entry.path)} or {
        "value": around.layout.string(entry)
    }
    shown = {key: parts[key] for key in ("value", "range", "step") if parts.get(key)}
    return ["", *(f"- {_say(around, f'param.{key}')}: `{value}`" for key, value in shown.items())]


def _alias(around: Surroundings, entry: Entry, _name: Name) -> list[str]:
    code = around.layout.string(entry)
    name = MARKETS.get(code)
    shown = "" if name is None else name.ko if around.language is Language.KOREAN else name.en
    return ["", f"`{code}` {shown}".rstrip()]
