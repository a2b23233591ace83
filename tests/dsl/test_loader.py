"""The loader: text scalars with exact places, and none of YAML's surprises."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.loader import MAX_CHARACTERS, decode, load
from dsl.source import Source
from dsl.yaml_tree import Mapping, Scalar, plain


def tree(text: str) -> object:
    root, diagnostics = load(Source("f", text))
    assert root is not None, diagnostics
    assert not diagnostics
    return plain(root)


def refusals(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in load(Source("f", text))[1]]


def test_scalars_stay_text() -> None:
    text = "a: off\nb: 10:30\nc: 1e3\nd: 0o17\ne: ~\nf: 30_000\ng: yes\nh: 2024-08-05\ni: null\n"
    expected = {"a": "off", "b": "10:30", "c": "1e3", "d": "0o17", "e": "~", "f": "30_000", "g": "yes", "h": "2024-08-05", "i": "null"}
    assert tree(text) == expected


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a: 1\na: 2\n", ["E203"]),
        ("a: 1\nb: {c: 1, c: 2}\na: 3\n", ["E203", "E203"]),
        ("a: &x 1\nb: *x\n", ["E205", "E205"]),
        ("a: !!python/object:os.system x\n", ["E204"]),
        ("a: !!int 3\n", ["E204"]),
        ("[1, 2]: 3\n", ["E207"]),
        ("a: 1\n---\nb: 2\n", ["E208"]),
        ("", ["E209"]),
        ("# only a comment\n", ["E209"]),
        ("a:\n\tb: 1\n", ["E003"]),
        ("a: 1\n b: 2\n", ["E004"]),
        ("a: [1, 2\n", ["E004"]),
        ('a: "\\U99999999"\n', ["E004"]),
        ('a: "\\ud800"\n', ["E001"]),
        ("a: \x07\n", ["E001"]),
        ("%YAML 1.9999999999999999999\n---\na: 1\n", []),
    ],
)
def test_what_is_refused(text: str, codes: list[str]) -> None:
    assert refusals(text) == codes


def test_bytes_that_are_not_utf8_are_refused_at_their_line() -> None:
    _, diagnostics = decode("a: 1\nb: 가\n".encode("cp949"), "f")
    assert [(d.code, d.span.line, d.span.column) for d in diagnostics] == [("E005", 2, 4)]


def test_a_byte_order_mark_is_dropped() -> None:
    source, diagnostics = decode("\ufeffa: 1\n".encode(), "f")
    assert not diagnostics
    assert tree(source.text) == {"a": "1"}


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "x" * (MAX_CHARACTERS + 1),
        "[" * 5_000,
        "a: " + "{b: " * 3_000,
        "- " * 3_000 + "a",
        "".join(f"k{i}: v\n" for i in range(3_000)),
    ],
)
def test_no_file_takes_long(text: str) -> None:
    started = time.process_time()
    root, diagnostics = load(Source("f", text))
    assert root is None
    assert [d.code for d in diagnostics] in (["E206"], ["E004"])
    assert time.process_time() - started < 30  # a hang, not a speed: the usual is well under two seconds


STYLES = {
    "plain": "k: {}\n",
    "single": "k: '{}'\n",
    "double": 'k: "{}"\n',
    "literal": "k: |\n    {}\n",
    "folded": "k: >\n    {}\n",
    "flow": "k: [a, {}, b]\n",
}


@given(
    words=st.lists(st.text("abcdefghij가나다()<>+.", min_size=1, max_size=6), min_size=1, max_size=6), style=st.sampled_from(sorted(STYLES))
)
def test_every_character_is_found_where_it_stands(words: list[str], style: str) -> None:
    value = " ".join("w" + word for word in words)
    text = STYLES[style].format(value)
    root, _ = load(Source("f", text))
    assert isinstance(root, Mapping)
    node = root.entries[0][1]
    scalar = node if isinstance(node, Scalar) else node.items[1]
    assert isinstance(scalar, Scalar)
    assert scalar.text.strip() == value
    assert "".join(text[place] for place in scalar.places[: len(value)]) == value


def test_places_across_lines_and_escapes() -> None:
    text = "k: >\n  aa\n  bb\nq: 'it''s z'\nd: \"x\\u0041 \\\n   y\"\nm: one\n   two\n"
    root, _ = load(Source("f", text))
    assert isinstance(root, Mapping)
    values = {key.text: node for key, node in root.entries if isinstance(node, Scalar)}
    folded, quoted, double, plain_scalar = (values[key] for key in "kqdm")
    assert folded.span(folded.text.index("bb"), folded.text.index("bb") + 2).line == 3
    assert text[quoted.places[quoted.text.index("z")]] == "z"
    assert text[double.places[1]] == "\\"
    assert text[double.places[double.text.index("y")]] == "y"
    assert plain_scalar.span(4, 7).line == 8
