"""The store under real processes: writers killed at every file operation and at random moments, writers and readers at the same time."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.candles.months import month_range
from engine.candles.store import CandleStore
from engine.model.candle import CandleTable
from tests.engine.candles.tables import LATE_JANUARY, MINUTE, columns, full, numbers_at, same
from tests.engine.candles.writer import SPAN

ROOT = Path(__file__).resolve().parents[3]
FEBRUARY = month_range("2025-02")[0]


def start(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.engine.candles.writer", str(folder), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def versions_seen(table: CandleTable) -> list[int]:
    """The version of each month of SPAN. Fails unless every month is whole, claims what it holds, and is of one version."""
    found = []
    for begin, end in ((SPAN[0], FEBRUARY), (FEBRUARY, SPAN[1])):
        inside = (table.time_ms >= begin) & (table.time_ms < end)
        times, numbers = table.time_ms[inside], columns(table)[:, inside]
        assert np.array_equal(times, np.arange(begin, end, 60_000)), "a month is there whole"
        version = round(float(numbers[0, 0] - numbers_at(times)[0, 0]) / 10_000)
        assert np.array_equal(numbers, numbers_at(times, version)), "a month is of one version"
        found.append(version)
    assert table.fetched == (SPAN,)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot SIGKILL itself on Windows; random kills below run there too")
def test_a_writer_killed_at_any_file_operation_leaves_each_month_old_or_new(tmp_path: Path) -> None:
    outcomes = set()
    for number in range(1, 100):
        store = CandleStore(tmp_path / str(number))
        store.write(full(*SPAN, version=0))
        process = start(store.folder, "dies_at", number)
        output, _ = process.communicate(timeout=120)
        seen = versions_seen(store.read("KRW-AAA", MINUTE))
        assert set(seen) <= {0, 1}
        outcomes.add(tuple(seen))
        store.write(full(*SPAN, version=2))  # the lock died with its owner, and what it left is no hindrance
        assert versions_seen(store.read("KRW-AAA", MINUTE)) == [2, 2]
        assert not list(store.folder.rglob("*.tmp"))
        if output:
            break
    assert output == "whole\n"
    assert number > 8, "a write of two months is at least eight file operations"
    assert outcomes == {(0, 0), (1, 0), (1, 1)}


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_a_first_write_killed_at_any_file_operation_never_claims_what_it_lacks(tmp_path: Path) -> None:
    number, output, partial = 0, "", 0
    while not output:
        number += 1
        store = CandleStore(tmp_path / str(number))
        process = start(store.folder, "dies_at", number)
        output, _ = process.communicate(timeout=120)
        table = store.read("KRW-AAA", MINUTE)
        claimed = [np.arange(*span, 60_000) for span in table.fetched]
        assert np.array_equal(table.time_ms, np.concatenate([np.empty(0, np.int64), *claimed]))
        assert np.array_equal(columns(table), numbers_at(table.time_ms, 1))
        partial += 0 < len(table.time_ms) < 240
    assert partial >= 1, "some kill fell between the two months"


def test_writers_killed_at_random_moments(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.write(full(*SPAN, version=0))
    dice = random.Random(20250901)
    inside, last = 0, 0
    for _ in range(8):
        process = start(tmp_path, "versions", last + 1)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(dice.randrange(1, 16))]
        for _ in range(dice.randrange(0, 20)):
            versions_seen(store.read("KRW-AAA", MINUTE))
        process.kill()
        lines += process.stdout.read().splitlines(keepends=True)
        process.wait()
        process.stdout.close()
        inside += lines[-1].startswith("begin")
        ended = max((int(line.split()[1]) for line in lines if line.startswith("end")), default=last)
        begun = max(int(line.split()[1]) for line in lines if line.startswith("begin"))
        seen = versions_seen(store.read("KRW-AAA", MINUTE))
        assert all(ended <= version <= begun for version in seen), "what was said to be written is written"
        last = max(seen)
    assert inside >= 4, "most kills fell inside a write"


def test_readers_and_writers_at_the_same_time(tmp_path: Path) -> None:
    """Four writers of interleaved hours over a month's end; whatever is read meanwhile is whole, and nothing is lost."""
    store, count = CandleStore(tmp_path), 60
    writers = [start(tmp_path, "pieces", first, 4, count) for first in range(4)]
    reads, sizes = 0, set()
    while any(writer.poll() is None for writer in writers):
        table = store.read("KRW-AAA", MINUTE)
        expected = np.concatenate([np.empty(0, np.int64), *(np.arange(*span, 60_000) for span in table.fetched)])
        assert np.array_equal(table.time_ms, expected)
        assert np.array_equal(columns(table), numbers_at(table.time_ms))
        reads += 1
        sizes.add(len(table.time_ms))
    assert [writer.communicate()[0] for writer in writers] == ["done\n"] * 4
    assert same(store.read("KRW-AAA", MINUTE), full(LATE_JANUARY, LATE_JANUARY + count * 3_600_000))
    assert reads > 10
    assert len(sizes) > 3, "the reader saw the store grow"
