"""Candles by Upbit's REST: 200 a request, backwards in time, at the pace the exchange allows.

Facts used: `to` is exclusive and UTC; the newest candle comes first; a bar without trades is not in the answer; an empty answer means
that the market's life begins later; the bar in progress comes as the first row when `to` lies in the future.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx
import numpy as np
import orjson

from dsl.graph import Timeframe
from engine.candles.defects import find_defects
from engine.candles.errors import FetchError, UnknownMarketError, UnreachableError
from engine.candles.instants import UTC_ZONE, parse_time
from engine.candles.months import NO_ROWS, Rows
from engine.candles.store import check_market, table_from
from engine.candles.timeframes import bar_open, next_open, timeframe_name
from engine.exchange.upbit.pace import Clock, Pace, SystemClock
from engine.exchange.upbit.refusals import refusal
from engine.model.candle import CandleTable

BASE_URL: Final = "https://api.upbit.com"
PAGE: Final = 200
#: fields of a candle in the order of engine.candles.months.COLUMNS
_FIELDS: Final = (
    "opening_price", "high_price", "low_price", "trade_price", "candle_acc_trade_volume", "candle_acc_trade_price",
)  # fmt: skip
_PATHS: Final = {
    **{f"{unit}m": f"/v1/candles/minutes/{unit}" for unit in (1, 3, 5, 10, 15, 30)},
    "1h": "/v1/candles/minutes/60",
    "4h": "/v1/candles/minutes/240",
    "1d": "/v1/candles/days",
    "1w": "/v1/candles/weeks",
}
#: a bar counts as closed this long after its end, so that its last trades are in the answer
_SETTLE_MS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient and how polite. attempts: per request. backoff_seconds: before the second attempt, doubled each time."""

    per_second: float = 10.0
    attempts: int = 5
    backoff_seconds: float = 0.5
    connect_seconds: float = 3.0
    read_seconds: float = 10.0


class CandleReader:
    """Reads candles from `base_url`. A context manager; not for use from several threads."""

    def __init__(self, base_url: str = BASE_URL, policy: Policy | None = None, clock: Clock | None = None) -> None:
        self._policy = policy or Policy()
        self._clock = clock or SystemClock()
        self._pace = Pace(self._clock, self._policy.per_second)
        self._base_url = base_url
        self._reached = False
        timeout = httpx.Timeout(self._policy.read_seconds, connect=self._policy.connect_seconds)
        self._client = httpx.Client(base_url=base_url, timeout=timeout, headers={"Accept": "application/json"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def pages(self, market: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> Iterator[CandleTable]:
        """The market's candles that open in [from_ms, to_ms) and have closed, newest page first.

        Each table's `fetched` is what its page settled, so whatever was written before a failure stays true. Raises UnreachableError
        quickly when there is no way to the exchange, UnknownMarketError, or FetchError.
        """
        path = _PATHS.get(timeframe_name(timeframe))
        if path is None:
            raise FetchError("data.exchange_timeframe", name=timeframe_name(timeframe), names=" ".join(_PATHS))
        start, end = next_open(timeframe, from_ms), min(next_open(timeframe, to_ms), self._closed(timeframe, self._clock.now_ms()))
        while start < end:
            response = self._get(path, {"market": check_market(market), "to": _utc_text(end), "count": str(PAGE)})
            rows = _rows(response, market, timeframe, end)
            end = min(end, self._closed(timeframe, _server_ms(response, self._clock.now_ms())))
            oldest = int(rows.time_ms[0]) if len(rows) else start
            page_start = max(start, oldest)
            if page_start < end:
                yield table_from(market, timeframe, rows.between(page_start, end), ((page_start, end),))
            end = page_start

    def _closed(self, timeframe: Timeframe, now_ms: int) -> int:
        """Open of the bar in progress: bars before it are final."""
        return bar_open(timeframe, timeframe.index(now_ms - _SETTLE_MS))

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        """The answer with status 200, after as many attempts as the policy allows. A refusal by the exchange is not tried again."""
        failure: FetchError | None = None
        for attempt in range(self._policy.attempts):
            if attempt:
                self._pace.hold(self._policy.backoff_seconds * 2 ** (attempt - 1))
            self._pace.wait()
            try:
                response = self._client.get(path, params=query)
            except httpx.TransportError as error:
                failure = UnreachableError("data.exchange_unreachable", url=self._base_url, reason=str(error) or type(error).__name__)
                if not self._reached and (attempt or not isinstance(error, httpx.ReadTimeout | httpx.RemoteProtocolError)):
                    raise failure from error
                continue
            self._reached = True
            self._pace.learn(response.headers.get("Remaining-Req"))
            if response.status_code == httpx.codes.OK:
                return response
            failure = self._failure(response, query["market"])
        assert failure is not None, "a policy has at least one attempt"
        raise failure

    def _failure(self, response: httpx.Response, market: str) -> FetchError:
        """What a status other than 200 means: returned when another attempt may help, raised when not."""
        status = response.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._pace.hold(_retry_after_seconds(response))
            return FetchError("data.exchange_failing", status=status, url=self._base_url)
        if status == httpx.codes.NOT_FOUND:
            raise UnknownMarketError("data.exchange_unknown_market", market=market)
        refused = refusal(status, response.content, str(response.url))
        raise FetchError("data.exchange_refused", status=status, reason=refused.said or refused.name)


def _retry_after_seconds(response: httpx.Response) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), 60.0) if said.isdecimal() else 1.0 if response.status_code == httpx.codes.TOO_MANY_REQUESTS else 0.0


def _server_ms(response: httpx.Response, local_ms: int) -> int:
    """Now, by the slower of the two clocks: a local clock that is ahead must not make bars that are still open look closed."""
    said = response.headers.get("Date")
    if said is None:
        return local_ms
    try:
        return min(local_ms, int(parsedate_to_datetime(said).timestamp() * 1000))
    except ValueError:
        return local_ms


def _utc_text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rows(response: httpx.Response, market: str, timeframe: Timeframe, before_ms: int) -> Rows:
    """The page's rows, oldest first. Raises FetchError when the answer is not what was asked for."""
    try:
        items = orjson.loads(response.content)
        found = [_item(item, market) for item in items]
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise FetchError("data.exchange_garbage", reason=f"{type(error).__name__}: {error}") from error
    if not found:
        return NO_ROWS
    found.reverse()
    time_ms = np.array([time for time, _ in found], np.int64)
    numbers = np.ascontiguousarray(np.array([values for _, values in found], np.float64).T)
    wrong = [str(defect) for defect, mask in find_defects(time_ms, numbers, timeframe).items() if mask.any()]
    if not (np.diff(time_ms) > 0).all() or time_ms[-1] >= before_ms:
        wrong.append("order of time")
    if wrong:
        raise FetchError("data.exchange_garbage", reason=", ".join(wrong))
    return Rows(time_ms, numbers)


def _item(item: dict[str, Any], market: str) -> tuple[int, list[float]]:
    time_ms = parse_time(item["candle_date_time_utc"], UTC_ZONE)
    if time_ms is None or item["market"] != market:
        raise ValueError(f"{item['market']} {item['candle_date_time_utc']}")
    return time_ms, [float(item[name]) for name in _FIELDS]
