"""Whether a new version of a file may take over from the running one: what the change does, and what open positions forbid (R301)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.catalogue import Catalogue
from dsl.compile import Compiled, Finding
from dsl.diagnostics import Diagnostic, Severity, Span
from dsl.diff import Change, Difference, diff
from dsl.files import Checked
from dsl.keys import Reload
from dsl.portfolio import CompiledPortfolio
from dsl.yaml_tree import Scalar, locate

#: characters of a version that people are shown
VERSION_LENGTH = 6


@dataclass(frozen=True, slots=True)
class ReloadPlan:
    """What loading the new file takes. refused: one R301 for each change that waits for a flat strategy; empty = it may be loaded."""

    difference: Difference
    refused: tuple[Finding, ...] = ()

    @property
    def effects(self) -> tuple[Reload, ...]:
        """Everything that loading takes, mildest first."""
        return self.difference.reload


def plan_reload(old: Checked, new: Checked, catalogue: Catalogue, opened: Mapping[str, str]) -> ReloadPlan:
    """What happens when `new` replaces the running `old`.

    opened: the open positions, market -> version that opened it ("" = the old file's). Raises ValueError as dsl.diff.diff.
    """
    found = diff(old, new, catalogue)
    if not opened:
        return ReloadPlan(found)
    flat = [change for change in found.changes if Reload.FLAT in change.reload]
    return ReloadPlan(found, tuple(Finding(_refusal(change, old, new, opened), new.source) for change in flat))


def version_of(checked: Checked) -> str:
    """The version of a strategy or portfolio, as people are shown it; "" for a file that has none."""
    made = checked.strategy if isinstance(checked, Compiled) else checked.portfolio if isinstance(checked, CompiledPortfolio) else None
    return "" if made is None else made.version[:VERSION_LENGTH]


def _refusal(change: Change, old: Checked, new: Checked, opened: Mapping[str, str]) -> Diagnostic:
    before, after = version_of(old), version_of(new)
    versions: dict[str, list[str]] = {}
    for market in sorted(opened):
        versions.setdefault(opened[market][:VERSION_LENGTH] or before, []).append(market)
    notes = tuple(
        (("open_now" if version else "open_now_alone"), {"markets": ", ".join(markets), "version": version})
        for version, markets in versions.items()
    )
    args = {"key": change.path, "old": " ".join(change.old.split())}
    label = "" if change.old else "added"
    path = f"reload {before} -> {after}" if before and after else "reload"
    return Diagnostic("R301", Severity.REFUSED, _place(change, new), path, args, label, (*notes, ("allowed_live", {}), ("choose_flat", {})))


def _place(change: Change, new: Checked) -> Span:
    """The new text, or the first line of the file where the setting is gone."""
    if new.document is None or not change.new:
        return Span(1, 1)
    key, value = locate(new.document.root, tuple(change.path.split(".")))
    place = value if isinstance(value, Scalar) else key
    return place.span() if place is not None else Span(1, 1)
