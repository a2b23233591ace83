"""A plain, slow exchange with one account and given books, written from the exchange's documents: the measure of the simulated one.

Fractions throughout; nothing is kept that can be recomputed: balances and locks are sums over all deposits, orders and fills.
It knows recorded books only, and markets of one price unit of 1 KRW.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

F = Fraction
ZERO = F(0)
E8 = F(1, 10**8)
MINIMUM = 5000
MAXIMUM = 10**9


def floor8(value: Fraction) -> Fraction:
    """Whole 1e-8, rounded down."""
    return value // E8 * E8


@dataclass
class Plain:
    """An order. left: coins still wanted; money: of a buy by total, still to spend; gone: prevented; freed: what prevention freed."""

    market: str
    side: str
    kind: str
    price: Fraction | None
    volume: Fraction | None
    tif: str | None
    smp: str
    left: Fraction
    money: Fraction
    state: str = "wait"
    fills: list[tuple[Fraction, Fraction, bool]] = field(default_factory=list)
    gone: Fraction = ZERO
    freed: Fraction = ZERO

    @property
    def total(self) -> bool:
        return self.volume is None


class Model:
    """The exchange. fee: maker, taker."""

    def __init__(self, fee: tuple[Fraction, Fraction], whole: bool, share: Fraction) -> None:
        self.maker, self.taker = fee
        self.whole, self.share = whole, share
        self.deposits: dict[str, Fraction] = {}
        self.orders: list[Plain] = []
        self.books: dict[str, dict[str, list[list[Fraction]]]] = {}
        self.last: dict[str, Fraction] = {}
        self.closed: dict[str, Fraction | None] = {}
        """Markets under maintenance, and the last price before it."""

    # -- sums ----------------------------------------------------------------------------------------------------------------------

    def owned(self, currency: str) -> Fraction:
        """All of a currency, open orders or not."""
        sum_ = self.deposits.get(currency, F(0))
        for order in self.orders:
            quote, base = order.market.split("-")
            for price, volume, made in order.fills:
                fee = price * volume * (self.maker if made else self.taker)
                if currency == quote:
                    sum_ += -price * volume - fee if order.side == "bid" else price * volume - fee
                if currency == base:
                    sum_ += volume if order.side == "bid" else -volume
        return sum_

    def lock_of(self, order: Plain) -> Fraction:
        """What an order keeps locked."""
        if order.state != "wait":
            return F(0)
        if order.side == "ask":
            return order.left
        return (order.money if order.total else order.left * (order.price or 0)) * (1 + max(self.maker, self.taker))

    def locked(self, currency: str) -> Fraction:
        """The locks of all open orders."""
        return sum((self.lock_of(o) for o in self.orders if o.market.split("-")[o.side == "ask"] == currency), F(0))

    def free(self, currency: str) -> Fraction:
        """What can be ordered with."""
        return self.owned(currency) - self.locked(currency)

    # -- the book ------------------------------------------------------------------------------------------------------------------

    def resting(self, market: str, side: str) -> list[Plain]:
        """Own waiting orders of a side, best first."""
        found = [o for o in self.orders if o.market == market and o.side == side and o.state == "wait"]
        return sorted(found, key=lambda o: -(o.price or 0) if side == "bid" else (o.price or 0))

    def outside(self, market: str, side: str) -> list[list[Fraction]]:
        """Levels of others that do not cross own orders."""
        own = self.resting(market, "ask" if side == "bid" else "bid")
        levels = [level for level in self.books[market][side] if level[1] > 0]
        if own:
            levels = [level for level in levels if (level[0] < own[0].price if side == "bid" else level[0] > own[0].price)]  # type: ignore[operator]
        return levels

    def offers(self, market: str, side: str, all_own: bool = True) -> list[tuple[Fraction, int, Any]]:
        """All that an order can meet on a side, in order: price, 0 for others and 1 for own, level or order."""
        found: list[tuple[Fraction, int, Any]] = [(level[0], 0, level) for level in self.outside(market, side)]
        if all_own:
            found += [(o.price or F(0), 1, o) for o in self.resting(market, side)]
        sign = -1 if side == "bid" else 1
        return sorted(found, key=lambda offer: (sign * offer[0], offer[1]))

    # -- orders --------------------------------------------------------------------------------------------------------------------

    def refusal(self, order: Plain) -> str | None:
        """Why a well-formed order is not taken."""
        if order.market in self.closed:
            return "market_offline"
        side = order.side
        offers = self.offers(order.market, "ask" if side == "bid" else "bid")
        if order.kind == "limit":
            total: Fraction | None = (order.price or F(0)) * order.left
        elif order.total:
            total = order.price
        else:
            total = order.left * offers[0][0] if offers else None
        if total is not None and total < MINIMUM:
            return f"under_min_total_{side}"
        if total is not None and total > MAXIMUM:
            return f"over_krw_funds_{side}"
        if order.kind in ("price", "market"):
            sizes = [(price, what[1] if own == 0 else what.left) for price, own, what in offers]
            shown = sorted({price for price, _ in sizes}, reverse=side == "ask")[:30]
            seen = [(price, size) for price, size in sizes if price in shown]
            if order.total and (order.price or F(0)) > sum(p * s for p, s in seen):
                return "volume_too_large"
            if not order.total and order.left > sum(s for _, s in seen):
                return "volume_too_large"
        quote, base = order.market.split("-")
        if self.lock_of(order) > self.free(quote if side == "bid" else base):
            return f"insufficient_funds_{side}"
        return None

    def place(self, order: Plain) -> None:
        """Take an order that is not refused and trade it."""
        side = "ask" if order.side == "bid" else "bid"
        offers = self.offers(order.market, side)
        limit = order.price if order.kind == "limit" else offers[0][0] if order.kind == "best" and offers else None
        crosses = order.tif == "post_only" and bool(offers) and self.reaches(order, offers[0][0], limit)
        if crosses or (order.tif == "fok" and not self.whole_now(order, side, limit)):
            order.state = "cancel"
        else:
            self.walk(order, side, limit)
        self.orders.append(order)
        if order.state == "wait" and (order.kind != "limit" or order.tif in ("ioc", "fok")):
            order.state = "cancel"

    def reaches(self, order: Plain, price: Fraction, limit: Fraction | None) -> bool:
        """Whether a price is not worse than the limit."""
        return limit is None or (price <= limit if order.side == "bid" else price >= limit)

    def whole_now(self, order: Plain, side: str, limit: Fraction | None) -> bool:
        """fok: would all of it trade at once?"""
        left, money = order.left, order.money
        for price, own, what in self.offers(order.market, side, order.smp == "none"):
            if not self.reaches(order, price, limit):
                break
            size = what[1] if own == 0 else what.left
            if order.total:
                money -= min(size, floor8(money / price)) * price
                if floor8(money / price) == 0:
                    return True
            left -= size
        return not order.total and left <= 0

    def walk(self, order: Plain, side: str, limit: Fraction | None) -> None:
        """Trade with offers as long as there is one that reaches."""
        while order.state == "wait":
            reached = [offer for offer in self.offers(order.market, side) if self.reaches(order, offer[0], limit)]
            if not reached:
                return
            price, own, what = reached[0]
            wanted = floor8(order.money / price) if order.total else order.left
            volume = min(wanted, what[1] if own == 0 else what.left)
            if volume == 0:
                return
            if own == 1 and order.smp != "none":
                self.part(order, what, price, wanted)
                continue
            if own == 0:
                what[1] -= volume
            else:
                self.fill(what, price, volume, True)
            self.fill(order, price, volume, False)

    def part(self, taker: Plain, maker: Plain, price: Fraction, wanted: Fraction) -> None:
        """Two own orders meet."""
        if taker.smp == "reduce":
            volume = min(wanted, maker.left)
            for order in (maker, taker):
                self.shrink(order, volume, price)
                if order.left == 0 and order.money == 0:
                    order.state = "cancel"
            return
        loser, volume = (maker, maker.left) if taker.smp == "cancel_maker" else (taker, wanted)
        self.shrink(loser, volume, price)
        loser.state = "cancel"

    def shrink(self, order: Plain, volume: Fraction, price: Fraction) -> None:
        """Take coins out of an order."""
        before = self.lock_of(order)
        if order.total:
            order.money -= volume * price
        else:
            order.left -= volume
        order.gone += volume
        order.freed += before - self.lock_of(order)

    def fill(self, order: Plain, price: Fraction, volume: Fraction, made: bool) -> None:
        """An order trades."""
        order.fills.append((price, volume, made))
        if order.total:
            order.money -= price * volume
        else:
            order.left -= volume
        if order.left == 0 and order.money == 0:
            order.state = "done"

    def maintain(self, market: str) -> None:
        """Maintenance begins, or ends: then buys above and sales below the last price before it are cancelled."""
        if market not in self.closed:
            self.closed[market] = self.last.get(market)
            return
        last = self.closed.pop(market)
        for order in self.orders:
            if last is not None and order.market == market and order.state == "wait" and order.price is not None:
                outside = order.price > last if order.side == "bid" else order.price < last
                order.state = "cancel" if outside else "wait"

    def passed(self, market: str, price: Fraction, volume: Fraction, bought: bool, part: Fraction) -> None:
        """Others traded. part: of what waiting orders could trade, so much does, in whole 1e-8 and at least one of them."""
        left = volume
        self.last[market] = price
        if market in self.closed:
            return
        for side in ("bid", "ask"):
            for order in self.resting(market, side):
                assert order.price is not None
                through = price < order.price if side == "bid" else price > order.price
                got = F(0)
                if through:
                    got = order.left if self.whole else min(order.left, left)
                elif price == order.price and bought == (side == "ask"):
                    got = min(order.left, floor8(volume * self.share), left)
                if got > 0:
                    got = max(floor8(got * part), E8)
                    left = max(left - got, F(0))
                    self.fill(order, order.price, got, True)
