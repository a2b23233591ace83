"""`paper` and `replay` through the command line: the backtest's trades on real minutes, and what the commands say when something is off."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.candles.instants import korean_time
from engine.candles.sample import COINS, SAMPLE_RANGE, sample_store
from engine.cli.main import run
from engine.runner.clock import SpeedClock

ROOT = Path(__file__).resolve().parents[3]
MARKETS = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, English messages, no exchange to reach and no candles of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", NOWHERE)
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    return tmp_path


def import_minutes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The four markets' minutes into the store."""
    files = [str(folder / "upbit" / f"{market}_1m.parquet") for market in MARKETS]
    assert run(["data", "import", *files]) == 0
    capsys.readouterr()


def backtest_fills(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Fills of the backtest's JSON, in order of time."""
    rows = []
    for trade in document["trades"]:
        for fill in trade["buys"] + trade["sales"]:
            reason = fill["reason"] or "entry"
            rows.append((fill["time_ms"], trade["market"], reason, fill["quantity_e8"], fill["price_krw"], fill["fee_krw"]))
    return sorted(rows)


def paper_fills(document: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Fills of paper's JSON, in order of time."""
    names = ("time_ms", "market", "reason", "quantity_e8", "price_krw", "fee_krw")
    return sorted(tuple(fill[name] for name in names) for fill in document["fills"])


@pytest.mark.data
@pytest.mark.parametrize(("strategy", "fills_min"), [("pullback-trend", 10), ("every-exit", 250)])
def test_paper_makes_the_backtests_trades_on_real_minutes(
    strategy: str, fills_min: int, place: Path, market_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_minutes(market_data, capsys)
    file = str(ROOT / "strategies" / f"{strategy}.yaml")
    span = ["--from", "2025-09-08", "--to", "2025-09-12"]
    assert run(["backtest", file, *span, "--json", "-"]) == 0
    expected = json.loads(capsys.readouterr().out)
    assert run(["paper", file, *span, "--speed", "0", "--json", "--journal", "run.jsonl"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not found["synthetic"]
    assert found["refusals"] == 0
    assert len(found["fills"]) >= fills_min
    assert paper_fills(found) == backtest_fills(expected)
    assert run(["replay", "run.jsonl"]) == 0
    assert f"{found['intents']:,} intents equal" in capsys.readouterr().out


SMALL = """
schema: strategy/1
name: small
state: paper
clock: 5m
markets: [{market}]
entry: {entry}
sizing: {{weight: 10% of equity}}
execution:
  enter: {{order: market}}
  leave: {{order: market}}
exits:
  stop: {{at: pos.entry * 0.99}}
  up: {{at: +1%}}
"""


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in sample market as a folder of candles."""
    return sample_store(tmp_path_factory.mktemp("sample")).folder


def sample_market() -> tuple[str, list[str]]:
    """A market of the built-in sample market, and a few days of it."""
    days = [SAMPLE_RANGE[0] + day * 86_400_000 for day in (10, 12)]
    return COINS[0].market, ["--from", korean_time(days[0]).replace(" ", "T"), "--to", korean_time(days[1]).replace(" ", "T")]


def paper_on_sample(place: Path, sample: Path, entry: str) -> int:
    """Run a small strategy on the sample market into run.jsonl."""
    market, span = sample_market()
    (place / "small.yaml").write_text(SMALL.format(market=market, entry=entry), encoding="utf-8")
    return run(["paper", "small.yaml", *span, "--data", str(sample), "--speed", "0", "--journal", "run.jsonl"])


def test_generated_candles_are_called_so(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > close[1]") == 0
    captured = capsys.readouterr()
    shown = captured.out
    assert "paper trading begins: 1 markets" in captured.err  # before the first bar, which a slow run waits a minute for
    assert shown.startswith("SYNTHETIC")
    assert "run.jsonl" in shown
    header = orjson.loads((place / "run.jsonl").read_bytes().splitlines()[0])
    assert header["synthetic"] is True
    assert header["strategy"]["text"] == (place / "small.yaml").read_text(encoding="utf-8")
    (place / "small.yaml").unlink()  # the journal alone is enough
    assert run(["replay", "run.jsonl"]) == 0
    assert "equal to the last bit" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_whoever_ends_the_run_gets_its_summary_and_a_whole_journal(
    number: signal.Signals, place: Path, sample: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = iter(range(10_000))

    def wait(_self: SpeedClock, _market_ms: int) -> None:
        if next(waits) == 2_500:
            signal.raise_signal(number)

    monkeypatch.setattr(SpeedClock, "wait_until", wait)
    before = signal.signal(number, lambda *_: pytest.fail("nobody took the signal"))
    try:
        assert paper_on_sample(place, sample, "close > close[1]") == 0
    finally:
        signal.signal(number, before)
    shown = capsys.readouterr().out
    assert "Stopped early" in shown
    assert "2,500 bars" in shown
    assert run(["replay", "run.jsonl"]) == 0
    assert "equal to the last bit" in capsys.readouterr().out


def test_what_the_guards_of_a_profile_come_to_is_said_at_the_start(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "risk_profiles").mkdir()
    guards = "safety:\n  stale_data: {after: 15s, then: stop_entries}\n  books_disagree: {then: freeze_market, alert: critical}\n"
    (place / "risk_profiles" / "guarded.yaml").write_text(f"schema: risk/1\nname: guarded\n{guards}", encoding="utf-8")
    market, span = sample_market()
    text = SMALL.format(market=market, entry="close > close[1]") + "risk_profile: guarded\n"
    (place / "small.yaml").write_text(text, encoding="utf-8")
    assert run(["paper", "small.yaml", *span, "--data", str(sample), "--speed", "0", "--journal", "run.jsonl"]) == 0
    said = capsys.readouterr().err
    assert "`safety` stale_data: cannot happen on paper" in said
    assert "`safety` books_disagree: the books are compared after every bar with a fill" in said


def test_a_journal_is_not_overwritten(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > close[1]") == 0
    before = (place / "run.jsonl").read_bytes()
    capsys.readouterr()
    assert paper_on_sample(place, sample, "close > close[1]") == 1
    assert "never overwritten" in capsys.readouterr().err
    assert (place / "run.jsonl").read_bytes() == before


def test_an_altered_intent_is_shown_and_ends_with_one(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > close[1]") == 0
    lines = (place / "run.jsonl").read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"kind":"intent"' in line)
    record = orjson.loads(lines[at])
    record["amount_krw"] += 1.0
    lines[at] = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    (place / "run.jsonl").write_bytes(b"".join(lines))
    capsys.readouterr()
    assert run(["replay", "run.jsonl"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f'"amount_krw":{record["amount_krw"]}' in shown.err
    assert f'"amount_krw":{record["amount_krw"] - 1.0}' in shown.err


def test_an_agreement_over_nothing_is_a_failure(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > 2 * close[1]") == 0
    capsys.readouterr()
    assert run(["replay", "run.jsonl"]) == 1
    assert "proves nothing" in capsys.readouterr().err


def test_a_torn_journal_is_said_and_compared_as_far_as_it_goes(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > close[1]") == 0
    whole = (place / "run.jsonl").read_bytes()
    (place / "run.jsonl").write_bytes(whole[: len(whole) * 2 // 3])
    capsys.readouterr()
    assert run(["replay", "run.jsonl"]) == 0
    shown = capsys.readouterr()
    assert "broken off" in shown.err
    assert "equal to the last bit" in shown.out


def test_another_file_and_another_version_are_said(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "close > close[1]") == 0
    lines = (place / "run.jsonl").read_bytes().splitlines(keepends=True)
    header = orjson.loads(lines[0])
    header["strategy"]["version"] = "0" * 64
    (place / "other.jsonl").write_bytes(b"".join([orjson.dumps(header, option=orjson.OPT_APPEND_NEWLINE), *lines[1:]]))
    del header["strategy"]
    (place / "headless.jsonl").write_bytes(orjson.dumps(header, option=orjson.OPT_APPEND_NEWLINE))
    capsys.readouterr()
    for name, said in (("other.jsonl", "Replay it with the Jangdan"), ("headless.jsonl", "no journal"), ("none", "cannot be read")):
        assert run(["replay", name]) == 1
        assert said in capsys.readouterr().err


def test_a_strategy_with_errors_is_not_started(place: Path, sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert paper_on_sample(place, sample, "clos > close[1]") == 1
    assert "did you mean `close`" in capsys.readouterr().err
    assert not (place / "run.jsonl").exists()
