"""Every key of strategy, risk and portfolio files: what its text is, and what changing it does to a running strategy.

A path is written with dots, `*` for a name of the user's own or a place in a list: `exits.*.at`. What a key means, in both languages,
is `dsl.messages.keys`. A test holds this table against the schema, so that no key is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

RULE = "rule"
#: texts that are not of the rule language: nothing in them is looked at
FREE_KINDS = frozenset({"name", "title", "literal", "market", "date", "candles"})
#: words that join conditions; they and the names below them belong to the condition
JOINING = frozenset({"all", "any", "none", "at_least"})


class Reload(StrEnum):
    """What a change does when the file is loaded while the strategy runs (mildest first)."""

    NONE = "none"  # trading does not change
    LIVE = "live"  # from the next decision on
    POSITIONS = "positions"  # for new positions only: open ones keep their version
    WARM = "warm"  # entries wait until the new values are ready
    FLAT = "flat"  # refused while positions are open
    LOOSER = "looser"  # a limit gets weaker: asks for a second confirmation


class Looser(StrEnum):
    """Which change of a limit makes it weaker."""

    MORE = "more"  # a larger value, or none
    LESS = "less"  # a smaller value, or none
    ANY = "any"  # cannot be told from the value


@dataclass(frozen=True, slots=True)
class Key:
    """kind: `rule`, a phrase of the grammar, or one of FREE_KINDS. looser: set for limits. default: what holds where the key is missing."""

    kind: str
    reload: Reload
    looser: Looser | None = None
    default: str = ""

    @property
    def is_rule(self) -> bool:
        """Whether its text, or each text of a group below it, is an expression."""
        return self.kind == RULE

    @property
    def is_free(self) -> bool:
        """Whether its text is not of the rule language."""
        return self.kind in FREE_KINDS


def _live(kind: str) -> Key:
    return Key(kind, Reload.LIVE)


def _limit(kind: str, looser: Looser, reload: Reload = Reload.LIVE, default: str = "") -> Key:
    return Key(kind, reload, looser, default)


_STRATEGY: Mapping[str, Key] = {
    "schema": Key("literal", Reload.FLAT),
    "name": Key("name", Reload.FLAT),
    "title": Key("title", Reload.NONE),
    "state": Key("literal", Reload.LIVE, Looser.MORE),
    "risk_profile": Key("name", Reload.LIVE),
    "clock": Key("timeframe", Reload.FLAT),
    "aliases.*": Key("market", Reload.WARM),
    "markets.*": Key("market", Reload.WARM),
    "params.*.value": _live("constant"),
    "params.*.range": Key("range_of", Reload.NONE),
    "params.*.step": Key("constant", Reload.NONE),
    "external.*.file": Key("name", Reload.WARM),
    "external.*.or": Key("literal", Reload.WARM),
    "external.*.stale_after": _live("duration_of"),
    "universe.quote": Key("literal", Reload.FLAT, default="KRW"),
    "universe.refresh": _live("refresh"),
    "universe.keep.*": Key(RULE, Reload.WARM),  # other markets may come in, whose values have to be ready first
    "universe.drop.*": Key(RULE, Reload.WARM),
    "universe.take": Key("whole", Reload.WARM),  # fewer of the same: live (dsl.diff)
    "universe.by": Key(RULE, Reload.WARM),
    "define.*": _live(RULE),
    "regime.*": _live(RULE),
    "factors.*.value": _live(RULE),
    "factors.*.weight": _live("constant"),
    "score.combine": _live("literal"),
    "score.missing_factor": _live("literal"),
    "entry": _live(RULE),
    "sizing.risk": _limit("of_equity", Looser.MORE, Reload.POSITIONS),
    "sizing.weight": _limit("of_equity", Looser.MORE, Reload.POSITIONS),
    "sizing.max_weight": _limit("of_equity", Looser.MORE, Reload.POSITIONS),
    "sizing.min_order": Key("money", Reload.POSITIONS),
    "sizing.scale": Key(RULE, Reload.POSITIONS),
    "execution.enter.order": _live("literal"),
    "execution.enter.price": _live("order_price"),
    "execution.enter.reprice": _live("every"),
    "execution.enter.time_in_force": _live("literal"),
    "execution.enter.after": _live("duration_of"),
    "execution.enter.then": _live("next_order"),
    "execution.leave.order": _live("literal"),
    "execution.leave.max_slippage": _limit("constant", Looser.MORE),
    "exits.*.at": Key(RULE, Reload.POSITIONS),
    "exits.*.when": Key(RULE, Reload.POSITIONS),
    "exits.*.frozen": Key("literal", Reload.POSITIONS),
    "exits.*.sell": Key("share", Reload.POSITIONS),
    "exits.*.after": Key("name", Reload.POSITIONS),
    "limits.open_positions": _limit("whole", Looser.MORE),
    "limits.entries_per_market": _limit("per_day", Looser.MORE),
    "limits.cooldown": _limit("after_loss", Looser.LESS),
    "limits.reentry": _limit("after_exit", Looser.LESS),
    "reload.open_positions": _live("literal"),
    "tests.*.name": Key("title", Reload.NONE),
    "tests.*.rule": Key(RULE, Reload.NONE),
    "tests.*.given.*": Key("candles", Reload.NONE),
    "tests.*.replay.markets.*": Key("market", Reload.NONE),
    "tests.*.replay.from": Key("date", Reload.NONE),
    "tests.*.replay.to": Key("date", Reload.NONE),
    "tests.*.expect": Key("title", Reload.NONE),
}


def _guard(name: str) -> dict[str, Key]:
    """What the engine does when something about itself is wrong."""
    return {
        f"safety.{name}.then": _limit("action", Looser.ANY),
        f"safety.{name}.after": _limit("duration_of", Looser.MORE),
        f"safety.{name}.above": _limit("duration_of", Looser.MORE),
        f"safety.{name}.no_heartbeat": _limit("duration_of", Looser.MORE),
        f"safety.{name}.alert": _live("name"),
    }


def _loss(name: str) -> dict[str, Key]:
    return {
        f"loss.{name}.limit": _limit("loss_limit", Looser.MORE),
        f"loss.{name}.then": _limit("action", Looser.ANY),
        f"loss.{name}.until": _limit("until", Looser.ANY),
    }


def _drawdown(path: str) -> dict[str, Key]:
    """The ladder of one window."""
    return {
        f"{path}.over": _limit("duration_of", Looser.LESS),
        f"{path}.steps.*.at": _limit("loss_limit", Looser.MORE),
        f"{path}.steps.*.then": _limit("action", Looser.ANY),
        f"{path}.steps.*.until": _limit("until", Looser.ANY),
    }


_RISK: Mapping[str, Key] = {
    "schema": Key("literal", Reload.FLAT),
    "name": Key("name", Reload.NONE),
    "title": Key("title", Reload.NONE),
    "aliases.*": _limit("market", Looser.ANY),
    "sectors.*.*": _limit("market", Looser.ANY),
    "capital": _limit("capital", Looser.MORE),
    "day.starts": _limit("starts_at", Looser.ANY),
    "day.equity": _limit("literal", Looser.ANY),
    **_loss("daily"),
    **_loss("weekly"),
    **_loss("monthly"),
    "loss.per_trade.limit": _limit("loss_limit", Looser.MORE),
    **_drawdown("drawdown"),
    **_drawdown("drawdown.*"),
    "exposure.total": _limit("of_equity", Looser.MORE),
    "exposure.per_market": _limit("of_equity", Looser.MORE),
    "exposure.per_strategy": _limit("of_equity", Looser.MORE),
    "exposure.open_positions": _limit("whole", Looser.MORE),
    "exposure.positions_per_market": _limit("whole", Looser.MORE, default="1"),
    "exposure.max_per_sector": _limit("whole", Looser.MORE),
    "exposure.cash_reserve": _limit("money", Looser.LESS),
    "crowding.measure": _limit(RULE, Looser.ANY),
    "crowding.max_pair": _limit("constant", Looser.MORE),
    "crowding.max_cluster": _limit("positions", Looser.MORE, default="1 position"),
    "crowding.with_btc.above": _limit("constant", Looser.MORE),
    "crowding.with_btc.count_as": _limit("clusters", Looser.ANY),
    "breakers.*.when": _limit(RULE, Looser.ANY),
    "breakers.*.then": _limit("action", Looser.ANY),
    "breakers.*.for": _limit("duration_of", Looser.LESS),
    "orders.min_order": _limit("money", Looser.LESS, default="30_000 KRW"),
    "orders.max_order": _limit("money", Looser.MORE),
    "orders.max_slippage": _limit("constant", Looser.MORE),
    "orders.max_book_share": _limit("of_depth", Looser.MORE),
    "orders.per_minute": _limit("whole", Looser.MORE),
    **_guard("stale_data"),
    **_guard("clock_skew"),
    **_guard("unknown_order"),
    **_guard("books_disagree"),
    **_guard("dead_man"),
}

_PORTFOLIO: Mapping[str, Key] = {
    "schema": Key("literal", Reload.FLAT),
    "name": Key("name", Reload.FLAT),
    "title": Key("title", Reload.NONE),
    "state": Key("literal", Reload.LIVE, Looser.MORE),
    "risk_profile": Key("name", Reload.LIVE),
    "capital": _limit("capital", Looser.MORE),
    "aliases.*": Key("market", Reload.WARM),
    "params.*.value": _live("constant"),
    "params.*.range": Key("range_of", Reload.NONE),
    "params.*.step": Key("constant", Reload.NONE),
    "define.*": _live(RULE),
    "regime.*": _live(RULE),
    "strategies.*.strategy": Key("name", Reload.FLAT),
    "strategies.*.weight": Key("of_equity", Reload.POSITIONS),
    "strategies.*.when": _live(RULE),
}

#: kind of file -> its keys
KEYS: Mapping[str, Mapping[str, Key]] = {"strategy": _STRATEGY, "risk": _RISK, "portfolio": _PORTFOLIO}


def pattern_of(kind: str, path: Sequence[str | int]) -> str | None:
    """The entry of KEYS[kind] that the text at `path` (keys and places in lists) belongs to; None when the table has none.

    A parameter written short (`n: 14`) belongs to `params.*.value`; what is below a group of conditions belongs to the group's key.
    """
    known = KEYS.get(kind, {})
    parts: list[str] = []
    for segment in path:
        if parts and segment in JOINING and ".".join(parts) in known:
            return ".".join(parts)
        names = [*parts, str(segment)]
        exact = ".".join(names)
        if not isinstance(segment, int) and any(entry == exact or entry.startswith(f"{exact}.") for entry in known):
            parts = names
        else:
            parts.append("*")
    found = ".".join(parts)
    if found not in known and f"{found}.value" in known:
        found = f"{found}.value"
    return found if found in known else None


def key_of(kind: str, path: Sequence[str | int]) -> Key | None:
    """What is known about the text at `path`."""
    found = pattern_of(kind, path)
    return None if found is None else KEYS[kind][found]
