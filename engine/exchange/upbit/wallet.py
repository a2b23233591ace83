"""Deposits, withdrawals, addresses, travel rule, wallets, keys, pockets by REST: what can be asked. What moves money: `transfers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, TypedDict, Unpack

from engine.exchange.upbit import endpoints
from engine.exchange.upbit.answers import (
    Account,
    AddressPending,
    ApiKey,
    DepositAddress,
    DepositChance,
    Pocket,
    PocketKeys,
    PocketTransfer,
    Transfer,
    Vasp,
    Verification,
    WalletStatus,
    WithdrawAddress,
    WithdrawChance,
)
from engine.exchange.upbit.checks import not_both, within
from engine.exchange.upbit.endpoints import Endpoint
from engine.exchange.upbit.rest import Answer, Rest
from engine.exchange.upbit.signing import Parameters

LISTED_MAX: Final = 100
Direction = Literal["asc", "desc"]


class WhichTransfers(TypedDict, total=False):
    """Which deposits or withdrawals to list. uuids or txids; limit: up to 100, page: from 1 on; from_, to: uuids to go on from."""

    currency: str | None
    state: str | None
    uuids: Sequence[str] | None
    txids: Sequence[str] | None
    limit: int
    page: int | None
    order_by: Direction | None
    from_: str | None
    to: str | None


class Wallet:
    """Every question of the deposit, withdrawal, service and pocket areas, and the making of a deposit address."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def deposit(self, *, uuid: str | None = None, txid: str | None = None, currency: str | None = None) -> Answer[Transfer]:
        """One deposit; the newest when nothing is said."""
        return await self._rest.send(endpoints.DEPOSIT, [("uuid", uuid), ("txid", txid), ("currency", currency)])

    async def deposits(self, **which: Unpack[WhichTransfers]) -> Answer[list[Transfer]]:
        """Deposits, a page of up to 100."""
        return await self._rest.send(endpoints.DEPOSITS, _asked(which))

    async def deposit_chance(self, currency: str, net_type: str) -> Answer[DepositChance]:
        """Whether and from what amount a coin can be deposited on a network."""
        return await self._on_network(endpoints.DEPOSIT_CHANCE, currency, net_type)

    async def deposit_addresses(self) -> Answer[list[DepositAddress]]:
        """Every deposit address of the account."""
        return await self._rest.send(endpoints.DEPOSIT_ADDRESSES)

    async def deposit_address(self, currency: str, net_type: str) -> Answer[DepositAddress]:
        """The deposit address of a coin on a network."""
        return await self._on_network(endpoints.DEPOSIT_ADDRESS, currency, net_type)

    async def make_deposit_address(self, currency: str, net_type: str) -> Answer[DepositAddress | AddressPending]:
        """Have a deposit address made. AddressPending: it is being made, ask `deposit_address` in a moment."""
        return await self._on_network(endpoints.MAKE_DEPOSIT_ADDRESS, currency, net_type)

    async def withdrawal(self, *, uuid: str | None = None, txid: str | None = None, currency: str | None = None) -> Answer[Transfer]:
        """One withdrawal; the newest when nothing is said."""
        return await self._rest.send(endpoints.WITHDRAWAL, [("uuid", uuid), ("txid", txid), ("currency", currency)])

    async def withdrawals(self, **which: Unpack[WhichTransfers]) -> Answer[list[Transfer]]:
        """Withdrawals, a page of up to 100."""
        return await self._rest.send(endpoints.WITHDRAWALS, _asked(which))

    async def withdraw_chance(self, currency: str, net_type: str | None = None) -> Answer[WithdrawChance]:
        """Whether and how much can be withdrawn. net_type: of coins."""
        return await self._rest.send(endpoints.WITHDRAW_CHANCE, [("currency", currency), ("net_type", net_type)])

    async def withdraw_addresses(self) -> Answer[list[WithdrawAddress]]:
        """Addresses that the owner allows withdrawals to."""
        return await self._rest.send(endpoints.WITHDRAW_ADDRESSES)

    async def vasps(self) -> Answer[list[Vasp]]:
        """Exchanges that deposits can be verified with."""
        return await self._rest.send(endpoints.VASPS)

    async def verify_by_uuid(self, deposit_uuid: str, vasp_uuid: str) -> Answer[Verification]:
        """Have a deposit verified (travel rule). At most once in ten minutes for each deposit, so it is sent once."""
        asked = [("deposit_uuid", deposit_uuid), ("vasp_uuid", vasp_uuid)]
        return await self._rest.send(endpoints.VERIFY_BY_UUID, asked, handles=(("uuid", deposit_uuid),))

    async def verify_by_txid(self, txid: str, vasp_uuid: str, currency: str, net_type: str) -> Answer[Verification]:
        """As `verify_by_uuid`, by the transaction on the chain."""
        asked = [("txid", txid), ("vasp_uuid", vasp_uuid), ("currency", currency), ("net_type", net_type)]
        return await self._rest.send(endpoints.VERIFY_BY_TXID, asked, handles=(("txid", txid),))

    async def wallet_status(self) -> Answer[list[WalletStatus]]:
        """Whether coins can be deposited and withdrawn."""
        return await self._rest.send(endpoints.WALLET_STATUS)

    async def api_keys(self) -> Answer[list[ApiKey]]:
        """The account's keys and when they expire."""
        return await self._rest.send(endpoints.API_KEYS)

    async def pockets(self) -> Answer[list[Pocket]]:
        """Sub-accounts."""
        return await self._rest.send(endpoints.POCKETS)

    async def pocket_keys(self, *, uuids: Sequence[str] | None = None, include_expired: bool | None = None) -> Answer[list[PocketKeys]]:
        """Keys of pockets."""
        return await self._rest.send(endpoints.POCKET_KEYS, [("uuids", uuids), ("include_expired", include_expired)])

    async def pocket_assets(self, uuid: str) -> Answer[list[Account]]:
        """Balances of a pocket."""
        return await self._rest.send(endpoints.POCKET_ASSETS, [("uuid", uuid)])

    async def pocket_transfers(
        self,
        *,
        uuids: Sequence[str] | None = None,
        identifiers: Sequence[str] | None = None,
        direction: Literal["in", "out", "all"] | None = None,
        currency: str | None = None,
        states: Sequence[str] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int | None = None,
        order_by: Direction | None = None,
    ) -> Answer[list[PocketTransfer]]:
        """What was moved from or to the key's own pocket."""
        which = [("uuids", uuids), ("identifiers", identifiers), ("direction", direction), ("currency", currency), ("states", states)]
        when = [("start_time", start_time), ("end_time", end_time), ("limit", limit), ("order_by", order_by)]
        return await self._rest.send(endpoints.POCKET_TRANSFERS, [*which, *when])

    async def universal_transfers(
        self,
        *,
        uuids: Sequence[str] | None = None,
        identifiers: Sequence[str] | None = None,
        from_: str | None = None,
        to: str | None = None,
        currency: str | None = None,
        states: Sequence[str] | None = None,
        start_time: str | None = None,
        end_time: str | None = None,
        limit: int | None = None,
        order_by: Direction | None = None,
    ) -> Answer[list[PocketTransfer]]:
        """What was moved between any pockets; asked by the main pocket's key."""
        which = [("uuids", uuids), ("identifiers", identifiers), ("from", from_), ("to", to), ("currency", currency), ("states", states)]
        when = [("start_time", start_time), ("end_time", end_time), ("limit", limit), ("order_by", order_by)]
        return await self._rest.send(endpoints.UNIVERSAL_TRANSFERS, [*which, *when])

    async def _on_network(self, endpoint: Endpoint[endpoints.T], currency: str, net_type: str) -> Answer[endpoints.T]:
        return await self._rest.send(endpoint, [("currency", currency), ("net_type", net_type)])


def _asked(which: WhichTransfers) -> Parameters:
    uuids, txids, limit = which.get("uuids"), which.get("txids"), which.get("limit", LISTED_MAX)
    not_both(("uuids", uuids), ("txids", txids))
    within("limit", limit, LISTED_MAX)
    who = [("currency", which.get("currency")), ("state", which.get("state")), ("uuids", uuids), ("txids", txids)]
    page = [("limit", limit), ("page", which.get("page")), ("order_by", which.get("order_by"))]
    return [*who, *page, ("from", which.get("from_")), ("to", which.get("to"))]
