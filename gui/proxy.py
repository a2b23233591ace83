"""What browsers may ask of the engine directly: a few routes, passed through as bytes. The token stays on this side."""

from __future__ import annotations

from typing import Final

import httpx
from fastapi import Request
from fastapi.responses import Response
from nicegui import app

_PASSED: Final = ("content-type",)
#: of an edited text and what comes with it
_MOST_BYTES: Final = 16_000_000


def add_proxy(http: httpx.AsyncClient) -> None:
    """Register the routes below /engine."""

    async def passed(method: str, path: str, request: Request) -> Response:
        body = await request.body() if method == "POST" else None
        if body is not None and len(body) > _MOST_BYTES:
            return Response(status_code=413)
        headers = {"content-type": "application/json", "accept-language": request.headers.get("accept-language", "")}
        try:
            answer = await http.request(method, path, content=body, params=list(request.query_params.multi_items()), headers=headers)
        except httpx.TransportError:
            return Response(status_code=502)
        return Response(answer.content, answer.status_code, {name: answer.headers[name] for name in _PASSED if name in answer.headers})

    @app.post("/engine/assist/{what}")
    async def assist(what: str, request: Request) -> Response:
        return await passed("POST", f"/assist/{what}", request) if what in ("completions", "hover") else Response(status_code=404)

    @app.get("/engine/previews/{number}/chart")
    async def chart(number: int, request: Request) -> Response:
        return await passed("GET", f"/previews/{number}/chart", request)

    @app.get("/engine/backtests/{number}/report")
    async def report(number: int, request: Request) -> Response:
        return await passed("GET", f"/backtests/{number}/report", request)
