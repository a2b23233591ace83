"""Sections and keys as they are written elsewhere (`take_profit: 3%`, `timeframe: 5m`), in the shape of these files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from dsl.source import Source
from dsl.yaml_tree import Scalar, Sequence, YamlNode

#: what keys are called in other programs
_KEYS: Mapping[str, str] = {
    "timeframe": "clock", "interval": "clock", "period": "clock", "resolution": "clock", "bar": "clock",
    "symbols": "markets", "symbol": "markets", "pairs": "markets", "tickers": "markets", "coins": "markets", "market": "markets",
    "buy": "entry", "long": "entry", "enter": "entry", "entries": "entry", "sell": "exits", "exit": "exits", "variables": "define",
    "indicators": "define", "parameters": "params", "inputs": "params", "alias": "aliases", "profile": "risk_profile",
    "if": "when", "condition": "when", "rule": "when", "price": "at", "level": "at", "size": "sell", "amount": "weight",
    "top": "take",
    "and": "all", "or": "any", "not": "none", "default": "value", "max_positions": "open_positions", "update": "refresh", "sort": "by",
    "order_by": "by", "filter": "keep", "exclude": "drop", "type": "order",
}  # fmt: skip
_IN_SECTION: Mapping[tuple[str, str], str] = {
    ("sizing", "size"): "weight", ("sizing", "risk_per_trade"): "risk", ("sizing", "max"): "max_weight",
}  # fmt: skip
#: what values are called in other programs and in Korean
_VALUES: Mapping[tuple[str, str], str] = {
    ("state", "on"): "paper", ("state", "true"): "paper", ("state", "test"): "paper", ("state", "dry_run"): "paper",
    ("state", "모의"): "paper", ("state", "모의투자"): "paper", ("state", "실전"): "live", ("state", "실거래"): "live",
    ("state", "real"): "live", ("state", "false"): "off", ("state", "꺼짐"): "off",
}  # fmt: skip
_PERCENT = re.compile(r"([+-]?)\s*([0-9][0-9_]*(?:\.[0-9]+)?)\s*%")
_LOSSES = re.compile(r"stop|loss|sl$|손절", re.IGNORECASE)


def key_called(key: str, section: str, allowed: Collection[str]) -> str | None:
    """The key of this section that is called `key` elsewhere."""
    meant = _IN_SECTION.get((section, key.lower())) or _KEYS.get(key.lower())
    return meant if meant in allowed else None


def value_called(key: str, value: str, choices: Collection[str]) -> str | None:
    """The choice that is called `value` elsewhere."""
    meant = _VALUES.get((key, value.lower()))
    return meant if meant in choices else None


def shape(path: tuple[str | int, ...], kind: str, value: YamlNode) -> tuple[str, str | None]:
    """The caret label for a value of the wrong shape, and what would stand in its place (None: no one mend)."""
    section = str(path[0]) if path else ""
    if kind == "list" and isinstance(value, Scalar):
        if path == ("markets",) and re.search(r"\b(?:all|top|most)\b|전부|전체|모든|상위", value.text, re.IGNORECASE):
            return "all_markets", None
        return "list", f"[{', '.join(part for part in re.split('[ ,]+', value.text) if part)}]" if value.text else None
    if kind != "mapping":
        return kind, None
    if isinstance(value, Sequence):
        return ("dashes" if value.items and _has_dashes(value) else kind), None
    if not isinstance(value, Scalar):
        return kind, None
    if section == "exits" and len(path) == 2:
        return "exit", exit_level(str(path[1]), value.text)
    if section == "factors" and len(path) == 2:
        return "factor", None
    if section == "universe":
        return "universe", None
    if path[:1] == ("execution",) and value.text in ("market", "limit"):
        return "order", f"{{order: {value.text}}}"
    return kind, None


def exit_level(name: str, text: str) -> str | None:
    """`{at: -2%}` for `stop: 2%`, `{at: +3%}` for `take_profit: 3%`."""
    found = _PERCENT.fullmatch(text)
    return None if found is None else f"{{at: {signed(name, text)}}}"


def signed(name: str, text: str) -> str:
    """A percentage from the entry with the sign that an exit of this name has."""
    found = _PERCENT.fullmatch(text)
    if found is None:
        return text
    return f"{'-' if _LOSSES.search(name) else found[1] or '+'}{found[2]}%"


@lru_cache(maxsize=1024)
def looks_like_stop(name: str) -> bool:
    """Whether an exit of this name was meant to be the hard stop."""
    bare = name.lower().replace("_", "").replace("-", "")
    return bare.startswith("stop") or bare in ("sl", "hardstop") or difflib.SequenceMatcher(None, bare, "stop").ratio() >= 0.75


def _has_dashes(sequence: Sequence) -> bool:
    source: Source = sequence.source
    return source.text[sequence.start : sequence.start + 1] == "-"
