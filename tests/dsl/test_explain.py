"""`explain`: every expression and every shipped file in both languages, Korean endings and particles, and a tree whose facts hold.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff); they detect change, they do not prove the texts right.
"""

from __future__ import annotations

import dataclasses
import os
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.catalogue import Unit
from dsl.compile import compile_risk
from dsl.diagnostics import Language
from dsl.explain.files import explained, vocabulary_of
from dsl.explain.korean import amount, ended, particles
from dsl.explain.quantities import quantity, timeframe
from dsl.explain.rules import Sentences, Vocabulary
from dsl.explain.tree import tree_of
from dsl.graph import Phase
from dsl.loader import load
from dsl.parser import parse_rule
from dsl.source import Source
from dsl.strategy import Condition, Strategy
from engine.cli.explain import sentences, shown, shown_tree
from engine.kernel.program import compile_program
from engine.kernel.vm import Kernel
from tests.dsl.helpers import CATALOGUE, EXPRESSIONS, PORTFOLIO, ROOT, compiled, strategy_of
from tests.engine.kernel.samples import HOUR, MINUTE, random_grid
from tests.generators.strategies import random_strategy
from tests.shipped import STRATEGIES

GOLDEN = ROOT / "tests" / "golden" / "explain"
FILES = sorted([*STRATEGIES, *(ROOT / "risk_profiles").glob("*.yaml")])
PARAMS = {"long_at": parse_rule("0.35"), "n": parse_rule("14"), "wait": parse_rule("6 bars")}
DEFINITIONS = {"trend_up": parse_rule("close > open"), "target_move": parse_rule("2 * atr(14) / close")}
NAMES = Vocabulary(CATALOGUE, DEFINITIONS, PARAMS, {"btc": "KRW-BTC"}, frozenset({"trending"}))
#: forms beside those of the specification
MORE = (
    "not (close > open)", "not (close > open and low > 1)", "not trend_up@1h", "not market.delisting", "btc.trend_up",
    "(close > open or low > 1) and not (high > 2 or low < 1)", "close > open if trend_up else close < open", "rsi(n, x=open) < 30",
    "(close > open then volume > 1 within 3 bars) and trend_up", "(close > open)[2]", "-close + 1",
    "close in 1..2 or close leaves 3..4", "btc.is_defined(close)", "bars_since(trend_up) in 2 bars..6 bars", "close falls for wait",
    "ema(close, n bars) != open", "close > 50_000_000 KRW", "realized_vol(2d) < 15bp", "value_when(trend_up, close) > low",
    "vwap(day) > 1", "abs(close - open) > tr", "close > btc.sma(btc.close, 200) and btc.corr(btc.close, close, 20) > 0.5",
)  # fmt: skip


def golden(path: Path, found: str) -> None:
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        path.write_text(found, "utf-8")
    assert found == path.read_text("utf-8")


def both(text: str) -> tuple[str, str]:
    node = parse_rule(text)
    return Sentences(NAMES, Language.KOREAN).sentence(node), Sentences(NAMES, Language.ENGLISH).sentence(node)


def leftovers(text: str) -> list[str]:
    """Marks of the templates that should have been used up."""
    return re.findall(r"[~{}]$|\[[가-힣]+/|<\w|\{|\bNone\b", text)


# ---- one expression ----
def test_the_table_of_expressions() -> None:
    assert len(EXPRESSIONS) == 44
    rows = [(text, *both(text)) for text in (*EXPRESSIONS, *MORE)]
    golden(GOLDEN / "expressions.txt", "\n\n".join("\n".join(row) for row in rows) + "\n")


@pytest.mark.parametrize("text", [*EXPRESSIONS, *MORE, *(function.example for function in CATALOGUE.values())])
def test_nothing_of_the_templates_is_left_and_names_are_said(text: str) -> None:
    korean, english = both(text)
    assert leftovers(korean) == leftovers(english) == []
    assert korean != english
    assert korean.endswith(".") == english.endswith(".")
    assert not re.search(r"[가-힣]", english)
    for number in re.findall(r"(?<![\w.:])\d{2,3}(?![\w.:]|[억만천]| KRW)", text):
        assert number in korean
        assert number in english


def test_every_function_is_told_in_both_languages() -> None:
    called = [function for function in CATALOGUE.values() if function.callable_by_user]
    assert len(called) >= 40
    for function in called:
        korean, english = both(function.example)
        assert "‘#" not in korean + english, function.name


# ---- Korean ----
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("종가[이/가]", "종가가"), ("평균[이/가]", "평균이"), ("RSI[이/가]", "RSI가"), ("ADX(추세 강도)[이/가]", "ADX(추세 강도)가"),
        ("2%[을/를]", "2%를"), ("30[을/를]", "30을"), ("1[을/를]", "1을"), ("5[과/와]", "5와"), ("‘거래량’[은/는]", "‘거래량’은"),
        ("서울[으로/로]", "서울로"),
        ("부산[으로/로]", "부산으로"), ("(시가 + 고가)[이/가]", "(시가 + 고가)가"), ("trending[과/와]", "trending과"),
        ("KRW-XRP[을/를] 종가[이/가]", "KRW-XRP를 종가가"), ("가격(오늘 09:00부터)[을/를]", "가격(오늘 09:00부터)을"),
    ],
)  # fmt: skip
def test_particles_fit_the_word_before_them(text: str, expected: str) -> None:
    assert particles(text) == expected


def test_a_bound_takes_the_particle_of_its_number() -> None:
    assert [both(f"clamp(close, 0, {high})")[0][-9:] for high in (10, 1)] == ["10으로 자른 값", "0~1로 자른 값"]


@pytest.mark.parametrize(
    ("stem", "forms"),
    [
        ("크", ("크고", "크거나", "크지", "크면", "큽니다", "큰")),
        ("작", ("작고", "작거나", "작지", "작으면", "작습니다", "작은")),
        ("이상이", ("이상이고", "이상이거나", "이상이지", "이상이면", "이상입니다", "이상인")),
        ("있", ("있고", "있거나", "있지", "있으면", "있습니다", "있는")),
        ("들어오", ("들어오고", "들어오거나", "들어오지", "들어오면", "들어옵니다", "들어온")),
        ("뚫", ("뚫고", "뚫거나", "뚫지", "뚫으면", "뚫습니다", "뚫은")),
        ("맞", ("맞고", "맞거나", "맞지", "맞으면", "맞습니다", "맞는")),
        ("않", ("않고", "않거나", "않지", "않으면", "않습니다", "않은")),
        ("들", ("들고", "들거나", "들지", "들면", "듭니다", "든")),
        ("아니", ("아니고", "아니거나", "아니지", "아니면", "아닙니다", "아닌")),
        ("해당하", ("해당하고", "해당하거나", "해당하지", "해당하면", "해당합니다", "해당한")),
    ],
)  # fmt: skip
def test_verbs_take_their_endings(stem: str, forms: tuple[str, ...]) -> None:
    assert tuple(ended(stem, ending) for ending in ("and", "or", "not", "if", "polite", "noun")) == forms


def test_amounts_and_lengths() -> None:
    assert [amount(value) for value in (5e9, 30_000, 123_456, 1e12, 0, -20_000)] == ["50억", "3만", "12만 3,456", "1조", "0", "-2만"]
    assert quantity(0.003, Unit.RATIO, Language.ENGLISH) == "0.3%"
    assert [quantity(ms, Unit.DURATION, Language.KOREAN) for ms in (60_000, 86_400_000, 30 * 86_400_000)] == ["1분", "24시간", "30일"]
    assert [timeframe(name, Language.ENGLISH) for name in ("5m", "1h", "1d", "1w")] == [
        "5-minute bars",
        "1-hour bars",
        "daily bars",
        "weekly bars",
    ]
    assert [timeframe(name, Language.KOREAN) for name in ("5m", "4h", "1d")] == ["5분봉", "4시간봉", "일봉"]


# ---- files ----
@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_read_as_their_golden_texts(path: Path, language: Language) -> None:
    text = path.read_text("utf-8")
    found = compile_risk(text, path.name, CATALOGUE) if "risk/1" in text else compiled(text, path.name)
    shown_text = "\n".join(shown(line) for line in sentences(found, language)) + "\n"
    assert leftovers(shown_text) == []
    golden(GOLDEN / f"{path.stem}.{language.value}.txt", shown_text)


WHOLE = """schema: strategy/1
name: whole
clock: 5m
universe:
  refresh: every day at 09:05 KST
  keep: {liquid: turnover(24h) >= 50억}
  drop: {flagged: market.caution or market.delisting}
  take: 30
  by: turnover(24h)
regime:
  trending: adx(14)@1h > 20
  otherwise: neutral
factors:
  trend: {value: "clamp(ret(1h), -1, 1)", weight: 0.35}
score: {combine: weighted_mean, missing_factor: block}
entry:
  at_least:
    2 of:
      up: close > open
      strong: adx(14) > 20
      inner: {none: {hot: rsi(14) > 70}}
execution:
  enter: {order: limit, price: best bid + 1 tick, reprice: every 5s, after: 20s, then: market if slippage <= 0.3%}
  leave: {order: market, max_slippage: 0.8%}
exits:
  stop: {at: -2%}
  target: {at: +3%, sell: 50% of rest}
reload: {open_positions: adopt_exits}
tests:
  - {name: fires, rule: up, expect: fires at 24 only}
"""
RISK = """schema: risk/1
name: whole
capital: 50% of account
day: {starts: 09:00 KST, equity: mark_to_market}
loss:
  daily: {limit: 3%, then: stop_entries, until: next day}
drawdown:
  over: 30d
  steps:
    - {at: 5%, then: size x0.5}
    - {at: 12%, then: flatten, until: manual}
crowding:
  measure: corr(logret(1), other.logret(1), 192 bars)@1h
  max_cluster: 2 positions
  with_btc: {above: 0.90, count_as: 1 cluster}
breakers:
  btc_shock: {when: btc.ret(15m) < -3%, then: freeze_market for 30m, for: 60m}
safety:
  stale_data: {after: 15s, then: stop_entries}
  clock_skew: {above: 2s, then: stop_entries, alert: warning}
  unknown_order: {after: 30s, then: freeze_market}
  books_disagree: {then: stop_entries, alert: critical}
  dead_man: {no_heartbeat: 120s, then: cancel_entries, alert: critical}
"""


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("kind", "text"), [("strategy", WHOLE), ("risk", RISK), ("portfolio", PORTFOLIO)])
def test_every_section_of_a_file_is_told(kind: str, text: str, language: Language) -> None:
    root, problems = load(Source("", text))
    assert root is not None
    assert problems == []
    found = "\n".join(shown(line) for line in explained(kind, root, CATALOGUE, language)) + "\n"
    assert leftovers(found) == []
    golden(GOLDEN / f"whole-{kind}.{language.value}.txt", found)


@pytest.mark.parametrize(
    ("language", "then", "told"),
    [
        (Language.ENGLISH, "then: stop_entries, for: 6h", "no new entries for 6 hours."),
        (Language.ENGLISH, "then: stop_entries for 6h", "no new entries for 6 hours."),
        (Language.ENGLISH, "then: stop_entries for 6h, for: 1h", "no new entries for 6 hours."),
        (Language.ENGLISH, "then: stop_entries", "no new entries."),
        (Language.KOREAN, "then: stop_entries, for: 6h", "새로 사지 않습니다 (6시간 동안)."),
        (Language.KOREAN, "then: stop_entries for 6h", "새로 사지 않습니다 (6시간 동안)."),
    ],
)
def test_how_long_a_breaker_lasts_is_told_wherever_it_is_written(language: Language, then: str, told: str) -> None:
    root, _ = load(Source("", f"breakers:\n  rest: {{when: acct.losses_in_row >= 3, {then}}}\n"))
    assert root is not None
    (line,) = [shown(line) for line in explained("risk", root, CATALOGUE, language) if "rest" in shown(line)]
    assert line.endswith(told)


@given(st.randoms(use_true_random=False))
def test_any_strategy_is_told_in_both_languages(c: random.Random) -> None:
    found = compiled(random_strategy(c, ("KRW-BTC", "KRW-ETH")).text.replace("risk_profile: generated\n", ""))
    assert found.document is not None
    names = vocabulary_of(found.document.root, CATALOGUE)
    for language in Language:
        lines = sentences(found, language)
        text = "\n".join(shown(line) for line in lines)
        assert leftovers(text) == []
        told = {line.path for line in lines}
        assert {f"exits.{exit_.name}" for exit_ in strategy_of(found).exits} <= told
        assert {f"define.{name}" for name in names.definitions} <= told


# ---- the tree ----
SMALL = (ROOT / "strategies" / "trend-1d.yaml").read_text("utf-8")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_tree_reads_as_its_golden_text(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANGDAN_LANG", language)
    found = "\n".join(shown_tree(strategy_of(compiled(SMALL)), ("KRW-BTC", "KRW-ETH"))) + "\n"
    golden(GOLDEN / f"tree.{language}.txt", found)


def with_every_node(strategy: Strategy) -> Strategy:
    """The strategy with every value on its clock named, so that the machine shows them all."""
    graph = strategy.graph
    on_clock = [
        i
        for i, node in enumerate(graph)
        if node.phase is Phase.MARKET and node.section is not None and node.section.timeframe == strategy.clock
    ]
    return dataclasses.replace(strategy, conditions=(*strategy.conditions, *(Condition(f"node{i}", i) for i in on_clock)))


@given(st.randoms(use_true_random=False), st.integers(0, 1000))
def test_values_stay_inside_the_ranges_and_start_when_the_tree_says(c: random.Random, seed: int) -> None:
    text = random_strategy(c, ("KRW-BTC",), clocks=("1m", "5m")).text.replace("risk_profile: generated\n", "")
    strategy = with_every_node(strategy_of(compiled(text)))
    facts = tree_of(strategy, CATALOGUE).facts
    program = compile_program(strategy, MINUTE, ("KRW-BTC",))
    grid = random_grid(np.random.default_rng(seed), ("KRW-BTC",), 20_000 * HOUR.length_ms // MINUTE.length_ms, 600, unknown=0.0)
    values = Kernel(program).advance(grid).values[0]
    bounded = 0
    for column, node in zip(values.T, program.columns, strict=True):
        fact, defined = facts[node], column[np.isfinite(column)]
        bounded += (fact.low, fact.high) != (None, None)
        assert fact.low is None or (defined >= fact.low - 1e-9 * abs(fact.low)).all(), fact
        assert fact.high is None or (defined <= fact.high + 1e-9 * abs(fact.high)).all(), fact
        assert not np.isfinite(column[: max(fact.ready_bars - 1 - 1440, 0)]).any() or fact.timeframe != "", fact
    assert bounded >= 1


def test_the_tree_counts_every_node_once_and_what_is_shared() -> None:
    for path in FILES:
        text = path.read_text("utf-8")
        if "risk/1" in text:
            continue
        strategy = strategy_of(compiled(text))
        tree = tree_of(strategy, CATALOGUE)
        assert [fact.node for fact in tree.facts] == list(range(len(strategy.graph)))
        uses = [sum(i in node.inputs for node in strategy.graph) for i in range(len(strategy.graph))]
        assert all(fact.uses >= uses[fact.node] for fact in tree.facts)
        assert 0 < tree.shared < len(tree.facts)
        assert tree.nanoseconds_per_bar > 0
        reached, waiting = set[int](), [root.node for root in tree.roots]
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting.extend(tree.facts[node].inputs)
        entry = strategy.graph[strategy.entry]
        assert len(reached) >= len(tree.facts) - 12  # nodes that only join members of groups belong to no line
        assert entry.unit is Unit.CONDITION
