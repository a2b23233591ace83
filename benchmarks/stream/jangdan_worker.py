"""Our stream client under load: books and trades of all markets, and own orders. Argument: the server's port."""

from __future__ import annotations

import asyncio
import sys

from benchmarks.stream.server import CODES
from benchmarks.stream.tally import Tally
from engine.exchange.upbit.frames import MyOrderFrame, OrderbookFrame, TradeFrame
from engine.exchange.upbit.inbox import Lost, Trouble
from engine.exchange.upbit.signing import Keys, Secret
from engine.exchange.upbit.stream import Stream, StreamSettings
from engine.exchange.upbit.subscriptions import Kind, Subscription

KEYS = Keys(Secret("benchmark-access-key"), Secret("benchmark-secret-key"))
WISHES = (Subscription(Kind.ORDERBOOK, CODES), Subscription(Kind.TRADE, CODES), Subscription(Kind.MY_ORDER))


async def main(port: int) -> None:
    """Read until it is silent."""
    tally = Tally()
    settings = StreamSettings(url=f"ws://127.0.0.1:{port}/websocket/v1")
    async with Stream(WISHES, keys=KEYS, settings=settings) as stream:
        while not tally.over:
            try:
                async with asyncio.timeout(1.0):
                    while True:
                        item, at = await anext(stream)
                        if isinstance(item, OrderbookFrame | TradeFrame):
                            tally.take(item.timestamp or 0, at=at)
                        elif isinstance(item, MyOrderFrame):
                            tally.take(item.timestamp or 0, item.trades_count, at)
                        elif isinstance(item, Trouble | Lost):
                            raise RuntimeError(item)
            except TimeoutError:
                continue
    print(tally.report(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
