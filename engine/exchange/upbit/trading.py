"""Account and orders by REST. Needs a key that may see the account, see orders and make orders.

An order is sent once. When its answer is lost, UnknownOutcomeError carries its identifier; `look_up` then finds it, or proves it absent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from engine.exchange.upbit import endpoints
from engine.exchange.upbit.answers import Account, BatchCancel, Chance, Order
from engine.exchange.upbit.checks import listed, not_both, within
from engine.exchange.upbit.limits import Priority
from engine.exchange.upbit.order_forms import OrderTerms, order_parameters, replacement_parameters
from engine.exchange.upbit.refusals import OrderNotFoundError
from engine.exchange.upbit.rest import Answer, Rest

Direction = Literal["asc", "desc"]
OpenState = Literal["wait", "watch"]
ClosedState = Literal["done", "cancel"]
LISTED_MAX: Final = 100
CANCELLED_BY_ID_MAX: Final = 20
CANCELLED_OPEN_MAX: Final = 300
CLOSED_MAX: Final = 1000
#: an order may arrive this long after its answer was given up: the read timeout, and some
SETTLE_SECONDS: Final = 15.0


class Trading:
    """Every call of the account and order areas."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def accounts(self) -> Answer[list[Account]]:
        """Balances of the key's pocket."""
        return await self._rest.send(endpoints.ACCOUNTS)

    async def chance(self, market: str) -> Answer[Chance]:
        """Fees, minimums, order types and balances of a market."""
        return await self._rest.send(endpoints.CHANCE, [("market", market)])

    async def place(self, market: str, terms: OrderTerms, identifier: str) -> Answer[Order]:
        """Send an order, once. identifier: 1 to 64 characters, never used before by this account. Raises UnknownOutcomeError."""
        parameters = order_parameters(market, terms, identifier)
        return await self._rest.send(endpoints.PLACE, parameters, handles=(("identifier", identifier), ("market", market)))

    async def test(self, market: str, terms: OrderTerms, identifier: str) -> Answer[Order]:
        """Whether the exchange would take the order. Makes none; neither uuid nor identifier of the answer can be looked up."""
        return await self._rest.send(endpoints.PLACE_TEST, order_parameters(market, terms, identifier))

    async def order(self, *, uuid: str | None = None, identifier: str | None = None) -> Answer[Order]:
        """One order with its trades."""
        return await self._rest.send(endpoints.ORDER, _one("", uuid, identifier))

    async def look_up(self, identifier: str, *, settle_seconds: float = SETTLE_SECONDS, pause_seconds: float = 0.5) -> Answer[Order] | None:
        """The order whose answer was lost. None: it is proved absent, for the exchange did not know it even `settle_seconds` later.

        Raises what `order` raises: then nothing is proved, and it is asked again.
        """
        clock = self._rest.limits.clock
        begun, pause = clock.monotonic_seconds(), pause_seconds
        while True:
            asked = clock.monotonic_seconds()
            try:
                return await self.order(identifier=identifier)
            except OrderNotFoundError:
                if asked - begun >= settle_seconds:
                    return None
            await clock.sleep(min(pause, max(settle_seconds - (clock.monotonic_seconds() - begun), 0.0)))
            pause *= 2

    async def orders_by_id(
        self,
        *,
        uuids: Sequence[str] | None = None,
        identifiers: Sequence[str] | None = None,
        market: str | None = None,
        order_by: Direction | None = None,
    ) -> Answer[list[Order]]:
        """Up to 100 orders by uuids or by identifiers; those that do not exist are missing."""
        asked = _many(uuids, identifiers, LISTED_MAX)
        return await self._rest.send(endpoints.ORDERS_BY_ID, [*asked, ("market", market), ("order_by", order_by)])

    async def orders_open(
        self,
        *,
        market: str | None = None,
        state: OpenState | None = None,
        states: Sequence[OpenState] | None = None,
        page: int | None = None,
        limit: int = LISTED_MAX,
        order_by: Direction | None = None,
        priority: Priority | None = None,
    ) -> Answer[list[Order]]:
        """Orders that wait (default) or watch, a page of up to 100."""
        within("limit", limit, LISTED_MAX)
        asked = [("market", market), *_states(state, states), ("page", page), ("limit", limit), ("order_by", order_by)]
        return await self._rest.send(endpoints.ORDERS_OPEN, asked, priority=priority)

    async def orders_closed(
        self,
        *,
        market: str | None = None,
        state: ClosedState | None = None,
        states: Sequence[ClosedState] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int = LISTED_MAX,
        order_by: Direction | None = None,
    ) -> Answer[list[Order]]:
        """Orders that are over, of at most seven days (default: the last). Times: ISO 8601 with offset, or ms."""
        within("limit", limit, CLOSED_MAX)
        times = [("start_time", start_time), ("end_time", end_time)]
        asked = [("market", market), *_states(state, states), *times, ("limit", limit), ("order_by", order_by)]
        return await self._rest.send(endpoints.ORDERS_CLOSED, asked)

    async def orders_legacy(
        self,
        *,
        market: str | None = None,
        uuids: Sequence[str] | None = None,
        identifiers: Sequence[str] | None = None,
        state: str | None = None,
        states: Sequence[str] | None = None,
        page: int | None = None,
        limit: int = LISTED_MAX,
        order_by: Direction | None = None,
    ) -> Answer[list[Order]]:
        """The old list, whose support is ending: use the three above."""
        within("limit", limit, LISTED_MAX)
        which = [("market", market), ("uuids", uuids), ("identifiers", identifiers), *_states(state, states)]
        return await self._rest.send(endpoints.ORDERS_LEGACY, [*which, ("page", page), ("limit", limit), ("order_by", order_by)])

    async def cancel(self, *, uuid: str | None = None, identifier: str | None = None) -> Answer[Order]:
        """Ask for an order's end. The answer shows it as it was before; how it ended tells `order`.

        OrderNotFoundError can also mean that an earlier try, whose answer was lost, did it.
        """
        return await self._rest.send(endpoints.CANCEL, _one("", uuid, identifier))

    async def cancel_by_id(self, *, uuids: Sequence[str] | None = None, identifiers: Sequence[str] | None = None) -> Answer[BatchCancel]:
        """Ask for the end of up to 20 orders."""
        return await self._rest.send(endpoints.CANCEL_BY_ID, _many(uuids, identifiers, CANCELLED_BY_ID_MAX))

    async def cancel_open(
        self,
        *,
        quote_currencies: Sequence[str] | None = None,
        pairs: Sequence[str] | None = None,
        excluded_pairs: Sequence[str] | None = None,
        cancel_side: Literal["all", "bid", "ask"] | None = None,
        count: int = CANCELLED_OPEN_MAX,
        order_by: Direction | None = None,
    ) -> Answer[BatchCancel]:
        """Ask for the end of up to 300 waiting orders, by quote currency or by market. Sent once: a second call would take others."""
        within("count", count, CANCELLED_OPEN_MAX)
        not_both(("quote_currencies", quote_currencies), ("pairs", pairs))
        lists = {"quote_currencies": quote_currencies, "pairs": pairs, "excluded_pairs": excluded_pairs}
        named = [(name, listed(codes) if codes is not None else None) for name, codes in lists.items()]
        asked = [*named, ("cancel_side", cancel_side), ("count", count), ("order_by", order_by)]
        return await self._rest.send(endpoints.CANCEL_OPEN, asked)

    async def cancel_and_new(
        self,
        terms: OrderTerms,
        new_identifier: str,
        *,
        uuid: str | None = None,
        identifier: str | None = None,
        remain_only: bool = False,
    ) -> Answer[Order]:
        """Cancel an order and, once it is cancelled, make another in its market on its side, which terms.side must be. Sent once.

        remain_only: the new order has the quantity that the old one has left. Answers the old order and the new one's uuid; when the
        old one trades first, there is no new one.
        """
        old = _one("prev_order_", uuid, identifier)
        handles = (("identifier", new_identifier), *((name, text) for name, text in old if text is not None))
        asked = [*old, *replacement_parameters(terms, new_identifier, remain_only)]
        return await self._rest.send(endpoints.CANCEL_AND_NEW, asked, handles=handles)


def _one(prefix: str, uuid: str | None, identifier: str | None) -> list[tuple[str, str | None]]:
    """Exactly one of the two names an order."""
    if (uuid is None) == (identifier is None):
        raise ValueError("an order is named by its uuid or by its identifier")
    return [(f"{prefix}uuid", uuid), (f"{prefix}identifier", identifier)]


def _many(uuids: Sequence[str] | None, identifiers: Sequence[str] | None, most: int) -> list[tuple[str, Sequence[str] | None]]:
    if (uuids is None) == (identifiers is None):
        raise ValueError("orders are named by their uuids or by their identifiers")
    within("the number of orders", len(uuids or identifiers or ()), most)
    return [("uuids", uuids), ("identifiers", identifiers)]


def _states(state: str | None, states: Sequence[str] | None) -> list[tuple[str, str | Sequence[str] | None]]:
    not_both(("state", state), ("states", states))
    return [("state", state), ("states", states)]
