"""The import contracts: the tree keeps them, and each is seen to break when somebody breaks it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("dsl", "engine", "gui")

#: (file that gets the line, planted line, name of the contract that must break)
PLANTS = [
    ("dsl/graph.py", "import engine.model.candle", "gui over engine over dsl"),
    ("dsl/strategy.py", "import gui", "gui over engine over dsl"),
    ("engine/model/events.py", "import gui", "gui over engine over dsl"),
    ("engine/model/events.py", "import engine.kernel.program", "engine from the ground up"),
    ("engine/kernel/program.py", "import engine.candles", "engine from the ground up"),
    ("engine/candles/__init__.py", "import engine.orders", "engine from the ground up"),
    ("engine/orders/__init__.py", "import engine.exchange.upbit", "engine from the ground up"),
    ("engine/exchange/simulated/__init__.py", "import engine.store", "engine from the ground up"),
    ("engine/store/__init__.py", "import engine.runner", "engine from the ground up"),
    ("engine/research/__init__.py", "import engine.runner", "engine from the ground up"),
    ("engine/runner/__init__.py", "import engine.research", "engine from the ground up"),
    ("engine/runner/__init__.py", "import engine.cli.main", "engine from the ground up"),
    ("engine/unlisted.py", '"""A module of no layer."""', "engine from the ground up"),
    ("engine/exchange/simulated/__init__.py", "import engine.exchange.upbit", "exchanges do not know one another"),
    ("gui/__init__.py", "import engine.kernel.program", "the app reaches the engine through its API only"),
    ("gui/__init__.py", "import engine.api.service", "the app reaches the engine through its API only"),
    ("engine/assembly.py", "import engine.api.service", "engine from the ground up"),
    ("engine/trader.py", "import engine.exchange.upbit.transfers", "only the owner's own hand moves money"),
    ("engine/kernel/ops/__init__.py", "import numba", "language, op files and catalogue start without numba and numpy"),
    ("engine/kernel/catalogue.py", "import engine.kernel.book", "language, op files and catalogue start without numba and numpy"),
    ("dsl/graph.py", "import numpy", "language, op files and catalogue start without numba and numpy"),
    ("engine/model/errors.py", "import numpy", "the root command starts without anything that computes"),
    ("engine/kernel/book.py", "import time", "kernel and language have no clock, no randomness and no network"),
    ("engine/kernel/ops/__init__.py", "import datetime", "kernel and language have no clock, no randomness and no network"),
    ("dsl/graph.py", "import random", "kernel and language have no clock, no randomness and no network"),
    ("engine/kernel/program.py", "import pathlib", "the kernel has no files"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run lint-imports over the packages below `folder`."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder)}
    )


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources to break."""
    folder = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    result = lint(tree)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(contracts())} kept, 0 broken" in result.stdout


@pytest.mark.parametrize(("file", "line", "contract"), PLANTS)
def test_a_planted_violation_breaks_its_contract(tree: Path, file: str, line: str, contract: str) -> None:
    path = tree / file
    before = path.read_text(encoding="utf-8") if path.exists() else None
    try:
        path.write_text((before or "") + "\n" + line + "\n", encoding="utf-8")
        result = lint(tree)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert result.returncode == 1, result.stdout + result.stderr
    assert f"{contract} BROKEN" in result.stdout


def test_every_contract_is_seen_to_break() -> None:
    assert {contract for _, _, contract in PLANTS} == set(contracts())


def contracts() -> list[str]:
    """Names of the contracts in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]]
