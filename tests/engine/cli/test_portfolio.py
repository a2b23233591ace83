"""`jangdan backtest` of a portfolio file: the account and a row for every strategy in both languages, one JSON document, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run

PORTFOLIO = str(Path(__file__).resolve().parents[3] / "strategies" / "regime-switch.yaml")
SPAN = ("--from", "2025-08-01", "--to", "2025-08-08")


@pytest.fixture(autouse=True)
def sample_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))


def test_the_account_and_its_strategies_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backtest", PORTFOLIO, *SPAN, "--json", "run.json"]) == 0
    english = capsys.readouterr().out
    assert "SYNTHETIC" in english.splitlines()[0]
    document = json.loads((tmp_path / "run.json").read_text("utf-8"))
    for words in ("Period: 2025-08-01 09:00 to 2025-08-08 09:00 (7 days)", "Maximum drawdown", "Fees paid", "Win rate"):
        assert words in english, words
    for part in document["strategies"]:
        row = next(line for line in english.splitlines() if line.startswith(part["name"]))
        assert f"{part['trades']:,}" in row.split()
    assert len(document["strategies"]) == 3
    gained = document["equity_krw"][-1] - 10_000_000
    assert sum(part["profit_krw"] for part in document["strategies"]) == pytest.approx(gained, abs=1.0)
    assert run(["backtest", PORTFOLIO, *SPAN, "--lang", "ko"]) == 0
    korean = capsys.readouterr().out
    for words in ("기간: 2025-08-01 09:00", "최대 낙폭", "수수료", "승률", "전략"):
        assert words in korean, words


def test_only_the_document_where_it_is_asked_for_and_no_other_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backtest", PORTFOLIO, *SPAN, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True
    for option in ("--report", "--trades"):
        assert run(["backtest", PORTFOLIO, *SPAN, option, "x"]) == 1
        assert "use --json FILE" in capsys.readouterr().err
