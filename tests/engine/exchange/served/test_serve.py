"""`jangdan exchange serve` as a process: a client that knows only HTTP and the documented recipe trades on it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.engine.exchange.served.signing import ACCESS, SECRET, store_of, token

ROOT = Path(__file__).resolve().parents[4]


def _heed_interrupts() -> None:
    """Tests that were started in the background ignore SIGINT, and so would what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def serve(*arguments: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "engine.cli", "exchange", "serve", *arguments],
        cwd=ROOT, env={**os.environ, "JANGDAN_LANG": "en"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        preexec_fn=_heed_interrupts if os.name == "posix" else None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("candles")
    store_of(folder)
    process = serve(
        "--data", str(folder), "--port", "0", "--speed", "0", "--control", "--at", "2025-11-20T19:00", "--access-key", ACCESS,
        "--secret-key", SECRET, "--deposit", "KRW=500000", "--deposit", "XRP=100",
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None, process.stderr.read() if process.stderr else ""
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=180)
        assert (complaints, process.returncode) == ("Interrupted.\n", 130)


def signed(text: str, nonce: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(text, nonce)}"}


def test_prices_come_compressed_and_with_the_quota(url: str) -> None:
    answer = httpx.get(f"{url}/v1/candles/minutes/5", params={"market": "KRW-BTC", "count": 200, "to": "2025-11-20T18:00:00+09:00"})
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, "gzip")
    assert answer.headers["remaining-req"] == "group=candle; min=600; sec=9"
    rows = answer.json()
    assert (len(rows), rows[0]["candle_date_time_kst"]) == (108, "2025-11-20T17:55:00")
    plain = httpx.get(f"{url}/v1/market/all", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert [row["market"] for row in plain.json()] == ["KRW-BTC", "KRW-XRP"]


def test_an_order_over_the_wire(url: str) -> None:
    body = {"market": "KRW-XRP", "side": "ask", "ord_type": "limit", "price": "9000", "volume": "5"}
    sent = json.dumps(body).encode()
    headers = signed("&".join(f"{name}={value}" for name, value in body.items()), "w1") | {"Content-Type": "application/json"}
    placed = httpx.post(f"{url}/v1/orders", content=sent, headers=headers)
    assert (placed.status_code, placed.headers["remaining-req"]) == (201, "group=order; min=720; sec=11")
    assert httpx.post(f"{url}/v1/orders", content=sent, headers=headers).json()["error"]["name"] == "nonce_used"
    uuid = placed.json()["uuid"]
    for nonce, query in (("w2", f"uuids[]={uuid}"), ("w3", f"uuids%5B%5D={uuid}")):
        found: Any = httpx.get(httpx.URL(f"{url}/v1/orders/uuids", query=query.encode()), headers=signed(f"uuids[]={uuid}", nonce)).json()
        assert found[0]["locked"] == "5"
    refused = httpx.request("DELETE", f"{url}/v1/order?uuid={uuid}", content=b"{}", headers=signed(f"uuid={uuid}", "w4"))
    assert refused.json()["error"]["name"] == "QUERY_PARAMETER_NOT_SUPPORTED"
    assert httpx.delete(f"{url}/v1/order?uuid={uuid}", headers=signed(f"uuid={uuid}", "w5")).json()["state"] == "wait"
    since = "2025-11-20T00:00:00+09:00"
    closed = httpx.get(f"{url}/v1/orders/closed?start_time={quote(since, safe='')}", headers=signed(f"start_time={since}", "w6"))
    assert [row["state"] for row in closed.json()] == ["cancel"]
    before = httpx.get(f"{url}/v1/ticker?markets=KRW-XRP").json()[0]["timestamp"]
    assert httpx.post(f"{url}/control/step", json={"ms": 120_000}).status_code == 200
    assert httpx.get(f"{url}/v1/ticker?markets=KRW-XRP").json()[0]["timestamp"] > before


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--markets", "KRW-NONE"], "holds no candles of: KRW-NONE"),
        (["--at", "2024-01-01"], "--at has to lie within the stored candles"),
        (["--set", "nothing=1"], "there is no switch nothing"),
        (["--deposit", "KRW"], "KRW is no balance"),
    ],
)
def test_bad_wishes_end_in_one_sentence(tmp_path: Path, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    from engine.cli.main import run

    store_of(tmp_path, 60)
    assert run(["--lang", "en", "exchange", "serve", "--data", str(tmp_path), *arguments]) == 1
    assert complaint in capsys.readouterr().err
