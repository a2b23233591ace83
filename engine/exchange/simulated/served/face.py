"""The served exchange as one ASGI application: reads a request as it came, lets it in or refuses it, and answers in Upbit's words.

`/control/...` exists only where it was asked for. POST /control/step {"ms": 60000} moves the market on, /control/offline
{"market": "KRW-BTC", "offline": true} closes a market, /control/event {"market": "KRW-BTC", "warning": true, "cautions":
["PRICE_FLUCTUATIONS"], "delisted_on": "2026-12-24"} is what is said of it, /control/trade {"market": "KRW-BTC", "price": "1000",
"volume": "2", "bought": true} lets others trade, /control/faults {"lost_answer": 1} makes things go wrong, /control/refuse
{"name": "market_offline"} refuses everything under that name ("": nothing any more).
"""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date
from email.utils import formatdate
from functools import partial
from typing import Any, Final
from urllib.parse import quote, unquote

import orjson

from engine.exchange.simulated.served import demanded
from engine.exchange.simulated.served.auth import Gate, read_body
from engine.exchange.simulated.served.clock import MarketClock
from engine.exchange.simulated.served.faults import Fault, Faults, FrameFault, Kind, changed
from engine.exchange.simulated.served.quota import Quota, Verdict
from engine.exchange.simulated.served.route import Asked, Route
from engine.exchange.simulated.served.routes import find_route
from engine.exchange.simulated.served.socket import Line
from engine.exchange.simulated.served.switches import WireSwitches
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.errors import REFUSALS, BadQueryError, RefusedError
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.world import World
from engine.model.money import exact

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: a request's body, in bytes
_MOST_BYTES: Final = 1_000_000
_BOOKS: Final = "/v1/orderbook"
#: what a refusal for want of quota once was
_TOO_MANY: Final = "Too many API requests."
#: whose quota private requests use: there is one account
_ACCOUNT: Final = "account"


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it came. query: percent-encoded; headers: (lower-case name, value)."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str

    def header(self, name: str) -> str | None:
        """The first header of a name."""
        return next((value for found, value in self.headers if found == name), None)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An answer. zipped: it may be compressed where the client takes that."""

    status: int
    value: Any
    headers: dict[str, str] = field(default_factory=dict)
    zipped: bool = False


@dataclass(slots=True)
class Face:
    """The exchange's door. control: open the control paths too; met: how often which fault went wrong."""

    world: World
    gate: Gate
    clock: MarketClock
    switches: WireSwitches = field(default_factory=WireSwitches)
    control: bool = False
    faults: Faults = field(default_factory=Faults)
    seed: int = 0
    refusing: str = ""
    quota: Quota = field(init=False)
    met: Counter[Fault | FrameFault] = field(default_factory=Counter)
    _count: int = 0
    _lines: int = 0
    _books: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.quota = Quota(self.switches)
        self.world.venue.share = lambda number: self.faults.share(self.seed, number)
        self._advance()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection's request."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        asked = await _read(scope, receive)
        fault = self._fault(asked)
        if fault is Fault.LOST_REQUEST:
            await _hang_up(receive)
            return
        answer = _INSTEAD[fault] if fault in _INSTEAD else self._book_answer(asked, stale=fault is Fault.STALE_BOOK)
        if fault is Fault.LOST_ANSWER:
            await _hang_up(receive)
            return
        if fault is Fault.SLOW:
            await asyncio.sleep(float(self.faults.slow_seconds))
        skew_ms = int(self.faults.skew_seconds * 1000) if fault is Fault.CLOCK_SKEW else 0
        _leave_date(receive)
        await _write(asked, answer, send, self.world.now_ms - skew_ms, cut=fault is Fault.TRUNCATED)

    def _book_answer(self, asked: Incoming, *, stale: bool) -> Outgoing:
        """The answer, for books perhaps the one to the same question before."""
        answer = self.answer(asked)
        if asked.path != _BOOKS or answer.status != 200:
            return answer
        before = self._books.get(asked.query)
        if stale and before is not None:
            return replace(answer, value=before)
        self._books[asked.query] = answer.value
        return answer

    def _advance(self) -> None:
        """Move the market on to now; markets may be suspended there."""
        self.world.advance(self.clock.now_ms())
        for market, place in self.world.venue.places.items():
            place.suspended = bool(self.faults.suspended) and self.faults.suspends(self.seed, market, self.world.now_ms)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket: let in by quota and, at the private address, by key."""
        await receive()
        headers = _headers(scope)
        address = (scope.get("client") or ("",))[0]
        private = scope["path"] == "/websocket/v1/private"
        if not private and scope["path"] != "/websocket/v1":
            return await _deny(send, _refused(RefusedError("not_found")))
        browser = not private and any(name == "origin" for name, _ in headers)
        for group in ("origin", "websocket-connect") if browser else ("websocket-connect",):
            verdict = self.quota.ask(group, _ACCOUNT if private else address, self.clock.steady_ms())
            if verdict.status != 200:
                return await _deny(send, self._too_many(verdict))
        try:
            if private:
                self.gate.enter(next((value for name, value in headers if name == "authorization"), None), "", b"", None)
        except RefusedError as error:
            return await _deny(send, _refused(error))
        await send({"type": "websocket.accept"})
        self._lines += 1
        line = Line(
            self.world, self._advance, self.quota, self.clock.steady_ms, f"line {self._lines}",
            private, self.switches, partial(self._frame_fault, self._lines), lambda: int(self.faults.skew_seconds * 1000),
            lambda: self.refusing,
        )  # fmt: skip
        return await line.run(receive, send)

    def _frame_fault(self, line: int, number: int) -> FrameFault | None:
        return self._noted(self.faults.draw_frame(self.seed, line, number))

    def _fault(self, asked: Incoming) -> Fault | None:
        """What goes wrong with a request; never with one that steers the exchange."""
        if asked.path.startswith("/control/"):
            return None
        self._count += 1
        of_order = asked.method != "GET" and asked.path.startswith("/v1/order")
        return self._noted(self.faults.draw(self.seed, self._count, of_order=of_order, of_book=asked.path == _BOOKS))

    def _noted(self, fault: Kind | None) -> Kind | None:
        if fault is not None:
            self.met[fault] += 1
        return fault

    def answer(self, asked: Incoming) -> Outgoing:
        """What the exchange says."""
        if self.control and asked.path.startswith("/control/"):
            return self._control(asked)
        if self.refusing in demanded.ANSWERS:
            return Outgoing(*demanded.ANSWERS[self.refusing])
        found = find_route(asked.method, asked.path)
        if found is None:
            return _refused(RefusedError("not_found"))
        route, match = found
        self._advance()
        return self._private(asked, route, match) if route.private else self._public(asked, route, match)

    def _public(self, asked: Incoming, route: Route, match: Any) -> Outgoing:
        group = "origin" if asked.header("origin") is not None else route.group
        verdict = self.quota.ask(group, asked.address, self.clock.steady_ms())
        if verdict.status != 200:
            return self._too_many(verdict)
        headers = {"Remaining-Req": verdict.remaining_header}
        try:
            query = Query(_parameters(asked.query), private=False)
            status, value = route.answer(Asked(self.world, query, {}, match, self.switches))
        except BadQueryError as error:
            return Outgoing(error.status, {"error": {"name": error.status, "message": error.sentence}}, headers)
        return Outgoing(status, value, headers, zipped=True)

    def _private(self, asked: Incoming, route: Route, match: Any) -> Outgoing:
        headers: dict[str, str] = {}
        try:
            self._check_form(asked)
            body = asked.body if asked.method == "POST" else b""
            text = asked.query or self._query_in_body(asked)
            key = self.gate.enter(asked.header("authorization"), text, body, route.permission)
            verdict = self.quota.ask(route.group, _ACCOUNT, self.clock.steady_ms())
            headers["Remaining-Req"] = verdict.remaining_header
            if verdict.status != 200:
                return self._too_many(verdict)
            query = Query(_parameters(text), private=True)
            fields = (
                {}
                if asked.method != "POST"
                else {name: values[-1] for name, values in _parameters(text).items()}
                if self._in_query(asked)
                else read_body(body)
            )
            status, value = route.answer(Asked(self.world, query, fields, match, self.switches, key.access, key.permissions))
        except RefusedError as error:
            headers.setdefault("Remaining-Req", self.quota.look(route.group, _ACCOUNT, self.clock.steady_ms()))
            refused = _refused(error, headers)
            return replace(refused, status=self.switches.out_of_scope_status) if error.name == "out_of_scope" else refused
        return Outgoing(status, value, headers)

    def _check_form(self, asked: Incoming) -> None:
        """What makes a request wrong before anybody looks who sent it."""
        types = [value for name, value in asked.headers if name == "content-type"]
        if asked.method == "DELETE" and asked.body and not self.switches.delete_bodies:
            raise RefusedError("QUERY_PARAMETER_NOT_SUPPORTED")
        if asked.method == "POST" and not self._in_query(asked) and (len(types) != 1 or not _is_json(types[0])):
            raise RefusedError("bad_request")

    def _in_query(self, asked: Incoming) -> bool:
        """Whether a POST carries its parameters in the query, as old clients do."""
        return self.switches.post_queries and not asked.body and bool(asked.query)

    def _query_in_body(self, asked: Incoming) -> str:
        """The query string that a GET or DELETE carries in its body: a form, or JSON."""
        allowed = {"GET": self.switches.get_bodies, "DELETE": self.switches.delete_bodies}
        if not asked.body or not allowed.get(asked.method, False):
            return ""
        if _is_json(asked.header("content-type") or ""):
            return "&".join(f"{quote(name, safe='[]')}={quote(str(value))}" for name, value in read_body(asked.body).items())
        return asked.body.decode("latin-1")

    def _too_many(self, verdict: Verdict) -> Outgoing:
        form: str = self.switches.quota_body
        sentence = REFUSALS["too_many_requests"][1]
        if verdict.status == 418:
            form, sentence = self.switches.ban_body, f"요청이 너무 많아 {verdict.blocked_seconds}초 동안 차단되었습니다."
        error: dict[str, object] = {"name": "too_many_requests"}
        if form in ("sentence", "seconds"):
            error["message"] = sentence
        if form == "seconds":
            error["seconds"] = verdict.blocked_seconds
        return Outgoing(verdict.status, _TOO_MANY if form == "text" else {"error": error}, {"Remaining-Req": verdict.remaining_header})

    def _control(self, asked: Incoming) -> Outgoing:
        try:
            fields = read_body(asked.body)
            if asked.path == "/control/step":
                self.clock.step(int(fields["ms"]))
            elif asked.path == "/control/event":
                self._event(fields)
            elif asked.path == "/control/offline":
                self.world.venue.close_market(fields["market"], bool(fields["offline"]))
            elif asked.path == "/control/trade":
                self._trade(fields)
            elif asked.path == "/control/faults":
                self.faults = changed(self.faults, fields)
            elif asked.path == "/control/refuse":
                self.refusing = demanded.known(fields["name"])
            else:
                return _refused(RefusedError("not_found"))
        except (KeyError, ValueError, TypeError, RefusedError):
            return _refused(RefusedError("bad_request"))
        self._advance()
        return Outgoing(200, {"now_ms": self.world.now_ms})

    def _event(self, fields: dict[str, Any]) -> None:
        """The exchange says something of a market, until it says something else."""
        place, day = self.world.venue.places[fields["market"]], fields.get("delisted_on", "")
        place.delisted_on = date.fromisoformat(day).isoformat() if day else ""
        place.warning, place.cautions = bool(fields.get("warning")), frozenset(fields.get("cautions", ()))
        place.changes += 1

    def _trade(self, fields: dict[str, Any]) -> None:
        """Others trade now, once more than the tape says."""
        price, volume = exact(fields["price"]), exact(fields["volume"])
        if price <= 0 or volume <= 0 or fields["market"] not in self.world.venue.places:
            raise ValueError("no trade")
        self.world.venue.passed(Passing(fields["market"], self.world.now_ms, price, volume, bool(fields["bought"])))


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _parameters(query: str) -> dict[str, list[str]]:
    """Names and values of a query string; `+` is a plus."""
    found: dict[str, list[str]] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name:
            found.setdefault(unquote(name), []).append(unquote(value))
    return found


def _refused(error: RefusedError, headers: dict[str, str] | None = None) -> Outgoing:
    return Outgoing(error.status, {"error": {"name": error.name, "message": error.sentence}}, headers or {})


def _named(status: int, name: str, **more: object) -> Outgoing:
    return Outgoing(status, {"error": {"name": name, "message": REFUSALS.get(name, (0, "서버 오류가 발생했습니다."))[1], **more}})


#: answers that come though the exchange was never asked
_INSTEAD: Final[dict[Fault | None, Outgoing]] = {
    Fault.QUOTA: _named(429, "too_many_requests"),
    Fault.BLOCKED: _named(418, "too_many_requests", seconds=3),
    Fault.SERVER: _named(500, "internal_server_error"),
    Fault.STABILISER: _named(500, "server_error"),
    Fault.MAINTENANCE: _named(403, "market_offline"),
    Fault.GATEWAY: Outgoing(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"),
}


async def _hang_up(receive: Receive) -> None:
    """Break the connection without an answer. ASGI has no word for it: uvicorn keeps the line where `receive` belongs to."""
    cycle: Any = getattr(receive, "__self__", None)
    cycle.transport.abort()
    await receive()  # until it knows that nobody is there any more


def _leave_date(receive: Receive) -> None:
    """Keep uvicorn from telling the machine's time beside the market's."""
    cycle: Any = getattr(receive, "__self__", None)
    if hasattr(cycle, "default_headers"):
        cycle.default_headers = [header for header in cycle.default_headers if header[0] != b"date"]


def _headers(scope: Scope) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])


async def _deny(send: Send, answer: Outgoing) -> None:
    """Refuse a handshake in the exchange's words."""
    headers = [(b"content-type", b"application/json")]
    await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": orjson.dumps(answer.value)})


async def _read(scope: Scope, receive: Receive) -> Incoming:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body") or len(body) > _MOST_BYTES:
            break
    headers = _headers(scope)
    address = (scope.get("client") or ("",))[0]
    return Incoming(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body, address)


async def _write(asked: Incoming, answer: Outgoing, send: Send, at_ms: int, *, cut: bool) -> None:
    """at_ms: the answer's time, which is the market's."""
    page = isinstance(answer.value, str)
    kind = "text/plain" if answer.value == _TOO_MANY else "text/html" if page else "application/json; charset=utf-8"
    content: bytes = answer.value.encode() if page else orjson.dumps(answer.value)
    content = content[: len(content) // 2] if cut else content
    headers = {"Content-Type": kind, **answer.headers}
    headers["Date"] = formatdate(at_ms / 1000, usegmt=True)
    if answer.zipped and "gzip" in (asked.header("accept-encoding") or ""):
        content = gzip.compress(content, 1)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(content))
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})
