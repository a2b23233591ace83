"""Rule text -> AST and phrase text -> value, with the parser's tables kept in the user's cache folder so that starting costs little."""

from __future__ import annotations

import hashlib
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import platformdirs
from lark import Lark, Token, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from dsl import ast
from dsl.builder import Builder, RuleError
from dsl.full_width import half_width

GRAMMAR = Path(__file__).with_name("grammar.lark")
STARTS = (
    "rule", "constant", "range_of", "of_equity", "money", "whole", "per_day", "after_loss", "after_exit", "share", "level", "timeframe",
    "at_least", "signature", "refresh", "every", "duration_of", "order_price", "next_order", "capital", "size_factor", "starts_at",
    "positions", "clusters", "of_depth", "loss_limit", "action", "until",
    "given_series", "expect_rule", "expect_replay", "instant",
)  # fmt: skip
#: longest rule text; a longer one is split with `define`
MAX_CHARACTERS = 4_000
_WORDS = {"&": "and", "|": "or", "!": "not"}


@dataclass(frozen=True)
class _Parser:
    lark: Lark
    builder: Builder


@cache
def _parser() -> _Parser:
    """The one parser. Its tables are rebuilt (about 50 ms) whenever the cache cannot be read; each grammar has a file of its own."""
    folder = Path(platformdirs.user_cache_dir("jangdan"))
    with suppress(OSError):  # no cache folder, no cache
        folder.mkdir(parents=True, exist_ok=True)
    builder = Builder()
    grammar = GRAMMAR.read_text("utf-8")
    name = f"rule-grammar-{hashlib.sha256(grammar.encode()).hexdigest()[:12]}.cache"
    lark = Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        start=list(STARTS),
        keep_all_tokens=True,
        maybe_placeholders=True,
        transformer=builder,
        cache=str(folder / name) if folder.is_dir() else False,
    )
    return _Parser(lark, builder)


def parse_rule(text: str) -> ast.Expression:
    """The expression that `text` says. Raises RuleError with a message code and a place."""
    found: ast.Expression = _parse(text, "rule")
    return found


def parse_phrase(text: str, phrase: str) -> Any:
    """The value of a phrase, by the grammar rule named `phrase`. Raises RuleError."""
    return _parse(text, phrase)


def _parse(text: str, start: str) -> Any:
    found = _outcome(text, start)
    if isinstance(found, RuleError):  # a new one each time: raising gives an exception its traceback, and with it what was in memory
        raise RuleError(found.code, found.start, found.end, **found.message_args)
    return found


@lru_cache(maxsize=4096)
def _outcome(text: str, start: str) -> Any:
    """What the text says, or its RuleError; remembered, because an editor asks for the same rules after every key."""
    try:
        return _parsed(text, start)
    except RuleError as error:
        return RuleError(error.code, error.start, error.end, **error.message_args)


def _parsed(text: str, start: str) -> Any:
    if len(text) > MAX_CHARACTERS:
        raise RuleError("E107", 0, 1, limit=f"{MAX_CHARACTERS:,}")
    _refuse_full_width(text)
    if not text.strip():
        raise RuleError("E116", 0, 1)
    parser = _parser()
    parser.builder.reset()
    try:
        return parser.lark.parse(text, start=start)
    except UnexpectedInput as error:
        raise _explained(text, error) from None


def _refuse_full_width(text: str) -> None:
    for place, character in enumerate(text):
        half = half_width(character)
        if half is not None:
            raise RuleError("E002", place, place + 1, found=character, code_point=f"U+{ord(character):04X}", half=half)


def _explained(text: str, error: UnexpectedInput) -> RuleError:
    """What stands where the parser stopped, and the mistake that it usually is."""
    if isinstance(error, UnexpectedCharacters):
        at = error.pos_in_stream or 0
        character = text[at]
        if unicodedata.category(character)[0] == "C":  # not to be seen, so told by its number
            return RuleError("E001", at, at + 1, character=f"U+{ord(character):04X}")
        if character in _WORDS:
            end = at + 1 + (text[at + 1 : at + 2] == character)
            return RuleError("E117", at, end, found=text[at:end], word=_WORDS[character])
        end = at + 1
        while end < len(text) and (text[end].isalnum() or text[end] == "_"):
            end += 1
        return RuleError("E100", at, end if text[at].isalnum() else at + 1, found=text[at : end if text[at].isalnum() else at + 1])
    token = error.token if isinstance(error, UnexpectedToken) else Token("$END", "")
    if token.type == "$END":
        stripped = text.rstrip()
        return RuleError("E118", max(len(stripped) - 1, 0), max(len(stripped), 1))
    at = token.start_pos or 0
    if token.type == "EQUAL":
        return RuleError("E103", at, at + 1)
    return RuleError("E100", at, at + len(token), found=str(token))
