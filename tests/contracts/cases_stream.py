"""Contract, 801 to 899: the WebSocket."""

from __future__ import annotations

import json
from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import best, limit, money, place, tick
from tests.contracts.cases_cancels import waiting
from tests.contracts.suite import ORDERS, STREAM, TERMS, TIME, Line, case
from tests.contracts.suite import House as Venue

PRIVATE = "/websocket/v1/private"
CANDLES = tuple(f"candle.{unit}" for unit in ("1s", "1m", "3m", "5m", "10m", "15m", "30m", "60m", "240m"))
#: members of each frame, in the order of the documents
ORDER = {
    "type", "code", "uuid", "ask_bid", "order_type", "state", "trade_uuid", "price", "avg_price", "volume", "remaining_volume",
    "executed_volume", "trades_count", "reserved_fee", "remaining_fee", "paid_fee", "locked", "executed_funds", "time_in_force",
    "trade_fee", "is_maker", "identifier", "smp_type", "prevented_volume", "prevented_locked", "trade_timestamp", "order_timestamp",
    "timestamp", "stream_type",
}  # fmt: skip


def ask(line: Line, *parts: dict[str, Any]) -> None:
    """A subscription."""
    line.send(json.dumps([{"ticket": "t"}, *parts]))


def frames(line: Line, count: int) -> list[Any]:
    """The next ones."""
    return [line.receive() for _ in range(count)]


def until(line: Line, **wanted: object) -> list[Any]:
    """Frames up to the first of these members."""
    found: list[Any] = []
    while not found or any(found[-1].get(name) != value for name, value in wanted.items()):
        found.append(line.receive())
        assert len(found) < 500, found[-3:]
    return found


def settled(line: Line) -> None:
    """Everything that was asked before has been read by the other side."""
    line.send("PING")
    assert until(line, status="UP")[-1] == {"status": "UP"}


@case(801, "each kind: a snapshot, then news", needs=f"{STREAM} {TIME}")
def kinds(house: Venue) -> None:
    door = house.open()
    with door.line() as line:
        ask(line, *({"type": kind, "codes": [door.market]} for kind in ("ticker", "trade", "orderbook", *CANDLES)))
        first = frames(line, 3 + len(CANDLES))
        assert [frame["type"] for frame in first] == ["ticker", "trade", "orderbook", *CANDLES]
        assert {(frame["code"], frame["stream_type"]) for frame in first} == {(door.market, "SNAPSHOT")}
        assert line.is_quiet()
        door.step(60)
        news = until(line, type="candle.240m")
        assert {frame["type"] for frame in news} == {"ticker", "trade", "orderbook", *CANDLES}
        assert {frame["stream_type"] for frame in news} == {"REALTIME"}
        ids = [frame["sequential_id"] for frame in news if frame["type"] == "trade"]
        assert (len(ids), ids) == (4, sorted(set(ids)))


@case(802, "only a snapshot, or only news", needs=f"{STREAM} {TIME}")
def only(house: Venue) -> None:
    door = house.open()
    with door.line() as snapshots, door.line() as news:
        ask(snapshots, {"type": "trade", "codes": [door.market], "is_only_snapshot": True})
        ask(news, {"type": "trade", "codes": [door.market], "is_only_realtime": True})
        assert snapshots.receive()["stream_type"] == "SNAPSHOT"
        settled(news)
        door.step(60)
        assert {frame["stream_type"] for frame in frames(news, 4)} == {"REALTIME"}
        assert snapshots.is_quiet()


@case(803, "books by number of levels and lumped by level", needs=STREAM)
def books(house: Venue) -> None:
    door = house.open()
    with door.line() as line:
        ask(line, *({"type": "orderbook", "codes": [f"{door.market}.{count}"], "is_only_snapshot": True} for count in (1, 5, 15, 30)))
        assert [len(frame["orderbook_units"]) for frame in frames(line, 4)] == [1, 5, 15, 30]
        ask(line, {"type": "orderbook", "codes": [door.market], "level": 10, "is_only_snapshot": True})
        lumped = line.receive()
        assert (lumped["level"], {unit["ask_price"] % 10 for unit in lumped["orderbook_units"]}) == (10, {0})
        ask(line, {"type": "orderbook", "codes": [door.market], "level": 30, "is_only_snapshot": True})
        settled(line)  # a level that the market has not: no data


@case(804, "spellings: DEFAULT, SIMPLE, and lists of both", needs=STREAM)
def spellings(house: Venue) -> None:
    door = house.open()
    with door.line() as line:
        found = {}
        for spelling in ("DEFAULT", "SIMPLE", "JSON_LIST", "SIMPLE_LIST"):
            ask(line, {"type": "ticker", "codes": [door.market], "is_only_snapshot": True}, {"format": spelling})
            found[spelling] = line.receive()
        assert (found["DEFAULT"]["type"], found["SIMPLE"]["ty"]) == ("ticker", "ticker")
        assert found["JSON_LIST"] == [found["DEFAULT"]]
        assert found["SIMPLE_LIST"] == [found["SIMPLE"]]
        assert len(found["SIMPLE"]) == len(found["DEFAULT"])


@case(805, "the list of what is subscribed; a new message takes the place of the old", needs=STREAM)
def listed(house: Venue) -> None:
    door = house.open()
    with door.line() as line:
        ask(line, {"type": "ticker", "codes": [door.market], "is_only_realtime": True})
        ask(line, {"type": "orderbook", "codes": [door.other], "is_only_realtime": True}, {"type": "trade", "codes": [door.market],
                                                                                        "is_only_realtime": True})  # fmt: skip
        ask(line, {"method": "LIST_SUBSCRIPTIONS"})
        result = [{"type": "orderbook", "codes": [door.other], "level": 0}, {"type": "trade", "codes": [door.market]}]
        assert line.receive() == {"method": "LIST_SUBSCRIPTIONS", "result": result, "ticket": "t"}


@case(806, "complaints by name; only one about the key ends the line", needs=STREAM)
def complaints(house: Venue) -> None:
    door = house.open()
    with door.line() as line:
        for message, name in (
            ("nonsense", "WRONG_FORMAT"),
            ('[{"type":"ticker","codes":["KRW-XRP"]}]', "NO_TICKET"),
            ('[{"ticket":"t"}]', "NO_TYPE"),
            ('[{"ticket":"t"},{"type":"ticker"}]', "NO_CODES"),
            ('[{"ticket":"t"},{"type":"prices","codes":["KRW-XRP"]}]', "INVALID_PARAM"),
        ):
            line.send(message)
            assert line.receive()["error"]["name"] == name
        settled(line)
        line.send('[{"ticket":"t"},{"type":"myOrder"}]')
        assert line.receive()["error"]["name"] == "INVALID_AUTH"
        try:
            line.receive()
        except ConnectionError:
            return
        raise AssertionError("who has no key is still there")


@case(807, "messages have a quota too", needs=f"{STREAM} {TERMS} {TIME}")
def message_quota(house: Venue) -> None:
    door = house.open(settings=("quotas",))
    with door.line() as line:
        for _ in range(6):
            line.send("[]")
        assert [frame["error"]["name"] for frame in frames(line, 6)] == ["WRONG_FORMAT"] * 5 + ["TOO_MANY_REQUEST"]
        door.step(1)
        line.send("[]")
        assert line.receive()["error"]["name"] == "WRONG_FORMAT"


@case(810, "PING is answered with UP, again every ten seconds; a silent line is closed after 120", needs=f"{STREAM} {TIME}")
def keep_alive(house: Venue) -> None:
    door = house.open()
    with door.line() as line, door.line() as silent:
        line.send("PING")
        assert line.receive() == {"status": "UP"}
        silent.send("[]")
        assert "error" in silent.receive()
        for seconds in (9, 1):
            door.step(seconds)
            assert line.is_quiet() == (seconds == 9)
        door.step(109)
        assert silent.is_quiet()
        door.step(1)
        try:
            silent.receive()
        except ConnectionError:
            assert line.receive() == {"status": "UP"}
            return
        raise AssertionError("the silent line is still open")


@case(820, "the private address needs a key", needs=STREAM)
def needs_key(house: Venue) -> None:
    door = house.open()
    try:
        with door.line(PRIVATE, Authorization="Bearer nonsense"):
            raise AssertionError("let in")
    except ConnectionRefusedError as error:
        status, value = error.args
        assert (status, value["error"]["name"]) == (401, "jwt_verification")


@case(821, "own orders: wait, trade, done, with nulls", needs=f"{STREAM} {ORDERS} {TIME}")
def own_orders(house: Venue) -> None:
    door = house.open()
    with door.line(PRIVATE) as line:
        ask(line, {"type": "myOrder"})
        settled(line)
        at = best(door)[0] - 5 * tick(door)
        uuid = limit(door, "bid", at, 10, identifier="own")["uuid"]
        door.trade(door.market, str(at - tick(door)), "3", bought=False)
        found = frames(line, 3)
        assert [frame["state"] for frame in found] == ["wait", "trade", "done"]
        assert {frozenset(frame) for frame in found} == {frozenset(ORDER)}
        assert {(frame["uuid"], frame["identifier"], frame["ask_bid"]) for frame in found} == {(uuid, "own", "BID")}
        traded = found[1]
        assert (D(str(traded["price"])), traded["volume"], traded["is_maker"], traded["trades_count"]) == (at, 10, True, 1)
        assert (found[0]["trade_uuid"], found[0]["trade_fee"], found[0]["is_maker"]) == (None, None, None)
        place(door, side="ask", ord_type="market", volume="5")
        assert [frame["state"] for frame in frames(line, 3)] == ["wait", "trade", "done"]


@case(822, "own orders of some markets only, and what prevention took", needs=f"{STREAM} {ORDERS}")
def own_orders_filtered(house: Venue) -> None:
    door = house.open()
    with door.line(PRIVATE) as line:
        ask(line, {"type": "myOrder", "codes": [door.market]})
        settled(line)
        limit(door, "bid", 100_000_000, "0.001", market=door.other)
        at = best(door)[0] + tick(door)
        limit(door, "ask", at, 10)
        limit(door, "bid", at, 4, smp_type="reduce")
        found = frames(line, 5)
        assert [(frame["ask_bid"], frame["state"]) for frame in found] == [
            ("ASK", "wait"), ("BID", "wait"), ("ASK", "prevented"), ("BID", "prevented"), ("BID", "cancel"),
        ]  # fmt: skip
        assert [frame["prevented_volume"] for frame in found] == [0, 0, 4, 4, 4]


@case(823, "own balances as they change", needs=f"{STREAM} {ORDERS}")
def own_assets(house: Venue) -> None:
    door = house.open()
    with door.line(PRIVATE) as line:
        line.send('[{"ticket":"t"},{"type":"myAsset","codes":["KRW-XRP"]}]')
        assert line.receive()["error"]["name"] == "WRONG_FORMAT"
        ask(line, {"type": "myAsset"})
        settled(line)
        waiting(door)
        frame = line.receive()
        rows = {row["currency"]: row for row in frame["assets"]}
        free, locked = money(door, "KRW")
        assert (frame["type"], rows["KRW"]["balance"], rows["KRW"]["locked"]) == ("myAsset", float(free), float(locked))
