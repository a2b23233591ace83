"""What the documents leave open about the wire: each guess is a named switch of the served exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WireSwitches:
    """Behaviour of the wire that is not documented.

    plural_groups: Remaining-Req says `candles` and `trades` instead of `candle` and `trade`.
    test_order_status, cancel_and_new_status: HTTP status of their success.
    ban_after: refusals for want of quota in a row until 418; 0 = never. ban_seconds: length of the first block, doubling each time.
    get_bodies: parameters of a signed GET may come in its body, as old clients send them. delete_bodies: of a DELETE too, which the
    exchange says it refuses. post_queries: those of a POST may come in its query, which the exchange says have to be JSON.
    resubscribe: a new message on a WebSocket takes the place of the one before, or adds to it. idle_seconds: without any traffic until it
    is closed; 0 = never.
    quota_message: a 429 carries a sentence, or only the name.
    """

    plural_groups: bool = False
    test_order_status: Literal[200, 201] = 201
    cancel_and_new_status: Literal[200, 201] = 201
    ban_after: int = 10
    ban_seconds: int = 10
    get_bodies: bool = True
    delete_bodies: bool = False
    post_queries: bool = False
    resubscribe: Literal["replace", "add"] = "replace"
    idle_seconds: int = 120
    quota_message: bool = True
