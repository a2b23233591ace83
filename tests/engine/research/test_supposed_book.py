"""The complete files of the specification buy on candles once a book is supposed, and the report says what was supposed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.graph import Timeframe
from dsl.strategy import Strategy
from engine.assembly import Sources, market_for, run_backtest
from engine.candles.store import CandleStore
from engine.cli.main import run as jangdan
from engine.model.candle import CandleTable
from engine.model.costs import BookModel, Costs
from engine.research.report import examine, figures
from engine.research.report.assumptions import assumptions
from engine.research.report.document import document
from engine.research.result import BacktestResult, Settings
from tests.dsl.helpers import CATALOGUE, COMPLETE, strategy_of
from tests.simulation.market import NOWHERE

RISK = Path(__file__).parents[2] / "dsl" / "complete-risk.yaml"
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
FIVE = Timeframe(300_000)
START_MS = 1_748_736_000_000  # 2025-06-01 00:00 UTC
DAY_MS = 86_400_000
DAYS, HISTORY = 78, 62
BOOK = BookModel(0.001, 0.5, 3_600_000, 0.005)


def complete() -> Strategy:
    """Both complete files, as they stand."""
    return strategy_of(compile_strategy(COMPLETE, "complete.yaml", CATALOGUE, lambda _: (RISK.read_text("utf-8"), RISK.name)))


def walks() -> Iterator[CandleTable]:
    """Busy markets that trend up and down by turns."""
    chance, count = np.random.default_rng(1), DAYS * 288
    time_ms = START_MS + np.arange(count, dtype=np.int64) * FIVE.length_ms
    for number, market in enumerate(MARKETS):
        rising = (np.arange(count) // 576 + number) % 2 == 0
        close = np.exp(np.cumsum(chance.normal(0, 0.0022, count) + np.where(rising, 0.0002, -0.00012))) * (20_000 + 1_000 * number)
        open_ = np.concatenate([close[:1], close[:-1]])
        high = np.maximum(open_, close) * (1 + np.abs(chance.normal(0, 0.001, count)))
        low = np.minimum(open_, close) * (1 - np.abs(chance.normal(0, 0.001, count)))
        prices = [np.round(one / 10) * 10 for one in (open_, high, low, close)]
        volume = chance.lognormal(0, 0.7, count) * 4e3
        yield CandleTable(market, FIVE, time_ms, *prices, volume, volume * prices[3], ((START_MS, START_MS + count * FIVE.length_ms),))


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Sources:
    store = CandleStore(tmp_path_factory.mktemp("candles"))
    for table in walks():
        store.write(table)
    return Sources(store.folder, store.folder / "no-sample", None)


def run(sources: Sources, book: BookModel | None) -> BacktestResult:
    settings = Settings(cash_krw=1e8, from_ms=START_MS + HISTORY * DAY_MS, costs=Costs(book=book))
    market = market_for(complete(), (), settings, sources)
    return run_backtest(complete(), market.traded, market)


def test_without_a_book_nobody_is_a_member_and_the_report_names_the_rule(sources: Sources) -> None:
    found = run(sources, None)
    assert len(found.fills) == 0
    assert found.universe is not None
    assert (found.universe.empty, found.universe.bare, found.universe.members) == (found.universe.instants, 0, 0)
    emptied = {rule.path: (rule.emptied, rule.missing) for rule in found.universe.rules}
    assert emptied.pop("universe.keep.tight") == (found.universe.instants, found.universe.candidates)
    assert set(emptied.values()) == {(0, 0)}
    doctor = {one["check"]: one for one in document(found, figures(found), examine(found, figures(found)))["doctor"]["findings"]}
    assert doctor["empty_universe"]["level"] == "serious"
    for language in Language:
        assert "keep.tight (17)" in doctor["empty_universe"]["says"][language.value]


def test_with_a_supposed_book_the_files_of_the_specification_buy(sources: Sources) -> None:
    found = run(sources, BOOK)
    assert len(found.fills) > 20
    assert found.universe is not None
    assert found.universe.members > 20
    gaps = {gap.key: gap for gap in found.gaps}
    decisions = dict.fromkeys(MARKETS, (DAYS - HISTORY) * 288)
    for key in (("book.spread", (1.0,)), ("book.ask_depth", (0.005,))):
        assert (gaps[key].decisions, gaps[key].modelled, gaps[key].closes) == ({}, decisions, decisions)
    total = f"{sum(decisions.values()):,}"
    for language in Language:
        lines = [line for line in assumptions(found, language) if "book." in line or "10.00 bp" in line]
        assert len(lines) == 3
        assert all("50.00%" in line and "0.50%" in line for line in lines if "book." not in line)
        assert all(total in line or "book." not in line for line in lines)
    told = figures(found)
    written = document(found, told, examine(found, told))
    series = {one["series"]: one["modelled"] for one in written["assumptions"]["side_series"]}
    assert series["book.spread(1)"] == series["book.ask_depth(0.005)"] == sum(decisions.values())
    assert written["settings"]["costs"]["book"] == {"spread": 0.001, "depth": 0.5, "window_ms": 3_600_000, "within": 0.005}


def test_a_spread_alone_supposes_no_sizes(sources: Sources) -> None:
    """The profile's share of the book has no value, so nothing is bought."""
    found = run(sources, BookModel(0.001))
    assert len(found.fills) == 0
    assert found.skipped["book_missing"] > 30


def test_why_shows_what_each_rule_of_the_universe_left(
    sources: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")
    (tmp_path / "strategies").mkdir()
    (tmp_path / "risk_profiles").mkdir()
    file = tmp_path / "strategies" / "complete.yaml"
    file.write_text(COMPLETE, "utf-8")
    (tmp_path / "risk_profiles" / "conservative.yaml").write_text(RISK.read_text("utf-8"), "utf-8")
    command = ["why", str(file), "--summary", "--data", str(sources.data_folder), "--exchange", NOWHERE, "--from", "2025-08-16"]
    assert jangdan(command) == 0
    shown = capsys.readouterr().out
    assert "3 of 3 decisions of the universe left no market" in shown
    rows = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line.startswith("universe.")}
    assert rows["universe.keep.tight"] == ["0", "0", "12", "0", "3"]
    assert rows["universe.keep.liquid"] == ["12", "0", "0", "12", "0"]
    assert jangdan([*command, "--json", "--book", "spread 10bp"]) == 0
    universe = json.loads(capsys.readouterr().out)["universe"]
    assert universe["rules"][2]["missing"] == 0
    assert universe["rules"][2]["passed"] > 0
