"""The Python door to decisions, one event at a time, for trader, paper and replay: the compiled functions of engine.kernel.decide."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.strategy import Enter, Strategy
from engine.kernel.abi import helper
from engine.kernel.book import SKIP_REASONS, Book, restore_book, save_book
from engine.kernel.decide.answers import ACCEPTED, OVERSOLD, UNKNOWN_ORDER, on_cash, on_control, on_done, on_fill
from engine.kernel.decide.close import on_close
from engine.kernel.decide.guard import on_mark
from engine.kernel.decide.plan import Plan, Terms, make_book, make_plan
from engine.kernel.decide.position import equity_krw, exposure_krw
from engine.kernel.decide.step import on_step
from engine.kernel.fills import CANCELLED, FLOW, REFUSED, WAITING, WAITS, enter_terms, trade_at
from engine.kernel.legal import QUANTITY_SCALE, Venue, make_venue
from engine.kernel.load import compile_function
from engine.kernel.program import PositionRows
from engine.model.costs import NO_COSTS, Costs
from engine.model.events import Cash, Close, Control, Done, DoneReason, Event, Fill, Intent, Mark, Side, Step

#: one event as numbers
EVENT: Final = np.dtype(
    [
        ("kind", "i8"),
        ("market", "i8"),
        ("time_ms", "i8"),
        ("order_id", "i8"),
        ("code", "i8"),  # CONTROL: what; STEP: traded
        ("open_krw", "f8"),  # FILL: price; CASH: amount
        ("high_krw", "f8"),  # FILL: quantity in 1e-8
        ("low_krw", "f8"),  # FILL: fee
        ("close_krw", "f8"),
    ],
    align=True,
)

_STEP: Final = 1
_CLOSE: Final = 2
_FILL: Final = 3
_DONE: Final = 4
_CASH: Final = 5
_CONTROL: Final = 6
_MARK: Final = 7

_REASONS: Final = {CANCELLED: DoneReason.CANCELLED, REFUSED: DoneReason.REFUSED}


@helper
def handle_event(plan: Plan, book: Book, events: NDArray[Any], columns: NDArray[np.float64]) -> int:
    """Process events[0]; the orders that it makes are named in book.outbox. columns [M, C]: of a CLOSE. Returns ACCEPTED or a refusal."""
    event = events[0]
    kind = event["kind"]
    market = event["market"]
    book.outbox[0] = 0
    if kind == _STEP:
        on_step(
            plan, book, market, event["time_ms"], event["open_krw"], event["high_krw"], event["low_krw"], event["close_krw"],
            event["code"] != 0,
        )  # fmt: skip
    elif kind == _CLOSE:
        on_close(plan, book, event["time_ms"], columns)
    elif kind == _MARK:
        on_mark(plan, book, event["time_ms"])
    elif kind == _FILL:
        return on_fill(
            plan, book, market, event["order_id"], event["high_krw"], event["open_krw"], event["low_krw"], event["time_ms"]
        )  # fmt: skip
    elif kind == _DONE:
        return on_done(plan, book, market, event["order_id"], event["time_ms"])
    elif kind == _CASH:
        on_cash(book, event["open_krw"])
    else:
        on_control(plan, book, event["code"])
    return ACCEPTED


class EventRefusedError(ValueError):
    """An event that cannot be true of these books: FILL or DONE of an unknown order, a sale of more than there is. Nothing changed."""


class FillModel:
    """What the simulated exchange trades: FILL and DONE of an intent at a STEP. It remembers one waiting buy per market.

    It fills orders whole: participation, impact and slices need the volume of whole bars, which single events do not have.
    """

    def __init__(
        self, venue: Venue, markets: Sequence[str], enter: NDArray[Any], waiting: NDArray[Any], flow: NDArray[Any], *, compiled: bool = True
    ) -> None:
        """markets: the venue's, in its order. enter: ENTER [1]; waiting: WAITING [M] and flow: FLOW [M], the memory. compiled=False: plain
        Python. Raises ValueError for costs that depend on the volume of bars."""
        costs = venue.costs[0]
        read = costs["impact"] > 0.0 or costs["buy_share"] != math.inf or costs["queue_share"] > 0.0
        if read or len(venue.depth.time_ms) or venue.shown.krw.size:
            raise ValueError("slippage by volume or by recorded books, participation, queues and visible depth are for backtests")
        self._venue, self._enter, self._waiting, self._flow = venue, enter, waiting, flow
        self._index = {market: index for index, market in enumerate(markets)}
        self._trade_at: Callable[..., tuple[int, float, float, float, float, int]] = (
            compile_function(trade_at, allocates=False) if compiled else trade_at
        )

    @classmethod
    def of(
        cls,
        markets: Sequence[str],
        fee_rate: float,
        slippage: float,
        on_grid: bool = True,
        *,
        enter: Enter | None = None,
        clock_ms: int = 0,
        costs: Costs = NO_COSTS,
        compiled: bool = True,
    ) -> FillModel:
        """For markets, costs and how a strategy on that clock enters (default: market orders). Raises ValueError for an unknown market or
        a cost outside its range."""
        terms = enter_terms(enter or Enter(), clock_ms)
        venue = make_venue(markets, fee_rate, slippage, on_grid, costs)
        return cls(venue, markets, terms, np.zeros(len(markets), WAITING), np.zeros(len(markets), FLOW), compiled=compiled)

    def answer(self, intent: Intent, step: Step) -> list[Fill | Done]:
        """[] while the order has to wait; else FILL and DONE, or DONE without a FILL: nothing to trade, cancelled, refused."""
        if step.market != intent.market or not step.traded:
            return []
        status, quantity, price, fee, _, _ = self._trade_at(
            self._venue, self._enter, self._waiting, self._flow, self._index[step.market], intent.order_id, int(intent.side),
            intent.time_ms, intent.amount_krw, 0.0, intent.quantity_e8, intent.level_krw, intent.limit_krw, step.open, step.low, step.close,
            step.volume * QUANTITY_SCALE, step.time_ms,
        )  # fmt: skip
        if status == WAITS:
            return []
        if not quantity > 0.0:
            reason = _REASONS.get(status, DoneReason.NO_QUANTITY)
            return [Done(intent.order_id, intent.market, reason, step.time_ms)]
        return [
            Fill(intent.order_id, intent.market, quantity, price, fee, step.time_ms),
            Done(intent.order_id, intent.market, DoneReason.FILLED, step.time_ms),
        ]


class Desk:
    """One strategy's decisions on one account. `process` takes the events in order and returns the orders they make."""

    def __init__(
        self,
        strategy: Strategy,
        position: PositionRows,
        markets: Sequence[str],
        terms: Terms,
        *,
        tradable: Sequence[bool] | None = None,
        settle_ms: Sequence[int] | None = None,
        compiled: bool = True,
    ) -> None:
        """Arguments as engine.kernel.decide.plan.make_plan. compiled=False runs the same functions as plain Python. Raises ValueError."""
        self.markets = tuple(markets)
        self.plan: Plan = make_plan(strategy, position, markets, terms, tradable=tradable, settle_ms=settle_ms)
        self.book: Book = make_book(self.plan, terms.cash_krw)
        self.fill_model = FillModel(self.plan.venue, markets, self.plan.buying, self.book.waiting, self.book.flow, compiled=compiled)
        self._identity = f"{strategy.name} {strategy.version} {' '.join(markets)}"
        self._index = {market: index for index, market in enumerate(markets)}
        self._handle: Callable[..., int] = compile_function(handle_event, allocates=False) if compiled else handle_event
        self._event = np.zeros(1, EVENT)
        self._columns = np.full_like(self.book.columns, np.nan)

    @property
    def equity_krw(self) -> float:
        """Cash and open positions at last prices."""
        return equity_krw(self.book)

    @property
    def exposure_krw(self) -> float:
        """Open positions at last prices."""
        return exposure_krw(self.book)

    @property
    def cash_krw(self) -> float:
        """Cash, that which working buys will spend included."""
        return float(self.book.account[0]["cash_krw"])

    @property
    def skipped(self) -> dict[str, int]:
        """Entries skipped so far, by reason."""
        return dict(zip(SKIP_REASONS, self.book.skipped.tolist(), strict=True))

    def process(self, event: Event) -> list[Intent]:
        """The orders that the event makes. Raises EventRefusedError, KeyError for an unknown market, ValueError for a wrong CLOSE."""
        self._write(event)
        status = self._handle(self.plan, self.book, self._event, self._columns)
        if status == UNKNOWN_ORDER:
            raise EventRefusedError(f"no such working order: {event}")
        if status == OVERSOLD:
            raise EventRefusedError(f"more sold than held: {event}")
        return [self._intent(int(market)) for market in self.book.outbox[1 : 1 + int(self.book.outbox[0])]]

    def answer(self, intent: Intent, step: Step) -> list[Fill | Done]:
        """What the fill model says to the intent at a STEP of its market; feed it back through `process`."""
        return self.fill_model.answer(intent, step)

    @property
    def wants_marks(self) -> bool:
        """The risk profile looks at base bars too: give it a MARK where the clock does not close."""
        return bool(self.plan.settings[0]["watches"] != 0 or len(self.plan.breakers) > 0)

    def working(self) -> list[Intent]:
        """Orders without DONE, in market order."""
        return [self._intent(market) for market in range(len(self.markets)) if self.book.order[market]["side"] != 0]

    def save(self) -> bytes:
        """The whole state."""
        return save_book(self.book, self._identity)

    def restore(self, data: bytes) -> None:
        """Go on from `save`. Raises ValueError when the bytes belong to another strategy version, other markets or another layout."""
        restore_book(self.book, data, self._identity)

    def _intent(self, market: int) -> Intent:
        order = self.book.order[market]
        return Intent(
            order_id=int(order["order_id"]),
            market=self.markets[market],
            side=Side(int(order["side"])),
            amount_krw=float(order["amount_krw"]),
            quantity_e8=float(order["quantity_e8"]),
            level_krw=float(order["level_krw"]),
            exit_index=int(order["exit_index"]),
            time_ms=int(order["created_ms"]),
            limit_krw=float(order["limit_krw"]) if order["limit_krw"] == order["limit_krw"] else math.nan,  # one NaN: intents compare
        )

    def _write(self, event: Event) -> None:
        if isinstance(event, Close):
            columns = np.asarray(event.columns, np.float64)
            if columns.shape != self._columns.shape:
                raise ValueError(f"a CLOSE needs columns of shape {self._columns.shape}, not {columns.shape}")
            self._columns[...] = columns
        self._event[0] = _numbers(event, self._index)


def _numbers(event: Event, index: dict[str, int]) -> tuple[float, ...]:
    """A row of EVENT."""
    match event:
        case Step():
            prices = (event.open, event.high, event.low, event.close)
            return (_STEP, index[event.market], event.time_ms, 0, int(event.traded), *prices)
        case Close():
            return (_CLOSE, 0, event.time_ms, 0, 0, 0.0, 0.0, 0.0, 0.0)
        case Mark():
            return (_MARK, 0, event.time_ms, 0, 0, 0.0, 0.0, 0.0, 0.0)
        case Fill():
            return (_FILL, index[event.market], event.time_ms, event.order_id, 0, event.price_krw, event.quantity_e8, event.fee_krw, 0.0)
        case Done():
            return (_DONE, index[event.market], event.time_ms, event.order_id, int(event.reason), 0.0, 0.0, 0.0, 0.0)
        case Cash():
            return (_CASH, 0, event.time_ms, 0, 0, event.amount_krw, 0.0, 0.0, 0.0)
        case Control():
            return (_CONTROL, 0, event.time_ms, 0, int(event.kind), 0.0, 0.0, 0.0, 0.0)
