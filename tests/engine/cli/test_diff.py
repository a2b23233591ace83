"""`jangdan diff`: exit codes, JSON, and files that cannot be compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "strategies" / "trend-1h.yaml"


def test_exit_codes_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "new.yaml"
    text = FILE.read_text("utf-8")
    other.write_text(text.replace("breakout", "higher"), "utf-8")
    assert run(["diff", str(FILE), str(other), "--lang", "en"]) == 0
    assert "Same meaning." in capsys.readouterr().out
    other.write_text(text.replace("adx(14) > 20", "adx(14) > 25"), "utf-8")
    assert run(["diff", str(FILE), str(other), "--lang", "ko"]) == 1
    assert "entry.strong: 변경  [다음 판단부터]" in capsys.readouterr().out
    assert run(["diff", str(FILE), str(other), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(change["path"], change["reload"]) for change in found["changes"]] == [("entry.strong", ["live"])]
    assert found["same"] is False


def test_what_cannot_be_compared_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(FILE.read_text("utf-8").replace("adx(14)", "adxx(14)"), "utf-8")
    assert run(["diff", str(FILE), str(broken)]) == 2
    assert "E101" in capsys.readouterr().err
    assert run(["diff", str(FILE), str(tmp_path / "none.yaml")]) == 2
    assert run(["diff", str(FILE), str(ROOT / "risk_profiles" / "balanced.yaml")]) == 2


def test_open_positions_refuse_another_clock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "new.yaml"
    other.write_text(FILE.read_text("utf-8").replace("clock: 1h", "clock: 4h"), "utf-8")
    assert run(["diff", str(FILE), str(other), "--open", "krw-xrp, KRW-SOL", "--lang", "en"]) == 1
    assert "open now: KRW-SOL, KRW-XRP (opened by version" in capsys.readouterr().out
    assert run(["diff", str(FILE), str(other), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["refused"] == []
    assert run(["diff", str(FILE), str(other), "--open", "KRW-XRP", "--json"]) == 1
    assert [one["code"] for one in json.loads(capsys.readouterr().out)["refused"]] == ["R301"]
    assert run(["diff", str(FILE), str(FILE), "--open", "KRW-XRP"]) == 0
    assert run(["diff", str(FILE), str(FILE), "--open", "XRP"]) == 2
