"""The reference page is what the tables of the language say, and says all of it. Write it anew with JANGDAN_UPDATE_GOLDEN=1."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args

import pytest

from dsl import ast
from dsl.assist.vocabulary import vocabulary
from dsl.diagnostics import Language
from dsl.keys import KEYS
from dsl.language_forms import FORMS, PHRASES
from dsl.language_page import codes, language_page
from dsl.messages import texts
from dsl.parser import GRAMMAR, STARTS, parse_phrase, parse_rule
from dsl.schema import risk, strategy
from engine.kernel.catalogue import catalogue

PAGES = {Language.ENGLISH: "language.md", Language.KOREAN: "language.ko.md"}
DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLES = [text for forms in FORMS.values() for examples in forms.values() for text in examples]


@pytest.mark.parametrize("language", list(Language))
def test_the_page_is_up_to_date(language: Language) -> None:
    written = DOCS / PAGES[language]
    page = language_page(catalogue(), language)
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        written.write_text(page, encoding="utf-8")
    assert written.read_text(encoding="utf-8") == page


@pytest.mark.parametrize("language", list(Language))
def test_every_name_key_and_code_is_on_the_page(language: Language) -> None:
    page = language_page(catalogue(), language)
    names = vocabulary(catalogue())
    assert len(names) > 170
    assert [name for name in names if not re.search(rf"`{re.escape(name)}[`(]", page)] == []
    operators = [function for function in catalogue().values() if not function.callable_by_user]
    assert [function.name for function in operators if f"### `{function.example}`" not in page] == []
    paths = [path for kind, table in KEYS.items() for path in table if not path.startswith("drawdown.*") and not unbuilt(kind, path)]
    assert len(paths) > 100
    assert [path for path in paths if f"`{path}`" not in page and f"`{path.removesuffix('.*')}`" not in page] == []
    assert len(codes()) > 80
    assert [code for code in codes() if f"- **{code}** " not in page] == []
    assert "{" not in "".join(line for line in page.splitlines() if line.startswith("- **"))


def unbuilt(kind: str, path: str) -> bool:
    """Whether files are refused that have this key."""
    refused = strategy.UNBUILT if kind == "strategy" else risk.UNBUILT
    return any(tuple(path.split("."))[: len(key)] == key for key in refused)


def test_every_line_is_in_both_languages() -> None:
    korean, english = (language_page(catalogue(), language).splitlines() for language in (Language.KOREAN, Language.ENGLISH))
    assert len(korean) == len(english)
    assert all(found.ko and found.en for found in texts("reference").values())
    assert all(term.korean and term.english for term in vocabulary(catalogue()).values())


# ---- forms ----
def parts(node: object) -> Iterator[object]:
    if is_dataclass(node):
        yield node
        for field in fields(node):
            yield from parts(getattr(node, field.name))
    elif isinstance(node, tuple):
        for item in node:
            yield from parts(item)


def test_the_examples_show_every_form_of_the_grammar() -> None:
    shown = {type(part) for text in EXAMPLES for part in parts(parse_rule(text))}
    assert set(get_args(ast.Expression)) <= shown
    assert len(EXAMPLES) > 40


def test_every_word_and_sign_of_rules_is_shown() -> None:
    rules = GRAMMAR.read_text("utf-8").partition("// ---- phrases")[0]
    defined = dict(re.findall(r'^([A-Z_]+): "([^"]+)"$', GRAMMAR.read_text("utf-8"), re.MULTILINE))
    used = {word for name, word in defined.items() if re.search(rf"\b{name}\b", rules)}
    assert len(used) >= 25
    assert [word for word in used if not any(word in text for text in EXAMPLES)] == []


def test_every_phrase_of_the_grammar_is_told_and_its_examples_are_read() -> None:
    assert set(PHRASES) == set(STARTS) - {"rule"}
    for name, examples in PHRASES.items():
        for text in examples:
            parse_phrase(text, name)
