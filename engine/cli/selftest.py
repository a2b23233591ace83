"""`jangdan selftest`: the product's own tests, as README promises them."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import typer

from dsl.messages import text
from engine.cli.language import language
from engine.model.errors import UserError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

#: the checkout that this installation runs from
ROOT = Path(__file__).resolve().parents[2]


@app.command(
    help=text("cli.help_selftest", language()),
    epilog=text("cli.selftest_epilog", language()),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def selftest(context: typer.Context) -> None:
    """Run every test of tests/ on two processes, hand unknown arguments to pytest, and exit with pytest's code."""
    if not (ROOT / "tests").is_dir():
        raise UserError("cli.no_tests", folder=ROOT)
    if importlib.util.find_spec("pytest") is None or importlib.util.find_spec("xdist") is None:
        raise UserError("cli.no_pytest")
    raise typer.Exit(subprocess.run(command(context.args), cwd=ROOT, env=environment(), check=False).returncode)


def command(arguments: list[str]) -> list[str]:
    """The pytest command line; the user's arguments come last, so that they win."""
    return [sys.executable, "-m", "pytest", "tests", "-n", "2", "--dist", "worksteal", "-q", *arguments]


def environment() -> dict[str, str]:
    """This process's variables without those that change what pytest does or which modules Python finds."""
    unwanted = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "JANGDAN_LANG")
    return {name: value for name, value in os.environ.items() if name not in unwanted}
