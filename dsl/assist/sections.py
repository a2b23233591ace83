"""Completion of keys: those that the section may still have, with what usually follows; whole skeletons for an empty file."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.assist.answers import Kind
from dsl.assist.layout import Path, Spot
from dsl.assist.proposals import Proposal
from dsl.assist.roles import examples
from dsl.assist.shape import Holds, Key, has_own_names, keys, meaning
from dsl.assist.surroundings import Surroundings
from dsl.messages import text as message

#: section -> names that are worth proposing there, with what follows them
_TEMPLATES: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {
    ("exits",): (
        ("stop", "\n  at: ⟦pos.entry - 2 * atr(14)⟧"),
        ("target", "\n  when: ⟦pos.gain >= 2%⟧\n  sell: ⟦50%⟧"),
        ("trail", "\n  at: ⟦pos.high - 1 * atr(14)⟧"),
        ("stalled", "\n  when: ⟦pos.age >= 4h and pos.best < 1%⟧"),
    ),
    ("define",): (("trend_up", " ⟦ema(close, 21) > ema(close, 50)⟧"),),
    ("params",): (("length", " {value: ⟦14⟧, range: ⟦7..21⟧}"),),
    ("aliases",): (("btc", " ⟦KRW-BTC⟧"),),
    ("regime",): (("trending", " ⟦adx(14)@1h > 20⟧"), ("otherwise", " ⟦neutral⟧")),
    ("factors",): (("trend", "\n  value: ⟦clamp((ema(close, 9) - ema(close, 50)) / (3 * atr(14)), -1, 1)@1h⟧\n  weight: ⟦1⟧"),),
    ("universe", "keep"): (("liquid", " ⟦turnover(24h) >= 50억⟧"),),
    ("universe", "drop"): (("flagged", " ⟦market.caution or market.delisting⟧"),),
    ("breakers",): (("btc_shock", "\n  when: ⟦btc.ret(15m) < -3%⟧\n  then: ⟦stop_entries⟧\n  for: ⟦60m⟧"),),
}
_STRATEGY = """schema: strategy/1
name: ⟦my-strategy⟧
risk_profile: ⟦conservative⟧
clock: ⟦5m⟧

markets: [⟦KRW-BTC⟧]

entry: ⟦close crosses above ema(close, 20)⟧

sizing:
  risk: 0.5% of equity

exits:
  stop:
    at: ⟦pos.entry - 2 * atr(14)⟧
"""
_RISK = """schema: risk/1
name: ⟦my-profile⟧

loss:
  per_trade: {limit: ⟦1%⟧}

exposure:
  total: ⟦60% of equity⟧
  per_market: ⟦12% of equity⟧

orders:
  min_order: 30_000 KRW
"""


def key_proposals(around: Surroundings, spot: Spot, followed: bool) -> Iterator[Proposal]:
    """Keys for the cursor's section. followed: a colon already stands behind the cursor, so only the name is inserted."""
    if not spot.path and not [entry for entry in around.layout.entries if not entry.bare]:
        yield Proposal("strategy", Kind.KEY, message("assist.new_strategy", around.language), insert=_STRATEGY, group=0)
        yield Proposal("risk", Kind.KEY, message("assist.new_risk", around.language), insert=_RISK, group=1)
    present = {entry.name for entry in around.layout.children(spot.path) if entry.key != spot.place}
    for number, key in enumerate(keys(around.kind, spot.path)):
        if key.name not in present:
            yield _proposal(around, spot, key, followed, number)
    if has_own_names(around.kind, spot.path) and not followed:
        named = tuple(str(part) for part in spot.path)
        for name, rest in _TEMPLATES.get(named, ()):
            if name not in present and not spot.flow:
                insert = f"{name}:{_indented(rest, spot.column)}"
                yield Proposal(name, Kind.KEY, _said(around, (*spot.path, name)), insert=insert, group=1)


def _said(around: Surroundings, path: Path) -> str:
    return meaning(around.kind, path, around.language)


def _proposal(around: Surroundings, spot: Spot, key: Key, followed: bool, number: int) -> Proposal:
    path = (*spot.path, key.name)
    insert, again = (key.name, False) if followed else _written(spot, key, path)
    detail = _said(around, path)
    required = message("assist.required", around.language) if key.required else ""
    return Proposal(key.name, Kind.KEY, detail or required, required, insert, number + 2, again=again)


def _written(spot: Spot, key: Key, path: Path) -> tuple[str, bool]:
    """The key with what begins its value, and whether more is to be proposed there at once."""
    if key.holds in (Holds.SECTION, Holds.NAMES):
        return (f"{key.name}: {{⟦⟧}}", True) if spot.flow else (f"{key.name}:{_indented(chr(10) + '  ', spot.column)}", True)
    if key.holds is Holds.LIST:
        if key.name == "markets":
            return f"{key.name}: [⟦KRW-BTC⟧]", False
        return f"{key.name}:{_indented(chr(10) + '  - ', spot.column)}", True
    if key.holds is Holds.TEXT and examples(path):
        return f"{key.name}: ⟦{examples(path)[0]}⟧", False
    return f"{key.name}: ", True


def _indented(text: str, column: int) -> str:
    return text.replace("\n", "\n" + " " * column)
