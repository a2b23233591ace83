"""`format_text`: once is enough, meaning and comments stay, any spacing comes out as the one way of writing, full width is repaired."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsl.assist.assist import Assist
from dsl.compile import version_of
from dsl.formatting import format_text
from dsl.full_width import half_width
from dsl.keys import FREE_KINDS, KEYS, key_of, pattern_of
from dsl.loader import load
from dsl.messages import texts as texts_of
from dsl.parser import STARTS, parse_rule
from dsl.source import Source
from dsl.spacing import compact, spaced, tokens
from tests.dsl.helpers import CATALOGUE, EXPRESSIONS, PORTFOLIO, ROOT, SHIPPED
from tests.dsl.helpers import PROFILES as PROFILES_BY_NAME
from tests.dsl.trees import schema_paths, without_places
from tests.generators.strategies import random_strategy

PROFILES = sorted((ROOT / "risk_profiles").glob("*.yaml"))
FILES = [*(path.read_text("utf-8") for path in (*SHIPPED, *PROFILES)), PORTFOLIO]
MARKETS = ("KRW-BTC", "KRW-ETH")
COMMENT = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
#: half-width characters of rules and their full-width twins
WIDE = {character: chr(ord(character) + 0xFEE0) for character in "()[],:=<>+*/@%.0123456789"}


def version(text: str) -> str:
    root, problems = load(Source("", text))
    assert root is not None
    assert problems == []
    return version_of(root)


def comments(text: str) -> list[str]:
    return [found.strip() for found in COMMENT.findall(text)]


def formatted(text: str) -> str:
    result = format_text(text)
    assert result.diagnostics == ()
    return result.text


def texts() -> st.SearchStrategy[str]:
    """Shipped and random files."""
    random_files = st.randoms(use_true_random=False).map(lambda c: random_strategy(c, MARKETS).text)
    return st.sampled_from(FILES) | random_files


def untidy(c: random.Random, text: str) -> str:
    """The same file as another hand would write it: other indentation, other spaces in rules, blank lines and blanks at line ends."""
    step = 2 if re.search(r"^ *- \w+:", text, re.MULTILINE) else c.choice([1, 2, 3, 4])  # keys behind a dash stand two further in
    out: list[str] = []
    for line in text.splitlines():
        own = len(line) - len(line.lstrip(" "))
        body = line[own:]
        code, sign, comment = body.partition("  #")
        if not body.startswith(("#", "title", "name", "- name", "expect")):
            key, colon, value = code.partition(": ")
            code = key + colon.strip() + " " * c.randint(1, 3) * bool(colon) + loosened(c, value) if colon else code
        out.append(" " * (own // 2 * step) + code + sign + comment + " " * c.randint(0, 2))
        out += [" " * c.randint(0, 3)] * c.choice([0, 0, 0, 2])
    return "\n".join(out) + "\n" * c.randint(0, 3)


def loosened(c: random.Random, value: str) -> str:
    """The spaces around the operators of a rule drawn anew; texts in braces and quotes only get more of them behind commas."""
    if value.startswith(("{", "[", '"', "'", "KRW-")) or tokens(value) is None:
        return value.replace(", ", "," + " " * c.randint(1, 3))
    return re.sub(
        r" ?(<=|>=|==|!=|\?\?|(?<!^)[-+*/](?= )|[<>,]) ?", lambda found: " " * c.randint(0, 2) + found[1] + " " * c.randint(0, 2), value
    )


@pytest.mark.parametrize("text", FILES)
def test_the_shipped_files_are_written_the_usual_way(text: str) -> None:
    assert formatted(text) == text


@given(texts(), st.randoms(use_true_random=False))
def test_any_spacing_comes_out_the_same_and_stays_so(text: str, c: random.Random) -> None:
    text = formatted(text)
    other = untidy(c, text)
    found = formatted(other)
    assert version(other) == version(text) == version(found)
    assert formatted(found) == found
    assert comments(found) == comments(text)
    strip = [" ".join(line.split()) for line in found.splitlines() if line.strip()]
    assert strip == [" ".join(line.split()) for line in text.splitlines() if line.strip()]


@given(texts(), st.randoms(use_true_random=False))
def test_files_that_were_cut_or_edited_anywhere_are_refused_or_keep_their_meaning(text: str, c: random.Random) -> None:
    for _ in range(c.randint(1, 3)):
        at = c.randrange(len(text))
        text = (
            text[:at]
            + c.choice(["", " ", "\n", "  ", "#", " # x", "'", '"', "[", "}", "|\n", ">\n", "-", ": ", "\u2028", "＞", "가"])
            + text[at + c.randint(0, 2) :]
        )
    for fix_width in (False, True):
        result = format_text(text, fix_width=fix_width)
        if result.diagnostics:
            assert result.text == text
            continue
        assert format_text(result.text).text == result.text
        if not fix_width:
            assert version(result.text) == version(text)
            assert comments(result.text) == comments(text) or "'" in text or '"' in text or "|" in text or ">\n" in text


@given(texts(), st.randoms(use_true_random=False))
def test_an_editor_gets_edits_that_make_the_formatted_file(text: str, c: random.Random) -> None:
    text = untidy(c, text)
    result = ""
    at = 0
    for edit in Assist(CATALOGUE, PROFILES_BY_NAME).format(text):
        assert at <= edit.start <= edit.end
        result += text[at : edit.start] + edit.text
        at = edit.end
    assert result + text[at:] == formatted(text)


def test_an_editor_gets_one_edit_for_one_untidy_line_and_none_for_what_cannot_be_read() -> None:
    text = next(text for text in FILES if " >= " in text).replace(" >= ", ">=", 1)
    assert len(Assist(CATALOGUE, PROFILES_BY_NAME).format(text)) == 1
    assert Assist(CATALOGUE, PROFILES_BY_NAME).format("a: [1\n b: 2") == ()


@given(st.text(max_size=200))
@example("a: |2\n   b\n  c\n")
@example("a: 'b\n  # no comment\n  c' # one\n")
@example("- - a\n  -  b\n-\n - c\n")
@example("{a: b,\n # c\n d: [e,\n  f]}\n")
@example("? a\n: b\n")
@example("a: b\n\n\n\n# end")
@example("%YAML 1.1\n--- # x\na: b\n...\n")
@example("a:\n# under\n- b\n")
@example("a: >-\n\n  b  \n\n\n  c\n\n\n")
@example('a: "b \\\n  c"\n')
def test_any_text_is_refused_or_comes_out_stable(text: str) -> None:
    result = format_text(text)
    assert result.diagnostics or format_text(result.text).text == result.text


@pytest.mark.parametrize("text", FILES)
@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_the_line_ends_of_the_file_stay(text: str, end: str) -> None:
    assert formatted(text.replace("\n", end).rstrip()) == text.replace("\n", end)


def test_the_layout_of_an_untidy_file() -> None:
    before = (ROOT / "tests" / "golden" / "formatting" / "untidy.yaml").read_text("utf-8")
    after = (ROOT / "tests" / "golden" / "formatting" / "tidy.yaml").read_text("utf-8")
    assert formatted(before) == after


# ---- full width ----
@given(texts(), st.integers(0, 2**32 - 1).map(random.Random))
def test_full_width_characters_are_repaired_and_titles_and_comments_are_not_touched(text: str, c: random.Random) -> None:
    text = formatted(text)
    wide, changed = [], 0
    for line in text.splitlines():
        code, sign, comment = line.partition("#")
        code = line if '"' in line else code
        sign, comment = ("", "") if '"' in line else (sign, comment)
        if not code.lstrip(" -").startswith(("title", "name")) and '"' not in code:
            drawn = [WIDE.get(x, x) if c.random() < 0.3 else x for x in code]
            changed += "".join(drawn) != code
            code = "".join(drawn)
        wide.append(code + sign + comment)
    result = format_text("\n".join(wide) + "\n", fix_width=True)
    assert result.diagnostics == ()
    assert result.text == text
    assert changed == 0 or any(half_width(x) for x in "".join(wide))


def test_only_what_is_meant_for_the_machine_is_narrowed() -> None:
    before = [
        "name： 가",
        "title： （１） 제목：둘   # 주석（１）",
        "state： “off”",
        "＃ 주석：１",
        "a：　ｂ　＞＝　１　＃　둘：셋",
        "b: '（１）'",
        "at：09：05",
    ]
    after = [
        "name: 가",
        "title: （１） 제목：둘   # 주석（１）",
        'state: "off"',
        "# 주석：１",
        "a: b >= 1  #　둘：셋",
        "b: '（１）'",
        "at: 09:05",
    ]
    assert format_text("\n".join(before), fix_width=True).text.splitlines() == after


# ---- rules ----
@pytest.mark.parametrize("text", EXPRESSIONS)
def test_every_expression_of_the_specification_is_written_the_usual_way(text: str) -> None:
    assert spaced(text) == text
    assert spaced(compact(text)) == text
    assert without_places(parse_rule(compact(text))) == without_places(parse_rule(text))


def test_signs_and_brackets() -> None:
    pairs = {
        "a>-1": "a > -1",
        "x in -5 .. - 1": "x in -5..-1",
        "f ( x ,n = -3 )": "f(x, n=-3)",
        "not(a)and(b)": "not (a) and (b)",
        "a??b*-c": "a ?? b * -c",
        "x [ 1 ] @ 4h": "x[1]@4h",
        "+ 2 %": "+2%",
        "1e-5+a": "1e-5 + a",
        "best bid+1 tick": "best bid + 1 tick",
        "market if slippage<=0.3%": "market if slippage <= 0.3%",
        "every day at 09:05 KST": "every day at 09:05 KST",
        "1억 5000만원": "1억 5000만원",
        "a if b else(-c)": "a if b else (-c)",
        "a & b": "a & b",
    }
    assert {before: spaced(before) for before in pairs} == pairs


# ---- the table of keys ----
@pytest.mark.parametrize("kind", sorted(KEYS))
def test_every_key_of_the_schema_is_in_the_table_and_no_other(kind: str) -> None:
    """A new key of the schema: add it to dsl/keys.py, and what it means to dsl/messages/keys.py."""
    found = schema_paths(kind)
    assert len(found) >= (15 if kind == "portfolio" else 30)
    assert set(KEYS[kind]) == found


@pytest.mark.parametrize("kind", sorted(KEYS))
def test_every_key_and_every_section_says_what_it_means_and_nothing_else_does(kind: str) -> None:
    wanted = {kind}
    for pattern in KEYS[kind]:
        parts = pattern.split(".")
        wanted |= {".".join([kind, *parts[:n]]) for n in range(1, len(parts) + 1)}
    assert {key for key in texts_of("keys") if key.split(".")[0] == kind} == wanted


def test_paths_of_files_find_their_keys() -> None:
    assert pattern_of("strategy", ("entry", "all", "trigger", "any", "value")) == "entry"
    assert pattern_of("strategy", ("params", "n")) == "params.*.value"
    assert pattern_of("strategy", ("define", "all")) == "define.*"
    assert pattern_of("strategy", ("tests", 0, "replay", "markets", 3)) == "tests.*.replay.markets.*"
    assert pattern_of("strategy", ("nonsense",)) is None
    assert key_of("nothing", ("name",)) is None


def test_every_kind_of_text_is_one_that_the_grammar_has() -> None:
    kinds = {key.kind for keys in KEYS.values() for key in keys.values()}
    assert kinds - FREE_KINDS <= set(STARTS)
