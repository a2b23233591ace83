"""Values across markets: against pandas bar by bar, and what must not matter: other markets, their order, how bars are cut."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dsl.side_series import ACROSS
from engine.kernel.ops import across
from engine.kernel.program import compile_values
from engine.kernel.vm import Kernel
from engine.model.candle import BarGrid, BarState
from tests.engine.kernel.samples import FIVE, HOUR, MINUTE, MINUTE_MS, OPS, Maker, cut, random_grid, same_bits

NAMES = tuple(name.removeprefix("across.") for name in ACROSS)
MEMBER = ("universe.member", ())
seeds = st.integers(0, 2**32 - 1)
Columns = NDArray[np.float64]


def markets(count: int) -> tuple[str, ...]:
    return tuple(f"KRW-{number:04d}" for number in range(count))


def grid_of(value: Columns, member: Columns | None = None, turnover: Columns | None = None) -> BarGrid:
    """Minutes whose close is the value and whose traded value is the turnover; UNKNOWN where the value is missing."""
    state = np.where(np.isnan(value), BarState.UNKNOWN, BarState.TRADED).astype(np.int8)
    traded = np.abs(np.nan_to_num(value)) if turnover is None else turnover
    side = {} if member is None else {MEMBER: member}
    return BarGrid(markets(len(value)), MINUTE, 1_000_000, state, value, value, value, value, np.ones_like(value), traded, side)


def run(
    grid: BarGrid,
    name: str,
    *,
    order: float = 0.0,
    top: float = 0.0,
    n: float = 3.0,
    domain: tuple[str, ...] | None = None,
    block: int = 64,
) -> Columns:
    """[markets, bars] of one across node over the closes."""
    make = Maker()
    member = make.side("universe.member", MINUTE) if MEMBER in grid.side else make.const(1.0)
    turnover = [make.leaf("value", MINUTE)] if top else []
    params = (top, order, n) if name == "top" else (top, order)
    node = make.across(name, MINUTE, make.leaf("close", MINUTE), member, *turnover, params=params)
    program = compile_values(make.graph, [node], MINUTE, MINUTE, grid.markets, OPS, domain=domain)
    return Kernel(program, block).advance(grid).values[:, :, 0]


def random_values(seed: int, count: int, bars: int) -> tuple[Columns, Columns]:
    """Values with ties and holes, and members; one bar without members, one with a single one."""
    rng = np.random.default_rng(seed)
    value = np.where(rng.random((count, bars)) < 0.3, rng.integers(0, 5, (count, bars)), rng.normal(100.0, 20.0, (count, bars)))
    value[rng.random((count, bars)) < 0.1] = np.nan
    member = (rng.random((count, bars)) < 0.8).astype(float)
    member[:, 0] = 0.0
    member[:, 1] = np.arange(count) == 0
    return value, member


def close_to(a: Columns, b: Columns) -> bool:
    return bool(np.array_equal(np.isnan(a), np.isnan(b)) and np.allclose(a, b, rtol=1e-12, atol=1e-12, equal_nan=True))


@pytest.mark.parametrize("count", [1, 2, 7, 9, 33, 200])
@pytest.mark.parametrize("order", [0.0, 1.0])
def test_agrees_with_pandas(count: int, order: float) -> None:
    value, member = random_values(count, count, 60)
    grid = grid_of(value, member)
    frame = pd.DataFrame(np.where(member == 1.0, value, np.nan))
    ranks = frame.rank(axis=0, method="first", ascending=order == 0.0).to_numpy()
    known = frame.count().to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = {
            "rank": ranks,
            "pct_rank": np.where(known > 1, (ranks - 1.0) / (known - 1.0), np.nan),
            "zscore": ((frame - frame.mean()) / frame.std(ddof=0).where(lambda deviation: deviation > 1e-9)).to_numpy(),
            "mean": np.broadcast_to(frame.mean(), value.shape),
            "median": np.broadcast_to(frame.median(), value.shape),
            "breadth": np.broadcast_to((frame != 0.0).where(frame.notna()).mean(), value.shape),
            "top": np.where(np.isnan(ranks), np.nan, ranks <= 3.0),
        }
    assert set(expected) == set(NAMES)
    compared = 0
    for name, columns in expected.items():
        found = run(grid, name, order=order)
        assert close_to(found, columns.astype(float)), name
        compared += int((~np.isnan(found)).sum())
    assert compared > 7 * count * 30 or count <= 2


@pytest.mark.parametrize("top", [1, 3, 50])
def test_top_takes_the_most_traded_members(top: int) -> None:
    value, member = random_values(5, 40, 50)
    turnover = np.random.default_rng(1).integers(0, 12, value.shape).astype(float)
    grid = grid_of(value, member, turnover)
    frame = pd.DataFrame(np.where((member == 1.0) & ~np.isnan(value), turnover, np.nan))
    # a member without a candle has no turnover either
    chosen = frame.rank(axis=0, method="first", ascending=False).to_numpy() <= top
    expected = pd.DataFrame(np.where(chosen, value, np.nan))
    found = run(grid, "median", top=float(top))
    assert close_to(found, np.array(np.broadcast_to(expected.median(), value.shape)))
    assert (chosen.sum(axis=0) == np.minimum(frame.count().to_numpy(), top)).all()
    ranks = run(grid, "rank", top=float(top))
    assert np.array_equal(~np.isnan(ranks), chosen & ~np.isnan(value))


@given(seed=seeds, name=st.sampled_from(NAMES), blocks=st.lists(st.integers(1, 200), min_size=2, max_size=2), at=st.integers(1, 99))
def test_cuts_and_blocks_change_nothing(seed: int, name: str, blocks: list[int], at: int) -> None:
    value, member = random_values(seed, 11, 100)
    grid = grid_of(value, member)
    whole = run(grid, name, block=blocks[0])
    parts = [run(cut(grid, *edges), name, block=blocks[1]) for edges in itertools.pairwise((0, at, 100))]
    assert same_bits(np.concatenate(parts, axis=1), whole)


@given(seed=seeds, name=st.sampled_from(NAMES), top=st.sampled_from([0.0, 2.0]))
def test_a_non_members_values_change_nothing(seed: int, name: str, top: float) -> None:
    value, member = random_values(seed, 9, 40)
    other = np.where(member == 1.0, value, np.random.default_rng(seed + 1).normal(0.0, 1e6, value.shape))
    assert same_bits(run(grid_of(value, member), name, top=top), run(grid_of(other, member), name, top=top))


@given(seed=seeds, name=st.sampled_from(NAMES), order=st.sampled_from([0.0, 1.0]))
def test_the_order_of_markets_decides_only_ties(seed: int, name: str, order: float) -> None:
    """Without equal values, renaming the markets renames the results (sums: within rounding)."""
    rng = np.random.default_rng(seed)
    value = np.array([rng.permutation(12) for _ in range(30)]).T * 1.7 - 3.0
    value[rng.random(value.shape) < 0.1] = np.nan
    shuffled = rng.permutation(12)
    plain, moved = run(grid_of(value), name, order=order), run(grid_of(value[shuffled]), name, order=order)
    assert close_to(plain[shuffled], moved)


def test_equal_values_rank_by_market_code() -> None:
    value = np.array([[2.0], [1.0], [2.0], [1.0]])
    assert run(grid_of(value), "rank", order=1.0)[:, 0].tolist() == [1.0, 3.0, 2.0, 4.0]
    assert run(grid_of(value), "rank", order=0.0)[:, 0].tolist() == [3.0, 1.0, 4.0, 2.0]


def test_flat_markets_have_an_exact_mean_and_no_zscore() -> None:
    value = np.full((7, 3), 0.1)
    assert (run(grid_of(value), "mean") == 0.1).all()
    assert np.isnan(run(grid_of(value), "zscore")).all()


def test_markets_outside_the_domain_do_not_count() -> None:
    value, _ = random_values(3, 6, 30)
    kept = markets(6)[:4]
    for name in NAMES:
        inside, alone = run(grid_of(value), name, domain=kept), run(grid_of(value[:4]), name)
        assert same_bits(inside[:4], alone), name
        assert name in ("mean", "median", "breadth") or np.isnan(inside[4:]).all()


@given(seed=seeds, share=st.floats(0.1, 0.9))
def test_no_future(seed: int, share: float) -> None:
    value, member = random_values(seed, 8, 60)
    at = int(60 * share)
    other, others = random_values(seed + 1, 8, 60)
    changed = grid_of(np.concatenate([value[:, :at], other[:, at:]], 1), np.concatenate([member[:, :at], others[:, at:]], 1))
    for name in NAMES:
        assert same_bits(run(grid_of(value, member), name)[:, :at], run(changed, name)[:, :at]), name


@given(values=st.lists(st.floats(allow_nan=False), max_size=60), descending=st.booleans())
def test_sort_is_stable_and_whole(values: list[float], descending: bool) -> None:
    size = len(values) + 2
    work = [*values, 7.0, 7.0] + [float(k) for k in range(size)] + [-1.0] * (3 * size)
    across.sort_pairs(work, size, len(values), descending)
    order = sorted(range(len(values)), key=lambda k: -values[k] if descending else values[k])
    assert work[: len(values)] == [values[k] for k in order]
    assert work[size : size + len(values)] == [float(k) for k in order]
    assert work[4 * size :] == [-1.0] * size


def test_a_later_start_gives_the_same_values_once_settled() -> None:
    """Folds, amounts on slow bars and values across markets, begun at any minute of the hour."""
    make = Maker()
    amount = make.op("lag", HOUR, make.side("flow.bought", HOUR), params=(1.0,))
    least = make.op("over.min", FIVE, make.op("lag", MINUTE, make.side("book.spread", MINUTE, (2.0,)), params=(3.0,)))
    mean = make.across("mean", FIVE, make.hold(FIVE, amount), make.side("universe.member", FIVE))
    node = make.op("add", FIVE, make.op("lag", FIVE, mean, params=(2.0,)), least)
    grid = random_grid(np.random.default_rng(8), markets(5), 600_000, 900, unknown=0.0)
    program = compile_values(make.graph, [node], FIVE, MINUTE, grid.markets, OPS)
    whole = Kernel(program).advance(grid)
    settled = 0
    for start in range(1, 61, 7):
        late = Kernel(program).advance(cut(grid, start, 900))
        good = late.close_ms >= (grid.first_index + start) * MINUTE_MS + program.settle_ms
        assert same_bits(late.values[:, good], whole.values[:, -len(late.close_ms) :][:, good])
        settled += int((~np.isnan(late.values[:, good])).sum())
    assert settled > 3000


def test_refuses_what_no_contract_allows() -> None:
    make = Maker()
    close = make.leaf("close", MINUTE)
    cases = [
        (
            make.op("across.rank", MINUTE, make.leaf("close", MINUTE, "KRW-0000"), make.const(1.0), params=(0.0, 1.0), market="KRW-0000"),
            "all",
        ),
        (make.op("across.rank", MINUTE, close, make.const(1.0), params=(5.0, 1.0)), "turnover"),
        (make.op("over.sum", MINUTE, make.leaf("close", FIVE)), "not made of whole bars"),
        (make.side("book.spread", MINUTE, (), "KRW-NONE"), "KRW-NONE"),
    ]
    for node, reason in cases:
        with pytest.raises(ValueError, match=reason):
            compile_values(make.graph, [node], MINUTE, MINUTE, markets(2), OPS)
