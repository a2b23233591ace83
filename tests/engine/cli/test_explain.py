"""`jangdan explain`: sentences, the tree, JSON, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "strategies" / "pullback-trend.yaml"
GOLDEN = ROOT / "tests" / "golden" / "explain"


@pytest.mark.parametrize("chosen", ["ko", "en"])
def test_sentences_are_what_the_golden_text_says(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(FILE), "--lang", chosen]) == 0
    assert capsys.readouterr().out == (GOLDEN / f"pullback-trend.{chosen}.txt").read_text("utf-8")


def test_a_risk_file_has_sentences_and_no_tree(capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "risk_profiles" / "balanced.yaml"
    assert run(["explain", str(path), "--lang", "ko"]) == 0
    assert "늘 남겨 둡니다" in capsys.readouterr().out
    assert run(["explain", str(path), "--tree"]) == 1


def test_the_tree_counts_candles_for_each_market(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(FILE), "--tree", "--markets", "KRW-ADA,KRW-DOGE", "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("KRW-ADA") == 4
    assert "entry.trigger.pullback" in shown
    assert "KRW-BTC  4h: 1602 candles" in shown
    assert "estimate" in shown


def test_a_traded_market_that_the_file_names_too_needs_its_candles_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(FILE), "--json", "--markets", "KRW-BTC,KRW-ETH"]) == 0
    needs = json.loads(capsys.readouterr().out)["candles"]
    assert len({(need["market"], need["timeframe"]) for need in needs}) == len(needs) == 8


def test_json_has_both_languages_the_nodes_and_what_they_need(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(FILE), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [line["path"] for line in found["sentences"]["ko"]] == [line["path"] for line in found["sentences"]["en"]]
    assert [node["node"] for node in found["nodes"]] == list(range(len(found["nodes"])))
    assert {rule["path"] for rule in found["rules"]} >= {"entry.higher_tf", "exits.stop", "rank"}
    assert {need["timeframe"] for need in found["candles"]} == {"5m", "15m", "1h", "4h"}
    assert found["nanoseconds_per_bar"] > 0


def test_a_file_with_errors_is_refused_with_its_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILE.read_text("utf-8").replace("ema(close, 21)", "emma(close, 21)"), "utf-8")
    assert run(["explain", str(broken)]) == 1
    assert "E101" in capsys.readouterr().err
    assert run(["explain", str(tmp_path / "none.yaml")]) == 1


def test_sentences_need_nothing_that_computes() -> None:
    code = (
        "import sys; from engine.cli.main import run; run(sys.argv[1:]); print(sorted({'numba', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    found = subprocess.run(
        [sys.executable, "-c", code, "explain", str(FILE)], capture_output=True, encoding="utf-8", env=environment, cwd=ROOT
    )
    assert found.stdout.splitlines()[-1] == "[]"
