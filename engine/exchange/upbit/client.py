"""Upbit's REST client: one connection, its areas. What moves money is not here (engine.exchange.upbit.transfers)."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.quotation import Quotation
from engine.exchange.upbit.rest import ClientSettings, Rest
from engine.exchange.upbit.signing import Keys
from engine.exchange.upbit.trading import Trading
from engine.exchange.upbit.wallet import Wallet


class UpbitClient:
    """An asynchronous context manager; one event loop. Without keys only `quotation` can be asked."""

    def __init__(self, keys: Keys | None = None, settings: ClientSettings | None = None, limits: Limits | None = None) -> None:
        self.rest = Rest(keys, settings, limits)
        self.quotation = Quotation(self.rest)
        self.trading = Trading(self.rest)
        self.wallet = Wallet(self.rest)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.rest.close()
