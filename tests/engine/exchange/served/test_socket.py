"""The WebSocket of the served exchange: snapshots and news, own orders and balances, complaints, spellings as recorded, and keep-alive."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from engine.exchange.simulated.served.frames import shortened
from engine.exchange.simulated.served.subscriptions import SubscriptionError, read_message
from tests.engine.exchange.served.signing import MINUTE_MS, Client, serving, token

TICKET = {"ticket": "t"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Client]]:
    client = Client(tmp_path_factory.mktemp("socket"), ("ban_after=0",), (("KRW", 10_000_000),))
    with serving(client.face) as address:
        yield address, client


@contextmanager
def line(address: str, path: str = "/websocket/v1", nonce: str = "") -> Iterator[ClientConnection]:
    """A connection, signed where a nonce is given."""
    headers = {"Authorization": f"Bearer {token(nonce=nonce)}"} if nonce else {}
    with connect(f"ws://{address}{path}", additional_headers=headers, proxy=None) as opened:
        yield opened


def ask(opened: ClientConnection, *parts: dict[str, Any]) -> None:
    opened.send(json.dumps([TICKET, *parts]))


def receive(opened: ClientConnection, until: str, most: int = 200) -> list[dict[str, Any]]:
    """Frames up to the first whose type or state is `until`."""
    found: list[dict[str, Any]] = []
    for _ in range(most):
        content = opened.recv(timeout=180)
        assert isinstance(content, bytes)
        found.append(json.loads(content))
        if until in (found[-1].get("type"), found[-1].get("state"), found[-1].get("stream_type")):
            return found
    raise AssertionError(found)


def step(address: str, minutes: float) -> None:
    assert httpx.post(f"http://{address}/control/step", json={"ms": int(minutes * MINUTE_MS)}).status_code == 200


def test_snapshots_then_news_of_each_kind(served: tuple[str, Client]) -> None:
    address, client = served
    world = client.face.world
    with line(address) as opened:
        ask(opened, {"type": "ticker", "codes": ["KRW-XRP"]}, {"type": "trade", "codes": ["KRW-BTC", "KRW-XRP"]},
            {"type": "orderbook", "codes": ["KRW-XRP.5"]}, {"type": "candle.3m", "codes": ["KRW-XRP"]})  # fmt: skip
        first = receive(opened, "candle.3m")
        assert [frame["type"] for frame in first] == ["ticker", "trade", "trade", "orderbook", "candle.3m"]
        assert {frame["stream_type"] for frame in first} == {"SNAPSHOT"}
        assert len(first[3]["orderbook_units"]) == 5
        since = world.now_ms
        step(address, 2)
        news = receive(opened, "candle.3m")
        got = [(f["code"], f["sequential_id"], f["trade_volume"]) for f in news if f["type"] == "trade"]
        trades = [trade for market in world.tapes for trade in world.tapes[market].between(since, world.now_ms)]
        assert sorted(got) == sorted((t.market, t.sequential_id, float(t.volume)) for t in trades)
        assert len(got) == 16
        assert {frame["type"] for frame in news} == {"ticker", "trade", "orderbook", "candle.3m"}
        ticker = next(frame for frame in news if frame["type"] == "ticker")
        assert ticker["acc_ask_volume"] + ticker["acc_bid_volume"] == pytest.approx(ticker["acc_trade_volume"])
        assert ticker["trade_price"] == float(world.venue.places["KRW-XRP"].last or 0)


def test_the_private_address_needs_a_key(served: tuple[str, Client]) -> None:
    with pytest.raises(InvalidStatus) as refused, line(served[0], "/websocket/v1/private"):
        raise AssertionError("let in")
    assert (refused.value.response.status_code, b"no_authorization_token" in (refused.value.response.body or b"")) == (401, True)


def test_own_orders_and_balances_are_told(served: tuple[str, Client]) -> None:
    address, client = served
    with line(address, "/websocket/v1/private", "w1") as opened:
        ask(opened, {"type": "myOrder"}, {"type": "myAsset"})
        opened.send("PING")  # answered after what came before it
        assert opened.recv(timeout=180) == b'{"status":"UP"}'
        price = int(client.face.world.venue.places["KRW-XRP"].last or 0) - 15
        body = {"market": "KRW-XRP", "side": "bid", "ord_type": "limit", "price": str(price), "volume": "10"}
        headers = {"Authorization": f"Bearer {token('&'.join(f'{name}={value}' for name, value in body.items()), 'w2')}"}
        uuid = httpx.post(f"http://{address}/v1/orders", json=body, headers=headers).json()["uuid"]
        step(address, 120)
        frames = receive(opened, "done")
        orders = [frame for frame in frames if frame["type"] == "myOrder"]
        assert [frame["state"] for frame in orders] == ["wait", "trade", "done"]
        assert {frame["uuid"] for frame in orders} == {uuid}
        assert (orders[1]["price"], orders[1]["volume"], orders[1]["is_maker"], orders[0]["trade_uuid"]) == (price, 10, True, None)
        assert (orders[2]["executed_volume"], orders[2]["remaining_volume"], orders[2]["locked"]) == (10, 0, 0)
        last = json.loads(opened.recv(timeout=180))
        assert [row["currency"] for row in last["assets"]] == ["KRW", "XRP"]
        for row in last["assets"]:
            balance = client.face.world.venue.ledger.balance(row["currency"])
            assert (row["balance"], row["locked"]) == (float(balance.free), float(balance.locked))


@pytest.mark.parametrize(
    ("message", "private", "complaint"),
    [
        ("nonsense", False, "WRONG_FORMAT"),
        ("{}", False, "WRONG_FORMAT"),
        ("[]", False, "WRONG_FORMAT"),
        ('[{"type":"ticker","codes":["KRW-BTC"]}]', False, "NO_TICKET"),
        ('[{"ticket":"t"}]', False, "NO_TYPE"),
        ('[{"ticket":"t"},{"type":"ticker"}]', False, "NO_CODES"),
        ('[{"ticket":"t"},{"type":"ticker","codes":[]}]', False, "NO_CODES"),
        ('[{"ticket":"t"},{"type":"ticker","codes":["krw-btc"]}]', False, "INVALID_PARAM"),
        ('[{"ticket":"t"},{"type":"prices","codes":["KRW-BTC"]}]', False, "INVALID_PARAM"),
        ('[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC.7"]}]', False, "INVALID_PARAM"),
        ('[{"ticket":"t"},{"type":"orderbook","codes":["KRW-BTC"],"level":"x"}]', False, "INVALID_PARAM"),
        ('[{"ticket":"t"},{"type":"myOrder"}]', False, "INVALID_AUTH"),
        ('[{"ticket":"t"},{"type":"myAsset","codes":["KRW-BTC"]}]', True, "WRONG_FORMAT"),
        ('[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"]},{"format":"XML"}]', False, "WRONG_FORMAT"),
        ('[{"ticket":"t"},{"type":"ticker","codes":["KRW-BTC"]},{"format":"SIMPLE_LIST"}]', False, ""),
        ('[{"ticket":"t"},{"type":"myOrder","codes":[]},{"type":"myAsset"}]', True, ""),
    ],
)
def test_messages_are_taken_or_complained_about_by_name(message: str, private: bool, complaint: str) -> None:
    found = ""
    try:
        read_message(message, ["KRW-BTC"], private=private)
    except SubscriptionError as error:
        found = error.frame["error"]["name"]
    assert found == complaint


def test_a_new_message_takes_the_place_of_the_old_and_formats_hold(served: tuple[str, Client]) -> None:
    address, _ = served
    with line(address) as opened:
        ask(opened, {"type": "ticker", "codes": ["KRW-XRP"], "is_only_realtime": True})
        ask(opened, {"type": "trade", "codes": ["KRW-BTC"], "isOnlySnapshot": True}, {"format": "SIMPLE_LIST"})
        short = json.loads(opened.recv(timeout=180))
        assert (short[0]["ty"], short[0]["cd"], short[0]["st"]) == ("trade", "KRW-BTC", "SNAPSHOT")
        ask(opened, {"method": "LIST_SUBSCRIPTIONS"})
        listed = {"mthd": "LIST_SUBSCRIPTIONS", "rslt": [{"ty": "trade", "cds": ["KRW-BTC"]}], "tckt": "t"}
        assert json.loads(opened.recv(timeout=180)) == [listed]
        step(address, 1)
        for _ in range(4):
            opened.send("[]")
        names = [json.loads(opened.recv(timeout=180))["error"]["name"] for _ in range(4)]
        assert names == ["WRONG_FORMAT"] * 4  # and no trade: only a snapshot was asked for
        opened.send("[]")
        opened.send("[]")
        assert "TOO_MANY_REQUEST" in str([opened.recv(timeout=180) for _ in range(2)][-1])


def test_a_silent_line_is_closed_after_two_minutes_but_pings_keep_it(served: tuple[str, Client]) -> None:
    address, _ = served
    with line(address) as silent, line(address) as pinging:
        for seconds in (119, 2):
            pinging.ping().wait(5)
            silent.ping().wait(5) if seconds == 119 else None
            step(address, seconds / 60)
            with pytest.raises(TimeoutError if seconds == 119 else ConnectionClosed):
                silent.recv(timeout=0.5 if seconds == 119 else 180)
        pinging.send("PING")
        assert pinging.recv(timeout=180) == b'{"status":"UP"}'
        step(address, 11 / 60)
        assert pinging.recv(timeout=180) == b'{"status":"UP"}'
        step(address, 3)
        assert pinging.recv(timeout=180) == b'{"status":"UP"}'  # which is traffic: the line stays


@pytest.mark.data
def test_short_names_are_those_of_recorded_frames(served: tuple[str, Client], market_data: Path) -> None:
    address, _ = served
    recorded: dict[str, dict[str, Any]] = {}
    with gzip.open(next((market_data / "ws").glob("*.jsonl.gz")), "rt", encoding="utf-8") as lines:
        for text in lines:
            frame = json.loads(json.loads(text)["raw"])
            recorded.setdefault(frame["ty"], frame)
    with line(address) as opened:
        ask(opened, *({"type": kind, "codes": ["KRW-XRP"], "is_only_snapshot": True} for kind in sorted(recorded)))
        ours = {}
        for _ in recorded:
            frame = json.loads(opened.recv(timeout=180))
            ours[frame["type"]] = shortened(frame)
    assert sorted(ours) == sorted(recorded)
    gone = {"ts", "msfi", "atv24h", "dd", "its", "mw", "ms"}
    for kind, frame in recorded.items():
        assert set(frame) - gone <= set(ours[kind]), kind
        assert {name: type(value) is str for name, value in frame.items() if name not in gone} == {
            name: type(ours[kind][name]) is str for name in frame if name not in gone
        }  # fmt: skip
