"""`jangdan why` and `jangdan test` through the command line: both languages, JSON, exit codes, and what they say when something is off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.candles.instants import korean_time
from engine.candles.sample import SAMPLE_RANGE, sample_store
from engine.cli.main import run
from tests.shipped import STRATEGIES

ROOT = Path(__file__).resolve().parents[3]
PULLBACK = str(ROOT / "strategies" / "pullback-trend.yaml")
EVERY_EXIT = str(ROOT / "strategies" / "every-exit.yaml")
FILE = """schema: strategy/1
name: sample
clock: 5m
markets: [KRW-BTC]
entry: close > ema(close, 20)
exits:
  stop: {at: -2%}
  out: {when: pos.age >= 1h}
tests:
"""
RULE = "  - {name: above, rule: 'close > ema(close, 3)', given: {close: 3x100 110}, expect: fires at 4 only}\n"
WRONG = "  - {name: above, rule: 'close > ema(close, 3)', given: {close: 3x100 110}, expect: never fires}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, English messages, no exchange to reach and no candles of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert run(list(arguments)) == code
    return capsys.readouterr().out


def documents(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer(capsys, *arguments, "--json"))
    return found


def leaves(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [leaf for inner in part["parts"] for leaf in leaves(inner)] or [part]


def test_one_bar_is_explained_in_both_languages(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moment = korean_time(SAMPLE_RANGE[0] + 50 * 86_400_000).replace(" ", "T")
    asked = (
        "why",
        PULLBACK,
        "--market",
        "KRW-ETH",
        "--at",
        moment,
        "--from",
        korean_time(SAMPLE_RANGE[0] + 30 * 86_400_000).replace(" ", "T"),
    )
    english = answer(capsys, *asked)
    assert "KRW-ETH" in english.splitlines()[0]
    for line in ("higher_tf: trend_up@1h and trend_up@4h", "ema(close, 21) [", "trigger (any of)", "generated practice prices"):
        assert line in english, line
    korean = answer(capsys, *asked, "--lang", "ko")
    for line in ("trigger (하나라도 참이면 됨)", "진입 조건", "만들어 낸 연습용 시세"):
        assert line in korean, line
    found = documents(capsys, *asked, "--lang", "en")
    assert found["synthetic"] is True
    assert found["market"] == "KRW-ETH"
    assert found["sentence"] in " ".join(english.split())
    assert len(leaves(found["entry"])) >= 8
    assert {leaf["truth"] for leaf in leaves(found["entry"])} <= {True, False, None}
    assert found["bar"]["close_ms"] - found["bar"]["open_ms"] == 300_000


def test_the_funnel_in_both_languages_and_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("why", EVERY_EXIT, "--summary", "--from", korean_time(SAMPLE_RANGE[1] - 5 * 86_400_000).replace(" ", "T"))
    english = answer(capsys, *asked)
    korean = answer(capsys, *asked, "--lang", "ko")
    assert "Of " in english
    assert "Bought" in english
    assert "매수 주문" in korean
    found = documents(capsys, *asked)
    assert found["decisions"] == sum(found["entry"].values()) == 4 * 5 * 288
    assert found["entry"]["true"] == found["busy"] + found["bought"] + sum(found["skipped"].values())
    assert [clause["path"] for clause in found["clauses"] if clause["depth"] == 1] == ["entry.recross", "entry.bounce"]
    assert found["bought"] > 50
    assert f"{found['bought']:,}" in english


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--summary"),
        (("--summary", "--at", "2025-08-01"), "--summary"),
        (("--at", "yesterday"), "--at"),
        (("--at", "2019-08-01"), "2019-08-01"),
        (("--at", "2025-08-01T12:00", "--market", "BTC-KRW"), "KRW-BTC"),
        (("--at", "2025-08-01T12:00", "--market", "KRW-DOGE"), "KRW-DOGE"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments: tuple[str, ...], words: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", EVERY_EXIT, *arguments]) == 1
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


# ---- jangdan test ----
def file_with(tests: str) -> str:
    path = Path("sample.yaml")
    path.write_text(FILE + tests, "utf-8")
    return str(path)


def test_a_single_rule_blocks_and_carries_everything_alone(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "one.yaml").write_text(FILE.removesuffix("tests:\n"), encoding="utf-8")
    document = documents(capsys, "why", "one.yaml", "--summary")
    assert document["clauses"] == []
    entry = document["entry"]
    row = next(line for line in answer(capsys, "why", "one.yaml", "--summary").splitlines() if line.startswith("entry (whole)"))
    numbers = [int(word.replace(",", "")) for word in row.split()[2:]]
    assert numbers == [entry["true"], entry["false"], entry["missing"], entry["false"] + entry["missing"], entry["true"], entry["true"]]


def test_rules_pass_or_fail_with_what_was_seen(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "1 passed, 0 failed, 0 not run" in answer(capsys, "test", file_with(RULE))
    failed = answer(capsys, "test", file_with(RULE + WRONG.replace("above", "below")), code=1)
    assert "1 passed, 1 failed, 0 not run" in failed
    assert "expected: never fires" in failed
    assert "seen: true on bar 4 (1 in all)" in failed
    korean = answer(capsys, "test", file_with(WRONG), "--lang", "ko", code=1)
    assert "기대: never fires" in korean
    assert "4번째 봉에서 참" in korean
    Path("sample.yaml").write_text(FILE.removesuffix("tests:\n"), "utf-8")
    assert "no tests" in answer(capsys, "test", "sample.yaml", "--lang", "en")
    assert run(["test", file_with("  - {name: a, rule: close >, given: {close: 1}, expect: fires once}\n")]) == 1


def replay(expect: str, first: int = 30, last: int = 32, market: str = "KRW-BTC") -> str:
    days = [korean_time(SAMPLE_RANGE[0] + day * 86_400_000)[:10] for day in (first, last)]
    return f"  - {{name: quiet, replay: {{markets: [{market}], from: {days[0]}, to: {days[1]}}}, expect: {expect}}}\n"


def test_a_replay_without_its_candles_is_not_run_and_never_passes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = answer(capsys, "test", file_with(replay("entries == 0")))
    assert "0 passed, 0 failed, 1 not run" in said
    assert "KRW-BTC" in said
    assert "not run  quiet" in said
    answer(capsys, "test", file_with(replay("entries == 0")), "--strict", code=1)
    found = documents(capsys, "test", "sample.yaml")
    assert [test["status"] for test in found["files"][0]["tests"]] == ["not_run"]


def test_a_replay_is_the_backtest_of_that_range(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(sample_store(place).folder)
    said = answer(capsys, "test", file_with(replay("entries == 0")), "--data", data, code=1)
    assert "entries " in said
    assert "practice prices" in said
    days = [korean_time(SAMPLE_RANGE[0] + day * 86_400_000)[:10] for day in (30, 32)]
    run(["backtest", "sample.yaml", "--from", days[0], "--to", days[1], "--data", data, "--json", "-"])
    result = json.loads(capsys.readouterr().out)
    entries = sum(len(trade["buys"]) for trade in result["trades"])
    closed = sum(trade["closed_ms"] is not None for trade in result["trades"])
    assert entries > 3
    checks = f"entries == {entries} and trades == {closed} and profit < 1억 and max_drawdown < 50% and fees > 0"
    assert "1 passed" in answer(capsys, "test", file_with(replay(checks)), "--data", data, "--strict")
    # before the first stored candle: nothing to decide on, so nothing to pass
    early = replay("entries == 0", first=0, last=1)
    assert "1 not run" in answer(capsys, "test", file_with(early), "--data", data)
    assert "1 not run" in answer(capsys, "test", file_with(replay("entries == 0", market="KRW-DOGE")), "--data", data)


def test_the_tests_of_shipped_strategies_pass(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = documents(capsys, "test", *map(str, STRATEGIES))
    tests = [test for file in found["files"] for test in file["tests"]]
    assert len(tests) >= 4
    assert {test["status"] for test in tests} == {"passed"}
