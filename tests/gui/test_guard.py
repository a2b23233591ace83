"""Who may talk to the app: its own pages and plain visits; no name that points here, no page elsewhere, no socket of theirs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.datastructures import Headers

from gui.guard import Guard

PORT = 8730


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def allows(method: str, **headers: str) -> bool:
    return Guard(nothing, PORT).allows(method, Headers({name.replace("_", "-"): value for name, value in headers.items()}))


OURS = {"host": f"127.0.0.1:{PORT}"}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", OURS),
        ("HEAD", {"host": f"localhost:{PORT}"}),
        ("GET", OURS | {"sec_fetch_site": "none"}),
        ("GET", OURS | {"sec_fetch_site": "same-origin"}),
        ("POST", OURS | {"origin": f"http://127.0.0.1:{PORT}"}),
        ("WEBSOCKET", OURS | {"origin": f"http://localhost:{PORT}"}),
    ],
)
def test_our_own_pages_may(method: str, headers: dict[str, str]) -> None:
    assert allows(method, **headers)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("GET", {"host": "evil.example"}),
        ("GET", {"host": f"evil.example:{PORT}"}),
        ("GET", {"host": "127.0.0.1"}),
        ("GET", {"host": f"127.0.0.1:{PORT + 1}"}),
        ("GET", OURS | {"origin": "http://evil.example"}),
        ("GET", OURS | {"origin": "null"}),
        ("GET", OURS | {"origin": f"https://127.0.0.1:{PORT}"}),
        ("GET", OURS | {"origin": f"http://127.0.0.1:{PORT}.evil.example"}),
        ("GET", OURS | {"sec_fetch_site": "cross-site"}),
        ("GET", OURS | {"sec_fetch_site": "same-site"}),
        ("POST", OURS),
        ("DELETE", OURS),
        ("WEBSOCKET", OURS),
        ("WEBSOCKET", OURS | {"origin": f"http://127.0.0.1:{PORT + 1}"}),
    ],
)
def test_nobody_else_may(method: str, headers: dict[str, str]) -> None:
    assert not allows(method, **headers)


def test_every_answer_carries_the_policy() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "headers": [(b"host", f"127.0.0.1:{PORT}".encode())]}
    asyncio.run(Guard(nothing, PORT)(scope, receive, send))
    headers = Headers(raw=sent[0]["headers"])
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert f"ws://127.0.0.1:{PORT}" in policy
    assert "http:" not in policy.replace("http://127.0.0.1", "")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
