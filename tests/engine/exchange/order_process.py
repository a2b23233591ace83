"""A trader in a process of its own, which is killed for real: by itself at a numbered instruction, or by whoever started it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
import traceback
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import httpx

from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.limits import RULES, Limit, Limits, Rule
from engine.exchange.upbit.outbox import Outbox
from engine.exchange.upbit.rest import ClientSettings
from tests.engine.exchange.far_side import keys
from tests.engine.exchange.order_traffic import Disk, Points, Trader, decisions, written

#: the exchange of these tests gives quota without end, so that no time is waited
FREELY = {group: Rule(rule.scope, (Limit(10_000, 1.0),)) for group, rule in RULES.items()}
SETTLE_SECONDS = 0.15


def kill_self() -> None:
    """No handler, no buffer, no goodbye."""
    os.kill(os.getpid(), signal.SIGKILL)


class Line(httpx.AsyncHTTPTransport):
    """The network, with the points at which the process may die."""

    def __init__(self, points: Points) -> None:
        super().__init__(verify=False)  # no TLS on loopback; reading what to trust takes longer than everything else
        self._points = points

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._points.hit("before the request leaves")
        response = await super().handle_async_request(request)
        self._points.hit("before the answer is read")
        return response


def client_of(url: str, points: Points) -> UpbitClient:
    """A client that waits for nothing longer than it has to."""
    settings = ClientSettings(base_url=url, backoff_seconds=0.01, read_seconds=5.0)
    return UpbitClient(keys(), settings, Limits(rules=FREELY), Line(points))


async def trade(url: str, folder: Path, name: str, seed: int, count: int, points: Points) -> None:
    """The whole life of one process."""
    async with client_of(url, points) as client, httpx.AsyncClient(base_url=url, verify=False) as control:

        async def wait(minutes: int) -> None:
            await control.post("/control/step", json={"ms": minutes * 60_000})

        with closing(Disk(folder, points)) as disk:
            outbox = Outbox(client.trading, disk, list(written(folder)), SETTLE_SECONDS)
            await Trader(name, client, outbox, set(), wait).run(decisions(seed, count))


def nursery(url: str, folder: Path) -> None:
    """Forks a process for each line [name, seed, count, kill_at, seconds] and says how it ended: a fork is cheap, a start is not."""
    client_of(url, Points())  # what is read once is read here
    for line in sys.stdin:
        name, seed, count, kill_at, seconds = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(url, folder, name, seed, count, Points(kill_at, kill_self))
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _live(url: str, folder: Path, name: str, seed: int, count: int, points: Points) -> NoReturn:
    """In the forked process: nothing of its parent's goes on in it."""
    try:
        asyncio.run(trade(url, folder, name, seed, count, points))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    nursery(sys.argv[1], Path(sys.argv[2]))
