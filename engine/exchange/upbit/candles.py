"""Candles by Upbit's REST client: 200 a request, backwards in time, at the pace that its limits allow.

Facts used: `to` is exclusive and UTC; the newest candle comes first; a bar without trades is not in the answer; an empty answer means
that the market's life begins later, but for seconds, which are kept for three months only; the bar in progress comes as the first row
when `to` lies in the future.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import numpy as np

from dsl.graph import Timeframe
from engine.candles.defects import find_defects
from engine.candles.errors import FetchError, UnknownMarketError, UnreachableError
from engine.candles.instants import UTC_ZONE, parse_time
from engine.candles.months import NO_ROWS, Rows
from engine.candles.store import check_market, table_from
from engine.candles.timeframes import DAY_MS, UPBIT, bar_open, next_open, timeframe_name
from engine.exchange.upbit import errors
from engine.exchange.upbit.answers import Candle
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.quotation import MinuteUnit, Quotation
from engine.exchange.upbit.rest import BASE_URL, Answer, ClientSettings
from engine.model.candle import CandleTable

T = TypeVar("T")
#: candles that are asked for by their minutes
_MINUTES: Final[dict[str, MinuteUnit]] = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "15m": 15, "30m": 30, "1h": 60, "4h": 240}
SERVED: Final = ("1s", *UPBIT)
#: seconds before this may be gone though they traded ("the last three months")
SECONDS_KEPT_MS: Final = 89 * DAY_MS
#: a bar counts as closed this long after its end, so that its last trades are in the answer
_SETTLE_MS: Final = 1_000
#: a longer block is not sat out: what has arrived is stored, and the next run goes on from there
_PATIENCE_SECONDS: Final = 60.0
#: tries until the exchange has answered for the first time
_FIRST_ATTEMPTS: Final = 2
_NOT_FOUND: Final = 404
_TOO_MANY: Final = 429
_FAILED: Final = 500


def reader_settings(base_url: str = BASE_URL) -> ClientSettings:
    """How patient a reader is."""
    return ClientSettings(base_url=base_url, attempts=5, patience_seconds=_PATIENCE_SECONDS)


class CandleReader:
    """Reads candles. A context manager; not for use from several threads, nor inside an event loop: it has its own."""

    def __init__(
        self,
        settings: ClientSettings | None = None,
        limits: Limits | None = None,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._settings = settings or reader_settings()
        self._limits = limits
        self._now_ms = now_ms
        self._reached = False
        self._opened: tuple[asyncio.Runner, UpbitClient] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._opened is not None:
            runner, client = self._opened
            runner.run(client.rest.close())
            runner.close()

    def markets(self, quotes: tuple[str, ...]) -> list[str]:
        """Codes of every market of these quote currencies, sorted. Raises FetchError."""
        try:
            answer = self._run(lambda quotation: quotation.markets())
        except errors.ExchangeError as error:
            raise self._failure(error) from error
        return sorted(pair.market for pair in answer.value if pair.market.partition("-")[0] in quotes)

    def pages(self, market: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> Iterator[CandleTable]:
        """The market's candles that open in [from_ms, to_ms) and have closed, newest page first.

        Each table's `fetched` is what its page settled, so whatever was written before a failure stays true; of seconds that are older
        than the exchange keeps them, nothing is settled. Raises UnreachableError quickly when there is no way to the exchange,
        UnknownMarketError, or FetchError.
        """
        name = timeframe_name(timeframe)
        if name not in SERVED:
            raise FetchError("data.exchange_timeframe", name=name, names=" ".join(SERVED))
        start, end = next_open(timeframe, from_ms), min(next_open(timeframe, to_ms), self._closed(timeframe, self._now_ms()))
        if name == "1s":
            start = max(start, next_open(timeframe, self._now_ms() - SECONDS_KEPT_MS))
        while start < end:
            answer = self._page(market, name, end)
            rows = _rows(answer.value, market, timeframe, end)
            end = min(end, self._closed(timeframe, min(self._now_ms(), answer.sent_ms or self._now_ms())))
            oldest = int(rows.time_ms[0]) if len(rows) else start
            page_start = max(start, oldest)
            if page_start < end:
                yield table_from(market, timeframe, rows.between(page_start, end), ((page_start, end),))
            end = page_start

    def _closed(self, timeframe: Timeframe, now_ms: int) -> int:
        """Open of the bar in progress: bars before it are final."""
        return bar_open(timeframe, timeframe.index(now_ms - _SETTLE_MS))

    def _page(self, market: str, name: str, end_ms: int) -> Answer[list[Candle]]:
        to = datetime.fromtimestamp(end_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        try:
            return self._run(lambda quotation: _ask(quotation, check_market(market), name, to))
        except errors.RefusedError as error:
            if error.status == _NOT_FOUND:
                raise UnknownMarketError("data.exchange_unknown_market", market=market) from error
            raise self._failure(error) from error
        except errors.ExchangeError as error:
            raise self._failure(error) from error

    def _run(self, ask: Callable[[Quotation], Coroutine[Any, Any, T]]) -> T:
        """What the exchange answers. Until it has answered anything once, nobody waits long for it."""
        if self._opened is None:  # most runs ask nothing, and need not wait for the list of trusted certificates
            self._opened = (asyncio.Runner(), UpbitClient(None, self._settings, self._limits))
        runner, client = self._opened
        return runner.run(self._patiently(client, ask))

    async def _patiently(self, client: UpbitClient, ask: Callable[[Quotation], Coroutine[Any, Any, T]]) -> T:
        rest = client.rest
        if not self._reached:
            rest.settings = replace(self._settings, attempts=min(_FIRST_ATTEMPTS, self._settings.attempts))
            try:
                found = await ask(client.quotation)
            except errors.UnreachableError:
                raise
            except errors.ExchangeError as error:
                self._reached = True
                if error.policy is not errors.Policy.RETRY:
                    raise
            else:
                self._reached = True
                return found
            finally:
                rest.settings = self._settings
        return await ask(client.quotation)

    def _failure(self, error: errors.ExchangeError) -> FetchError:
        """The client's error in the words of the candle layer."""
        url = self._settings.base_url
        if isinstance(error, errors.UnreachableError):
            return UnreachableError("data.exchange_unreachable", url=url, reason=error.values["reason"])
        if isinstance(error, errors.BrokenAnswerError):
            return FetchError("data.exchange_garbage", reason=error.values["reason"])
        if isinstance(error, errors.RefusedError):
            failing = error.status >= _FAILED or error.status == _TOO_MANY
            if failing:
                return FetchError("data.exchange_failing", status=error.status, url=url)
            return FetchError("data.exchange_refused", status=error.status, reason=error.said or error.name)
        return FetchError(error.key, **error.values)


async def _ask(quotation: Quotation, market: str, name: str, to: str) -> Answer[list[Candle]]:
    if name in _MINUTES:
        return await quotation.candles_minutes(market, _MINUTES[name], to=to)
    ask = {"1s": quotation.candles_seconds, "1d": quotation.candles_days, "1w": quotation.candles_weeks}[name]
    return await ask(market, to=to)


def _row(candle: Candle, market: str) -> tuple[int, list[float]]:
    """Open time, and the numbers in the order of engine.candles.months.COLUMNS."""
    time_ms = parse_time(candle.candle_date_time_utc, UTC_ZONE)
    if time_ms is None or candle.market != market:
        raise ValueError(f"{candle.market} {candle.candle_date_time_utc}")
    prices = (candle.opening_price, candle.high_price, candle.low_price, candle.trade_price)
    return time_ms, [float(number) for number in (*prices, candle.candle_acc_trade_volume, candle.candle_acc_trade_price)]


def _rows(candles: list[Candle], market: str, timeframe: Timeframe, before_ms: int) -> Rows:
    """The page's rows, oldest first. Raises FetchError when the answer is not what was asked for."""
    if not candles:
        return NO_ROWS
    try:
        found = [_row(candle, market) for candle in reversed(candles)]
    except ValueError as error:
        raise FetchError("data.exchange_garbage", reason=error) from error
    time_ms = np.array([time for time, _ in found], np.int64)
    numbers = np.ascontiguousarray(np.array([values for _, values in found], np.float64).T)
    wrong = [str(defect) for defect, mask in find_defects(time_ms, numbers, timeframe).items() if mask.any()]
    if not (np.diff(time_ms) > 0).all() or time_ms[-1] >= before_ms:
        wrong.append("order of time")
    if wrong:
        raise FetchError("data.exchange_garbage", reason=", ".join(wrong))
    return Rows(time_ms, numbers)
