"""What side series, values across markets, regimes, factors, universes, orders and portfolios become in the graph and in the strategy."""

from __future__ import annotations

import itertools

import pytest

from dsl.catalogue import Unit
from dsl.checker.settings import is_taken
from dsl.compile import compile_risk, compile_strategy
from dsl.files import strategies_in
from dsl.graph import Graph, Node, Phase, Section, Timeframe
from dsl.portfolio import WHEN, CompiledPortfolio, compile_portfolio
from dsl.strategy import Enter, Execution, External, Leave, Strategy
from tests.dsl.graphs import assert_well_formed, truth
from tests.dsl.helpers import CATALOGUE, COMPLETE, PROFILES, ROOT, codes, compiled, strategy_of, with_rule

M1, M5, H1, D1 = (Timeframe(minutes * 60_000) for minutes in (1, 5, 60, 1440))
FILE = """schema: strategy/1
name: sample
clock: 5m
aliases: {{btc: KRW-BTC}}
{sections}
entry: {entry}
exits:
  stop: {{at: -2%}}
"""


def strategy(entry: str = "close > open", sections: str = "") -> Strategy:
    found = strategy_of(compiled(FILE.format(entry=entry, sections=sections)))
    assert_well_formed(found)
    return found


def only(graph: Graph, op: str) -> Node:
    (found,) = [node for node in graph if node.op == op]
    return found


# ---- side series ----
@pytest.mark.parametrize(
    ("rule", "leaf", "params"),
    [
        ("book.spread < 10bp", "book.spread", (1.0,)), ("book.spread(levels=2) < 10bp", "book.spread", (2.0,)),
        ("book.bid_size(5) > book.ask_size(5)", "book.bid_size", (5.0,)), ("depth(bid, 0.5%) > 1억", "book.bid_depth", (0.005,)),
        ("depth(ask, 1%) > 1억", "book.ask_depth", (0.01,)), ("market.warning", "market.warning", ()), ("flow.count > 3", "flow.count", ()),
        ("market.age >= 60d", "market.age", ()), ("flow.count(15m) > 3", "flow.count", ()), ("market.caution", "market.caution.price", ()),
    ],
)  # fmt: skip
def test_side_series_are_leaves(rule: str, leaf: str, params: tuple[float, ...]) -> None:
    node = only(strategy(rule).graph, leaf)
    assert (node.params, node.section, node.phase, node.inputs) == (params, Section(M5), Phase.MARKET, ())


def test_a_side_series_lives_on_the_bars_and_the_market_of_its_place() -> None:
    assert only(strategy("(book.spread < 10bp)@1h").graph, "book.spread").section == Section(H1)
    assert only(strategy("not btc.market.warning").graph, "market.warning").section == Section(M5, "KRW-BTC")


def test_caution_is_any_of_the_five() -> None:
    found = strategy("market.caution")
    leaves = [number for number, node in enumerate(found.graph) if node.op.startswith("market.caution.")]
    assert len(leaves) == 5
    for values in itertools.product((True, False, None), repeat=5):
        expected = True if True in values else None if None in values else False
        assert truth(found.graph, found.entry, dict(zip(leaves, values, strict=True))) is expected


def test_external_series_have_their_name_and_settings() -> None:
    section = "external:\n  kimp: {file: kimp.parquet, or: api, stale_after: 5m}\n  model: {or: api}"
    found = strategy("kimp ?? 0 < 5% and btc.model > 0.5", section)
    assert found.externals == (External("kimp", "kimp.parquet", 300_000, posted=True), External("model", None, None, posted=True))
    assert only(found.graph, "external.kimp").section == Section(M5)
    assert only(found.graph, "external.model").section == Section(M5, "KRW-BTC")
    assert found.graph[only(found.graph, "lt").inputs[0]].op == "coalesce"


def test_the_candle_of_the_day_before_is_the_one_that_ended_before_this_bar_began() -> None:
    graph = strategy("close > prev_day.high").graph
    lag = only(graph, "lag")
    hold = graph[lag.inputs[0]]
    assert (lag.params, lag.section, hold.op, graph[hold.inputs[0]].section) == ((1.0,), Section(M5), "hold", Section(D1))
    assert only(strategy("close > day.open").graph, "session_open").params == (288.0,)


# ---- finer bars ----
@pytest.mark.parametrize("fold", ["min", "max", "last", "sum"])
def test_finer_bars_are_folded_into_the_clock(fold: str) -> None:
    graph = strategy(f"{fold}(rsi(14)@1m, over=5m) < 25").graph
    node = only(graph, f"over.{fold}")
    assert (node.section, graph[node.inputs[0]].section, graph[node.inputs[0]].op) == (Section(M5), Section(M1), "rsi")


def test_a_condition_of_finer_bars_is_read_on_them_as_a_whole() -> None:
    for text in ("any(rsi(14)@1m < 25, over=5m)", "any((rsi(14) < 25)@1m, over=5m)"):
        graph = strategy(text).graph
        assert graph[only(graph, "over.any").inputs[0]].op == "lt"
        assert only(graph, "rsi").section == Section(M1)
    held = strategy("min(rsi(14)@1m, over=1h) < 25").graph
    assert (only(held, "over.min").section, only(held, "hold").section) == (Section(H1), Section(M5))


# ---- across ----
@pytest.mark.parametrize(
    ("rule", "op", "params"),
    [
        ("across.rank(ret(24h), order=desc) <= 10", "across.rank", (0.0, 1.0)), ("across.rank(ret(24h)) <= 10", "across.rank", (0.0, 0.0)),
        ("across.pct_rank(ret(24h)) > 0.5", "across.pct_rank", (0.0, 0.0)), ("across.zscore(ret(24h)) > 2", "across.zscore", (0.0, 0.0)),
        ("across.mean(ret(24h), top=30) > 1%", "across.mean", (30.0, 0.0)), ("across.median(ret(24h)) > 1%", "across.median", (0.0, 0.0)),
        ("across.breadth(close > open) > 0.5", "across.breadth", (0.0, 0.0)), ("across.top(ret(24h), 5)", "across.top", (0.0, 1.0, 5.0)),
    ],
)  # fmt: skip
def test_values_across_markets(rule: str, op: str, params: tuple[float, ...]) -> None:
    graph = strategy(rule).graph
    node = only(graph, op)
    assert (node.params, node.section) == (params, Section(M5))
    assert (graph[node.inputs[1]].op, graph[node.inputs[1]].params) == ("const", (1.0,))
    if params[0]:
        turnover = graph[node.inputs[2]]
        assert (turnover.op, turnover.params) == ("sum", (288.0,))


def test_across_on_slower_bars_and_time_series_over_it() -> None:
    graph = strategy("(across.mean(realized_vol(24), top=30) > sma(across.mean(ret(24h)), 20))@1h").graph
    assert {node.section for node in graph if node.op == "across.mean"} == {Section(H1)}
    sums = [graph[node.inputs[0]] for node in graph if node.op == "sma" and node.params == (20.0,)]
    assert [(node.op, node.section) for node in sums] == [("across.mean", Section(H1))]


def test_the_domain_is_the_universe_inside_it_and_every_candidate_in_deciding_it() -> None:
    section = "universe:\n  refresh: every 4h\n  keep: {strong: across.rank(ret(24h)) <= 50}\n  take: 10\n  by: turnover(24h)"
    found = strategy("across.rank(ret(24h)) <= 10", section)
    rank = only(found.graph, "across.rank")
    assert found.graph[rank.inputs[1]].op == "universe.member"
    assert found.universe is not None
    graph = found.universe.graph
    assert graph[only(graph, "across.rank").inputs[1]].op == "const"


# ---- regimes ----
def test_the_first_true_regime_holds() -> None:
    section = "regime:\n  up: close > 1 KRW\n  down: close < 2 KRW\n  otherwise: calm"
    for number, name in enumerate(("up", "down", "calm")):
        found = strategy(f"regime == {name}", section)
        tests = [i for i, node in enumerate(found.graph) if node.op in ("gt", "lt")]
        assert len(tests) == 2
        for values in itertools.product((True, False, None), repeat=2):
            first, second = values
            expected = [first, _and(_not(first), second), _and(_not(first), _not(second))][number]
            assert truth(found.graph, found.entry, dict(zip(tests, values, strict=True))) is expected


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _and(a: bool | None, b: bool | None) -> bool | None:
    return False if False in (a, b) else None if None in (a, b) else True


def test_a_regime_is_read_on_the_bars_of_its_place_and_may_be_denied() -> None:
    section = "regime:\n  trending: adx(14) > 20\n  otherwise: quiet"
    assert only(strategy("(regime == trending)@1h", section).graph, "hold").section == Section(M5)
    found = strategy("regime != trending", section)
    assert found.graph[found.entry].op == "not"
    assert "regime.trending" in [c.path for c in found.conditions]


# ---- factors and score ----
FACTORS = """factors:
  one: {{value: "scale(rsi(14), lo=20, hi=80)", weight: 0.75}}
  two: {{value: "scale(volume / sma(volume, 20), lo=0.5, hi=3)", weight: 0.25}}
score: {{missing_factor: {missing}}}"""


@pytest.mark.parametrize("missing", ["block", "neutral", "skip"])
def test_the_score_is_the_weighted_mean_of_its_factors(missing: str) -> None:
    found = strategy("score >= 0.35", FACTORS.format(missing=missing))
    assert [(f.name, f.weight) for f in found.factors] == [("one", 0.75), ("two", 0.25)]
    assert found.score is not None
    assert found.graph[found.score].unit is Unit.SCORE
    for values in itertools.product((-1.0, 0.25, 1.0, None), repeat=2):
        known = {factor.node: value for factor, value in zip(found.factors, values, strict=True)}
        weights = (0.75, 0.25)
        present = [(w, v) for w, v in zip(weights, values, strict=True) if v is not None]
        expected: float | None = sum(w * v for w, v in present)
        if missing == "block" and None in values:
            expected = None
        elif missing == "skip":
            total = sum(w for w, _ in present)
            expected = None if total == 0 else sum(w * v for w, v in present) / total
        result = _number(found.graph, found.score, known)
        assert (result is None) == (expected is None)
        assert result is None or expected is None or abs(result - expected) < 1e-12


def _number(graph: Graph, node_id: int, known: dict[int, float | None]) -> float | None:
    """A slow reading of the ops that a score is made of."""
    if node_id in known:
        return known[node_id]
    node = graph[node_id]
    values = [_number(graph, i, known) for i in node.inputs]
    if node.op == "const":
        return node.params[0]
    if node.op == "coalesce":
        return values[1] if values[0] is None else values[0]
    if None in values[:1] or (node.op != "select" and None in values):
        return None
    a, b = values[0], values[1]
    if node.op == "select":
        return values[1] if a else values[2]
    assert a is not None
    assert b is not None
    if node.op == "div":
        return None if b == 0 else a / b
    return {"add": a + b, "mul": a * b, "eq": float(a == b)}[node.op]


# ---- entry parts ----
def test_an_entry_is_split_into_what_the_market_decides_and_what_the_order_decides() -> None:
    found = strategy("close > open and depth(bid, 0.5%) >= 3 * order.value and high > low")
    assert found.entry_order is not None
    assert found.graph[found.entry].phase is Phase.MARKET
    assert [found.graph[i].op for i in found.graph[found.entry].inputs] == ["gt", "gt"]
    order = found.graph[found.entry_order]
    assert (order.phase, order.section, order.op) == (Phase.ORDER, None, "ge")
    assert strategy("close > open").entry_order is None


def test_the_parts_of_an_entry_are_true_together_exactly_where_the_entry_is() -> None:
    """Over every combination of truth of its tests: market tests m, order tests o."""
    texts = [
        "m1 and o1", "m1 and m2 and o1 and o2", "m1 or o1", "m1 or m2 and o1", "(m1 or m2) and (m2 or o1)", "o1", "not o1 and m1",
        "(m1 and o1) or (m2 and o2)", "m1 and not (m2 and o1)", "(m1 or (m2 and o1)) and o2",
    ]  # fmt: skip
    names = {"m1": "close > 1 KRW", "m2": "close > 2 KRW", "o1": "order.value > 1 KRW", "o2": "order.value > 2 KRW"}
    compared = 0
    for text in texts:
        rule = text.replace("m2 and o1", "(m2 and o1)") if text == "m1 or m2 and o1" else text
        define = "define:\n" + "\n".join(f"  {name}: {test}" for name, test in names.items())
        found = strategy(rule, define)
        graph = found.graph
        whole = next(c.node for c in found.conditions if c.path == "entry")
        leaves = {_leaf(graph, i): i for i, node in enumerate(graph) if node.op == "gt"}
        for values in itertools.product((True, False, None), repeat=4):
            known = {leaves[name]: value for name, value in zip(names, values, strict=True) if name in leaves}
            known |= {i: True for i, node in enumerate(graph) if node.op == "const" and node.unit is Unit.CONDITION}
            parts = [truth(graph, node, known) for node in (found.entry, found.entry_order) if node is not None]
            assert (truth(graph, whole, known) is True) == all(part is True for part in parts), (text, values)
            compared += 1
    assert compared == len(texts) * 81


def _leaf(graph: Graph, number: int) -> str:
    node = graph[number]
    letter = "o" if node.phase is Phase.ORDER else "m"
    return f"{letter}{graph[node.inputs[1]].params[0]:g}"


def test_sizes_may_read_the_account() -> None:
    found = strategy(sections="sizing:\n  scale: 0.5 if acct.drawdown(30d) > 10% else 1")
    assert found.sizing.scale is not None
    assert found.graph[found.sizing.scale].phase is Phase.ACCOUNT
    assert only(found.graph, "acct.drawdown").params == (30 * 86_400_000.0,)


# ---- universe ----
def test_a_universe_is_decided_in_a_graph_of_its_own_and_joined_to_the_entry() -> None:
    section = """universe:
  refresh: every day at 09:05 KST
  keep: {liquid: "turnover(24h) >= 50억", tight: "book.spread <= 15bp"}
  drop: {flagged: market.caution or market.delisting}
  take: 30
  by: turnover(24h)"""
    found = strategy("close > open", section)
    universe = found.universe
    assert universe is not None
    assert (universe.refresh_ms, universe.every_ms, universe.take) == (5 * 60_000, 86_400_000, 30)
    assert [c.path for c in universe.conditions] == ["universe.keep.liquid", "universe.keep.tight", "universe.drop.flagged"]
    nodes = [c.node for c in universe.conditions]
    for values in itertools.product((True, False, None), repeat=3):
        liquid, tight, flagged = values
        expected = _and(_and(liquid, tight), _not(flagged))
        assert truth(universe.graph, universe.keep, dict(zip(nodes, values, strict=True))) is expected
    assert universe.by is not None
    assert universe.graph[universe.by].unit is Unit.MONEY
    entry = found.graph[found.entry]
    assert [found.graph[i].op for i in entry.inputs] == ["gt", "universe.member"]


@pytest.mark.parametrize(("refresh", "found"), [("every 4h", (0, 4 * 3_600_000)), ("every day at 00:00 KST", (15 * 3_600_000, 86_400_000))])
def test_when_a_universe_is_decided(refresh: str, found: tuple[int, int]) -> None:
    universe = strategy(sections=f"universe: {{refresh: {refresh}}}").universe
    assert universe is not None
    assert (universe.refresh_ms, universe.every_ms) == found
    assert universe.graph[universe.keep].params == (1.0,)


# ---- execution, reload ----
def whole(text: str) -> Strategy:
    result = compile_strategy(text, "s.yaml", CATALOGUE, PROFILES, refuse_unbuilt=False)
    return strategy_of(result)


@pytest.mark.parametrize(
    ("enter", "found"),
    [
        ("{order: limit, price: best bid + 1 tick, reprice: every 5s, after: 20s, then: market if slippage <= 0.3%}",
         Enter("limit", "bid", 1, None, 5_000, 20_000, "market", 0.003)),
        ("{order: limit, price: best ask - 2 ticks}", Enter("limit", "ask", -2)),
        ("{order: post_only, after: 1m, then: cancel}", Enter("post_only", after_ms=60_000)),
        ("{order: best, time_in_force: ioc}", Enter("best", time_in_force="ioc")),
        ("{order: limit, time_in_force: fok}", Enter("limit", time_in_force="fok")),
        ("{order: limit, after: 20s, then: cancel if filled >= 50%}", Enter("limit", after_ms=20_000, then_filled_from=0.5)),
        ("{order: limit, after: 20s, then: market if filled < 50% and slippage <= 1%}",
         Enter("limit", after_ms=20_000, then="market", then_max_slippage=0.01, then_filled_below=0.5)),
        ("{order: market}", Enter()),
    ],
)  # fmt: skip
def test_execution_is_read(enter: str, found: Enter) -> None:
    section = f"execution:\n  enter: {enter}\n  leave: {{order: market, max_slippage: 0.8%}}\nreload: {{open_positions: adopt_exits}}"
    result = whole(FILE.format(entry="close > open", sections=section))
    assert result.execution == Execution(found, Leave("market", 0.008))
    assert result.reload == "adopt_exits"


@pytest.mark.parametrize(
    ("enter", "code"),
    [
        ("{order: market, price: best bid}", "E222"), ("{order: best}", "E222"), ("{order: post_only, time_in_force: ioc}", "E222"),
        ("{order: limit, then: cancel}", "E222"), ("{order: limit, reprice: every 0s}", "E113"), ("{order: limit, price: best}", "E220"),
        ("{order: limit, after: 20s, then: cancel if slippage >= 1%}", "E220"), ("{order: limit, price: best bid + 1.5 ticks}", "E220"),
        ("{order: stop}", "E213"), ("{order: limit, time_in_force: gtc}", "E213"), ("{order: limit, reprice: 5s}", "E220"),
    ],
)  # fmt: skip
def test_orders_that_the_exchange_does_not_have(enter: str, code: str) -> None:
    text = FILE.format(entry="close > open", sections=f"execution:\n  enter: {enter}")
    result = compile_strategy(text, "s.yaml", CATALOGUE, PROFILES, refuse_unbuilt=False)
    assert codes(result) == [code]


def test_orders_below_the_exchange_or_above_the_profile_are_refused() -> None:
    text = FILE.format(entry="close > open", sections="risk_profile: conservative\nsizing: {weight: 1%, min_order: 400만원}")
    assert codes(compiled(text)) == ["E409"]


# ---- portfolios ----
PORTFOLIO = """schema: portfolio/1
name: core
title: 두 전략
risk_profile: balanced
capital: {capital}
aliases: {{btc: KRW-BTC}}
regime:
  trending: btc.adx(14)@1d > 20
  otherwise: quiet
strategies:
  hourly: {{strategy: trend-1h, weight: 60%, when: regime == trending}}
  daily: {{strategy: trend-1d, weight: 40%}}
"""


def portfolio(text: str) -> CompiledPortfolio:
    return compile_portfolio(text, "p.yaml", CATALOGUE, PROFILES, strategies_in(ROOT / "strategies"))


@pytest.mark.parametrize(
    ("capital", "found"), [("5_000_000 KRW", (5_000_000, None)), ("50% of account", (None, 0.5)), ("50%", (None, 0.5))]
)
def test_a_portfolio_is_its_strategies_under_one_profile(capital: str, found: tuple[int | None, float | None]) -> None:
    result = portfolio(PORTFOLIO.format(capital=capital))
    assert result.portfolio is not None, [f.diagnostic for f in result.findings]
    assert (result.portfolio.capital_krw, result.portfolio.capital_ratio) == found
    assert result.portfolio.risk is not None
    assert result.portfolio.risk.name == "balanced"
    first, second = result.portfolio.parts
    assert [(part.strategy.name, part.weight) for part in (first, second)] == [("trend-1h", 0.6), ("trend-1d", 0.4)]
    assert first.when is not None
    assert second.when is None
    graph = first.strategy.graph
    assert Section(D1, "KRW-BTC") in [node.section for node in graph if node.op == "adx"]
    assert "KRW-BTC" in first.strategy.aliases.values()
    assert (WHEN, first.when) in [(c.path, c.node) for c in first.strategy.conditions]
    assert all(part.strategy.risk is not None and part.strategy.risk.name == "balanced" for part in (first, second))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("40%", "41%"), "E431"), (("strategy: trend-1d", "strategy: trend-1h"), "E431"),
        (("strategy: trend-1d", "strategy: none"), "E430"),
        (("regime == trending", "regime == up"), "E137"), (("regime == trending", "pos.gain > 1%"), "E130"), (("balanced", "bold"), "E215"),
        (("60%", "160%"), "E113"), (("weight: 40%", "wieght: 40%"), "E201"), (("regime == trending", "close"), "E128"),
    ],
)  # fmt: skip
def test_portfolios_that_are_refused(change: tuple[str, str], code: str) -> None:
    result = portfolio(PORTFOLIO.format(capital="5_000_000 KRW").replace(*change))
    assert result.portfolio is None
    assert code in [f.diagnostic.code for f in result.findings]


@pytest.mark.parametrize(
    ("capital", "found"),
    [
        ("1000만원", (10_000_000, None)), ("1_000_000 KRW", (1_000_000, None)), ("50% of account", (None, 0.5)),
        ("40% of equity", (None, 0.4)), ("100%", (None, 1.0)),
    ],
)  # fmt: skip
def test_the_capital_of_a_risk_file_is_an_amount_or_a_share_of_the_account(capital: str, found: tuple[int | None, float | None]) -> None:
    result = compile_risk(f"schema: risk/1\nname: r\ncapital: {capital}\n", "r.yaml", CATALOGUE)
    assert result.findings == ()
    assert result.profile is not None
    assert (result.profile.capital_krw, result.profile.capital_ratio) == found


@pytest.mark.parametrize(
    ("capital", "code"),
    [("0% of account", "E113"), ("101% of account", "E113"), ("0.5 KRW", "E113"), ("half", "E220"), ("50% of cash", "E220")],
)
def test_capitals_that_are_refused_in_both_files(capital: str, code: str) -> None:
    risk = compile_risk(f"schema: risk/1\nname: r\ncapital: {capital}\n", "r.yaml", CATALOGUE)
    for findings in (risk.findings, portfolio(PORTFOLIO.format(capital=capital)).findings):
        assert [f.diagnostic.code for f in findings] == [code]


def test_names_of_the_language_are_taken_with_everything_before_a_dot() -> None:
    taken = [name for name in {part for name in CATALOGUE for part in (name, *name.split("."))} if is_taken(name, CATALOGUE)]
    assert len(taken) >= 100
    assert all(is_taken(name, CATALOGUE) for name in CATALOGUE)
    prefixes = {name.rpartition(".")[0] for name in CATALOGUE} - {""}
    assert len(prefixes) >= 5
    assert all(is_taken(prefix, CATALOGUE) for prefix in prefixes)
    assert not any(is_taken(f"{prefix}_x", CATALOGUE) or is_taken(prefix[:-1] + "_", CATALOGUE) for prefix in prefixes)
    assert not is_taken("fresh", CATALOGUE)
    assert is_taken("fresh", {**CATALOGUE, "fresh.line": CATALOGUE["macd.line"]})


def test_names_mean_one_thing_and_words_of_the_language_keep_theirs() -> None:
    for sections in ("external: {btc: {or: api}}", "regime: {btc: close > open}", "define: {score: close}", "params: {regime: 1}"):
        assert codes(compiled(FILE.format(entry="close > open", sections=sections))) == ["E214"]
    assert codes(with_rule(define="close > open")) == []


def test_the_complete_file_of_the_specification_is_read_without_a_word() -> None:
    result = compile_strategy(COMPLETE, "complete.yaml", CATALOGUE, PROFILES, refuse_unbuilt=False)
    assert not result.diagnostics
    found = strategy_of(result)
    assert_well_formed(found)
    assert [factor.name for factor in found.factors] == ["trend", "momentum", "volatility", "volume", "independence"]
    assert found.universe is not None
    assert found.entry_order is not None
    assert found.execution == Execution(Enter("limit", "bid", 1, None, 5_000, 20_000, "market", 0.003), Leave("market", 0.008))
    assert codes(compiled(COMPLETE)) == []
