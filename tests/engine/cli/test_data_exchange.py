"""`jangdan data download` and `compare` against an exchange on loopback: killed and begun again, holes, mistakes, repairs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.candles.months import Rows
from engine.candles.store import CandleStore, rows_of, table_from
from engine.cli.main import run
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.opening import Terms, open_face
from tests.engine.candles.tables import MINUTE
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, Client, serving, store_of
from tests.engine.exchange.upbit_server import Reply, Upbit
from tests.engine.exchange.upbit_server import serving as answering

ROOT = Path(__file__).resolve().parents[3]
FIRST = 1_756_684_800_000  # 2025-09-01
SPAN = ["--from", "2025-09-01", "--to", "2025-09-02"]


def test_a_download_that_is_killed_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process is killed while it waits for an answer; the next one asks for the rest and nothing else."""
    monkeypatch.setenv("JANGDAN_LANG", "en")
    minutes = [FIRST + bar * MINUTE_MS for bar in range(1440)]
    asked, go_on = threading.Event(), threading.Event()

    def stall(number: int) -> Reply | None:
        if number == 4:
            asked.set()
            go_on.wait(30)
        return None

    arguments = ["data", "download", "--markets", "KRW-BTC", *SPAN, "--data", str(tmp_path), "--json"]
    with answering(Upbit({"KRW-BTC": minutes}, faults=stall)) as upbit:
        command, environment = [sys.executable, "-m", "engine.cli", *arguments], {**os.environ, "JANGDAN_UPBIT_URL": upbit.url}
        first = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert asked.wait(60)
        first.kill()
        assert first.wait(30) == -signal.SIGKILL if os.name == "posix" else 1
        go_on.set()
        store = CandleStore(tmp_path)
        assert store.ranges("KRW-BTC", MINUTE) == ((minutes[840], minutes[-1] + MINUTE_MS),)
        assert run([*arguments, "--exchange", upbit.url]) == 0
        assert len(upbit.requests) == 4 + 5
    out, err = capsys.readouterr()
    assert "840 1m bars of 1 market(s) are lacking: at most 5 requests" in err
    assert json.loads(out)["markets"] == [
        {"market": "KRW-BTC", "timeframe": "1m", "added": 840, "error": None, "ranges": [[FIRST, FIRST + 86_400_000]], "lacking_ms": 0}
    ]
    assert store.read("KRW-BTC", MINUTE).time_ms.tolist() == minutes


def test_an_unknown_market_is_said_and_the_others_are_fetched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(Upbit({"KRW-BTC": [FIRST]})) as upbit:
        line = ["data", "download", "--markets", "KRW-NIX,krw-btc", *SPAN, "--exchange", upbit.url, "--data", str(tmp_path), "--lang", "en"]
        assert run(line) == 1
        said = capsys.readouterr().err
        assert "Upbit knows no market KRW-NIX" in said
        assert "KRW-BTC 1m: 1 candles stored" in said
        assert run([*line[:-2], "--timeframe", "2h", "--lang", "ko"]) == 1
        assert "업비트에는 2h 캔들이 없습니다" in capsys.readouterr().err
    assert CandleStore(tmp_path).markets() == ["KRW-BTC"]


def test_all_markets_of_the_served_exchange_and_what_was_spoilt_is_repaired(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = Client(tmp_path / "far")
    far.step(1)  # until the last minute is final by the exchange's own clock
    face = far.face
    span = ["--from", "2025-11-20T09:00", "--to", "2025-11-20T19:00"]
    with serving(face) as address:
        common = [*span, "--exchange", f"http://{address}", "--data", str(tmp_path / "near"), "--lang", "en"]
        assert run(["data", "download", "--markets", "KRW", *common]) == 0
        near = CandleStore(tmp_path / "near")
        assert near.markets() == ["KRW-BTC", "KRW-XRP"]
        theirs = rows_of(store_of(tmp_path / "far").read("KRW-XRP", MINUTE, START_MS, START_MS + 600 * MINUTE_MS))
        got = rows_of(near.read("KRW-XRP", MINUTE))
        assert np.array_equal(got.time_ms, theirs.time_ms)
        assert np.allclose(got.numbers, theirs.numbers, rtol=1e-12)
        compared = ["data", "compare", "--markets", "KRW-XRP", "--with", "1h", *common]
        assert run(compared) == 0
        assert "10 1h bars made of stored 1m compared, 0 differ" in capsys.readouterr().out
        got.numbers[1, 77] += 100.0
        near.write(table_from("KRW-XRP", MINUTE, Rows(got.time_ms, got.numbers), ((START_MS, START_MS + 600 * MINUTE_MS),)))
        assert run(compared) == 1
        shown = capsys.readouterr().out
        assert "10 1h bars made of stored 1m compared, 1 differ" in shown
        assert "2025-11-20 10:00 (KST) high" in shown
        assert run([*compared, "--repair"]) == 0
        assert "1 differing bars fetched again, 1 candles changed" in capsys.readouterr().err
    assert np.array_equal(rows_of(near.read("KRW-XRP", MINUTE)).numbers[1], theirs.numbers[1])


def test_a_candle_that_the_exchange_does_not_have_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one minute nobody traded there; here a candle says so."""
    whole = rows_of(store_of(tmp_path / "whole").read("KRW-XRP", MINUTE, START_MS, START_MS + 660 * MINUTE_MS))
    traded, hole = np.arange(660) != 77, START_MS + 77 * MINUTE_MS
    true = Rows(whole.time_ms[traded], whole.numbers[:, traded])
    far = CandleStore(tmp_path / "far")
    far.write(table_from("KRW-XRP", MINUTE, true, ((START_MS, START_MS + 660 * MINUTE_MS),)))
    face = open_face(far, Terms(at_ms=START_MS + 601 * MINUTE_MS), Key(ACCESS, SECRET), 0.0, lambda: 1000.0)
    near = CandleStore(tmp_path / "near")
    with serving(face) as address:
        span = ["--from", "2025-11-20T09:00", "--to", "2025-11-20T19:00"]
        common = ["--markets", "KRW-XRP", *span, "--exchange", f"http://{address}", "--data", str(near.folder), "--lang", "en"]
        assert run(["data", "download", *common]) == 0
        invented = table_from("KRW-XRP", MINUTE, Rows(whole.time_ms[77:78], whole.numbers[:, 77:78]), ((hole, hole + MINUTE_MS),))
        assert near.write(invented).added == 1
        assert run(["data", "compare", "--with", "1h", *common]) == 1
        assert run(["data", "compare", "--with", "1h", *common, "--repair"]) == 0
        assert "1 differing bars fetched again, 1 candles changed" in capsys.readouterr().err
    assert rows_of(near.read("KRW-XRP", MINUTE)).time_ms.tolist() == true.time_ms[:599].tolist()
    assert near.ranges("KRW-XRP", MINUTE) == ((START_MS, START_MS + 600 * MINUTE_MS),)
