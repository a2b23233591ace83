"""Two usual slips with `@`: history of a value that is already on another timeframe, and a suffix that covers one side only."""

from __future__ import annotations

from dsl import ast
from dsl.builder import DURATION_MS
from dsl.catalogue import Unit
from dsl.checker.clock import timeframe_of, timeframe_text
from dsl.checker.context import Context, Notes, Scope


def report_history(scope: Scope, index: ast.Index, context: Context) -> bool:
    """E123 for `(x@4h)[1]`; True when it was reported."""
    at = ast.unbracketed(index.value)
    if not isinstance(at, ast.At) or context.builtin:
        return False
    text = context.rule.text
    inner, suffix = text[at.value.start : at.value.end], text[at.suffix_start : at.end]
    bracket = text[index.value.end : index.end]
    previous = f"{inner}{bracket}{suffix}"
    notes: Notes = (("history_previous", {"timeframe": at.timeframe, "expression": previous}),)
    fix = context.rule.substituted(index.start, index.end, previous)
    whole = _whole_test(index, at, bracket, context)
    if whole is not None:
        notes += (("history_whole", {"timeframe": at.timeframe, "expression": whole[0]}),)
        fix = whole[1]
    clock = timeframe_text(context.section.timeframe.length_ms)
    scope.report("E123", context, index.value.end, index.end, notes=notes, fix=fix, clock=clock, timeframe=at.timeframe)
    return True


def _whole_test(index: ast.Index, at: ast.At, bracket: str, context: Context) -> tuple[str, str] | None:
    """`x@4h > (x@4h)[1]` as one test on 4h, when the rule is just that."""
    text = context.rule.text
    before = text[: index.start].rstrip()
    inner, suffix = text[at.value.start : at.value.end], text[at.suffix_start : at.end]
    operator = next((sign for sign in ("<=", ">=", "==", "!=", "<", ">") if before.endswith(sign)), None)
    if operator is None or text[index.end :].strip():
        return None
    left = before.removesuffix(operator).rstrip()
    if not left.endswith(suffix) or " and " in left or " or " in left:
        return None
    whole = f"({left.removesuffix(suffix).strip()} {operator} {inner}{bracket}){suffix}"
    first = len(text) - len(text.lstrip())
    return whole, context.rule.substituted(first, index.end, whole)


def warn_one_sided(scope: Scope, comparison: ast.Comparison, context: Context) -> None:
    """W124 for `ema(close, 50) > ema(close, 200)@4h`: the same function twice, one of them on other bars."""
    if len(comparison.operands) != 2 or context.builtin:
        return
    for at, other in (comparison.operands, comparison.operands[::-1]):
        plain = ast.unbracketed(other)
        if not isinstance(at, ast.At) or not isinstance(at.value, ast.Call) or not isinstance(plain, ast.Call):
            continue
        if at.value.name == plain.name and at.timeframe != timeframe_text(context.section.timeframe.length_ms):
            _report_one_sided(scope, comparison, at, context)


def _span_ms(side: ast.Expression, context: Context) -> int | None:
    """How far back a call looks, in whole units of its size: its last plain number is taken for its bars. None without one."""
    plain = ast.unbracketed(side)
    frame = timeframe_of(plain.timeframe) if isinstance(plain, ast.At) else context.section.timeframe
    call = ast.unbracketed(plain.value) if isinstance(plain, ast.At) else plain
    last = call.arguments[-1].value if isinstance(call, ast.Call) and call.arguments else None
    if frame is None or not isinstance(last, ast.Literal) or last.unit not in (Unit.NUMBER, Unit.BARS) or last.value < 1:
        return None
    length = int(last.value) * frame.length_ms
    unit = next(DURATION_MS[unit] for unit in ("d", "h", "m", "s") if length >= DURATION_MS[unit])
    return length // unit * unit


def _report_one_sided(scope: Scope, comparison: ast.Comparison, at: ast.At, context: Context) -> None:
    text = context.rule.text
    suffix = text[at.suffix_start : at.end]
    whole = text[comparison.start : at.suffix_start] + text[at.end : comparison.end]
    fix = context.rule.substituted(comparison.start, comparison.end, f"({whole}){suffix}")
    clock = timeframe_text(context.section.timeframe.length_ms)
    side, opposite = ("right", "left") if at is comparison.operands[1] else ("left", "right")
    spans = [_span_ms(one, context) for one in comparison.operands]
    stays: dict[str, str] = {"clock": clock}
    known = [f"{span}" for span in spans if span is not None]
    if len(known) == len(spans):
        stays |= {"left_ms": known[0], "right_ms": known[1]}
    kinds = ("left_side", "left_side_spans") if opposite == "left" else ("right_side", "right_side_spans")
    kind = kinds[len(stays) > 1]
    sides: Notes = ((kind, stays), ("bracket_comparison", {"timeframe": at.timeframe}))
    expression = text[at.value.start : at.value.end]
    scope.report("W124", context, at.suffix_start, at.end, label=side, notes=sides, fix=fix, timeframe=at.timeframe, expression=expression)
