"""`jangdan data` as a user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.candles.endings import ending
from engine.candles.sample import COINS, sample_store
from engine.candles.store import CandleStore
from engine.cli.data import VARIABLE, data_folder
from engine.model.candle import Ending
from tests.engine.candles.tables import LATE_JANUARY, MINUTE, columns, full

ROOT = Path(__file__).resolve().parents[3]
HEADER = "time,open,high,low,close,volume,value"


def jangdan(*arguments: object, language: str = "en", **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "JANGDAN_LANG": language, "PYTHONIOENCODING": "utf-8", **environment}
    command = [sys.executable, "-m", "engine.cli", "data", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, encoding="utf-8", timeout=120, check=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    table = full(LATE_JANUARY, LATE_JANUARY + 20 * 60_000, market="KRW-BTC")
    rows = [",".join(map(repr, (int(t), *map(float, numbers)))) for t, numbers in zip(table.time_ms, columns(table).T, strict=True)]
    path = tmp_path / "files" / "KRW-BTC_1m.csv"
    path.parent.mkdir()
    path.write_text("\n".join([HEADER, *rows]))
    return path


def test_import_list_check(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "candles"
    first = jangdan("import", source.parent, "--data", folder)
    assert first.returncode == 0, first.stderr
    assert "1 files, 20 rows (20 added, 0 replaced), 0 refused" in first.stdout
    assert "2025-02-01 07:00" in first.stdout  # Korean time
    second = json.loads(jangdan("import", source, "--json", **{VARIABLE: str(folder)}).stdout)
    assert second["files"][0]["written"] == {"added": 0, "conflicts": 0, "unchanged": 20, "files": 0, "examples": [], "removed": 0}
    end_ms = LATE_JANUARY + 20 * 60_000
    assert ending(CandleStore(folder), "KRW-BTC", MINUTE, end_ms) is Ending.UNKNOWN
    assert jangdan("import", source, "--delisted", "--data", folder).returncode == 0
    assert ending(CandleStore(folder), "KRW-BTC", MINUTE, end_ms) is Ending.ENDED
    listed = json.loads(jangdan("list", "--data", folder, "--json").stdout)
    assert listed["candles"] == [
        {"market": "KRW-BTC", "timeframe": "1m", "rows": 20, "ranges": [[LATE_JANUARY, LATE_JANUARY + 20 * 60_000]], "value_known": True}
    ]
    assert listed["synthetic"] is False
    table = jangdan("list", "--data", folder, language="ko")
    assert "마켓 1개, 20행" in table.stdout
    checked = jangdan("check", "--data", folder)
    assert checked.returncode == 0
    assert "No wrong numbers" in checked.stdout


def test_a_bad_file_exits_1_names_the_place_and_leaves_good_ones_in(tmp_path: Path, source: Path) -> None:
    folder, lines = tmp_path / "candles", source.read_text().splitlines()
    bad = source.with_name("KRW-ETH_1m.csv")
    bad.write_text("\n".join([*lines[:8], lines[8].split(",")[0] + ",5,4,3,2,1,1", *lines[9:]]))
    for language, words in (("en", "row 9, column high"), ("ko", "행 9, 열 high")):
        result = jangdan("import", source.parent, "--data", folder, language=language)
        assert result.returncode == 1
        assert words in result.stdout
        assert "--skip-bad" in result.stdout
    assert CandleStore(folder).markets() == ["KRW-BTC"]
    report = jangdan("check", bad, "--json")
    assert report.returncode == 1
    assert json.loads(report.stdout)["markets"][0]["findings"]["order"] == {"count": 1, "examples": [LATE_JANUARY + 7 * 60_000]}
    assert jangdan("import", bad, "--skip-bad", "--data", folder).returncode == 0
    assert len(CandleStore(folder).read("KRW-ETH", MINUTE).time_ms) == 19


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "nowhere"), "no such file or folder"),
        (("import", "{source}", "--timezone", "mars"), "auto, utc or kst"),
        (("import", "{source}", "--timeframe", "1M"), "not yet supported"),
        (("import", "{source}", "--gap", "soon"), "no duration"),
        (("import", "{source}", "--market", "btc"), "no market code"),
        (("import", "{source}", "{other}", "--market", "KRW-BTC"), "exactly one file"),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path: Path, source: Path, arguments: tuple[str, ...], words: str) -> None:
    other = source.with_name("KRW-XRP_1m.csv")
    other.write_text(source.read_text())
    filled = [argument.format(source=source, other=other) for argument in arguments]
    result = jangdan(*filled, "--data", tmp_path / "candles")
    assert result.returncode == 1
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "candles").exists()


def test_generated_candles_are_labelled(tmp_path: Path) -> None:
    store = sample_store(tmp_path)
    for command in ("list", "check"):
        assert "SYNTHETIC" in jangdan(command, "--data", store.folder).stdout
        assert json.loads(jangdan(command, "--data", store.folder, "--json").stdout)["synthetic"] is True
    assert len(json.loads(jangdan("list", "--data", store.folder, "--json").stdout)["candles"]) == len(COINS)
    only = json.loads(jangdan("check", "--data", store.folder, "--market", "KRW-XRP", "--json").stdout)
    assert [quality["market"] for quality in only["markets"]] == ["KRW-XRP"]


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    result = jangdan("list", "--data", tmp_path / "none")
    assert result.returncode == 0
    assert "jangdan data import" in result.stdout
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("arguments", [("--help",), ("import", "--help"), ("check", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys; from engine.cli.main import run; status = run(sys.argv[1:]);"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'numba', 'httpx'} & set(sys.modules);"
        "sys.exit(f'status {status}, imported {heavy}' if heavy or status else 0)"
    )
    command = [sys.executable, "-c", code, "data", *arguments]
    result = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_the_folder_is_named_by_option_then_variable_then_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "named"))
    assert data_folder(tmp_path / "chosen") == tmp_path / "chosen"
    assert data_folder(None) == tmp_path / "named"
    monkeypatch.delenv(VARIABLE)
    assert data_folder(None).parts[-2:] == ("jangdan", "candles")


@pytest.mark.data
def test_a_recording_is_imported(market_data: Path, tmp_path: Path) -> None:
    done = jangdan("import", market_data / "ws" / "upbit_ws_20210405.jsonl.gz", "--data", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "rows of KRW-DAWN trades stored" in done.stderr
    assert len(list(tmp_path.glob("side/*/books/2021-04-05.parquet"))) == 9
