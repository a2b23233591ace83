"""The routes of the engine's API. Every request must carry the token that this process was started with.

The app is the only client; browsers reach the few routes they need through it. Bulk answers are made off the event loop.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from typing import Annotated, Any, Final

import orjson
import uvicorn
from fastapi import FastAPI, Query, Request, WebSocket
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from dsl.diagnostics import Language
from dsl.loader import MAX_CHARACTERS
from engine.api.connections import KEEP_ALIVE_SECONDS
from engine.api.files import ChangedOnDisk
from engine.api.jobs import Cancelled, Job
from engine.api.preview import CHART_BARS
from engine.api.service import RunRequest, Service
from engine.model.errors import UserError

#: how often a waiting client is told of progress
_PROGRESS_SECONDS: Final = 0.1
_MOST_DAYS: Final = 5000

Name = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=2 * MAX_CHARACTERS)]


class Edited(BaseModel):
    """The text of a file as it stands in the editor."""

    name: Name
    text: Text
    language: Language


class At(Edited):
    """A place in it: UTF-16 units from the start."""

    offset: int = Field(ge=0)


class Saved(BaseModel):
    """A text to write; base_version: what it was made from, None = overwrite whatever is there."""

    text: Text
    base_version: str | None
    language: Language


class Posted(BaseModel):
    """A value of an external series. time: epoch or ISO 8601 with a zone; market: none = all; value: null = there is none."""

    time: int | Annotated[str, Field(max_length=60)]
    market: Annotated[str, Field(max_length=40)] | None = None
    value: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None


class ToRun(Edited):
    """A text to run over recent candles."""

    markets: list[Annotated[str, Field(max_length=40)]] = Field(default_factory=list, max_length=500)
    days: int | None = Field(default=None, ge=1, le=_MOST_DAYS)
    page: str = Field(default="", max_length=80)
    book: str = Field(default="", max_length=120)
    cash_krw: float = Field(default=10_000_000.0, gt=0, le=1e15)

    def request(self) -> RunRequest:
        """As the service takes it."""
        return RunRequest(self.name, self.text, tuple(self.markets), self.days, self.page, self.book)


def create_app(service: Service, token: str, post_token: str = "") -> FastAPI:
    """The API of a service. token: what `Authorization: Bearer` must carry; post_token: opens `POST /external/..` and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    _guard(app, token, post_token)
    _external_routes(app, service)
    _file_routes(app, service)
    _assist_routes(app, service)
    _preview_routes(app, service)
    _backtest_routes(app, service, token)
    return app


def make_server(app: FastAPI) -> uvicorn.Server:
    """A server for the API; it writes nothing but warnings."""
    keep = KEEP_ALIVE_SECONDS
    return uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="websockets-sansio", timeout_keep_alive=keep))


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value), media_type="application/json")


def _language(request: Request) -> Language:
    return Language.ENGLISH if request.headers.get("accept-language", "").startswith("en") else Language.KOREAN


async def _off_loop(function: Callable[..., Any], *arguments: Any) -> Response:
    """JSON of what the function returns, computed and written in a thread."""
    return await asyncio.to_thread(lambda: _json(function(*arguments)))


def _guard(app: FastAPI, token: str, post_token: str) -> None:
    """Refuse requests without the token; turn what users can mend into sentences."""

    @app.middleware("http")
    async def check(request: Request, call_next: Any) -> Response:
        header = request.headers.get("authorization", "")
        posting = bool(post_token) and request.method == "POST" and request.url.path.startswith("/external/")
        if not _allowed(header, token) and not (posting and _allowed(header, post_token)):
            return Response(status_code=401)
        answer: Response = await call_next(request)
        return answer

    @app.exception_handler(UserError)
    async def mendable(request: Request, error: UserError) -> Response:
        return JSONResponse({"error": error.message(_language(request)), "key": error.key}, status_code=422)

    @app.exception_handler(ChangedOnDisk)
    async def changed(_request: Request, error: ChangedOnDisk) -> Response:
        return JSONResponse({"version": error.version}, status_code=409)

    @app.exception_handler(Cancelled)
    async def cancelled(_request: Request, _error: Cancelled) -> Response:
        return JSONResponse({"cancelled": True}, status_code=410)


def _allowed(header: str, token: str) -> bool:
    return hmac.compare_digest(header.encode(), f"Bearer {token}".encode())


def _external_routes(app: FastAPI, service: Service) -> None:
    @app.post("/external/{name}")
    async def post(name: str, body: Posted) -> Response:
        return await _off_loop(service.post_external, name, body.time, body.market, body.value)


def _file_routes(app: FastAPI, service: Service) -> None:
    @app.get("/files")
    async def names() -> Response:
        return await _off_loop(lambda: {"names": service.files.names()})

    @app.get("/files/{name}")
    async def read(name: str) -> Response:
        return await _off_loop(service.files.read, name)

    @app.get("/files/{name}/version")
    async def version(name: str) -> Response:
        return await _off_loop(lambda: {"version": service.files.version(name)})

    @app.put("/files/{name}")
    async def write(name: str, body: Saved) -> Response:
        return await _off_loop(lambda: {"version": service.files.write(name, body.text, body.base_version)})


def _assist_routes(app: FastAPI, service: Service) -> None:
    @app.post("/assist/diagnostics")
    async def diagnostics(body: Edited) -> Response:
        return await _off_loop(service.diagnostics, body.name, body.text, body.language)

    @app.post("/assist/completions")
    async def completions(body: At) -> Response:
        return await _off_loop(service.completions, body.name, body.text, body.offset, body.language)

    @app.post("/assist/hover")
    async def hover(body: At) -> Response:
        return await _off_loop(service.hover, body.name, body.text, body.offset, body.language)


def _preview_routes(app: FastAPI, service: Service) -> None:
    @app.get("/alerts")
    async def alerts(language: Language, after: Annotated[int, Query(ge=0)] = 0) -> Response:
        return await _off_loop(service.alerts, after, language)

    @app.get("/markets")
    async def markets(language: Language) -> Response:
        return await _off_loop(service.markets, language)

    @app.post("/findings")
    async def findings(body: ToRun) -> Response:
        return await _off_loop(service.findings, body.request(), body.language)

    @app.post("/previews")
    async def preview(body: ToRun) -> Response:
        return await _off_loop(service.preview, body.request(), body.language)

    @app.get("/previews/{number}/chart")
    async def chart(
        number: int,
        market: str,
        timeframe: str,
        before_ms: int | None = None,
        count: Annotated[int, Query(ge=1, le=CHART_BARS)] = CHART_BARS,
    ) -> Response:
        return await _off_loop(service.chart, number, market, timeframe, before_ms, count)

    @app.get("/previews/{number}/why")
    async def why(number: int, market: str, at_ms: int, language: Language) -> Response:
        return await _off_loop(service.why, number, market, at_ms, language)


def _backtest_routes(app: FastAPI, service: Service, token: str) -> None:
    @app.post("/backtests")
    async def start(body: ToRun) -> Response:
        return await _off_loop(lambda: service.backtest(body.request(), body.cash_krw).status(body.language))

    @app.delete("/backtests/{number}")
    async def cancel(number: int) -> Response:
        service.jobs.get(number).stop.set()
        return Response(status_code=204)

    @app.get("/backtests/{number}/report")
    async def report(number: int, language: Language) -> Response:
        page = await asyncio.to_thread(service.report, number, language)
        return Response(page, media_type="text/html")

    @app.websocket("/backtests/{number}/progress")
    async def progress(socket: WebSocket, number: int, language: Language) -> None:
        if not _allowed(socket.headers.get("authorization", ""), token):
            await socket.close(1008)
            return
        await socket.accept()
        try:
            job = service.jobs.get(number)
        except UserError as error:
            await socket.close(1008, error.message(language))
            return
        await _follow(socket, job, language)


async def _follow(socket: WebSocket, job: Job, language: Language) -> None:
    """Send the state whenever it has changed, and the last one when the backtest has ended."""
    told: dict[str, Any] | None = None
    while True:
        ended = job.ended.is_set()
        status = job.status(language)
        if status != told:
            await socket.send_bytes(orjson.dumps(status))
            told = status
        if ended:
            await socket.close()
            return
        await asyncio.sleep(_PROGRESS_SECONDS)
