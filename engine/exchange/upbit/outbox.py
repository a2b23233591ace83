"""Orders on their way: written down before they are sent, so that after a crash at any instruction none is lost and none is sent twice.

The notebook says `order_sent` before an order's first byte leaves, then `order_taken` or `order_not_taken`. What has no end there, because
its answer was lost or the process died, is looked up by its identifier before anything else is done with it. Asked again to place what
the notebook knows, the outbox tells what became of it and sends nothing: whoever decides anew after a restart decides the same, under
the same identifiers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from engine.exchange.upbit.answers import Order
from engine.exchange.upbit.errors import BlockedError, RefusedError, UnknownOutcomeError, UnreachableError
from engine.exchange.upbit.order_forms import OrderTerms, order_parameters, replacement_parameters
from engine.exchange.upbit.refusals import DuplicatedIdentifierError
from engine.exchange.upbit.rest import Answer
from engine.exchange.upbit.signing import Parameters
from engine.exchange.upbit.trading import SETTLE_SECONDS, Trading

SENT: Final = "order_sent"
TAKEN: Final = "order_taken"
NOT_TAKEN: Final = "order_not_taken"
#: why an order was not taken, where the exchange gave no reason: it never came, and is proved absent
ABSENT: Final = "absent"

Record = dict[str, Any]


class Notebook(Protocol):
    """Where orders are written down."""

    def write(self, record: Record) -> None:
        """On disk when it returns."""
        ...


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an order. uuid: the exchange's, of one that was taken; else reason: the exchange's name for it, `absent`, or why
    nothing was sent. An order that was not taken was not done in any part, and its identifier may be used up."""

    identifier: str
    uuid: str | None
    reason: str = ""

    @property
    def taken(self) -> bool:
        """Whether the exchange has it."""
        return self.uuid is not None


class Outbox:
    """records: what earlier processes wrote, in order. settle_seconds: how long an order may be on its way after its sender died."""

    def __init__(
        self, trading: Trading, notebook: Notebook, records: Iterable[Mapping[str, Any]] = (), settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._trading = trading
        self._notebook = notebook
        self._settle_seconds = settle_seconds
        self._fates: dict[str, Fate | None] = {}
        for record in records:
            self._recall(record)

    @property
    def unresolved(self) -> tuple[str, ...]:
        """Identifiers of orders that may or may not be at the exchange, oldest first."""
        return tuple(identifier for identifier, fate in self._fates.items() if fate is None)

    def __contains__(self, identifier: str) -> bool:
        """Whether an order was ever to be sent under this identifier."""
        return identifier in self._fates

    def __iter__(self) -> Iterator[Fate]:
        """What became of every order that is resolved, oldest first."""
        return iter([fate for fate in self._fates.values() if fate is not None])

    def fate(self, identifier: str) -> Fate | None:
        """What became of an order; None while that is not known. Raises KeyError for one that was never to be sent."""
        return self._fates[identifier]

    async def place(self, market: str, terms: OrderTerms, identifier: str) -> Fate:
        """Send an order, once in the life of its identifier. Raises what `settle` raises: then it stays unresolved."""
        asked = order_parameters(market, terms, identifier)
        return await self._once(identifier, asked, lambda: self._trading.place(market, terms, identifier), lambda order: order.uuid)

    async def replace(self, terms: OrderTerms, identifier: str, replaced: str, *, remain_only: bool = False) -> Fate:
        """Cancel the order whose identifier is `replaced` and send another in its place. Not taken: the old one may have traded first, or
        may still stand; ask for it. Raises what `settle` raises."""
        asked = [("prev_order_identifier", replaced), *replacement_parameters(terms, identifier, remain_only)]
        return await self._once(
            identifier,
            asked,
            lambda: self._trading.cancel_and_new(terms, identifier, identifier=replaced, remain_only=remain_only),
            lambda _: None,  # the exchange promises a uuid even when the old order trades first and no new one is made
        )

    async def settle(self) -> list[Fate]:
        """Ask for every unresolved order. Raises the ExchangeError of the first question without an answer: what it was about stays so."""
        return [await self._look_up(identifier) for identifier in self.unresolved]

    async def _once(
        self,
        identifier: str,
        asked: Parameters,
        send: Callable[[], Awaitable[Answer[Order]]],
        uuid_of: Callable[[Order], str | None],
    ) -> Fate:
        if identifier in self._fates:
            return self._fates[identifier] or await self._look_up(identifier)
        self._write({"kind": SENT, "identifier": identifier, "order": {name: str(value) for name, value in asked if value is not None}})
        try:
            answer = await send()
        except UnknownOutcomeError:
            return await self._look_up(identifier)
        except (UnreachableError, BlockedError) as error:
            return self._ended(Fate(identifier, None, error.key))
        except DuplicatedIdentifierError as error:
            return await self._look_up(identifier, error.name)
        except RefusedError as error:
            return self._ended(Fate(identifier, None, error.name))
        uuid = uuid_of(answer.value)
        return await self._look_up(identifier) if uuid is None else self._ended(Fate(identifier, uuid))

    async def _look_up(self, identifier: str, reason: str = ABSENT) -> Fate:
        found = await self._trading.look_up(identifier, settle_seconds=self._settle_seconds)
        return self._ended(Fate(identifier, None, reason) if found is None else Fate(identifier, found.value.uuid))

    def _ended(self, fate: Fate) -> Fate:
        end = {"kind": TAKEN, "uuid": fate.uuid} if fate.taken else {"kind": NOT_TAKEN, "reason": fate.reason}
        self._write(end | {"identifier": fate.identifier})
        return fate

    def _write(self, record: Record) -> None:
        self._notebook.write(record)
        self._recall(record)

    def _recall(self, record: Mapping[str, Any]) -> None:
        if record["kind"] == SENT:
            self._fates[record["identifier"]] = None
        elif record["kind"] in (TAKEN, NOT_TAKEN):
            self._fates[record["identifier"]] = Fate(record["identifier"], record.get("uuid"), record.get("reason", ""))
