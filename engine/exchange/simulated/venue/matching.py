"""What an arriving order trades with: others' levels and the account's own waiting orders, best price first, others first at a price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from engine.exchange.simulated.venue.book import VISIBLE_LEVELS, Book, BookRule, Level, modelled_book
from engine.exchange.simulated.venue.exact import ZERO, wide
from engine.exchange.simulated.venue.orders import Order, OrderType, Prevention, TimeInForce
from engine.model.events import Side
from engine.model.money import floor_quotient


class Offer(NamedTuple):
    """The best that an order can trade with. maker: an own order; None for others."""

    price: Decimal
    size: Decimal
    maker: Order | None


@dataclass(slots=True)
class Place:
    """One market: last price, the one before maintenance, the book of others, own orders that wait, and how often the book changed. What
    was taken from a modelled book stays taken until the next trade of others renews it; a recorded book stays until the next one.

    offline: closed by hand; suspended: by chance; halted: where a live feed comes from. warning, cautions, delisted_on: what the list of
    markets and the ticker say of it."""

    market: str
    rule: BookRule
    last: Decimal | None = None
    last_before: Decimal | None = None
    time_ms: int = 0
    offline: bool = False
    suspended: bool = False
    halted: bool = False
    warning: bool = False
    cautions: frozenset[str] = frozenset()
    delisted_on: str = ""
    listed: bool = True
    changes: int = 0
    resting: list[Order] = field(default_factory=list)
    _outside: dict[Side, list[Level]] = field(default_factory=lambda: {Side.BID: [], Side.ASK: []})
    _recorded: bool = False
    _stale: bool = True

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be ordered."""
        return self.offline or self.suspended or self.halted

    def traded(self, price: Decimal, time_ms: int) -> None:
        """Others traded."""
        self.last = price
        self.time_ms = time_ms
        self.changes += 1
        self._stale = True

    def show(self, book: Book, time_ms: int) -> None:
        """A recorded book came."""
        self._outside = {Side.BID: list(book.bids), Side.ASK: list(book.asks)}
        self._recorded = True
        self.changes += 1
        self.time_ms = time_ms

    def model_again(self) -> None:
        """No recorded book any more."""
        self._recorded = False
        self.changes += 1
        self._stale = True

    def levels(self, side: Side) -> list[Level]:
        """What the exchange shows of a side: others and own orders, best first, at most 30 prices."""
        sizes: dict[Decimal, Decimal] = {}
        with wide():
            for price, size in self._others(side):
                sizes[price] = sizes.get(price, ZERO) + size
            for order in in_line(self.resting, side):
                sizes[order.limit] = sizes.get(order.limit, ZERO) + order.remaining_volume
        return [Level(price, sizes[price]) for price in sorted(sizes, reverse=side is Side.BID)][:VISIBLE_LEVELS]

    def best_offer(self, taker: Order) -> Offer | None:
        """What the order meets first; None for an empty side."""
        side = opposite(taker.request.side)
        others = next(iter(self._others(side)), None)
        own = next(iter(in_line(self.resting, side)), None)
        if own is not None and (others is None or better(side, own.limit, others.price)):
            return Offer(own.limit, own.remaining_volume, own)
        return None if others is None else Offer(others.price, others.size, None)

    def take(self, side: Side, price: Decimal, volume: Decimal) -> None:
        """Others' coins at a price were traded with an own order."""
        levels = self._outside[side]
        at = next(i for i, level in enumerate(levels) if level.price == price)
        with wide():
            left = levels[at].size - volume
        levels[at : at + 1] = [Level(price, left)] if left > 0 else []

    @wide()
    def fillable(self, taker: Order, limit: Decimal | None) -> bool:
        """Whether all of it would trade at once. Own orders count only where the account may trade with itself."""
        wanted, money = taker.remaining_volume, taker.remaining_total
        side = opposite(taker.request.side)
        levels = [(level.price, level.size) for level in self._others(side)]
        if taker.prevention is Prevention.NONE:
            levels += [(order.limit, order.remaining_volume) for order in in_line(self.resting, side)]
        for price, size in sorted(levels, reverse=side is Side.BID):
            if limit is not None and better(taker.request.side, price, limit):
                break
            wanted -= size
            money -= min(size, floor_quotient(max(money, ZERO), price)) * price
            if taker.request.by_total and floor_quotient(money, price) == 0:
                return True
        return not taker.request.by_total and wanted <= 0

    def _others(self, side: Side) -> list[Level]:
        """Levels of others, but for those that own orders of the other side would have traded with."""
        self._renew()
        own = next(iter(in_line(self.resting, opposite(side))), None)
        levels = self._outside[side]
        return levels if own is None else [level for level in levels if better(opposite(side), level.price, own.limit)]

    def _renew(self) -> None:
        if self._stale and not self._recorded and self.last is not None:
            book = modelled_book(self.market, self.last, self.time_ms, self.rule)
            self._outside = {Side.BID: list(book.bids), Side.ASK: list(book.asks)}
        self._stale = False


def in_line(resting: list[Order], side: Side) -> list[Order]:
    """Waiting orders of a side, best price first, then oldest: so trades reach them."""
    found = [order for order in resting if order.request.side is side]
    return sorted(found, key=lambda order: (-order.limit if side is Side.BID else order.limit, order.number))


def opposite(side: Side) -> Side:
    """Bid for ask and ask for bid."""
    return Side.ASK if side is Side.BID else Side.BID


def better(side: Side, price: Decimal, other: Decimal) -> bool:
    """Whether `price` comes before `other` among orders of a side: bids high first, asks low first."""
    return price > other if side is Side.BID else price < other


def wanted(taker: Order, price: Decimal) -> Decimal:
    """Coins that the order still wants at a price; a buy by total wants what its money buys, in whole 1e-8."""
    return floor_quotient(taker.remaining_total, price) if taker.request.by_total else taker.remaining_volume


def limit_of(taker: Order, place: Place) -> Decimal | None:
    """The worst price that the order trades at: its own, the best opposite one, or none."""
    if taker.request.ord_type is OrderType.LIMIT:
        return taker.limit
    if taker.request.ord_type is OrderType.BEST:
        offer = place.best_offer(taker)
        return None if offer is None else offer.price
    return None


def reaches(taker: Order, price: Decimal, limit: Decimal | None) -> bool:
    """Whether the order trades at a price."""
    return limit is None or not better(taker.request.side, price, limit)


def run(taker: Order, place: Place, trade: Callable[[Order, Offer, Decimal], None], prevent: Callable[[Order, Order], None]) -> bool:
    """Trade the order with what it meets. trade(taker, offer, volume) settles both; prevent(taker, maker) parts two own orders.

    Returns False when its conditions cancel it untouched (fok that cannot be filled, post_only that would trade).
    """
    limit = limit_of(taker, place)
    condition = taker.request.time_in_force
    first = place.best_offer(taker)
    if condition is TimeInForce.POST_ONLY and first is not None and reaches(taker, first.price, limit):
        return False
    if condition is TimeInForce.FOK and not place.fillable(taker, limit):
        return False
    while taker.is_open:
        offer = place.best_offer(taker)
        if offer is None or not reaches(taker, offer.price, limit):
            return True
        volume = min(wanted(taker, offer.price), offer.size)
        if volume <= 0:
            return True
        if offer.maker is not None and taker.prevention is not Prevention.NONE:
            prevent(taker, offer.maker)
        else:
            trade(taker, offer, volume)
    return True
