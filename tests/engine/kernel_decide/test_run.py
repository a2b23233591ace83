"""The backtest's loop: any blocks, the Desk, saved books and plain Python give the same bits; and the books balance."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.aggregate import SERIES
from engine.kernel.bars import Log, by_row, changes_of, together
from engine.kernel.book import FILL, SKIP_REASONS, restore_book, save_book
from engine.kernel.decide.position import equity_krw
from engine.kernel.desk import Desk
from engine.model.candle import BarState
from engine.model.events import Cash, Close, Event, Fill, Intent, Mark, Step
from tests.engine.kernel_decide.random_runs import (
    MARKETS,
    World,
    cut_bars,
    cut_columns,
    feed_world,
    make_fixed_world,
    make_trailing_world,
    make_world,
    new_run,
    run_world,
)
from tests.engine.kernel_decide.worlds import MINUTE, START

SEEDS = st.integers(0, 10**6)


def same_bits(one: object, other: object) -> bool:
    """RunResults equal in every bit."""
    names = ("fills", "equity_ms", "equity_krw", "cash_changes")
    rest = ("skipped", "rule_counts", "ambiguous_steps", "ambiguous_krw", "unsettled_entries", "sale_below_minimum")
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names) and all(
        getattr(one, name) == getattr(other, name) for name in rest
    )


def events_of(world: World) -> list[Event]:
    """The run as single events, in the order of docs/decide.md §2."""
    found: list[Event] = []
    closing = 0
    for bar in range(world.bars.state.shape[1]):
        time_ms = START + bar * MINUTE
        for market, code in enumerate(MARKETS):
            if world.bars.state[market, bar] == BarState.UNKNOWN:
                continue
            prices = [float(series[market, bar]) for series in (world.bars.open, world.bars.high, world.bars.low, world.bars.close)]
            found.append(Step(code, time_ms, *prices, 1.0, bool(world.bars.state[market, bar] == BarState.TRADED)))
        if closing < len(world.close_ms) and world.close_ms[closing] == time_ms + MINUTE:
            found.append(Close(time_ms + MINUTE, tuple(map(tuple, world.columns[:, closing].tolist()))))
            closing += 1
        else:
            found.append(Mark(time_ms + MINUTE))
    return found


def new_desk(world: World, compiled: bool = True) -> Desk:
    return Desk(
        world.strategy, world.program.position, MARKETS, world.terms,
        tradable=world.tradable, settle_ms=world.settle_ms, compiled=compiled,
    )  # fmt: skip


def drive(desk: Desk, event: Event) -> list[Fill]:
    """One event and the immediate answers to all it brings about."""
    fills: list[Fill] = []

    def settle(intents: list[Intent], step: Step) -> None:
        for intent in intents:
            for answer in desk.answer(intent, step):
                if isinstance(answer, Fill):
                    fills.append(answer)
                settle(desk.process(answer), step)

    if isinstance(event, Step):
        settle([intent for intent in desk.working() if intent.market == event.market], event)
        settle(desk.process(event), event)
    else:
        desk.process(event)
    return fills


def test_random_worlds_have_every_kind_of_trade() -> None:
    """What follows compares something: fills by every kind of exit, skips by nearly every reason, ambiguity, small sales."""
    kinds, reasons, totals = set(), set(), np.zeros(4)
    for seed in range(90):
        world = make_world(seed)
        _, result = run_world(world, [400])
        kinds |= {world.strategy.exit_name(index) or "entry" for index in result.fills["exit_index"].tolist()}
        reasons |= {name for name, count in result.skipped.items() if count}
        totals += [len(result.fills), result.ambiguous_steps, result.unsettled_entries, result.sale_below_minimum]
    assert kinds >= {"entry", "stop", "first", "second", "trail", "weak", "stalled", "lock", "rebound", "deep", "own"}
    # events, several strategies, the order, the profile's own values
    elsewhere = {"entries_stopped", "positions_per_market", "market_busy", "order_condition", "crowding", "crowding_missing", "halted"}
    elsewhere |= {"book_share", "book_missing"}
    assert set(SKIP_REASONS) - reasons <= {"stop_above_entry", "no_price", "no_size", *elsewhere}
    assert totals[0] > 2000
    assert totals[1:].min() >= 3


@given(SEEDS, st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_any_blocks_give_the_same_bits(seed: int, blocks: list[int]) -> None:
    world = make_world(seed, bars=200)
    assert same_bits(run_world(world, [200])[1], run_world(world, blocks)[1])


def test_block_sizes_up_to_4096() -> None:
    for seed in (11, 12, 13):
        world = make_world(seed, bars=5000)
        whole = run_world(world, [5000])[1]
        assert len(whole.fills) > 100
        for block in (1, 2, 7, 64, 999, 4096):
            assert same_bits(whole, run_world(world, [block])[1])


def test_a_full_log_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With room for one base time only the loop stops and goes on thousands of times."""
    world = make_world(11, bars=2000)
    whole = run_world(world, [2000])[1]
    run = new_run(world)
    run._log = Log(np.zeros(len(MARKETS) * (len(world.strategy.exits) + 2), FILL), np.zeros(1, np.int64))
    feed_world(world, run, 0, 2000, [2000])
    assert len(whole.fills) > len(run._log.fills)
    assert same_bits(whole, run.result())


@given(SEEDS)
def test_the_desk_event_by_event_makes_the_same_fills(seed: int) -> None:
    world = make_world(seed, bars=150)
    run, result = run_world(world, [150])
    desk = new_desk(world)
    fills = [fill for event in events_of(world) for fill in drive(desk, event)]
    log = [(row["order_id"], row["quantity_e8"], row["price_krw"], row["fee_krw"], row["time_ms"]) for row in result.fills]
    assert [(fill.order_id, fill.quantity_e8, fill.price_krw, fill.fee_krw, fill.time_ms) for fill in fills] == log
    assert desk.save().partition(b"\n{")[2].partition(b"\n")[2] == save_book(run.book, "").partition(b"\n{")[2].partition(b"\n")[2]


@given(SEEDS, st.integers(1, 149))
def test_saved_books_go_on_with_the_same_bits(seed: int, cut: int) -> None:
    """Run and Desk: save in the middle, throw everything away, restore, go on."""
    world = make_world(seed, bars=150)
    whole = run_world(world, [150])[1]
    first, second = new_run(world), new_run(world)
    feed_world(world, first, 0, cut, [40])
    restore_book(second.book, save_book(first.book, "x"), "x")
    feed_world(world, second, cut, 150, [40])
    assert first.result().fills.tobytes() + second.result().fills.tobytes() == whole.fills.tobytes()
    assert second.result().skipped == whole.skipped

    events, desk, fills = events_of(world), new_desk(world), []
    for number, event in enumerate(events):
        if number % 97 == cut % 97:
            data, desk = desk.save(), new_desk(world)
            desk.restore(data)
        fills += drive(desk, event)
    assert [(fill.order_id, fill.price_krw, fill.quantity_e8) for fill in fills] == [
        (row["order_id"], row["price_krw"], row["quantity_e8"]) for row in whole.fills
    ]


@given(SEEDS, st.booleans())
def test_plain_functions_give_the_bits_of_compiled_ones(seed: int, on_grid: bool) -> None:
    world = make_world(seed, bars=60, on_grid=on_grid)
    assert same_bits(run_world(world, [60])[1], run_world(world, [60], compiled=False)[1])


@given(SEEDS, st.booleans())
def test_books_balance_after_every_event(seed: int, on_grid: bool) -> None:
    """Equity changes by price moves, by what a fill costs against the last price, by fees and by cash flows: nothing else, ever."""
    world = make_world(seed, bars=120, on_grid=on_grid)
    desk, random = new_desk(world), np.random.default_rng(seed)
    checked = 0

    def process(event: Event) -> list[Intent]:
        nonlocal checked
        before = desk.book.position.copy()
        equity, account = desk.equity_krw, desk.book.account[0].copy()
        intents = desk.process(event)
        after = desk.book.position
        moves = sum(
            float(b["quantity_e8"] / 1e8 * (a["last_krw"] - b["last_krw"]))
            for b, a in zip(before, after, strict=True)
            if b["quantity_e8"] > 0
        )
        expected = equity + moves
        if isinstance(event, Fill):
            index = MARKETS.index(event.market)
            sign = 1 if after[index]["quantity_e8"] > before[index]["quantity_e8"] else -1
            expected += sign * event.quantity_e8 / 1e8 * (float(after[index]["last_krw"]) - event.price_krw) - event.fee_krw
            assert desk.book.account[0]["fees_krw"] == pytest.approx(account["fees_krw"] + event.fee_krw, rel=1e-12)
            assert abs(after[index]["quantity_e8"] - before[index]["quantity_e8"]) == pytest.approx(event.quantity_e8, rel=1e-12)
        if isinstance(event, Cash):
            expected += event.amount_krw
        assert desk.equity_krw == pytest.approx(expected, rel=1e-11, abs=1e-4)
        assert desk.cash_krw >= -1e-6
        for position, order in zip(after, desk.book.order, strict=True):
            assert position["quantity_e8"] >= 0
            assert order["side"] != -1 or order["quantity_e8"] - order["filled_e8"] <= position["quantity_e8"]
            assert not on_grid or position["quantity_e8"] == np.floor(position["quantity_e8"])
        checked += 1
        return intents

    def settle(intents: list[Intent], step: Step) -> None:
        for intent in intents:
            for answer in desk.answer(intent, step):
                settle(process(answer), step)

    for event in events_of(world):
        if isinstance(event, Step):
            settle([intent for intent in desk.working() if intent.market == event.market], event)
            settle(process(event), event)
            if random.random() < 0.02:
                spare = min(desk.cash_krw, 50_000) if not desk.working() else 0
                process(Cash(float(random.integers(-spare, 200_000)), event.time_ms))
        else:
            process(event)
    assert checked > 300


def test_the_equity_curve_is_cash_and_positions_at_every_close() -> None:
    """Cash as the fills before each make it, in their order, to the last bit; and nothing else where nothing is held."""
    changes = flat = 0
    for seed in range(8):
        world = make_world(seed, bars=400)
        run, result = run_world(world, [400])
        assert result.equity_ms.tolist() == world.close_ms.tolist()
        assert result.equity_krw[-1] == equity_krw(run.book)
        cash, held, fills = world.terms.cash_krw, dict.fromkeys(range(len(MARKETS)), 0.0), list(result.fills)
        shown = by_row(result.cash_changes, len(result.equity_ms))
        for time_ms, cash_krw, equity in zip(result.equity_ms, shown, result.equity_krw, strict=True):
            while fills and fills[0]["time_ms"] < time_ms:
                fill = fills.pop(0)
                value, fee = float(fill["quantity_e8"] * fill["price_krw"] / 1e8), float(fill["fee_krw"])
                cash += -(value + fee) if fill["side"] > 0 else value - fee
                held[int(fill["market"])] += float(fill["side"] * fill["quantity_e8"])
            assert cash_krw == cash
            assert (equity > cash) == any(held.values())
            assert any(held.values()) or equity == cash
            flat += not any(held.values())
        changes += len(result.cash_changes)
    assert flat > 50
    assert changes > 100


@given(st.lists(st.sampled_from([0.0, 1.5, -1.0]), max_size=12))
def test_values_by_row_are_what_their_changes_were_found_in(values: list[float]) -> None:
    found = changes_of(np.array(values))
    assert by_row(found, len(values)).tolist() == values
    assert len(found) == sum(1 for k, value in enumerate(values) if k == 0 or value != values[k - 1])


@given(SEEDS, st.integers(0, 160))
def test_before_the_trading_start_nothing_happens(seed: int, start: int) -> None:
    """A run from a later start equals a run over the later bars alone."""
    world = make_world(seed, bars=150)
    from_ms = START + start * MINUTE
    late = run_world(world, [33], from_ms=from_ms)[1]
    alone = new_run(world)
    if start < 150:
        alone.feed(cut_bars(world.bars, start, 150), cut_columns(world, start, 150))
    assert same_bits(late, alone.result())
    assert (late.equity_ms > from_ms).all()


def test_grids_of_other_numbers_are_read_as_those_numbers() -> None:
    """Compiled code looks at the kinds of what it is given once: it is given the same kinds always."""
    world = make_world(11, bars=2000)
    bars = world.bars
    short = {name: getattr(bars, name).astype(np.float32) for name in SERIES}
    long = {name: series.astype(np.float64) for name, series in short.items()}
    whole = run_world(replace(world, bars=replace(bars, **long)), [400])[1]
    assert len(whole.fills) > 50
    for state, series in (
        (bars.state.astype(np.int64), short),
        (np.asfortranarray(bars.state), {n: np.asfortranarray(s) for n, s in long.items()}),
    ):
        assert same_bits(whole, run_world(replace(world, bars=replace(bars, state=state, **series)), [400])[1])


def test_new_books_have_nothing_of_those_that_were_used() -> None:
    """Neither what was written to them nor a byte of their memory; and two names of one array stay that."""
    world = make_world(3)
    used, unused = new_run(world), new_run(world)
    before = save_book(unused.book, ""), unused.book.verdict.tobytes()
    feed_world(world, used, 0, world.bars.state.shape[1], [400])
    assert save_book(used.book, "") != before[0]
    again = new_run(world).book
    assert (save_book(again, ""), again.verdict.tobytes()) == before
    pairs = combinations(again._asdict().items(), 2)
    shared = [(name, another) for (name, one), (another, other) in pairs if np.shares_memory(one, other)]
    assert shared == [("all_position", "position"), ("all_order", "order")]
    assert not any(np.shares_memory(one, other) for one in again for other in unused.book)


def test_books_of_another_strategy_or_market_are_refused() -> None:
    one = new_desk(make_world(1))
    with pytest.raises(ValueError, match="no saved books"):
        one.restore(b"hello")
    data = one.save()
    with pytest.raises(ValueError, match="layout"):
        one.restore(data[:-1])
    with pytest.raises(ValueError, match="belong to"):
        restore_book(one.book, save_book(one.book, "a"), "b")


def test_times_that_lie_in_one_array_are_not_copied() -> None:
    whole, other = np.arange(50), np.arange(50)
    for parts in ([whole[5:20], whole[20:20], whole[20:41]], [whole[5:20], whole[21:41]], [whole[5:20], other[20:41]], [whole[3:9]], []):
        expected = np.concatenate([np.empty(0, np.int64), *parts])
        np.testing.assert_array_equal(together(parts), expected)
    assert together([whole[5:20], whole[20:41]]).base is whole
    assert together([whole[5:20], other[20:41]]).base is None
    np.testing.assert_array_equal(together([whole.copy(), other.copy()]), np.concatenate((whole, other)))


def test_the_active_exits_are_those_that_neither_fired_nor_wait_for_another() -> None:
    seen = {"fired": 0, "waiting": 0, "active": 0}
    for make in (make_world, make_fixed_world, make_trailing_world):
        for seed in range(24):
            world = make(seed)
            run, after = new_run(world), [rule.after for rule in world.strategy.exits]
            for first in range(0, 400, 20):
                feed_world(world, run, first, first + 20, [20])
                for held, exits in zip(run.book.position, run.book.exits, strict=True):
                    fired = [state["fired"] != 0 for state in exits]
                    waits = [other is not None and not fired[other] for other in after]
                    active = [not (one or other) and held["quantity_e8"] > 0.0 for one, other in zip(fired, waits, strict=True)]
                    assert held["active"] == sum(1 << place for place, yes in enumerate(active) if yes)
                    seen["fired"] += sum(fired)
                    seen["waiting"] += sum(waits) if held["quantity_e8"] > 0.0 else 0
                    seen["active"] += sum(active)
    assert min(seen.values()) > 50, seen
