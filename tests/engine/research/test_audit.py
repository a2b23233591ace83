"""Checked mode: true books pass, and every way of cooking them is found at its first fill or close."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dsl.messages import texts
from engine.kernel.bars import changes_of
from engine.kernel.book import FILL
from engine.model.candle import BarState
from engine.model.costs import Costs, Halt
from engine.research.audit import Audit, audit
from engine.research.result import BacktestResult, Rounding, Settings
from tests.engine.research import toy

GRID = toy.candles(1500, seed=6)
SETTINGS = Settings(rounding=Rounding.NONE)


@pytest.fixture(scope="module")
def result() -> BacktestResult:
    """An honest run, by the toy simulation: nothing of it is the kernel's."""
    return toy.simulate(GRID, SETTINGS, chance=0.05)


def test_honest_books_balance(result: BacktestResult) -> None:
    found = audit(result, GRID)
    assert found.violation is None
    assert (found.fills, found.closes) == (len(result.fills), 1500)
    assert found.fills > 200
    assert 0 < found.largest_krw <= found.allowed_krw < 1e-3


@pytest.mark.parametrize("seed", range(5))
def test_honest_books_of_every_length_and_start_balance(seed: int) -> None:
    grid = toy.candles(400, seed=seed, markets=toy.MARKETS[: 1 + seed % 4])
    assert audit(toy.simulate(grid, SETTINGS, seed=seed, chance=0.1), grid).violation is None
    assert audit(toy.quiet(toy.simulate(grid, SETTINGS)), grid) == Audit(0, 400, 0.0, 0.0, None)
    late = replace(SETTINGS, from_ms=toy.START_MS + 100 * 300_000)
    assert audit(replace(toy.quiet(toy.simulate(grid, SETTINGS)), settings=late), grid).violation is None
    short = toy.simulate(grid, SETTINGS, seed=seed, chance=0.1)
    half = {name: getattr(short, name)[:300] for name in ("equity_ms", "equity_krw")}
    half["cash_changes"] = changes_of(short.cash_krw[:300])
    before = short.fills[short.fills["time_ms"] < short.equity_ms[299]]
    ended = replace(short, **half, fills=before, settings=replace(SETTINGS, to_ms=int(short.equity_ms[299]) - 1))
    assert audit(ended, grid).violation is None


def changed(result: BacktestResult, fill: int, **values: float) -> BacktestResult:
    fills = result.fills.copy()
    for name, value in values.items():
        fills[name][fill] = value
    return replace(result, fills=fills)


def row_changed(result: BacktestResult, column: str, row: int, by: float) -> BacktestResult:
    values = getattr(result, column).copy()
    values[row] += by
    return replace(result, **({"cash_changes": changes_of(values)} if column == "cash_krw" else {column: values}))


def first_sale(result: BacktestResult) -> int:
    return int(np.flatnonzero(result.fills["side"] < 0)[0])


def in_a_quiet_bar(result: BacktestResult) -> BacktestResult:
    """A fill earlier than it was, in a bar in which nothing traded, but after the fill before it."""
    before = 0
    for number, fill in enumerate(result.fills):
        quiet = np.flatnonzero(GRID.state[fill["market"]] == BarState.NO_TRADE) * 300_000 + toy.START_MS
        found = quiet[(quiet > before) & (quiet < fill["time_ms"])]
        if found.size:
            return changed(result, number, time_ms=int(found[-1]), decided_ms=0)
        before = int(fill["time_ms"])
    raise AssertionError("no such fill")


def overdrawn(result: BacktestResult) -> BacktestResult:
    """The same trades with too little to pay them from, and books that hide nothing."""
    less = result.cash_changes - (0.0, 9.5e6)
    return replace(result, settings=replace(SETTINGS, cash_krw=0.5e6), cash_changes=less, equity_krw=result.equity_krw - 9.5e6)


def under(result: BacktestResult, costs: Costs) -> BacktestResult:
    """The run of somebody who said that these costs hold."""
    return replace(result, settings=replace(result.settings, costs=costs))


#: what is cooked -> (how, the text of the violation)
COOKED: dict[str, tuple[Callable[[BacktestResult], BacktestResult], str]] = {
    "a forgotten fee": (lambda r: changed(r, 7, fee_krw=0.0), "fee"),
    "a fee of another rate": (lambda r: replace(r, settings=replace(SETTINGS, fee_rate=0.0004)), "fee"),
    "a look-ahead": (lambda r: changed(r, 3, decided_ms=int(r.fills["time_ms"][3]) + 1), "before_its_decision"),
    "a fill before its order has arrived": (lambda r: under(r, Costs(latency_ms=1)), "before_its_arrival"),
    "a fill before its order has arrived some bars later": (lambda r: under(r, Costs(latency_bars=3)), "before_its_arrival"),
    "a fill in a halt": (lambda r: under(r, Costs(halts=(Halt("", 0, 2**60),))), "in_a_halt"),
    "a fill in a halt of its market": (lambda r: under(r, Costs(halts=(Halt(r.markets[1], 0, 2**60),))), "in_a_halt"),
    "a fill in an outage": (lambda r: replace(r, outages=((0, 2**60),)), "in_a_halt"),
    "more than its share of a bar": (lambda r: under(r, Costs(participation=1e-6)), "too_much"),
    "a price of another bar": (lambda r: changed(r, 0, base_krw=r.fills["base_krw"][0] * 0.9), "better_than_the_bar"),
    "a fill in a bar without a trade": (in_a_quiet_bar, "no_trade"),
    "a sale above the high": (lambda r: changed(r, first_sale(r), base_krw=1e12), "better_than_the_bar"),
    "a price better than its base": (lambda r: changed(r, 0, price_krw=r.fills["base_krw"][0] * 0.999), "better_than_its_base"),
    "more sold than held": (lambda r: changed(r, first_sale(r), quantity_e8=1e18, fee_krw=0.0), "fee"),
    "a won too much": (lambda r: row_changed(r, "cash_krw", 900, 1.0), "cash"),
    "a hundredth of a won too little": (lambda r: row_changed(r, "cash_krw", 1499, -0.01), "cash"),
    "a position off by a coin": (lambda r: row_changed(r, "equity_krw", 1200, 1.0), "equity"),
    "a sum that is none": (lambda r: row_changed(r, "equity_krw", 700, 0.5), "equity"),
    "no number": (lambda r: row_changed(r, "equity_krw", 700, float("nan")), "equity"),
    "a missing fill": (lambda r: replace(r, fills=np.delete(r.fills, 0)), "cash"),
    "money from nowhere": (overdrawn, "overdrawn"),
    "closes left out at the end": (lambda r: replace(r, equity_ms=r.equity_ms[:-100]), "closes"),
}


@pytest.mark.parametrize("what", COOKED)
def test_cooked_books_are_found(result: BacktestResult, what: str) -> None:
    cook, text = COOKED[what]
    found = audit(cook(result), GRID).violation
    assert found is not None
    assert found.text == text
    for words in texts("audit")[text]:
        assert "{" not in words.format(**found.values)


def sold_twice(result: BacktestResult) -> BacktestResult:
    """The first full sale once more, in a bar that trades, with an honest fee."""
    sale = result.fills[first_sale(result)].copy()
    end = result.fills[-1]["time_ms"]
    held = np.zeros(1, FILL)
    held[0] = sale
    held["time_ms"] = end
    return replace(result, fills=np.concatenate((result.fills, held)))


def test_a_sale_of_what_is_not_held_is_found() -> None:
    grid = toy.candles(200, markets=("KRW-XRP",))
    result = toy.simulate(grid, SETTINGS, chance=0.2)
    flat = result.fills[: int(np.flatnonzero(result.fills["side"] < 0)[-1]) + 1]
    violation = audit(sold_twice(replace(result, fills=flat)), grid).violation
    assert violation is not None
    assert violation.text in ("quantity", "better_than_the_bar")


def test_prices_off_the_grid_are_found() -> None:
    """The toy's prices with slippage are on no grid, and its quantities are whole."""
    violation = audit(toy.simulate(GRID, Settings(), chance=0.05), GRID).violation
    assert violation is not None
    assert violation.text == "off_the_grid"


def test_every_violation_has_its_books(result: BacktestResult) -> None:
    every = set(texts("audit")) - {"passed", "failed"}
    assert every == {text for _, text in COOKED.values()} | {"off_the_grid", "quantity"}
