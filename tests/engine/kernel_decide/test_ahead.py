"""Which markets may be bought at which CLOSE, found for 64 of them together, against asking each at each; and that what is asked of memory
ahead of its time decides nothing."""

import random

import numpy as np
import pytest

from benchmarks.sweep import grid_of
from engine.cli.inputs import load_strategy
from engine.kernel.bars import Closes, bars_of
from engine.kernel.book import Book, save_book
from engine.kernel.decide.ahead import FAR, count_skipped, due_bits, look_ahead, next_due, rooms
from engine.kernel.decide.engaged import disengage, engage
from engine.kernel.decide.limits import OPEN_POSITIONS
from engine.kernel.decide.plan import Plan, make_book
from engine.kernel.load import compile_function
from engine.kernel.program import compile_program
from engine.kernel.run import Run
from engine.kernel.vm import Kernel
from engine.research.backtest import started
from engine.research.result import Settings
from tests.dsl.helpers import ROOT

CLOSES = 200


def drawn(chance: random.Random, markets: int) -> tuple[Plan, Book, Closes]:
    """No market holds anything; where the entry is true is drawn, often or seldom."""
    grid = grid_of({f"KRW-M{number:03d}": 1_000.0 for number in range(markets)}, CLOSES)
    strategy = load_strategy(ROOT / "benchmarks/strategies/t4-ema-portfolio.yaml")
    program = compile_program(strategy, grid.timeframe, grid.markets)
    plan = started(strategy, program, grid, Settings(cash_krw=1e8), grid.markets).plan
    book = make_book(plan, 1e8)
    columns = np.full((markets, book.columns.shape[1], CLOSES), np.nan)
    often = chance.choice([0.004, 0.05, 0.6])
    entry = [[chance.choice([1.0, -2.0]) if chance.random() < often else chance.choice([0.0, np.nan]) for _ in range(CLOSES)]]
    columns[:, plan.settings[0]["entry_slot"]] = [chance.sample(entry[0], CLOSES) for _ in range(markets)]
    close_ms = np.arange(1, CLOSES + 1) * grid.timeframe.length_ms + int(bars_of(grid).span[0])
    closes = Closes(close_ms, columns, np.zeros(CLOSES), np.zeros((CLOSES, 2)), np.zeros(2, np.int64), *rooms(markets))
    look_ahead(plan, book, bars_of(grid), closes, 0, CLOSES)
    return plan, book, closes


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("markets", [1, 5, 64, 70])
def test_due_markets_are_those_that_each_would_say(markets: int, compiled: bool) -> None:
    chance = random.Random(markets)
    ask, bits, skip = (compile_function(one, allocates=False) if compiled else one for one in (next_due, due_bits, count_skipped))
    for _ in range(2):
        plan, book, closes = drawn(chance, markets)
        held = set(chance.sample(range(markets), chance.randrange(markets)))
        for market in range(markets):
            (engage if market in held else disengage)(book, market)
        entry = closes.columns[:, plan.settings[0]["entry_slot"]]
        true = (entry != 0.0) & ~np.isnan(entry)
        true[list(held)] = False
        for _ in range(40):
            closing, limit = sorted(chance.choices(range(CLOSES + 1), k=2))
            expected = next((at for at in range(closing, limit) if true[:, at].any()), limit)
            assert ask(plan, book, closes, closing, limit) == expected
            at = chance.randrange(CLOSES)
            words = [int(bits(plan, book, closes, at, word)) % 2**64 for word in range(closes.due.shape[1])]
            assert sum(word << 64 * k for k, word in enumerate(words)) == sum(
                1 << market for market in np.flatnonzero(true[:, at]).tolist()
            )
            before = int(book.skipped[OPEN_POSITIONS])
            skip(plan, book, closes, closing, limit)
            assert book.skipped[OPEN_POSITIONS] - before == true[:, closing:limit].sum()


def test_a_grid_too_long_for_caches_is_decided_as_bar_by_bar() -> None:
    grid, settings = grid_of({"KRW-BTC": 1_000.0}, FAR + 5_000), Settings(cash_krw=1e8)
    strategy = load_strategy(ROOT / "benchmarks/strategies/t1-ema-cross.yaml")
    program = compile_program(strategy, grid.timeframe, grid.markets)
    plan, columns = started(strategy, program, grid, settings, grid.markets).plan, Kernel(program).advance(grid)
    passing, asking = (Run(plan, make_book(plan, 1e8), None, may_skip=skip) for skip in (True, False))
    for run in (passing, asking):
        run.feed(grid, columns)
    one, other = passing.result(), asking.result()
    assert len(one.fills) > 1_000
    assert one.fills.tobytes() == other.fills.tobytes()
    assert one.equity_krw.tobytes() == other.equity_krw.tobytes()
    assert save_book(passing.book, "") == save_book(asking.book, "")
