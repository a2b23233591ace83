"""What the exchange says about its markets and wallets, from its three ways of saying it: the list of markets (asked each minute), the
tickers and notices of the stream, and the state of wallets (asked with it).

The one reader of all that: recordings, alerts and exchanges that follow this one are told by it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.exchange.upbit.answers import WalletStatus
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError
from engine.exchange.upbit.frames import AnnouncementFrame, TickerFrame
from engine.exchange.upbit.inbox import Item, Trouble
from engine.exchange.upbit.market_flags import DELISTING, delisted_by, flags_of, flags_of_ticker, spared_by

ASKED_SECONDS: Final = 60.0
_DATE_PARTS: Final = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class MarketState:
    """A market's flags (series of `market.*`), all that are known. delisted_on: the day its trading ends, 2026-12-24, "" = not told."""

    market: str
    flags: Mapping[str, bool]
    delisted_on: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class WalletState:
    """A coin's wallet on a network. state: working, withdraw_only, deposit_only, paused, unsupported."""

    currency: str
    network: str
    state: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Notice:
    """An announcement."""

    frame: AnnouncementFrame
    at_ms: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A signed question was answered: the key is good."""

    at_ms: int


News = MarketState | WalletState | Notice | Answered | Trouble


@dataclass(slots=True)
class _Known:
    """What is known of a market. ticker, day: the flags of its last one and the end of trading it told, which hold while it is quiet."""

    flags: dict[str, bool] = field(default_factory=dict)
    ticker: dict[str, bool] = field(default_factory=dict)
    day: str = ""
    delisted_on: str = ""
    announced: bool = False


class MarketNews:
    """now_ms: the exchange's time (UTC), 0 while it is not known: flags are dated by it, and none is told before.

    tell: called with every change, and with what is found first. seen: called with a market's flags whenever they were said again.
    """

    def __init__(
        self,
        client: UpbitClient,
        markets: Iterable[str],
        now_ms: Callable[[], int],
        tell: Callable[[News], None],
        *,
        seen: Callable[[str, Mapping[str, bool], int], None] | None = None,
        signed: bool = False,
    ) -> None:
        self._client = client
        self._markets = {market: _Known() for market in markets}
        self._now_ms = now_ms
        self._tell = tell
        self._seen = seen
        self._signed = signed
        self._coins = {coin for market in self._markets for coin in market.split("-")}
        self._wallets: dict[tuple[str, str], str] = {}

    def take(self, item: Item) -> None:
        """An item of the stream; all but tickers and notices are nothing to this reader."""
        if isinstance(item, TickerFrame):
            known = self._markets.get(item.code)
            if known is not None:
                known.ticker, known.day = flags_of_ticker(item), delisted_on(item.delisting_date)
                self._said(item.code, known.ticker, known.day)
        elif isinstance(item, AnnouncementFrame):
            self._notice(item)

    async def ask(self, seconds: float = ASKED_SECONDS) -> None:
        """Ask again and again, until cancelled. A question that fails is told, and asked again the next time."""
        while True:
            try:
                await self.ask_once()
            except ExchangeError as error:
                self._tell(Trouble(str(error), error))
            await asyncio.sleep(seconds)

    async def ask_once(self) -> None:
        """The list of markets, and with keys the wallets. Raises ExchangeError."""
        for pair in (await self._client.quotation.markets(is_details=True)).value:
            known = self._markets.get(pair.market)
            if known is not None:
                self._said(pair.market, flags_of(pair) | known.ticker, known.day)
        if self._signed:
            self.wallets((await self._client.wallet.wallet_status()).value)
            self._tell(Answered(self._now_ms()))

    def wallets(self, found: Iterable[WalletStatus]) -> None:
        """The state of wallets, as answered; those of other coins than the markets' are left out."""
        for wallet in found:
            name = wallet.currency, wallet.net_type or ""
            if wallet.currency in self._coins and self._wallets.get(name) != wallet.wallet_state:
                self._wallets[name] = wallet.wallet_state
                self._tell(WalletState(*name, wallet.wallet_state, self._now_ms()))

    def _notice(self, frame: AnnouncementFrame) -> None:
        self._tell(Notice(frame, self._now_ms()))
        ending, spared = delisted_by(frame), spared_by(frame)
        for market, known in self._markets.items():
            coin = market.partition("-")[2]
            if coin in ending or (coin in spared and known.announced):
                known.announced = coin in ending
                self._said(market, {DELISTING: known.announced}, "")

    def _said(self, market: str, flags: Mapping[str, bool], day: str) -> None:
        at_ms, known = self._now_ms(), self._markets[market]
        if not at_ms:
            return
        if known.announced and DELISTING in flags:
            flags = {**flags, DELISTING: True}  # a ticker says so only once the day is set
        if self._seen is not None:
            self._seen(market, flags, at_ms)
        merged, on = {**known.flags, **flags}, day or (known.delisted_on if flags.get(DELISTING, True) else "")
        if (merged, on) != (known.flags, known.delisted_on):
            known.flags, known.delisted_on = merged, on
            self._tell(MarketState(market, merged, on, at_ms))


def delisted_on(said: Any) -> str:
    """The day of a ticker's `delisting_date`, an object of year, month and day or a text; "" where it says nothing."""
    if isinstance(said, Mapping):
        parts = [part for part in map(said.get, _DATE_PARTS) if isinstance(part, int)]
        return "-".join(f"{part:02}" for part in parts) if len(parts) == len(_DATE_PARTS) else ""
    return said[:10] if isinstance(said, str) else ""
