"""The core of the simulated exchange: one account's orders against books and trades of others. No clock, no I/O, no chance.

A waiting order trades when others trade through its price, whole and at its price, as in engine.kernel.fills; how much passes and what
happens at its very price are switches. An arriving order takes the book level by level; the best levels of a modelled book are the
kernel's. Every method takes the time of the exchange, `at_ms` (UTC ms), which must not go back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from engine.exchange.simulated.venue.book import Book, BookRule
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.exact import ONE, ZERO, wide
from engine.exchange.simulated.venue.ledger import Ledger, cost, locked_currency
from engine.exchange.simulated.venue.matching import Offer, Place, better, in_line, limit_of, opposite, reaches, run, wanted
from engine.exchange.simulated.venue.orders import (
    Order,
    OrderEvent,
    OrderType,
    Prevention,
    Request,
    State,
    TimeInForce,
    Trade,
    copied,
)
from engine.exchange.simulated.venue.request import read_identifier, read_request, side_name
from engine.exchange.simulated.venue.switches import Switches
from engine.exchange.simulated.venue.wallet import Wallet
from engine.model.events import Side
from engine.model.market import FeeRates, fee_rates, maximum_total, minimum_total, quote_currency, tick_size
from engine.model.money import QUANTITY_STEP, floor_quantity, floor_to


@dataclass(frozen=True, slots=True)
class Passing:
    """A trade of others. taker_bought: who came last was the buyer (`ask_bid` BID); sequential_id: unique in its market."""

    market: str
    time_ms: int
    price: Decimal
    volume: Decimal
    taker_bought: bool
    sequential_id: int = 0


class Venue:
    """The exchange with one account. fees: per market, where they are not the general ones; seed: of the uuids."""

    def __init__(
        self,
        markets: Iterable[str],
        switches: Switches | None = None,
        rule: BookRule | None = None,
        fees: Mapping[str, FeeRates] | None = None,
        seed: int = 0,
    ) -> None:
        self.switches = switches or Switches()
        self.places = {market: Place(market, rule or BookRule()) for market in sorted(markets)}
        self._seed = seed
        self._made = 0
        self.ledger = Ledger(self.switches.release_better_price)
        self.orders: dict[str, Order] = {}
        self.fees = {market: (fees or {}).get(market, self._general_fee(market)) for market in self.places}
        self.share: Callable[[int], Decimal] = lambda _: ONE
        """How much of the so-many-th fill of a waiting order happens, a ratio; one for all but a fault."""
        self.told: list[Callable[[OrderEvent], None]] = []
        """Who hears of every order that is taken, trades, is prevented from it or ends."""
        self.wallet = Wallet(self.ledger, self.switches, self._uuid)
        self._identifiers: dict[str, str | None] = {}

    # -- the market ----------------------------------------------------------------------------------------------------------------

    @wide()
    def passed(self, trade: Passing) -> None:
        """Others traded: the last price moves, and waiting orders that were traded through fill, unless the market is closed to orders."""
        place = self.places[trade.market]
        place.traded(trade.price, trade.time_ms)
        if place.is_closed:
            return
        left = trade.volume
        for side in (Side.BID, Side.ASK):
            for order in in_line(place.resting, side):
                volume = min(order.remaining_volume, self._passing_volume(order, trade, left))
                if volume > 0:
                    volume = max(floor_quantity(volume * self.share(self._made)), QUANTITY_STEP)
                    left = max(left - volume, ZERO)
                    fill = self._fill(order, order.limit, volume, trade.time_ms, trade.taker_bought, is_maker=True)
                    self._settle(order, fill)

    def show_book(self, market: str, book: Book, at_ms: int) -> None:
        """A recorded book takes the place of the one before; best first on both sides."""
        self.places[market].show(book, at_ms)

    def close_market(self, market: str, closed: bool) -> None:
        """Maintenance begins, or ends: buys above and sales below the last price before it are then cancelled (notice of 2026-07-06)."""
        place = self.places[market]
        if place.offline == closed:
            return
        place.offline = closed
        if closed:
            place.last_before = place.last
            return
        for order in list(place.resting):
            if place.last_before is not None and better(order.request.side, order.limit, place.last_before):
                self._end(order, State.CANCEL)

    def deposit(self, currency: str, amount: Decimal, average_price: Decimal = ZERO) -> None:
        """Put money or coins into the account."""
        self.ledger.deposit(currency, amount, average_price)

    # -- orders --------------------------------------------------------------------------------------------------------------------

    def place_order(self, fields: Mapping[str, object], at_ms: int) -> Order:
        """Take an order and trade it with what is there. Returns it as it was taken (state wait). Raises RefusedError."""
        order = self._take(fields, at_ms)
        taken = copied(order)
        self._arrive(order, at_ms)
        return taken

    def take_order(self, fields: Mapping[str, object], at_ms: int) -> Order:
        """Take an order that meets no book: it waits, of whatever kind it is, until `execute` and `close` say what becomes of it.

        Returns the order itself. Raises RefusedError.
        """
        return self._take(fields, at_ms)

    def execute(self, order: Order, price: Decimal, volume: Decimal, at_ms: int, *, is_maker: bool) -> None:
        """Trade an open order at a price and volume that were found elsewhere; all of it traded, it is done."""
        bought = (order.request.side is Side.BID) is not is_maker
        self._settle(order, self._fill(order, price, volume, at_ms, bought, is_maker=is_maker))

    def close(self, order: Order) -> None:
        """End an open order with what it has."""
        self._end(order, State.CANCEL)

    def test_order(self, fields: Mapping[str, object], at_ms: int) -> Order:
        """What place_order would answer; nothing changes, and the uuid cannot be asked for."""
        self._check_unused(read_identifier(fields.get("identifier")))
        request = read_request(fields)
        self._check(request, at_ms)
        order = self._make(request, at_ms)
        self._check_funds(request, order.locked, ZERO)
        return order

    def cancel(self, uuid: str | None, identifier: str | None) -> Order:
        """Take an open order back. Returns it as it was before. Raises RefusedError order_not_found."""
        order = self.find(uuid, identifier)
        if not order.is_open:
            raise RefusedError("order_not_found")
        before = copied(order)
        self._end(order, State.CANCEL)
        return before

    def cancel_and_new(self, fields: Mapping[str, object], at_ms: int) -> tuple[Order, Order]:
        """Cancel an order and place one on the same market and side. Returns (the one before, as it was; the new one).

        Nothing is cancelled when the new one would be refused. Raises RefusedError.
        """
        before = self.find(_text(fields.get("prev_order_uuid")), _text(fields.get("prev_order_identifier")))
        if not before.is_open:
            raise RefusedError("order_not_found")
        volume = fields.get("new_volume")
        new: dict[str, object] = {
            "market": before.request.market,
            "side": side_name(before.request.side),
            "volume": str(before.remaining_volume) if volume == "remain_only" else volume,
            **{name: fields.get(f"new_{name}") for name in ("ord_type", "price", "identifier", "time_in_force", "smp_type")},
        }
        identifier = read_identifier(new["identifier"])
        self._check_unused(identifier)
        request = read_request(new)
        self._check(request, at_ms)
        same = locked_currency(request) == locked_currency(before.request)
        self._check_funds(request, cost(request, self._reserve_rate(request.market))[0], before.locked if same else ZERO)
        old = copied(before)
        self._end(before, State.CANCEL)
        return old, self.place_order(new, at_ms)

    def find(self, uuid: str | None, identifier: str | None) -> Order:
        """The order; the uuid wins. Raises RefusedError order_not_found, or validation_error without either."""
        if not uuid and not identifier:
            raise RefusedError("validation_error")
        known = uuid or self._identifiers.get(identifier or "")
        if known is None or known not in self.orders:
            raise RefusedError("order_not_found")
        return self.orders[known]

    # -- inside --------------------------------------------------------------------------------------------------------------------

    def _take(self, fields: Mapping[str, object], at_ms: int) -> Order:
        """The order, checked and locked for, its identifier used up."""
        identifier = read_identifier(fields.get("identifier"))
        self._check_unused(identifier)
        try:
            return self._accept(read_request(fields), at_ms)
        except RefusedError:
            if identifier is not None and self.switches.burn_refused:
                self._identifiers[identifier] = None
            raise

    def _check_unused(self, identifier: str | None) -> None:
        if identifier is not None and identifier in self._identifiers:
            raise RefusedError("duplicated_identifier")

    def _accept(self, request: Request, at_ms: int) -> Order:
        self._check(request, at_ms)
        order = self._make(request, at_ms)
        self.ledger.lock(request, order.locked)
        self.orders[order.uuid] = order
        if request.identifier is not None:
            self._identifiers[request.identifier] = order.uuid
        self._tell(State.WAIT, order)
        return order

    def _make(self, request: Request, at_ms: int) -> Order:
        locked, fee = cost(request, self._reserve_rate(request.market))
        self._made += 1
        return Order(
            number=self._made,
            uuid=self._uuid("order", self._made),
            request=request,
            created_ms=at_ms,
            prevention=self._prevention(request, at_ms),
            shows_prevention=request.smp_type is not None or self._always_prevents(at_ms),
            rates=self.fees[request.market],
            reserved_fee=fee,
            remaining_fee=fee,
            locked=locked,
            remaining_volume=request.volume or ZERO,
            remaining_total=(request.price or ZERO) if request.by_total else ZERO,
        )

    def _general_fee(self, market: str) -> FeeRates:
        chosen = {"KRW": self.switches.krw_fee, "BTC": self.switches.btc_fee, "USDT": self.switches.usdt_fee}[quote_currency(market)]
        return fee_rates(market) if chosen is None else FeeRates(chosen, chosen)

    def _reserve_rate(self, market: str) -> Decimal:
        rates = self.fees[market]
        return max(rates.maker, rates.taker)

    def _prevention(self, request: Request, at_ms: int) -> Prevention:
        if request.smp_type is not None:
            return request.smp_type
        default = self._always_prevents(at_ms) and request.time_in_force is not TimeInForce.POST_ONLY
        return Prevention.CANCEL_MAKER if default else Prevention.NONE

    def _always_prevents(self, at_ms: int) -> bool:
        since = self.switches.smp_default_from_ms
        return since is not None and at_ms >= since

    def _check(self, request: Request, at_ms: int) -> None:
        """What the market does not take, apart from money."""
        place = self.places.get(request.market)
        if place is None or not place.listed:
            raise RefusedError("notfoundmarket", market=request.market)
        if place.is_closed:
            raise RefusedError("market_offline")
        if quote_currency(request.market) != "KRW" and not self.switches.agreed_to_third_party:
            raise RefusedError("thirdparty_agreement_required")
        if request.ord_type is OrderType.LIMIT and not _on_grid(request, at_ms):
            raise RefusedError(f"invalid_price_{side_name(request.side)}")
        probe = self._probe(request)
        self._check_total(request, place, probe, at_ms)
        if request.ord_type in (OrderType.PRICE, OrderType.MARKET) and self.switches.beyond_levels_error is not None:
            self._check_visible(request, place, self.switches.beyond_levels_error)
        if request.time_in_force is TimeInForce.POST_ONLY and self.switches.post_only_match == "refuse":
            offer = place.best_offer(probe)
            if offer is not None and reaches(probe, offer.price, limit_of(probe, place)):
                raise RefusedError("invalid_post_only")

    def _probe(self, request: Request) -> Order:
        """The order as far as a look at the book needs it."""
        return Order(
            0, "", request, 0, Prevention.NONE, False, self.fees[request.market], ZERO, ZERO, ZERO, request.volume or ZERO,
            (request.price or ZERO) if request.by_total else ZERO,
        )  # fmt: skip

    @wide()
    def _check_total(self, request: Request, place: Place, probe: Order, at_ms: int) -> None:
        total = request.price
        if request.ord_type is OrderType.LIMIT:
            assert request.price is not None
            total = request.price * (request.volume or ZERO)
        elif request.volume is not None:
            offer = place.best_offer(probe)
            total = None if offer is None else request.volume * offer.price
            if not self.switches.market_sell_minimum:
                total = None
        if total is None:
            return
        side, name = request.side, side_name(request.side)
        if total < minimum_total(request.market, side, at_ms):
            raise RefusedError(f"under_min_total_{name}")
        maximum = self.maximum(request.market, side, at_ms)
        if maximum is not None and total > maximum:
            currency = "krw" if self.switches.maximum_error == "krw" else quote_currency(request.market).lower()
            raise RefusedError(f"over_{currency}_funds_{name}", maximum=f"{maximum:f}", currency=quote_currency(request.market))

    def maximum(self, market: str, side: Side, at_ms: int) -> Decimal | None:
        """Largest order in the quote currency; None for no limit."""
        return self.switches.usdt_maximum if quote_currency(market) == "USDT" else maximum_total(market, side, at_ms)

    @wide()
    def _check_visible(self, request: Request, place: Place, error: str) -> None:
        """A market order must not be larger than all that the book shows."""
        levels = place.levels(opposite(request.side))
        if request.volume is None:
            larger = (request.price or ZERO) > sum((level.price * level.size for level in levels), ZERO)
        else:
            larger = request.volume > sum((level.size for level in levels), ZERO)
        if larger:
            raise RefusedError(error)

    @wide()
    def _check_funds(self, request: Request, needed: Decimal, returning: Decimal) -> None:
        currency = locked_currency(request)
        if needed > self.ledger.balance(currency).free + returning:
            raise RefusedError(f"insufficient_funds_{side_name(request.side)}", currency=currency)

    def _arrive(self, order: Order, at_ms: int) -> None:
        """Trade an order that was just taken; let what is left wait, or end it."""
        place = self.places[order.request.market]
        allowed = run(order, place, lambda taker, offer, volume: self._cross(taker, offer, volume, at_ms), self._part)
        if not order.is_open:
            return
        rests = order.request.ord_type is OrderType.LIMIT and order.request.time_in_force in (None, TimeInForce.POST_ONLY)
        if allowed and rests:
            place.resting.append(order)
        else:
            self._end(order, State.CANCEL)

    def _cross(self, taker: Order, offer: Offer, volume: Decimal, at_ms: int) -> None:
        """The arriving order trades with others, or with an own order."""
        bought = taker.request.side is Side.BID
        fill = self._fill(taker, offer.price, volume, at_ms, bought, is_maker=False)
        if offer.maker is None:
            self.places[taker.request.market].take(opposite(taker.request.side), offer.price, volume)
        else:
            fee = self._fill(offer.maker, offer.price, volume, at_ms, bought, is_maker=True).fee
            self._settle(offer.maker, replace(fill, fee=fee, is_maker=True))
        self._settle(taker, fill)

    @wide()
    def _fill(self, order: Order, price: Decimal, volume: Decimal, at_ms: int, bought: bool, *, is_maker: bool) -> Trade:
        funds = price * volume
        self._made += 1
        fee = funds * (order.rates.maker if is_maker else order.rates.taker)
        if self.switches.fee_decimals is not None:
            fee = floor_to(fee, ONE.scaleb(-self.switches.fee_decimals))
        return Trade(self._uuid("trade", self._made), price, volume, funds, fee, at_ms, bought, is_maker)

    def _settle(self, order: Order, trade: Trade) -> None:
        self.ledger.settle(order, trade)
        self._tell("trade", order, trade)
        if order.remaining_volume == 0 and order.remaining_total == 0:
            self._end(order, State.DONE)

    def _part(self, taker: Order, maker: Order) -> None:
        """Two own orders would trade: the arriving one's setting says what becomes of them."""
        price = maker.limit
        if taker.prevention is Prevention.REDUCE:
            volume = min(maker.remaining_volume, wanted(taker, price))
            for order in (maker, taker):
                self.ledger.prevent(order, volume, price)
                self._tell("prevented", order)
                if order.remaining_volume == 0 and order.remaining_total == 0:
                    self._end(order, State.CANCEL)
            return
        loser = maker if taker.prevention is Prevention.CANCEL_MAKER else taker
        self.ledger.prevent_all(loser, price)
        self._tell("prevented", loser)
        self._end(loser, State.CANCEL)

    def _end(self, order: Order, state: State) -> None:
        resting = self.places[order.request.market].resting
        if order in resting:
            resting.remove(order)
        self.ledger.end(order, state)
        self._tell(state, order)

    def _tell(self, kind: str, order: Order, trade: Trade | None = None) -> None:
        self.places[order.request.market].changes += 1
        for hear in self.told:
            hear(OrderEvent(str(kind), copied(order), trade))

    def _passing_volume(self, order: Order, trade: Passing, left: Decimal) -> Decimal:
        """How much of a waiting order a trade of others fills."""
        if better(order.request.side, order.limit, trade.price):  # traded through
            return order.remaining_volume if self.switches.passing_volume == "whole" else left
        against = trade.taker_bought is (order.request.side is Side.ASK)
        if order.limit == trade.price and against:
            return min(floor_quantity(trade.volume * self.switches.queue_share), left)
        return ZERO

    def _uuid(self, kind: str, number: int) -> str:
        digest = hashlib.blake2b(f"{self._seed}/{kind}/{number}".encode(), digest_size=16).digest()
        return str(UUID(bytes=digest, version=4))


def _on_grid(request: Request, at_ms: int) -> bool:
    assert request.price is not None
    return floor_to(request.price, tick_size(request.market, request.price, at_ms)) == request.price


def _text(given: object) -> str | None:
    return given if isinstance(given, str) else None
