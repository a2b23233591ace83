"""What moves between the account and the world outside, and between its pockets: deposits, withdrawals, addresses, transfers.

Nobody outside answers: money asked for comes, and money sent goes, `transfer_seconds` later. Times are the market's (UTC ms).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.exact import ZERO, wide
from engine.exchange.simulated.venue.ledger import Ledger
from engine.exchange.simulated.venue.switches import Switches

#: a travel rule verification of one deposit: at most once in this time
VERIFY_PAUSE_MS: Final = 600_000
KRW: Final = "KRW"


class Way(StrEnum):
    """`type` of a movement."""

    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


class Stage(StrEnum):
    """`state` of a movement: deposits go PROCESSING, ACCEPTED; withdrawals WAITING, PROCESSING, DONE, or CANCELLED while they wait."""

    WAITING = "WAITING"
    PROCESSING = "PROCESSING"
    ACCEPTED = "ACCEPTED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


@dataclass(slots=True, eq=False)
class Movement:
    """A deposit or a withdrawal. fee: on top of a withdrawal's amount; ready_ms: when it will be done; done_ms: when it was."""

    number: int
    uuid: str
    way: Way
    currency: str
    amount: Decimal
    fee: Decimal
    created_ms: int
    ready_ms: int
    stage: Stage
    txid: str
    internal: bool = False
    done_ms: int | None = None
    verified_ms: int | None = None

    @property
    def is_cancelable(self) -> bool:
        """Whether a withdrawal can be taken back."""
        return self.stage is Stage.WAITING


@dataclass(frozen=True, slots=True)
class Pocket:
    """A sub-account. kind: `main` or `user_spot_trading`."""

    uuid: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Move:
    """Money moved between pockets (uuids)."""

    number: int
    uuid: str
    source: str
    target: str
    currency: str
    amount: Decimal
    created_ms: int
    identifier: str | None


@dataclass(slots=True)
class Wallet:
    """make_uuid: of a name and a number. The main pocket's balances are the ledger's; another pocket only keeps what is moved to it."""

    ledger: Ledger
    switches: Switches
    make_uuid: Callable[[str, int], str]
    movements: list[Movement] = field(default_factory=list)
    addresses: dict[str, int] = field(default_factory=dict)
    """Coins with a deposit address, and when it is ready."""
    moves: list[Move] = field(default_factory=list)
    pockets: tuple[Pocket, ...] = field(init=False)
    _held: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kinds = (("메인 포켓", "main"), ("거래 포켓", "user_spot_trading"))
        self.pockets = tuple(Pocket(self.make_uuid("pocket", n), name, kind) for n, (name, kind) in enumerate(kinds))

    # -- from and to the world outside -----------------------------------------------------------------------------------------------

    def arrived(self, currency: str, amount: Decimal, at_ms: int) -> Movement:
        """Note a deposit whose money is in the account already."""
        made = self._note(Way.DEPOSIT, currency, amount, ZERO, at_ms, Stage.ACCEPTED)
        made.done_ms = at_ms
        return made

    def ask_deposit(self, amount: Decimal, at_ms: int) -> Movement:
        """Fetch KRW from the bank."""
        return self._note(Way.DEPOSIT, KRW, amount, ZERO, at_ms, Stage.PROCESSING)

    @wide()
    def withdraw(self, currency: str, amount: Decimal, at_ms: int, *, internal: bool = False) -> Movement:
        """Send money or coins away; locked until they are gone. Raises RefusedError open_api_withdraw_locked, invalid_funds."""
        if self.switches.withdraw_locked:
            raise RefusedError("open_api_withdraw_locked")
        fee = self.withdraw_fee(currency)
        self.ledger.hold(currency, amount + fee)
        return self._note(Way.WITHDRAW, currency, amount, fee, at_ms, Stage.WAITING, internal=internal)

    def withdraw_fee(self, currency: str) -> Decimal:
        """In the currency itself."""
        return self.switches.krw_withdraw_fee if currency == KRW else ZERO

    @wide()
    def cancel_withdrawal(self, uuid: str, at_ms: int) -> Movement:
        """Take a withdrawal back that still waits. Raises RefusedError invalid_parameter."""
        found = self.movement(Way.WITHDRAW, uuid)
        if not found.is_cancelable:
            raise RefusedError("invalid_parameter")
        self.ledger.give_back(found.currency, found.amount + found.fee)
        found.stage, found.done_ms = Stage.CANCELLED, at_ms
        return found

    def movement(self, way: Way, uuid: str) -> Movement:
        """The deposit or withdrawal. Raises RefusedError invalid_parameter for one that is not there."""
        found = next((moved for moved in self.movements if moved.way is way and moved.uuid == uuid), None)
        if found is None:
            raise RefusedError("invalid_parameter")
        return found

    @wide()
    def advance(self, now_ms: int) -> None:
        """What was on its way arrives."""
        for moved in self.movements:
            if moved.done_ms is not None:
                continue
            if now_ms >= moved.ready_ms:
                moved.done_ms = moved.ready_ms
                moved.stage = Stage.ACCEPTED if moved.way is Way.DEPOSIT else Stage.DONE
                if moved.way is Way.DEPOSIT:
                    self.ledger.deposit(moved.currency, moved.amount)
                else:
                    self.ledger.pay_out(moved.currency, moved.amount + moved.fee)
            elif moved.stage is Stage.WAITING and 2 * now_ms >= moved.created_ms + moved.ready_ms:
                moved.stage = Stage.PROCESSING

    def verify(self, moved: Movement, now_ms: int) -> None:
        """A travel rule verification. Raises RefusedError too_many_requests within ten minutes of the last."""
        if moved.verified_ms is not None and now_ms - moved.verified_ms < VERIFY_PAUSE_MS:
            raise RefusedError("too_many_requests")
        moved.verified_ms = now_ms

    # -- addresses ---------------------------------------------------------------------------------------------------------------------

    def make_address(self, currency: str, now_ms: int) -> bool:
        """Have a deposit address made; whether there is one already."""
        return now_ms >= self.addresses.setdefault(currency, now_ms + self._delay_ms())

    def address(self, currency: str, now_ms: int) -> str | None:
        """Where to deposit a coin; None while it is being made. Raises RefusedError invalid_parameter when nobody asked for one."""
        if currency not in self.addresses:
            raise RefusedError("invalid_parameter")
        return address_of("deposit", currency) if now_ms >= self.addresses[currency] else None

    # -- pockets -----------------------------------------------------------------------------------------------------------------------

    def pocket(self, uuid: str) -> Pocket:
        """Raises RefusedError pocket_not_found."""
        found = next((pocket for pocket in self.pockets if pocket.uuid == uuid), None)
        if found is None:
            raise RefusedError("pocket_not_found")
        return found

    def held(self, pocket: Pocket) -> dict[str, Decimal]:
        """What a pocket other than the main one keeps, by currency."""
        return {currency: amount for (uuid, currency), amount in sorted(self._held.items()) if uuid == pocket.uuid and amount}

    @wide()
    def move(self, source: Pocket, target: Pocket, currency: str, amount: Decimal, identifier: str | None, at_ms: int) -> Move:
        """Move between pockets, at once. Raises RefusedError invalid_parameter, duplicated_identifier, invalid_funds."""
        if source == target:
            raise RefusedError("invalid_parameter")
        if identifier is not None and any(made.identifier == identifier for made in self.moves):
            raise RefusedError("duplicated_identifier")
        self._take(source, currency, amount)
        if target.kind == "main":
            self.ledger.deposit(currency, amount)
        else:
            self._held[target.uuid, currency] = self._held.get((target.uuid, currency), ZERO) + amount
        number = len(self.moves)
        made = Move(number, self.make_uuid("move", number), source.uuid, target.uuid, currency, amount, at_ms, identifier)
        self.moves.append(made)
        return made

    def _take(self, source: Pocket, currency: str, amount: Decimal) -> None:
        if source.kind == "main":
            self.ledger.hold(currency, amount)
            self.ledger.pay_out(currency, amount)
            return
        have = self._held.get((source.uuid, currency), ZERO)
        if amount > have:
            raise RefusedError("invalid_funds", currency=currency)
        self._held[source.uuid, currency] = have - amount

    def _note(
        self, way: Way, currency: str, amount: Decimal, fee: Decimal, at_ms: int, stage: Stage, *, internal: bool = False
    ) -> Movement:  # fmt: skip
        number = len(self.movements)
        txid = hashlib.blake2b(f"{way}/{number}".encode(), digest_size=32).hexdigest()
        made = Movement(
            number, self.make_uuid("movement", number), way, currency, amount, fee, at_ms, at_ms + self._delay_ms(), stage, txid, internal
        )  # fmt: skip
        self.movements.append(made)
        return made

    def _delay_ms(self) -> int:
        return self.switches.transfer_seconds * 1000


def address_of(kind: str, currency: str) -> str:
    """An address that looks like one, the same each time. kind: `deposit`, or `withdraw` for the one that is allowed."""
    return "simulated-" + hashlib.blake2b(f"{kind}/{currency}".encode(), digest_size=16).hexdigest()
