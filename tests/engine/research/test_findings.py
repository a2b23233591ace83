"""What candles say about a strategy file: golden texts over the sample market, figures against plain counts, remedies that work.

JANGDAN_UPDATE_GOLDEN=1 writes the golden texts anew (read the diff).
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.compile import Compiled, Finding, compile_strategy
from dsl.diagnostics import Language
from dsl.render import render
from engine.assembly import Market, Sources, recent_market
from engine.candles.sample import sample_store
from engine.candles.ticks import sale_slippage
from engine.candles.timeframes import parse_timeframe
from engine.cli.check_data import LENGTH_MS
from engine.cli.data import sample_folder
from engine.model.costs import ALWAYS_MS, Costs, FeeRule
from engine.model.market import round_bid_price_down
from engine.research.backtest import backtest
from engine.research.findings.judge import data_findings
from engine.research.findings.measure import Recent
from engine.research.findings.questions import asked
from tests.dsl.helpers import CATALOGUE, PROFILES, ROOT, strategy_of

FOLDER = ROOT / "tests" / "golden" / "candles"
FILES = sorted(FOLDER.glob("*.yaml"))
#: file -> codes of the findings that candles add or complete, in order of the text
TOLD = {
    "accepted": ["W160", "W402", "W401"], "fixed-markets": ["W160", "W402"], "refused": ["E140", "W141", "E104", "E401"],
}  # fmt: skip
SMALL = """schema: strategy/1
name: small
clock: 1h
markets: [KRW-BTC]
entry: close crosses above ema(close, 20)
sizing: {risk: RISK of equity, min_order: LEAST KRW}
exits:
  stop: {at: -STOP}
"""


def compiled(text: str, name: str = "file.yaml") -> Compiled:
    return compile_strategy(text, name, CATALOGUE, PROFILES)


def market_of(file: Compiled) -> tuple[Market, tuple[Finding, ...]]:
    """The sample market for a file, and all its findings."""
    plan = asked(file, compiled)
    assert plan is not None
    sources = Sources(Path("no-such-folder"), sample_folder(), None)
    market = recent_market(plan.strategy, plan.strategy.markets, sources, LENGTH_MS)
    return market, data_findings(plan, Recent(market.grid, market.settings, market.traded))


@cache
def found_in(stem: str) -> tuple[Finding, ...]:
    path = FOLDER / f"{stem}.yaml"
    return market_of(compiled(path.read_text("utf-8"), path.name))[1]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("stem", TOLD)
def test_golden_texts(stem: str, language: Language) -> None:
    shown = "\n\n".join(render(one.diagnostic, one.source, language) for one in found_in(stem)) + "\n"
    golden = FOLDER / f"{stem}.{language.value}.txt"
    if os.environ.get("JANGDAN_UPDATE_GOLDEN"):
        golden.write_text(shown, "utf-8")
    assert shown == golden.read_text("utf-8")


def test_each_file_is_told_what_it_is_for() -> None:
    assert {path.stem for path in FILES} == set(TOLD)
    for stem, codes in TOLD.items():
        assert [one.diagnostic.code for one in found_in(stem)] == codes


def notes(stem: str, code: str) -> dict[str, dict[str, str]]:
    return {key: args for one in found_in(stem) if one.diagnostic.code == code for key, args in one.diagnostic.notes}


def test_both_readings_are_counted_as_a_backtest_counts_them() -> None:
    told = notes("refused", "E104")["no_default_counted"]
    text = (FOLDER / "refused.yaml").read_text("utf-8").replace("value: roc(close, 12)", "value: scale(roc(close, 12), lo=-5%, hi=5%)")
    rule = "pullback or oversold and score >= 0.1"
    text = text.replace("pos.gain >= 0.1%", "pos.gain >= 1%")
    readings = ("(pullback or oversold) and score >= 0.1", "pullback or (oversold and score >= 0.1)")
    for reading, key in zip(readings, ("first", "second"), strict=True):
        file = compiled(text.replace(rule, reading))
        market, _ = market_of(file)
        counts = backtest(strategy_of(file), market.grid, market.settings, traded=market.traded).rule_counts["entry.trigger"]
        assert told[key] == f"{counts[0]:,}"
    assert told["days"] == "60"


def test_the_observed_range_is_that_of_pandas() -> None:
    told = notes("refused", "E140")["observed"]
    lows, highs = [], []
    store = sample_store(sample_folder())
    for market in ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP"):
        table = store.read(market, parse_timeframe("1m"))
        close = pd.Series(table.close, pd.to_datetime(table.time_ms, unit="ms")).resample("15min").last().ffill()
        changes = close.pct_change(12)
        lows.append(changes.min())
        highs.append(changes.max())
    assert (told["lowest"], told["highest"]) == (f"{100 * min(lows):+.3g}%", f"{100 * max(highs):+.3g}%")


def sized(risk: str = "0.05%", stop: str = "4%", least: str = "200_000") -> tuple[Finding, ...]:
    return market_of(compiled(SMALL.replace("RISK", risk).replace("STOP", stop).replace("LEAST", least)))[1]


def test_each_remedy_against_small_orders_works() -> None:
    (found,) = sized()
    assert found.diagnostic.code == "W402"
    told = dict(found.diagnostic.notes)
    share, remedies = told["size_skipped"], told["size_remedies"]
    assert int(share["percent"]) > 50
    assert sized(risk=remedies["raised"]) == ()
    assert sized(stop=f"{float(remedies['distance'].removesuffix('%')) - 0.2}%") == ()  # fees and slippage are part of the distance
    assert sized(least=remedies["lowered"].replace(",", "_")) == ()


def test_the_median_order_is_what_its_line_says() -> None:
    told = dict(sized()[0].diagnostic.notes)["size_by_risk"]
    equity, order = (float(told[name].replace(",", "")) for name in ("equity", "order"))
    ratio, distance = (float(told[name].removesuffix("%")) / 100 for name in ("ratio", "distance"))
    assert order == pytest.approx(equity * ratio / distance, rel=0.02)  # the distance is shown with two digits


def test_the_young_market_is_the_one_that_never_gets_ready() -> None:
    told = notes("fixed-markets", "W160")["lacks_bars"]
    table = {market: len(store_days(market)) * 6 for market in ("KRW-SMPA", "KRW-SMPB")}
    assert {code: int(bars) for code, bars in re.findall(r"(KRW-\w+) \((\d+)\)", told["markets"])} == {
        market: bars for market, bars in table.items() if bars < 260
    }


def store_days(market: str) -> set[int]:
    (span,) = sample_store(sample_folder()).ranges(market, parse_timeframe("1m"))
    return set(range(span[0] // 86_400_000, span[1] // 86_400_000))


def test_other_errors_come_first() -> None:
    file = compiled((FOLDER / "refused.yaml").read_text("utf-8").replace("rsi(14)", "rsl(14)"))
    assert asked(file, compiled) is None


IMPACT = """schema: strategy/1
name: impact
clock: 1h
markets: [KRW-ETH]
entry: close crosses above ema(close, 20)
sizing: {weight: 50% of equity}
exits:
  stop: {at: -3%}
  target: {at: +0.6%}
"""


@pytest.mark.parametrize(("participation", "root", "tail", "told"), [
    (None, False, "", True), (0.01, False, "", False), (None, True, "", True), (None, False, "execution: {leave: {order: limit}}\n", False),
    (None, False, "execution: {leave: {max_slippage: 6bp}}\n", False),
])  # fmt: skip
def test_a_target_is_held_against_the_slippage_of_the_order_that_will_sell_it(
    participation: float | None, root: bool, tail: str, told: bool
) -> None:
    """Half of 10 million KRW at 100 bp per whole bar, against what the median bar says; never more of a bar than may be."""
    file = compiled(IMPACT + tail)
    plan = asked(file, compiled)
    assert plan is not None
    market, plain = market_of(file)
    assert [one.diagnostic.code for one in plain] == []
    rules = (FeeRule(0.0004, "", ALWAYS_MS), FeeRule(0.0001, "KRW-BTC", ALWAYS_MS))
    settings = replace(market.settings, costs=Costs(rules, impact=0.1, impact_root=root, participation=participation))
    found = data_findings(plan, Recent(market.grid, settings, market.traded))
    assert [one.diagnostic.code for one in found] == ["W401"] * told
    if told:
        notes = dict(found[0].diagnostic.notes)
        order = float(notes["cost_of_order"]["order"].replace(",", ""))
        assert order == pytest.approx(5e6, rel=0.05)
        grid, row = market.grid, market.grid.markets.index("KRW-ETH")
        begin = int((settings.from_ms or 0) // 60_000 - grid.first_index)
        traded = pd.DataFrame({"close": grid.close[row, begin:], "volume": grid.volume[row, begin:]}).query("volume > 0")
        share = (order / (traded.close * traded.volume)).clip(upper=1.0)
        median = (0.0005 + 0.1 * (share**0.5 if root else share)).median()
        assert float(notes["cost_observed"]["slippage"].removesuffix("%")) / 100 == pytest.approx(median, abs=3e-4)  # the grid below
        assert notes["cost_observed"]["fee"] == "0.04%"


def test_a_file_without_trades_is_not_judged_by_its_orders() -> None:
    text = SMALL.replace("RISK", "0.001%").replace("STOP", "4%").replace("LEAST", "200_000").replace("crosses above", "> 2 *")
    assert market_of(compiled(text))[1] == ()


@given(st.floats(0.01, 2e8), st.sampled_from([0.0, 0.0005, 0.01]))
def test_a_sale_loses_what_the_grid_below_takes(price: float, slippage: float) -> None:
    time_ms = 1_756_684_800_000
    lost = sale_slippage("KRW-ETH", np.array([time_ms]), np.array([price]), slippage)[0]
    got = float(round_bid_price_down(price * (1 - slippage), "KRW-ETH", time_ms))
    assert lost == pytest.approx(1 - got / price, abs=1e-12)
    assert lost >= min(slippage, 1 - got / price) - 1e-12


def test_a_warning_never_refuses(tmp_path: Path) -> None:
    for stem in ("accepted", "fixed-markets"):
        text = (FOLDER / f"{stem}.yaml").read_text("utf-8")
        assert compiled(text).strategy is not None
        assert all(one.diagnostic.severity.value == "warning" for one in found_in(stem))
        assert replace(compiled(text), findings=()).errors == ()
