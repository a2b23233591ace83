"""Who may talk to the app: this machine's browsers, on its own pages only. No page elsewhere can read from it or make it do anything."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: NiceGUI compiles its templates in the browser, hence 'unsafe-eval'; nothing may come from, or go to, anywhere else
POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' ws://{host}; frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
_SAFE: Final = ("GET", "HEAD")


class Guard:
    """ASGI middleware over pages, answers and sockets.

    Host must be one of `hosts` (a name that an attacker has pointed at 127.0.0.1 is none of them); Origin, where a browser sends one,
    must be one of ours; whatever changes something must carry it, and so must a socket.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self.allows(scope.get("method", "WEBSOCKET"), headers):
            await _refuse(scope, receive, send)
            return

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_policy(MutableHeaders(scope=message), headers["host"])
            await send(message)

        await self.app(scope, receive, with_policy)

    def allows(self, method: str, headers: Headers) -> bool:
        """Whether a request with these headers comes from our own pages, or is a plain visit."""
        if headers.get("host") not in self.hosts:
            return False
        origin = headers.get("origin")
        if origin is None:
            return method in _SAFE and headers.get("sec-fetch-site") in (None, "none", "same-origin")
        parts = urlsplit(origin)
        return parts.scheme == "http" and parts.netloc in self.hosts


def _add_policy(headers: MutableHeaders, host: str) -> None:
    headers.setdefault("Content-Security-Policy", POLICY.format(host=host))
    headers["X-Frame-Options"] = "SAMEORIGIN"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"forbidden"})
