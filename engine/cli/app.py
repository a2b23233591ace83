"""`jangdan app [FILE]`: the engine's API in this process, the app's pages in another, both on this machine's loopback only."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dsl.messages import text
from engine.cli.data import VARIABLE, data_folder, sample_folder
from engine.cli.language import language
from engine.model.errors import UserError

if TYPE_CHECKING:
    import uvicorn

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8730
#: environment variable with the token that opens POST /external/NAME
POST_VARIABLE: Final = "JANGDAN_POST_VARIABLE"
_ROOT: Final = Path(__file__).resolve().parents[2]


def _say(key: str, **values: object) -> str:
    return text(f"gui.{key}", language(), **values)


def app(
    file: Annotated[Path | None, typer.Argument(help=_say("argument_file"), show_default=False)] = None,
    port: Annotated[int, typer.Option("--port", help=_say("option_port"), min=0, max=65535)] = DEFAULT_PORT,
    data: Annotated[
        Path | None, typer.Option("--data", help=text("backtest.option_data", language(), variable=VARIABLE), show_default=False)
    ] = None,
    api_port: Annotated[int, typer.Option("--api-port", help=_say("option_api_port", variable=POST_VARIABLE), min=0, max=65535)] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help=_say("option_no_browser"))] = False,
) -> None:
    """Open the app on a file, or on the strategies that come along; runs until Ctrl+C."""
    if file is not None and not file.is_file():
        raise UserError("inputs.unreadable", path=file, reason=FileNotFoundError(2, "no such file"))
    port = _free_port(port)
    api_port = _free_port(api_port) if api_port else 0
    code = asyncio.run(_serve(_folders(file), file.name if file else "", data_folder(data), port, api_port, not no_browser))
    raise typer.Exit(code)


def _folders(file: Path | None) -> list[Path]:
    """Where the list of files comes from: beside the file, else what is shipped."""
    return [file.resolve().parent] if file is not None else [_ROOT / "strategies", _ROOT / "risk_profiles"]


def _free_port(wanted: int) -> int:
    """The port, if it can be had; for 0 any that is free."""
    try:
        with socket.create_server((HOST, wanted)) as server:
            chosen: int = server.getsockname()[1]
            return chosen
    except OSError as error:
        raise UserError("gui.port_taken", port=wanted, reason=error) from error


async def _serve(folders: list[Path], first: str, candles: Path, port: int, api_port: int, browser: bool) -> int:
    """Run both until one of them ends; the exit code."""
    from engine.api.server import create_app, make_server
    from engine.api.service import Service

    token = secrets.token_urlsafe(32)
    post_token = os.environ.get(POST_VARIABLE, "")
    with socket.create_server((HOST, api_port)) as listening:
        service = Service(folders, candles, sample_folder())
        threading.Thread(target=service.warm, name="warm", daemon=True).start()
        server = make_server(create_app(service, token, post_token))
        api = f"http://{HOST}:{listening.getsockname()[1]}"
        if post_token:
            sys.stdout.write(_say("posting", url=f"{api}/external/NAME", variable=POST_VARIABLE) + "\n")
            sys.stdout.flush()
        pages = _start_pages(api, token, port, first)
        watch = asyncio.create_task(_watch(pages, server, f"http://{HOST}:{port}", browser))
        try:
            await server.serve(sockets=[listening])
        finally:
            assert pages.stdin is not None
            pages.stdin.close()  # which tells the pages to end
            code = await asyncio.to_thread(pages.wait)
            await watch
    return 0 if server.should_exit and code in (0, -15, -2) else 1


def _start_pages(api: str, token: str, port: int, first: str) -> subprocess.Popen[bytes]:
    handed = {"JANGDAN_APP_API": api, "JANGDAN_APP_TOKEN": token, "JANGDAN_APP_PORT": str(port), "JANGDAN_APP_FILE": first}
    handed |= {
        "JANGDAN_LANG": language().value,
        "PYTHONPATH": os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep),
    }
    return subprocess.Popen([sys.executable, "-m", "gui"], env=os.environ | handed, stdin=subprocess.PIPE)


async def _watch(pages: subprocess.Popen[bytes], server: uvicorn.Server, url: str, browser: bool) -> None:
    """Say where the app is as soon as it answers; end the API when the pages end."""
    said = False
    while (code := pages.poll()) is None and not server.should_exit:
        if not said and await _answers(url):
            said = True
            sys.stdout.write(_say("running", url=url) + "\n")
            sys.stdout.flush()
            if browser:
                webbrowser.open(url)
        await asyncio.sleep(0.1)
    if code is not None and not server.should_exit:
        sys.stderr.write(_say("app_died", code=code) + "\n")
        server.should_exit = True


async def _answers(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
