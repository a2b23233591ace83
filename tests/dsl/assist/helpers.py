"""What the tests of the editor's help share: one `Assist`, and texts with a mark where the cursor is."""

from __future__ import annotations

from pathlib import Path

from dsl.assist.answers import Completion, applied
from dsl.assist.assist import Assist
from dsl.diagnostics import Language
from tests.dsl.helpers import BROKEN, CATALOGUE, PROFILES, ROOT, SHIPPED

ASSIST = Assist(CATALOGUE, PROFILES)
KO, EN = Language.KOREAN, Language.ENGLISH
RISK = sorted((ROOT / "risk_profiles").glob("*.yaml"))
FILES: list[Path] = [*SHIPPED, *RISK]
BROKEN_FILES = sorted(BROKEN.glob("*.yaml"))
EXAMPLE = (ROOT / "strategies" / "pullback-trend.yaml").read_text("utf-8")


def cursor(text: str) -> tuple[str, int]:
    """The text without its mark `¦`, and where it was."""
    at = text.index("¦")
    return text[:at] + text[at + 1 :], at


def edited(old: str, new: str, text: str = EXAMPLE) -> tuple[str, int]:
    """`text` with its first `old` replaced by `new`, which holds the mark."""
    assert old in text, old
    return cursor(text.replace(old, new, 1))


def labels(text: str, at: int, language: Language = KO) -> list[str]:
    return [completion.label for completion in ASSIST.complete(text, at, language)]


def accepted(text: str, at: int, label: str) -> str:
    """The text after the proposal called `label` was taken."""
    return applied(text, (proposal(text, at, label).edit,))


def proposal(text: str, at: int, label: str) -> Completion:
    return next(completion for completion in ASSIST.complete(text, at, KO) if completion.label == label)
