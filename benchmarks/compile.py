"""What is waited for before anything runs: everything compiled, one op compiled again after an edit, and commands from fresh processes.

.venv/bin/python -m benchmarks.compile [--runs 9] [--ops rsi supertrend.line] [--write]

Each is a command in a process of its own, with all processes below it: seconds by the clock, and of processor time.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.memory import ROOT, stored
from benchmarks.results import write_part
from benchmarks.walk import MINUTE_MS, START_MS
from engine.candles.instants import korean_time
from engine.kernel.catalogue import ops
from engine.kernel.code_cache import CACHE_VARIABLE

PRECOMPILE = ("precompile",)
DAYS, BARS = 7, 10_000
HEAD = [
    "Made by `python -m benchmarks.compile --write`: seconds by the clock and of processor time of all processes. Fresh processes find",
    "machine code and bytecode as `precompile` leaves them; their candles lie in the store. On a busy machine read the processor time.",
    "",
]


def seconds_of(arguments: Sequence[str], folder: Path, cache: Path | None) -> tuple[float, float]:
    """By the clock and of processor time, of one command of the program in `folder`. cache: of machine code; None = the user's."""
    environment = os.environ | {"PYTHONPATH": str(folder)} | ({} if cache is None else {CACHE_VARIABLE: str(cache)})
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "engine.cli", *arguments]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    elapsed, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return elapsed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def edit(folder: Path, op: str, number: int) -> None:
    """Give the kernel of an op a first statement that it never had, in the sources in `folder`."""
    kernel = ops()[op].kernel
    path = folder / f"{kernel.__module__.replace('.', '/')}.py"
    source = path.read_text(encoding="utf-8")
    (function,) = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef) and node.name == kernel.__name__)
    lines = source.splitlines(keepends=True)
    first = next(node for node in function.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)))
    lines[first.lineno - 1 : first.lineno - 1] = [f"    if length < -{number}:\n", "        return\n"]
    path.write_text("".join(lines), encoding="utf-8")


def compiled(names: Sequence[str]) -> list[str]:
    """Lines about an empty cache, and about one op edited at a time in a copy of the sources."""
    with tempfile.TemporaryDirectory() as place:
        cache, copy = Path(place) / "cache", Path(place) / "copy"
        for package in ("dsl", "engine"):
            shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
        lines = [row("everything, empty cache, two processes", [seconds_of(PRECOMPILE, copy, cache)])]
        lines.append(row("everything again, all stored", [seconds_of(PRECOMPILE, copy, cache)]))
        for number, name in enumerate(names, start=1):
            edit(copy, name, number)
            lines.append(row(f"`{name}` edited, everything again", [seconds_of(PRECOMPILE, copy, cache)]))
    return lines


def started(runs: int) -> list[str]:
    """Lines about commands from fresh processes, in turn."""
    store, (market, *_) = stored(1, DAYS)
    end_ms = START_MS + DAYS * 1_440 * MINUTE_MS
    days = [korean_time(ms).replace(" ", "T") for ms in (end_ms - BARS * MINUTE_MS, end_ms)]
    with tempfile.TemporaryDirectory() as place:
        backtest = ["backtest", "benchmarks/strategies/t1-ema-cross.yaml", "--data", str(store.folder), "--markets", market]
        backtest += ["--from", days[0], "--to", days[1], "--report", f"{place}/report.html"]
        commands = {
            f"`backtest` of T1, {BARS:,} bars, with its report": backtest,
            "`check` of a strategy": ["check", "strategies/pullback-trend.yaml"],
            "`--help`": ["--help"],
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        seconds_of(PRECOMPILE, ROOT, None)
        for _ in range(runs):
            for name, arguments in commands.items():
                found[name].append(seconds_of(arguments, ROOT, None))
    return [row(name, several) for name, several in found.items()]


def row(name: str, several: Sequence[tuple[float, float]]) -> str:
    """Of the table."""
    clock, cpu = zip(*several, strict=True)
    return f"| {name} | {statistics.median(clock):.2f} | {min(clock):.2f} | {min(cpu):.2f} | {len(several)} |"


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--ops", nargs="*", default=["rsi", "supertrend.line"], choices=sorted(ops()), metavar="OP")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines = ["| what | median s | least s | least CPU s | runs |", "|---|---|---|---|---|", *started(chosen.runs), *compiled(chosen.ops)]
    print("\n".join(lines))
    if chosen.write:
        write_part("Before anything runs", [*HEAD, *lines])


if __name__ == "__main__":
    main()
