"""The JSON Schema of the files: shipped and random files are valid, misspelt ones are not, and its patterns agree with the grammar."""

from __future__ import annotations

import json
import random
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.builder import RuleError
from dsl.compile import schema_of
from dsl.diagnostics import Language
from dsl.json_schema import FILES, json_schema
from dsl.keys import KEYS, RULE
from dsl.loader import load
from dsl.parser import STARTS, parse_phrase, parse_rule
from dsl.phrases import FORMS, RULE_EXAMPLES
from dsl.source import Source
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode
from tests.dsl.helpers import BROKEN, PORTFOLIO, ROOT, SHIPPED, codes, compiled
from tests.generators.strategies import random_strategy

CHECKERS = {kind: jsonschema.Draft202012Validator(json_schema(kind, Language.ENGLISH)) for kind in FILES}
FILES_SHIPPED = [*SHIPPED, *sorted((ROOT / "risk_profiles").glob("*.yaml"))]


def as_editors_read(node: YamlNode) -> Any:
    """The tree with numbers and booleans, as YAML 1.2 has them."""
    if isinstance(node, Mapping):
        return {key.text: as_editors_read(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [as_editors_read(item) for item in node.items]
    return _scalar(node)


def _scalar(node: Scalar) -> Any:
    if node.style is not None or not node.text:
        return node.text or None
    if node.text in ("true", "false"):
        return node.text == "true"
    try:
        return float(node.text) if "_" not in node.text else node.text
    except ValueError:
        return node.text


def mistakes(text: str) -> list[str]:
    source = Source("", text)
    root, problems = load(source)
    assert root is not None
    assert problems == []
    kind = schema_of(source)
    return [error.message for error in CHECKERS[kind if kind in FILES else "strategy"].iter_errors(as_editors_read(root))]


@pytest.mark.parametrize("path", FILES_SHIPPED, ids=lambda path: path.stem)
def test_shipped_files_are_valid(path: Any) -> None:
    assert mistakes(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""), ("50% of account", "5_000_000 KRW"), ("50% of account", "50%"), ("60%", "60% of equity"), ("weight: 40%", "weight: 0.4"),
    ],
)  # fmt: skip
def test_portfolio_files_are_valid(old: str, new: str) -> None:
    assert mistakes(PORTFOLIO.replace(old, new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("50% of account", "50% of accounts"), ("weight: 40%", "wieght: 40%"), (", weight: 40%", ""), ("strategies:", "strategys:"),
        ("btc: KRW-BTC", "btc: BTC-KRW"), ("weight: 40%", "weight: rest"),
    ],
)  # fmt: skip
def test_misspelt_portfolio_files_are_not_valid(old: str, new: str) -> None:
    assert old in PORTFOLIO
    assert mistakes(PORTFOLIO.replace(old, new))


@given(st.randoms(use_true_random=False))
def test_random_files_are_valid(c: random.Random) -> None:
    found = random_strategy(c, ("KRW-BTC", "KRW-ETH"))
    assert mistakes(found.text) == []
    assert found.profile is None or mistakes(found.profile[1]) == []


@pytest.mark.parametrize(
    "name",
    [
        "03-unknown-key",
        "19-market-turned-round",
        "21-not-built-yet",
        "24-phrases",
        "25-many-mistakes",
        "27-risk-profile",
        "28-missing-keys",
        "40-portfolio",
    ],
)
def test_misspelt_files_are_not_valid(name: str) -> None:
    assert mistakes((BROKEN / f"{name}.yaml").read_text("utf-8"))


GOOD = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("state: paper", "state: papre"),
        ("clock: 5m", "clock: five"),
        ("exits:", "exit:"),
        ("btc: KRW-BTC", "btc: BTC-KRW"),
        ("risk: 0.5% of equity", "risk: 0.5% of equities"),
        ("min_order: 30_000 KRW", "min_order: 30_000"),
        ("sell: 70%", "sell: most"),
        ("frozen: true", "frozen: maybe"),
        ("cooldown: 10m after loss", "cooldown: 10m after gain"),
        ("open_positions: 5", "open_positions: five"),
        ("  all: ", "  every: "),
        ("name: pullback-trend\n", ""),
    ],
)
def test_each_kind_of_mistake_is_found_where_check_finds_it(old: str, new: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    assert mistakes(text)
    assert any(code.startswith("E") for code in codes(compiled(text)))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("kind", sorted(FILES))
def test_every_place_is_described_in_both_languages(kind: str, language: Language) -> None:
    schema = json_schema(kind, language)
    jsonschema.Draft202012Validator.check_schema(schema)
    described, silent = 0, []

    def walk(node: Any, where: str) -> None:
        nonlocal described
        if isinstance(node, dict):
            for name, inner in node.get("properties", {}).items():
                described += "description" in inner
                silent.extend([] if "description" in inner else [f"{where}.{name}"])
            for name, inner in node.items():
                walk(inner, f"{where}.{name}")
        elif isinstance(node, list):
            for inner in node:
                walk(inner, where)

    walk(schema, kind)
    assert silent == []
    assert described >= 7
    assert (
        any("가" <= character <= "힣" for character in json.dumps(schema["properties"], ensure_ascii=False)) or language is Language.ENGLISH
    )


@pytest.mark.parametrize("kind", sorted(set(FORMS) - {"market"}))
def test_a_pattern_takes_what_the_grammar_takes(kind: str) -> None:
    assert kind in STARTS
    form = FORMS[kind]

    @given(st.from_regex(form.pattern, fullmatch=True) if kind != "of_depth" else st.sampled_from(form.examples))
    def agree(text: str) -> None:
        try:
            parse_phrase(text, kind)
        except RuleError as error:
            assert error.code in ("E108", "E114", "E107"), (text, error.code)  # noqa: PT017  too large, or amounts out of order

    agree()
    for example in form.examples:
        parse_phrase(example, kind)


def test_every_phrase_has_a_form_and_every_example_of_a_rule_can_be_read() -> None:
    kinds = {key.kind for keys in KEYS.values() for key in keys.values()}
    assert kinds - {RULE, "name", "title", "literal", "date", "candles"} == set(FORMS)
    for examples in RULE_EXAMPLES.values():
        for example in examples:
            try:
                parse_rule(example)
            except RuleError:
                parse_phrase(example, "level")
