"""What is said about a text that the grammar refuses: the mistake that it usually is, and the same thing written right."""

from __future__ import annotations

import re

from dsl.account_limits import line_of_pause
from dsl.builder import RuleError
from dsl.checker.context import Notes, RuleText, Scope
from dsl.checker.habits import MAX_CHARACTERS, meant
from dsl.checker.phrase_habits import mended
from dsl.keyboard import is_jamo, latin, look_alike, typed

#: digits in groups, as on a bank statement
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?!\d)")
_MONEY = re.compile(r"\d[\d_,.]*\s*(?:(?:조|억|천만|백만|십만|만|천)\s*(?:원|KRW)?|원|KRW)")
_CODE = re.compile(r"(?<![\w-])(?<!\d )KRW-([A-Z0-9]{1,10})(?:\.([A-Za-z_]\w*))?(?![\w-])")
_UNREAD = ("E100", "E103", "E117", "E118")


def named_by_code(scope: Scope, rule: RuleText) -> bool:
    """E102 for `KRW-BTC.close`: other markets are read by their alias, and a code would be a subtraction."""
    found = _CODE.search(rule.text)
    if found is None or any(quote in rule.text[: found.start()] for quote in "\"'"):
        return False
    alias = next((name for name, market in scope.aliases.items() if market == f"KRW-{found[1]}"), None)
    series = found[2] or "close"
    if re.search(r"\bmarket\s*[=!]=\s*$", rule.text[: found.start()]):
        scope.report_at("E102", rule, found.start(), found.end(), label="this_market", name=found[0])
        return True
    fix = rule.substituted(found.start(), found.end(), f"{alias}.{series}") if alias else ""
    notes: Notes = (("alias_needed", {"alias": found[1].lower(), "market": f"KRW-{found[1]}", "series": series}),)
    scope.report_at("E102", rule, found.start(), found.end(), label="code", notes=() if alias else notes, fix=fix, name=found[0])
    return True


def report_phrase(scope: Scope, rule: RuleText, name: str, error: RuleError) -> None:
    """A phrase that cannot be read, with the form that is expected and, where it can be told, what was meant in that form."""
    if error.code not in _UNREAD:
        report_syntax(scope, rule, error)
        return
    known = _meant_elsewhere(rule, name)
    if known is not None:
        label, notes = known
        scope.report_at("E220", rule, 0, len(rule.text), label=label, notes=notes, found=rule.text)
        return
    start, end = (0, len(rule.text)) if error.code == "E118" else (error.start, error.end)
    new = mended(rule.text, name)
    fix = "" if new is None else rule.substituted(0, len(rule.text), new)
    scope.report_at("E220", rule, start, end, label=name, fix=fix, found=rule.text[start:end])


def _meant_elsewhere(rule: RuleText, name: str) -> tuple[str, Notes] | None:
    """Label and notes for what this key does not offer: a fixed amount as the size, a pause after several losses."""
    if len(rule.text) > MAX_CHARACTERS:
        return None
    amount = _MONEY.search(rule.text)
    if name == "of_equity" and amount is not None and rule.path[:1] == ("sizing",):
        return "fixed_amount", fixed_amount_notes(str(rule.path[-1]), amount[0].replace(",", "_"))
    line = line_of_pause(rule.text) if name == "after_loss" else None
    return None if line is None else ("after_losses", (("account_limit", {"line": line}),))


def fixed_amount_notes(key: str, amount: str) -> Notes:
    """What comes nearest to buying for `amount`."""
    ratio = "0.5%" if key == "risk" else "5%"
    return ("fixed_amount", {"line": f"{key}: {ratio} of equity"}), ("cap_amount", {"line": f"orders: {{max_order: {amount}}}"})


def report_syntax(scope: Scope, rule: RuleText, error: RuleError) -> None:
    """A RuleError as a diagnostic, with a fix where one is certain."""
    text = rule.text
    if error.code in _UNREAD and (_report_foreign(scope, rule) or _report_habit(scope, rule, error)):
        return
    fix = ""
    if error.code == "E103":
        fix = rule.substituted(error.start, error.end, "==")
    elif error.code == "E117":
        padded = error.message_args["word"]
        before, after = text[: error.start], text[error.end :]
        padded = ("" if not before or before.endswith(" ") else " ") + padded + ("" if after.startswith(" ") else " ")
        fix = rule.substituted(error.start, error.end, padded)
    after = rule.scalar.source.text[rule.scalar.end :].lstrip()
    cut = error.code == "E118" and rule.scalar.style is None and after.startswith(",")
    notes: Notes = (("flow_comma", {}),) if cut else ()
    scope.report_at(error.code, rule, error.start, error.end, label="", notes=notes, fix=fix, **error.message_args)


def _report_foreign(scope: Scope, rule: RuleText) -> bool:
    """E006 for letters of another keyboard: half-typed Hangul, and what only looks like a Latin letter."""
    text = rule.text
    place = next((at for at, character in enumerate(text) if look_alike(character) or is_jamo(character)), None)
    if place is None:
        return False
    found, code_point = text[place], f"U+{ord(text[place]):04X}"
    if look_alike(found):
        fix = rule.substituted(0, len(text), latin(text))
        scope.report_at("E006", rule, place, place + 1, fix=fix, found=found, code_point=code_point, half=look_alike(found) or "")
        return True
    word = next(match for match in re.finditer(r"[\wㄱ-ㅣ]+", text) if match.start() <= place < match.end())
    new = typed(word[0])
    stray = len(word[0]) == 1
    fix = rule.substituted(word.start(), word.end(), "").rstrip() if stray else rule.substituted(word.start(), word.end(), new)
    label = "stray" if stray else "jamo"
    scope.report_at("E006", rule, word.start(), word.end(), label=label, fix=fix, found=word[0], code_point=code_point, half=new)
    return True


def _report_habit(scope: Scope, rule: RuleText, error: RuleError) -> bool:
    """E100 with what the text says in other programs."""
    text = rule.text
    amount = next((found for found in _GROUPED.finditer(text) if found.start() < error.start < found.end()), None)
    if error.code == "E100" and amount is not None:
        plain = amount[0].replace(",", "_")
        notes: Notes = (("grouped_digits", {"number": plain}),)
        fix = rule.substituted(amount.start(), amount.end(), plain)
        scope.report_at("E100", rule, error.start, error.end, label="grouped", notes=notes, fix=fix, found=text[error.start : error.end])
        return True
    if error.code == "E117" or (error.code == "E118" and _is_cut(rule)):
        return False
    found = meant(text, error.start)
    if found is None:
        return False
    fix = "" if found.text is None else rule.substituted(found.first, found.last, found.text)
    shown = text[found.start : found.end].strip()
    scope.report_at("E100", rule, found.start, found.end, label=found.key, fix=fix.rstrip(), found=shown)
    return True


def _is_cut(rule: RuleText) -> bool:
    """Whether a comma of a flow mapping ended the text."""
    return rule.scalar.style is None and rule.scalar.source.text[rule.scalar.end :].lstrip().startswith(",")
