"""The app's client of the engine's API (docs/decisions: one door, HTTP on loopback with a token)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Final
from urllib.parse import quote

import httpx
from websockets.asyncio.client import connect

from dsl.diagnostics import Language
from dsl.messages import text

Document = dict[str, Any]

#: An idle connection is given up after this long: well before the engine closes it (`engine.api.connections.KEEP_ALIVE_SECONDS`),
#: since a request sent over a connection that is just being closed is lost.
KEEP_ALIVE_SECONDS: Final = 30


class EngineError(Exception):
    """What the engine refuses, as a sentence for the user. key: of that sentence in the catalogue, where the engine tells it."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class FileChanged(Exception):
    """The file on disk is not the one that the text was made from. version: what is there now, "" = it is gone."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


class Overtaken(Exception):
    """A newer question of the same kind made this one pointless."""


class Engine:
    """One page's view of the API. language: of every sentence in its answers; page: names the page."""

    def __init__(self, http: httpx.AsyncClient, token: str, language: Language, page: str) -> None:
        self._http = http
        self._token = token
        self._page = page
        self.language = language

    async def names(self) -> list[str]:
        """Names of the files that can be opened."""
        found: list[str] = (await self._ask("GET", "/files"))["names"]
        return found

    async def read(self, name: str) -> Document:
        """{name, path, text, version}."""
        return await self._ask("GET", _file(name))

    async def version(self, name: str) -> str:
        """What is on disk now; "" when the file has gone."""
        found: str = (await self._ask("GET", _file(name) + "/version"))["version"]
        return found

    async def write(self, name: str, content: str, base_version: str | None) -> str:
        """Save, and return the new version. Raises FileChanged."""
        body = {"text": content, "base_version": base_version, "language": self.language}
        version: str = (await self._ask("PUT", _file(name), body))["version"]
        return version

    async def diagnostics(self, name: str, content: str) -> Document:
        """{length, problems, outline}."""
        return await self._ask("POST", "/assist/diagnostics", self._edited(name, content))

    async def findings(self, name: str, content: str, over: Document) -> Document:
        """{length, problems} with what recent candles show; problems: None where they have no say. Raises Overtaken.

        over: markets (none: the file's), days (None: what suits the clock) and book of the run, as in `preview` and `backtest`.
        """
        return await self._ask("POST", "/findings", self._edited(name, content) | over | {"page": self._page})

    async def markets(self) -> list[Document]:
        """[{code, name}] of the markets that there are candles of."""
        found: list[Document] = (await self._ask("GET", "/markets", query={"language": self.language.value}))["markets"]
        return found

    async def preview(self, name: str, content: str, over: Document) -> Document:
        """Run the text over recent candles. Raises Overtaken."""
        return await self._ask("POST", "/previews", self._edited(name, content) | over | {"page": self._page})

    async def why(self, number: int, market: str, at_ms: int) -> Document:
        """{why, states} of one bar of a preview."""
        query = {"market": market, "at_ms": at_ms, "language": self.language.value}
        return await self._ask("GET", f"/previews/{number}/why", query=query)

    async def backtest(self, name: str, content: str, over: Document, cash_krw: float) -> Document:
        """Start one; its state."""
        return await self._ask("POST", "/backtests", self._edited(name, content) | over | {"cash_krw": cash_krw})

    async def cancel(self, number: int) -> None:
        """Stop a backtest after its next block of bars."""
        await self._ask("DELETE", f"/backtests/{number}")

    async def follow(self, number: int) -> AsyncIterator[Document]:
        """States of a backtest as they change; ends with it."""
        url = str(self._http.base_url.copy_with(scheme="ws")).rstrip("/") + f"/backtests/{number}/progress?language={self.language.value}"
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            async with connect(url, additional_headers=headers, proxy=None) as socket:
                async for message in socket:
                    yield json.loads(message)
        except OSError as error:
            raise EngineError(text("gui.engine_gone", self.language)) from error

    def _edited(self, name: str, content: str) -> Document:
        return {"name": name, "text": content, "language": self.language.value}

    async def _ask(self, method: str, path: str, body: Document | None = None, query: Document | None = None) -> Document:
        headers = {"Accept-Language": self.language.value}
        try:
            answer = await self._http.request(method, path, json=body, params=query, headers=headers)
        except httpx.TransportError as error:
            raise EngineError(text("gui.engine_gone", self.language)) from error
        if answer.status_code == httpx.codes.CONFLICT:
            raise FileChanged(answer.json()["version"])
        if answer.status_code == httpx.codes.GONE:
            raise Overtaken
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY and "error" in answer.json():
            raise EngineError(answer.json()["error"], answer.json().get("key", ""))
        if answer.is_error:
            raise EngineError(text("gui.defect", self.language))
        found: Document = answer.json() if answer.content else {}
        return found


def _file(name: str) -> str:
    return f"/files/{quote(name, safe='')}"


def http_client(url: str, token: str) -> httpx.AsyncClient:
    """The one pool of connections to the API. Proxies of the environment are left aside: the engine is on this machine."""
    headers, limits = {"Authorization": f"Bearer {token}"}, httpx.Limits(max_connections=100, keepalive_expiry=KEEP_ALIVE_SECONDS)
    return httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=httpx.Timeout(120.0), trust_env=False)
