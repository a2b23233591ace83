"""Market data by REST: needs no key. Newest first; no trade, no candle; `to` is exclusive, and UTC unless it says else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from engine.exchange.upbit import endpoints
from engine.exchange.upbit.answers import Candle, Orderbook, OrderbookInstrument, SupportedLevels, Ticker, Trade, TradingPair
from engine.exchange.upbit.checks import listed, within
from engine.exchange.upbit.endpoints import Endpoint
from engine.exchange.upbit.rest import Answer, Rest
from engine.exchange.upbit.signing import Value

CANDLES_MAX: Final = 200
TRADES_MAX: Final = 500
LEVELS_MAX: Final = 30
MinuteUnit = Literal[1, 3, 5, 10, 15, 30, 60, 240]


class Quotation:
    """Every call of the quotation area."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def markets(self, *, is_details: bool = False) -> Answer[list[TradingPair]]:
        """All markets. is_details: with warnings and cautions."""
        return await self._rest.send(endpoints.MARKETS, [("is_details", is_details)])

    async def candles_seconds(self, market: str, *, to: str | None = None, count: int = CANDLES_MAX) -> Answer[list[Candle]]:
        """Bars of one second, of the last three months only."""
        return await self._candles(endpoints.CANDLES_SECONDS, market, to, count)

    async def candles_minutes(
        self, market: str, unit: MinuteUnit, *, to: str | None = None, count: int = CANDLES_MAX
    ) -> Answer[list[Candle]]:
        """Bars of `unit` minutes."""
        return await self._candles(endpoints.CANDLES_MINUTES, market, to, count, unit=unit)

    async def candles_days(
        self, market: str, *, to: str | None = None, count: int = CANDLES_MAX, converting_price_unit: str | None = None
    ) -> Answer[list[Candle]]:
        """Bars of a day, from 00:00 UTC. converting_price_unit: KRW, adds converted_trade_price."""
        return await self._candles(endpoints.CANDLES_DAYS, market, to, count, ("converting_price_unit", converting_price_unit))

    async def candles_weeks(self, market: str, *, to: str | None = None, count: int = CANDLES_MAX) -> Answer[list[Candle]]:
        """Bars of a week, from Monday."""
        return await self._candles(endpoints.CANDLES_WEEKS, market, to, count)

    async def candles_months(self, market: str, *, to: str | None = None, count: int = CANDLES_MAX) -> Answer[list[Candle]]:
        """Bars of a calendar month."""
        return await self._candles(endpoints.CANDLES_MONTHS, market, to, count)

    async def candles_years(self, market: str, *, to: str | None = None, count: int = CANDLES_MAX) -> Answer[list[Candle]]:
        """Bars of a year."""
        return await self._candles(endpoints.CANDLES_YEARS, market, to, count)

    async def trades(
        self, market: str, *, to: str | None = None, count: int = TRADES_MAX, cursor: str | None = None, days_ago: int | None = None
    ) -> Answer[list[Trade]]:
        """Trades of one UTC day: today, or `days_ago` (1 to 7). to: a time of that day, HHmmss; cursor: a sequential_id to go on before."""
        within("count", count, TRADES_MAX)
        asked = [("market", market), ("to", to), ("count", count), ("cursor", cursor), ("days_ago", days_ago)]
        return await self._rest.send(endpoints.TRADES, asked)

    async def tickers(self, markets: Sequence[str]) -> Answer[list[Ticker]]:
        """The day so far of these markets."""
        return await self._rest.send(endpoints.TICKERS, [("markets", listed(markets))])

    async def tickers_all(self, quote_currencies: Sequence[str]) -> Answer[list[Ticker]]:
        """The day so far of every market of these quote currencies."""
        return await self._rest.send(endpoints.TICKERS_ALL, [("quote_currencies", listed(quote_currencies))])

    async def orderbooks(self, markets: Sequence[str], *, level: str | None = None, count: int = LEVELS_MAX) -> Answer[list[Orderbook]]:
        """Books. level: how to lump prices together (KRW markets; a level that is not supported gives no book)."""
        within("count", count, LEVELS_MAX)
        return await self._rest.send(endpoints.ORDERBOOKS, [("markets", listed(markets)), ("level", level), ("count", count)])

    async def orderbook_instruments(self, markets: Sequence[str]) -> Answer[list[OrderbookInstrument]]:
        """Price units at present prices, and levels of books."""
        return await self._rest.send(endpoints.INSTRUMENTS, [("markets", listed(markets))])

    async def supported_levels(self, markets: Sequence[str]) -> Answer[list[SupportedLevels]]:
        """Levels of books; deprecated by `orderbook_instruments`."""
        return await self._rest.send(endpoints.SUPPORTED_LEVELS, [("markets", listed(markets))])

    async def _candles(
        self, endpoint: Endpoint[list[Candle]], market: str, to: str | None, count: int, *more: tuple[str, Value], unit: int | None = None
    ) -> Answer[list[Candle]]:
        within("count", count, CANDLES_MAX)
        return await self._rest.send(endpoint, [("market", market), *more, ("to", to), ("count", count)], unit=unit)
