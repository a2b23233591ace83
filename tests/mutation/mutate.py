"""Plant random one-token defects in the kernel one at a time and see whether the tests notice.

Usage: python -m tests.mutation.mutate --count 30 --seed 1 [--folder DIR]
Each mutant is made in a copy of the repository, the copy's tests run (first the quick ones), and the file is put back. Prints one
line a mutant and closes with `N caught, M survived`. Exit code 1 when more than a tenth survive.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TARGETS = ("engine/kernel/ops", "engine/kernel/decide", "engine/kernel/fills.py", "engine/kernel/legal.py", "engine/kernel/aggregate.py")
OPS_STAGES = (("tests/laws", "tests/oracles/test_ops_oracles.py"), ("tests/oracles/test_ops_language.py", "tests/engine/kernel"))
DECISION_STAGES = (("tests/engine/kernel_decide",), ("tests/oracles/test_reference_agreement.py", "tests/simulation"))
COMPARISONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}


@dataclass(frozen=True)
class Mutant:
    """Replace the text [start, end) of a file, in characters."""

    file: Path
    start: int
    end: int
    replacement: str
    line: int
    shown: str


def _offsets(source: str) -> list[int]:
    """Character offset at which each line starts."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _between(source: str, start: int, end: int, token: str) -> int | None:
    """Offset of `token` in source[start:end], the gap between two operands."""
    found = source.find(token, start, end)
    return None if found < 0 else found


def _candidates_in(file: Path, source: str, function: ast.FunctionDef) -> Iterator[Mutant]:
    starts = _offsets(source)

    def at(line: int, column: int) -> int:
        text = source.splitlines()[line - 1]
        return starts[line - 1] + len(text.encode()[:column].decode())

    def make(start: int, end: int, replacement: str, line: int) -> Mutant:
        return Mutant(file, start, end, replacement, line, f"{source[start:end]} -> {replacement}")

    for statement in function.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # docstring
        for node in ast.walk(statement):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                gap = (
                    at(node.left.end_lineno or 0, node.left.end_col_offset or 0),
                    at(node.comparators[0].lineno, node.comparators[0].col_offset),
                )
                text = source[gap[0] : gap[1]].strip().strip("()").strip()
                if text in COMPARISONS and (where := _between(source, *gap, text)) is not None:
                    yield make(where, where + len(text), COMPARISONS[text], node.lineno)
            elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
                old, new = ARITHMETIC[type(node.op)]
                gap = at(node.left.end_lineno or 0, node.left.end_col_offset or 0), at(node.right.lineno, node.right.col_offset)
                if (where := _between(source, *gap, old)) is not None:
                    yield make(where, where + 1, new, node.lineno)
            elif isinstance(node, ast.BoolOp):
                first, second = node.values[0], node.values[1]
                old = "and" if isinstance(node.op, ast.And) else "or"
                gap = at(first.end_lineno or 0, first.end_col_offset or 0), at(second.lineno, second.col_offset)
                if (where := _between(source, *gap, old)) is not None:
                    yield make(where, where + len(old), "or" if old == "and" else "and", node.lineno)
            elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
                start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)
                yield make(start, end, repr(node.value + 1), node.lineno)


def candidates(folder: Path, targets: Sequence[str]) -> list[Mutant]:
    """Every place of the kernel where one token can be changed, in a fixed order."""
    files = [f for t in targets for f in (sorted((folder / t).rglob("*.py")) if (folder / t).is_dir() else [folder / t]) if f.is_file()]
    found: list[Mutant] = []
    for file in files:
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                found.extend(_candidates_in(file, source, node))
    return sorted(set(found), key=lambda m: (str(m.file), m.start, m.replacement))


def caught_by(folder: Path, stages: Sequence[Sequence[str]], timeout_seconds: float) -> str | None:
    """First failing test of the copy (or "timeout"), None when all pass."""
    environment = os.environ | {"JANGDAN_CACHE_DIR": str(folder / ".cache"), "JANGDAN_HYPOTHESIS_PROFILE": "ci"}
    for stage in stages:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *stage]
        try:
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=timeout_seconds, check=False)
        except subprocess.TimeoutExpired:
            return "timeout"
        if done.returncode != 0:
            failed = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith(("FAILED", "ERROR"))]
            return failed[0][:160] if failed else f"exit code {done.returncode}"
    return None


def main() -> int:
    """Run the mutants and print what happened to each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=30)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--part", default="1/1", help="K/N: every Nth of the chosen mutants from the Kth on, to share them out")
    arguments.add_argument("--targets", nargs="*", default=TARGETS, help="files and folders to plant in")
    arguments.add_argument("--folder", type=Path, default=None, help="where the copy is made (default: a temporary folder)")
    arguments.add_argument("--timeout-seconds", type=float, default=900)
    options = arguments.parse_args()
    folder: Path = options.folder or Path(tempfile.mkdtemp(prefix="mutants-"))
    shutil.copytree(REPOSITORY, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", ".venv", ".cache", "__pycache__"))
    if (failure := caught_by(folder, OPS_STAGES + DECISION_STAGES, options.timeout_seconds)) is not None:
        print(f"the unchanged copy fails: {failure}")
        return 2
    places = candidates(folder, options.targets)
    chosen = random.Random(options.seed).sample(places, options.count)
    part, parts = (int(number) for number in options.part.split("/"))
    chosen = chosen[part - 1 :: parts]
    survivors = 0
    for number, mutant in enumerate(chosen, 1):
        source = mutant.file.read_text(encoding="utf-8")
        mutant.file.write_text(source[: mutant.start] + mutant.replacement + source[mutant.end :], encoding="utf-8")
        in_ops = "ops" in mutant.file.parts
        stages = OPS_STAGES + DECISION_STAGES if in_ops else DECISION_STAGES + OPS_STAGES
        verdict = caught_by(folder, stages, options.timeout_seconds)
        mutant.file.write_text(source, encoding="utf-8")
        survivors += verdict is None
        where = f"{mutant.file.relative_to(folder)}:{mutant.line}"
        print(f"{number:3} {where} [{mutant.shown}] {'SURVIVED' if verdict is None else 'caught: ' + verdict}", flush=True)
    print(f"{len(chosen) - survivors} caught, {survivors} survived, of {len(places)} places")
    return 1 if survivors * 10 > len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
