"""What the documents leave open about the wire: each guess is a named switch of the served exchange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class WireSwitches:
    """Behaviour of the wire that is not documented.

    group_names: Remaining-Req says `candle` and `trade`, `candles` and `trades`, or `candles` and `crix-trades`.
    test_order_status, cancel_and_new_status, transfer_status: HTTP status of their success; the last one of all that moves
    money, and of the travel rule.
    out_of_scope_status: of a key that is not allowed to do something: 403 of the newer parts of the exchange, 401 of the older ones.
    ban_after: refusals for want of quota in a row until 418; 0 = never. ban_seconds: length of the first block, doubling each time.
    get_bodies: parameters of a signed GET may come in its body, as old clients send them. delete_bodies: of a DELETE too, which the
    exchange says it refuses. post_queries: those of a POST may come in its query, which the exchange says have to be JSON.
    quota_body: a 429 carries a name and a sentence, only the name, or plain text as it once did. ban_body: a 418 says how long it lasts
    as a member and in its sentence, in the sentence only, not at all, or it is plain text.
    resubscribe: a new message on a WebSocket takes the place of the one before, or adds to it. list_format: the format of a
    LIST_SUBSCRIPTIONS is that of its answer only, or of everything from then on. most_codes: of all types of a message together; 0 = any
    number. close_on_error: which error frames end the line. idle_seconds: without any traffic until it is closed; 0 = never.
    """

    group_names: Literal["singular", "plural", "crix"] = "singular"
    test_order_status: Literal[200, 201] = 201
    cancel_and_new_status: Literal[200, 201] = 201
    transfer_status: Literal[200, 201] = 201
    out_of_scope_status: Literal[401, 403] = 403
    ban_after: int = 10
    ban_seconds: int = 10
    get_bodies: bool = True
    delete_bodies: bool = False
    post_queries: bool = False
    quota_body: Literal["sentence", "name", "text"] = "sentence"
    ban_body: Literal["seconds", "sentence", "name", "text"] = "seconds"
    resubscribe: Literal["replace", "add"] = "replace"
    list_format: Literal["answer", "connection"] = "answer"
    most_codes: int = 0
    close_on_error: Literal["auth", "always", "never"] = "auth"
    idle_seconds: int = 120
