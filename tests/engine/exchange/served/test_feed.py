"""An exchange on a live feed: another one's trades and books, as our stream brings them, trade this one's orders and make its candles."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from dsl.graph import Timeframe
from engine.alerts.log import FILE, read_alerts
from engine.candles.store import CandleStore
from engine.cli.exchange_feed import follow, take
from engine.cli.main import run
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face, Incoming
from engine.exchange.simulated.served.opening import Terms, open_live
from engine.exchange.simulated.venue.core import Passing
from engine.exchange.simulated.venue.live import LiveTape, LiveWorld
from engine.exchange.upbit.inbox import Arrival, Disconnected
from tests.engine.exchange.served.signing import ACCESS, MARKETS, MINUTE_MS, SECRET, START_MS, Client, serving, store_of

NOW_MS = START_MS + 600 * MINUTE_MS


def live(folder: Path, markets: tuple[str, ...] = MARKETS) -> tuple[Face, LiveWorld]:
    """An exchange without a past; its clock stands still."""
    terms = Terms(markets, deposits=(("KRW", D(10_000_000)),))
    return open_live(CandleStore(folder), terms, Key(ACCESS, SECRET), NOW_MS, lambda: 1000.0, control=True)


def ask(face: Face, path: str, query: str = "") -> Any:
    """An unsigned question."""
    answer = face.answer(Incoming("GET", path, query, (), b"", "127.0.0.1"))
    assert answer.status == 200, answer
    return answer.value


def test_what_trades_there_trades_here(tmp_path: Path) -> None:
    there = Client(tmp_path / "there")
    face, world = live(tmp_path / "here")
    seen: dict[str, Any] = {}
    said = {"market": "KRW-BTC", "warning": True, "cautions": ["PRICE_FLUCTUATIONS"], "delisted_on": "2026-12-24"}
    assert there.face.answer(Incoming("POST", "/control/event", "", (), json.dumps(said).encode(), "127.0.0.1")).status == 200

    async def main(address: str) -> None:
        listening = asyncio.create_task(follow(world, f"http://{address}", MARKETS, tmp_path))
        while not all(len(world.tapes[market].time_ms) for market in MARKETS):  # snapshots
            await asyncio.sleep(0.01)
            assert not listening.done()
        best = D(str(ask(face, "/v1/orderbook", "markets=KRW-XRP")[0]["orderbook_units"][0]["bid_price"]))
        body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": str(best - 5), "volume": "10"}
        seen["order"] = world.venue.place_order(body, world.now_ms).uuid
        before = there.face.world.now_ms
        for _ in range(60):
            there.step(1)
            await asyncio.sleep(0)
        wanted = [t for market in MARKETS for t in there.face.world.tapes[market].between(before, there.face.world.now_ms)]
        while sum(len(trades) for market in MARKETS for trades in world.live[market].heard.values()) < len(wanted) + 2:
            await asyncio.sleep(0.02)
            assert not listening.done()
        seen["wanted"] = wanted
        await asyncio.sleep(0.2)  # the last books
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    with serving(there.face) as address:
        asyncio.run(asyncio.wait_for(main(address), 180))
    face.clock.step(61 * MINUTE_MS)
    ask(face, "/v1/market/all")
    heard = [trade for market in MARKETS for trades in world.live[market].heard.values() for trade in trades]
    content = {(t.market, t.sequential_id, t.price, t.volume, t.taker_bought) for t in heard}
    assert {(t.market, t.sequential_id, t.price, t.volume, t.taker_bought) for t in seen["wanted"]} <= content
    assert (len(content), len(heard)) == (len(seen["wanted"]) + 2, len(seen["wanted"]) + 2)
    assert len(seen["wanted"]) == 480
    order = world.venue.orders[seen["order"]]
    assert (order.state, order.executed_volume) == ("done", 10)
    events = [ask(found, "/v1/market/all", "is_details=true") for found in (face, there.face)]
    assert events[0] == events[1]
    assert [row["market"] for row in events[0] if row["market_event"]["warning"]] == ["KRW-BTC"]
    alerts = read_alerts(tmp_path / FILE)
    assert {(alert.topic, alert.state) for alert in alerts} == {("warning", "on"), ("caution", "on"), ("delisting", "2026-12-24")}
    here, far = (ask(found, "/v1/ticker", "markets=KRW-XRP")[0] for found in (face, there.face))
    assert here["trade_price"] == far["trade_price"]
    books = [ask(found, "/v1/orderbook", "markets=KRW-BTC")[0]["orderbook_units"] for found in (face, there.face)]
    assert books[0] == books[1]


def passing(at_ms: int, number: int, price: float = 3000.0) -> Passing:
    return Passing("KRW-XRP", at_ms, D(str(price)), D(2), number % 2 == 0, number)


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveTape, list[Passing]]:
    """A tape with two days of past and three of trades that were heard, one every 20 seconds."""
    table = store_of(tmp_path_factory.mktemp("past"), 2 * 1440).read("KRW-XRP", Timeframe(MINUTE_MS))
    tape = LiveTape(table, 1)
    start = START_MS + 2 * 1440 * MINUTE_MS
    return tape, [tape.append(passing(start + n * 20_000, n, 3000 + n % 97), start + n * 20_000) for n in range(3 * 4320)]


def test_a_tape_that_grew_is_the_tape_of_its_bars(grown: tuple[LiveTape, list[Passing]]) -> None:
    """Bars, extremes and previous closes of a tape that was told are those of one that was made of the same bars."""
    tape, heard = grown
    now = heard[-1].time_ms
    times, numbers = tape.bars(0, now + 1, now)
    assert len(times) == 2 * 1440 + 3 * 1440
    last = [[t for t in heard if t.time_ms // MINUTE_MS * MINUTE_MS == at] for at in times[-5:].tolist()]
    for column, trades in zip(numbers[:, -5:].T, last, strict=True):
        prices = [float(t.price) for t in trades]
        assert column[:4].tolist() == [prices[0], max(prices), min(prices), prices[-1]]
        assert column[4] == 2.0 * len(trades)
    (high, high_day), (low, low_day) = tape.extremes(0, now)
    assert (high, low) == (numbers[1].max(), numbers[2].min())
    for value, day, row in ((high, high_day, 1), (low, low_day, 2)):
        assert value in numbers[row][(times // 86_400_000 * 86_400_000) == day]
    newest = list(tape.backwards(now))[:10]
    assert newest == heard[-1:-11:-1]


def test_trades_of_the_last_day_are_kept_as_they_were_and_older_ones_played_from_their_bars(grown: tuple[LiveTape, list[Passing]]) -> None:
    tape, heard = grown
    assert len(tape.heard) == 1440
    kept = [t for row in range(len(tape.time_ms) - 1440, len(tape.time_ms)) for t in tape.trades_of(row)]
    assert kept == heard[-4320:]
    older = tape.trades_of(len(tape.time_ms) - 1441)
    assert len(older) == 4
    assert older[0].price == heard[-4323].price
    assert older[-1].price == heard[-4321].price


def test_a_trade_that_comes_late_is_told_once_after_what_was_told(tmp_path: Path) -> None:
    _, world = live(tmp_path)
    world.hear(passing(NOW_MS, 1))
    tape = world.live["KRW-XRP"]
    world.advance(NOW_MS + 1000)
    told = [trade.sequential_id for trade in tape.between(NOW_MS - 1, NOW_MS + 1000)]
    world.hear(passing(NOW_MS + 400, 2))
    world.hear(passing(NOW_MS + 90_000, 3))
    world.advance(NOW_MS + 2000)
    told += [trade.sequential_id for trade in tape.between(NOW_MS + 1000, NOW_MS + 2000)]
    world.advance(NOW_MS + 120_000)
    told += [trade.sequential_id for trade in tape.between(NOW_MS + 2000, NOW_MS + 120_000)]
    assert told == [1, 2, 3]
    world.hear(Passing("KRW-NONE", NOW_MS, D(1), D(1), True, 1))  # of no market of ours


def test_the_owner_hears_when_the_line_is_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def arrivals() -> Any:
        yield Arrival(Disconnected("gone", 3, 4.0, frozenset(MARKETS)), 0.0)

    asyncio.run(take(live(tmp_path)[1], arrivals()))
    assert "gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--feed", "http://127.0.0.1:1"], "--markets"),
        (["--feed", "http://127.0.0.1:1", "--markets", "XRP"], "XRP"),
        (["--feed", "http://127.0.0.1:1", "--markets", "KRW-XRP", "--speed", "2"], "--speed"),
    ],
)
def test_a_feed_needs_markets_and_has_a_time_of_its_own(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exchange", "serve", "--data", "nowhere", "--lang", "en", *arguments]) == 1
    assert said in capsys.readouterr().err
