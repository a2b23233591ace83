"""A recording as a whole: news that become flags, wallets that change, and a recorder that is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from engine.candles.side_store import Kind, SideStore
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.answers import WalletStatus
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.frames import AnnouncementFrame
from engine.exchange.upbit.inbox import Connected
from engine.exchange.upbit.market_flags import DELISTING
from engine.exchange.upbit.market_news import MarketState, Notice, WalletState
from engine.exchange.upbit.record_run import RecordRun, RecordSettings, stream_url
from tests.engine.exchange.far_side import keys
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, serving, store_of
from tests.engine.exchange.test_upbit_recorder import START, ticker, trade

ROOT = Path(__file__).resolve().parents[3]
OPENED_MS = START_MS + 600 * MINUTE_MS


def notice(title: str) -> AnnouncementFrame:
    return AnnouncementFrame.model_validate({"type": "announcement", "uuid": "u", "category": "trade", "title": title})


def test_a_notice_raises_a_flag_that_a_backtest_reads_and_wallets_are_told(tmp_path: Path) -> None:
    told: list[Any] = []

    async def main() -> None:
        async with UpbitClient(keys()) as client:
            run = RecordRun(SideStore(tmp_path), client, RecordSettings(("BTC-AAA", "KRW-AAA", "KRW-BBB")), keys(), told.append)
            run.take(ticker(market_state="ACTIVE"), START)  # before the exchange's time is known
            run.take(Connected(False, frozenset({"KRW-AAA", "KRW-BBB"})), START)
            run.take(trade("KRW-BBB", START), START + 5)
            run.take(ticker(market_state="ACTIVE"), START + 6)
            run.take(trade("KRW-BBB", START + 60_000), START + 60_005)
            run.take(notice("가(AAA) 거래지원 종료 안내"), START + 60_006)
            run.take(trade("KRW-BBB", START + 90_000), START + 90_005)
            run.take(ticker(market_state="ACTIVE"), START + 90_006)
            for state in ("working", "working", "paused"):
                wallets = [{"currency": coin, "wallet_state": state, "net_type": "AAA"} for coin in ("AAA", "ZZZ")]
                run.news.wallets([WalletStatus.model_validate(wallet) for wallet in wallets])
            run.recorder.close()
            run.flags.flush()

    asyncio.run(main())
    states = [(item.market, item.flags[DELISTING], item.at_ms) for item in told if isinstance(item, MarketState)]
    assert states == [("KRW-AAA", False, START), ("BTC-AAA", True, START + 60_000), ("KRW-AAA", True, START + 60_000)]
    assert [item.state for item in told if isinstance(item, WalletState)] == ["working", "paused"]
    assert [item.frame.title for item in told if isinstance(item, Notice)] == ["가(AAA) 거래지원 종료 안내"]
    record = SideStore(tmp_path).read("KRW-AAA", DELISTING)
    assert (record.time_ms.tolist(), record.numbers[:, 0].tolist()) == ([START, START + 60_000], [0.0, 1.0])
    assert SideStore(tmp_path).read("BTC-AAA", DELISTING).numbers[:, 0].tolist() == [1.0]
    assert SideStore(tmp_path).kinds("KRW-BBB") == ["books", "trades"]
    assert SideStore(tmp_path).markets() == ["BTC-AAA", "KRW-AAA", "KRW-BBB"]


def test_the_stream_is_beside_the_questions() -> None:
    assert stream_url("https://api.upbit.com") == "wss://api.upbit.com/websocket/v1"
    assert stream_url("http://127.0.0.1:8731") == "ws://127.0.0.1:8731/websocket/v1"


@pytest.mark.deep
@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_recorder_that_is_killed_claims_nothing_that_it_has_not_kept(tmp_path: Path) -> None:
    """Killed at six moments and begun again over the same days, through a line that breaks."""
    terms = Terms(at_ms=OPENED_MS)
    face = open_face(store_of(tmp_path / "far"), terms, Key(ACCESS, SECRET), 60.0, time.monotonic)
    face.faults = type(face.faults)(socket_drop=D("0.01"), frame_duplicate=D("0.05"))
    with serving(face) as address:
        command = [sys.executable, "-m", "engine.cli", "data", "record", "--markets", "KRW", "--data", str(tmp_path / "near")]
        environment = {**os.environ, "JANGDAN_UPBIT_URL": f"http://{address}"}
        for turn in range(6):
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            assert process.stderr is not None
            while b"connected" not in (line := process.stderr.readline()) and "연결되었습니다".encode() not in line:
                assert process.poll() is None, line
            time.sleep(2.5 + 0.6 * turn)
            process.send_signal(signal.SIGINT if turn == 5 else signal.SIGKILL)
            process.communicate(timeout=60)
    side, rows = SideStore(tmp_path / "near"), 0
    for market in ("KRW-BTC", "KRW-XRP"):
        record = side.read(market, Kind.TRADES)
        true = [t for start, end in record.recorded for t in face.world.tapes[market].between(start - 1, end - 1)]
        assert Counter(map(tuple, record.numbers[:, :2].tolist())) == Counter((float(t.price), float(t.volume)) for t in true)
        assert len(record.recorded) >= 3
        rows += len(true)
    assert rows >= 20
