"""One request to Upbit's REST from leave to send to typed answer: limits, signature, timeouts, and only such retries as are safe.

A question, and whatever else may be sent twice, is asked again a few times. A call that makes something (an order, a transfer) is sent
once: when its answer is lost, cut off, a 5xx or "came twice", UnknownOutcomeError names what to look it up by. After a 429, which is
answered before anything is done, every call is sent again. A task that is cancelled while such a call is under way does not know its
outcome either.
"""

from __future__ import annotations

import hashlib
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import httpx

from engine.exchange.upbit.answers import Malformed, read
from engine.exchange.upbit.endpoints import Endpoint
from engine.exchange.upbit.errors import BrokenAnswerError, ExchangeError, RefusedError, UnknownOutcomeError, UnreachableError
from engine.exchange.upbit.limits import Bucket, Limits, Priority, read_remaining
from engine.exchange.upbit.refusals import NonceUsedError, NoTokenError, PenaltyError, TooManyRequestsError, refusal
from engine.exchange.upbit.signing import Keys, Parameters, Payload, authorization, body_payload, query_payload

T = TypeVar("T")
Handles = tuple[tuple[str, str], ...]

BASE_URL: Final = "https://api.upbit.com"
#: errors before any byte of the request went out
_NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Where the exchange is, and how patient to be. *_seconds of a request's phases; attempts: of a call that may be sent twice;
    backoff before the second, doubled each time. patience: how long a penalty of the exchange is waited out; orders get stale sooner."""

    base_url: str = BASE_URL
    connect_seconds: float = 3.0
    write_seconds: float = 5.0
    read_seconds: float = 10.0
    pool_seconds: float = 5.0
    connections: int = 20
    keep_alive_seconds: float = 30.0
    attempts: int = 4
    backoff_seconds: float = 0.25
    patience_seconds: float = 900.0
    order_patience_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A typed answer. group, left: the rate limit it counted against and what is left of the second, where the exchange said so.
    sent_ms: when it was sent by the exchange's clock (UTC ms, whole seconds), where it said so."""

    value: T
    status: int
    group: str | None
    left: int | None
    sent_ms: int | None = None


@dataclass(frozen=True, slots=True)
class _Call(Generic[T]):
    """One request to be sent, perhaps several times."""

    endpoint: Endpoint[T]
    path: str
    payload: Payload
    handles: Handles

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.endpoint.method} {self.path}"


class _AgainError(Exception):
    """This attempt failed and another is safe. cause: what to raise when it was the last."""

    def __init__(self, cause: ExchangeError, pause: bool = True) -> None:
        super().__init__()
        self.cause = cause
        self.pause = pause


class Rest:
    """The connection. An asynchronous context manager; one event loop. Without keys only quotation can be asked.

    limits: share one object among all that use this address. nonces: another text at every call. way: how requests get there, where it
    is not the network (an exchange in this process).
    """

    def __init__(
        self,
        keys: Keys | None = None,
        settings: ClientSettings | None = None,
        limits: Limits | None = None,
        nonces: Callable[[], str] = lambda: str(uuid.uuid4()),
        way: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings or ClientSettings()
        self.limits = limits or Limits()
        self._keys = keys
        self._nonces = nonces
        self._owner = owner_of(keys)
        own = self.settings
        self._client = httpx.AsyncClient(
            transport=way,
            verify=_tls(),
            http2=False,
            timeout=httpx.Timeout(connect=own.connect_seconds, write=own.write_seconds, read=own.read_seconds, pool=own.pool_seconds),
            limits=httpx.Limits(
                max_connections=own.connections, max_keepalive_connections=own.connections, keepalive_expiry=own.keep_alive_seconds
            ),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "jangdan"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()

    async def send(
        self,
        endpoint: Endpoint[T],
        parameters: Parameters = (),
        *,
        handles: Handles = (),
        priority: Priority | None = None,
        unit: int | None = None,
    ) -> Answer[T]:
        """Call the endpoint. handles: what a lost answer is looked up by. unit: fills the path of minute candles.

        Raises a RefusedError by the exchange's reason, UnreachableError, BrokenAnswerError, BlockedError, or UnknownOutcomeError.
        """
        payload = (body_payload if endpoint.method == "POST" else query_payload)(parameters)
        call = _Call(endpoint, endpoint.path.format(unit=unit), payload, handles)
        if endpoint.signed and self._keys is None:
            raise NoTokenError(httpx.codes.UNAUTHORIZED, "no_authorization_token", "", call.name)
        failure: ExchangeError | None = None
        for attempt in range(self.settings.attempts):
            try:
                return await self._attempt(call, priority)
            except _AgainError as again:
                failure = again.cause
                if again.pause and attempt + 1 < self.settings.attempts:
                    await self.limits.clock.sleep(self.settings.backoff_seconds * 2**attempt)
        assert failure is not None, "settings have at least one attempt"
        raise failure

    async def _attempt(self, call: _Call[T], priority: Priority | None) -> Answer[T]:
        endpoint = call.endpoint
        bucket = self.limits.bucket(endpoint.group, self._owner)
        urgency = endpoint.priority if priority is None else priority
        patience = self.settings.order_patience_seconds if urgency is Priority.ORDER else self.settings.patience_seconds
        ticket = await bucket.acquire(urgency, patience)
        response = await self._response(call)
        remaining = read_remaining(response.headers.get("Remaining-Req"))
        if response.status_code not in (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.IM_A_TEAPOT):
            bucket.answered(ticket, remaining.left if remaining and remaining.group == endpoint.group else None)
        if not response.is_success:
            raise self._failure(call, response, bucket)
        value = self._read(call, response.content)
        group, left = (remaining.group, remaining.left) if remaining else (None, None)
        return Answer(value, response.status_code, group, left, _sent_ms(response.headers.get("Date")))

    async def _response(self, call: _Call[T]) -> httpx.Response:
        """Send and wait. The library's own error is left behind, not chained: variables of its frames hold the token."""
        try:
            return await self._client.send(self._request(call))
        except _NOT_SENT as error:
            failure = self._again_if_repeatable(call, UnreachableError(call.name, _reason(error)))
        except httpx.RequestError as error:
            failure = self._lost(call, UnreachableError(call.name, _reason(error)))
        raise failure

    def _read(self, call: _Call[T], content: bytes) -> T:
        """The typed answer; what was said stays behind when it cannot be read."""
        try:
            return read(call.endpoint.answer, content)
        except Malformed as error:
            failure = self._lost(call, BrokenAnswerError(call.name, _first_words(error)))
        raise failure

    def _request(self, call: _Call[T]) -> httpx.Request:
        """The request, byte for byte what its token vouches for."""
        payload, headers = call.payload, {}
        if payload.body:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if call.endpoint.signed and self._keys is not None:
            headers["Authorization"] = authorization(self._keys, self._nonces(), payload.hashed)
        url = f"{self.settings.base_url.rstrip('/')}{call.path}" + (f"?{payload.query}" if payload.query else "")
        return self._client.build_request(call.endpoint.method, url, content=payload.body or None, headers=headers)

    def _failure(self, call: _Call[T], response: httpx.Response, bucket: Bucket) -> Exception:
        """What a status other than 2xx means."""
        if response.status_code < httpx.codes.BAD_REQUEST:
            return self._lost(call, BrokenAnswerError(call.name, f"HTTP {response.status_code}"))
        error = refusal(response.status_code, response.content, call.name, response.headers.get("Retry-After", ""))
        if isinstance(error, PenaltyError):
            self.limits.blocked(bucket, error.seconds)
            return _AgainError(error, pause=False)
        if isinstance(error, TooManyRequestsError):
            bucket.refused()
            return _AgainError(error, pause=False)
        if response.is_server_error or isinstance(error, NonceUsedError):  # the latter: something on the way sent it twice
            return self._lost(call, error)
        return error

    def _again_if_repeatable(self, call: _Call[T], failure: ExchangeError) -> Exception:
        return _AgainError(failure) if call.endpoint.repeatable else failure

    def _lost(self, call: _Call[T], failure: ExchangeError) -> Exception:
        """The request may have been done."""
        if call.endpoint.repeatable:
            return _AgainError(failure)
        reason = f"HTTP {failure.status} {failure.name}".strip() if isinstance(failure, RefusedError) else str(failure.values["reason"])
        return UnknownOutcomeError(call.name, reason, call.handles)


def owner_of(keys: Keys | None) -> str:
    """Whose limits the key's calls count against: a name that tells nothing of it. "" without one."""
    return hashlib.sha256(keys.access_key.reveal().encode()).hexdigest()[:12] if keys else ""


@cache
def _tls() -> ssl.SSLContext:
    """What every connection trusts; reading it takes longer than a request."""
    return httpx.create_ssl_context()


def _reason(error: httpx.RequestError) -> str:
    """What went wrong, in a word or a sentence. Never the request, whose headers hold the token."""
    return str(error) or type(error).__name__


def _sent_ms(date: str | None) -> int | None:
    """UTC ms of a Date header; None where it is absent or no date."""
    if date is None:
        return None
    try:
        return int(parsedate_to_datetime(date).timestamp() * 1000)
    except ValueError:
        return None


def _first_words(error: Exception) -> str:
    """What does not fit, and where."""
    return " ".join(str(error).split())[:200] or type(error).__name__
