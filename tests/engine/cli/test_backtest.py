"""`jangdan backtest`: the report tells the clock from the candles that the run was computed on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run

FILE = """schema: strategy/1
name: quarter
clock: 15m
markets: [KRW-BTC]
entry: close > ema(close, 20)
exits:
  stop: {at: -2%}
"""


def test_the_base_is_named_beside_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    (tmp_path / "quarter.yaml").write_text(FILE, "utf-8")
    command = [
        "backtest",
        "quarter.yaml",
        "--base",
        "1m",
        "--from",
        "2025-08-01",
        "--to",
        "2025-08-04",
        "--no-report",
        "--json",
        "run.json",
    ]
    for lang, clock, base in (("en", "Clock: 15m", "Base candles: 1m"), ("ko", "판단하는 봉(clock): 15분", "계산에 쓴 캔들: 1분")):
        assert run([*command, "--lang", lang]) == 0
        shown = capsys.readouterr().out
        assert clock in shown
        assert base in shown
    assert json.loads((tmp_path / "run.json").read_text("utf-8"))["settings"]["base_ms"] == 60_000


def test_candles_too_coarse_for_a_rule_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clock could be made of them; what a rule reads inside its bars could not."""
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "none"))
    file = tmp_path / "fine.yaml"
    file.write_text(
        "schema: strategy/1\nname: fine\nclock: 5m\nmarkets: [KRW-BTC]\nentry: min(rsi(14)@1s, over=5m) < 25\n"
        "sizing: {weight: 10% of equity}\nexits:\n  stop: {at: -2%}\n",
        "utf-8",
    )
    for command in (["backtest", str(file), "--no-report"], ["why", str(file), "--summary"]):
        assert run([*command, "--lang", "en"]) == 1
        assert "1s bars cannot be made of 1m candles" in capsys.readouterr().err
