"""The funnel's counts against a plain recount, bar by bar; leaving out a clause that never matters changes no signal."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.files import compile_file
from dsl.strategy import Strategy
from engine.kernel.book import BOUGHT, SKIP_REASONS
from engine.kernel.catalogue import catalogue
from engine.kernel.program import ColumnBlock, Program
from engine.kernel.run import Run
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import Settings
from engine.research.signals import signals
from engine.research.why.funnel import BOTH, CARRY, VETO, Funnel, funnel
from engine.research.why.probe import Part, probe
from tests.engine.research.why.test_truth import Columns, plainly
from tests.generators.candles import random_grid
from tests.generators.worlds import random_world

STRATEGIES = Path(__file__).resolve().parents[4] / "strategies"
CODES = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP")
FILE = """schema: strategy/1
name: sample
clock: 5m
markets: [KRW-BTC, KRW-ETH]
entry:
{entry}
exits:
  stop: {{at: -2%}}
  out: {{when: pos.age >= 1h}}
"""


def compiled(entry: str) -> Strategy:
    lines = "\n".join(f"  {line}" for line in entry.strip("\n").splitlines())
    found = compile_strategy(FILE.format(entry=lines), "sample.yaml", catalogue(), lambda _: None)
    assert found.strategy is not None, found.diagnostics
    return found.strategy


def candles(bars: int = 4_000, seed: int = 3) -> BarGrid:
    return random_grid(random.Random(seed), CODES, bars, base_ms=300_000)


def with_part(part: Part, chosen: Part, value: bool, columns: Columns, market: int, bar: int) -> bool | None:
    """The truth of a condition if one part of it were what it is not; by the definitions of the joins, one bar at a time."""
    if part is chosen:
        return value
    if part.join == "":
        return plainly(part, columns, market, bar)
    found = [with_part(inner, chosen, value, columns, market, bar) for inner in part.parts]
    if part.join == "not":
        return None if found[0] is None else not found[0]
    if part.join == "none":
        return False if True in found else None if None in found else True
    least = {"all": len(found), "any": 1}.get(part.join, part.needed)
    if found.count(True) >= least:
        return True
    return None if found.count(True) + found.count(None) >= least else False


def recount(strategy: Strategy, grid: BarGrid, found: Funnel) -> int:
    """Every number of the funnel again, one bar and one market at a time; returns how many bars."""
    probed = probe(strategy)
    columns = Columns.of(probed, grid, Settings())
    rows = [row for row, market in enumerate(grid.markets) if market in found.result.markets]
    bars = columns.values[strategy.entry].shape[1]
    walked = list(probed.entry.walk())
    for clause in found.clauses:
        part = next(p for p in walked if (p.path, p.node, p.text) == (clause.part.path, clause.part.node, clause.part.text))
        counts: Counter[str] = Counter()
        for market in rows:
            for bar in range(bars):
                counts[str(plainly(part, columns, market, bar))] += 1
                entry = plainly(probed.entry, columns, market, bar)
                helped = with_part(probed.entry, part, bool(clause.favourable), columns, market, bar)
                hurt = with_part(probed.entry, part, not clause.favourable, columns, market, bar)
                counts["vetoes"] += entry is not True and helped is True
                counts["carries"] += entry is True and hurt is not True
        assert (counts["True"], counts["False"], counts["None"]) == (clause.true, clause.false, clause.missing), clause.part.text
        if clause.depth:
            assert (counts["vetoes"], counts["carries"]) == (clause.vetoes, clause.carries), clause.part.text
    return len(rows) * bars


@pytest.mark.parametrize(
    "entry",
    [
        "all:\n  a: close > open\n  b: not (close < ema(close, 9) and volume > 0)\n"
        "  c:\n    any:\n      d: rsi(5) < 30\n      e: rsi(5) > 60",
        "any:\n  a: close > open and close > close[1]\n  b:\n    none:\n      c: rsi(5) > 40\n      d: low < lowest(low, 5)[1]",
        "at_least:\n  2 of:\n    a: close > open\n    b: rsi(5) > 50\n    c: (close > ema(close, 9))@15m",
    ],
)
def test_counts_are_those_of_a_plain_recount(entry: str) -> None:
    strategy, grid = compiled(entry), candles(700)
    found = funnel(strategy, grid, Settings(block=64))
    assert recount(strategy, grid, found) >= 1_390
    assert found.entry.true > 50
    assert all(clause.vetoes + clause.carries for clause in found.clauses[1:])


def test_decisions_are_those_of_every_close() -> None:
    """The verdict of each CLOSE, read one base bar at a time, counted."""
    closes = 0
    seen: Counter[str] = Counter()
    for seed in range(48):
        world = random_world(seed, whole=False, longest=700)
        found = funnel(world.strategy, world.grid, world.settings, traded=world.traded)
        counts: Counter[str] = Counter()
        rows = [row for row, market in enumerate(world.grid.markets) if market in world.traded]

        closes_of_run = set(found.result.equity_ms.tolist())

        def watch(program: Program, columns: ColumnBlock, run: Run) -> None:
            if closes_of_run & set(columns.close_ms.tolist()):  # noqa: B023  called before the next seed
                for row in rows:  # noqa: B023
                    code = int(run.book.verdict[row]["code"])
                    counts["bought" if code == BOUGHT else SKIP_REASONS[code] if code >= 0 else "other"] += 1  # noqa: B023

        settings = Settings(**{**_fields(world.settings), "block": 1})
        backtest(world.strategy, world.grid, settings, traded=world.traded, watch=watch)
        assert counts["bought"] == found.bought
        assert {reason: counts[reason] for reason in SKIP_REASONS} == found.skipped
        assert counts.total() == found.decisions
        assert found.busy >= 0
        assert found.entry.true == found.busy + found.bought + sum(found.skipped.values())
        assert found.result.rule_counts["entry"] == (found.entry.true, found.entry.false, found.entry.missing)
        seen += counts
        closes += found.decisions
    assert closes > 5_000
    assert seen["bought"] > 30
    assert len([reason for reason in SKIP_REASONS if seen[reason]]) >= 6


def _fields(settings: Settings) -> dict[str, object]:
    return {name: getattr(settings, name) for name in ("cash_krw", "fee_rate", "slippage", "rounding", "from_ms", "to_ms")}


def test_without_an_idle_clause_no_signal_differs() -> None:
    """Each clause of `all` left out of the file: the entry is true on as many more bars as the clause vetoed alone."""
    clauses = {"a": "close > open", "b": "close > 0 KRW", "c": "rsi(5) < 70", "d": "volume >= 0", "e": "close > close[1]"}
    whole = compiled("all:\n" + "\n".join(f"  {name}: {rule}" for name, rule in clauses.items()))
    grid = candles()
    found = funnel(whole, grid, Settings())
    entry = signals(whole, grid, Settings()).entry == 1
    idle = [clause.part.path for clause in found.idle]
    assert idle
    assert len(idle) < len(clauses)
    for clause in found.clauses[1:]:
        if clause.depth != 1:
            continue
        name = clause.part.path.removeprefix("entry.")
        rest = compiled("all:\n" + "\n".join(f"  {other}: {rule}" for other, rule in clauses.items() if other != name))
        more = signals(rest, grid, Settings()).entry == 1
        assert int((more & ~entry).sum()) == clause.vetoes
        assert not (entry & ~more).any()
        assert (clause.vetoes == 0) == (clause.part.path in idle)
    last = [clause for clause in found.clauses if clause.depth == 1][-1]
    assert last.remaining == found.entry.true


def test_roles() -> None:
    strategy = compiled("all:\n  a: not (close > open or low > 0 KRW)\n  b: {at_least: {1 of: {c: close > open, d: low > 0 KRW}}}")
    found = {(clause.part.path or clause.part.text): clause for clause in funnel(strategy, candles(50), Settings()).clauses}
    assert (found["entry.a"].role, found["entry.b"].role, found["entry.b.c"].role) == (VETO, VETO, BOTH)
    inner = [clause for clause in found.values() if not clause.part.path]
    assert {clause.role for clause in inner} == {VETO}
    assert {clause.favourable for clause in inner} == {0}
    swapped = funnel(compiled("any:\n  a: close > open\n  b: not (close > open and low > 0 KRW)"), candles(50), Settings())
    assert {clause.role for clause in swapped.clauses if clause.depth} == {CARRY}


def test_funnel_of_a_shipped_strategy_adds_up() -> None:
    strategy = compile_file(STRATEGIES / "every-exit.yaml", catalogue()).strategy
    assert strategy is not None
    found = funnel(strategy, candles(8_000), Settings())
    assert found.decisions == 4 * 7_999 or found.decisions == 4 * 8_000
    assert found.bought > 100
    sales = found.result.fills[found.result.fills["exit_index"] >= 0]
    assert sum(found.exits.values()) == len(np.unique(sales["order_id"]))
