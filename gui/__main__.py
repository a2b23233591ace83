"""Starts the app's process: `python -m gui`, with what `jangdan app` hands over in the environment.

JANGDAN_APP_API   address of the engine's API        JANGDAN_APP_TOKEN  its token
JANGDAN_APP_PORT  port of the pages on 127.0.0.1     JANGDAN_APP_FILE   name of the file to begin with, may be empty
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import Final

from nicegui import app, core, ui
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from gui.chart import serve_library
from gui.engine import http_client
from gui.guard import Guard
from gui.page import add_pages
from gui.proxy import add_proxy

#: how long open connections may hold up the end
_PATIENCE_SECONDS: Final = 1


def main() -> None:
    """Serve until the process that started this one closes our standard input, or asks us to end."""
    url, token = os.environ.pop("JANGDAN_APP_API"), os.environ.pop("JANGDAN_APP_TOKEN")
    port, first = int(os.environ["JANGDAN_APP_PORT"]), os.environ.get("JANGDAN_APP_FILE", "")
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    http = http_client(url, token)
    app.on_shutdown(http.aclose)
    core.sio.eio.cors_allowed_origins = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
    serve_library()
    add_proxy(http)
    add_pages(http, token, first)
    app.add_middleware(Guard, port=port)
    ui.run(
        host="127.0.0.1", port=port, title="Jangdan", favicon="🥁", dark=None, show=False, reload=False, show_welcome_message=False,
        reconnect_timeout=30.0, message_history_length=300, binding_refresh_interval=0.5, gzip_middleware_factory=_gzip,
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )  # fmt: skip


def _gzip(inner: ASGIApp) -> GZipMiddleware:
    """Level 4: the default of 9 costs sixteen times as much on charts, for a twentieth of their size."""
    return GZipMiddleware(inner, minimum_size=1000, compresslevel=4)


def _end_with_parent() -> None:
    """The parent's end closes our standard input, however it came about. Then end too: by the server's own way, else at once."""
    sys.stdin.buffer.read()
    app.shutdown()
    time.sleep(3 * _PATIENCE_SECONDS)
    os._exit(0)


if __name__ in {"__main__", "__mp_main__"}:
    main()
