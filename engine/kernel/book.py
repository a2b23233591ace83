"""Layout of the books that `decide` keeps: structured numpy records, saved and restored as plain bytes.

Names and meanings follow docs/decide.md. Times are UTC ms in int64. Quantities are whole 1e-8 coins in float64.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.kernel.abi import by_reference
from engine.kernel.eights import WORD
from engine.kernel.fills import FLOW, WAITING

DAY_MS: Final = 86_400_000

#: one per account
ACCOUNT: Final = np.dtype(
    [
        ("cash_krw", "f8"),
        ("next_order_id", "i8"),
        ("entries_stopped", "i8"),
        ("ambiguous_steps", "i8"),
        ("ambiguous_krw", "f8"),
        ("unsettled_entries", "i8"),
        ("sale_below_minimum", "i8"),
        ("fees_krw", "f8"),
        ("cash_flow_krw", "f8"),
        ("losses_in_row", "i8"),
        ("trades_closed", "i8"),
        ("minute", "i8"),  # UTC minute that orders_in_minute belongs to
        ("orders_in_minute", "i8"),
        ("stirred", "i8"),  # a FILL has come since the risk profile's last look
        ("day", "i8"),  # UTC day of the risk profile's last look; -1: it has not looked yet
        ("day_base_krw", "f8"),  # equity when the day, week, month turned
        ("week_base_krw", "f8"),
        ("month_base_krw", "f8"),
        ("size_factor", "f8"),  # of the `size` rules in force
        ("stopped_by", "i8"),  # first rule in force that stops entries; -1: none
        ("flattened_by", "i8"),  # first rule in force that sells everything; -1: none
    ],
    align=True,
)

#: one per market
POSITION: Final = np.dtype(
    [
        ("quantity_e8", "f8"),
        ("bought_e8", "f8"),
        ("cost_krw", "f8"),
        ("proceeds_krw", "f8"),
        ("fees_krw", "f8"),
        ("entry_krw", "f8"),
        ("high_krw", "f8"),
        ("low_krw", "f8"),
        ("opened_ms", "i8"),
        ("last_krw", "f8"),  # last price of the market; NaN before the first trade
        ("day", "i8"),  # UTC day number that entries_today belongs to
        ("entries_today", "i8"),
        ("last_exit_ms", "i8"),  # -1: none
        ("last_loss_ms", "i8"),  # -1: none
        ("step_stage", "i8"),  # 0: no unfinished STEP; else the leg of its path to go on with (docs/decide.md §5)
        ("step_ms", "i8"),
        ("step_open", "f8"),
        ("step_high", "f8"),
        ("step_low", "f8"),
        ("step_close", "f8"),
        ("step_price", "f8"),  # the price that the path has reached
        ("step_ambiguous", "i8"),
        ("step_inside", "i8"),  # a limit buy filled inside the STEP: no TARGET is tried in it
        ("active", "i8"),  # bit set of the exits that have not fired for this position while those that they come after have
    ],
    align=True,
)

#: one working order per market; side 0 = none
ORDER: Final = np.dtype(
    [
        ("order_id", "i8"),
        ("side", "i8"),  # engine.model.events.Side
        ("created_ms", "i8"),
        ("amount_krw", "f8"),  # buys
        ("quantity_e8", "f8"),  # sales
        ("filled_e8", "f8"),
        ("level_krw", "f8"),  # base price of an in-step sale; NaN when made at a CLOSE
        ("limit_krw", "f8"),  # first limit of a buy, level of a TARGET that waited there; NaN for an order that takes what there is
        ("exit_index", "i8"),  # reason; -1 entry
        ("fires", "i8"),  # bit set of the exits that fire when it has filled
        ("left_e8", "f8"),  # sales: what has not traded yet
        ("ambiguous", "i8"),  # made in a STEP that was ambiguous by then
        ("stopped", "i8"),  # a buy in parts whose position is to be sold: cancelled at the next traded STEP
    ],
    align=True,
)

#: one per market and exit. Of a TARGET that waits at its level: when it got that (or became active), what stands before it there, what
#: touches have sold of it in this position, and the STEP of the last one
EXIT_STATE: Final = np.dtype(
    [
        ("fired", "i8"), ("level_krw", "f8"), ("small_counted", "i8"),
        ("level_ms", "i8"), ("ahead_e8", "f8"), ("touched_e8", "f8"), ("touched_ms", "i8"),
    ],
    align=True,
)  # fmt: skip

#: fill log, one row per FILL
FILL: Final = np.dtype(
    [
        ("time_ms", "i8"),
        ("market", "i8"),
        ("side", "i8"),
        ("exit_index", "i8"),  # -1 entry
        ("order_id", "i8"),
        ("quantity_e8", "f8"),
        ("price_krw", "f8"),
        ("fee_krw", "f8"),
        ("base_krw", "f8"),  # price before slippage: for average slippage
        ("decided_ms", "i8"),  # CLOSE that made the order, or the STEP
        ("ambiguous", "i8"),  # the STEP was ambiguous
        ("priced", "i8"),  # by what its slippage was found: legal.NOT_PRICED..BEYOND_BOOK
    ],
    align=True,
)

#: why an entry was skipped (docs/decide.md §6.3), in the order in which they are tested
SKIP_REASONS: Final = (
    "entries_stopped", "loss_limit", "drawdown", "breaker", "breaker_missing", "open_positions", "entries_per_day", "cooldown", "reentry",
    "account_positions", "positions_per_market", "market_busy", "sector", "crowding", "crowding_missing", "orders_per_minute", "no_price",
    "slippage", "no_level", "stop_above_entry", "no_size", "target_below_cost", "book_missing", "book_share", "no_cash", "below_minimum",
    "order_condition", "halted",
)  # fmt: skip

#: what the latest CLOSE made of a market: the position of a reason in SKIP_REASONS, or one of these
BOUGHT: Final = -1
ENTRY_FALSE: Final = -2
ENTRY_MISSING: Final = -3
POSITION_OPEN: Final = -4
ORDER_WORKING: Final = -5
NOT_TRADABLE: Final = -6
UNDECIDED: Final = -7

#: one per market, of the latest CLOSE; the amounts are NaN where the decision did not come that far
VERDICT: Final = np.dtype(
    [
        ("code", "i8"),
        ("entry_krw", "f8"),  # expected entry
        ("level_krw", "f8"),  # level of the stop that risk is measured to
        ("amount_krw", "f8"),  # size of the buy, after every cap
    ],
    align=True,
)

#: exits of one strategy: `ORDER.fires` is a bit set in an int64
MAXIMUM_EXITS: Final = 62

#: one per rule of the risk profile. in_force ends at until_ms
RULE_STATE: Final = np.dtype([("armed", "i8"), ("in_force", "i8"), ("until_ms", "i8"), ("times", "i8")], align=True)

#: one per breaker and market. In force before until_ms; missing: it had no value at the latest CLOSE; trades_closed: of the account, when
#: one that has to be armed came into force
BREAKER_STATE: Final = np.dtype([("until_ms", "i8"), ("missing", "i8"), ("armed", "i8"), ("trades_closed", "i8")], align=True)

#: sizes of which empty books are kept for the next run
_KNOWN_SIZES: Final = 8
_LINE_BYTES: Final = 64
#: of an array: its shape, its type, and the byte that it begins at
_Place = tuple[tuple[int, ...], np.dtype[Any], int]

_MAGIC: Final = b"jangdan-book-8\n"


@by_reference
class Book(NamedTuple):
    """The whole state of one strategy on an account, and the outbox of the event just processed.

    M markets in code order, E exits, C columns, K named conditions, V slots of the value vector, R rules and B breakers of the risk
    profile, W drawdown windows over D days of peaks. Strategies that share an account share `account`, `rules`, `peaks`, `windows` and
    the stacks; `position` and `order` are a strategy's own rows of those.
    """

    account: NDArray[Any]  # ACCOUNT [1]
    all_position: NDArray[Any]  # POSITION [strategies x M]
    all_order: NDArray[Any]  # ORDER [strategies x M]
    position: NDArray[Any]  # POSITION [M]
    order: NDArray[Any]  # ORDER [M]
    waiting: NDArray[Any]  # fills.WAITING [M]: the fill model's memory of buys, where it answers this book
    flow: NDArray[Any]  # fills.FLOW [M]: and of what traded, for all strategies of the account
    rules: NDArray[Any]  # RULE_STATE [R]
    breakers: NDArray[Any]  # BREAKER_STATE [B, M]; one on the account uses row [b, 0]
    peaks: NDArray[np.float64]  # [D] highest equity of day d at d % D; NaN: no look
    windows: NDArray[np.float64]  # [W] highest peak of the window's days before the present one; NaN: none
    exits: NDArray[Any]  # EXIT_STATE [M, E]
    columns: NDArray[np.float64]  # [M, C] of the latest CLOSE
    entry_columns: NDArray[np.float64]  # [M, C] of the CLOSE that decided the entry
    skipped: NDArray[np.int64]  # [len(SKIP_REASONS)]
    rule_counts: NDArray[np.int64]  # [K, 3]: true, false, missing
    outbox: NDArray[np.int64]  # [2 M + 1]: how many orders the event made, then their markets
    values: NDArray[np.float64]  # [V] scratch of the position rows, constants in place
    queue: NDArray[np.int64]  # [M] scratch: candidates in order of rank
    scales: NDArray[np.float64]  # [M] scratch: their size multipliers
    alike: NDArray[np.int64]  # [strategies x M] scratch: which positions belong to a candidate's cluster
    verdict: NDArray[Any]  # VERDICT [M], told anew by every CLOSE
    engaged: NDArray[np.int64]  # [M / 64]: bits of markets that may hold or want anything (engine.kernel.decide.engaged)


#: what `save_book` writes; the rest is rebuilt or scratch
_SAVED: Final = (
    "account", "position", "order", "waiting", "flow", "rules", "breakers", "peaks", "windows", "exits", "columns", "entry_columns",
    "skipped", "rule_counts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Size:
    """How many of everything a book has room for. peak_days: days of the longest drawdown window."""

    markets: int
    exits: int
    columns: int
    conditions: int
    rules: int = 0
    breakers: int = 0
    windows: int = 0
    peak_days: int = 1


def new_book(size: Size, values: NDArray[np.float64], cash_krw: float) -> Book:
    """Empty books. `values`: initial value vector of the position rows. Raises ValueError for cash that is not >= 0."""
    if not (np.isfinite(cash_krw) and cash_krw >= 0.0):
        raise ValueError(f"cash must be a finite amount >= 0, not {cash_krw}")
    memory, places = _empty_books(size, len(values))
    memory = memory.copy()
    book = Book(*[np.ndarray(shape, dtype, memory, at) for shape, dtype, at in places])
    book.account["cash_krw"] = cash_krw
    book.values[:] = values
    return book


@lru_cache(maxsize=_KNOWN_SIZES)
def _empty_books(size: Size, values: int) -> tuple[NDArray[np.uint8], tuple[_Place, ...]]:
    """The bytes of books without cash and with a vector of so many zeros, and where each array of them is. Nobody writes these: filling in
    each field of new ones takes longer than a copy of all."""
    account = np.zeros(1, ACCOUNT)
    account["next_order_id"] = 1
    account["day"] = account["minute"] = account["stopped_by"] = account["flattened_by"] = -1
    account["size_factor"] = 1.0
    rules = np.zeros(size.rules, RULE_STATE)
    rules["armed"] = 1
    stacks = np.zeros(size.markets, POSITION), np.zeros(size.markets, ORDER)
    peaks, windows = np.full(size.peak_days, np.nan), np.full(size.windows, np.nan)
    book = _strategy_book(size, np.zeros(values), account, stacks, _empty_flow(size.markets), rules, peaks, windows, 0)
    parts = book._replace(position=book.all_position, order=book.all_order)
    starts: dict[int, int] = {}  # of each array once, whatever its names
    pieces: list[NDArray[np.uint8]] = []
    for part in parts:
        if id(part) not in starts:
            starts[id(part)] = sum(map(len, pieces))
            pieces.append(np.frombuffer(part.tobytes().ljust(-(-part.nbytes // _LINE_BYTES) * _LINE_BYTES, b"\0"), np.uint8))
    return np.concatenate(pieces), tuple((part.shape, part.dtype, starts[id(part)]) for part in parts)


def _all_of(markets: int) -> NDArray[np.int64]:
    """A bit for each market, all 1; those behind them are 0."""
    bits = np.zeros(-(-markets // WORD) * WORD, np.uint8)
    bits[:markets] = 1
    return np.packbits(bits, bitorder="little").view("<i8").astype(np.int64)


def _empty_flow(markets: int) -> NDArray[Any]:
    flow = np.zeros(markets, FLOW)
    flow["time_ms"] = -1
    return flow


def shared_books(sizes: Sequence[Size], values: Sequence[NDArray[np.float64]], cash_krw: float) -> tuple[Book, ...]:
    """Books of several strategies on one account, in order. Their rules and windows are those of one profile. Raises ValueError."""
    first = new_book(sizes[0], values[0], cash_krw)
    markets = sizes[0].markets
    if any((size.markets, size.rules, size.windows) != (markets, sizes[0].rules, sizes[0].windows) for size in sizes):
        raise ValueError("strategies on one account have the same markets, rules and drawdown windows")
    stacks = np.zeros(markets * len(sizes), POSITION), np.zeros(markets * len(sizes), ORDER)
    shared = (first.account, stacks, first.flow, first.rules, first.peaks, first.windows)
    return tuple(_strategy_book(size, own, *shared, k * markets) for k, (size, own) in enumerate(zip(sizes, values, strict=True)))


def _strategy_book(
    size: Size,
    values: NDArray[np.float64],
    account: NDArray[Any],
    stacks: tuple[NDArray[Any], NDArray[Any]],
    flow: NDArray[Any],
    rules: NDArray[Any],
    peaks: NDArray[np.float64],
    windows: NDArray[np.float64],
    row: int,
) -> Book:
    """The books of the strategy whose rows of the stacks begin at `row`."""
    book = Book(
        account=account,
        all_position=stacks[0],
        all_order=stacks[1],
        position=stacks[0][row : row + size.markets],
        order=stacks[1][row : row + size.markets],
        waiting=np.zeros(size.markets, WAITING),
        flow=flow,
        rules=rules,
        breakers=np.zeros((size.breakers, size.markets), BREAKER_STATE),
        peaks=peaks,
        windows=windows,
        exits=np.zeros((size.markets, size.exits), EXIT_STATE),
        columns=np.full((size.markets, size.columns), np.nan),
        entry_columns=np.full((size.markets, size.columns), np.nan),
        skipped=np.zeros(len(SKIP_REASONS), np.int64),
        rule_counts=np.zeros((size.conditions, 3), np.int64),
        outbox=np.zeros(2 * size.markets + 1, np.int64),
        values=values.astype(np.float64).copy(),
        queue=np.zeros(size.markets, np.int64),
        scales=np.ones(size.markets),
        alike=np.zeros(len(stacks[0]), np.int64),
        verdict=np.zeros(size.markets, VERDICT),
        engaged=_all_of(size.markets),
    )
    book.breakers["armed"] = 1
    book.verdict["code"] = UNDECIDED
    for name in ("entry_krw", "level_krw", "amount_krw"):
        book.verdict[name] = np.nan
    book.position["last_krw"] = np.nan
    book.position["day"] = -1
    book.position["last_exit_ms"] = -1
    book.position["last_loss_ms"] = -1
    book.exits["level_krw"] = np.nan
    return book


def save_book(book: Book, identity: str) -> bytes:
    """The books as bytes. `identity`: what they belong to (strategy version and markets); `restore_book` refuses another."""
    parts = [getattr(book, name) for name in _SAVED]
    header = {"identity": identity, "parts": [[name, list(part.shape), part.nbytes] for name, part in zip(_SAVED, parts, strict=True)]}
    return b"".join([_MAGIC, json.dumps(header).encode(), b"\n", *(part.tobytes() for part in parts)])


def restore_book(book: Book, data: bytes, identity: str) -> None:
    """Fill `book` from `save_book`'s bytes. Raises ValueError when they are of another format, strategy, set of markets or length."""
    if not data.startswith(_MAGIC):
        raise ValueError("these bytes are no saved books of this version")
    head, _, body = data[len(_MAGIC) :].partition(b"\n")
    header = json.loads(head)
    if header["identity"] != identity:
        raise ValueError(f"saved books belong to {header['identity']!r}, not to {identity!r}")
    expected = [[name, list(getattr(book, name).shape), getattr(book, name).nbytes] for name in _SAVED]
    if header["parts"] != expected or len(body) != sum(part[2] for part in expected):
        raise ValueError("saved books have another layout")
    start = 0
    for name, _, length in expected:
        target = getattr(book, name)
        target[...] = np.frombuffer(body[start : start + length], dtype=target.dtype).reshape(target.shape)
        start += length
    book.engaged[:] = _all_of(len(book.position))
