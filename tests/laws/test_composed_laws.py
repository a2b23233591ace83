"""Functions that are rule text obey the laws of what they are made of: start, future, range, and a warm-up that adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.catalogue import ArgKind, Function
from engine.kernel.catalogue import catalogue
from tests.laws.cases import fitting
from tests.laws.columns import GAPS, PRICE_KINDS, Column, bars, with_gaps
from tests.laws.streams import first_difference, same_bits
from tests.oracles.values.rule_text import Evaluator, candles_alone, span

COMPOSED = {name: function for name, function in catalogue().items() if function.body is not None and candles_alone(function)}
NAMES = st.sampled_from(sorted(COMPOSED))


@dataclass(frozen=True)
class Case:
    """A composed function with its fixed arguments on one set of bars."""

    function: Function
    values: Mapping[str, float]
    columns: Mapping[str, Column]
    index: int

    def run(self, first: int = 0) -> Column:
        """Its values on the bars from `first` on; a series argument without a default gets the close."""
        columns = {name: column[first:] for name, column in self.columns.items()}
        series = {arg.name: columns["close"] for arg in self.function.args if arg.kind is ArgKind.SERIES}
        return Evaluator(columns, self.index + first).call(self.function, {**series, **self.values})


@st.composite
def cases(draw: st.DrawFn, spare: int = 150) -> Case:
    """Any composed function, on candles of any kind, with a gap in all series where an unknown bar is."""
    function = COMPOSED[draw(NAMES)]
    values = {}
    for arg in function.args:
        if arg.kind is ArgKind.WINDOW:
            low = int(arg.minimum or 1)
            values[arg.name] = float(draw(st.integers(low, max(low, 6))))
        elif arg.kind is ArgKind.NUMBER:
            values[arg.name] = draw(st.sampled_from([-1.0, 0.5, 2.0, 99.9, 100.2, 1.5e8]))
    seed, kind, gaps = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from(PRICE_KINDS)), draw(st.sampled_from(GAPS))
    market = bars(np.random.default_rng(seed), span(function, values)[1] + spare, kind)
    columns = {name: with_gaps(np.random.default_rng(seed), column, gaps) for name, column in market.items()}
    return Case(function, values, columns, draw(st.integers(0, 2**40)))


@given(case=cases(), start=st.integers(0, 100))
def test_the_start_is_forgotten(case: Case, start: int) -> None:
    settle = span(case.function, case.values)[1]
    long, fresh = case.run()[start:][settle:], case.run(start)[settle:]
    assert same_bits(long, fresh), f"{case.function.name}{case.values}: {first_difference(long, fresh)}"


@given(case=cases(), bar=st.integers(1, 100))
def test_no_bar_sees_a_later_one(case: Case, bar: int) -> None:
    other = {name: np.concatenate([column[:bar], column[bar:][::-1]]) for name, column in case.columns.items()}
    before, after = case.run()[:bar], Case(case.function, case.values, other, case.index).run()[:bar]
    assert same_bits(before, after), f"{case.function.name}: {first_difference(before, after)}"


@given(case=cases())
def test_values_stay_in_their_range_and_begin_after_the_warmup(case: Case) -> None:
    values = case.run()
    defined = np.flatnonzero(~np.isnan(values))
    low, high = case.function.value_range.low, case.function.value_range.high
    assert low is None or (values[defined] >= low).all(), f"{case.function.name} below {low}: {np.nanmin(values)!r}"
    assert high is None or (values[defined] <= high).all(), f"{case.function.name} above {high}: {np.nanmax(values)!r}"
    assert len(defined) == 0 or defined[0] >= span(case.function, case.values)[0]


@pytest.mark.parametrize("name", sorted(COMPOSED))
def test_the_warmup_is_exact(name: str) -> None:
    function = COMPOSED[name]
    rng = np.random.default_rng(1)
    close = 1e6 + np.cumsum(rng.uniform(1.0, 3.0, 200) * rng.choice([-1.0, 1.0], 200))
    columns = {"open": close, "high": close + 0.5, "low": close - 0.5, "close": close, "volume": close, "value": close}
    windows = {arg.name: fitting(arg, 3.0 + i) for i, arg in enumerate(function.args) if arg.kind is ArgKind.WINDOW}
    numbers = {arg.name: fitting(arg, 2.0 + i) for i, arg in enumerate(function.args) if arg.kind is ArgKind.NUMBER}
    case = Case(function, {**windows, **numbers}, columns, 1001)
    assert int(np.flatnonzero(~np.isnan(case.run()))[0]) == span(function, case.values)[0]
