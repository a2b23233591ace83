"""What a request is once it was let in, and what a path is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.exchange.simulated.served.switches import WireSwitches
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.world import World


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in. body: the JSON object of a POST; match: what the path holds; access: the key that signed it, and
    what it permits."""

    world: World
    query: Query
    body: Mapping[str, Any]
    match: Mapping[str, str]
    wire: WireSwitches
    access: str = ""
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """private: signed; permission: what the key must be allowed, None = any key."""

    method: str
    path: re.Pattern[str]
    group: str
    answer: Callable[[Asked], tuple[int, Any]]
    private: bool = True
    permission: str | None = None


def ok(answer: Callable[[Asked], Any]) -> Callable[[Asked], tuple[int, Any]]:
    """With status 200."""
    return lambda asked: (200, answer(asked))


def public(path: str, group: str, answer: Callable[[Asked], Any]) -> Route:
    """A question about prices."""
    return Route("GET", re.compile(path), group, ok(answer), private=False)


def private(method: str, path: str, answer: Callable[[Asked], Any], permission: str | None, group: str = "default") -> Route:
    """A signed question or cancellation."""
    return Route(method, re.compile(path), group, ok(answer), permission=permission)


def command(path: str, answer: Callable[[Asked], Any], permission: str) -> Route:
    """A signed request that moves something."""
    return Route("POST", re.compile(path), "default", lambda asked: (asked.wire.transfer_status, answer(asked)), permission=permission)
