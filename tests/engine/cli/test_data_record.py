"""`jangdan data record` from the served exchange, through losses of the line, and a backtest on what it kept."""

from __future__ import annotations

import json
import time
from collections import Counter
from decimal import Decimal as D
from pathlib import Path

import numpy as np
import pytest

from engine.assembly import Sources, market_for
from engine.candles.side_store import Kind, SideStore
from engine.cli.inputs import load_strategy
from engine.cli.main import run
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.research.result import Settings
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, serving, store_of

OPENED_MS = START_MS + 600 * MINUTE_MS
STRATEGY = """\
schema: strategy/1
name: flows
clock: 1m
markets: [KRW-BTC, KRW-XRP]
entry:
  all:
    traded: flow.bought + flow.sold > 0 and flow.count >= 4
    tight: book.spread(1) < 1% and book.bid_size(5) > 0
exits:
  stop:
    at: -1%
  after:
    when: pos.bars >= 2
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first wait after a loss, shorter than a second of the market."""
    monkeypatch.setattr("engine.exchange.upbit.stream._FIRST_WAIT_SECONDS", 0.05)
    for name in ("UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_what_is_recorded_happened_and_a_backtest_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seven minutes of the market in a second; the line breaks now and then, and what was missed is asked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    face = open_face(store_of(tmp_path / "far"), Terms(at_ms=OPENED_MS), Key(ACCESS, SECRET), 400.0, time.monotonic)
    face.world.venue.places["KRW-XRP"].warning = True
    face.faults = type(face.faults)(socket_drop=D("0.02"), frame_duplicate=D("0.05"))
    near = tmp_path / "near"
    with serving(face) as address:
        url, metrics = f"http://{address}", ["--metrics", str(tmp_path / "metrics.prom")]
        assert run(["data", "record", "--markets", "KRW", "--for", "3s", "--data", str(near), "--exchange", url, "--json", *metrics]) == 0
        out, err = capsys.readouterr()
        last_ms = face.world.now_ms // MINUTE_MS * MINUTE_MS
        span = ["--from", "2025-11-20T18:00", "--to", "2025-11-20T21:00"]
        assert run(["data", "download", "--markets", "KRW", *span, "--data", str(near), "--exchange", url]) == 0
    told = json.loads(out)
    assert told["written"]["losses"] >= 1, err
    assert "connection lost" in err
    assert "[warning]" in err
    assert "KRW-XRP: under an investment warning" in err
    assert run(["data", "alerts", "--data", str(near), "--json"]) == 0
    alerts = json.loads(capsys.readouterr().out)
    assert [(alert["number"], alert["topic"], alert["subject"]) for alert in alerts] == [(1, "warning", "KRW-XRP")]
    assert run(["data", "alerts", "--data", str(near), "--after", "1"]) == 0
    assert "no alerts" in capsys.readouterr().out
    assert 'jangdan_upbit_quota_limit{group="market",scope="address",owner=""} 10' in (tmp_path / "metrics.prom").read_text()
    side = SideStore(near)
    whole = 0
    for market in ("KRW-BTC", "KRW-XRP"):
        record = side.read(market, Kind.TRADES)
        for start, end in record.recorded:
            mine = record.numbers[(record.time_ms >= start) & (record.time_ms < end)]
            true = list(face.world.tapes[market].between(start - 1, end - 1))
            assert Counter(map(tuple, mine[:, :2].tolist())) == Counter((float(t.price), float(t.volume)) for t in true)
            whole += max(0, end // MINUTE_MS - -(-start // MINUTE_MS))
        assert told["markets"][market]["trades"] >= len(record.time_ms) > 20
        assert side.read(market, "market.warning").numbers[0, 0] == (market == "KRW-XRP")
        books = side.read(market, Kind.BOOKS)
        assert len(books.time_ms) > 10
        assert (books.numbers[:, 0] > books.numbers[:, 30]).all()
    assert whole >= 10
    path = tmp_path / "flows.yaml"
    path.write_text(STRATEGY)
    market = market_for(
        load_strategy(path), ("KRW-BTC", "KRW-XRP"), Settings(from_ms=OPENED_MS, to_ms=last_ms), Sources(near, tmp_path, None)
    )
    flow = market.grid.side["flow.bought", ()] + market.grid.side["flow.sold", ()]
    known = ~np.isnan(flow)
    assert known.sum() >= 10
    assert np.allclose(flow[known], market.grid.volume[known], rtol=1e-9)
    assert (~np.isnan(market.grid.side["book.spread", (1.0,)])).sum() >= 10
    capsys.readouterr()
    line = [
        "backtest",
        str(path),
        "--data",
        str(near),
        "--from",
        "2025-11-20T19:00",
        "--to",
        "2025-11-20T19:30",
        "--exchange",
        "http://127.0.0.1:9",
    ]
    assert run([*line, "--json", "-", "--no-report", "--random", "0"]) == 0
    assert len(json.loads(capsys.readouterr().out)["trades"]) > 3
