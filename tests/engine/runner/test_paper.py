"""Paper trading is the backtest's path: same fills without latency, balanced books with it, a journal that replays bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from dsl.strategy import Sizing
from engine.model.bars import Bars
from engine.model.errors import UserError
from engine.runner.clock import SpeedClock
from engine.runner.paper import BooksDisagreeError, PaperRunner, bars_of, make_exchange
from engine.runner.replay import replay
from engine.store.journal import Journal
from engine.trader import Trader
from tests.engine.runner.paper_worlds import (
    BASE,
    MARKETS,
    MINUTE,
    START,
    as_rows,
    assignment,
    backtest,
    busy_strategy,
    log_rows,
    paper,
    walk,
)

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_paper_without_latency_makes_the_backtests_fills(seed: int, tmp_path: Path) -> None:
    grid = walk(seed, 3000)
    work = assignment(busy_strategy(), grid, START + 200 * MINUTE)
    expected = log_rows(backtest(work, grid))
    summary = paper(work, grid, tmp_path / "run.jsonl")
    assert len(expected) >= 40
    assert {row[3] for row in expected} == {-1, 0, 1, 2, 3}
    assert as_rows(summary.fills, summary.exits, MARKETS) == expected
    assert summary.refusals == 0


def test_latency_moves_fills_and_the_books_still_agree(tmp_path: Path) -> None:
    grid = walk(4, 2000)
    work = assignment(busy_strategy(), grid)
    prompt = paper(work, grid, tmp_path / "a.jsonl")
    late = paper(work, grid, tmp_path / "b.jsonl", latency_ms=90_000)
    assert len(late.fills) >= 20
    assert [fill.time_ms for fill in late.fills] != [fill.time_ms for fill in prompt.fills]


def test_a_difference_of_the_books_ends_the_run_at_the_bar_that_shows_it(tmp_path: Path) -> None:
    grid = walk(4, 1500)
    trader = Trader(assignment(busy_strategy(), grid))
    exchange = make_exchange(trader.assignment.strategy, MARKETS, trader.assignment.terms)

    def feed() -> Iterator[Bars]:
        for number, bars in enumerate(bars_of(grid)):
            if number == 700:
                exchange.deposit("KRW", Decimal(1_000))
            yield bars

    with Journal(tmp_path / "run.jsonl", {}) as journal:
        runner = PaperRunner(trader, exchange, journal, SpeedClock(0, START))
        with pytest.raises(BooksDisagreeError, match="KRW in the bar of"):
            runner.run(feed())
    assert len(runner.summary.fills) > 10
    assert 700 <= runner.summary.bars < 800


@pytest.mark.parametrize("latency_ms", [0, 90_000])
def test_the_journal_replays_bit_for_bit(latency_ms: int, tmp_path: Path) -> None:
    grid = walk(5, 2000)
    work = assignment(busy_strategy(), grid)
    summary = paper(work, grid, tmp_path / "run.jsonl", latency_ms)
    result = replay(tmp_path / "run.jsonl", lambda _: Trader(work))
    assert result.difference is None
    assert result.intents == summary.intents >= 20
    assert (result.torn, result.ended) == (False, True)


def edit(path: Path, kind: str, change: str, to: float) -> int:
    """Change a number in the last line of a kind; returns the line's number."""
    lines = path.read_bytes().splitlines(keepends=True)
    at = max(number for number, line in enumerate(lines) if orjson.loads(line)["kind"] == kind)
    record = orjson.loads(lines[at])
    record[change] = to
    lines[at] = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
    path.write_bytes(b"".join(lines))
    return at


def test_replay_shows_the_first_difference(tmp_path: Path) -> None:
    grid = walk(6, 1000)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"
    paper(work, grid, path)
    edit(path, "intent", "quantity_e8", 12345.0)
    result = replay(path, lambda _: Trader(work))
    assert result.difference is not None
    assert result.difference.recorded is not None
    assert result.difference.recorded["quantity_e8"] == 12345.0
    assert result.difference.decided is not None
    assert result.difference.decided["quantity_e8"] != 12345.0


def test_replay_misses_an_intent_that_was_taken_out(tmp_path: Path) -> None:
    grid = walk(6, 1000)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"
    paper(work, grid, path)
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if b'"intent"' in line)
    path.write_bytes(b"".join(lines[:at] + lines[at + 1 :]))
    result = replay(path, lambda _: Trader(work))
    assert result.difference is not None
    assert result.difference.recorded is None


def test_replay_by_another_strategy_is_a_difference(tmp_path: Path) -> None:
    grid = walk(7, 600)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"
    paper(work, grid, path)
    other = assignment(busy_strategy(sizing=Sizing(risk=0.005)), grid)
    assert replay(path, lambda _: Trader(work)).difference is None
    assert replay(path, lambda _: Trader(other)).difference is not None


def test_an_interrupt_ends_the_run_with_a_whole_journal(tmp_path: Path) -> None:
    grid = walk(8, 1500)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"

    class Impatient:
        """Interrupts the run while it waits for its 700th bar."""

        waits = 0

        def wait_until(self, market_ms: int) -> None:
            self.waits += 1
            if self.waits == 700:
                runner.interrupt()

    with Journal(path, {}) as journal:
        runner = PaperRunner(Trader(work), make_exchange(work.strategy, MARKETS, work.terms), journal, Impatient())
        summary = runner.run(bars_of(grid))
    assert (summary.interrupted, summary.bars) == (True, 699)
    result = replay(path, lambda _: Trader(work))
    assert result.difference is None
    assert result.ended
    assert result.intents == summary.intents > 0


VICTIM = """
import sys
from pathlib import Path
from engine.runner.paper import BooksDisagreeError, PaperRunner, bars_of, make_exchange
from engine.store.journal import Journal
from engine.trader import Trader
from engine.runner.clock import SpeedClock
from tests.engine.runner.paper_worlds import START, assignment, busy_strategy, walk
grid = walk(9, 4000)
work = assignment(busy_strategy(), grid)
def progress(time_ms):
    if time_ms == START + 1500 * 60_000:
        sys.stdout.write("half way\\n")
        sys.stdout.flush()
with Journal(Path(sys.argv[1]), {}) as journal:
    runner = PaperRunner(Trader(work), make_exchange(work.strategy, work.markets, work.terms), journal, SpeedClock(0, START))
    runner.run(bars_of(grid), progress)
sys.stdout.write("ended\\n")
"""


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is a signal of POSIX")
def test_a_killed_run_replays_up_to_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with subprocess.Popen([sys.executable, "-c", VICTIM, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "half way\n"
        victim.send_signal(signal.SIGKILL)
        assert victim.stdout.read() == ""
    work = assignment(busy_strategy(), walk(9, 4000))
    result = replay(path, lambda _: Trader(work))
    assert result.difference is None
    assert not result.ended
    assert result.intents >= 10
    with path.open("ab") as file:
        file.write(b'{"kind":"step","market":"KRW-B')
    torn = replay(path, lambda _: Trader(work))
    assert torn.torn
    assert (torn.events, torn.intents, torn.difference) == (result.events, result.intents, None)


def test_every_bar_has_left_the_process_before_the_next_is_awaited(tmp_path: Path) -> None:
    """Who watches the journal of a quiet run, or kills it, finds every bar that it took."""
    grid = walk(8, 50)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"
    bars: list[int] = []
    with Journal(path, {}) as journal:
        runner = PaperRunner(Trader(work), make_exchange(work.strategy, MARKETS, work.terms), journal, SpeedClock(0, START))
        runner.run(bars_of(grid), lambda _: bars.append(path.read_bytes().count(b'"kind":"bars"')))
    assert bars == list(range(1, 51))


def test_an_event_that_cannot_be_is_said(tmp_path: Path) -> None:
    grid = walk(6, 400)
    work = assignment(busy_strategy(), grid)
    path = tmp_path / "run.jsonl"
    paper(work, grid, path)
    edit(path, "fill", "order_id", 10**6)
    with pytest.raises(UserError, match="cannot be true"):
        replay(path, lambda _: Trader(work))


def test_bars_name_the_grid() -> None:
    grid = walk(1, 20)
    bars = list(bars_of(grid))
    assert [b.time_ms for b in bars] == [START + k * MINUTE for k in range(20)]
    assert BASE.index(bars[0].time_ms) == grid.first_index
    assert all(len(b.bars) == len(MARKETS) for b in bars)
