"""The grammar: every expression and phrase of the specification parses, precedence is as written, nothing crashes."""

from __future__ import annotations

import pytest

from dsl import ast
from dsl.builder import Amount, RuleError, Share
from dsl.catalogue import Unit
from dsl.parser import GRAMMAR, parse_phrase, parse_rule
from tests.dsl.helpers import EXPRESSIONS


def test_all_expressions_of_the_specification_parse() -> None:
    assert len(EXPRESSIONS) == 44
    for expression in EXPRESSIONS:
        node = parse_rule(expression)
        assert (node.start, node.end) == (0, len(expression))


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("20", Unit.NUMBER, 20.0), ("30_000", Unit.NUMBER, 30000.0), ("2%", Unit.RATIO, 0.02), ("0.3%", Unit.RATIO, 0.003),
        ("15bp", Unit.RATIO, 0.0015), ("50억", Unit.MONEY, 5e9), ("1억 5000만", Unit.MONEY, 1.5e8), ("1억5000만원", Unit.MONEY, 1.5e8),
        ("30만원", Unit.MONEY, 3e5), ("5 coins", Unit.QUANTITY, 5.0), ("1coin", Unit.QUANTITY, 1.0), ("0.5개", Unit.QUANTITY, 0.5),
        ("10만 개", Unit.QUANTITY, 1e5), ("1_000개", Unit.QUANTITY, 1e3),
        ("30_000 KRW", Unit.MONEY, 3e4), ("5천만", Unit.MONEY, 5e7), ("5000원", Unit.MONEY, 5000.0),
        ("2조 3억 1만 500원", Unit.MONEY, 2e12 + 3e8 + 10500), ("4h", Unit.DURATION, 14_400_000.0), ("30d", Unit.DURATION, 2_592_000_000.0),
        ("90s", Unit.DURATION, 90_000.0), ("6 bars", Unit.BARS, 6.0), ("1 bar", Unit.BARS, 1.0), ("-1", Unit.NUMBER, -1.0),
    ],
)  # fmt: skip
def test_literals(text: str, unit: Unit, value: float) -> None:
    node = parse_rule(text)
    assert isinstance(node, ast.Literal)
    assert (node.unit, node.value) == (unit, value)


@pytest.mark.parametrize(
    ("phrase", "text", "value"),
    [
        ("of_equity", "0.5% of equity", Amount(0.005, Unit.RATIO)),
        ("of_equity", "12% of equity", Amount(0.12, Unit.RATIO)),
        ("of_equity", "0.03", Amount(0.03, Unit.NUMBER)),
        ("money", "30_000 KRW", Amount(30000.0, Unit.MONEY)),
        ("money", "30만원", Amount(300000.0, Unit.MONEY)),
        ("per_day", "3 per day", Amount(3.0, Unit.NUMBER)),
        ("after_loss", "30m after loss", Amount(1_800_000.0, Unit.DURATION)),
        ("after_exit", "6 bars after exit", Amount(6.0, Unit.BARS)),
        ("share", "50%", Share(0.5, False)),
        ("share", "50% of rest", Share(0.5, True)),
        ("level", "+2%", Amount(0.02, Unit.RATIO)),
        ("level", "-2%", Amount(-0.02, Unit.RATIO)),
        ("constant", "-0.10", Amount(-0.1, Unit.NUMBER)),
        ("timeframe", "5m", "5m"),
    ],
)
def test_phrases(phrase: str, text: str, value: object) -> None:
    assert parse_phrase(text, phrase) == value


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("refresh", "every day at 09:05 KST"), ("refresh", "every 4h"), ("order_price", "best bid + 1 tick"), ("every", "every 5s"),
        ("next_order", "market if slippage <= 0.3%"), ("next_order", "cancel if filled < 50% and slippage <= 1%"),
        ("capital", "50% of account"),
        ("size_factor", "size x0.5"), ("starts_at", "09:00 KST"), ("positions", "2 positions"), ("clusters", "1 cluster"),
        ("of_depth", "10% of depth(ask, 0.5%)"), ("range_of", "5..15"), ("at_least", "2 of"), ("signature", "pullback(n, m)"),
    ],
)  # fmt: skip
def test_phrases_of_the_rest_of_the_language_parse(phrase: str, text: str) -> None:
    parse_phrase(text, phrase)
    with pytest.raises(RuleError):
        parse_phrase(text + " x", phrase)


def test_a_default_binds_looser_than_times_and_tighter_than_plus() -> None:
    node = parse_rule("1 + a ?? 2 * b")
    assert isinstance(node, ast.Binary)
    assert node.operator == "+"
    assert isinstance(node.right, ast.Binary)
    assert node.right.operator == "??"
    assert isinstance(node.right.right, ast.Binary)
    assert node.right.right.operator == "*"
    compared = parse_rule("kimp ?? 0 < 5%")
    assert isinstance(compared, ast.Comparison)
    assert isinstance(compared.operands[0], ast.Binary)


def test_not_binds_tighter_than_and() -> None:
    node = parse_rule("not a > 1 and b > 2")
    assert isinstance(node, ast.Logic)
    assert isinstance(node.operands[0], ast.Not)


def test_subtraction_and_division_go_from_left_to_right() -> None:
    for text in ("a - b - c", "a / b / c"):
        node = parse_rule(text)
        assert isinstance(node, ast.Binary)
        assert isinstance(node.left, ast.Binary)


@pytest.mark.parametrize("word", ["sma", "inside", "android", "bars_since", "notable", "thenx", "표준", "forward", "if_x"])
def test_names_may_begin_like_words_of_the_language(word: str) -> None:
    assert parse_rule(word) == ast.Name(0, len(word), word)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("hour = 9", "E103", (5, 6)), ("a && b", "E117", (2, 4)), ("a b", "E100", (2, 3)), ("(a > b", "E118", (5, 6)),
        ("close ＞ open", "E002", (6, 7)), ("", "E116", (0, 1)), ("5000만 1억", "E114", (0, 8)), ("1M", "E115", (0, 2)),
        ("9" * 30, "E108", (0, 30)), ("(" * 200 + "a" + ")" * 200, "E107", None), ("+".join("a" * 500), "E107", None),
        ("a" * 5000, "E107", (0, 1)), ("close[1", "E118", (6, 7)), ("3 barsx", "E100", (2, 7)), ("2%%", "E100", (2, 3)),
    ],
)  # fmt: skip
def test_mistakes_are_named_at_their_place(text: str, code: str, place: tuple[int, int] | None) -> None:
    with pytest.raises(RuleError) as error:
        parse_rule(text)
    assert error.value.code == code
    assert place is None or (error.value.start, error.value.end) == place


def test_every_word_of_the_grammar_is_a_class_or_a_phrase() -> None:
    aliases = {line.split("->")[1].strip() for line in GRAMMAR.read_text("utf-8").split("\n") if "->" in line and not line.startswith("//")}
    classes = {name.lower() for name in dir(ast)}
    literals = {"number", "percent", "basis_points", "amount", "coins", "duration"}
    assert {alias.rstrip("_") for alias in aliases} - literals <= classes


def test_bars_may_end_a_range() -> None:
    assert parse_rule("bars_since(a) in 6 bars..12 bars")
