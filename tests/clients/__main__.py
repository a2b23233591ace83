"""`python -m tests.clients [CLIENT ...] [--write]`: clients that others wrote, each in an environment of its own, on the served exchange.

Prints the table of calls and clients. The environments are made on first use in the user's cache folder, which needs a package registry;
the exchange listens on loopback only. --write: renew the golden results and the tables of docs/exchange*.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs
import uvicorn

from engine.exchange.simulated.served.auth import Gate, Key
from engine.exchange.simulated.served.clock import MarketClock
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.opening import read_settings
from engine.exchange.simulated.served.socket import LineProtocol
from tests.clients.calls import CALLS
from tests.contracts.venues import MONEY, world_of
from tests.engine.exchange.served.signing import ACCESS, SECRET

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(platformdirs.user_cache_dir("jangdan")) / "clients"
GOLDEN = ROOT / "tests" / "golden" / "upbit" / "clients.json"
#: client -> what is installed, its program, and switches that it needs because it does what the exchange's documents refuse
CLIENTS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "upbit-sdk": (("upbit-sdk==1.1.0",), "upbit_sdk_client", ()),
    "pyupbit": (("pyupbit==0.2.34",), "pyupbit_client", ("delete_bodies=true",)),
    "ccxt": (("ccxt==4.5.90",), "ccxt_client", ()),
    "python-upbit-api": (("python-upbit-api==1.9.1", "typing_extensions"), "python_upbit_api_client", ("post_queries=true",)),
}
MARKS = {"ok": "✓", "none": "–"}
Results = dict[str, dict[str, str]]


def python_of(client: str) -> Path:
    """The interpreter of a client's environment, made on first use."""
    folder = CACHE / client
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted, done = "\n".join(CLIENTS[client][0]), folder / "installed"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        sys.stderr.write(f"installing {client}\n")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *CLIENTS[client][0]], check=True)
        done.write_text(wanted, encoding="utf-8")
    return python


@contextmanager
def exchange(switches: tuple[str, ...]) -> Iterator[str]:
    """A served exchange with real quotas, whose market goes on as it is told; yields its address."""
    world = world_of("", switches, MONEY)
    face = Face(
        world, Gate([Key(ACCESS, SECRET)]), MarketClock(world.now_ms, 0.0, time.monotonic), read_settings(switches)[1], control=True
    )
    config = uvicorn.Config(face, port=0, log_level="error", lifespan="off", ws=LineProtocol, ws_ping_interval=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def run(client: str, switches: tuple[str, ...]) -> dict[str, str]:
    """What became of each of a client's calls."""
    with exchange(switches) as url, tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python_of(client), Path(__file__).with_name(f"{CLIENTS[client][1]}.py"), url, ACCESS, SECRET],
            cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=900, check=False,
            env={"PATH": os.environ.get("PATH", ""), "HOME": folder, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if [row["call"] for row in rows] != list(CALLS):
        raise RuntimeError(f"{client}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    if any(row["result"] not in MARKS for row in rows):
        sys.stderr.write(done.stderr[-6000:])
    return {row["call"]: row["result"] for row in rows}


def all_results(clients: list[str]) -> Results:
    """Of the clients, each with the switches that it needs; and for those that need one, of what it is needed for without it."""
    found: Results = {}
    for client in clients:
        found[client] = run(client, CLIENTS[client][2])
        if CLIENTS[client][2]:
            for call, result in run(client, ()).items():
                # a call whose order was never made says nothing about itself
                if result != "ok" and found[client][call] == "ok" and result not in ("KeyError: 'order'", "KeyError: 'sold'"):
                    found[client][call] = CLIENTS[client][2][0]
    return found


def table(results: Results, korean: bool) -> str:
    """As the docs show it."""
    heads = {client: f"{client} {CLIENTS[client][0][0].partition('==')[2]}" for client in results}
    lines = [f"| {'기능' if korean else 'call'} | {' | '.join(heads.values())} |", "|---" * (len(heads) + 1) + "|"]
    for call, words in CALLS.items():
        marks = [MARKS.get(calls[call], f"`{calls[call]}`") for calls in results.values()]
        lines.append(f"| {words[korean]} | {' | '.join(marks)} |")
    return "\n".join(lines)


def written(results: Results) -> None:
    """Golden results and both tables."""
    GOLDEN.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, korean in (("exchange.md", False), ("exchange.ko.md", True)):
        path = ROOT / "docs" / name
        text = path.read_text(encoding="utf-8")
        head = "| 기능 |" if korean else "| call |"
        path.write_text(re.sub(rf"{re.escape(head)}.*?\n(?=\n)", table(results, korean) + "\n", text, flags=re.DOTALL), encoding="utf-8")


def main() -> int:
    """Exit 1 where a call fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clients", nargs="*", default=list(CLIENTS), metavar="CLIENT")
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    results = all_results(chosen.clients)
    print(table(results, False))
    if chosen.write:
        written(results)
    known = {*MARKS, *(switch for _, _, switches in CLIENTS.values() for switch in switches)}
    return int(any(result not in known for calls in results.values() for result in calls.values()))


if __name__ == "__main__":
    sys.exit(main())
