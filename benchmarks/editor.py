"""How long the editor's help takes, after import: `python -m benchmarks.editor`. The first run, and medians of many, in milliseconds.

Time on the wall and, because other programs may be running, time of the processor.

A "key" is a text that differs from the one before by one character, as typing makes them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from dsl.assist.assist import Assist
from dsl.diagnostics import Language
from dsl.files import compile_file, profiles_in
from engine.kernel.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[1]
RUNS = 21


def long_file(lines: int = 2_000) -> str:
    """A strategy of so many lines, each definition another one."""
    head = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
    before, _, after = head.partition("define:")
    count = lines - head.count("\n")
    more = "".join(f"\n  d{n}: ema(close, {n % 90 + 2}) > sma(close, {n % 71 + 3})" for n in range(count))
    return f"{before}define:{more}{after.partition(chr(10))[1]}{after.partition(chr(10))[2]}"


def milliseconds(run: Callable[[int], object], runs: int = RUNS) -> tuple[float, float, float]:
    """First run, median of the others, and median of their processor time."""
    wall, processor = [], []
    for number in range(runs + 1):
        begun, used = time.perf_counter(), time.process_time()
        run(number)
        wall.append((time.perf_counter() - begun) * 1e3)
        processor.append((time.process_time() - used) * 1e3)
    return wall[0], statistics.median(wall[1:]), statistics.median(processor[1:])


def main() -> None:
    """Print a table."""
    known = catalogue()
    assist = Assist(known, profiles_in(ROOT / "risk_profiles"))
    example = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")
    largest = max((ROOT / "strategies").glob("*.yaml"), key=lambda path: path.stat().st_size)
    long = long_file()
    at = example.index("trend_up: ema(close") + len("trend_up: em")
    late = long.index("trend_lost:") + len("trend_lost:\n    when: n")

    def typed(text: str, number: int) -> str:
        return text.replace("ret(1h) < 5%", f"ret(1h) < 5.{number:03}%")

    rows: dict[str, tuple[float, float, float]] = {
        f"check of the largest shipped strategy ({largest.name})": milliseconds(lambda _: compile_file(largest, known)),
        "diagnostics of the example, a key later": milliseconds(lambda n: assist.diagnostics(typed(example, n), "f", Language.KOREAN)),
        "completion in the example": milliseconds(lambda _: assist.complete(example, at, Language.KOREAN)),
        "hover in the example": milliseconds(lambda _: assist.hover(example, at, Language.KOREAN)),
        f"diagnostics of {long.count(chr(10)):,} lines, a key later": milliseconds(
            lambda n: assist.diagnostics(typed(long, n), "f", Language.KOREAN), 5
        ),
        "completion in them": milliseconds(lambda _: assist.complete(long, late, Language.KOREAN), 5),
    }
    print(f"{'':62}{'first':>10}{'median':>10}{'processor':>11}")
    for name, (first, median, processor) in rows.items():
        print(f"{name:62}{first:10.1f}{median:10.1f}{processor:11.1f}")


if __name__ == "__main__":
    main()
