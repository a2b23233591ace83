"""What is fuzzed: each target takes bytes and raises when a law is broken. An exception that nobody foresaw is the finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dsl.assist.assist import Assist
from dsl.builder import RuleError
from dsl.compile import compile_risk, compile_strategy
from dsl.diagnostics import Language, Severity
from dsl.files import Checked
from dsl.formatting import format_text
from dsl.loader import decode, load
from dsl.parser import STARTS, parse_phrase
from dsl.render import as_json, render
from tests.dsl.helpers import CATALOGUE, PROFILES

Target = Callable[[bytes], None]
HELPER = Assist(CATALOGUE, PROFILES)
#: a good file around a rule, so that a fuzzer need not find the file first
AROUND = """schema: strategy/1
name: fuzz
clock: 5m
aliases: {{btc: KRW-BTC}}
params: {{n: 14}}
define:
  again: close > sma(close, n)
entry: |
  {rule}
exits:
  stop: {{at: -2%}}
  out:
    when: pos.gain > 1%
"""


def text_of(data: bytes) -> str:
    """The bytes as a text, whatever they are."""
    return data.decode("utf-8", "replace")


def loader(data: bytes) -> None:
    """A tree or findings."""
    source, _ = decode(data, "fuzz.yaml")
    root, diagnostics = load(source)
    assert root is not None or diagnostics


def parser(data: bytes) -> None:
    """The first byte chooses the grammar's start; a value, or a refusal at a place inside."""
    text = text_of(data[1:])
    try:
        parse_phrase(text, STARTS[data[0] % len(STARTS)] if data else "rule")
    except RuleError as error:
        refused = error
    else:
        return
    assert 0 <= refused.start <= refused.end <= max(len(text), 1)


def rule(data: bytes) -> None:
    """A rule inside a good file."""
    text = text_of(data).replace("\n", " ").replace("\r", " ")
    checked(compile_strategy(AROUND.format(rule=text), "fuzz.yaml", CATALOGUE, PROFILES))


def strategy(data: bytes) -> None:
    """A whole strategy file."""
    checked(compile_strategy(text_of(data), "fuzz.yaml", CATALOGUE, PROFILES))


def risk(data: bytes) -> None:
    """A whole risk file."""
    checked(compile_risk(text_of(data), "fuzz.yaml", CATALOGUE))


def formatter(data: bytes) -> None:
    """Formatting twice is formatting once."""
    once = format_text(text_of(data)).text
    assert format_text(once).text == once


def assist(data: bytes) -> None:
    """The editor's questions, at the place that the first two bytes name."""
    text = text_of(data[2:])
    at = int.from_bytes(data[:2], "little") % (len(text) + 1)
    for language in Language:
        for problem in HELPER.diagnostics(text, "fuzz.yaml", language):
            assert 0 <= problem.start <= problem.end <= len(text)
        HELPER.complete(text, at, language)
        HELPER.hover(text, at, language)
        HELPER.signature(text, at, language)
    HELPER.references(text, at)


def checked(result: Checked) -> None:
    """Findings lie inside the text and can be shown; a refused file has an error."""
    for finding in result.findings:
        span, line = finding.diagnostic.span, finding.source.line_text(finding.diagnostic.span.line)
        assert 1 <= span.column <= len(line) + 1
        for language in Language:
            assert render(finding.diagnostic, finding.source, language)
        assert as_json(finding.diagnostic, finding.source)["code"] == finding.diagnostic.code
    assert all(finding.diagnostic.severity in Severity for finding in result.findings)


TARGETS: Mapping[str, Target] = {
    "loader": loader, "parser": parser, "rule": rule, "strategy": strategy, "risk": risk, "formatter": formatter, "assist": assist,
}  # fmt: skip


def seed_of(target: str, text: str) -> bytes:
    """A text as an input of a target."""
    return {"parser": b"\0", "assist": b"\x10\0"}.get(target, b"") + text.encode()
