"""The app's connections to the engine."""

from __future__ import annotations

from fastapi import FastAPI

from engine.api.server import make_server
from gui.engine import KEEP_ALIVE_SECONDS, http_client


def test_the_client_gives_an_idle_connection_up_long_before_the_server_closes_it() -> None:
    """Both once waited 5 s: a click that came just then met a closing connection, and the app said that the engine was gone."""
    pool = http_client("http://127.0.0.1:1", "token")._transport._pool  # type: ignore[attr-defined]
    assert pool._keepalive_expiry == KEEP_ALIVE_SECONDS
    assert make_server(FastAPI()).config.timeout_keep_alive >= 2 * KEEP_ALIVE_SECONDS
