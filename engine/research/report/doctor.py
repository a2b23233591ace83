"""The doctor's findings in words, for the terminal, the JSON document and the page."""

from __future__ import annotations

from typing import Any, Final

from rich.console import Group as Stack
from rich.console import RenderableType
from rich.text import Text

from dsl.diagnostics import Language
from dsl.explain.korean import particles
from dsl.messages import text
from engine.research.audit import Audit
from engine.research.doctor import Checkup, Finding, Level, Number
from engine.research.random_entry import RandomEntry
from engine.research.report.format import written

#: mark and style of what a reader has to know
_MARKS: Final = {Level.SERIOUS: ("‼", "bold yellow"), Level.WARNING: ("!", "yellow")}

#: what stands beside the result even where it is in order
_SHOWN: Final = ("random_entry", "buy_and_hold", "cliff")


def _say(key: str, language: Language, **args: object) -> str:
    found = text(f"doctor.{key}", language, **args)
    return particles(found) if language is Language.KOREAN else found


def sentence(finding: Finding, language: Language) -> str:
    """What was found, with its numbers."""
    shown = {
        name: written(value.value, value.unit, language, signed=value.signed) if isinstance(value, Number) else value
        for name, value in finding.values.items()
    }
    return _say(finding.text, language, **shown)


def summary_line(checkup: Checkup, language: Language) -> str:
    """How many checks ended in which level."""
    counts = {level.value: sum(one.level is level for one in checkup.findings) for level in Level}
    return _say("summary", language, all=len(checkup.findings), **counts)


def render_findings(checkup: Checkup, language: Language) -> RenderableType:
    """What is wrong first, with what to do about it; then the names of what is in order."""
    lines = [Text(f"{_say('head', language)} · {summary_line(checkup, language)}", style="bold")]
    for level, (mark, style) in _MARKS.items():
        for one in checkup.findings:
            if one.level is level:
                lines.append(Text(f"{mark} {_say(f'name.{one.check}', language)}: {sentence(one, language)}", style=style))
                lines.append(Text(f"  → {_say(f'advice.{one.check}', language)}", style="dim"))
    lines += [Text(f"· {sentence(one, language)}") for one in checkup.findings if one.check in _SHOWN and one.level is Level.FINE]
    for level in (Level.FINE, Level.NOT_JUDGED):
        names = [_say(f"name.{one.check}", language) for one in checkup.findings if one.level is level]
        if names:
            lines.append(Text(f"{_say(f'level.{level}', language)}: {', '.join(names)}", style="dim"))
    if checkup.audit is not None:
        lines.append(Text(audit_line(checkup.audit, language), style="green"))
    return Stack(*lines)


def audit_line(audit: Audit, language: Language) -> str:
    """What the checked mode found when the books balance."""
    return text(
        "audit.passed", language, fills=audit.fills, closes=audit.closes, largest=audit.largest_krw, allowed=audit.allowed_krw
    )  # fmt: skip


def checkup_document(checkup: Checkup) -> dict[str, Any]:
    """{findings, random_entry, audit} with the sentences in both languages."""
    audit = checkup.audit
    books = audit and {
        "fills": audit.fills,
        "closes": audit.closes,
        "largest_krw": audit.largest_krw,
        "allowed_krw": audit.allowed_krw,
        "says": {language.value: audit_line(audit, language) for language in Language},
    }
    return {"findings": [_finding(one) for one in checkup.findings], "random_entry": _lots(checkup.lots), "audit": books}


def _finding(finding: Finding) -> dict[str, Any]:
    concerning = finding.level in _MARKS
    return {
        "check": finding.check,
        "level": finding.level.value,
        "values": {name: value.value if isinstance(value, Number) else value for name, value in finding.values.items()},
        "says": {language.value: sentence(finding, language) for language in Language},
        "advice": {language.value: _say(f"advice.{finding.check}", language) for language in Language} if concerning else None,
    }


def _lots(lots: RandomEntry | None) -> dict[str, Any] | None:
    return None if lots is None else {name: getattr(lots, name) for name in RandomEntry.__slots__}
