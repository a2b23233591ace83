"""Errors of the candle layer: all can be mended by the user, and say how."""

from __future__ import annotations

from engine.model.errors import UserError


class CandleError(UserError):
    """Something about candles that the user can act on."""


class StoreError(CandleError):
    """The store on disk cannot be used as asked."""


class SourceError(CandleError):
    """A file to import is not what it must be; nothing of it was written."""


class FetchError(CandleError):
    """The exchange did not give the candles."""


class UnreachableError(FetchError):
    """The exchange could not be reached at all (no network, refused, timed out while connecting)."""


class UnknownMarketError(FetchError):
    """The exchange does not know the market (never listed, or delisted)."""
