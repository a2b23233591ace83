"""The official client under load, as its documentation reads streams. Arguments: the server's port, the codes."""

from __future__ import annotations

import asyncio
import sys

from tally import Tally
from upbit import AsyncUpbit


async def read(manager, tally: Tally) -> None:
    """One connection, to its end."""
    async with manager as stream:
        while not tally.over:
            try:
                event = await asyncio.wait_for(stream.recv(), 1.0)
            except TimeoutError:
                continue
            own = getattr(event, "tc", None)
            tally.take(int(event.tms), None if own is None else int(own))


async def main(port: int, codes: list[str]) -> None:
    """Public and own messages side by side."""
    tally = Tally()
    client = AsyncUpbit(access_key="a", secret_key="s" * 64, base_url=f"http://127.0.0.1:{port}")
    streams = client.ws_stream
    await asyncio.gather(
        read(streams.subscribe(orderbook=codes, trade=codes, format="SIMPLE"), tally),
        read(streams.my_order(codes, format="SIMPLE"), tally),
    )
    print(tally.report(), flush=True)


asyncio.run(main(int(sys.argv[1]), sys.argv[2].split(",")))
