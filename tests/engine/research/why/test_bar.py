"""Why-not at a bar: values against pandas, sequences against their definition, verdicts and positions against the backtest's fills."""

from __future__ import annotations

import dataclasses
import json
import math
import random
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.graph import Timeframe
from dsl.strategy import Sizing
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid, BarState
from engine.model.errors import UserError
from engine.research.result import Settings
from engine.research.signals import MarkKind, signals
from engine.research.why.bar import BarWhy, why_at
from engine.research.why.document import bar_document
from engine.research.why.readings import Reading
from tests.engine.research.why.test_funnel import CODES, compiled
from tests.generators.candles import random_grid
from tests.generators.worlds import random_world

FIVE = Timeframe(300_000)
START = 1_756_684_800_000  # 2025-09-01 00:00 UTC


def grid_of(opens: list[float], closes: list[float]) -> BarGrid:
    """One market; highs and lows from the two."""
    open_, close = np.array([opens]), np.array([closes])
    state = np.full(open_.shape, BarState.TRADED, np.int8)
    volume = np.ones(open_.shape)
    return BarGrid(
        ("KRW-BTC",), FIVE, FIVE.index(START), state, open_, np.maximum(open_, close), np.minimum(open_, close), close, volume, close
    )  # fmt: skip


def at(grid: BarGrid, bar: int) -> int:
    return (grid.first_index + bar) * 300_000


def find(reading: Reading, path: str) -> Reading:
    return next(found for found in walk(reading) if found.part.path == path)


def walk(reading: Reading) -> list[Reading]:
    return [reading, *(found for inner in reading.parts for found in walk(inner))]


def test_values_and_distances_are_those_of_pandas() -> None:
    strategy = compiled("all:\n  a: close > sma(close, 20)\n  b: (low < lowest(low, 3)[1])@15m\n  c: ret(15m) > 3%")
    path = 1e6 * np.exp(np.cumsum(np.random.default_rng(11).normal(0, 0.005, 901)))
    grid = grid_of(path[:-1].round().tolist(), path[1:].round().tolist())
    frame = pd.DataFrame({"close": grid.close[0], "low": grid.low[0]}, index=grid.first_index + np.arange(900))
    mean = frame["close"].rolling(20).mean()
    quarter = frame["low"].groupby(frame.index // 3).min()
    compared = 0
    for bar in range(100, 900, 37):
        why = why_at(strategy, grid, Settings(), "KRW-BTC", at(grid, bar) + 12_345)
        a, b, c = (find(why.entry, f"entry.{name}") for name in "abc")
        close, average = frame["close"].iloc[bar], mean.iloc[bar]
        assert a.sides[0].value == close
        assert a.sides[1].value == pytest.approx(average, rel=1e-12)
        assert a.truth == (close > average)
        if not a.truth:
            assert a.gap is not None
            assert a.gap.share == pytest.approx((average - close) / average, rel=1e-9)
        change = close / frame["close"].iloc[bar - 3] - 1
        assert c.sides[0].value == pytest.approx(change, abs=1e-12)
        if not c.truth:
            assert c.gap is not None
            assert c.gap.short == pytest.approx(0.03 - change, abs=1e-12)
        last = (grid.first_index + bar + 1) // 3 - 1  # the 15m bar that has closed
        assert b.bar is not None
        assert (b.bar.open_ms, b.bar.close_ms) == (last * 900_000, (last + 1) * 900_000)
        assert b.bar.close_ms <= why.bar.close_ms < b.bar.close_ms + 900_000
        assert b.sides[0].value == quarter.loc[last]
        assert b.sides[1].value == quarter.loc[last - 3 : last - 1].min()
        compared += 1
    assert compared > 20


def fires(first: list[bool], second: list[bool], bar: int, window: int) -> bool:
    """The definition of a sequence: the first B after the latest A, at most `window` bars later, A strictly earlier."""
    if not second[bar]:
        return False
    for earlier in range(bar - 1, max(bar - window, 0) - 1, -1):
        if first[earlier]:
            return True
        if second[earlier]:
            return False
    return False


def test_an_armed_sequence_fires_exactly_within_the_bars_that_are_left() -> None:
    strategy = compiled("all:\n  a: open > 100 KRW then close > 100 KRW within 4 bars")
    rng = random.Random(4)
    states: Counter[str] = Counter()
    for _ in range(12):
        first, second = ([rng.random() < 0.25 for _ in range(14)] for _ in range(2))
        grid = grid_of([101.0 if x else 99.0 for x in first], [101.0 if x else 99.0 for x in second])
        for bar in range(6, 14):
            reading = find(why_at(strategy, grid, Settings(), "KRW-BTC", at(grid, bar)).entry, "entry.a")
            sequence = reading.sequence
            assert sequence is not None
            assert reading.truth == fires(first, second, bar, 4)
            assert sequence.left is not None
            for wait in range(1, 8):  # nothing more happens until the second step comes after `wait` bars
                late_first = first[: bar + 1] + [False] * wait
                late_second = second[: bar + 1] + [False] * (wait - 1) + [True]
                assert fires(late_first, late_second, bar + wait, 4) == (wait <= sequence.left)
            ages = [bar - k for k in range(bar, max(bar - 4, -1), -1) if first[k]]
            assert sequence.since_first == (min(ages) if ages else None)
            states["armed" if sequence.left else "not" if sequence.since_first is None else "used"] += 1
    assert min(states["armed"], states["not"], states["used"]) >= 5, states


def test_verdicts_and_positions_are_those_of_the_backtest() -> None:
    verdicts: Counter[str] = Counter()
    for seed in range(36):
        world = random_world(seed, whole=False, longest=500)
        whole = signals(world.strategy, world.grid, world.settings, traded=world.traded)
        rng = random.Random(seed)
        for k in range(6):
            market = rng.choice(whole.markets)
            bar = rng.randrange(len(whole.close_ms))
            if whole.marks and k % 2:  # around a fill
                mark = rng.choice(whole.marks)
                market, bar = mark.market, int(np.searchsorted(whole.open_ms, mark.time_ms, "right")) - 1 + rng.choice([-1, 0, 1])
                bar = min(max(bar, 0), len(whole.close_ms) - 1)
            why = why_at(world.strategy, world.grid, world.settings, market, int(whole.open_ms[bar]), traded=world.traded)
            row = whole.markets.index(market)
            assert why.bar.close_ms == whole.close_ms[bar]
            assert why.entry.truth == {1: True, 0: False, -1: None}[int(whole.entry[row, bar])]
            for part, truth in zip(whole.conditions, whole.truth[row, :, bar], strict=True):
                if part.path.startswith("entry"):
                    assert find(why.entry, part.path).truth == {1: True, 0: False, -1: None}[int(truth)]
            check_position(why, market, whole)
            verdicts[why.decision.verdict] += 1
            document = json.loads(json.dumps(bar_document(why, Language.KOREAN), allow_nan=False))
            assert document["sentence"]
            assert bool(why.blocked) == (why.entry.truth is not True)
    assert verdicts["entry_false"] > 20
    assert verdicts["position_open"] > 5, verdicts
    assert verdicts["bought"] > 5, verdicts
    assert len(verdicts) >= 6, verdicts


def check_position(why: BarWhy, market: str, whole: object) -> None:
    """Held or not, and what filled in the bar, from the marks of the whole run."""
    marks = [mark for mark in whole.marks if mark.market == market]  # type: ignore[attr-defined]
    before = [mark for mark in marks if mark.time_ms < why.bar.close_ms]
    quantity = sum(mark.quantity * (1 if mark.kind is MarkKind.ENTRY else -1) for mark in before)
    assert (why.held is not None) == (quantity > 1e-9)
    if why.held is not None:
        assert why.held.quantity == pytest.approx(quantity)
        assert len(why.exits) > 0
    assert list(why.happened) == [mark for mark in before if mark.time_ms >= why.bar.open_ms]
    decided = [mark for mark in marks if mark.decided_ms == why.bar.close_ms and mark.time_ms >= why.bar.close_ms]
    if why.decision.verdict == "bought":
        assert why.order == ("buy", "")
        assert not decided or decided[0].kind is MarkKind.ENTRY  # a stop in the same base bar may follow
    elif any(mark.kind is MarkKind.ENTRY for mark in decided):
        raise AssertionError("bought without a verdict that says so")


def test_exits_of_a_position_with_their_values() -> None:
    strategy = compiled("all:\n  a: close > open")
    grid = grid_of([1000.0] * 8, [1001.0, *[1000.0] * 7])
    why = why_at(strategy, grid, Settings(), "KRW-BTC", at(grid, 4))
    assert why.held is not None
    assert why.decision.verdict == "position_open"
    stop, out = why.exits
    assert math.isclose(why.held.entry_krw, 1001.0)  # 1000 and slippage, on the grid
    assert stop.level_krw == 980.0  # 2% below it, on the grid
    assert stop.away == pytest.approx(-0.02)
    assert out.rule is not None
    assert out.rule.truth is False
    assert out.rule.gap is not None
    assert out.rule.gap.short == 3_600_000 - 4 * 300_000


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ("open_positions: 1", "open_positions"),
        ("entries_per_market: 1 per day", "entries_per_day"),
        ("cooldown: 30m after loss", "cooldown"),
        ("reentry: 6 bars after exit", "reentry"),
    ],
)
def test_each_limit_says_why(limits: str, verdict: str) -> None:
    """Bought at once, sold at the stop, then true again."""
    strategy = compiled("all:\n  a: close > open")
    if verdict == "open_positions":
        grid = random_grid(random.Random(1), CODES, 40, base_ms=300_000, unknown=False)
        rises = dataclasses.replace(grid, open=grid.open[:, :1] * np.ones(40), close=grid.open[:, :1] * np.full(40, 1.0001))
        grid = dataclasses.replace(rises, high=rises.close, low=rises.open, state=np.full_like(grid.state, BarState.TRADED))
        market, bar = "KRW-ETH", 5
    else:
        grid = grid_of([1000.0, 1000.0, 1000.0, 900.0, 900.0], [1001.0, 1000.0, 900.0, 901.0, 900.0])
        market, bar = "KRW-BTC", 3
    limited = dataclasses.replace(strategy, limits=_limits(limits))
    why = why_at(limited, grid, Settings(), market, at(grid, bar))
    assert why.decision.verdict == verdict
    assert why.entry.truth is True
    for language in Language:
        assert bar_document(why, language)["sentence"]


def _limits(line: str) -> object:
    from tests.engine.research.why.test_funnel import FILE

    text = FILE.format(entry="  all:\n    a: close > open") + f"limits:\n  {line}\n"
    found = compile_strategy(text, "sample.yaml", catalogue(), lambda _: None)
    assert found.strategy is not None, found.diagnostics
    return found.strategy.limits


def test_a_buy_that_is_too_small_says_its_size() -> None:
    grid = grid_of([1000.0] * 4, [1001.0] * 4)
    small = dataclasses.replace(compiled("all:\n  a: close > open"), sizing=Sizing(weight=0.02))
    why = why_at(small, grid, Settings(cash_krw=1_000_000.0), "KRW-BTC", at(grid, 1))
    assert why.decision.verdict == "below_minimum"
    assert why.decision.facts["minimum_krw"] == 30_000.0
    assert why.decision.facts["amount_krw"] == 20_000.0
    assert "30,000 KRW" in bar_document(why, Language.ENGLISH)["sentence"]
    assert "3만원" in bar_document(why, Language.KOREAN)["sentence"]
    poor = why_at(compiled("all:\n  a: close > open"), grid, Settings(cash_krw=20_000.0), "KRW-BTC", at(grid, 1))
    assert poor.decision.verdict == "no_cash"


def test_rules_on_the_order_have_the_values_that_decided() -> None:
    """Bought exactly where the market part and every rule on the order are true; without a size they have no values."""
    limit = "order.value <= 4_000_000 KRW"
    strategy = compiled(f"all:\n  a: close > open\n  pays: abs(ret(10m)) >= 2 * cost.round_trip\n  small: {limit}")
    settings = Settings(fee_rate=0.0005, slippage=0.0003)
    verdicts: Counter[str] = Counter()
    for seed, cash in ((3, 3e6), (4, 9e6), (5, 3e6)):
        grid = random_grid(random.Random(seed), CODES, 60, base_ms=300_000, unknown=False)
        for bar in range(4, 60):
            why = why_at(strategy, grid, dataclasses.replace(settings, cash_krw=cash), CODES[0], at(grid, bar))
            readings = {part.path: reading for part, reading in why.late}
            assert list(readings) == ["entry.pays", "entry.small"]
            verdicts[why.decision.verdict] += 1
            pays, small = readings["entry.pays"], readings["entry.small"]
            if why.decision.verdict not in ("bought", "order_condition"):
                assert (pays is None) == ("amount_krw" not in why.decision.facts)
                continue
            assert pays is not None
            assert small is not None
            assert small.sides[0].value == why.decision.facts["amount_krw"]
            assert pays.sides[1].value == pytest.approx(4 * (0.0005 + 0.0003), rel=1e-12)
            assert (pays.truth is True and small.truth is True) == (why.decision.verdict == "bought")
            assert bar_document(why, Language.KOREAN)["late"][1]["reading"]["truth"] is small.truth
    assert verdicts["bought"] >= 3
    assert verdicts["order_condition"] >= 10
    assert verdicts["entry_false"] >= 10


def test_bars_outside_the_run_are_refused() -> None:
    strategy, grid = compiled("all:\n  a: close > open"), grid_of([1000.0] * 4, [1001.0] * 4)
    late = Settings(from_ms=at(grid, 2))
    assert why_at(strategy, grid, late, "KRW-BTC", at(grid, 2)).decision.verdict == "bought"
    for settings, moment in ((Settings(), at(grid, 4)), (Settings(), at(grid, 0) - 1), (late, at(grid, 1))):
        with pytest.raises(UserError):
            why_at(strategy, grid, settings, "KRW-BTC", moment)
    with pytest.raises(UserError):
        why_at(strategy, grid, Settings(), "KRW-ETH", at(grid, 1))


UNIVERSE = """schema: strategy/1
name: sample
clock: 5m
universe:
  refresh: every 1h
  keep:
    rising: close > sma(close, 30)
    alive: turnover(1h) > 0 KRW
  drop:
    hot: rsi(5) > 75
  take: 1
  by: turnover(1h)
factors:
  slow: {value: 'clamp(close / sma(close, 20) - 1, -1, 1)', weight: 0.7}
  fast: {value: 'clamp(close / close[1] - 1, -1, 1)', weight: 0.4}
entry:
  all:
    score: score > 0.1%
exits:
  stop: {at: -2%}
"""


def test_members_of_a_universe_and_factors_of_a_score() -> None:
    """The rules shown decide membership by the definition of keep and drop; the factors shown make the score that is compared."""
    found = compile_strategy(UNIVERSE, "sample.yaml", catalogue(), lambda _: None)
    assert found.strategy is not None, found.diagnostics
    grid = random_grid(random.Random(2), CODES, 600, base_ms=300_000, unknown=False)
    states: Counter[tuple[bool, bool]] = Counter()
    for bar in range(60, 600, 19):
        admitted = 0
        for market in CODES:
            why = why_at(found.strategy, grid, Settings(), market, at(grid, bar))
            assert why.universe is not None
            member = find_op(why.entry, "universe.member")
            assert member.truth is why.universe.member
            rising, alive, hot = why.universe.rules
            assert [rule.part.path for rule in why.universe.rules] == ["universe.keep.rising", "universe.keep.alive", "universe.drop.hot"]
            assert [rule.part.text for rule in why.universe.rules] == ["close > sma(close, 30)", "turnover(1h) > 0 KRW", "rsi(5) > 75"]
            assert [rule.sides[0].side.text for rule in why.universe.rules] == ["close", "turnover(1h)", "rsi(5)"]
            fits = rising.truth is True and alive.truth is True and hot.truth is False
            assert fits or not why.universe.member
            assert why.universe.decided_ms <= why.bar.close_ms < why.universe.decided_ms + 3_600_000
            admitted += why.universe.member
            states[fits, why.universe.member] += 1
            score = find(why.entry, "entry.score").sides[0].value
            weights = {"slow": 0.7, "fast": 0.4}
            assert {factor.name: factor.weight for factor in why.factors} == weights
            assert score == pytest.approx(sum(factor.weight * factor.value for factor in why.factors) / 1.1, rel=1e-12, nan_ok=True)
            assert bar_document(why, Language.KOREAN)["universe"]["count"] == why.universe.count
        assert admitted == why.universe.count <= 1
    assert states[True, True] > 5
    assert states[False, False] > 5
    assert states[True, False] > 0


def find_op(reading: Reading, op: str) -> Reading:
    return next(found for found in walk(reading) if found.part.op == op)
