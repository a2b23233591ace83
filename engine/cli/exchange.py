"""`jangdan exchange serve`: the simulated exchange behind Upbit's own wire protocol, on this machine's loopback only."""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dsl.messages import text
from engine.api.connections import KEEP_ALIVE_SECONDS
from engine.cli.data import VARIABLE, data_folder, sample_folder
from engine.cli.inputs import instant_ms
from engine.cli.language import language
from engine.model.errors import UserError
from engine.model.money import exact

if TYPE_CHECKING:
    from engine.candles.store import CandleStore
    from engine.exchange.simulated.served.face import Face
    from engine.exchange.simulated.venue.live import LiveWorld

HOST: Final = "127.0.0.1"
#: anybody may know them: they open nothing but pretended money on this machine
ACCESS_KEY: Final = "jangdan-simulated-access-key-0000000000000"
SECRET_KEY: Final = "jangdan-simulated-secret-key-of-64-bytes-so-that-hs512-is-content"  # noqa: S105


def _say(key: str, **values: object) -> str:
    return text(f"exchange.{key}", language(), **values)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=text("cli.help_exchange", language()))


@app.callback()
def exchange() -> None:
    """Keeps `serve` a command of its own beside those that will come."""


@app.command("serve", help=_say("help_serve"))
def serve(
    data: Annotated[
        Path | None, typer.Option("--data", help=text("data.option_data", language(), variable=VARIABLE), show_default=False)
    ] = None,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_say("option_markets"), show_default=False)] = None,
    at: Annotated[str | None, typer.Option("--at", help=_say("option_at"), show_default=False)] = None,
    speed: Annotated[float, typer.Option("--speed", min=0.0, help=_say("option_speed"))] = 1.0,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=_say("option_port"))] = 8731,
    deposit: Annotated[list[str] | None, typer.Option("--deposit", help=_say("option_deposit"), show_default=False)] = None,
    access_key: Annotated[str, typer.Option("--access-key", help=_say("option_access_key"))] = ACCESS_KEY,
    secret_key: Annotated[str, typer.Option("--secret-key", help=_say("option_secret_key"))] = SECRET_KEY,
    seed: Annotated[int, typer.Option("--seed", help=_say("option_seed"))] = 0,
    settings: Annotated[list[str] | None, typer.Option("--set", help=_say("option_set"), show_default=False)] = None,
    feed: Annotated[str | None, typer.Option("--feed", help=_say("option_feed"), show_default=False)] = None,
    control: Annotated[bool, typer.Option("--control", help=_say("option_control"))] = False,
) -> None:
    """Serve until Ctrl+C. Without --data and without stored candles: the generated sample market."""
    from engine.exchange.simulated.served.auth import Key  # numpy and pyarrow: --help must not pay for them
    from engine.exchange.simulated.served.opening import Terms, open_face, open_live

    chosen = tuple(code.strip().upper() for given in markets or [] for code in given.split(",") if code.strip())
    deposits = tuple(_deposit(given) for given in deposit or ["KRW=10000000"])
    terms = Terms(chosen, instant_ms(at, "--at"), deposits, tuple(settings or ()), seed)
    key, listen = Key(access_key, secret_key), None
    if feed is None:
        store = _store(data)
        face = open_face(store, terms, key, speed, time.monotonic, control=control)
    else:
        if at is not None or speed != 1.0:
            raise UserError("exchange.feed_has_its_time")
        store = _past(data)
        face, world = open_live(store, terms, key, time.time_ns() // 1_000_000, time.monotonic, control=control)
        listen = partial(_follow, world, feed, terms.markets, data_folder(data))
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise UserError("exchange.port_taken", port=port, reason=error) from error
    with listening:
        asyncio.run(_serve(face, listening, _greeting(store, face, listening, access_key, secret_key), listen))


async def _follow(world: LiveWorld, address: str, markets: tuple[str, ...], folder: Path) -> None:
    from engine.cli.exchange_feed import follow

    await follow(world, address, markets, folder)


def _past(data: Path | None) -> CandleStore:
    """Stored candles of real markets only: a generated past would not fit a live market."""
    from engine.candles.store import CandleStore

    return CandleStore(data_folder(data))


def _store(data: Path | None) -> CandleStore:
    """Stored candles where there are any, or where the user says so; else the sample market."""
    from engine.candles.sample import sample_store
    from engine.candles.store import CandleStore

    store = CandleStore(data_folder(data))
    return store if data is not None or store.markets() else sample_store(sample_folder())


def _deposit(given: str) -> tuple[str, Decimal]:
    """`KRW=10000000`."""
    currency, _, amount = given.partition("=")
    try:
        value = exact(amount.replace(",", ""))
    except ValueError as error:
        raise UserError("exchange.bad_deposit", found=given) from error
    if not currency.isalnum() or not 0 < value < Decimal("1e15"):
        raise UserError("exchange.bad_deposit", found=given)
    return currency.upper(), value


def _greeting(store: CandleStore, face: Face, listening: socket.socket, access: str, secret: str) -> str:
    from engine.candles.instants import korean_time

    url = f"http://{HOST}:{listening.getsockname()[1]}"
    count, at = len(face.world.listed()), korean_time(face.world.now_ms)
    lines = [_say("synthetic")] if store.synthetic else []
    return "\n".join([*lines, _say("running", url=url, markets=count, at=at, access=access, secret=secret)]) + "\n"


async def _serve(face: Face, listening: socket.socket, greeting: str, listen: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
    """Answer until the process is told to stop. listen: what has to go on beside it; its defect ends everything."""
    import uvicorn

    from engine.exchange.simulated.served.socket import LineProtocol

    sys.stdout.write(greeting)
    sys.stdout.flush()
    keep = KEEP_ALIVE_SECONDS
    config = uvicorn.Config(
        face, log_level="warning", lifespan="off", ws=LineProtocol, ws_ping_interval=None, server_header=False, timeout_keep_alive=keep
    )
    server = uvicorn.Server(config)
    beside = None if listen is None else asyncio.create_task(listen())
    if beside is not None:
        beside.add_done_callback(lambda _: setattr(server, "should_exit", True))
    await server.serve(sockets=[listening])
    if beside is not None:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)
        if not beside.cancelled() and (error := beside.exception()) is not None:
            raise error
