"""Upbit's REST client: one connection, its areas. What moves money is not here (engine.exchange.upbit.transfers)."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.quotation import Quotation
from engine.exchange.upbit.rest import ClientSettings, Rest
from engine.exchange.upbit.signing import Keys
from engine.exchange.upbit.trading import Trading
from engine.exchange.upbit.wallet import Wallet

if TYPE_CHECKING:
    from httpx import AsyncBaseTransport


class UpbitClient:
    """An asynchronous context manager; one event loop. Without keys only `quotation` can be asked. way: as of Rest."""

    def __init__(
        self,
        keys: Keys | None = None,
        settings: ClientSettings | None = None,
        limits: Limits | None = None,
        way: AsyncBaseTransport | None = None,
    ) -> None:
        self.rest = Rest(keys, settings, limits, way=way)
        self.quotation = Quotation(self.rest)
        self.trading = Trading(self.rest)
        self.wallet = Wallet(self.rest)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.rest.close()
