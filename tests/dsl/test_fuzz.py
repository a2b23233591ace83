"""No text crashes the loader, the parser, the checker or the renderer; what compiles is well formed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl.builder import RuleError
from dsl.compile import compile_risk
from dsl.diagnostics import Diagnostic, Language
from dsl.files import Checked
from dsl.loader import decode, load
from dsl.parser import STARTS, parse_phrase, parse_rule
from dsl.render import as_json, render
from dsl.source import Source
from dsl.warmup import warmup
from engine.kernel.catalogue import catalogue
from tests.dsl.graphs import assert_well_formed
from tests.dsl.helpers import BROKEN, CATALOGUE, SHIPPED, codes, compiled, with_rule

TEXTS = [path.read_text("utf-8") for path in [*SHIPPED, *sorted(BROKEN.glob("*.yaml"))]]
RISK = [path.read_text("utf-8") for path in sorted((Path(__file__).parents[2] / "risk_profiles").glob("*.yaml"))]
PIECES = st.sampled_from([
    "close", "volume", "ema", "rsi", "(", ")", "[", "]", "@", "1h", "4h", "5m", "7m", ",", "=", "==", ">", "<", "and", "or", "not", "then",
    "within", "6 bars", "crosses", "above", "enters", "in", "30..50", "..", "if", "else", "??", "+", "-", "*", "/", "2%", "50억",
    "1억 5000만",
    "20", "0", "pos.gain", "btc.close", "macd.line", "macd", "across.rank", "d", "n", "rises", "for", "＞", "：", "\t", " ", "'",
    '"', "#", "{",
])  # fmt: skip
MANY = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def show(result: Checked) -> None:
    for finding in result.findings:
        for language in Language:
            assert render(finding.diagnostic, finding.source, language)
        assert as_json(finding.diagnostic, finding.source)["code"] == finding.diagnostic.code


@given(st.text())
def test_any_text_is_a_tree_or_findings(text: str) -> None:
    root, diagnostics = load(Source("f", text))
    assert root is not None or diagnostics
    show(compiled(text))


@given(st.binary())
def test_any_bytes_are_text_or_a_finding(data: bytes) -> None:
    source, diagnostics = decode(data, "f")
    assert diagnostics or source.text.encode() == data.removeprefix("\ufeff".encode())


@given(st.text() | st.lists(PIECES, max_size=20).map(" ".join), st.sampled_from(STARTS))
def test_any_rule_is_parsed_or_refused_at_a_place_inside(text: str, start: str) -> None:
    try:
        parse_phrase(text, start)
    except RuleError as refused:
        error = refused
    else:
        return
    assert 0 <= error.start <= error.end <= max(len(text), 1)


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_damaged_files_are_compiled_or_refused(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 12, len(text))))
        text = text[:start] + data.draw(PIECES | st.text(max_size=3)) + text[end:]
    result = compiled(text)
    show(result)
    if result.strategy is not None:
        assert_well_formed(result.strategy)


@pytest.mark.parametrize("rule", ["aclose14)@1h < 10", "volume(close, 14) > 10", "hour(3) > 1", "weekday(1, 2) > 1", "true(1)"])
def test_damaged_rules_that_once_crashed_or_were_mended_in_vain(rule: str) -> None:
    text = f"schema: strategy/1\nname: a\nclock: 5m\nmarkets: [KRW-BTC]\nentry: {rule}\nexits:\n  stop: {{at: -2%}}\n"
    found = compiled(text).diagnostics
    assert found
    for diagnostic in found:
        if diagnostic.fix:
            assert_fix_works(text, diagnostic)


@MANY
@given(st.sampled_from(TEXTS), st.data())
def test_fixes_of_damaged_files_remove_what_they_fix(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 3, len(text))))
    text = text[:start] + data.draw(PIECES) + text[end:]
    for diagnostic in compiled(text).diagnostics:
        if diagnostic.fix:
            assert_fix_works(text, diagnostic)


def assert_fix_works(text: str, diagnostic: Diagnostic) -> None:
    lines = re.split("\r\n|[\n\r\x85\u2028\u2029]", text)
    lines[diagnostic.span.line - 1] = diagnostic.fix
    after = compiled("\n".join(lines)).diagnostics
    key = (diagnostic.code, diagnostic.span.line, diagnostic.span.column, diagnostic.args)
    assert key not in [(d.code, d.span.line, d.span.column, d.args) for d in after], diagnostic


@MANY
@given(st.sampled_from(RISK), st.data())
def test_damaged_risk_files_are_read_or_refused(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(start + 12, len(text))))
    result = compile_risk(text[:start] + data.draw(PIECES | st.text(max_size=3)) + text[end:], "f", CATALOGUE)
    show(result)
    assert (result.profile is None) == any(f.diagnostic.severity.value == "error" for f in result.findings)


# ---- expressions that mostly mean something ----
SERIES = st.sampled_from(["close", "open", "high", "low", "btc.close", "volume", "(close - open)", "value", "n", "50_000_000 KRW"])
LENGTH = st.sampled_from(["2", "14", "20 bars", "1h", "n"])
TIMEFRAME = st.sampled_from(["5m", "15m", "1h", "4h", "1d"])


def numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    name = st.sampled_from(["ema", "sma", "highest", "lowest", "rma", "zscore", "stdev"])
    return st.one_of(
        st.builds("{}({}, {})".format, name, inner, LENGTH),
        st.builds("{}[{}]".format, inner, st.sampled_from("0123")),
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("({})@{}".format, inner, TIMEFRAME),
        st.builds("({} ?? {})".format, inner, inner),
        st.builds("max({}, {})".format, inner, inner),
        st.builds("-{}".format, inner),
    )


NUMBERS = st.recursive(SERIES, numbers, max_leaves=6)
TESTS = st.one_of(
    st.builds("{} {} {}".format, NUMBERS, st.sampled_from(["<", ">", "<=", ">=", "=="]), NUMBERS),
    st.builds("{} crosses above {}".format, NUMBERS, NUMBERS),
    st.builds("{} in {}..{}".format, NUMBERS, NUMBERS, NUMBERS),
    st.builds("{} rises for {}".format, NUMBERS, LENGTH),
)


def conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} then {} within {})".format, inner, inner, LENGTH),
        st.builds("latch(on={}, off={})".format, inner, inner),
        st.builds("({})@{}".format, inner, TIMEFRAME),
        st.builds("(bars_since({}) > 3)".format, inner),
    )


RULES = st.recursive(TESTS, conditions, max_leaves=3)
_accepted: list[str] = []


@MANY
@given(RULES)
def test_rules_compile_to_well_formed_graphs(rule: str) -> None:
    result = with_rule(entry=rule, when="close > open and pos.gain > 1%")
    allowed = {"E110", "E112", "E122", "E123", "W124", "W150", "W151", "W152", "W153", "W154", "E105", "E127"}
    assert set(codes(result)) <= allowed, (rule, codes(result))
    show(result)
    for diagnostic in result.diagnostics:
        if diagnostic.fix:
            assert_fix_works(result.source.text, diagnostic)
    if result.strategy is not None:
        _accepted.append(rule)
        assert_well_formed(result.strategy)
        found = warmup(result.strategy.graph, CATALOGUE)
        assert all(w.ready_bars <= w.settle_bars and w.ready_ms <= w.settle_ms for w in found.nodes)


def test_enough_rules_were_accepted() -> None:
    """Follows the test above: an agreement over nothing would be a failure."""
    test_rules_compile_to_well_formed_graphs()
    assert len(_accepted) >= 5


@given(RULES)
def test_a_rule_and_the_same_rule_in_a_definition_are_one_graph(rule: str) -> None:
    direct, named = with_rule(entry=rule), with_rule(define=rule, entry="sample")
    if direct.strategy is not None:
        assert named.strategy is not None
        assert sorted(n.op for n in direct.strategy.graph) == sorted(n.op for n in named.strategy.graph)


def test_the_catalogue_is_its_own_test() -> None:
    """Every body, default and example of the catalogue is rule text: it must parse, and examples must mean something."""
    tried = 0
    for function in catalogue().values():
        for text in (function.body, *(arg.default for arg in function.args)):
            if text is not None:
                parse_rule(text)
        if function.example:
            found = [codes(with_rule(entry=text)) for text in (function.example, f"({function.example}) > 0")]
            found = [[code for code in each if code not in ("W150", "W151")] for each in found]
            assert [] in found or "E110" in found[1], (function.name, function.example, found)
            tried += 1
    assert tried >= 40
