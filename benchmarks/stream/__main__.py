"""The live stream under load: 200 markets, messages mixed as recorded, our client beside other clients of Upbit, each in turn.

python -m benchmarks.stream [--rate 3000] [--seconds 60] [--flood 60000] [--runs 3] [--peers upbit-sdk pyupbit] [--write]

Two runs: at a rate, for how long a message takes from the server's socket to the parsed event and whether any own order is lost; and sent
without a pause, for the most a client takes. The server is a process of its own on this machine; the peers are installed into
environments of their own in the user's cache folder. --write: renew this part of benchmarks/results.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.environments import python_of
from benchmarks.results import write_part
from benchmarks.stream.server import CODES

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = {"upbit-sdk": ("upbit-sdk==1.1.0",), "pyupbit": ("pyupbit==0.2.34",)}
OURS = "jangdan"
TITLE = "The live stream, beside other clients"
#: the most that issue and design allow from socket to parsed event
P99_MS = 5.0


def recording() -> Path:
    """Recorded messages of the market data folder (JANGDAN_TEST_DATA, else */data beside the checkout)."""
    named = os.environ.get("JANGDAN_TEST_DATA")
    folders = [Path(named)] if named else sorted(path.parent for path in ROOT.parent.glob("*/data/MANIFEST.json"))
    found = [path for folder in folders for path in sorted((folder / "ws").glob("*.jsonl.gz"))]
    if not found:
        raise SystemExit("no recorded messages: name the folder of market data in JANGDAN_TEST_DATA")
    return found[0]


def command_of(client: str, port: str) -> tuple[list[str], Path]:
    """How a client is started, and where."""
    if client == OURS:
        return [sys.executable, "-m", "benchmarks.stream.jangdan_worker", port], ROOT
    script = f"{client.replace('-', '_')}_worker.py"
    return [str(python_of(client, PEERS[client])), str(HERE / script), port, ",".join(CODES)], HERE


def run(client: str, file: Path, rate: float, seconds: float) -> dict[str, Any]:
    """One client against a server of its own. Raises RuntimeError when either dies."""
    server_command = [sys.executable, "-m", "benchmarks.stream.server", str(file), str(rate), str(seconds)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(server_command, cwd=ROOT, **pipes) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        try:
            command, folder = command_of(client, server.stdout.readline().strip())
            found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            if found.returncode:
                raise RuntimeError(f"{client} ended with code {found.returncode}: {found.stderr[-2000:]}")
            sent = json.loads(server.stdout.readline())
        finally:
            server.kill()
    return {**json.loads(found.stdout), "sent": sum(sent["sent"].values()), "own_sent": sent["sent"]["myOrder"], "sending": sent["seconds"]}


def paced_row(client: str, found: dict[str, Any]) -> str:
    """A client at the rate. A book that a newer one replaced is not lost; an own order would be."""
    own = f"{found['own']:,} of {found['own_sent']:,}" if found["own_sent"] else "reads none"
    cost = found["cpu_seconds"] / found["sent"] * 1e6
    return (
        f"| {client} | {found['received']:,} of {found['sent']:,} | {own} | {found['p50_ms']:.2f} | {found['p99_ms']:.2f} | "
        f"{found['p999_ms']:.2f} | {found['most_ms']:.1f} | {cost:.0f} |"
    )


def flood_row(client: str, runs: list[dict[str, Any]]) -> str:
    """A client that is sent more than it can take: it has parsed all that was sent, though of books ours hands over the newest only."""
    rates = [found["sent"] / found["seconds"] for found in runs]
    cost = min(found["cpu_seconds"] / found["sent"] for found in runs) * 1e6
    return f"| {client} | {statistics.median(rates):,.0f} | {max(rates):,.0f} | {cost:.0f} | {1e6 / cost:,.0f} | {len(runs)} |"


def table(clients: list[str], file: Path, chosen: argparse.Namespace) -> tuple[list[str], bool]:
    """Both tables, and whether ours keeps what it promises."""
    paced = {client: run(client, file, chosen.rate, chosen.seconds) for client in clients}
    flood: dict[str, list[dict[str, Any]]] = {client: [] for client in clients}
    for _ in range(chosen.runs):
        for client in clients:
            flood[client].append(run(client, file, 0, chosen.flood))
    ours = paced[OURS]
    kept = ours["own"] == ours["own_sent"] > 0 and ours["p99_ms"] < P99_MS
    mix = f"200 markets, {chosen.rate:,.0f} messages a second for {chosen.seconds:.0f} s, mixed as recorded, 1 % about own orders"
    lines = [
        f"At a rate: {mix}. From the moment the server hands a message to its socket to the parsed event.",
        "",
        "| client | messages | own orders | median ms | p99 ms | p99.9 ms | longest ms | CPU us a message |",
        "|---|---|---|---|---|---|---|---|",
        *(paced_row(client, found) for client, found in paced.items()),
        "",
        f"Without a pause: {chosen.flood:,} messages as fast as they are taken. The last column is what one whole processor would take.",
        "",
        "| client | messages a second: median | most | least CPU us a message | by CPU, messages a second | runs |",
        "|---|---|---|---|---|---|",
        *(flood_row(client, runs) for client, runs in flood.items()),
        "",
        f"Nothing of own orders lost and p99 under {P99_MS:.0f} ms: {'yes' if kept else 'NO'}.",
    ]
    return lines, kept


def main() -> None:
    """Measure, print, and write where asked. Ends with 1 when ours does not keep what it promises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=3000.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--flood", type=int, default=60_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    lines, kept = table([OURS, *chosen.peers], recording(), chosen)
    print("\n".join(lines))
    if chosen.write:
        versions = "; ".join(" ".join(PEERS[peer]).replace("==", " ") for peer in chosen.peers)
        write_part(TITLE, ["Made by `python -m benchmarks.stream --write`. " + versions + ".", "", *lines])
    sys.exit(0 if kept else 1)


if __name__ == "__main__":
    main()
