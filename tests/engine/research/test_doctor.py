"""Every ailment in a run that has it, and none of them in a healthy one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from dsl.diagnostics import Language
from dsl.graph import Timeframe
from dsl.messages import texts
from engine.candles.endings import ENDED_MS
from engine.kernel.bars import changes_of
from engine.kernel.book import FILL
from engine.model.candle import BarGrid, BarState, Ending, StoredMarkets
from engine.research.doctor import CHECKS, LARGE_FILL, PARTS, THRESHOLDS, Finding, Level, Number, Variant, examine
from engine.research.figures import figures
from engine.research.report.doctor import checkup_document, sentence
from engine.research.result import SURVIVORS_DAYS, BacktestResult, Settings
from engine.research.returns import DAY_MS
from engine.research.universe import UniverseCounts, UniverseRule
from tests.engine.research import toy

HOUR = Timeframe(3_600_000)
#: what the store knows of the one market whose candles end early, and what is said
ENDINGS = (
    ({"KRW-F": Ending.ENDED}, (Level.FINE, "survivors.told")),
    ({"KRW-F": Ending.UNKNOWN}, (Level.WARNING, "survivors.unsure")),
    ({}, (Level.WARNING, "survivors.unsure")),
    ({"KRW-F": Ending.GOES_ON}, (Level.WARNING, "survivors.found")),
)
DOCS = Path(__file__).parents[3] / "docs"
COST_KRW = 1_000_000.0
PRICE_KRW = 1_000.0


@dataclass
class Plan:
    """A run to be: what every trade makes, before costs, and on what candles."""

    gains_krw: list[float] = field(default_factory=lambda: [40_000.0, -15_000.0] * 30)
    days: int = 200
    markets: tuple[str, ...] = ("KRW-A", "KRW-B", "KRW-C", "KRW-D", "KRW-E", "KRW-F")
    spread: float = 0.0005  # slippage and fee per side
    ended: bool = True  # the last market's candles end in the middle
    bar_krw: float = 1e9
    prepare: Callable[[BarGrid], None] | None = None


def grid_of(plan: Plan) -> BarGrid:
    """Candles that never move."""
    shape = (len(plan.markets), plan.days * 24)
    price = np.full(shape, PRICE_KRW)
    state = np.full(shape, BarState.TRADED, np.int8)
    grid = BarGrid(plan.markets, HOUR, HOUR.index(toy.START_MS), state, price, price.copy(), price.copy(), price.copy(), price, price)
    if plan.ended:
        grid.state[-1, shape[1] // 2 :] = BarState.NO_TRADE
    if plan.prepare is not None:
        plan.prepare(grid)
    return grid


def result_of(plan: Plan) -> BacktestResult:
    """The trades one after another, evenly over the run, on the markets in turn (never on the last)."""
    grid, settings = grid_of(plan), Settings(fee_rate=plan.spread, slippage=plan.spread)
    rows, equity = [], np.full(grid.state.shape[1], settings.cash_krw)
    step = grid.state.shape[1] // max(len(plan.gains_krw), 1)
    for number, gain in enumerate(plan.gains_krw):
        market = number % max(len(plan.markets) - 1, 1)
        quantity = COST_KRW / PRICE_KRW * 1e8
        for column, side, base in ((number * step + 1, 1, PRICE_KRW), (number * step + step // 2, -1, PRICE_KRW * (1 + gain / COST_KRW))):
            price = base * (1 + side * plan.spread)
            fee = quantity * price / 1e8 * plan.spread
            time_ms = toy.START_MS + column * HOUR.length_ms
            rows.append((time_ms, market, side, -1 if side > 0 else 0, len(rows), quantity, price, fee, base, time_ms, 0, 1))
            equity[column:] -= side * quantity * price / 1e8 + fee
    cash = np.array(equity)
    times = toy.START_MS + HOUR.length_ms * np.arange(1, grid.state.shape[1] + 1)
    result = replace(toy.simulate(toy.candles(1)), strategy=replace(toy.strategy(clock=HOUR, markets=plan.markets)), settings=settings)
    return replace(
        result, markets=plan.markets, fills=np.array(rows, FILL), equity_ms=times, equity_krw=cash, cash_changes=changes_of(cash),
        candles=grid, ambiguous_steps=0, ambiguous_krw=0.0, unsettled_entries=0,
        settled_ms=(toy.START_MS,) * len(plan.markets), fill_bar_krw=np.full(len(rows), plan.bar_krw),
        universe=UniverseCounts((UniverseRule("universe.keep.liquid", 800),), 200, 3, 1, 1, 1_000, 800),
    )  # fmt: skip


def findings(result: BacktestResult, variants: tuple[Variant, ...] | None = None) -> dict[str, Finding]:
    """Findings by check."""
    found = examine(result, figures(result), variants=variants).findings
    assert [one.check for one in found] == list(CHECKS)
    return {one.check: one for one in found}


def number(finding: Finding, name: str) -> float:
    """A number of a finding."""
    value = finding.values[name]
    assert isinstance(value, Number)
    return value.value


NEAR = (Variant("k", 2.0, 2.2, 700_000.0), Variant("k", 2.0, 1.8, 600_000.0))


def test_nothing_ails_a_healthy_run() -> None:
    found = findings(result_of(Plan()), NEAR)
    assert {check: one.level for check, one in found.items()} == dict.fromkeys(CHECKS, Level.FINE)


def one_good_trade() -> BacktestResult:
    return result_of(Plan(gains_krw=[-3_000.0] * 20 + [900_000.0] + [-3_000.0] * 40))


def one_good_market() -> BacktestResult:
    return result_of(Plan(gains_krw=[90_000.0, -5_000.0, -5_000.0, -5_000.0, -5_000.0] * 12))


def good_start() -> BacktestResult:
    return result_of(Plan(gains_krw=[100_000.0] * 6 + [1_000.0, -1_000.0] * 27))


def good_middle() -> BacktestResult:
    return result_of(Plan(gains_krw=[2_000.0] * 30 + [100_000.0] * 6 + [2_000.0] * 24))


def dear() -> BacktestResult:
    return result_of(Plan(gains_krw=[6_000.0] * 60, spread=0.002))


def huge() -> BacktestResult:
    return result_of(Plan(bar_krw=COST_KRW * 5))


def unclear() -> BacktestResult:
    return replace(result_of(Plan()), ambiguous_steps=12, ambiguous_krw=200_000.0)


def eaten() -> BacktestResult:
    result = result_of(Plan())
    return replace(result, settled_ms=(toy.START_MS + 100 * DAY_MS,) * 6, unsettled_entries=30)


def deserted() -> BacktestResult:
    """A rule that keeps nobody most of the time, and one that sometimes does not."""
    rules = UniverseRule("universe.keep.tight", 30, emptied=170), UniverseRule("universe.drop.flagged", 900, emptied=4)
    return replace(result_of(Plan()), universe=UniverseCounts(rules, 200, 171, 0, 1, 1_000, 30))


def hard_to_please() -> BacktestResult:
    """Rules that each keep somebody, but never the same."""
    rules = UniverseRule("universe.keep.a", 500), UniverseRule("universe.keep.b", 500)
    return replace(result_of(Plan()), universe=UniverseCounts(rules, 200, 40, 0, 40, 1_000, 160))


def holes() -> BacktestResult:
    def dig(grid: BarGrid) -> None:
        grid.state[:, ::17] = BarState.UNKNOWN

    return result_of(Plan(prepare=dig))


def holes_between_trades() -> BacktestResult:
    """Nobody recorded a stretch in which no position was open."""

    def dig(grid: BarGrid) -> None:
        grid.state[:, 700:760] = BarState.UNKNOWN
        grid.state[1, :500] = BarState.UNKNOWN  # listed later: no gap

    return result_of(Plan(gains_krw=[40_000.0], days=50, prepare=dig))


def stuck() -> BacktestResult:
    """A position in the market whose candles end in the middle is never sold."""
    result = result_of(Plan())
    fills = np.concatenate([result.fills[:1], result.fills])
    fills["market"][0], fills["order_id"][0] = 5, 9_999
    return replace(result, fills=fills, fill_bar_krw=np.full(len(fills), 1e9))


def unlucky() -> BacktestResult:
    """A market that rises all the time, in which the trades lose."""

    def rise(grid: BarGrid) -> None:
        for column in (grid.open, grid.high, grid.low, grid.close):
            column *= 1.0002 ** np.arange(grid.close.shape[1])

    return result_of(Plan(gains_krw=[-5_000.0] * 60, prepare=rise))


#: check -> a run that has it, its level, and one number of the finding
ILL: dict[str, tuple[Callable[[], BacktestResult], Level, str, float]] = {
    "few_trades": (lambda: result_of(Plan(gains_krw=[40_000.0, -15_000.0] * 6)), Level.WARNING, "count", 12),
    "short_period": (lambda: result_of(Plan(days=40)), Level.WARNING, "days", 40),
    "one_trade": (one_good_trade, Level.SERIOUS, "number", 21),
    "one_market": (one_good_market, Level.SERIOUS, "profit", 12 * (90_000 - 2_000 - 92)),
    "first_days": (good_start, Level.SERIOUS, "profit", 6 * (100_000 - 2_101)),
    "one_period": (good_middle, Level.SERIOUS, "profit", 6 * (100_000 - 2_101)),
    "costs": (dear, Level.SERIOUS, "before", 60 * 6_000),
    "volume": (huge, Level.SERIOUS, "large", 120),
    "ambiguous": (unclear, Level.WARNING, "krw", 200_000),
    "warm_up": (eaten, Level.SERIOUS, "share", 0.5),
    "gaps": (holes, Level.WARNING, "share", 1 / 17),
    "stranded": (stuck, Level.WARNING, "krw", 1_000_000),
    "empty_universe": (deserted, Level.SERIOUS, "share", 171 / 200),
    "survivors": (lambda: result_of(Plan(ended=False)), Level.WARNING, "ended", 0),
    "random_entry": (unlucky, Level.SERIOUS, "percentile", 0.0),
    "buy_and_hold": (unlucky, Level.WARNING, "held", 1.61),
    "cliff": (lambda: result_of(Plan()), Level.SERIOUS, "worst", -5_000),
}


@pytest.mark.parametrize("check", CHECKS)
def test_each_ailment_is_found_with_its_number(check: str) -> None:
    make, level, name, value = ILL[check]
    found = findings(make(), (*NEAR, Variant("k", 2.0, 2.4, -5_000.0)))[check]
    assert found.level is level
    assert number(found, name) == pytest.approx(value, rel=0.03)


def test_a_warm_up_says_how_much_is_lacking() -> None:
    found = findings(replace(eaten(), settled_ms=(toy.START_MS + 100 * DAY_MS, toy.START_MS + 7 * DAY_MS)))["warm_up"]
    assert number(found, "more") == 100 * DAY_MS
    assert "100일만큼 더" in sentence(found, Language.KOREAN)


def test_every_check_has_a_run_that_shows_it() -> None:
    assert set(ILL) == set(CHECKS) == set(THRESHOLDS)
    assert len(CHECKS) >= 15


def test_what_gives_no_answer_is_not_judged() -> None:
    empty = findings(result_of(Plan(gains_krw=[])), ())
    assert empty["few_trades"].level is Level.SERIOUS
    assert empty["few_trades"].text == "few_trades.none"
    unanswered = {check for check, one in empty.items() if one.level is Level.NOT_JUDGED}
    assert unanswered == set(CHECKS) - {"few_trades", "short_period", "warm_up", "stranded", "empty_universe", "survivors"}
    loss = findings(result_of(Plan(gains_krw=[-20_000.0] * 60)), NEAR)
    assert {"one_trade", "one_market", "first_days", "one_period", "costs", "cliff"} <= {
        c for c, o in loss.items() if o.text != f"{c}.fine"
    }
    assert loss["costs"].text == "costs.no_edge"
    alone = findings(result_of(Plan(markets=("KRW-A",), days=100, ended=False)))
    assert {check: alone[check].text for check in ("one_market", "survivors", "cliff")} == {
        "one_market": "one_market.only", "survivors": "survivors.short", "cliff": "cliff.not_run",
    }  # fmt: skip

    def stop(grid: BarGrid) -> None:
        grid.state[:, -2_000:] = BarState.UNKNOWN

    stopped = findings(result_of(Plan(ended=False, prepare=stop)))["survivors"]
    assert (stopped.level, number(stopped, "ended")) == (Level.WARNING, 0)  # what is stored ends, no market does
    assert number(findings(result_of(Plan(prepare=stop)))["survivors"], "ended") == 1
    lasting = result_of(Plan(ended=False))
    for gone, stopped, text in ((3, 0, "survivors.chosen"), (0, 2, "survivors.chosen"), (0, 0, "survivors.unknown")):
        beside = findings(replace(lasting, stored=StoredMarkets(40, gone, stopped)))["survivors"]
        assert (beside.level, beside.text) == (Level.WARNING, text)
        assert [number(beside, name) for name in ("stored", "gone", "stopped")] == [40, gone, stopped]
        assert "40" in sentence(beside, Language.KOREAN)
    assert findings(replace(result_of(Plan()), stored=StoredMarkets(40, 3)))["survivors"].text == "survivors.fine"
    for known, expected in ENDINGS:
        told = findings(replace(result_of(Plan()), endings=known))["survivors"]
        assert (told.level, told.text) == expected
    blind = replace(result_of(Plan()), fill_bar_krw=None, settled_ms=())
    assert {findings(blind)[check].text for check in ("volume", "warm_up")} == {"volume.unknown", "warm_up.unknown"}
    assert findings(result_of(Plan(bar_krw=0.0)))["volume"].text == "volume.unknown"  # candles that do not tell their volume
    for days, end in ((20, "2025-09-03"), (2, "2025-09-01 13:48")):  # a tenth of less than a day is told by its hours
        assert findings(result_of(Plan(days=days, gains_krw=[100_000.0] * 12)))["first_days"].values["to"] == end
    undecided = replace(result_of(Plan(gains_krw=[])), equity_ms=lasting.equity_ms[:0], equity_krw=lasting.equity_krw[:0])
    assert findings(undecided)["few_trades"].text == "few_trades.undecided"


def test_empty_runs_of_all_kinds_are_examined() -> None:
    result = result_of(Plan())
    columns = {name: getattr(result, name)[:0] for name in ("fills", "equity_ms", "equity_krw", "cash_changes")}
    for one in (
        toy.quiet(result),
        replace(result, **columns, fill_bar_krw=None),
        toy.simulate(toy.candles(1)),
        toy.simulate(toy.candles(600)),
    ):
        assert set(findings(one)) == set(findings(result))


@pytest.mark.parametrize("language", list(Language))
def test_every_sentence_can_be_said(language: Language) -> None:
    said = set()
    for check, (make, _, _, _) in ILL.items():
        for one in findings(make(), (*NEAR, Variant("k", 2.0, 2.4, -5_000.0))).values():
            words = sentence(one, language)
            assert "{" not in words
            assert "[" not in words
            assert "nan" not in words.lower()
            said.add(one.text)
        assert f"{check}.found" in said
    apart = findings(holes_between_trades())["gaps"]
    assert (apart.text, apart.level, number(apart, "unknown")) == ("gaps.run", Level.WARNING, 0)
    assert number(apart, "lacking") == pytest.approx(6 * 60 / (5 * 1_200 + 700))
    assert "5.37%" in sentence(apart, language)
    together = findings(hard_to_please())["empty_universe"]
    assert (together.text, together.level) == ("empty_universe.together", Level.WARNING)
    assert "20.00%" in sentence(together, language)
    assert "keep.tight (170), drop.flagged (4)" in sentence(findings(deserted())["empty_universe"], language)
    assert findings(replace(deserted(), universe=None))["empty_universe"].text == "empty_universe.without"
    part = findings(replace(result_of(Plan()), owners=("a",) * 6))
    assert [part[check].text for check in ("ambiguous", "cliff")] == ["ambiguous.account", "cliff.portfolio"]
    assert len(said) >= 28
    every = {key for key in texts("doctor") if not key.startswith(("name.", "advice.", "level.", "head", "summary"))}
    rest = {"few_trades.none", "few_trades.undecided", "gaps.run", "one_market.only", "costs.no_edge", "volume.unknown", "warm_up.unknown",
            "survivors.short", "survivors.chosen", "survivors.told", "survivors.unsure",
            "survivors.unknown",
            "stranded.none",
            "random_entry.none", "empty_universe.together", "empty_universe.without", "cliff.not_run", "cliff.no_parameters",
            "cliff.portfolio", "ambiguous.account", "no_trades", "no_profit"}  # fmt: skip
    assert every == {f"{check}.{kind}" for check in CHECKS for kind in ("found", "fine")} | rest


def test_the_document_says_the_same() -> None:
    result = one_good_trade()
    checkup = examine(result, figures(result))
    written = checkup_document(checkup)
    assert [one["check"] for one in written["findings"]] == list(CHECKS)
    for one, finding in zip(written["findings"], checkup.findings, strict=True):
        assert one["level"] == finding.level.value
        assert one["says"] == {language.value: sentence(finding, language) for language in Language}
        assert (one["advice"] is None) == (finding.level in (Level.FINE, Level.NOT_JUDGED))
    assert written["random_entry"]["draws"] == 1000


@pytest.mark.parametrize("name", ["doctor.md", "doctor.ko.md"])
def test_the_page_shows_the_thresholds_in_force(name: str) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    assert [row[0] for row in rows] == list(CHECKS)
    for check, title, _, warning, serious in rows:
        assert title == getattr(texts("doctor")[f"name.{check}"], "ko" if ".ko." in name else "en")
        for written, bound in ((warning, THRESHOLDS[check].warning), (serious, THRESHOLDS[check].serious)):
            amount = re.search(r"[\d.]+", written)
            shown = float("inf") if amount is None else float(amount[0]) / (100 if "%" in written else 1)
            assert shown == bound, check
            assert amount is None or ("<" in written) == THRESHOLDS[check].falling, check
    for constant in (LARGE_FILL * 100, PARTS, SURVIVORS_DAYS, ENDED_MS / DAY_MS):
        assert re.search(rf"(?<!\d){constant:g}(?!\d)", page), constant
