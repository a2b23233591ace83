"""External series by POST, over a real socket: who may send, what is refused, and that a backtest and paper know what came."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsl.files import compile_file
from engine.api.server import create_app, make_server
from engine.api.service import Service
from engine.assembly import Sources, market_for, run_backtest
from engine.candles.store import CandleStore
from engine.cli.main import run
from engine.research.result import Settings
from tests.dsl.helpers import CATALOGUE, strategy_of
from tests.engine.candles.tables import full

MINUTE_MS = 60_000
START_MS = 1_756_684_800_000
NOW_MS = START_MS + 30 * MINUTE_MS
FILE = """schema: strategy/1
name: premium
clock: 5m
markets: [KRW-AAA]
external:
  kimp: {or: api, stale_after: 20m}
  spot: {file: spot.csv}
entry: kimp < 5%
exits:
  stop: {at: -50%}
  gone: {when: pos.age >= 5m}
"""


class Api:
    """The API over a socket, with its clock at NOW_MS."""

    def __init__(self, url: str) -> None:
        self.url = url

    def post(self, name: str, token: str = "poster", language: str = "en", **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}".strip(), "Accept-Language": language}
        return httpx.post(f"{self.url}/external/{name}", headers=headers, json=body, trust_env=False)

    def get(self, path: str, token: str) -> int:
        return httpx.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"}, trust_env=False).status_code


@contextmanager
def serving(folder: Path, post_token: str) -> Iterator[Api]:
    service = Service([folder / "strategies"], folder / "candles", folder / "sample", now_ms=lambda: NOW_MS)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = make_server(create_app(service, "owner", post_token))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield Api(f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "premium.yaml").write_text(FILE, "utf-8")
    CandleStore(tmp_path / "candles").write(full(START_MS, START_MS + 180 * MINUTE_MS, market="KRW-AAA"))
    return tmp_path


def test_only_who_has_a_token_may_post_and_the_posters_token_opens_nothing_else(folder: Path) -> None:
    with serving(folder, "poster") as api:
        assert api.post("kimp", token="", time=START_MS, value=0.1).status_code == 401
        assert api.post("kimp", token="wrong", time=START_MS, value=0.1).status_code == 401
        assert api.post("kimp", time=START_MS, value=0.1).status_code == 200
        assert api.post("kimp", token="owner", time=START_MS + 1, value=0.1).status_code == 200
        assert [api.get("/files", token) for token in ("poster", "owner")] == [401, 200]
    with serving(folder, "") as api:  # no poster's token set: the empty one is none
        assert api.post("kimp", token="", time=START_MS + 2, value=0.1).status_code == 401


def test_what_cannot_be_taken_is_answered_with_a_sentence(folder: Path) -> None:
    with serving(folder, "poster") as api:
        assert api.post("kimp", time=START_MS, value=0.1).json()["received_ms"] == NOW_MS
        refused = {
            "data.posted_future": api.post("kimp", time=NOW_MS + 1, value=0.1),
            "data.posted_order": api.post("kimp", time=START_MS - 1, value=0.1),
            "data.posted_unknown": api.post("kimpp", time=START_MS + 1, value=0.1),
            "data.posted_zone": api.post("kimp", time="2025-09-01T09:00:10", value=0.1),
        }
        for key, answer in refused.items():
            assert (answer.status_code, answer.json()["key"]) == (422, key)
        assert "Declared are: kimp" in refused["data.posted_unknown"].json()["error"]
        assert "아직 오지 않은 시각" in api.post("kimp", language="ko", time=NOW_MS + 1, value=0.1).json()["error"]
        for value in ("0.1", True, [1]):
            assert api.post("kimp", time=START_MS + 1, value=value).status_code == 422
        assert api.post("kimp", time=START_MS + 1).status_code == 422
        assert api.post("kimp", time="2025-09-01T09:00:01+09:00", value=None).json()["time_ms"] == START_MS + 1000


def test_a_backtest_and_paper_know_what_was_posted_from_its_arrival(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(folder, "poster") as api:
        assert api.post("kimp", time=START_MS + 10 * MINUTE_MS, value=0.06).status_code == 200
        assert api.post("kimp", time=START_MS + 20 * MINUTE_MS, value=0.04).status_code == 200
    path = folder / "strategies" / "premium.yaml"
    strategy = strategy_of(compile_file(path, CATALOGUE))
    sources = Sources(folder / "candles", folder / "sample", None, path.parent)
    market = market_for(strategy, strategy.markets, Settings(), sources)
    result = run_backtest(strategy, strategy.markets, market)
    # arrived at minute 30, of minute 20, stale after minute 40: the CLOSEs of minutes 30, 35 and 40 know 4 %
    assert result.rule_counts["entry"] == (3, 0, 33)
    buys = result.fills[result.fills["side"] > 0]
    assert buys["decided_ms"].tolist()[0] == NOW_MS
    monkeypatch.chdir(folder)
    monkeypatch.setenv("JANGDAN_DATA", str(folder / "candles"))
    assert run(["paper", str(path), "--journal", str(folder / "paper.jsonl"), "--speed", "0", "--json"]) == 0
    assert f'"time_ms": {buys["time_ms"][0]}' in capsys.readouterr().out
