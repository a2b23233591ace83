"""What `why` found, as plain data with ready sentences in one language: for JSON, the terminal and the app."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from dsl.catalogue import Unit
from dsl.diagnostics import Language
from dsl.graph import Timeframe
from dsl.messages import text, texts
from dsl.side_series import SIDE_SERIES
from dsl.strategy import ExitKind
from engine.candles.timeframes import timeframe_name
from engine.research.report.format import count, duration, kst, money, percent, price
from engine.research.report.universe import universe_document, universe_line
from engine.research.signals import Mark, MarkKind
from engine.research.universe import UniverseCounts
from engine.research.why.bar import BarWhy, ExitReading, Factor
from engine.research.why.funnel import CARRY, Clause, Funnel
from engine.research.why.membership import Membership
from engine.research.why.probe import Part
from engine.research.why.readings import BarSpan, Gap, Reading, Sequence, SideReading

_WORDS: Final = {
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "crosses_above": "crosses above",
    "crosses_below": "crosses below",
}  # fmt: skip
_RANGES: Final = {"between": "in", "enters": "enters", "leaves": "leaves"}
_RUNS: Final = {"rises": "rises", "falls": "falls"}
#: units whose distance is best told as a share
_SHARED: Final = (Unit.PRICE, Unit.MONEY, Unit.QUANTITY)
_SMALL: Final = 0.001


def bar_document(why: BarWhy, language: Language, *, synthetic: bool = False) -> dict[str, Any]:
    """One bar: entry tree, verdict, position, exits. Numbers that are missing are null."""

    def say(key: str, **values: object) -> str:
        return text(f"why.{key}", language, **values)

    clock = why.bar.timeframe
    blocked = ", ".join(f"`{placed(reading.part, clock)}`" for reading in why.blocked)
    held, order = why.held, why.order
    return {
        "market": why.market,
        "bar": _span(why.bar),
        "synthetic": synthetic,
        "settled": why.settled,
        "price_krw": _plain(why.last_krw),
        "title": say("title", market=why.market, open=kst(why.bar.open_ms), close=kst(why.bar.close_ms), last=price(why.last_krw)),
        "notes": [*([say("synthetic")] if synthetic else []), *([] if why.settled else [say("unsettled")])],
        "verdict": why.decision.verdict,
        "facts": why.decision.facts,
        "sentence": _verdict(why, blocked, language),
        "blocked": [_blocker(reading, clock, language) for reading in why.blocked],
        "entry": reading_document(why.entry, language),
        "factors": [_factor(factor, language) for factor in why.factors],
        "universe": None if why.universe is None else _universe(why.universe, language),
        "late": [_late(part, reading, language) for part, reading in why.late],
        "held": None if held is None else {
            "quantity": held.quantity, "entry_krw": held.entry_krw, "gain": held.gain, "pnl": held.pnl, "opened_ms": held.opened_ms,
            "sentence": say(
                "held", quantity=f"{held.quantity:.8g}", entry=price(held.entry_krw), gain=percent(held.gain, signed=True),
                pnl=percent(held.pnl, signed=True), opened=kst(held.opened_ms),
            ),
        },
        "exits": [_exit(exit_, language) for exit_ in why.exits],
        "order": None if order is None else {"side": order[0], "exit": order[1], "sentence": say(f"order_{order[0]}", exit=order[1])},
        "happened": [_mark(mark, language) for mark in why.happened],
    }  # fmt: skip


def _late(part: Part, reading: Reading | None, language: Language) -> dict[str, Any]:
    shown_reading = None if reading is None else reading_document(reading, language)
    return {"path": part.path, "text": label(part), "sentence": text("why.late", language, rule=label(part)), "reading": shown_reading}


def _factor(factor: Factor, language: Language) -> dict[str, Any]:
    value = shown(factor.value, Unit.SCORE, language)
    sentence = text("why.factor", language, name=factor.name, value=value, weight=f"{factor.weight:g}")
    return {"name": factor.name, "weight": factor.weight, "value": _plain(factor.value), "sentence": sentence}


def _universe(found: Membership, language: Language) -> dict[str, Any]:
    key = "member" if found.member else "no_member"
    return {
        "member": found.member, "count": found.count, "decided_ms": found.decided_ms, "by": _plain(found.by),
        "sentence": text(f"why.{key}", language, time=kst(found.decided_ms), count=count(found.count)),
        "rules": [reading_document(rule, language) for rule in found.rules],
    }  # fmt: skip


def _blocker(reading: Reading, clock: Timeframe, language: Language) -> dict[str, Any]:
    return {"path": reading.part.path, "text": placed(reading.part, clock), "gap": distance(reading, language)}


def reading_document(reading: Reading, language: Language) -> dict[str, Any]:
    """A part with its values and everything below it."""
    part = reading.part
    return {
        "path": part.path,
        "name": part.name,
        "text": label(part),
        "join": part.join,
        "truth": reading.truth,
        "line": line(reading, language),
        "gap": distance(reading, language),
        "bar": None if reading.bar is None else _span(reading.bar),
        "sides": [_side(side, language) for side in reading.sides],
        "parts": [reading_document(inner, language) for inner in reading.parts],
    }


def label(part: Part) -> str:
    """What a part is called: `name: text`, as far as the file gives it both."""
    own = part.path.rpartition(".")[2]
    return f"{own}: {part.text}" if own and part.text else own or part.text or part.name


def placed(part: Part, clock: Timeframe) -> str:
    """What a part is called away from its place in the tree: with the slower bars that it is read on."""
    slower = part.timeframe is not None and part.timeframe != clock and "@" not in part.text
    return f"{label(part)} ({timeframe_name(part.timeframe)})" if slower and part.timeframe is not None else label(part)


def line(reading: Reading, language: Language) -> str:
    """The part in one line: what it is called, its values, its distance from true, the slower bar that it was read on."""
    part = reading.part
    pieces = [_compared(reading, language) or label(part)]
    own = part.path.rpartition(".")[2]
    if own and _compared(reading, language):
        pieces[0] = f"{own}: {pieces[0]}"
    elif part.join and not part.text:
        pieces[0] = f"{own} ({text(f'why.join_{part.join}', language, needed=part.needed)})"
    series = SIDE_SERIES.get(part.op)
    if series is not None:
        pieces[0] += f" ({series.korean if language is Language.KOREAN else series.english.rstrip('.')})"
    if reading.truth is None:
        pieces.append(text("why.missing", language))
    pieces.append(distance(reading, language))
    if reading.bar is not None and part.sides == ():
        pieces.append(_bar_text(reading.bar, language))
    return ", ".join(piece for piece in pieces if piece)


def distance(reading: Reading, language: Language) -> str:
    """How far from true, in words; "" where there is nothing to tell."""
    if reading.sequence is not None and not reading.truth:
        return _sequence(reading.sequence, language)
    if reading.truth is not False or reading.gap is None:
        return ""
    return _gap(reading.gap, reading.part.op, language)


def shown(value: float, unit: Unit, language: Language) -> str:
    """A number in its unit."""
    if not math.isfinite(value):
        return text("why.missing", language)
    if unit is Unit.PRICE:
        return ("-" if value < 0 else "") + price(abs(value))
    if unit is Unit.MONEY:
        return money(value, language)
    if unit is Unit.RATIO:
        return percent(value) if value == 0 or abs(value) >= _SMALL else f"{value * 100:.3g}%"
    if unit is Unit.DURATION:
        return duration(value, language)
    if unit is Unit.BARS:
        return text("why.bars_unit", language, count=count(value))
    return f"{value:,.2f}" if abs(value) >= 1 or value == 0 else f"{value:.4g}"


def _compared(reading: Reading, language: Language) -> str:
    """`ema(close, 9) 101 > ema(close, 21) 103`; "" for what compares nothing."""
    sides = [_side_text(side, language) for side in reading.sides]
    op = reading.part.op
    if op in _WORDS and len(sides) == 2:
        return f"{sides[0]} {_WORDS[op]} {sides[1]}"
    if op in _RANGES and len(sides) == 3:
        return f"{sides[0]} {_RANGES[op]} {sides[1]}..{sides[2]}"
    if op in _RUNS and sides:
        return f"{reading.part.text}: {sides[0]}"
    return ""


def _side_text(reading: SideReading, language: Language) -> str:
    side = reading.side
    value = shown(reading.value, side.unit, language)
    if side.constant is not None:
        return re.sub(r"\.(\d*?)0+(?=%?$)", lambda found: f".{found[1]}" if found[1] else "", value)
    before = "" if side.before is None else f"{shown(reading.before, side.unit, language)} → "
    return f"{side.text} [{before}{value}]"


def _gap(found: Gap, op: str, language: Language) -> str:
    if found.already and f"already_{op}" in _ALREADY:
        return text(f"why.already_{op}", language)
    if found.unit in _SHARED and math.isfinite(found.share):
        amount = percent(found.share) if found.share >= _SMALL or found.share == 0 else f"{found.share * 100:.2g}%"
    elif found.unit is Unit.RATIO:
        amount = text("why.points", language, amount=shown(found.short, Unit.RATIO, language))
    else:
        amount = shown(found.short, found.unit, language)
    return text("why.short", language, amount=amount)


_ALREADY: Final = frozenset({"already_crosses_above", "already_crosses_below", "already_enters", "already_leaves"})


def _sequence(found: Sequence, language: Language) -> str:
    if found.left is None or (found.since_first is None and found.left != 0):
        return text("why.unknown_sequence", language)
    if found.since_first is None:
        return text("why.not_armed", language, window=found.window)
    if found.left == 0:
        return text("why.used_up", language, since=found.since_first)
    return text("why.armed_now" if found.since_first == 0 else "why.armed", language, since=found.since_first, left=found.left)


def _bar_text(bar: BarSpan, language: Language) -> str:
    return text("why.bar_read", language, timeframe=timeframe_name(bar.timeframe), open=kst(bar.open_ms), close=kst(bar.close_ms))


def _span(bar: BarSpan) -> dict[str, Any]:
    return {"timeframe": timeframe_name(bar.timeframe), "open_ms": bar.open_ms, "close_ms": bar.close_ms}


def _side(reading: SideReading, language: Language) -> dict[str, Any]:
    side = reading.side
    return {
        "text": side.text, "unit": side.unit.value, "value": _plain(reading.value), "constant": side.constant is not None,
        "shown": shown(reading.value, side.unit, language), "before": _plain(reading.before) if side.before is not None else None,
        "market": side.market, "bar": None if reading.bar is None else _span(reading.bar),
    }  # fmt: skip


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _verdict(why: BarWhy, blocked: str, language: Language) -> str:
    key = f"verdict_{why.decision.verdict}"
    if key not in texts("why"):
        return text("why.verdict_skipped", language, reason=text(f"report.skip.{why.decision.verdict}", language))
    values: dict[str, str] = {"blocked": blocked}
    for name, value in why.decision.facts.items():
        if name.endswith("_ms"):
            values[name.removesuffix("_ms")] = kst(int(value))
        elif name in ("entry_krw", "level_krw"):
            values[name] = price(value)
        elif name.endswith("_krw"):
            values[name] = money(value, language)
        else:
            values[name] = count(value)
    return text(f"why.{key}", language, **values)


def _exit(found: ExitReading, language: Language) -> dict[str, Any]:
    if found.fired:
        state = text("why.exit_fired", language)
    elif found.waits_for:
        state = text("why.exit_waits", language, name=found.waits_for)
    elif found.kind is ExitKind.RULE:
        state = ""
    elif math.isfinite(found.level_krw):
        state = text("why.exit_level", language, level=price(found.level_krw), away=percent(found.away, signed=True))
    else:
        state = text("why.exit_no_level", language)
    return {
        "name": found.name, "kind": found.kind.name.lower(), "fired": found.fired, "active": found.active, "waits_for": found.waits_for,
        "level_krw": _plain(found.level_krw), "away": _plain(found.away), "sentence": state,
        "rule": None if found.rule is None else reading_document(found.rule, language),
    }  # fmt: skip


def _mark(mark: Mark, language: Language) -> dict[str, Any]:
    key = "mark_entry" if mark.kind is MarkKind.ENTRY else "mark_exit"
    sentence = text(
        f"why.{key}", language, time=kst(mark.time_ms), quantity=f"{mark.quantity:.8g}", price=price(mark.price_krw), exit=mark.exit
    )
    return {
        "kind": mark.kind.value, "exit": mark.exit, "time_ms": mark.time_ms, "price_krw": mark.price_krw, "quantity": mark.quantity,
        "sentence": sentence,
    }  # fmt: skip


def funnel_document(found: Funnel, language: Language) -> dict[str, Any]:
    """The funnel: clauses in file order, then what decisions did with the true ones."""
    result = found.result
    times = result.equity_ms
    span = [kst(int(times[k])) for k in (0, -1)] if len(times) else ["-", "-"]
    title = text(
        "why.funnel_title", language, name=result.strategy.name, first=span[0], last=span[1], markets=len(result.markets),
        decisions=count(found.decisions),
    )  # fmt: skip
    return {
        "title": title,
        "synthetic": result.synthetic,
        "notes": _funnel_notes(found, language),
        "decisions": found.decisions,
        "entry": {"true": found.entry.true, "false": found.entry.false, "missing": found.entry.missing},
        "clauses": [_clause(clause, result.strategy.clock) for clause in found.clauses[1:]],
        "busy": found.busy,
        "bought": found.bought,
        "skipped": found.skipped,
        "exits": found.exits,
        "universe": _universe_rules(found.result.universe, language),
    }


def _universe_rules(counts: UniverseCounts | None, language: Language) -> dict[str, Any] | None:
    """What each rule of the universe left of the candidates, over all of its instants."""
    found = universe_document(counts)
    return None if counts is None or found is None else found | {"sentence": universe_line(counts, language)}


def _funnel_notes(found: Funnel, language: Language) -> list[str]:
    notes = [text("why.synthetic", language)] if found.result.synthetic else []
    if not found.entry.true:
        notes.append(text("why.nothing", language))
    counts = found.result.universe
    if counts is not None and counts.empty:
        notes.append(text("why.empty_universe", language, empty=count(counts.empty), instants=count(counts.instants)))
    clock = found.result.strategy.clock
    outer = [clause for clause in found.clauses if clause.depth == 1 and clause.role != CARRY]
    worst = max(outer, key=lambda clause: clause.vetoes, default=None)
    if worst is not None and worst.vetoes:
        notes.append(text("why.nearest", language, clause=placed(worst.part, clock), count=count(worst.vetoes)))
    if found.idle and found.entry.true:
        notes.append(text("why.idle", language, clauses=", ".join(f"`{placed(clause.part, clock)}`" for clause in found.idle)))
    return notes


def _clause(clause: Clause, clock: Timeframe) -> dict[str, Any]:
    return {
        "path": clause.part.path, "text": placed(clause.part, clock), "join": clause.part.join, "depth": clause.depth, "role": clause.role,
        "true": clause.true, "false": clause.false, "missing": clause.missing, "vetoes": clause.vetoes, "carries": clause.carries,
        "remaining": clause.remaining, "matters": clause.matters,
    }  # fmt: skip
