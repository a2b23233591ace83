"""`jangdan backtest` of a portfolio file: the account and every strategy in both languages, its documents, what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from dsl.graph import Timeframe
from engine.candles.endings import state_delisted
from engine.candles.store import CandleStore
from engine.cli.main import run
from tests.engine.candles.test_outages import START, table

PORTFOLIO = str(Path(__file__).resolve().parents[3] / "strategies" / "regime-switch.yaml")
SPAN = ("--from", "2025-08-01", "--to", "2025-08-08")
DAY = Timeframe(86_400_000)
NAMES = ["pullback-trend", "donchian-breakout", "mean-reversion"]


@pytest.fixture(autouse=True)
def sample_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))


def test_the_account_and_its_strategies_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--json", "run.json", "--trades", "trades.csv", "--report", "out/run.v2.html", "--checked", "--book", "spread 10bp")
    assert run(["backtest", PORTFOLIO, *SPAN, *options]) == 0
    english = capsys.readouterr().out
    assert "SYNTHETIC" in english
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    for words in ("2025-08-01 09:00 ~ 2025-08-08 09:00", "Maximum drawdown", "Fees paid", "By strategy", "Books checked", "supposed"):
        assert words in english, words
    assert [one["name"] for one in document["strategies"]] == NAMES
    for part in document["strategies"]:
        row = next(line for line in english.splitlines() if line.strip().startswith(part["name"]))
        assert f"{part['figures']['closed_trades']:,.0f}" in row.split()
    assert sum(part["figures"]["profit"] for part in document["strategies"]) == pytest.approx(document["figures"]["profit"], abs=1.0)
    assert document["doctor"]["audit"]["fills"] > 0
    assert {one["strategy"] for one in csv.DictReader((tmp_path / "trades.csv").read_text("utf-8").splitlines())} <= set(NAMES)
    page = (tmp_path / "out" / "run.v2.html").read_text("utf-8")
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == sorted(["run.v2.html", *(f"run.v2-{name}.html" for name in NAMES)])
    for name in NAMES:
        assert f'"page":"run.v2-{name}.html"' in page
        assert f'"name":"{name}"' in (tmp_path / "out" / f"run.v2-{name}.html").read_text("utf-8")
    assert run(["backtest", PORTFOLIO, *SPAN, "--lang", "ko", "--no-report", "--random", "0"]) == 0
    korean = capsys.readouterr().out
    for words in ("기간: 2025-08-01 09:00", "최대 낙폭", "수수료", "승률", "전략별", "이 전략의 몫은 35.00%"):
        assert words in korean, words


def test_nothing_is_written_beside_what_is_no_file(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    span = ("--from", "2025-08-01", "--to", "2025-08-02", "--random", "0")
    assert run(["backtest", PORTFOLIO, *span, "--report", "."]) == 1
    capfdbinary.readouterr()
    assert run(["backtest", PORTFOLIO, *span, "--report", "-"]) == 0
    assert b'"page":""' in capfdbinary.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_only_the_document_where_it_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backtest", PORTFOLIO, *SPAN, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True
    assert not (tmp_path / "reports").exists()


SMALL = """schema: strategy/1
name: small
clock: 5m
markets: [KRW-BTC]
params:
  gain: 1%
entry: close < ema(close, 5)
exits:
  stop: {at: -2%}
  out: {when: pos.gain > gain or pos.age >= 3h}
"""
BOTH = """schema: portfolio/1
name: both
risk_profile: aggressive
strategies:
  small: {strategy: small, weight: 50%}
  other: {strategy: other, weight: 50%}
"""


def test_a_deep_look_moves_each_number_of_each_strategy_and_runs_all_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "both.yaml").write_text(BOTH, "utf-8")
    (tmp_path / "other.yaml").write_text(SMALL.replace("name: small", "name: other").replace("KRW-BTC", "KRW-ETH"), "utf-8")

    def profit(gain: str, *options: str) -> tuple[float, dict[str, Any]]:
        (tmp_path / "small.yaml").write_text(SMALL.replace("gain: 1%", f"gain: {gain}"), "utf-8")
        days = ("--from", "2025-08-10", "--to", "2025-08-12", "--fee", "0%", "--slippage", "0%", "--random", "0")
        assert run(["backtest", "both.yaml", *days, "--json", "-", *options]) == 0
        document = json.loads(capsys.readouterr().out)
        cliff = next(one for one in document["doctor"]["findings"] if one["check"] == "cliff")
        return document["figures"]["profit"], cliff

    gained, cliff = profit("1%", "--doctor", "deep")
    assert gained > 0
    assert cliff["level"] != "not_judged"
    assert cliff["values"]["runs"] == 4
    moved = {gain: profit(gain)[0] for gain in ("0%", "2%")}  # whole numbers move by one at least
    assert cliff["values"]["worst"] <= min(moved.values())
    if cliff["values"]["name"] == "small.gain":
        assert cliff["values"]["worst"] == pytest.approx(min(moved.values()))
    assert profit("1%")[1]["level"] == "not_judged"


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("command", [("why", "--summary"), ("sweep", "--vary", "x=1"), ("paper",)])
def test_a_command_for_one_strategy_names_the_files_to_give_it(
    command: tuple[str, ...], language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command[0], PORTFOLIO, *command[1:], "--lang", language]) == 1
    told = capsys.readouterr().err
    assert "E211" not in told
    lines = [line.strip() for line in told.splitlines() if line.startswith("  jangdan ")]
    assert lines == [f"jangdan {command[0]} {Path(PORTFOLIO).with_name(f'{name}.yaml')}" for name in NAMES]
    assert run(["backtest", str(Path(PORTFOLIO).parents[1] / "risk_profiles" / "balanced.yaml"), "--lang", language]) == 1
    assert "risk_profile" in capsys.readouterr().err


def test_the_tests_of_a_portfolio_are_those_of_its_strategies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", PORTFOLIO, "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [Path(one["file"]).stem for one in files] == NAMES
    assert all(one["tests"] for one in files)


@pytest.mark.parametrize("delisted", [True, False])
def test_the_check_up_of_an_account_asks_the_store_which_coins_ended(
    delisted: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Candles of KRW-AAA stop after 20 of 200 days; that the coin was delisted is known only where it was stated."""
    store, coins = CandleStore(tmp_path / "candles"), [f"KRW-{letter * 3}" for letter in "ABCDEF"]
    for market in coins:
        days = 20 if market == "KRW-AAA" else 200
        store.write(table(market, list(range(days)), ((0, days),), DAY))
    if delisted:
        state_delisted(store, "KRW-AAA", START + 20 * DAY.length_ms)
    daily = SMALL.replace("clock: 5m", "clock: 1d")
    (tmp_path / "small.yaml").write_text(daily.replace("[KRW-BTC]", f"[{', '.join(coins[:5])}]"), "utf-8")
    other = daily.replace("name: small", "name: other")  # without the coin that stopped
    (tmp_path / "other.yaml").write_text(other.replace("[KRW-BTC]", f"[{', '.join(coins[1:])}]"), "utf-8")
    (tmp_path / "both.yaml").write_text(BOTH, "utf-8")
    assert run(["backtest", "both.yaml", "--json", "-", "--random", "0"]) == 0
    document = json.loads(capsys.readouterr().out)
    told = (document, *document["strategies"])
    account, small, apart = (next(one for one in part["doctor"]["findings"] if one["check"] == "survivors") for part in told)
    level, says = ("fine", "1 of 6 markets") if delisted else ("warning", "the store does not say")
    assert [account["level"], small["level"], apart["level"]] == [level, level, "warning"]
    assert says in account["says"]["en"]
    known, stops = ("1", "0") if delisted else ("0", "1")
    assert f"6 KRW markets stored for that time {known} are known to have ended, the candles of {stops} more stop" in apart["says"]["en"]
