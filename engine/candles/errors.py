"""Errors of the candle layer: each has a text in both languages, and names what to do."""

from __future__ import annotations

from dsl.diagnostics import Language
from dsl.messages import text


class CandleError(Exception):
    """Something about candles that the user can act on. `key` is a key of the message catalogue, `fields` its placeholders."""

    def __init__(self, key: str, **fields: object) -> None:
        self.key = key
        self.fields = fields
        super().__init__(self.text(Language.ENGLISH))

    def text(self, language: Language) -> str:
        """The message in `language`."""
        return text(self.key, language, **self.fields)


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
