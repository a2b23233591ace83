"""Cost options of the command line: what is read, what is refused, and that a run and its report have them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from dsl.diagnostics import Language
from engine.cli.costs import costs_of, fees, halts, latency, participation, slippage, visible_depth
from engine.cli.inputs import instant_ms
from engine.cli.main import run
from engine.kernel.legal import BEYOND_BOOK, BY_BOOK, NOT_PRICED
from engine.model.costs import ALWAYS_MS, BookModel, Costs, FeeRule, Halt, TurnedAway, VisibleDepth
from engine.model.errors import UserError
from engine.model.written import book
from engine.research.report.costs import cost_lines
from engine.research.result import Settings
from tests.engine.research import toy
from tests.simulation.market import NOWHERE

SINCE = instant_ms("2025-03-01", "--fee")
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(("texts", "rate", "rules"), [
    ([], 0.0005, ()), (["0.04%"], 0.0004, ()), (["5bp", "0"], 0.0, ()),
    (["0.04% from 2025-03-01"], 0.0005, (FeeRule(0.0004, "", SINCE or 0),)),
    (["0.1%", "krw-usdt 0.01%", "KRW-USDT 0% from 2025-03-01"], 0.001, (FeeRule(0.0001, "KRW-USDT"), FeeRule(0.0, "KRW-USDT", SINCE or 0))),
])  # fmt: skip
def test_fees(texts: list[str], rate: float, rules: tuple[FeeRule, ...]) -> None:
    assert fees(texts, "--fee") == (rate, rules)


@pytest.mark.parametrize(("text_", "found"), [
    ("5bp", (0.0005, 0.0, False)), ("0", (0.0, 0.0, False)), ("5bp + 10bp per 1% of volume", (0.0005, 0.1, False)),
    (" 0 + 0.1% per 4% of volume, sqrt", (0.0, 0.005, True)), ("0.05%+10bp per 10bp of volume,sqrt", (0.0005, 0.001 / 0.001**0.5, True)),
])  # fmt: skip
def test_slippage(text_: str, found: tuple[float, float, bool]) -> None:
    assert slippage(text_, "--slippage") == found


def test_participation_and_latency() -> None:
    assert [participation(one, "--participation") for one in (None, "10%", "100%", "50bp")] == [None, 0.1, 1.0, 0.005]
    assert [latency(one, "--latency") for one in ("0", "500ms", "2s", "1m", "1 bar", "3bars")] == [
        (0, 0), (500, 0), (2_000, 0), (60_000, 0), (0, 1), (0, 3),
    ]  # fmt: skip


def test_book() -> None:
    said = (
        None,
        "spread 10bp",
        " spread 0 ",
        "spread 0.1%, depth 5% of 1h turnover within 0.5%",
        "spread 5bp ,depth 100% of 30m turnover within 20bp",
    )
    assert [book(one, "--book") for one in said] == [
        None, BookModel(0.001), BookModel(0.0), BookModel(0.001, 0.05, 3_600_000, 0.005), BookModel(0.0005, 1.0, 1_800_000, 0.002),
    ]  # fmt: skip


def test_visible_depth() -> None:
    said = (None, "recorded", "5000만원", "50_000_000 KRW", "5% of 1h turnover", " 100% of 30m turnover")
    assert [visible_depth(one, "--visible-depth") for one in said] == [
        None, VisibleDepth(), VisibleDepth(5e7), VisibleDepth(5e7), VisibleDepth(share=0.05, window_ms=3_600_000),
        VisibleDepth(share=1.0, window_ms=1_800_000),
    ]  # fmt: skip


def test_halts_are_given_or_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "halts.txt"
    file.write_text("# of the exchange\n2025-03-01..2025-03-02  # all day\n\nkrw-xrp 2025-03-01T09:00..2025-03-01T09:01\n")
    day = Halt("", SINCE or 0, (SINCE or 0) + 86_400_000)
    minute = Halt("KRW-XRP", SINCE or 0, (SINCE or 0) + 60_000)
    assert halts(["2025-03-01..2025-03-02", str(file)], "--halt") == ((day, day, minute), False)
    assert halts([" outages ", "2025-03-01..2025-03-02"], "--halt") == ((day,), True)
    with pytest.raises(UserError, match="is no stretch of time"):
        halts([str(tmp_path)], "--halt")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UserError, match="cannot read"):
        halts([str(tmp_path / "bytes")], "--halt")


@pytest.mark.parametrize(("option", "value"), [
    ("--queue", "0%"), ("--queue", "10"), ("--visible-depth", "much"), ("--visible-depth", "0 KRW"),
    ("--visible-depth", "0% of 1h turnover"), ("--visible-depth", "5% of 2d turnover"), ("--visible-depth", "5% of turnover"),
    ("--halt", "2025-03-02..2025-03-01"), ("--halt", "2025-03-01"), ("--halt", "XRP-KRW 2025-03-01..2025-03-02"),
    ("--halt", "nothing.txt"), ("--halt", "2025-03-01..soon"),
    ("--book", "10bp"), ("--book", "spread 10"), ("--book", "spread 10bp, depth 5%"), ("--book", "depth 5% of 1h turnover within 1%"),
    ("--book", "spread 10bp, depth 0% of 1h turnover within 1%"), ("--book", "spread 1%, depth 5% of 1h turnover within 0.5%"),
    ("--book", "spread 10bp, depth 5% of 2d turnover within 1%"), ("--book", "spread 10bp, depth 5% of 0h turnover within 1%"),
    ("--fee", "much"), ("--fee", "0.05"), ("--fee", "BTC-KRW 0.05%"), ("--fee", "KRW-BTC"), ("--fee", "0.05% since 2025-01-01"),
    ("--fee", "0.05% from yesterday"), ("--fee", "100%"), ("--slippage", "5"), ("--slippage", "5bp + 1bp"),
    ("--slippage", "5bp + 1bp per 0 of volume"), ("--slippage", "5bp + 100bp per 1% of volume"),
    ("--slippage", "5bp + 1bp per 1% of volume, cube"), ("--participation", "0%"), ("--participation", "101%"), ("--participation", "some"),
    ("--latency", "soon"), ("--latency", "-1ms"), ("--latency", "2d"), ("--latency", "100000s"), ("--latency", "1001 bars"),
])  # fmt: skip
@pytest.mark.parametrize("language", list(Language))
def test_what_cannot_be_read_is_told_with_an_example(option: str, value: str, language: Language) -> None:
    given: dict[str, object] = {"--fee": [], "--slippage": "5bp", "--participation": None, "--latency": "0", "--book": None}
    given |= {"--walk-books": False, "--queue": None, "--visible-depth": None, "--halt": []}
    given[option] = [value] if option in ("--fee", "--halt") else value
    with pytest.raises(UserError) as refused:
        costs_of(*given.values())  # type: ignore[arg-type]
    said = refused.value.message(language)
    assert "KRW-BTC" in said or option in said
    assert any(sign in said for sign in ("bp", "%", "1 bar", "2025-09-01", "2025-03-01", "KRW-BTC"))


@pytest.mark.parametrize("language", list(Language))
def test_the_report_tells_every_assumption(language: Language) -> None:
    supposed = BookModel(0.0012, 0.07, 1_800_000, 0.004)
    costs = Costs((FeeRule(0.0001, "KRW-USDT"), FeeRule(0.0004, "", SINCE or 0)), 0.1, False, 0.1, 500, 2, supposed)
    result = toy.simulate(toy.candles(200), Settings(costs=costs), chance=0.05)
    lines = cost_lines(result, language)
    for fact in ("KRW-USDT", "0.01%", "2025-03-01 09:00", "0.04%", "10.00 bp", "10.00%", "500ms", "2", "12.00 bp", "7.00%", "0.40%"):
        assert any(fact in line for line in lines), (fact, lines)
    assert len(lines) == 8
    root = cost_lines(toy.simulate(toy.candles(200), Settings(costs=Costs(impact=0.01, impact_root=True))), language)
    assert "10.00 bp" in root[0]
    assert root[0] != lines[2]
    alone = cost_lines(toy.simulate(toy.candles(200), Settings(costs=Costs(book=BookModel(0.0012)))), language)
    assert len(alone) == 1
    assert "12.00 bp" in alone[0]
    assert cost_lines(toy.simulate(toy.candles(200)), language) == []
    assert FeeRule(0.1).from_ms == ALWAYS_MS
    booked = toy.simulate(toy.candles(200), Settings(costs=Costs(walk_books=True)), chance=0.05)
    fills = booked.fills.copy()
    fills["priced"][:6] = [BY_BOOK, BY_BOOK, BY_BOOK, BEYOND_BOOK, BEYOND_BOOK, NOT_PRICED]
    assert len(fills) > 10
    refusing = replace(result, turned_away=TurnedAway(7, 8, 9), skipped={"halted": 6})
    for visible, fact in ((VisibleDepth(7e6), "7"), (VisibleDepth(share=0.07, window_ms=1_800_000), "7.00%"), (VisibleDepth(), "")):
        more = replace(refusing.settings, costs=Costs(queue=0.3, visible=visible, halts=(Halt("", 1, 2),)))
        lines = cost_lines(replace(refusing, settings=more), language)
        assert [len(lines), *(word in line for word, line in zip(("30.00%", fact, "6"), lines, strict=False))] == [4, True, True, True]
        assert [re.findall(r"\d+", line)[-2:] for line in lines[1:3]] == [["7", "8"], ["6", "9"]]
    asked = replace(refusing.settings, costs=Costs(outages=True))
    stood = replace(refusing, settings=asked, outages=((0, 60_000), (120_000, 420_000)))
    assert [re.findall(r"\d+", line) for line in cost_lines(stood, language)] in (
        [["1", "2", "6"], ["2", "6", "9"]],
        [["2", "6"], ["2", "6", "9"]],
    )
    assert len(cost_lines(replace(stood, outages=()), language)) == 1
    (line,) = cost_lines(replace(booked, fills=fills), language)
    assert [int(number) for number in re.findall(r"\d+", line)] == [3, 2, len(fills) - 6, 1]


def test_a_run_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "run.json"
    command = [
        "backtest", str(ROOT / "strategies" / "trend-1h.yaml"), "--markets", "KRW-BTC", "--data", str(tmp_path), "--exchange", NOWHERE,
        "--no-report",
        "--json", str(out), "--participation", "1%", "--slippage", "5bp + 10bp per 1% of volume, sqrt", "--latency", "1 bar",
        "--walk-books", "--queue", "5%", "--visible-depth", "1억", "--halt", "KRW-BTC 2025-03-01..2025-03-02",
        "--fee", "0.04%", "--fee", "KRW-BTC 0.1% from 2025-03-01",
    ]  # fmt: skip
    assert run(command) == 0
    found = json.loads(out.read_text())
    assert found["settings"]["fee_rate"] == 0.0004
    assert found["settings"]["costs"]["fees"] == [{"rate": 0.001, "market": "KRW-BTC", "from_ms": SINCE}]
    assert found["settings"]["costs"]["impact"] == pytest.approx(0.01)
    assert found["settings"]["costs"]["participation"] == 0.01
    assert found["settings"]["costs"]["latency_bars"] == 1
    assert found["settings"]["costs"]["walk_books"] is True
    assert found["settings"]["costs"]["queue"] == 0.05
    assert found["settings"]["costs"]["visible_depth"] == {"krw": 1e8, "share": None, "window_ms": None}
    assert [halt["market"] for halt in found["settings"]["costs"]["halts"]] == ["KRW-BTC"]
    assert found["assumptions"]["turned_away"] == {"refused_buys": 0, "cut_sales": 0, "halted_orders": 0}
    assert found["assumptions"]["orders_in_parts"] >= 0
