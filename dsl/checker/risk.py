"""The risk file -> the limits that decide enforces (docs/decide.md §8); breakers are in `dsl.checker.breakers`."""

from __future__ import annotations

from dsl.builder import ActionWords, Amount, LossLimit, UntilWords
from dsl.checker import percents
from dsl.checker.clock import DAY_MS
from dsl.checker.conditions import phrase
from dsl.checker.context import RuleText, Scope
from dsl.checker.settings import check_market, krw, ratio_of_equity, read_capital, whole
from dsl.document import Document, dotted
from dsl.schema.risk import RiskFile
from dsl.strategy import Action, Period, RiskProfile, RiskRule, Safety, Until
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

RiskDocument = Document[RiskFile]
Path = tuple[str | int, ...]

_ACTIONS = {"stop_entries": Action.STOP_ENTRIES, "flatten": Action.FLATTEN, "size": Action.SIZE}
_UNTIL = {"next day": Until.NEXT_DAY, "next week": Until.NEXT_WEEK, "next month": Until.NEXT_MONTH, "manual": Until.MANUAL}
_LOSSES = (
    ("daily", Period.DAY, Until.NEXT_DAY), ("weekly", Period.WEEK, Until.NEXT_WEEK), ("monthly", Period.MONTH, Until.NEXT_MONTH),
)  # fmt: skip
#: guards of the running engine, each with the key of the amount that it is about
_SAFETY = {"stale_data": "after", "clock_skew": "above", "unknown_order": "after", "books_disagree": "", "dead_man": "no_heartbeat"}
_GUARD_ACTIONS = ("stop_entries", "freeze_market", "cancel_entries", "flatten")
#: longest drawdown window
MAX_DAYS = 366


def read_risk(scope: Scope, document: RiskDocument, name: str) -> RiskProfile:
    """The profile without its breakers; what could not be read is None and has been reported."""

    def at(*path: str) -> RuleText | None:
        return rule_at(document, path)

    capital_krw, capital_ratio = read_capital(scope, at("capital"))
    one_loss = _limit(scope, at("loss", "per_trade", "limit")) or LossLimit(None, None)
    _check_day(scope, at("day", "starts"))
    return RiskProfile(
        name=name,
        min_order_krw=krw(scope, at("orders", "min_order")),
        max_order_krw=krw(scope, at("orders", "max_order")),
        exposure_total=ratio_of_equity(scope, at("exposure", "total")),
        exposure_per_market=ratio_of_equity(scope, at("exposure", "per_market")),
        exposure_per_strategy=ratio_of_equity(scope, at("exposure", "per_strategy")),
        cash_reserve_krw=krw(scope, at("exposure", "cash_reserve"), positive=False),
        risk_per_trade=one_loss.ratio,
        risk_per_trade_krw=None if one_loss.krw is None else int(one_loss.krw),
        open_positions=whole(scope, at("exposure", "open_positions"), "whole"),
        positions_per_market=whole(scope, at("exposure", "positions_per_market"), "whole") or 1,
        sectors=_sectors(scope, document),
        max_per_sector=whole(scope, at("exposure", "max_per_sector"), "whole"),
        capital_krw=capital_krw,
        capital_ratio=capital_ratio,
        orders_per_minute=whole(scope, at("orders", "per_minute"), "whole"),
        max_slippage=_ratio(scope, at("orders", "max_slippage")),
        rules=(*_losses(scope, document), *_drawdowns(scope, document)),
        safety=_safety(scope, document),
    )


def rule_at(document: RiskDocument, path: Path) -> RuleText | None:
    """The text at `path`, if there is one."""
    scalar = document.scalar(*path)
    return RuleText(scalar, path) if scalar is not None and scalar.text else None


def _ratio(scope: Scope, rule: RuleText | None) -> float | None:
    found = None if rule is None else phrase(scope, rule, "constant")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.unit.value not in ("ratio", "number") or not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name=str(rule.path[-1]))
        return None
    percents.check_slippage(scope, rule, found.value, found.unit)
    return found.value


def _check_day(scope: Scope, rule: RuleText | None) -> None:
    if rule is not None and phrase(scope, rule, "starts_at") is not None and rule.text.split() not in (["09:00", "KST"], ["9:00", "KST"]):
        scope.report_at("E421", rule, 0, len(rule.text), fix=rule.substituted(0, len(rule.text), "09:00 KST"))


def _losses(scope: Scope, document: RiskDocument) -> list[RiskRule]:
    found = []
    for name, period, otherwise in _LOSSES:
        limit = _limit(scope, rule_at(document, ("loss", name, "limit")))
        action = read_action(scope, rule_at(document, ("loss", name, "then")), tuple(_ACTIONS))
        until, hold_ms = _until(scope, rule_at(document, ("loss", name, "until")), otherwise)
        if limit is not None and action is not None:
            krw_limit = None if limit.krw is None else int(limit.krw)
            kind = _ACTIONS[action.word]
            found.append(RiskRule(f"loss.{name}", period, limit.ratio, krw_limit, kind, until, 0, action.factor, hold_ms))
    return found


def _drawdowns(scope: Scope, document: RiskDocument) -> list[RiskRule]:
    """The ladders of all windows, in file order."""
    entry = document.root.find("drawdown") if isinstance(document.root, Mapping) else None
    node = entry[1] if entry is not None else None
    several = node.items if isinstance(node, Sequence) else ()
    places: list[tuple[Path, YamlNode]] = [(("drawdown", k), item) for k, item in enumerate(several)]
    if isinstance(node, Mapping):
        places = [(("drawdown",), node)]
    found: list[RiskRule] = []
    for path, ladder in places:
        over = rule_at(document, (*path, "over"))
        days = _days(scope, over)
        if days is not None and over is not None and any(rule.days == days for rule in found):
            scope.report_at("E424", over, 0, len(over.text), days=str(days))
        steps = ladder.find("steps") if isinstance(ladder, Mapping) else None
        count = len(steps[1].items) if steps is not None and isinstance(steps[1], Sequence) else 0
        found += _ladder(scope, document, path, count, days or 1)
    return found


def _ladder(scope: Scope, document: RiskDocument, path: Path, count: int, days: int) -> list[RiskRule]:
    found: list[RiskRule] = []
    for number in range(count):
        step: Path = (*path, "steps", number)
        at = rule_at(document, (*step, "at"))
        limit = _limit(scope, at)
        action = read_action(scope, rule_at(document, (*step, "then")), tuple(_ACTIONS))
        until, hold_ms = _until(scope, rule_at(document, (*step, "until")), Until.WHILE)
        if limit is None or action is None or at is None:
            continue
        before = found[-1].limit_ratio if found else None
        if before is not None and limit.ratio is not None and limit.ratio <= before:
            scope.report_at("E423", at, 0, len(at.text), limit=at.text, before=f"{before * 100:g}%")
        krw_limit = None if limit.krw is None else int(limit.krw)
        name = f"drawdown.{days}d.{at.text.replace(' ', '')}"
        kind = _ACTIONS[action.word]
        found.append(RiskRule(name, Period.DRAWDOWN, limit.ratio, krw_limit, kind, until, days, action.factor, hold_ms))
    return found


def _limit(scope: Scope, rule: RuleText | None) -> LossLimit | None:
    found = None if rule is None else phrase(scope, rule, "loss_limit")
    if rule is None or not isinstance(found, LossLimit):
        return None
    if found.ratio is not None and not 0 < found.ratio <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name=str(rule.path[-1]))
        return None
    if found.krw is not None and (found.krw <= 0 or found.krw != int(found.krw)):
        scope.report_at("E113", rule, 0, len(rule.text), label="won", name=str(rule.path[-1]))
        return None
    return found


def read_action(scope: Scope, rule: RuleText | None, known: tuple[str, ...]) -> ActionWords | None:
    """`then:`, one of the known words; `for` belongs to breakers only."""
    found = None if rule is None else phrase(scope, rule, "action")
    if rule is None or not isinstance(found, ActionWords):
        return None
    if found.word not in known or (found.hold_ms is not None and "size" in known):
        shown = ", ".join("size x0.5" if word == "size" else word for word in known)
        scope.report_at("E420", rule, 0, len(rule.text), value=rule.text[:60], known=shown)
        return None
    if not 0 < found.factor <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="size")
        return None
    return found


def _until(scope: Scope, rule: RuleText | None, otherwise: Until) -> tuple[Until, int]:
    found = None if rule is None else phrase(scope, rule, "until")
    if rule is None or not isinstance(found, UntilWords):
        return otherwise, 0
    if found.hold_ms is None:
        return _UNTIL[found.word], 0
    if found.hold_ms <= 0:
        scope.report_at("E113", rule, 0, len(rule.text), label="whole", name="until")
    return Until.DURATION, int(found.hold_ms)


def _days(scope: Scope, rule: RuleText | None) -> int | None:
    found = None if rule is None else phrase(scope, rule, "duration_of")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.value % DAY_MS or not 1 <= found.value // DAY_MS <= MAX_DAYS:
        scope.report_at("E113", rule, 0, len(rule.text), label="", name="over", range=f"1d..{MAX_DAYS}d")
        return None
    return int(found.value // DAY_MS)


def _sectors(scope: Scope, document: RiskDocument) -> tuple[tuple[str, tuple[str, ...]], ...]:
    entry = document.root.find("sectors") if isinstance(document.root, Mapping) else None
    groups = entry[1].entries if entry is not None and isinstance(entry[1], Mapping) else ()
    found: list[tuple[str, tuple[str, ...]]] = []
    seen: dict[str, str] = {}
    for key, node in groups:
        members = []
        for number, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            if not isinstance(item, Scalar) or not item.text:
                continue
            rule = RuleText(item, ("sectors", key.text, number))
            market = check_market(scope, rule)
            if market in seen:
                scope.report_at("E422", rule, 0, len(item.text), market=item.text, sector=seen[market])
            elif market is not None:
                seen[market] = key.text
                members.append(market)
        found.append((key.text, tuple(members)))
    return tuple(found)


def _safety(scope: Scope, document: RiskDocument) -> tuple[Safety, ...]:
    """Guards of the running engine, each with a warning about what acts on it and where."""
    section = document.root.find("safety") if isinstance(document.root, Mapping) else None
    found = []
    for key, node in section[1].entries if section is not None and isinstance(section[1], Mapping) else ():
        action = read_action(scope, rule_at(document, ("safety", key.text, "then")), _GUARD_ACTIONS)
        if key.text not in _SAFETY or not isinstance(node, Mapping) or not _has_own_amount(scope, key, node):
            continue
        rule = rule_at(document, ("safety", key.text, _SAFETY[key.text]))
        amount = None if rule is None else phrase(scope, rule, "duration_of")
        if action is not None:
            scope.report_at("W461", RuleText(key, ("safety",)), 0, len(key.text), label=key.text, name=key.text)
            found.append(Safety(key.text, action.word, int(amount.value) if isinstance(amount, Amount) else None))
    return tuple(found)


def _has_own_amount(scope: Scope, guard: Scalar, node: Mapping) -> bool:
    """Whether the guard says how long or how much, by its own key and no other (E211, E201)."""
    own, place = _SAFETY[guard.text], ("safety", guard.text)
    strange = [key for key, _ in node.entries if key.text in _SAFETY.values() and key.text != own]
    for key in strange:
        rule = RuleText(key, place)
        fix = rule.substituted(0, len(key.text), own) if own and node.find(own) is None else ""
        notes = (("allowed_keys", {"keys": ", ".join(filter(None, (own, "then", "alert")))}),)
        scope.report_at("E201", rule, 0, len(key.text), notes=notes, fix=fix, key=key.text, parent=dotted(place))
    if not strange and own and node.find(own) is None:
        scope.report_at("E211", RuleText(guard, place), 0, len(guard.text), key=own, parent=dotted(place))
        return False
    return not strange
