"""The stream over real sockets against a far side that refuses, falls silent, breaks off and repeats itself."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import Headers
from websockets.http11 import Response

from engine.exchange.upbit.frames import MyOrderFrame, SubscriptionsFrame, TradeFrame
from engine.exchange.upbit.inbox import Connected, Disconnected, Trouble
from engine.exchange.upbit.limits import Group, Limits
from engine.exchange.upbit.refusals import NoTokenError, StreamAuthError, StreamFormatError, TokenError
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange import recipe
from tests.engine.exchange.far_side import SECRET, QuickClock, keys
from tests.engine.exchange.stream_side import OWN, TRADES, exchange, ids, listening, say, trade, until
from tests.engine.exchange.test_upbit_errors import body_of
from tests.engine.exchange.test_upbit_frames import message
from tests.engine.exchange.test_upbit_rest import frames_of


def test_it_subscribes_and_reads() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, trade(1), trade(2))
        await socket.send('{"status":"UP"}')
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: len(found) == 4)
        assert items[0] == Connected(False, frozenset(TRADES.codes))
        assert ids(items) == [1, 2]
        (asked,) = there.asked
        assert set(asked[0]) == {"ticket"}
        assert asked[1:] == [{"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}, {"format": "SIMPLE"}]
        assert (there.paths, there.tokens) == (["/websocket/v1"], [None])

    asyncio.run(main())


def test_what_is_subscribed_can_be_asked() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        async for text in socket:
            listed = json.loads(text)
            assert listed[1:] == [{"method": "LIST_SUBSCRIPTIONS"}]
            await socket.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "result": asked[1:-1], "ticket": listed[0]["ticket"]}))

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            await until(stream, lambda found: isinstance(found[-1], Connected))
            assert await stream.ask_subscriptions() == 1
            (listed,) = await until(stream, lambda found: True)
        assert isinstance(listed, SubscriptionsFrame)
        assert listed.result == [{"type": "trade", "codes": ["KRW-BTC", "KRW-ETH"]}]

    asyncio.run(main())


def test_private_kinds_go_to_their_own_address_signed() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message(asked[1]["type"]))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there, TRADES, OWN, Subscription(Kind.MY_ASSET), keys=keys()) as stream:
            items = await until(stream, lambda found: len(found) == 4)
        assert sum(isinstance(item, MyOrderFrame) for item in items) == 1
        told = dict(zip(there.paths, there.tokens, strict=True))
        assert told["/websocket/v1"] is None
        token = told["/websocket/v1/private"]
        assert token is not None
        assert "query_hash" not in recipe.claims_of(token, SECRET, "", b"")

    asyncio.run(main())
    with pytest.raises(NoTokenError):
        Stream([OWN])


def test_it_comes_back_after_every_loss_waiting_longer_each_time() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        if number in (3, 7):
            await say(socket, trade(number))
        if number < 8:
            socket.transport.abort()
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: sum(isinstance(item, Connected) for item in found) == 9)
        losses = [item for item in items if isinstance(item, Disconnected)]
        assert [loss.attempts for loss in losses] == [1, 2, 3, 1, 2, 3, 4, 1]
        assert not any(loss.alarming for loss in losses)
        for loss in losses:
            assert 0.75 <= loss.wait_seconds / 2 ** (loss.attempts - 1) <= 1.25
        assert [item.again for item in items if isinstance(item, Connected)] == [False] + [True] * 8
        assert len({asked[0]["ticket"] for asked in there.asked}) == 9
        assert ids(items) == [3, 7]

    asyncio.run(main())


def test_waits_end_at_thirty_seconds_and_never_give_up() -> None:
    async def main() -> None:
        stream = Stream([TRADES], settings=StreamSettings(url="ws://127.0.0.1:9"), limits=Limits(QuickClock()), chance=random.Random(1))
        async with stream:
            losses = await until(stream, lambda found: len(found) == 40)
        waits = [item.wait_seconds for item in losses if isinstance(item, Disconnected)]
        assert [item.alarming for item in losses if isinstance(item, Disconnected)] == [False] * 4 + [True] * 36
        assert len(waits) == 40
        assert all(22.5 <= seconds <= 37.5 for seconds in waits[5:])
        assert len(set(waits)) == 40

    asyncio.run(main())


def test_nothing_but_refusals_is_no_news() -> None:
    """A connection that only ever says that we are not wanted: the waits grow, and the owner is called."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await socket.send(body_of("INVALID_AUTH", "x"))
        await socket.send(b"<html>")

    async def main() -> None:
        async with exchange(script) as there, listening(there, OWN, keys=keys()) as stream:
            items = await until(stream, lambda found: sum(isinstance(item, Disconnected) for item in found) == 6)
        losses = [item for item in items if isinstance(item, Disconnected)]
        assert [loss.attempts for loss in losses] == [1, 2, 3, 4, 5, 6]
        assert [loss.alarming for loss in losses] == [False] * 4 + [True] * 2
        told = [item for item in items if isinstance(item, Trouble | Connected | Disconnected)]
        assert len(told) == 6 * 4
        assert all(item.private for item in told)

    asyncio.run(main())


def test_a_connection_that_stood_for_long_was_good_though_nothing_was_said() -> None:
    """Own orders are silent while nothing happens: a line that breaks once an hour is no growing trouble."""
    clock, moved = QuickClock(), asyncio.Semaphore(0)

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await moved.acquire()
        socket.transport.abort()

    async def main() -> list[int]:
        losses: list[int] = []
        async with exchange(script) as there:
            settings = StreamSettings(url=there.url)
            async with Stream([OWN], keys=keys(), settings=settings, limits=Limits(clock)) as stream, asyncio.timeout(20):
                async for arrival in stream:
                    if isinstance(arrival.item, Connected):
                        clock.now += 3600.0 if len(losses) < 6 else 10.0
                        moved.release()
                    if isinstance(arrival.item, Disconnected):
                        losses.append(arrival.item.attempts)
                    if len(losses) == 9:
                        break
        return losses

    assert asyncio.run(main()) == [1, 1, 1, 1, 1, 1, 2, 3, 4]


def test_a_line_that_is_open_and_dead_is_noticed() -> None:
    """The far side answers no ping and says nothing: the connection is given up and made anew."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        if number == 0:
            socket.transport.pause_reading()  # type: ignore[attr-defined]
            await closed.wait()
            socket.transport.abort()
            return
        await say(socket, trade(1))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there, settings={"ping_seconds": 0.1, "close_seconds": 0.1}) as stream:
            items = await until(stream, lambda found: bool(ids(found)))
            closed.set()
        assert [type(item) for item in items] == [Connected, Disconnected, Connected, TradeFrame]
        assert "keepalive" in items[1].reason  # type: ignore[union-attr]

    closed = asyncio.Event()
    asyncio.run(main())


def test_a_block_at_the_handshake_holds_the_whole_account() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> None:
        blocked = Response(418, "Teapot", Headers(), body_of("blocked", "blocked for 300 seconds"))
        async with exchange(script, blocked) as there, listening(there, OWN, keys=keys()) as stream:
            await until(stream, lambda found: isinstance(found[-1], Trouble))
            held = {quota.group for quota in stream.limits.quotas() if quota.held_seconds > 290}
            await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
            assert stream.limits.clock.monotonic_seconds() >= 300
        assert {Group.ORDER, Group.DEFAULT, Group.WEBSOCKET_CONNECT} <= held
        assert Group.TICKER not in held

    asyncio.run(main())


def test_what_cannot_be_read_does_not_end_it() -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await socket.send(b"\xff{")
        await socket.send(body_of("WRONG_FORMAT", "x"))
        await socket.send('{"ty":"trade"}')
        await say(socket, trade(1))
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there) as stream:
            items = await until(stream, lambda found: bool(ids(found)))
        troubles = [item for item in items if isinstance(item, Trouble)]
        assert [type(item.error) for item in troubles] == [type(None), StreamFormatError, type(None)]
        assert len(there.asked) == 1

    asyncio.run(main())


@pytest.mark.parametrize(("status", "name", "kind"), [(401, "jwt_verification", TokenError), (401, "INVALID_AUTH", StreamAuthError)])
def test_a_refused_handshake_is_told_and_tried_again(status: int, name: str, kind: type[Exception]) -> None:
    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> None:
        refused = Response(status, HTTPStatus(status).phrase, Headers(), body_of(name, "x"))
        async with exchange(script, refused) as there, listening(there, OWN, keys=keys()) as stream:
            items = await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
        (error,) = [item.error for item in items if isinstance(item, Trouble)]
        assert type(error) is kind
        frames = list(frames_of(error))
        assert len(frames) > 1
        assert {frame.f_globals["__name__"] for frame in frames} == {"engine.exchange.upbit.stream"}
        assert "Bearer" not in repr([list(frame.f_locals.values()) for frame in frames])
        assert len(set(there.tokens)) == 2
        assert SECRET not in repr(items)

    asyncio.run(main())


def test_a_reader_that_does_not_read_holds_nobody_up() -> None:
    """More than any socket keeps is sent while nobody reads; it all lies there afterwards."""

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        for count in range(60):
            await say(socket, message("myOrder") | {"trades_count": count, "identifier": chance.randbytes(50_000).hex()})
        sent.set()
        await socket.wait_closed()

    async def main() -> None:
        async with exchange(script) as there, listening(there, OWN, keys=keys()) as stream, asyncio.timeout(20):
            await sent.wait()
            items = await until(stream, lambda found: len(found) == 61)
            assert "permessage-deflate" in there.extensions[0]
        assert [item.trades_count for item in items if isinstance(item, MyOrderFrame)] == list(range(60))

    sent, chance = asyncio.Event(), random.Random(1)
    asyncio.run(main())


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def script(socket: ServerConnection, asked: list[dict[str, Any]], number: int) -> None:
        await say(socket, message("myOrder"))
        await socket.wait_closed()

    async def main() -> str:
        async with exchange(script) as there, listening(there, OWN, keys=keys()) as stream:
            await until(stream, lambda found: isinstance(found[-1], MyOrderFrame))
            return repr(vars(stream))

    shown = asyncio.run(main())
    told = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server"))
    assert any("websocket" in record.name for record in caplog.records), "the far side logs what it gets"
    for text in (shown, told):
        assert "Bearer" not in text
        assert SECRET not in text
