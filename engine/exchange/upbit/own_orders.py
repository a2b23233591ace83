"""What has been told of own orders, so that each piece of news is told once: by the stream, or, where it was missed, from what REST tells.

An order is told as `wait` (or `watch`), each of its trades by id, what self-trade prevention took, and its end. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from engine.exchange.upbit.answers import Order, OrderTrade
from engine.exchange.upbit.frames import MyOrderFrame
from engine.exchange.upbit.missed import RESYNC

#: orders that are over and still remembered
_OVER_MAX: Final = 10_000
_ENDS: Final = ("done", "cancel")
_BEGINNINGS: Final = ("wait", "watch")
_ZERO: Final = Decimal(0)
#: of an order's answer what a frame tells under the same name
_SAME: Final = (
    "uuid", "price", "volume", "remaining_volume", "executed_volume", "trades_count", "reserved_fee", "remaining_fee", "paid_fee",
    "locked", "executed_funds", "time_in_force", "identifier", "smp_type", "prevented_volume", "prevented_locked",
)  # fmt: skip


@dataclass(slots=True)
class _Told:
    """begun: anything was told of it. states: beginnings that were. trades: ids."""

    begun: bool = False
    over: bool = False
    states: set[str] = field(default_factory=set)
    trades: set[str] = field(default_factory=set)
    prevented: Decimal = _ZERO


class OwnOrders:
    """The orders of one account."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}
        self._over: dict[str, None] = {}

    def open(self) -> set[str]:
        """Uuids of the orders whose end has not been told."""
        return {uuid for uuid, told in self._told.items() if not told.over}

    def lately_over(self, count: int) -> set[str]:
        """Uuids of the last orders whose end was told: one of their trades may have been overtaken by it, and lost."""
        return set(list(self._over)[-count:])

    def knows(self, uuid: str) -> bool:
        """Whether anything was told of it."""
        return uuid in self._told

    def lacks_trades(self, order: Order) -> bool:
        """Whether the order has traded in what was not told."""
        told = self._told.get(order.uuid)
        count = order.trades_count if order.trades_count is not None else int(order.executed_volume > 0)
        return count > (len(told.trades) if told else 0)

    def is_new(self, frame: MyOrderFrame) -> bool:
        """Whether the stream tells something that was not told; from now on it was. What cannot be told apart counts as new."""
        told = self._of(frame.uuid)
        told.begun = True
        if frame.state == "trade":
            new = frame.trade_uuid is None or frame.trade_uuid not in told.trades
            told.trades |= {frame.trade_uuid} - {None}  # type: ignore[arg-type]
        elif frame.state in _BEGINNINGS:
            new = frame.state not in told.states
            told.states.add(frame.state)
        elif frame.state in _ENDS:
            new = not told.over
            self._end(frame.uuid, told)
        elif frame.state == "prevented":
            new = frame.prevented_volume is None or frame.prevented_volume > told.prevented
            told.prevented = max(told.prevented, frame.prevented_volume or _ZERO)
        else:
            new = True
        return new

    def missing(self, orders: Iterable[Order]) -> list[MyOrderFrame]:
        """What was not told of these orders, in order of time as far as REST tells it; from now on it was. Those that traded come with
        their trades."""
        found = [frame for order in orders for frame in self._missing(order)]
        return sorted(found, key=lambda frame: frame.timestamp or 0)

    def _missing(self, order: Order) -> list[MyOrderFrame]:
        told, begun_ms = self._of(order.uuid), _ms(order.created_at)
        found: list[MyOrderFrame] = []
        beginning = "watch" if order.state == "watch" else "wait"
        if not told.begun or (told.states == {"watch"} and beginning == "wait"):
            told.states.add(beginning)
            found.append(_frame(order, beginning, begun_ms, _untouched(order)))
        told.begun = True
        executed, last_ms = _ZERO, begun_ms
        for trade in sorted(order.trades or (), key=lambda trade: trade.created_at):
            executed += trade.volume
            last_ms = max(last_ms, _ms(trade.created_at))
            if trade.uuid not in told.trades:
                told.trades.add(trade.uuid)
                found.append(_frame(order, "trade", last_ms, _of_trade(order, trade, executed)))
        if (order.prevented_volume or _ZERO) > told.prevented:
            told.prevented = order.prevented_volume or _ZERO
            found.append(_frame(order, "prevented", last_ms, {}))
        if order.state in _ENDS and not told.over:
            self._end(order.uuid, told)
            found.append(_frame(order, order.state, last_ms, {}))
        return found

    def _of(self, uuid: str) -> _Told:
        return self._told.setdefault(uuid, _Told())

    def _end(self, uuid: str, told: _Told) -> None:
        told.over = True
        self._over[uuid] = None
        if len(self._over) > _OVER_MAX:
            oldest = next(iter(self._over))
            del self._over[oldest], self._told[oldest]


def _frame(order: Order, state: str, at_ms: int, other: dict[str, Any]) -> MyOrderFrame:
    """News of the order as the stream would have told it. What REST does not tell is absent."""
    whole: dict[str, Any] = {
        "type": "myOrder",
        "stream_type": RESYNC,
        "code": order.market,
        "ask_bid": order.side.upper(),
        "order_type": order.ord_type,
        "state": state,
        "timestamp": at_ms,
        "order_timestamp": _ms(order.created_at),
        **{name: getattr(order, name) for name in _SAME},
        **other,
    }
    return MyOrderFrame.model_validate({name: value for name, value in whole.items() if value is not None})


def _untouched(order: Order) -> dict[str, Any]:
    """As it was before anything of it traded, as far as that is known."""
    gone = ("remaining_fee", "paid_fee", "locked", "executed_funds", "prevented_volume", "prevented_locked")
    return dict.fromkeys(gone) | {"executed_volume": _ZERO, "remaining_volume": order.volume, "trades_count": 0}


def _of_trade(order: Order, trade: OrderTrade, executed: Decimal) -> dict[str, Any]:
    """executed: with this trade."""
    gone = ("remaining_fee", "paid_fee", "locked", "executed_funds", "trades_count", "prevented_volume", "prevented_locked")
    return dict.fromkeys(gone) | {
        "trade_uuid": trade.uuid,
        "price": trade.price,
        "volume": trade.volume,
        "executed_volume": executed,
        "remaining_volume": None if order.volume is None else order.volume - executed,
        "trade_timestamp": _ms(trade.created_at),
    }


def _ms(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1000)
