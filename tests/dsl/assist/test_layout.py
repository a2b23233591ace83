"""The tolerant reading of lines agrees with the strict loader on every file that is accepted; on others its places lie inside the text."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.assist.layout import Layout
from dsl.loader import MAX_DEPTH, MAX_NODES, load
from dsl.source import Source
from dsl.yaml_tree import Scalar, Sequence, YamlNode
from tests.dsl.assist.helpers import ASSIST, BROKEN_FILES, EN, FILES
from tests.generators.strategies import random_strategy

EXTRA = """schema: strategy/1
name: "quoted # name"   # comment
title: 'it''s'
markets:
- KRW-BTC
- KRW-ETH
universe: {refresh: every day at 09:05 KST,
  keep: {liquid: turnover(24h) > 1, old: 'a: b'},
  take: 3}
define:
  folded: >-
    close > open
    and close > ema(close, 20)
  'quoted key': close > open
  with(n, k): highest(high, n)[1]
  long: close > open and
    close > ema(close, 20)   # and so on

    # a comment
  last: |
    close # no comment
tests:
  - name: one
    given: {close: 20x100 98}
    replay:
      markets: [KRW-BTC, KRW-XRP]
  - name: two
    expect: "x"
"""


def leaves(node: YamlNode, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, Scalar):
        yield path, " ".join(node.text.split())
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            yield from leaves(item, (*path, number))
    else:
        for key, value in node.entries:
            yield from leaves(value, (*path, key.text))


def read(text: str) -> dict[tuple[str | int, ...], str]:
    layout = Layout(text)
    own = [e for e in layout.entries if e.style not in ("{", "[") and not e.bare and not layout.children(e.path)]
    return {entry.path: layout.string(entry) for entry in own}


def agrees(text: str) -> bool:
    """Whether the strict loader accepts the text; then both must have read the same."""
    root, diagnostics = load(Source("f", text))
    if root is None or diagnostics:
        return False
    assert read(text) == dict(leaves(root))
    return True


def test_both_readings_of_valid_files_are_equal() -> None:
    texts = [EXTRA, EXTRA.replace("\n", "\r\n"), *(path.read_text("utf-8") for path in [*FILES, *BROKEN_FILES])]
    assert sum(map(agrees, texts)) >= 35
    assert agrees(EXTRA)


@given(st.randoms(use_true_random=False))
def test_both_readings_of_generated_files_are_equal(draw: random.Random) -> None:
    assert agrees(random_strategy(draw, ("KRW-BTC", "KRW-XRP")).text)


@pytest.mark.parametrize("text", [EXTRA, *(path.read_text("utf-8") for path in FILES)])
def test_keys_and_values_stand_where_they_are_said_to_stand(text: str) -> None:
    for entry in Layout(text).entries:
        if isinstance(entry.path[-1], str) and not entry.bare:
            assert text[entry.key.start : entry.key.end].strip("'") == entry.name
        assert text[entry.value.start : entry.value.end] == text[entry.value.start : entry.value.end].strip() or entry.style in ("|", ">")


@given(st.text(st.sampled_from("ab:{}[],-#'\"|> \n\t\r가：@(") | st.characters(), max_size=60), st.data())
def test_any_text_has_a_layout_with_places_inside(text: str, data: st.DataObject) -> None:
    layout = Layout(text)
    for entry in layout.entries:
        assert 0 <= entry.key.start <= entry.key.end <= len(text)
        assert 0 <= entry.value.start <= entry.value.end <= len(text)
        assert entry.key.start <= entry.end <= len(text)
    at = data.draw(st.integers(0, len(text)))
    spot = layout.at(at)
    assert spot is None or spot.place.start <= at <= spot.place.end


HEAD = "schema: strategy/1\n"
HOSTILE = {
    "brackets": HEAD + "a: " + "[" * 5_000,
    "braces": HEAD + "a: " + "{a: " * 2_000,
    "quotes": HEAD + "a: " + "'" * 20_000,
    "dashes": "- " * 20_000,
    "lines of dashes": "-\n" * 20_000,
    "the same key": "a: b\n" * 20_000,
    "nesting": "".join("  " * depth + f"a{depth}:\n" for depth in range(300)),
    "calls": "define:\n  x: " + "f(" * 5_000,
    "parameters": "define:\n  x(" + "a," * 2_000 + "): close\n",
    "too long": "define:\n" + "  x: close\n" * 20_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_are_answered(text: str) -> None:
    """Memory and time stay in proportion: what is nested without end is looked into as deep as the loader goes."""
    assert len(Layout(text).entries) <= MAX_NODES
    assert all(len(entry.path) <= MAX_DEPTH + 1 for entry in Layout(text).entries)
    for at in (len(text), len(text) // 2):
        assert isinstance(ASSIST.complete(text, at, EN), tuple)
        ASSIST.hover(text, at, EN)
        ASSIST.signature(text, at, EN)
        ASSIST.rename(text, at, "y", EN)
    assert ASSIST.diagnostics(text, "f", EN)
