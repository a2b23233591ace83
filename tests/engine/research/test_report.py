"""What users and programs get: the same facts everywhere, nothing that can run, nothing that loads, equal bytes for equal runs."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from dsl.diagnostics import Language
from dsl.messages import texts
from engine.kernel.book import SKIP_REASONS
from engine.model.candle import BarGrid
from engine.research.metrics import Unit, definitions
from engine.research.report import Checkup, Figures, examine, figures, render_html, render_terminal, to_json, trades_csv
from engine.research.report import charts as charts_module
from engine.research.report.charts import EQUITY_ROWS, candle_charts, equity_chart
from engine.research.report.document import document
from engine.research.report.format import UNDEFINED, duration, kst, money, percent, price, quantity, rate, written
from engine.research.report.page import SCRIPTS, page_texts
from engine.research.result import BacktestResult, Settings
from engine.research.trades import trades_of
from tests.engine.research import toy

FORBIDDEN = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "XMLHttp", "localStorage")
NASTY = "<b>눌림목</b> </script><script>alert(1)</script> <!-- [red]x[/red] & \u2028 \"'"


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    return replace(toy.simulate(toy.candles(2000), chance=0.05, title=NASTY), synthetic=True)


@pytest.fixture(scope="module")
def found(result: BacktestResult) -> Figures:
    return figures(result)


@pytest.fixture(scope="module")
def checkup(result: BacktestResult, found: Figures) -> Checkup:
    return examine(result, found)


class _Page(HTMLParser):
    """Elements, attributes and the text of scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.title = ""
        self.inside = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "script":
            self.scripts.append(data)
        elif self.inside == "style":
            self.styles.append(data)
        elif self.inside == "title":
            self.title += data

    @property
    def payload(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.scripts[0])
        return loaded


def _printed(result: BacktestResult, found: Figures, language: Language) -> str:
    console = Console(file=io.StringIO(), width=120, color_system=None)
    console.print(render_terminal(result, found, examine(result, found, 100), language))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


# --- how things are written


@pytest.mark.parametrize(
    ("won", "korean", "english"),
    [
        (0, "0원", "0 KRW"),
        (9_999, "9,999원", "9,999 KRW"),
        (10_000, "1만원", "10,000 KRW"),
        (12_345_678, "1,234만 5,678원", "12,345,678 KRW"),
        (100_000_000, "1억원", "100,000,000 KRW"),
        (-312_300_000_001, "-3,123억 1원", "-312,300,000,001 KRW"),
        (1_000_200_030_004, "1조 2억 3만 4원", "1,000,200,030,004 KRW"),
        (-0.4, "0원", "0 KRW"),
        (2.5, "2원", "2 KRW"),
        (math.nan, "-", "-"),
        (math.inf, "-", "-"),
    ],
)
def test_money(won: float, korean: str, english: str) -> None:
    assert money(won, Language.KOREAN) == korean
    assert money(won, Language.ENGLISH) == english


def test_korean_money_reads_back_to_the_won() -> None:
    units = {"조": 10**12, "억": 10**8, "만": 10**4, "원": 1, "": 1}
    rng = np.random.default_rng(3)
    for won in (10 ** rng.uniform(0, 15, 500)).astype(np.int64).tolist():
        parts = re.findall(r"([\d,]+)(조|억|만|원|)", money(won, Language.KOREAN, signed=True).removeprefix("+"))
        assert sum(int(digits.replace(",", "")) * units[unit] for digits, unit in parts) == won


def test_other_ways_of_writing() -> None:
    assert (price(161_234_000.0), price(0.0123), price(1234.5), price(15.25)) == ("161,234,000", "0.0123", "1,234", "15.25")
    assert (percent(0.01234, signed=True), percent(-0.00001), percent(math.nan)) == ("+1.23%", "0.00%", UNDEFINED)
    assert [rate(one) for one in (0.0005, 0.00139, 0.139 / 100, 0.1, 0.0, 0.000025)] == [
        "0.05%", "0.139%", "0.139%", "10.00%", "0.00%", "0.0025%"
    ]  # fmt: skip
    assert (quantity(12_345_678.0), quantity(2e8)) == ("0.12345678", "2")
    assert duration(183_900_000, Language.KOREAN) == "2일 3시간"
    assert duration(1_085 * 86_400_000 + 18 * 3_600_000, Language.KOREAN) == "1,085일 18시간"
    assert [written(26.694, Unit.TIMES, language) for language in Language] == ["26.69배", "26.69x"]
    assert written(math.nan, Unit.TIMES, Language.KOREAN) == UNDEFINED
    assert (duration(45_000, Language.ENGLISH), duration(0, Language.ENGLISH)) == ("45s", "0s")
    assert kst(toy.START_MS) == "2025-09-01 09:00"


# --- JSON and CSV


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [one for item in value.values() for one in _numbers(item)]
    if isinstance(value, list):
        return [one for item in value for one in _numbers(item)]
    return [value] if isinstance(value, float) else []


def test_json_holds_every_figure_exactly(result: BacktestResult, found: Figures, checkup: Checkup) -> None:
    read = json.loads(to_json(result, found, checkup), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert list(read["figures"]) == list(definitions())
    for key, value in found.values.items():
        assert read["figures"][key] == (None if math.isnan(value) else value)
    for key, value in found.buy_and_hold.items():
        assert read["buy_and_hold"][key] == (None if math.isnan(value) else value)
    assert [one["profit_krw"] for one in read["trades"]] == [trade.profit_krw for trade in found.trades]
    assert [len(one["sales"]) for one in read["trades"]] == [len(trade.sales) for trade in found.trades]
    assert (read["synthetic"], read["label"], read["strategy"]["title"]) == (True, "SYNTHETIC", NASTY)
    assert read["skipped"] == {"cooldown": 12, "below_minimum": 3, "open_positions": 0}
    assert read["rules"][0] == {"path": "entry.setup", "true": 120, "false": 5000, "missing": 12}
    assert read["assumptions"]["ambiguous_krw"] == 12_345.6
    growth = np.prod([1 + day["return"] for day in read["daily"]])
    assert growth == pytest.approx(1 + read["figures"]["total_return"])
    assert np.prod([1 + month["return"] for month in read["monthly"]]) == pytest.approx(growth)
    assert min(day["drawdown"] for day in read["daily"]) == read["figures"]["maximum_drawdown"]


def test_json_of_a_run_without_anything_is_still_json(result: BacktestResult) -> None:
    empty = {name: getattr(result, name)[:0] for name in ("fills", "equity_ms", "equity_krw", "cash_changes")}
    for one in (toy.quiet(result), replace(result, **empty), toy.simulate(toy.candles(1))):
        read = json.loads(
            to_json(one, figures(one), examine(one, figures(one))), parse_constant=lambda name: pytest.fail(f"{name} in JSON")
        )
        assert read["figures"]["sharpe"] is None
        assert read["trades"] == []
        assert read == document(one, figures(one), examine(one, figures(one)))
        assert all(math.isfinite(number) for number in _numbers(read))


def test_csv_reads_back_as_the_trades(result: BacktestResult, found: Figures) -> None:
    rows = list(csv.DictReader(io.StringIO(trades_csv(result))))
    assert len(rows) == len(found.trades) > 50
    for row, trade in zip(rows, found.trades, strict=True):
        assert (row["market"], int(row["opened_ms"]), row["label"]) == (trade.market, trade.opened_ms, "SYNTHETIC")
        assert (row["state"] == "open", row["closed_ms"] == "") == (trade.is_open, trade.is_open)
        for column in ("entry_krw", "cost_krw", "profit_krw", "profit_ratio", "best_ratio", "worst_ratio", "fees_krw"):
            assert float(row[column]) == getattr(trade, column)
        assert float(row["quantity"]) == pytest.approx(trade.quantity_e8 / 1e8, rel=1e-15)
        assert row["exits"].split() == list(trade.reasons)
        assert "e" not in row["profit_ratio"]


def test_csv_cells_are_no_formulas(result: BacktestResult) -> None:
    exits = tuple(replace(one, name=f"={one.name}") for one in result.strategy.exits)
    rows = list(csv.DictReader(io.StringIO(trades_csv(replace(result, strategy=replace(result.strategy, exits=exits))))))
    assert any(row["exits"] for row in rows)
    assert all(row["exits"].startswith("'=") for row in rows if row["exits"])


# --- terminal


@pytest.mark.parametrize("language", list(Language))
def test_terminal_shows_every_figure_and_part(result: BacktestResult, found: Figures, language: Language) -> None:
    shown = _printed(result, found, language)
    report = texts("report")
    for key in [f"figure.{one}" for one in definitions()] + [key for key in report if key.startswith("head.rules")]:
        assert (report[key].ko if language is Language.KOREAN else report[key].en) in shown
    for words in (
        "SYNTHETIC",
        "[red]x[/red]",
        "entry.trigger",
        "KRW-XRP",
        "target_1",
        money(found.values["profit"], language, signed=True),
    ):
        assert words in shown
    assert "SYNTHETIC" not in _printed(replace(result, synthetic=False), found, language)


@pytest.mark.parametrize("language", list(Language))
def test_terminal_of_a_run_without_trades(result: BacktestResult, language: Language) -> None:
    quiet = toy.quiet(result)
    shown = _printed(quiet, figures(quiet), language)
    assert texts("doctor")["few_trades.none"][0 if language is Language.KOREAN else 1] in shown
    assert "nan" not in shown.lower()
    assert "inf" not in shown.lower().replace("information", "")


def test_every_reason_for_skipping_has_a_text() -> None:
    report = texts("report")
    assert {key.removeprefix("skip.") for key in report if key.startswith("skip.")} == set(SKIP_REASONS)


def test_every_text_exists_in_both_languages() -> None:
    for key, words in texts("report").items():
        assert words.ko.strip(), key
        assert words.en.strip(), key
        assert set(re.findall(r"\{(\w+)\}", words.ko)) == set(re.findall(r"\{(\w+)\}", words.en)), key


# --- the page


@pytest.mark.parametrize("language", list(Language))
def test_page_carries_the_document_and_the_trades(result: BacktestResult, found: Figures, checkup: Checkup, language: Language) -> None:
    page = _Page(render_html(result, found, checkup, language))
    document = json.loads(to_json(result, found, checkup))
    trades = document.pop("trades")
    assert page.payload["report"] == document
    assert page.payload["language"] == language.value
    columns = page.payload["trades"]["columns"]
    rows = [dict(zip(columns, row, strict=True)) for row in page.payload["trades"]["rows"]]
    assert len(rows) == len(trades) > 50
    for row, trade in zip(rows, trades, strict=True):
        assert (row["number"], row["opened"], row["closed"]) == (trade["number"], trade["opened_ms"], trade["closed_ms"])
        assert row["profit"] == pytest.approx(trade["profit_krw"], abs=0.00501)
        assert [document["strategy"]["exits"][sale[3]]["name"] for sale in row["sales"]] == [leg["reason"] for leg in trade["sales"]]
    assert {key: [words.ko, words.en] for key, words in page_texts().items()} == page.payload["texts"]


def test_page_runs_nothing_but_its_own_script_and_loads_nothing(result: BacktestResult, found: Figures, checkup: Checkup) -> None:
    written = render_html(result, found, checkup, Language.KOREAN)
    page = _Page(written)
    assert [tag for tag, _ in page.elements if tag in ("script", "style", "link", "img", "iframe", "b", "object")] == [
        "link",
        "style",
        "script",
        "script",
    ]
    assert [attributes["href"] for tag, attributes in page.elements if "href" in attributes] == ["data:,"]
    assert not [attributes for _, attributes in page.elements if "src" in attributes or any(name.startswith("on") for name in attributes)]
    assert not re.findall(r"https?:|//[a-z]+\.|@import|url\(", written)
    policy = next(attributes["content"] for tag, attributes in page.elements if attributes.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for part in (page.scripts[1], page.styles[0]):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'" in policy
    assert page.title.startswith("SYNTHETIC · <b>눌림목</b>")
    assert page.payload["report"]["strategy"]["title"] == NASTY


def test_scripts_never_read_text_as_markup() -> None:
    for name in SCRIPTS:
        source = resources.files("engine.research.report.assets").joinpath(name).read_text(encoding="utf-8")
        for forbidden in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
            "fetch(",
            "XMLHttp",
            "localStorage",
        ):
            assert forbidden not in source, f"{forbidden} in {name}"


def test_every_text_a_script_asks_for_exists() -> None:
    report, asked = page_texts(), set()
    for name in SCRIPTS:
        source = resources.files("engine.research.report.assets").joinpath(name).read_text(encoding="utf-8")
        asked |= set(re.findall(r'say\("([\w.]+)"[,)]', source)) | set(re.findall(r'"((?:column|figure|head)\.\w+)"', source))
        for prefix in re.findall(r'say\("([\w.]+[._])" \+', source):
            assert any(key.startswith(prefix) for key in report), prefix
    assert len(asked) > 60
    assert not asked - set(report)


def test_equal_runs_make_equal_bytes_whatever_the_machine_did(result: BacktestResult) -> None:
    again = replace(toy.simulate(toy.candles(2000), Settings(block=7), chance=0.05, title=NASTY), synthetic=True, compute_seconds=9.5)
    looked, other = examine(result, figures(result)), examine(again, figures(again))
    assert to_json(result, figures(result), looked) == to_json(again, figures(again), other)
    assert trades_csv(result) == trades_csv(again)
    for language in Language:
        assert render_html(result, figures(result), looked, language) == render_html(again, figures(again), other, language)
        assert _printed(result, figures(result), language) == _printed(again, figures(again), language)


def test_a_real_run_is_not_called_synthetic(result: BacktestResult, found: Figures, checkup: Checkup) -> None:
    real = replace(result, synthetic=False)
    page = _Page(render_html(real, found, checkup, Language.ENGLISH))
    assert not page.title.startswith("SYNTHETIC")
    assert page.payload["report"]["synthetic"] is False
    assert "SYNTHETIC" not in trades_csv(real)
    assert b"SYNTHETIC" not in to_json(real, found, checkup)


# --- columns of the charts


def _decoded(piece: dict[str, Any], unit: float) -> dict[str, np.ndarray]:
    """The script's decoding, once more in Python."""
    columns: dict[str, list[float]] = {"open": [], "high": [], "low": [], "close": []}
    before = 0
    for step in zip(piece["open"], piece["high"], piece["low"], piece["close"], strict=True):
        open_, close = before + step[0], before + step[3]
        before = close
        for name, value in zip(columns, (open_, max(open_, close) + step[1], min(open_, close) - step[2], close), strict=True):
            columns[name].append(value * unit)
    decoded = {name: np.array(values, np.float64) for name, values in columns.items()}
    for first, last in piece["gaps"]:
        for values in decoded.values():
            values[first:last] = np.nan
    return decoded


def _assert_same(piece: dict[str, Any], unit: float, grid: BarGrid, row: int) -> None:
    first = piece["first"] - grid.first_index
    for name, values in _decoded(piece, unit).items():
        np.testing.assert_allclose(values, getattr(grid, name)[row, first : first + values.size], rtol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-7])
def test_candles_of_the_page_are_the_candles(scale: float) -> None:
    grid = toy.candles(400, seed=9)
    for column in (grid.open, grid.high, grid.low, grid.close):
        column *= scale
        column[3, :150] = column[0, 220:260] = np.nan
    result = toy.simulate(grid, chance=0.0)
    for row, market in enumerate(grid.markets):
        chart = candle_charts(result, ())[market]
        assert len(chart["pieces"]) == 1
        _assert_same(chart["pieces"][0], chart["unit"], grid, row)


def test_long_runs_carry_an_overview_with_extremes_and_windows_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_module, "CANDLE_BARS", 8000)
    grid = toy.candles(20_000, seed=11, markets=("KRW-BTC", "KRW-XRP"))
    result = toy.simulate(grid, chance=0.005)
    trades = trades_of(result)
    for row, (market, chart) in enumerate(candle_charts(result, trades).items()):
        whole, *windows = chart["pieces"]
        assert whole["step"] > 1
        assert sum(len(piece["close"]) for piece in chart["pieces"]) <= 4100
        decoded = _decoded(whole, chart["unit"])
        assert np.nanmax(decoded["high"]) == pytest.approx(grid.high[row].max())
        assert np.nanmin(decoded["low"]) == pytest.approx(grid.low[row].min())
        assert decoded["close"][-1] == pytest.approx(grid.close[row, -1])
        assert windows
        for piece in windows:
            _assert_same(piece, chart["unit"], grid, row)
        last = [trade for trade in trades if trade.market == market and trade.closed_ms is not None][-1]
        index = grid.timeframe.index(last.opened_ms)
        assert any(piece["first"] <= index < piece["first"] + len(piece["close"]) for piece in windows)


def test_long_equity_curves_keep_their_extremes() -> None:
    grid = toy.candles(30_000, seed=12, markets=("KRW-ETH",))
    result = toy.simulate(grid, chance=0.02)
    found = figures(result)
    chart = equity_chart(result, found)
    assert len(chart["equity"]) <= EQUITY_ROWS < 30_000
    assert len(chart["equity"]) == len(chart["held"]) == len(chart["drawdown"]) == len(chart["steps"])
    assert (max(chart["equity"]), min(chart["equity"])) == (round(result.equity_krw.max()), round(result.equity_krw.min()))
    assert min(chart["drawdown"]) == pytest.approx(found.values["maximum_drawdown"], abs=1e-6)
    times = chart["from_ms"] + np.cumsum(chart["steps"]) * chart["unit_ms"]
    assert times[-1] == result.equity_ms[-1]
    rows = np.searchsorted(result.equity_ms, times)
    np.testing.assert_array_equal(result.equity_ms[rows], times)
    np.testing.assert_array_equal(np.round(result.equity_krw[rows]), chart["equity"])


def test_the_page_of_a_long_run_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_module, "TRADE_ROWS", 50)
    result = toy.simulate(toy.candles(20_000, seed=13, markets=("KRW-XRP",)), chance=0.05)
    page = _Page(render_html(result, figures(result), examine(result, figures(result)), Language.KOREAN))
    assert len(page.payload["trades"]["rows"]) == 50
    assert page.payload["trades"]["left_out"] == len(trades_of(result)) - 50 > 0
    assert page.payload["trades"]["rows"][-1][0] == len(trades_of(result))
