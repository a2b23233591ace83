"""Named defects of the kinds that make backtests lie, each planted in a copy of the tree, and the test that must catch it.

Usage: python -m tests.mutation.planted [--only WORD] [--folder DIR]
First the named tests must pass in the unchanged copy; then each defect is planted alone, its test runs and has to fail (a defect that
merely breaks an import catches nothing). Prints one line a defect and closes with `N of M caught`. Exit code 1 when one is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.kernel.code_cache import cache_root

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Defect:
    """`old`, which stands once in the file, becomes `new`; `test` fails then."""

    name: str
    file: str
    old: str
    new: str
    test: str


DEFECTS = (
    Defect(
        "look-ahead: a higher timeframe is read before its bar closed", "engine/kernel/timeframes.py",
        "closed = bar_at(close_ms, source_length, source_offset) - 1 - clocks",
        "closed = bar_at(close_ms, source_length, source_offset) - clocks",
        "tests/engine/kernel/test_machine.py::test_hold_shows_the_last_closed_bar",
    ),
    Defect(
        "look-ahead: an order is filled at the close of the bar that it meets, not at its open", "engine/kernel/fills.py",
        "base = level_krw if inside else open_krw", "base = level_krw if inside else close_krw",
        "tests/engine/kernel_decide/test_step.py::test_a_rule_sale_waits_for_the_next_open_and_blocks_level_exits",
    ),
    Defect(
        "forgotten fee: a sale pays none", "engine/kernel/decide/answers.py",
        'book.account[0]["cash_krw"] += proceeds - fee_krw', 'book.account[0]["cash_krw"] += proceeds',
        "tests/engine/kernel_decide/test_run.py::test_books_balance_after_every_event",
    ),
    Defect(
        "forgotten fee: a trade that only fees made a loss counts as none", "engine/kernel/decide/answers.py",
        'if held["proceeds_krw"] - held["cost_krw"] - held["fees_krw"] < 0.0:', 'if held["proceeds_krw"] - held["cost_krw"] < 0.0:',
        "tests/engine/kernel_decide/test_close.py::test_fees_make_a_flat_trade_a_loss",
    ),
    Defect(
        "off by one: re-entry waits one bar less", "engine/kernel/decide/limits.py",
        "(time_ms - offset) // clock - 1 - (exit_ms - offset) // clock", "(time_ms - offset) // clock - (exit_ms - offset) // clock",
        "tests/engine/kernel_decide/test_close.py::test_reentry_counts_whole_clock_bars_after_the_bar_of_the_exit",
    ),
    Defect(
        "wrong tick date: the price units of 2025-07-31 come a month later", "engine/model/market_tables.py",
        '"krw_20250731",\n            "2025-07-31",', '"krw_20250731",\n            "2025-08-31",',
        "tests/engine/model/test_market.py::test_a_change_is_in_force_from_its_first_millisecond_in_korea",
    ),
    Defect(
        "wrong day: limits of loss turn at midnight in Korea, not at 09:00", "engine/kernel/decide/calendar.py",
        "return int(time_ms // DAY_MS)", "return int((time_ms + 32_400_000) // DAY_MS)",
        "tests/engine/kernel_decide/test_guard.py::test_days_weeks_and_months_are_the_calendars",
    ),
    Defect(
        "best of both: a stop loosens when its level falls", "engine/kernel/decide/position.py",
        'plan.exits[rule]["frozen"] == 0 and old > level:', 'plan.exits[rule]["frozen"] == 0 and old > 2.0 * level:',
        "tests/engine/kernel_decide/test_step.py::test_trail_moves_only_up",
    ),
    Defect(
        "best of both: the low of a bar hits no stop", "engine/kernel/decide/step.py",
        'held["step_low"] = low_krw', 'held["step_low"] = min(open_krw, close_krw)',
        "tests/engine/kernel_decide/test_step.py::test_ambiguous_step_takes_the_stop_and_counts_the_difference",
    ),
    Defect(
        "fills from nowhere: a bar without a trade moves the path on", "engine/kernel/decide/step.py",
        "    if not traded:\n        return\n", "",
        "tests/engine/kernel_decide/test_step.py::test_no_trade_and_unknown_minutes_touch_nothing",
    ),
    Defect(
        "money from nowhere: bought quantities are rounded up", "engine/kernel/legal.py",
        "return floor_ratio(amount_krw, QUANTITY_SCALE * scale, count * unit)",
        "return floor_ratio(amount_krw, QUANTITY_SCALE * scale, count * unit) + 1.0",
        "tests/engine/kernel_decide/test_legal.py::test_quantities_are_rounded_down_exactly",
    ),
    Defect(
        "gaps: what was never fetched counts as a bar without a trade", "engine/candles/grid.py",
        "state[:] = BarState.UNKNOWN", "state[:] = BarState.NO_TRADE", "tests/engine/candles/test_grid.py",
    ),
    Defect(
        "flattered figures: a year of 252 days", "engine/research/metrics.py",
        "DAYS_PER_YEAR: Final = 365", "DAYS_PER_YEAR: Final = 252",
        "tests/engine/research/test_metrics.py::test_figures_of_random_curves_are_those_of_quantstats",
    ),
    Defect(
        "flattered figures: a trade's profit leaves its fees out", "engine/kernel/ledger.py",
        'profit = trade["proceeds_krw"] - trade["cost_krw"] - fees + rest', 'profit = trade["proceeds_krw"] - trade["cost_krw"] + rest',
        "tests/engine/research/test_trades.py",
    ),
    Defect(
        "fills from nowhere: nobody stands before a target that waits", "engine/kernel/fills.py",
        "left = _touched(venue, exit_state, max(share * volume - traded, 0.0))", "left = max(share * volume - traded, 0.0)",
        "tests/simulation/test_cost_worlds.py::test_a_target_waits_behind_the_asks_that_stood_there",
    ),
    Defect(
        "no latency: a target that got its level just now has waited", "engine/kernel/decide/step.py",
        """held["step_ms"] >= book.exits[market, rule]["level_ms"] + plan.venue.costs[0]["latency_ms"]""", "True",
        "tests/simulation/test_cost_worlds.py::test_who_waited_at_the_exchange_needs_no_time_to_get_there",
    ),
    Defect(
        "off by one: a halt ends a bar late", "engine/kernel/legal.py",
        'halt["from_ms"] <= time_ms < halt["to_ms"]', 'halt["from_ms"] <= time_ms <= halt["to_ms"]',
        "tests/simulation/test_cost_worlds.py::test_nothing_trades_in_a_halt_and_entries_wait_for_its_end",
    ),
    Defect(
        "two truths: seconds decide in a minute that they do not add up to", "engine/candles/inside.py",
        "    same[bars] = equal\n", "    same[bars] = True\n",
        "tests/simulation/test_inside.py::test_what_is_stored_decides_where_it_adds_up",
    ),
    Defect(
        "fills from nowhere: an entry waits through an outage that the run asked for", "engine/research/backtest.py",
        "    if costs.outages:\n", "    if not costs.outages:\n",
        "tests/simulation/test_cost_worlds.py::test_an_entry_waits_for_the_end_of_an_outage_or_is_given_up",
    ),
    Defect(
        "flattered figures: the end of what is stored passes for coins that ended", "engine/candles/endings.py",
        "grid.state.shape[1] if to_end else _recorded(grid.state)", "grid.state.shape[1]",
        "tests/engine/research/test_doctor.py::test_what_gives_no_answer_is_not_judged",
    ),
)  # fmt: skip


def _fails(folder: Path, test: str, timeout_seconds: float) -> str:
    """ "": the test passes; else the first test that failed. RuntimeError when it could not be run at all."""
    environment = os.environ | {"JANGDAN_CACHE_DIR": str(folder / ".cache"), "JANGDAN_HYPOTHESIS_PROFILE": "ci"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *test.split()]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=timeout_seconds, check=False)
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.decode(errors="replace").splitlines() if line.startswith("FAILED")]
    if done.returncode != 1 or not failed:
        raise RuntimeError(f"{test} did not run: {done.stdout.decode(errors='replace')[-2000:]}")
    return failed[0].removeprefix("FAILED ").partition(" - ")[0]


def main() -> int:
    """Plant each defect and say which test caught it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="defects whose name contains this")
    arguments.add_argument("--folder", type=Path, default=None, help="where the copy is made (default: a temporary folder)")
    arguments.add_argument("--timeout-seconds", type=float, default=1800)
    options = arguments.parse_args()
    chosen = [defect for defect in DEFECTS if options.only in defect.name]
    folder: Path = options.folder or Path(tempfile.mkdtemp(prefix="planted-"))
    shutil.copytree(REPOSITORY, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", ".venv", ".cache", "__pycache__"))
    if cache_root().is_dir():  # machine code is named by its content: what is not changed need not be compiled again
        shutil.copytree(cache_root(), folder / ".cache" / "kernel", dirs_exist_ok=True)
    missed = 0
    for number, defect in enumerate(chosen, 1):
        file = folder / defect.file
        source = file.read_text(encoding="utf-8")
        if source.count(defect.old) != 1:
            raise RuntimeError(f"{defect.name}: the text to change stands {source.count(defect.old)} times in {defect.file}")
        if sound := _fails(folder, defect.test, options.timeout_seconds):
            raise RuntimeError(f"the unchanged copy fails: {sound}")
        file.write_text(source.replace(defect.old, defect.new), encoding="utf-8")
        caught = _fails(folder, defect.test, options.timeout_seconds)
        file.write_text(source, encoding="utf-8")
        missed += not caught
        print(f"{number:3} {defect.name} [{defect.file}]: {'caught by ' + caught if caught else 'MISSED by ' + defect.test}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} caught")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
