"""The root command: what it costs, what it says in both languages, and how it ends."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from dsl.diagnostics import Language
from dsl.messages import text
from engine.cli import main as root
from engine.cli import selftest
from engine.cli.language import language
from engine.model.errors import UserError

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("numba", "llvmlite", "numpy", "pandas", "pyarrow", "pydantic", "lark", "typer", "rich")


def jangdan(*arguments: str, lang: str = "en") -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "engine.cli", *arguments],
        cwd=ROOT, env={**os.environ, "JANGDAN_LANG": lang}, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


def imported_by(statement: str) -> set[str]:
    """Top-level modules in memory after the statement."""
    program = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    stopped = True\nsys.stderr.write(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    return {name.partition(".")[0] for name in result.stderr.split()}


def test_help_imports_nothing_heavy() -> None:
    loaded = imported_by("sys.argv = ['jangdan', '--help']; from engine.cli.main import main; main()")
    assert "engine" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_help_lists_every_command_in_the_chosen_language(lang: str) -> None:
    result = jangdan("--help", lang=lang)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    for name in root.COMMANDS:
        assert f"  {name:<14}{text(f'cli.help_{name}', Language(lang))}" in lines
    assert jangdan(lang=lang).stdout == result.stdout


@pytest.mark.parametrize("name", root.COMMANDS)
def test_every_command_can_be_loaded(name: str) -> None:
    module, _, attribute = root.COMMANDS[name].partition(":")
    target = getattr(importlib.import_module(module), attribute)
    assert isinstance(target, typer.Typer) or callable(target)


@pytest.mark.parametrize("name", ["check", "price", "data", "warmup", "selftest"])
def test_commands_that_do_not_compute_start_without_numba(name: str) -> None:
    module = root.COMMANDS[name].partition(":")[0]
    assert imported_by(f"import {module}").isdisjoint({"numba", "llvmlite", "pandas"})


def test_a_check_runs_without_anything_that_computes() -> None:
    file = "strategies/pullback-trend.yaml"
    loaded = imported_by(f"from engine.cli.main import main; sys.argv = ['jangdan', 'check', {file!r}]; main()")
    assert "pydantic" in loaded
    assert loaded.isdisjoint({"numba", "llvmlite", "numpy", "pandas", "pyarrow", "httpx"})


def test_a_run_of_stored_candles_asks_for_no_connection() -> None:
    loaded = imported_by("import engine.assembly, engine.research.report")
    assert "llvmlite" in loaded
    assert loaded.isdisjoint({"httpx", "asyncio", "pandas", "numba"})


@pytest.mark.parametrize("name", root.COMMANDS)
def test_every_command_explains_itself_in_korean(name: str) -> None:
    result = jangdan(name, "--help", lang="ko")
    assert result.returncode == 0, result.stderr
    assert f"jangdan {name}" in result.stdout
    for english in ("Usage", "Options", "Arguments", "Commands", "OPTIONS", "ARGS", "required", "default:", "env var", "Show this"):
        assert english not in result.stdout, english


def test_help_follows_the_language_within_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    for lang, line in (
        ("en", "Usage: jangdan data [OPTIONS]"),
        ("ko", "사용법: jangdan data [옵션]"),
        ("en", "Usage: jangdan data [OPTIONS]"),
    ):
        assert root.run(["data", "--help", "--lang", lang]) == 0
        assert line in capsys.readouterr().out


def test_version_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert jangdan("--version").stdout == f"jangdan {project['version']}\n"


def test_an_unknown_command_gets_a_suggestion_and_no_traceback() -> None:
    result = jangdan("chek")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: there is no command `chek`. Did you mean `check`?\n"
    assert jangdan("qqqqqq", lang="ko").stderr == "오류: `qqqqqq` 명령은 없습니다. 전체 목록: jangdan --help\n"


@pytest.mark.parametrize("arguments", [["--lang", "fr"], ["--lang"], ["--lang="], ["--frobnicate"]])
def test_wrong_global_options_are_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert root.run(arguments) == 2
    assert arguments[0].rstrip("=") in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--lang", "ko", "chek"], ["chek", "--lang", "ko"], ["chek", "--lang=ko"], ["--lang=en", "chek", "--lang", "ko"]]
)
def test_lang_is_taken_wherever_it_stands(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")
    assert root.run(arguments) == 2
    assert capsys.readouterr().err.startswith("오류:")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"JANGDAN_LANG": "ko", "LANG": "en_US.UTF-8"}, Language.KOREAN),
        ({"JANGDAN_LANG": "en", "LANG": "ko_KR.UTF-8"}, Language.ENGLISH),
        ({"LANG": "ko_KR.UTF-8"}, Language.KOREAN),
        ({"LC_ALL": "C", "LANG": "ko_KR.UTF-8"}, Language.ENGLISH),
        ({"LC_ALL": "Korean_Korea.949"}, Language.KOREAN),
        ({"LANG": "de_DE.UTF-8"}, Language.ENGLISH),
    ],
)
def test_language_comes_from_the_surroundings(environment: dict[str, str], expected: Language) -> None:
    assert language(environment) is expected


def test_a_user_error_speaks_both_languages_and_needs_its_values() -> None:
    error = UserError("cli.bad_lang", value="fr")
    assert str(error) == "--lang takes ko or en (given: fr)"
    assert error.message(Language.KOREAN) == "--lang 은 ko 또는 en 입니다 (받은 값: fr)"
    with pytest.raises(KeyError):
        UserError("cli.bad_lang").message(Language.ENGLISH)


def test_selftest_hands_its_arguments_to_pytest_last() -> None:
    line = selftest.command(["-k", "rsi", "-n", "0"])
    assert line[1:4] == ["-m", "pytest", "tests"]
    assert line[-4:] == ["-k", "rsi", "-n", "0"]
    here = Path(__file__)
    elsewhere = [f"--ignore={path}" for path in here.parent.iterdir() if path.name not in (here.name, "conftest.py")]  # only to be quick
    result = jangdan("selftest", "--collect-only", "-n", "0", "-k", "test_selftest_hands_its_arguments_to_pytest_last", *elsewhere)
    assert result.returncode == 0, result.stderr
    assert "test_selftest_hands_its_arguments_to_pytest_last" in result.stdout


def test_selftest_does_not_inherit_what_changes_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--co")
    monkeypatch.setenv("JANGDAN_TEST_DATA", "none")
    assert "PYTEST_ADDOPTS" not in selftest.environment()
    assert selftest.environment()["JANGDAN_TEST_DATA"] == "none"
