"""A model's signal as a series from outside, as docs/model-signal.md has it: CSV and Parquet over the past, by POST on paper."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dsl.files import compile_file
from engine.assembly import Sources, market_for, run_backtest
from engine.candles.posted import PostedStore
from engine.candles.store import CandleStore
from engine.cli.main import run
from engine.research.result import BacktestResult, Settings
from tests.dsl.helpers import CATALOGUE, ROOT, codes, strategy_of
from tests.engine.api.test_external import NOW_MS, serving
from tests.engine.candles.tables import full

MINUTE_MS = 60_000
START_MS = NOW_MS - 30 * MINUTE_MS
BARS = 400
PAGES = [(ROOT / "docs" / name).read_text("utf-8") for name in ("model-signal.md", "model-signal.ko.md")]
#: minute at which a prediction was made, the market (none: both), the model's number
PREDICTIONS = ((261, "KRW-BTC", 0.9), (262, "KRW-ETH", 0.55), (300, "KRW-BTC", 0.4), (310, "KRW-ETH", 0.8), (318, "KRW-ETH", 0.85))


def block(page: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The page's strategy and 400 minutes of rising prices."""
    for market in ("KRW-BTC", "KRW-ETH"):
        table = full(START_MS, START_MS + BARS * MINUTE_MS, market=market)
        CandleStore(tmp_path / "candles").write(table)
    (tmp_path / "strategies").mkdir()
    text = block(PAGES[0], "yaml").replace("    trend: close > ema(close, 50)\n", "")  # prices of this market say nothing
    (tmp_path / "strategies" / "model-signal.yaml").write_text(text, "utf-8")
    return tmp_path


def backtested(folder: Path, **replaced: str) -> BacktestResult:
    path = folder / "strategies" / "model-signal.yaml"
    for old, new in replaced.items():
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    strategy = strategy_of(compile_file(path, CATALOGUE))
    market = market_for(strategy, strategy.markets, Settings(), Sources(folder / "candles", folder / "sample", None, path.parent))
    return run_backtest(strategy, strategy.markets, market)


def fills_of(result: BacktestResult) -> list[tuple[int, str, int]]:
    """(minute of the decision, market, side)."""
    return [((int(f["decided_ms"]) - START_MS) // MINUTE_MS, result.markets[int(f["market"])], int(f["side"])) for f in result.fills]


#: bought at the first close after a prediction above 0.6 was known; sold when the next one is below 0.5, or after an hour, the model silent
EXPECTED = [(265, "KRW-BTC", 1), (300, "KRW-BTC", -1), (310, "KRW-ETH", 1), (370, "KRW-ETH", -1)]


def test_the_page_is_one_strategy_in_both_languages_and_its_csv_is_read() -> None:
    assert block(PAGES[0], "yaml") == block(PAGES[1], "yaml")
    assert block(PAGES[0], "csv") == block(PAGES[1], "csv")
    assert block(PAGES[0], "python") == block(PAGES[1], "python")


def test_predictions_are_known_from_their_own_time_in_csv_and_parquet(folder: Path) -> None:
    assert codes(compile_file(folder / "strategies" / "model-signal.yaml", CATALOGUE)) == []
    rows = [(START_MS + minute * MINUTE_MS, market, value) for minute, market, value in PREDICTIONS]
    (folder / "strategies" / "predictions.csv").write_text("time,market,value\n" + "".join(f"{t},{m},{v}\n" for t, m, v in rows), "utf-8")
    from_csv = backtested(folder)
    times, markets, values = zip(*rows, strict=True)
    table = pa.table({"time": pa.array(times, pa.timestamp("ms", tz="UTC")), "market": markets, "value": values})
    pq.write_table(table, folder / "strategies" / "predictions.parquet")
    from_parquet = backtested(folder, **{"predictions.csv": "predictions.parquet"})
    assert fills_of(from_csv) == EXPECTED
    assert np.array_equal(from_csv.fills, from_parquet.fills)


def test_predictions_by_post_make_the_same_decisions_on_paper(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "strategies" / "predictions.csv").write_text("time,market,value\n", "utf-8")
    with serving(folder, "poster") as api:  # over the socket once; the others as they would have arrived
        first = api.post("signal", time=START_MS + 1, market="KRW-BTC", value=0.1)
        assert (first.status_code, first.json()["received_ms"]) == (200, NOW_MS)
    for minute, market, value in PREDICTIONS:
        PostedStore(folder / "candles").add("signal", START_MS + minute * MINUTE_MS, market, value, START_MS + minute * MINUTE_MS)
    assert fills_of(backtested(folder)) == EXPECTED
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JANGDAN_DATA", str(folder / "candles"))
    assert run(["paper", "strategies/model-signal.yaml", "--journal", str(folder / "paper.jsonl"), "--speed", "0", "--json"]) == 0
    shown = capsys.readouterr().out
    bought = [START_MS + minute * MINUTE_MS for minute, _, side in EXPECTED if side > 0]
    assert all(f'"time_ms": {time}' in shown for time in bought)
