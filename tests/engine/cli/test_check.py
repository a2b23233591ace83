"""`jangdan check`: exit codes, one JSON document, both languages, and a start without numba, numpy or pandas."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
GOOD = [str(path) for path in sorted([*(ROOT / "strategies").glob("*.yaml"), *(ROOT / "risk_profiles").glob("*.yaml")])]
BROKEN = str(ROOT / "tests" / "golden" / "broken" / "25-many-mistakes.yaml")


def call(*arguments: str, code: str = "from engine.cli.main import main; main()") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", env=environment, cwd=ROOT)


def test_good_files_pass_and_broken_ones_fail(capsys: object) -> None:
    assert len(GOOD) >= 7
    assert run(["check", *GOOD]) == 0
    assert run(["check", *GOOD, BROKEN]) == 1
    assert run(["check", "no-such-file.yaml"]) == 1


def test_json_is_one_document_and_nothing_else() -> None:
    result = call("check", *GOOD[:2], BROKEN, "no-such-file.yaml", "--json")
    assert result.returncode == 1
    files = json.loads(result.stdout)["files"]
    assert result.stderr == ""
    assert [file["ok"] for file in files] == [True, True, False, False]
    assert files[3]["problem"]
    codes = [diagnostic["code"] for diagnostic in files[2]["diagnostics"]]
    assert len(codes) >= 6
    first = files[2]["diagnostics"][0]
    assert (first["line"], first["column"], first["fix"]) == (5, 8, "state: paper")
    assert first["ko"]["message"] != first["en"]["message"]


def test_both_languages() -> None:
    korean, english = (call("check", BROKEN, "--lang", language) for language in ("ko", "en"))
    assert "모르는 함수 `emma`" in korean.stdout
    assert "unknown function `emma`" in english.stdout
    assert korean.returncode == english.returncode == 1


def test_checking_imports_nothing_that_computes() -> None:
    code = (
        "import sys; from engine.cli.main import run; run(sys.argv[1:]); "
        "print(sorted({'numba', 'numpy', 'pandas', 'pyarrow', 'httpx', 'jwt', 'websockets'} & set(sys.modules)))"
    )
    assert call("check", GOOD[0], code=code).stdout.splitlines()[-1] == "[]"


def test_candles_add_warnings_and_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("JANGDAN_LANG", "en")
    folder = ROOT / "tests" / "golden" / "candles"
    small, refused = str(folder / "fixed-markets.yaml"), str(folder / "refused.yaml")
    assert run(["check", small]) == 0
    assert capsys.readouterr().out == f"{small}: no problems\n"
    assert run(["check", small, "--data", "--cash", "100_000_000 KRW", "--json"]) == 0
    shown = capsys.readouterr()
    assert "Using the built-in sample market" in shown.err
    (document,) = json.loads(shown.out)["files"]
    assert [one["code"] for one in document["diagnostics"]] == ["W160"]  # ten times the cash: the orders are large enough
    assert run(["check", refused, small, "--data"]) == 1
    assert "on the last 60 days A fires" in capsys.readouterr().out


def test_without_candles_the_file_is_checked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")
    path = tmp_path / "here.yaml"
    text = (ROOT / "tests" / "golden" / "candles" / "fixed-markets.yaml").read_text("utf-8").replace("weight: 0.2%", "weight: 0.1%")
    path.write_text(
        text.replace("[KRW-BTC, KRW-SMPA, KRW-SMPB]", "[KRW-NOWHERE]").replace("  stop: {at: -4%}", "  t: {at: +0.05%}"), "utf-8"
    )
    assert run(["check", str(path), "--candles", str(tmp_path / "none")]) == 1
    shown = capsys.readouterr()
    assert "error: KRW-NOWHERE: no candles that fit" in shown.err
    assert "E401" in shown.out


def test_other_errors_keep_the_candles_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")
    assert run(["check", BROKEN, "--candles", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "mend the other errors first" in shown.err
    assert "E101" in shown.out
