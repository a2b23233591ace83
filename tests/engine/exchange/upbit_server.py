"""A loopback HTTP server that answers candle requests as Upbit does, and can be told to misbehave."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATHS = {
    **{f"/v1/candles/minutes/{n}": n * 60_000 for n in (1, 3, 5, 10, 15, 30, 60, 240)},
    "/v1/candles/seconds": 1000,
    "/v1/candles/days": 86_400_000,
    "/v1/candles/weeks": 7 * 86_400_000,
}


@dataclass
class Reply:
    """What to send instead of the right answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass
class Upbit:
    """The state of the pretended exchange. trades: per market the bar opens (UTC ms, in any timeframe's units) at which it traded;
    faults: called with the number of the request (from 1), a Reply replaces the right answer."""

    trades: dict[str, list[int]]
    now_ms: int = 4_000_000_000_000
    faults: Callable[[int], Reply | None] = lambda _: None
    remaining: Callable[[int], int] = lambda _: 9
    page: int = 200
    requests: list[dict[str, str]] = field(default_factory=list)
    paths: Counter[str] = field(default_factory=Counter)
    url: str = ""


def candle(market: str, time_ms: int) -> dict[str, object]:
    """One candle; its numbers are a function of its time. Fields as in the exchange's answer of 2025."""
    low = 1000.0 + time_ms // 60_000 % 977
    moment = datetime.fromtimestamp(time_ms / 1000, UTC)
    return {
        "market": market,
        "candle_date_time_utc": moment.strftime("%Y-%m-%dT%H:%M:%S"),
        "candle_date_time_kst": "",
        "opening_price": low + 1,
        "high_price": low + 3,
        "low_price": low,
        "trade_price": low + 2,
        "timestamp": time_ms + 59_000,
        "candle_acc_trade_price": low * 11,
        "candle_acc_trade_volume": low / 7,
        "unit": 1,
    }


def answer(upbit: Upbit, path: str, query: dict[str, str]) -> Reply:
    """The right answer."""
    if path not in PATHS:
        return Reply(404, b'{"error":{"name":404,"message":"no Route matched with those values"}}')
    market, count = query["market"], int(query["count"])
    if market not in upbit.trades:
        return Reply(404, b'{"error":{"name":404,"message":"Code not found"}}')
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)Z", query["to"])
    if match is None or not 1 <= count <= 200:
        return Reply(400, b'{"error":{"name":400,"message":"Invalid parameter. Check the given value!"}}')
    before = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp()) * 1000
    times = [time for time in sorted(upbit.trades[market]) if time < min(before, upbit.now_ms)][-min(count, upbit.page) :]
    return Reply(200, json.dumps([candle(market, time) for time in reversed(times)]).encode())


@contextmanager
def serving(upbit: Upbit) -> Iterator[Upbit]:
    """Serve on a free port of 127.0.0.1 until the block ends; `upbit.url` is set."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            upbit.requests.append(query)
            upbit.paths[parts.path] += 1
            number = len(upbit.requests)
            reply = upbit.faults(number) or answer(upbit, parts.path, query)
            if reply.hang_up:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response_only(reply.status)
            headers = {
                "Date": formatdate(upbit.now_ms / 1000, usegmt=True),
                "Remaining-Req": f"group=candle; min=600; sec={upbit.remaining(number)}",
            }
            for name, text in {**headers, **reply.headers, "Content-Length": str(len(reply.body))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    upbit.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield upbit
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
