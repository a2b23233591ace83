"""`jangdan sweep` through the command line: table, documents, split, and what it says when something is off."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from engine.cli import sweep_output
from engine.cli.main import run

FILE = """schema: strategy/1
name: made
clock: 1h
markets: [KRW-BTC]
params:
  fast: {value: 5, range: 4..6, step: 1}
  slow: {value: 20, range: 10..30}
entry: ema(close, fast) crosses above ema(close, slow)
sizing: {weight: 50% of equity}
exits:
  stop: {at: -2%}
  back:
    when: ema(close, fast) crosses below ema(close, slow)
limits: {open_positions: 3}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one file, English messages, no exchange to reach and no candles of the user: the sample market."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    (tmp_path / "made.yaml").write_text(FILE, "utf-8")
    return tmp_path


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert run(["sweep", "made.yaml", *arguments]) == code
    found = capsys.readouterr()
    return found.out, found.err


RANGE = ("--from", "2025-07-10", "--to", "2025-08-10")


def test_the_table_in_both_languages(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--vary", "fast", "--vary", "slow=10,20,31", *RANGE)
    out, err = answer(capsys, *asked, "--top", "3")
    assert "SYNTHETIC" in out
    assert "made: 6 variants by Total return" in out
    assert out.count("%") > 12
    assert "median of all: Total return" in out
    assert "neighbours of the first (one value, one step away)" in out
    assert "of 6 tries" in out
    assert "3 variants are refused. One of them: fast=4, slow=31: " in out
    assert "6 variants x " in err
    out, _ = answer(capsys, *asked, "--lang", "ko", "--sort", "sharpe", "--split", "70%")
    assert "made: 조합 6개, 샤프 지수 순" in out
    assert "1위는 확인 기간에서 6개 중" in out


@pytest.mark.parametrize(("width", "left"), [(70, ["Fees paid", "Exposure"]), (160, [])])
def test_a_narrow_screen_leaves_figures_out_and_cuts_none(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int, left: list[str]
) -> None:
    monkeypatch.setattr(sweep_output, "_PIPE_WIDTH", width)
    out, _ = answer(capsys, "--vary", "fast=4,5", "--from", "2025-07-10", "--to", "2025-07-14")
    table = out.partition("made: 2 variants")[2].partition("left out")[0].partition("median of all")[0]
    assert "…" not in table
    assert max(map(cell_len, table.splitlines())) <= width
    assert [name in out for name in left] == [True] * len(left)
    assert ("left out, as the screen is narrow" in out) == bool(left)


def test_the_documents_say_the_same(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--vary", "fast", "--vary", "limits.open_positions=1,2", *RANGE, "--split", "2025-08-01", "--sort", "calmar")
    document: dict[str, Any] = json.loads(answer(capsys, *asked, "--json", "-")[0])
    assert document["tried"] == len(document["variants"]) == 6
    assert document["vary"] == {"params.fast": ["4", "5", "6"], "limits.open_positions": ["1", "2"]}
    figures = [one["figures"]["calmar"] for one in document["variants"]]
    assert figures == sorted(figures, reverse=True)
    rows = list(csv.DictReader(io.StringIO(answer(capsys, *asked, "--csv", "-")[0])))
    for row, one in zip(rows, document["variants"], strict=True):
        assert {path: row[path] for path in document["vary"]} == one["values"]
        assert float(row["end_equity"]) == one["figures"]["end_equity"]
        assert float(row["later_end_equity"]) == one["later"]["end_equity"]


def test_the_first_row_is_the_backtest_of_the_file_it_writes(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(
        answer(capsys, "--vary", "fast", "--vary", "exits.stop=-1%,-3%", *RANGE, "--json", "-", "--write", "best.yaml")[0]
    )
    assert run(["backtest", "best.yaml", *RANGE, "--json", "-"]) == 0
    alone = json.loads(capsys.readouterr().out)
    first, figures = document["variants"][0]["figures"], alone["figures"]
    assert {key: figures[key] for key in ("end_equity", "closed_trades", "sharpe", "maximum_drawdown")} == {
        key: first[key] for key in ("end_equity", "closed_trades", "sharpe", "maximum_drawdown")
    }
    assert f"at: {document['variants'][0]['values']['exits.stop']}" in (place / "best.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to vary"),
        (("--vary", "quick=1,2"), "the file has no `quick`"),
        (("--vary", "entry=1,2"), "there is no number at that place"),
        (("--vary", "slow"), "give values, or a range and a step"),
        (("--vary", "slow=a,b"), "`a` is no number"),
        (("--vary", "slow=3:1:1"), "is not first:last:step"),
        (("--vary", "slow=1%:2h:1"), "the units in"),
        (("--vary", "slow=1:99999:1"), "too many values"),
        (("--vary", "slow=10:1000:1", "--vary", "fast=2:100:1"), "combinations; 20,000 at most"),
        (("--vary", "slow=5,6", "--vary", "params.slow=7"), "given twice"),
        (("--vary", "slow=500,600"), "every combination is refused"),
        (("--vary", "slow=20", "--sort", "luck"), "--sort has no `luck`"),
        (("--vary", "slow=20", "--split", "x%"), "`x%` is not a date"),
        (("--vary", "slow=20", *RANGE, "--split", "2025-09-01"), "does not cut the range in two"),
        (("--vary", "slow=20", "--threads", "0"), "--threads lies between"),
        (("--vary", "slow=20", "--csv", "-", "--json", "-"), "exclude each other"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str) -> None:
    out, err = answer(capsys, *arguments, code=1)
    assert said in err
    assert out == ""
