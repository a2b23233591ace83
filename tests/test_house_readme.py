"""The two READMEs: same commands, every command real, every path there, every line of the strategy really in the strategy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.cli.main import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
READMES = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md")}


def commands(page: str) -> list[str]:
    """Command lines of a page's code blocks, without the remarks that follow two blanks."""
    lines = [line for block in re.findall(r"```\n(.*?)```", page, re.DOTALL) for line in block.splitlines()]
    return [line.split("  ")[0].strip() for line in lines if line.startswith(("jangdan ", "python3 jangdan.py "))]


def test_both_languages_show_the_same_commands() -> None:
    assert len(commands(READMES["README.md"])) >= 12
    assert commands(READMES["README.md"]) == commands(READMES["README.ko.md"])


def test_every_command_shown_exists() -> None:
    shown = {line.removeprefix("python3 jangdan.py ").removeprefix("jangdan ").split()[0] for line in commands(READMES["README.md"])}
    assert shown - {"--help"} <= set(COMMANDS)


@pytest.mark.parametrize("name", READMES)
def test_every_file_named_is_there(name: str) -> None:
    linked = re.findall(r"\]\((?!http)([^)]+)\)", READMES[name])
    argued = [word for line in commands(READMES[name]) for word in line.split() if word.startswith("strategies/")]
    assert len(linked) >= 5
    assert [path for path in linked + argued if not (ROOT / path).exists()] == []


def test_the_strategy_shown_is_the_strategy_shipped() -> None:
    strategy = re.sub(r"\s+", " ", (ROOT / "strategies" / "pullback-trend.yaml").read_text(encoding="utf-8"))
    for page in READMES.values():
        quoted = re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)
        assert len(quoted) >= 8
        pieces = [piece.strip() for text in quoted for piece in text.split("...")]
        assert [piece for piece in pieces if piece not in strategy] == []
