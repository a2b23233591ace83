"""Every name under which the exchange refuses, walked on the served exchange: what our client makes of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from dsl.diagnostics import Language
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.demanded import ANSWERS
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.simulated.served.subscriptions import MESSAGES
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import ExchangeError, Policy, RefusedError, UnknownOutcomeError
from engine.exchange.upbit.inbox import Connected, Trouble
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.refusals import BY_NAME
from engine.exchange.upbit.rest import ClientSettings
from engine.exchange.upbit.signing import Algorithm
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription
from tests.engine.exchange.calls import TERMS
from tests.engine.exchange.far_side import QuickClock, keys
from tests.engine.exchange.served.signing import ACCESS, SECRET, START_MS, serving, store_of
from tests.engine.exchange.test_upbit_errors import DOCUMENTED

Row = tuple[int, str | int, str, Policy]
#: how often it is asked under a refusal: by a question, by an order
ASKED: dict[object, tuple[int, int]] = {418: (4, 4), 429: (4, 4), 500: (4, 1), "nonce_used": (4, 1)}


def check(error: ExchangeError, row: Row) -> None:
    """Class, policy and both sentences of a refusal."""
    _, name, said, policy = row
    assert isinstance(error, RefusedError)
    assert str(name) in type(error).names or any(said.startswith(words) for words in type(error).names)
    assert (error.name, error.policy) == (str(name), policy)
    for language in Language:
        sentence = error.message(language)
        assert len(sentence) > 20
        assert error.said in sentence
    assert error.message(Language.KOREAN) != error.message(Language.ENGLISH)


async def refused(client: UpbitClient, row: Row) -> None:
    """A question and an order, both refused so."""
    status, name, _, _ = row
    call = client.quotation.markets() if isinstance(name, int) else client.trading.accounts()
    with pytest.raises(RefusedError) as question:
        await call
    check(question.value, row)
    with pytest.raises(ExchangeError) as order:
        await client.trading.place("KRW-XRP", TERMS, f"i-{name}"[:64])
    if status >= 500 or name == "nonce_used":
        assert isinstance(order.value, UnknownOutcomeError)
        assert order.value.identifier == f"i-{name}"
        assert order.value.policy is Policy.LOOK_UP
    else:
        check(order.value, row)


async def refused_stream(stream: Stream, row: Row) -> None:
    """A message on a connection that stands."""
    assert await stream.ask_subscriptions() == 1
    while not isinstance(item := (await anext(stream)).item, Trouble):
        pass
    assert item.error is not None
    check(item.error, row)


async def walk(url: str, count: Callable[[], int]) -> list[str]:
    """Each row of the exchange's table, demanded and met. count: requests so far. Returns what was demanded."""
    walked: list[str] = []
    settings = StreamSettings(url=f"{url.replace('http', 'ws')}/websocket/v1")
    async with (
        httpx.AsyncClient(base_url=url) as control,
        Stream([Subscription(Kind.TICKER, ("KRW-XRP",))], settings=settings, limits=Limits(QuickClock())) as stream,
        asyncio.timeout(60),
    ):
        assert isinstance((await anext(stream)).item, Connected)
        for row in DOCUMENTED:
            status, name, said, _ = row
            walked.append(said if isinstance(name, int) else name)
            assert (await control.post("/control/refuse", json={"name": walked[-1]})).status_code == 200
            if status == 200:
                await refused_stream(stream, row)
                continue
            chosen, before = ClientSettings(base_url=url, backoff_seconds=0.0), count()
            async with UpbitClient(keys(Algorithm.HS512), chosen, Limits(QuickClock())) as client:
                await refused(client, row)
            assert count() - before == sum(ASKED.get(name, ASKED.get(status, (1, 1)))), row
        assert (await control.post("/control/refuse", json={"name": "weather"})).status_code == 400
    return walked


def test_every_name_of_the_exchange_on_the_served_one(tmp_path: Path) -> None:
    face = open_face(
        store_of(tmp_path, 60),
        Terms(at_ms=START_MS, settings=("close_on_error=never",)),
        Key(ACCESS, SECRET),
        0.0,
        time.monotonic,
        control=True,
    )
    with serving(face) as address:
        walked = asyncio.run(walk(f"http://{address}", lambda: face._count))
    assert len(set(walked)) >= 50
    assert set(ANSWERS) | set(MESSAGES) == set(walked)
    assert {name for name in BY_NAME if name and " " not in name} <= set(walked)
