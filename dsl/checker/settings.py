"""The plain settings of a strategy file: clock, markets, aliases, parameters, sizing, limits."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from dsl.builder import Amount, Range, RuleError, Signature
from dsl.catalogue import INPUT_SERIES, POSITION_SERIES, Catalogue, Unit
from dsl.checker.clock import is_longer_than_day, nearest, timeframe_of
from dsl.checker.conditions import Conditions, parsed, phrase
from dsl.checker.context import Definition, Notes, RuleText, Scope
from dsl.checker.names import RESERVED
from dsl.checker.refusals import fixed_amount_notes, report_syntax
from dsl.checker.values import PLAIN, fixed
from dsl.document import Document
from dsl.graph import Timeframe
from dsl.parser import parse_phrase
from dsl.schema.strategy import StrategyFile
from dsl.shapes import looks_like_stop
from dsl.strategy import Limits, RiskProfile, Sizing
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

_NAME = re.compile(r"[A-Za-z_가-힣][A-Za-z0-9_가-힣]*")
_MARKET = re.compile(r"(KRW|BTC|USDT)-[A-Z0-9]{1,10}")
_REVERSED = re.compile(r"([A-Za-z0-9]{1,10})[-/_](KRW)", re.IGNORECASE)
_WORDS = frozenset({
    "and", "or", "not", "then", "within", "crosses", "above", "below", "in", "enters", "leaves", "rises", "falls", "for", "if", "else",
    "bar", "bars", "day", "week", "month", "true", "false",
})  # fmt: skip
#: what Upbit takes at least
MIN_ORDER_KRW = 5_000
#: a plain number from here on is an amount of KRW, not a percentage
SMALLEST_AMOUNT = 1_000
#: longest name: in Korean three bytes a character, and file systems end at 255
MAX_NAME = 60
_UNFIT_FOR_FILES = re.compile(r'^[.\s]|[/\\:*?"<>|\x00-\x1f\x7f\u2028\u2029]')
StrategyDocument = Document[StrategyFile]
#: a file whose sections are read by name: strategies, portfolios
FileDocument = Document[Any]


def entries(document: FileDocument, *path: str) -> list[tuple[Scalar, YamlNode]]:
    """Keys and values of the mapping at `path`; empty when there is none."""
    node: YamlNode = document.root
    for key in path:
        found = node.find(key) if isinstance(node, Mapping) else None
        if found is None:
            return []
        node = found[1]
    return list(node.entries) if isinstance(node, Mapping) else []


def text_at(document: FileDocument, *path: str) -> RuleText | None:
    """The text at `path`, if the file has one there."""
    scalar = document.scalar(*path)
    return RuleText(scalar, path) if scalar is not None and scalar.text else None


def warn_live(scope: Scope, document: FileDocument) -> None:
    """W413 for `state: live`: the file is right, and nothing trades it with real money yet."""
    rule = text_at(document, "state")
    if rule is not None and rule.text == "live":
        scope.report_at("W413", rule, 0, len(rule.text))


def read_clock(scope: Scope, rule: RuleText) -> Timeframe | None:
    """The decision clock."""
    found = phrase(scope, rule, "timeframe")
    if not isinstance(found, str):
        return None
    timeframe = timeframe_of(found)
    if timeframe is None or timeframe.months:
        near, shown = nearest(found)
        if timeframe is not None:
            fix = rule.substituted(0, len(rule.text), "1w")
            scope.report_at("E121", rule, 0, len(rule.text), label="month_clock", timeframe=found, fix=fix)
            return None
        if found.endswith("M"):
            fix = rule.substituted(0, len(rule.text), found[:-1] + "m")
            scope.report_at("E121", rule, 0, len(rule.text), label="month", timeframe=found, fix=fix)
            return None
        notes = (("nearest_timeframes", {"near": near.replace("@", ""), "upbit": shown.replace("@", "")}),)
        label = "longer" if is_longer_than_day(found) else ""
        scope.report_at("E121", rule, 0, len(rule.text), label=label, timeframe=found, notes=notes)
        return None
    return timeframe


def check_market(scope: Scope, rule: RuleText) -> str | None:
    """A market code such as KRW-BTC."""
    text = rule.text
    if _MARKET.fullmatch(text) and text.startswith("KRW-"):
        return text
    turned = _REVERSED.fullmatch(text)
    meant = f"KRW-{turned[1].upper()}" if turned else f"KRW-{text.upper().removeprefix('KRW').strip('-/_ ')}"
    known = _MARKET.fullmatch(meant) is not None
    other = re.fullmatch(r"(?:(?:USDT|BTC)-([A-Z0-9]{1,10})|([A-Z0-9]{1,10})(?:[-/_]?USDT|[-/_]BTC|[-/_]USD))", text.upper())
    if other is not None and turned is None:
        fix = rule.substituted(0, len(text), f"KRW-{other[1] or other[2]}")
        scope.report_at("E202", rule, 0, len(text), label="quote", name=text, fix=fix)
        return None
    notes: tuple[tuple[str, dict[str, str]], ...] = (("quote_first", {}),)
    notes += (("did_you_mean", {"name": meant}),) if known else ()
    fix = rule.substituted(0, len(text), meant) if known else ""
    scope.report_at("E202", rule, 0, len(text), name=text, notes=notes, fix=fix)
    return None


def check_name(scope: Scope, document: FileDocument) -> None:
    """The strategy's name goes into names of files: a name that would leave their folder, or that a system refuses, is an error."""
    rule = text_at(document, "name")
    if rule is None or not rule.text or (len(rule.text) <= MAX_NAME and not _UNFIT_FOR_FILES.search(rule.text)):
        return
    scope.report_at("E214", rule, 0, len(rule.text), label="file", name=rule.text[:MAX_NAME], limit=str(MAX_NAME))


def read_markets(scope: Scope, document: StrategyDocument) -> tuple[str, ...]:
    """`markets:` in file order; the same one twice is an error."""
    found: list[str] = []
    for number, item in enumerate(_markets(document)):
        if not isinstance(item, Scalar) or not item.text:
            continue
        rule = RuleText(item, ("markets", number))
        market = check_market(scope, rule)
        if market in found:
            scope.report_at("E203", rule, 0, len(item.text), label="market", key=item.text, line="")
        elif market is not None:
            found.append(market)
    return tuple(found)


def _markets(document: StrategyDocument) -> tuple[YamlNode, ...]:
    node = document.root.find("markets") if isinstance(document.root, Mapping) else None
    return tuple(node[1].items) if node is not None and isinstance(node[1], Sequence) else ()


def read_aliases(scope: Scope, document: FileDocument) -> None:
    """`aliases:` into the scope."""
    for key, value in entries(document, "aliases"):
        if isinstance(value, Scalar) and value.text and name_fits(scope, key, "aliases"):
            market = check_market(scope, RuleText(value, ("aliases", key.text)))
            if market is not None:
                scope.aliases[key.text] = market


def name_fits(scope: Scope, key: Scalar, section: str, name: str | None = None) -> bool:
    """Whether the file may give this name a meaning; names of the language keep theirs, and a file gives a name once."""
    name = key.text if name is None else name
    taken = is_taken(name, scope.catalogue)
    twice = any(name in known for known in (scope.aliases, scope.params, scope.definitions, scope.externals, scope.regimes))
    label = "form" if not _NAME.fullmatch(name) else "taken" if taken else "twice" if twice else ""
    if label:
        scope.report_at("E214", RuleText(key, (section,)), 0, len(key.text) or 1, label=label, name=name)
    return not label


def is_taken(name: str, catalogue: Catalogue) -> bool:
    """Whether the language itself gives the name a meaning."""
    known = name in INPUT_SERIES or name in POSITION_SERIES or name in catalogue or name in _WORDS or name in RESERVED
    return known or name in _prefixes(tuple(catalogue))


@lru_cache(maxsize=8)
def _prefixes(names: tuple[str, ...]) -> frozenset[str]:
    """Everything before a dot of a function's name: `macd` of `macd.line`. Kept, since a file may give thousands of names."""
    return frozenset(name[:place] for name in names for place, character in enumerate(name) if character == ".")


def read_params(scope: Scope, document: FileDocument) -> dict[str, float]:
    """`params:` into the scope, each inside its range."""
    for key, value in entries(document, "params"):
        if not name_fits(scope, key, "params"):
            continue
        amount = _param_value(scope, key, value)
        if amount is None:
            scope.broken_names.add(key.text)
        else:
            scope.params[key.text] = fixed(amount.value, amount.unit)
    return {name: value.constant or 0.0 for name, value in scope.params.items()}


def _param_value(scope: Scope, key: Scalar, node: YamlNode) -> Amount | None:
    parts = {k.text: v for k, v in node.entries} if isinstance(node, Mapping) else {"value": node}
    rules = {name: RuleText(part, ("params", key.text, name)) for name, part in parts.items() if isinstance(part, Scalar) and part.text}
    if "value" not in rules:
        return None
    amount = phrase(scope, rules["value"], "constant")
    limits = phrase(scope, rules["range"], "range_of") if "range" in rules else None
    step = phrase(scope, rules["step"], "constant") if "step" in rules else None
    if isinstance(step, Amount) and step.value <= 0:
        scope.report_at("E113", rules["step"], 0, len(rules["step"].text), label="step", name=key.text)
    if not isinstance(amount, Amount):
        return None
    if isinstance(limits, Range):
        if limits.low.value > limits.high.value:
            fix = _range_turned(rules["range"]) if limits.high.value <= amount.value <= limits.low.value else ""
            scope.report_at("E113", rules["range"], 0, len(rules["range"].text), label="empty", fix=fix, name=key.text)
        elif not limits.low.value <= amount.value <= limits.high.value:
            scope.report_at("E113", rules["value"], 0, len(rules["value"].text), name=key.text, range=rules["range"].text)
    return amount


def _range_turned(rule: RuleText) -> str:
    """`range: 21..7` with its ends exchanged."""
    low, dots, high = (part.strip() for part in rule.text.partition(".."))
    return rule.substituted(0, len(rule.text), f"{high}{dots}{low}")


def read_definitions(scope: Scope, document: FileDocument) -> None:
    """`define:` into the scope, parsed but not yet evaluated."""
    for key, value in entries(document, "define"):
        head = _signature(scope, key)
        if head is None or not isinstance(value, Scalar) or not value.text:
            continue
        rule = RuleText(value, ("define", head.name))
        bad = next((p for p in head.parameters if p in _WORDS or "." in p or head.parameters.count(p) > 1), None)
        if bad is not None:
            scope.report_at("E214", RuleText(key, ("define",)), 0, len(key.text), label="form", name=bad)
        if not name_fits(scope, key, "define", head.name):
            continue
        scope.definitions[head.name] = Definition(head.name, head.parameters, parsed(scope, rule) if bad is None else None, rule)


def _signature(scope: Scope, key: Scalar) -> Signature | None:
    try:
        found: Any = parse_phrase(key.text, "signature")
    except RuleError as error:
        if error.code == "E002":
            report_syntax(scope, RuleText(key, ("define",)), error)
        else:
            scope.report_at("E214", RuleText(key, ("define",)), 0, len(key.text) or 1, label="form", name=key.text[:60])
        return None
    return found if isinstance(found, Signature) else None


# ---- sizing and limits ----
def ratio_of_equity(scope: Scope, rule: RuleText | None, risk: RiskProfile | None = None) -> float | None:
    """`0.5% of equity`, or a plain number below 1; 0 < ratio <= 1. `risk`: profile whose limit of loss per trade is named in messages."""
    found = None if rule is None else phrase(scope, rule, "of_equity")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.unit is Unit.NUMBER and found.value >= 1:
        _report_missing_percent(scope, rule, found.value, risk)
        return None
    if not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name=str(rule.path[-1]))
        return None
    return found.value


def read_capital(scope: Scope, rule: RuleText | None) -> tuple[int | None, float | None]:
    """`capital:` of a risk or portfolio file: (KRW, None) for an amount, (None, ratio of the equity) for a share of the account."""
    found = None if rule is None else phrase(scope, rule, "capital")
    if rule is None or not isinstance(found, Amount):
        return None, None
    if found.unit is Unit.MONEY:
        return krw(scope, rule), None
    if not 0 < found.value <= 1:
        scope.report_at("E113", rule, 0, len(rule.text), label="ratio", name="capital")
        return None, None
    return None, found.value


def _report_missing_percent(scope: Scope, rule: RuleText, number: float, risk: RiskProfile | None) -> None:
    key = str(rule.path[-1])
    allowed = risk.risk_per_trade if risk is not None else None
    amount = number >= SMALLEST_AMOUNT and rule.path[:1] == ("sizing",)
    notes: Notes = fixed_amount_notes(key, f"{number:_.0f} KRW") if amount else (("write_percent", {"number": rule.text}),)
    meant = number
    if key == "risk" and risk is not None and allowed is not None:
        above = number > allowed * 100 and not amount
        most = f"{allowed * 100:g}%"
        forbids: Notes = (("profile_forbids", {"profile": risk.name, "allowed": most}),)
        notes += forbids if above else (("profile_allows", {"profile": risk.name, "allowed": most}),)
        meant = allowed * 50 if above else number  # half of what the profile allows, so that a usual loss stays clear of it
    fix = rule.substituted(0, len(rule.text), f"{meant:g}% of equity") if meant <= 100 and not amount else ""
    label = "fixed_amount" if amount else "" if key == "risk" else "other"
    scope.report_at(
        "E111", rule, 0, len(rule.text), label=label, notes=notes, fix=fix, key=key, value=rule.text, percent=f"{number * 100:g}"
    )


def krw(scope: Scope, rule: RuleText | None, *, positive: bool = True) -> int | None:
    """`30_000 KRW`, `30만원`: whole won."""
    found = None if rule is None else phrase(scope, rule, "money")
    if rule is None or not isinstance(found, Amount):
        return None
    if found.value != int(found.value) or (positive and found.value <= 0):
        scope.report_at("E113", rule, 0, len(rule.text), label="won", name=str(rule.path[-1]))
        return None
    return int(found.value)


def whole(scope: Scope, rule: RuleText | None, name: str, *, maximum: int = 10**12) -> int | None:
    """A phrase of one whole number, at least 1."""
    found = None if rule is None else phrase(scope, rule, name)
    if rule is None or not isinstance(found, Amount):
        return None
    if not 1 <= found.value <= maximum or found.value != int(found.value):
        scope.report_at("E113", rule, 0, len(rule.text), label="whole", name=str(rule.path[-1]))
        return None
    return int(found.value)


def warn_below_exchange(scope: Scope, rule: RuleText | None, minimum_krw: int | None) -> None:
    """W411 where smaller orders are asked for than the exchange takes."""
    if rule is not None and minimum_krw is not None and minimum_krw < MIN_ORDER_KRW:
        scope.report_at("W411", rule, 0, len(rule.text), fix=rule.substituted(0, len(rule.text), f"{MIN_ORDER_KRW:_} KRW"))


def read_limits(scope: Scope, document: StrategyDocument) -> Limits:
    """`limits:`."""
    return Limits(
        open_positions=whole(scope, text_at(document, "limits", "open_positions"), "whole"),
        entries_per_day=whole(scope, text_at(document, "limits", "entries_per_market"), "per_day"),
        cooldown_ms=whole(scope, text_at(document, "limits", "cooldown"), "after_loss"),
        reentry_bars=whole(scope, text_at(document, "limits", "reentry"), "after_exit"),
    )


def read_sizing(scope: Scope, document: StrategyDocument, conditions: Conditions, risk: RiskProfile | None) -> Sizing:
    """`sizing:`, held against the profile's limit of loss per trade."""
    allowed = risk.risk_per_trade if risk is not None else None
    rule = text_at(document, "sizing", "risk")
    ratio = ratio_of_equity(scope, rule, risk)
    if rule is not None and ratio is not None and allowed is not None and ratio > allowed and risk is not None:
        fix = rule.substituted(0, len(rule.text), f"{allowed * 100:g}% of equity")
        args = {"risk": f"{ratio * 100:g}%", "allowed": f"{allowed * 100:g}%", "profile": risk.name}
        scope.report_at("E402", rule, 0, len(rule.text), label="", notes=(), fix=fix, **args)
    if rule is not None and _lacks_stop(document):
        scope.report_at("E403", rule, 0, len(rule.text))
    min_order = krw(scope, text_at(document, "sizing", "min_order"))
    warn_below_exchange(scope, text_at(document, "sizing", "min_order"), min_order)
    return Sizing(
        risk=ratio,
        weight=ratio_of_equity(scope, text_at(document, "sizing", "weight")),
        max_weight=ratio_of_equity(scope, text_at(document, "sizing", "max_weight")),
        min_order_krw=min_order,
        scale=_scale(scope, text_at(document, "sizing", "scale"), conditions),
    )


def warn_all_cash(scope: Scope, document: StrategyDocument, sizing: Sizing, limits: Limits, risk: RiskProfile | None) -> None:
    """W416 where a buy takes all cash that there is, so that the first of several markets leaves nothing to the others."""
    one = (limits.open_positions, None if risk is None else risk.open_positions, len(_markets(document)))
    sized = (sizing.risk, sizing.weight, sizing.max_weight, None if risk is None else risk.exposure_per_market)
    unread = risk is None and text_at(document, "risk_profile") is not None
    if unread or 1 in one or any(ratio is not None for ratio in sized):
        return
    known = entries(document, "sizing")
    name = "sizing" if known else next((key for key in ("exits", "entry") if _has(document, key)), None)
    if name is None:
        return
    key = document.key(name)
    rule = RuleText(key, ())
    scope.report_at("W416", rule, 0, len(key.text), fix=with_size(rule, known[0][0] if known else None, "weight: 20% of equity"))


def with_size(rule: RuleText, first: Scalar | None, setting: str) -> str:
    """The key's line with a setting of `sizing:`: before it, or inside `sizing:`, whose first key is given; "" where the file is
    laid out otherwise."""
    span = rule.span(0, len(rule.text))
    line = rule.scalar.source.line_text(span.line)
    if line[: span.column - 1].strip():
        return ""
    if first is None:
        return f"{line[: span.column - 1]}sizing: {{{setting}}}\n{line}"
    place = first.span(0, 1)
    if place.line == span.line:
        return line.replace("{", f"{{{setting}, ", 1)
    return f"{line}\n{' ' * (place.column - 1)}{setting}"


def _has(document: StrategyDocument, key: str) -> bool:
    return isinstance(document.root, Mapping) and document.root.find(key) is not None


def _lacks_stop(document: StrategyDocument) -> bool:
    """Whether there is no hard stop, nor anything that was refused because it was meant to be one."""
    found = document.root.find("exits") if isinstance(document.root, Mapping) else None
    if found is None or not isinstance(found[1], Mapping):
        return False
    meant = [node for key, node in found[1].entries if key.text == "stop" or looks_like_stop(key.text)]
    return not any(not isinstance(node, Mapping) or node.find("at") is not None for node in meant) and found[1].find("stop") is None


def _scale(scope: Scope, rule: RuleText | None, conditions: Conditions) -> int | None:
    expression = None if rule is None else parsed(scope, rule)
    if rule is None or expression is None:
        return None
    context = conditions.context(rule, account=True)
    value = conditions.expressions.number(expression, context)
    if value is None:
        return None
    if value.unit not in PLAIN | {Unit.ANY}:
        found = value.unit.value
        scope.report_at("E110", rule, expression.start, expression.end, label="argument", left="number", right=found, unit=found)
        return None
    largest = value.constant if value.constant is not None else value.high
    if largest is not None and largest <= 0:
        scope.report_at("W418", rule, 0, len(rule.text), fix=rule.substituted(0, len(rule.text), "1.0"))
    return conditions.expressions.nodes.id_of(value)
