"""What kind of text stands at a place of a file: a rule, a phrase with examples, a market, the name of an exit ..."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from dsl.assist.layout import Path


class Role(StrEnum):
    """What a value is."""

    RULE = "rule"
    EXIT_LEVEL = "exit_level"  # `at:` of an exit: a rule or `-2%`
    MARKET = "market"
    TIMEFRAME = "timeframe"
    PROFILE = "profile"
    STRATEGY = "strategy"
    EXIT = "exit"  # the name of an exit
    DEFINITION = "definition"  # the name of a definition
    REGIME = "regime"  # declares a regime
    PHRASE = "phrase"
    OTHER = "other"


_THEN = ("stop_entries", "flatten", "size x0.5", "close_market", "freeze_market for 30m", "cancel_entries")
#: last keys of a path -> texts that may stand there; the longest fitting path counts
EXAMPLES: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("clock",): ("5m", "1m", "3m", "10m", "15m", "30m", "1h", "4h", "1d"),
    ("universe", "refresh"): ("every day at 09:05 KST",),
    ("universe", "take"): ("30", "10"),
    ("universe", "by"): ("turnover(24h)",),
    ("sizing", "risk"): ("0.5% of equity", "1% of equity"),
    ("sizing", "weight"): ("10% of equity", "5% of equity"),
    ("sizing", "max_weight"): ("12% of equity", "20% of equity"),
    ("min_order",): ("30_000 KRW", "3만원"),
    ("max_order",): ("3_000_000 KRW", "300만원"),
    ("enter", "price"): ("best bid + 1 tick", "best bid", "best ask"),
    ("enter", "reprice"): ("every 5s",),
    ("enter", "after"): ("20s",),
    ("enter", "then"): ("market if slippage <= 0.3%", "cancel"),
    ("max_slippage",): ("0.8%", "0.5%"),
    ("sell",): ("50%", "50% of rest", "100%"),
    ("limits", "open_positions"): ("5", "10"),
    ("limits", "entries_per_market"): ("3 per day", "10 per day"),
    ("limits", "cooldown"): ("30m after loss", "10m after loss"),
    ("limits", "reentry"): ("6 bars after exit", "2 bars after exit"),
    ("schema",): ("strategy/1", "risk/1", "portfolio/1"),
    ("strategies", "*", "weight"): ("50% of equity", "30% of equity"),
    ("day", "starts"): ("09:00 KST",),
    ("loss", "*", "limit"): ("3%", "30만원"),
    ("until",): ("next day", "manual"),
    ("breakers", "*", "for"): ("60m", "4h"),
    ("then",): _THEN,
    ("drawdown", "over"): ("30d", "90d"),
    ("steps", "*", "at"): ("5%", "8%", "12%"),
    ("exposure", "total"): ("60% of equity",),
    ("exposure", "per_market"): ("12% of equity",),
    ("exposure", "per_strategy"): ("35% of equity",),
    ("exposure", "cash_reserve"): ("200_000 KRW", "20만원"),
    ("crowding", "measure"): ("corr(logret(1), other.logret(1), 192 bars)@1h",),
    ("crowding", "max_pair"): ("0.85",),
    ("crowding", "max_cluster"): ("2 positions",),
    ("with_btc", "above"): ("0.90",),
    ("with_btc", "count_as"): ("1 cluster",),
    ("orders", "max_book_share"): ("10% of depth(ask, 0.5%)",),
    ("orders", "per_minute"): ("40",),
    ("safety", "*", "after"): ("15s", "30s"),
    ("safety", "*", "above"): ("2s",),
    ("no_heartbeat",): ("120s",),
    ("alert",): ("critical",),
    ("capital",): ("50% of account", "10_000_000 KRW"),
    ("expect",): ("fires at 24 only", "entries == 0"),
    ("exits", "*", "at"): ("-2%", "+3%"),
}  # fmt: skip
_GROUPS = ("all", "any", "none", "at_least")


def role_of(path: Path) -> Role:
    """What stands at `path`, told from its keys alone."""
    keys = tuple(str(part) for part in path)
    if not keys:
        return Role.OTHER
    top, last = keys[0], keys[-1]
    if top in ("markets", "aliases") or (len(keys) > 1 and keys[-2] == "markets"):
        return Role.MARKET
    if top == "exits" and len(keys) == 3:
        return {"at": Role.EXIT_LEVEL, "when": Role.RULE, "after": Role.EXIT}.get(last, Role.PHRASE)
    if top == "regime" and last == "otherwise":
        return Role.REGIME
    if _is_rule(keys):
        return Role.RULE
    if keys == ("clock",):
        return Role.TIMEFRAME
    if last == "risk_profile":
        return Role.PROFILE
    if top == "strategies" and last == "strategy":
        return Role.STRATEGY
    if top == "tests" and last == "rule":
        return Role.DEFINITION
    return Role.PHRASE if examples(path) else Role.OTHER


def _is_rule(keys: tuple[str, ...]) -> bool:
    top, last = keys[0], keys[-1]
    return (
        last == "when"
        or (top in ("define", "regime") and len(keys) == 2)
        or (top == "entry" and last not in _GROUPS)
        or (top == "universe" and (last == "by" or (len(keys) == 3 and keys[1] in ("keep", "drop"))))
        or (top == "factors" and last == "value")
        or keys in (("sizing", "scale"), ("crowding", "measure"))
    )


def position_allowed(path: Path) -> bool:
    """Whether `pos.*` may be read at `path`."""
    return path[:1] in (("exits",), ("define",))


def examples(path: Path) -> tuple[str, ...]:
    """Texts that may stand at `path`; names and numbers of a list fit `*`."""
    keys = tuple(str(part) for part in path)
    fitting = [pattern for pattern in EXAMPLES if _fits(keys, pattern)]
    return EXAMPLES[max(fitting, key=len)] if fitting else ()


def _fits(keys: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if len(pattern) > len(keys):
        return False
    return all(wanted in ("*", key) for key, wanted in zip(keys[len(keys) - len(pattern) :], pattern, strict=True))
