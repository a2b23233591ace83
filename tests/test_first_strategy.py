"""The first strategy of the manual, as a beginner would follow it: every file is right, every command works, it buys and sells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from engine.candles.grid import build_grid
from engine.candles.sample import SAMPLE_RANGE, sample_tables
from engine.cli.main import run
from engine.research.backtest import backtest
from engine.research.result import Settings
from tests.dsl.helpers import ROOT, codes, compiled, strategy_of

PAGES = {"ko": "first-strategy.ko.md", "en": "first-strategy.md"}


def blocks(language: str, kind: str) -> list[str]:
    text = (ROOT / "docs" / PAGES[language]).read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("language", PAGES)
def test_every_file_is_right_and_trades(language: str) -> None:
    small, whole = blocks(language, "yaml")
    assert 45 <= len(whole.splitlines()) <= 55
    tables = sample_tables()
    grid = build_grid(tables, [float("nan")] * len(tables), tables[0].timeframe, *SAMPLE_RANGE)
    counts = []
    for text in (small, whole):
        checked = compiled(text, "my-first.yaml")
        assert codes(checked) == []
        strategy = strategy_of(checked)
        result = backtest(strategy, grid, Settings())
        counts.append(result.rule_counts["entry"][0] / len(strategy.markets))
        sold = {strategy.exit_name(int(fill["exit_index"])) for fill in result.fills if fill["side"] < 0}
        assert {exit_.name for exit_ in strategy.exits} <= sold
        assert (result.fills["side"] > 0).sum() >= 50
    assert counts[0] > 2 * counts[1]  # "it needs conditions that filter"


def test_both_languages_show_the_same_files() -> None:
    ko, en = ([yaml.safe_load(block) for block in blocks(language, "yaml")] for language in ("ko", "en"))
    assert ko[1].pop("title") != en[1].pop("title")
    assert ko == en
    assert blocks("ko", "sh") == blocks("en", "sh")


@pytest.mark.parametrize("language", PAGES)
def test_the_mistake_gets_the_message_that_is_shown(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my-first.yaml").write_text(blocks(language, "yaml")[0].replace("above ema(", "above emma("), "utf-8")
    (shown,) = blocks(language, "text")
    assert run(["--lang", language, "check", "my-first.yaml"]) == 1
    assert shown.rstrip() in capsys.readouterr().out


@pytest.mark.parametrize("language", PAGES)
def test_its_commands_work(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    lines = [line for block in blocks(language, "sh") for line in block.splitlines()]
    assert len(lines) >= 5
    Path("my-first.yaml").write_text(blocks(language, "yaml")[1], "utf-8")
    extra = ["--market", "KRW-ETH", "--at", "2025-07-20T13:30"]
    for line in (*lines, f"jangdan why my-first.yaml {' '.join(extra)}"):
        program, *words = line.split()
        assert program == "jangdan"
        assert run([*words, "--lang", language]) == 0, line
    assert " ".join(extra) in (ROOT / "docs" / PAGES[language]).read_text("utf-8")
    assert list(tmp_path.glob("reports/*.html"))
    assert "SYNTHETIC" in capsys.readouterr().out
