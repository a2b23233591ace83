"""The reference of the whole language in Korean or English, written from its tables: forms, names, functions, phrases, keys, messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from dsl.assist.shape import Holds, choices, has_own_names, keys, meaning
from dsl.assist.signatures import signature_line
from dsl.assist.vocabulary import Term, Where, unit_word, vocabulary
from dsl.catalogue import Catalogue
from dsl.diagnostics import Language
from dsl.keys import JOINING, KEYS, pattern_of
from dsl.language_forms import FORMS, PHRASES
from dsl.messages import text, texts
from dsl.reference import function_sections, functions_page

#: kinds of files, in the order of the page
FILES: Final = ("strategy", "risk", "portfolio")
_CODE = re.compile(r"[EWR][0-9]{3}")
_PLACEHOLDER = re.compile(r"\{\w+\}")


def language_page(catalogue: Catalogue, language: Language) -> str:
    """Markdown of the whole reference."""
    lines = [f"# {_say('page', language)}", "", _say("page_intro", language), ""]
    for part in (_forms(language), _names(catalogue, language), _functions(catalogue, language), _phrases(language), _keys(language)):
        lines += part
    lines += _messages(language)
    return "\n".join(lines).rstrip("\n") + "\n"


def name_page(name: str, catalogue: Catalogue, language: Language) -> str | None:
    """Markdown: the functions and the other names that are called `name` or begin with it and a dot; None when there are none."""
    chosen = {key: function for key, function in catalogue.items() if key == name or key.startswith(f"{name}.")}
    terms = [term for key, term in vocabulary(catalogue).items() if key not in catalogue and (key == name or key.startswith(f"{name}."))]
    if not chosen and not terms:
        return None
    lines: list[str] = []
    for where in dict.fromkeys(term.where for term in terms):
        lines += (f"# {_say(f'where.{where.value}', language)}", "", *_name_table([t for t in terms if t.where is where], language))
    page = "\n".join(lines) + "\n" * bool(lines and chosen)
    return page + (functions_page(chosen, language) if chosen else "")


def codes() -> list[str]:
    """The codes of all messages, errors first."""
    return sorted(key for key in texts("diagnostics") if _CODE.fullmatch(key))


def _say(key: str, language: Language) -> str:
    return text(f"reference.{key}", language)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """A Markdown table; a bar inside a cell is escaped."""
    heads = tuple(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('---' for _ in heads)}|"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _forms(language: Language) -> Iterator[str]:
    yield from (f"## {_say('forms', language)}", "", _say("forms_intro", language), "")
    for group, forms in FORMS.items():
        yield from (f"### {_say(f'group.{group}', language)}", "")
        heads = (_say("written", language), _say("meaning", language))
        yield from _table(heads, ((_code(examples), _say(f"form.{form}", language)) for form, examples in forms.items()))


def _names(catalogue: Catalogue, language: Language) -> Iterator[str]:
    """Names that are no functions of the catalogue: series, flags, position, account, order, values across markets."""
    known = [term for name, term in vocabulary(catalogue).items() if name not in catalogue]
    yield from (f"## {_say('names', language)}", "", _say("names_intro", language), "")
    for where in Where:
        terms = [term for term in known if term.where is where]
        yield from (f"### {_say(f'where.{where.value}', language)}", "")
        yield from _name_table(terms, language)


def _name_table(terms: Iterable[Term], language: Language) -> Iterator[str]:
    heads = tuple(_say(key, language) for key in ("name", "meaning", "unit", "example"))
    yield from _table(heads, (_name_row(term, language) for term in terms))


def _name_row(term: Term, language: Language) -> tuple[str, ...]:
    return f"`{signature_line(term)}`", term.line(language), unit_word(term.unit, language), f"`{term.example}`" if term.example else ""


def _functions(catalogue: Catalogue, language: Language) -> Iterator[str]:
    yield from (f"## {_say('title', language)}", "", _say("intro", language), "")
    yield from function_sections(catalogue, language, heading="###")


def _phrases(language: Language) -> Iterator[str]:
    yield from (f"## {_say('phrases', language)}", "", _say("phrases_intro", language), "")
    heads = tuple(_say(key, language) for key in ("written", "meaning", "keys"))
    yield from _table(heads, ((_code(found), _say(f"phrase.{name}", language), _code(_users(name))) for name, found in PHRASES.items()))


def _users(phrase: str) -> list[str]:
    """The keys whose text is such a phrase."""
    return [f"{kind}: {path}" for kind, table in KEYS.items() for path, key in table.items() if key.kind == phrase]


def _keys(language: Language) -> Iterator[str]:
    yield from (f"## {_say('files', language)}", "", _say("files_intro", language), "")
    for kind in FILES:
        yield from (f"### `schema: {kind}/1`", "")
        heads = tuple(_say(key, language) for key in ("key", "meaning", "value"))
        yield from _table(heads, _key_rows(kind, (), language))


def _key_rows(kind: str, path: tuple[str | int, ...], language: Language) -> Iterator[tuple[str, ...]]:
    """One row for every key below `path`; a name of the user's own is `*`."""
    for key in keys(kind, path):
        below = (*path, key.name)
        shown = ".".join(str(part) for part in below)
        required = f" ({text('assist.required', language)})" if key.required else ""
        yield f"`{shown}`", meaning(kind, below, language) + required, _holds(kind, below, key.holds, language)
        if key.name in JOINING and path:
            continue  # conditions again, and so on without end
        own = ("*",) if has_own_names(kind, below) else (0,) if key.holds is Holds.LIST else ()
        if own:
            inner = (*below, *own)
            rows = list(_key_rows(kind, inner, language))
            if key.holds is Holds.NAMES and not rows:
                yield f"`{shown}.*`", meaning(kind, inner, language), _holds(kind, inner, Holds.TEXT, language)
            yield from ((name.replace(".0", ".*"), *rest) for name, *rest in rows)
        elif key.holds is Holds.SECTION:
            yield from _key_rows(kind, below, language)


def _holds(kind: str, path: tuple[str | int, ...], holds: Holds, language: Language) -> str:
    """What stands after the key: one of some words, a rule, or a phrase."""
    words = choices(kind, path)
    if words:
        return _code(words)
    if holds is not Holds.TEXT:
        return ""
    known = KEYS.get(kind, {})
    found = pattern_of(kind, path)
    name = known[found].kind if found is not None else ""
    if name in PHRASES:
        return _code(PHRASES[name][:1])
    return _say(f"holds.{name}", language) if name == "rule" else ""


def _messages(language: Language) -> Iterator[str]:
    yield from (f"## {_say('messages', language)}", "", _say("messages_intro", language), "")
    for code in codes():
        yield f"- **{code}** {_PLACEHOLDER.sub('…', text_of(code, language))}"


def text_of(code: str, language: Language) -> str:
    """The headline of a code with its placeholders."""
    found = texts("diagnostics")[code]
    return (found.ko if language is Language.KOREAN else found.en).replace("{{", "{").replace("}}", "}")
