"""Messages of a WebSocket client that make no sense, or half of one: each is answered, and the line goes on."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

from engine.exchange.simulated.served.frames import PRIVATE, PUBLIC
from engine.exchange.simulated.served.subscriptions import MESSAGES
from tests.engine.exchange.served.desk import XRP, Desk

ODD: list[Any] = [None, True, 0, -1, 1.5, "", XRP, "KRW-XRP.5", "KRW-XRP.7", "krw-xrp", [], [XRP], [1], [None], {}, "SIMPLE", "x" * 100,
                  1e400, "Infinity", "1e5", 10000, [[XRP]]]  # fmt: skip
KEYS = ("ticket", "type", "codes", "level", "is_only_snapshot", "is_only_realtime", "isOnlySnapshot", "format", "method", "categories")
CODES = ([XRP], ["KRW-BTC.5"], ["KRW-BTC", "USDT-XRP"], [], [XRP, XRP])


def message(chance: random.Random) -> Any:
    """Something like a subscription."""
    if chance.random() < 0.05:
        return chance.choice(ODD)
    parts: list[dict[str, Any]] = [{"ticket": "t"}]
    for _ in range(chance.randint(1, 3)):
        part: dict[str, Any] = {"type": chance.choice((*PUBLIC, *PRIVATE)), "codes": chance.choice(CODES)}
        for flag in ("is_only_snapshot", "is_only_realtime"):
            if chance.random() < 0.3:
                part[flag] = chance.choice((True, False, 1, "true"))
        if chance.random() < 0.2:
            part["level"] = chance.choice((0, 10, 100000, "10"))
        if chance.random() < 0.2:
            part[chance.choice(KEYS)] = chance.choice(ODD)
        parts.append(part)
    return parts


def test_whatever_is_said_is_answered() -> None:
    chance, seen = random.Random(5), Counter[str]()
    desk = Desk("close_on_error=never")
    for number in range(700):
        if number % 4 == 0:  # each line has a quota of its own
            lines = [desk.line(), desk.line(private=True)]
            for line in lines:
                line.name = f"{number} {line.private}"
        line = chance.choice(lines)
        answers = [json.loads(frame) for frame in line.take(json.dumps(message(chance)))]
        refused = [answer["error"]["name"] for answer in answers if "error" in answer]
        assert not refused or len(answers) == 1
        seen[refused[0] if refused else "taken"] += 1
        desk.step(20)
        for frame in line.news(float(number)):
            json.dumps(frame)
    assert set(seen) <= {*MESSAGES, "taken"}
    assert seen["taken"] > 60
    assert min(seen[name] for name in ("INVALID_PARAM", "NO_CODES", "WRONG_FORMAT", "INVALID_AUTH")) > 5, seen
