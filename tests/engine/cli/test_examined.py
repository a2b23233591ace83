"""`jangdan backtest` through the command line, looked over: the doctor's deep look, random entries, and the audit of the books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.main import run
from engine.research.doctor import CHECKS

FILE = """schema: strategy/1
name: small
clock: 5m
markets: [KRW-BTC, KRW-ETH]
params:
  n: {value: 5, range: 5..50}
  gain: 1%
entry: close < ema(close, n)
exits:
  stop: {at: -2%}
  target: {at: +1%}
  out: {when: pos.gain > gain or pos.age >= 3h}
"""
DAYS = ("--from", "2025-08-10", "--to", "2025-08-13", "--fee", "0%", "--slippage", "0%")  # in which it gains


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a strategy, English messages, no exchange to reach and no candles of the user: the sample market."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    (tmp_path / "small.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def document(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    assert run(["backtest", "small.yaml", *DAYS, "--json", "-", *options]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_result_is_examined_and_the_books_are_audited(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = document(capsys)
    assert [one["check"] for one in plain["doctor"]["findings"]] == list(CHECKS)
    assert plain["doctor"]["random_entry"]["draws"] == 1000
    assert plain["doctor"]["audit"] is None
    by_check = {one["check"]: one for one in plain["doctor"]["findings"]}
    assert by_check["short_period"]["level"] == "serious"
    assert by_check["volume"]["level"] != "not_judged"
    assert by_check["warm_up"]["values"]["unsettled"] == plain["assumptions"]["unsettled_entries"]
    deep = document(capsys, "--doctor", "deep", "--random", "0", "--checked")
    assert deep["figures"] == plain["figures"]
    assert deep["doctor"]["random_entry"] is None
    fills = sum(len(trade["buys"]) + len(trade["sales"]) for trade in deep["trades"])
    assert (deep["doctor"]["audit"]["fills"], deep["doctor"]["audit"]["closes"]) == (fills, 3 * 288)
    cliff = {one["check"]: one for one in deep["doctor"]["findings"]}["cliff"]
    assert cliff["level"] != "not_judged"
    assert cliff["values"]["runs"] == 3  # n: 5 down to 4 is outside its range and left out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--doctor", "best"), "--doctor"),
        (("--random", "-1"), "--random lies between 0 and 10,000."),
        (("--random", "10001"), "--random lies between 0 and 10,000."),
    ],
)
def test_wrong_options_are_refused(place: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str) -> None:
    assert run(["backtest", "small.yaml", *DAYS, *options]) != 0
    assert said in capsys.readouterr().err
