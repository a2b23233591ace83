"""The checker: what expressions become in the graph, what fits together, and what is refused."""

from __future__ import annotations

import itertools

import pytest

from dsl.catalogue import INPUT_SERIES, MONTHS, SERIES_CALLED, WEEKS, Unit
from dsl.files import compile_file
from dsl.graph import Phase, Section, Timeframe
from dsl.strategy import ExitKind
from engine.kernel.book import MAXIMUM_EXITS
from engine.kernel.catalogue import catalogue
from tests.dsl.graphs import assert_well_formed, truth
from tests.dsl.helpers import EXPRESSIONS, SHIPPED, codes, compiled, strategy_of, with_rule

M5, M15, H1, H4 = (Timeframe(minutes * 60_000) for minutes in (5, 15, 60, 240))

BLOCK = """schema: strategy/1
name: sample
title: uses long_at, exit_at, kimp, trend_up, target_move, tried
clock: 5m
aliases: {{btc: KRW-BTC}}
params: {{long_at: 0.35, exit_at: -0.1}}
external:
  kimp: {{file: kimp.parquet, or: api, stale_after: 5m}}
regime:
  trending: adx(14)@1h > 20
  otherwise: quiet
factors:
  volume: {{value: "scale(volume / sma(volume, 20), lo=0.5, hi=3)", weight: 1}}
define:
  trend_up: ema(close, 21) > ema(close, 50)
  target_move: 2 * atr(14) / close
  tried: {expression}
entry: close > open
sizing: {{weight: 10% of equity}}
exits:
  stop: {{at: -2%}}
"""


def test_every_expression_of_the_specification_is_checked() -> None:
    assert len(EXPRESSIONS) == 44
    for number, expression in enumerate(EXPRESSIONS, 1):
        found = set(codes(compiled(BLOCK.format(expression=expression))))
        assert not found, (number, expression, found)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_strategies_compile_without_a_word(path: object) -> None:
    result = compile_file(path, catalogue())  # type: ignore[arg-type]
    assert not result.diagnostics
    assert_well_formed(strategy_of(result))


def test_there_are_shipped_strategies() -> None:
    assert {path.stem for path in SHIPPED} >= {"pullback-trend", "every-exit", "trend-1h", "trend-1d", "t1-ema-cross"}


# ---- graph ----
def ops(result: object) -> list[str]:
    return [node.op for node in strategy_of(result).graph]  # type: ignore[arg-type]


def test_equal_parts_are_one_node() -> None:
    found = ops(with_rule(entry="ema(close, 20) > close and ema(close, 20) > open and ema(close, 20) > ema(open, 20)"))
    assert found.count("ema") == 2


def test_a_higher_timeframe_is_held_on_the_clock() -> None:
    graph = strategy_of(with_rule(entry="close > ema(close, 50)@4h")).graph
    hold = next(node for node in graph if node.op == "hold")
    assert hold.section == Section(M5)
    assert graph[hold.inputs[0]].section == Section(H4)
    assert graph[graph[hold.inputs[0]].inputs[0]].section == Section(H4)


def test_the_clock_itself_needs_no_hold() -> None:
    plain, suffixed = (strategy_of(with_rule(entry=f"close > ema(close, 50){suffix}")) for suffix in ("", "@5m"))
    assert plain.graph.nodes == suffixed.graph.nodes


def test_a_timeframe_inside_a_timeframe_is_held_twice() -> None:
    graph = strategy_of(with_rule(entry="(close > ema(close, 9)@4h)@1h")).graph
    assert [node.section for node in graph if node.op == "hold"] == [Section(H1), Section(M5)]


def test_definitions_take_the_clock_of_their_use() -> None:
    result = compiled(BLOCK.format(expression="trend_up@1h and trend_up@4h").replace("entry: close > open", "entry: tried"))
    sections = {node.section for node in strategy_of(result).graph if node.op == "ema"}
    assert sections == {Section(H1), Section(H4)}


def test_another_market_is_a_section_of_its_own() -> None:
    graph = strategy_of(with_rule(entry="btc.close > btc.ema(close, 50)@4h and corr(logret(1), btc.logret(1), 20) > 0")).graph
    assert {node.section for node in graph if node.op == "ema"} == {Section(H4, "KRW-BTC")}
    assert {node.section for node in graph if node.op == "hold"} == {Section(M5, "KRW-BTC")}
    corr = next(node for node in graph if node.op == "corr")
    assert corr.section == Section(M5)
    assert [graph[i].section for i in corr.inputs] == [Section(M5), Section(M5, "KRW-BTC")]


def test_a_definition_on_another_market() -> None:
    result = compiled(BLOCK.format(expression="btc.trend_up@1h").replace("entry: close > open", "entry: tried"))
    assert {node.section for node in strategy_of(result).graph if node.op == "ema"} == {Section(H1, "KRW-BTC")}


def test_definitions_with_parameters_are_expanded() -> None:
    text = BLOCK.format(expression="pull(close, 9)@15m").replace("  tried:", "  pull(x, n): x > ema(x, n)\n  tried:")
    result = compiled(text.replace("entry: close > open", "entry: tried and pull(open, 20)"))
    found = [(node.params, node.section) for node in strategy_of(result).graph if node.op == "ema"]
    assert found == [((9.0,), Section(M15)), ((20.0,), Section(M5))]


def test_windows_may_be_bars_durations_or_parameters() -> None:
    for window in ("14", "14 bars", "70m", "n", "n bars", "2 * n - 14"):
        graph = strategy_of(with_rule(entry=f"close > ema(close, {window})")).graph
        assert [node.params for node in graph if node.op == "ema"] == [(14.0,)], window
    graph = strategy_of(with_rule(entry="(close > sma(close, 1d))@1h")).graph
    assert next(node.params for node in graph if node.op in ("sma", "sum")) == (24.0,)


def test_anchors_are_bars_of_their_section() -> None:
    graph = strategy_of(with_rule(entry="close > vwap(day) and (close > vwap(day))@1h and obv(48 bars) > 0")).graph
    assert [node.params for node in graph if node.op == "vwap"] == [(288.0,), (24.0,)]
    assert [node.params for node in graph if node.op == "obv"] == [(48.0,)]


def test_weeks_and_months_are_anchors_too() -> None:
    rule = "vwap(week) < close and (cum_ret(month) > 0)@1h and obv(week)@1w > 0 and vpt(month)@1d > 0"
    graph = strategy_of(with_rule(entry=rule)).graph
    found = {node.op: node.params for node in graph if node.op in ("vwap", "cum_ret", "obv", "vpt")}
    assert found == {"vwap": (288 + WEEKS,), "cum_ret": (24 + MONTHS,), "obv": (1.0,), "vpt": (1 + MONTHS,)}


@pytest.mark.parametrize(
    ("rule", "fixed"), [("vwap(day)@1w > close", "vwap(week)@1w"), ("obv() > 0", "obv(day) > 0"), ("vwap(weak) > close", "vwap(week)")]
)
def test_a_wrong_anchor_is_mended(rule: str, fixed: str) -> None:
    found = with_rule(entry=rule).diagnostics
    assert len(found) == 1
    assert fixed in found[0].fix
    mended = found[0].fix.removeprefix("entry: ")
    assert not codes(with_rule(entry=mended))


def test_the_time_of_the_bar_needs_no_brackets() -> None:
    graph = strategy_of(with_rule(entry="hour in 9..23 and (minute < 30)@15m and weekday() <= 4 and hour@4h == 9")).graph
    found = sorted((node.op, node.params) for node in graph if node.op in ("hour", "minute", "weekday"))
    assert found == [("hour", (6.0,)), ("hour", (288.0,)), ("minute", (96.0,)), ("weekday", (288.0,))]


def test_max_and_min_take_any_number_of_values() -> None:
    many, nested = (strategy_of(with_rule(entry=f"close > {text}")).graph for text in (
        "max(open, low, min(high, close, ema(close, 9)))", "max(max(open, low), min(min(high, close), ema(close, 9)))"
    ))  # fmt: skip
    assert many.nodes == nested.nodes


def test_what_is_not_ready_may_have_a_stand_in() -> None:
    rule = "if_ready(close > sma(close, 200), otherwise=true) and is_defined(rsi(14)) and if_ready(clamp(rsi(14), 0, 50), otherwise=0) >= 0"
    graph = strategy_of(with_rule(entry=rule)).graph
    assert [node.unit for node in graph if node.op == "if_ready"] == [Unit.CONDITION, Unit.NUMBER]
    assert [node.params for node in graph if node.op == "const" and node.unit is Unit.CONDITION] == [(1.0,)]


def test_position_values_stay_in_their_phase() -> None:
    strategy = strategy_of(with_rule(when="pos.gain > 1% and (close > ema(close, 9))@1h"))
    out = strategy.graph[strategy.exits[1].node]
    assert out.phase is Phase.POSITION
    assert strategy.graph[strategy.entry].phase is Phase.MARKET


# ---- three-valued groups ----
def test_at_least_counts_as_three_valued_logic_does() -> None:
    names = "abcd"
    tests = "".join(f"      {name}: close > {number + 1} KRW\n" for number, name in enumerate(names))
    compared = 0
    for count in range(1, 5):
        text = BLOCK.format(expression="close > open").replace(
            "entry: close > open", f"entry:\n  at_least:\n    {count} of:\n{tests}".rstrip()
        )
        strategy = strategy_of(compiled(text))
        nodes = [next(c.node for c in strategy.conditions if c.path.endswith(f".{name}")) for name in names]
        for values in itertools.product((True, False, None), repeat=4):
            known = dict(zip(nodes, values, strict=True))
            yes, unknown = values.count(True), values.count(None)
            expected = True if yes >= count else False if yes + unknown < count else None
            assert truth(strategy.graph, strategy.entry, known) is expected
            compared += 1
    assert compared == 4 * 3**4


def test_groups_nest_and_every_named_condition_is_kept() -> None:
    group = "entry:\n  all:\n    a: close > open\n    b:\n      none:\n        c: low > open\n        d: high < open"
    strategy = strategy_of(compiled(BLOCK.format(expression="close > open").replace("entry: close > open", group)))
    paths = [c.path for c in strategy.conditions if not c.path.startswith("regime")]
    assert paths == [
        "entry.a",
        "entry.b.c",
        "entry.b.d",
        "entry.b",
        "entry",
    ]
    nodes = {c.path: c.node for c in strategy.conditions}
    for a, c, d in itertools.product((True, False, None), repeat=3):
        known = {nodes["entry.a"]: a, nodes["entry.b.c"]: c, nodes["entry.b.d"]: d}
        inner = False if True in (c, d) else None if None in (c, d) else True
        expected = False if False in (a, inner) else None if None in (a, inner) else True
        assert truth(strategy.graph, strategy.entry, known) is expected


# ---- what fits together ----
@pytest.mark.parametrize(
    "rule",
    [
        "close > 0", "close > 50_000_000 KRW", "close > 5천만원", "close - open > 0", "(close - open) / open > 2%",
        "close * (1 + 2%) > open",
        "close / open > 1.02", "volume * close > 1억", "value / volume > close", "ret(1h) > 0.02", "turnover(24h) >= 50억",
        "bars_since(close > open) > 12", "count(close > open, 10) >= 7", "close ?? 0 > open", "close > (open if close > low else high)",
        "max(close, open) > low", "rsi(14) > 50", "atr(14) / close > 0.4%", "close > value / volume", "k > 1%", "macd.hist(12, 26, 9) > 0",
        "-close < 0", "close in low..high", "(close > open) if (low > low[1]) else (high > open)",
    ],
)  # fmt: skip
def test_units_that_go_together(rule: str) -> None:
    assert codes(with_rule(entry=rule)) == []


@pytest.mark.parametrize(
    "rule",
    [
        "close > 2%", "close > 5", "close + 1 > open", "close + 2% > open", "close > volume", "value > close", "turnover(24h) > 5000",
        "close crosses above volume", "close in 1..2", "max(close, volume) > 1", "close > (open if close > low else volume)",
        "rsi(14) > 5m",
        "close ?? volume > 0", "close - value > 0", "volume > 1억", "ret(1h) > 1 bar",
    ],
)  # fmt: skip
def test_units_that_do_not(rule: str) -> None:
    assert codes(with_rule(entry=rule)) == ["E110"]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("close", "E128"), ("close > (low > low[1])", "E129"), ("not close", "E128"), ("close and open > low", "E128"),
        ("ema(close, 0) > close", "E112"), ("ema(close, 2.5) > close", "E112"), ("ema(close, 7m) > close", "E112"),
        ("ema(close, k) > close", "E112"), ("ema(close, volume) > close", "E105"), ("ema(20, close) > close", "E105"),
        ("ema(20, 30) > close", "E105"), ("ema(close) > close", "E126"), ("ema(close, 20, 30) > close", "E126"),
        ("ema(close, n=20, n=30) > close", "E126"), ("ema(close, length=20) > close", "E125"), ("ema > close", "E119"),
        ("obv() > 0", "E126"), ("vwap(yesterday) > close", "E102"), ("vwap(day)@1w > close", "E112"), ("vwap(month)@1w > close", "E112"),
        ("hour@1w == 9", "E112"), ("hour(anchor=week) == 9", "E125"), ("hour(24) == 9", "E126"), ("max(close, open, volume) > 1", "E110"),
        ("ichimoku.chikou > close", "E120"), ("ichimoku.chikou(26) > close", "E120"), ("ichimoku > close", "E106"),
        ("quantile(close, 9, 2) > open", "E112"), ("hour > 23", "W150"), ("if_ready(close, otherwise=true) > 1", "E110"),
        ("is_defined(close) > 1", "E129"), ("close[1.5] > close", "E112"),
        ("close[volume] > close", "E112"), ("close[-1] > close", "E120"), ("close@7m > open", "E121"), ("close@1m > open", "E122"),
        ("(close@1h)[1] > open", "E123"), ("close@1h[1] > open", "E123"), ("sma(close@1h, 20) > close",
        "E123"),
        ("close@1h rises for 3 bars", "E123"), ("pos.gain > 1%", "E130"), ("close > open then low > low[1]", "E131"),
        ("macd(12, 26, 9) > 0", "E106"), ("macd > 0", "E106"), ("btc.across.rank(close) < 3", "E138"), ("lt(close, open)", "E101"),
        ("min(close, over=5m) > open", "E136"), ("close / 0 > 1", "E127"), ("rsi(14) < 30 and rsi(14) > 50", "W150"),
        ("rsi(14) > 120", "W150"), ("rsi(14) in 50..30", "W150"), ("rsi(14) >= 50 and rsi(14) < 50", "W150"), ("close < 0", "W150"),
        ("ema(close, 50) > ema(close, 200)@4h", "W124"), ("btc.eth.close > 0", "E190"), ("btc.corr(close, eth.close, 20) > 0", "E190"),
        ("close(3) > open", "E101"),
        ("btc.nothing > open", "E102"), ("btc.sma(closs, 20) > open", "E102"), ("close > open or low > low[1] and high > open", "E104"),
    ],
)  # fmt: skip
def test_mistakes_have_their_codes(rule: str, code: str) -> None:
    assert set(codes(with_rule(entry=rule))) == {code}


@pytest.mark.parametrize(
    ("when", "code"),
    [
        ("sma(pos.gain, 3) > 1%", "E132"), ("pos.gain[1] > 1%", "E132"), ("(pos.gain > 1%)@1h", "E132"), ("pos.gain crosses above 1%",
        "E132"),
        ("count(pos.gain > 1%, 5) > 2", "E132"), ("pos.gane > 1%", "E102"), ("pos.age > 4", "E110"), ("btc.pos.gain > 1%", "E132"),
        ("bb.upper(20, 2) > pos.entry then close > open within 3 bars", "E132"), ("pos.gain rises for 2 bars", "E132"),
    ],
)  # fmt: skip
def test_position_values_have_no_history(when: str, code: str) -> None:
    assert code in codes(with_rule(when=when))


@pytest.mark.parametrize(
    "rule",
    ["rsi(14) < 30 or rsi(14) > 70", "rsi(14) > 30 and rsi(14) < 50", "rsi(14) > 30 and rsi(7) < 20", "close > ema(close, 50)@4h",
     "ema(close, 50)@1h > ema(close, 200)@1h", "rsi(14) != 50 and rsi(14) != 60", "btc.close > btc.ema(close, 50)@4h"],
)  # fmt: skip
def test_no_warning_without_a_reason(rule: str) -> None:
    assert codes(with_rule(entry=rule)) == []


def test_a_position_value_in_a_definition_is_blamed_on_the_entry_that_uses_it() -> None:
    result = with_rule(define="pos.gain > 1%", entry="sample")
    assert [(d.code, d.path) for d in result.diagnostics] == [("E130", "entry")]
    assert codes(with_rule(define="pos.gain > 1%", when="sample")) == []


# ---- bounds ----
def test_definitions_that_double_each_other_cannot_blow_up() -> None:
    lines = ["  d0: close > open", *(f"  d{i}: (d{i - 1} and not d{i - 1})" for i in range(1, 60))]
    text = BLOCK.format(expression="close > open").replace("  tried:", "\n".join(lines) + "\n  tried:")
    result = compiled(text)
    assert set(codes(result)) <= {"E109", "W150", "W420"}
    macros = ["  f0(x): x > open", *(f"  f{i}(x): f{i - 1}(x) and (f{i - 1}(high) or f{i - 1}(low))" for i in range(1, 40))]
    text = BLOCK.format(expression="f39(close)").replace("  tried:", "\n".join(macros) + "\n  tried:")
    assert set(codes(compiled(text))) == {"E109", "W150"}


def test_a_file_full_of_mistakes_is_not_looked_through_to_the_end() -> None:
    lines = "\n".join(f"  name{i}: nme{i} > smaa(close, {i})" for i in range(2_000))
    result = compiled(BLOCK.format(expression="close > open").replace("  tried:", f"{lines}\n  tried:"))
    assert codes(result).count("E218") == 1
    assert len(result.errors) == 100
    assert result.strategy is None


def test_definitions_that_use_themselves_are_refused() -> None:
    text = BLOCK.format(expression="f(close)").replace("  tried:", "  f(x): g(x)\n  g(x): f(x)\n  tried:")
    assert set(codes(compiled(text))) == {"E133"}


def test_a_definition_may_be_given_its_own_result() -> None:
    text = BLOCK.format(expression="close > twice(twice(close))").replace("  tried:", "  twice(x): x + x\n  tried:")
    assert codes(compiled(text)) == []
    circle = BLOCK.format(expression="f(close) > 1").replace("  tried:", "  g(x): x + x\n  f(x): g(f(x))\n  tried:")
    assert set(codes(compiled(circle))) == {"E133"}


# ---- exits ----
@pytest.mark.parametrize(
    ("level", "kind"),
    [
        ("-2%", ExitKind.STOP), ("+2%", ExitKind.TARGET), ("pos.entry - 2 * atr(14)", ExitKind.STOP), ("ema(close, 50)", ExitKind.STOP),
        ("pos.entry + 2 * atr(14)", ExitKind.TARGET), ("pos.entry * (1 + 2%)", ExitKind.TARGET), ("pos.entry * (1 - 2%)", ExitKind.STOP),
        ("pos.high - atr(14)", ExitKind.STOP), ("(pos.entry + atr(14))", ExitKind.TARGET),
        ("pos.entry + 2 * atr(14) + 0.1 * pos.low", ExitKind.TARGET), ("pos.entry + 2 * atr(14) - atr(5)", ExitKind.TARGET),
        ("pos.entry - 2 * atr(14) + atr(5)", ExitKind.STOP), ("pos.entry * (1 + 2% + pos.worst)", ExitKind.TARGET),
        ("pos.entry * (1 - 2% + pos.best)", ExitKind.STOP), ("pos.entry * 1.02 - atr(5)", ExitKind.TARGET),
        ("pos.entry * 1.02", ExitKind.TARGET),
        ("pos.entry * 0.98", ExitKind.STOP), ("90_000_000 KRW", ExitKind.STOP),
    ],
)  # fmt: skip
def test_kinds_of_levels(level: str, kind: ExitKind) -> None:
    text = BLOCK.format(expression="close > open") + f"  level:\n    at: {level}\n"
    strategy = strategy_of(compiled(text))
    assert strategy.exits[1].kind is kind
    assert strategy.graph[strategy.exits[1].node].unit in (Unit.PRICE, Unit.MONEY)


@pytest.mark.parametrize(
    ("exits", "code"),
    [
        ("stop: {at: +2%}", "E404"), ("stop: {when: close < open}", "E404"), ("stoploss: {at: -2%}", "E201"), ("a: {at: -2%, when: x}",
        "E406"),
        ("a: {sell: 50%}", "E406"), ("a: {at: pos.gain}", "E110"), ("a: {at: -2%, after: b}", "E405"), ("a: {at: -2%, after: a}", "E405"),
        ("{a: {at: -1%, after: b}, b: {at: -2%, after: a}}", "E405"), ("a: {at: -200%}", "E113"), ("a: {at: -2%, sell: 0%}", "E113"),
        ("a: {at: -2%, sell: 150%}", "E113"), ("a: {when: close > open, frozen: true}", "E406"), ("a: {at: -2%, frozen: maybe}", "E213"),
    ],
)  # fmt: skip
def test_exits_that_are_refused(exits: str, code: str) -> None:
    body = exits if exits.startswith("{") else "\n  " + exits
    text = BLOCK.format(expression="close > open").split("exits:")[0] + f"exits: {body}\n"
    assert code in codes(compiled(text))


def test_more_exits_than_a_position_can_remember_are_refused() -> None:
    head = BLOCK.format(expression="close > open")
    extra = [f"  e{i}: {{when: rsi({i + 2}) > 70}}\n" for i in range(MAXIMUM_EXITS)]
    assert codes(compiled(head + "".join(extra[:-1]))) == []
    assert codes(compiled(head + "".join(extra))) == ["E407"]


@pytest.mark.parametrize("line", ["open_positions: {}", "entries_per_market: {} per day", "reentry: {} bars after exit"])
def test_limits_beyond_every_float_are_refused(line: str) -> None:
    head = BLOCK.format(expression="close > open")
    assert codes(compiled(head + "limits:\n  " + line.format("9" * 400) + "\n")) == ["E113"]
    assert codes(compiled(head + "limits:\n  " + line.format(3) + "\n")) == []


def test_a_level_beyond_every_price_is_refused() -> None:
    head = BLOCK.format(expression="close > open")
    assert codes(compiled(head + "  up: {at: +" + "9" * 400 + "%}\n")) == ["E113"]


def test_a_file_without_a_way_out_is_warned_about() -> None:
    text = BLOCK.format(expression="close > open").split("exits:")[0] + "exits: {}\n"
    assert codes(compiled(text)) == ["W408"]


def test_names_may_be_korean() -> None:
    text = BLOCK.format(expression="추세(20)@1h and not 과열").replace(
        "  tried:", "  추세(길이): close > ema(close, 길이)\n  과열: rsi(14) > 80\n  tried:"
    )
    assert codes(compiled(text)) == []


# ---- versions ----
def test_the_version_forgets_comments_quotes_and_spacing_and_nothing_else() -> None:
    text = BLOCK.format(expression="close > open")
    same = [text + "# a comment\n", text.replace("name: sample", 'name: "sample"'), text.replace("close > open", "close  >  open")]
    other = [text.replace("0.35", "0.36"), text.replace("-2%", "-3%"), text.replace("close > open", "close >= open")]
    version = strategy_of(compiled(text)).version
    assert {strategy_of(compiled(t)).version for t in same} == {version}
    assert version not in {strategy_of(compiled(t)).version for t in other}
    swapped = text + "  late: {when: pos.age > 4h}\n"
    turned = swapped.replace("  stop: {at: -2%}\n  late: {when: pos.age > 4h}\n", "  late: {when: pos.age > 4h}\n  stop: {at: -2%}\n")
    assert strategy_of(compiled(swapped)).version != strategy_of(compiled(turned)).version


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("avg(close, 20) > open", "sma(close, 20)"), ("이동평균(종가, 20) > open", "sma(종가, 20)"),
        ("close > sma(종가, 20)", "sma(close, 20)"),
        ("percentile(close, 20, 90%) > open", "quantile(close, 20, 90%)"), ("bollinger(20, 2) > open", "bb.upper(20, 2)"),
        ("true_range > 1 KRW", "tr > 1 KRW"), ("parabolic_sar > close", "sar > close"), ("거래량 > 5", "volume > 5"),
        ("btc.avg(close, 20) > 5", "btc.sma(close, 20)"), ("RVOL(20) > 3", "volume_spike(20)"),
        ("close > bollinger_upper(20, 2)", "bb.upper(20, 2)"), ("close > donchian_high(20)", "donchian.upper(20)"),
        ("macd_signal(12, 26, 9) > 0", "macd.signal(12, 26, 9)"), ("close < keltner_lower(20)", "keltner.lower(20)"),
    ],
)  # fmt: skip
def test_names_of_other_programs_and_korean_ones_are_known(rule: str, meant: str) -> None:
    first = with_rule(entry=rule).diagnostics[0]
    assert first.code in ("E101", "E102")
    assert meant in first.fix


def test_no_two_functions_are_called_alike() -> None:
    words = [word for function in catalogue().values() for word in function.also]
    assert len(words) > 120
    assert len(set(words) | set(SERIES_CALLED)) == len(words) + len(SERIES_CALLED)
    assert not set(words) & {*catalogue(), *INPUT_SERIES}
    assert all(word == word.lower() for word in words)


def test_a_month_is_no_clock() -> None:
    (found,) = compiled(BLOCK.format(expression="close > open").replace("clock: 5m", "clock: 1M")).errors
    assert (found.code, found.fix.strip()) == ("E121", "clock: 1w")
