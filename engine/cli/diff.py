"""`jangdan diff OLD NEW`: two versions of a file by meaning. Exit code 0: the same, 1: different, 2: cannot be compared."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dsl.compile import schema_of
from dsl.diff import Change, Difference
from dsl.files import Checked, check_file
from dsl.messages import text
from dsl.reload import plan_reload
from dsl.render import as_json, render
from engine.cli.inputs import MARKET, refusal
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UsageError

_MOST_NODES = 12
_MOST_TEXT = 100


def _say(key: str, **values: object) -> str:
    return text(f"diff.{key}", language(), **values)


def diff_files(
    old: Annotated[Path, typer.Argument(help=_say("argument_old"), show_default=False)],
    new: Annotated[Path, typer.Argument(help=_say("argument_new"), show_default=False)],
    opened: Annotated[str, typer.Option("--open", help=_say("option_open"), show_default=False)] = "",
    json_output: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Compare two files of one kind; exit 1 when they differ. With --open: whether the new one may be loaded with these positions."""
    before, after = _read(old), _read(new)
    kinds = schema_of(before.source), schema_of(after.source)
    if kinds[0] != kinds[1]:
        raise UsageError("diff.kinds", old=kinds[0], new=kinds[1])
    plan = plan_reload(before, after, catalogue(), dict.fromkeys(open_markets(opened), ""))
    found = plan.difference
    refused = [as_json(one.diagnostic, one.source) for one in plan.refused]
    if json_output:
        sys.stdout.write(json.dumps({**_document(found), "refused": refused}, ensure_ascii=False) + "\n")
    else:
        blocks = [shown(found), *(render(one.diagnostic, one.source, language()) for one in plan.refused)]
        sys.stdout.write("\n\n".join(blocks) + "\n")
    if not found.same:
        raise typer.Exit(1)


def open_markets(text: str) -> list[str]:
    """Codes of `--open KRW-XRP,KRW-SOL`. Raises UsageError for what is no KRW market."""
    codes = [code.strip().upper() for code in text.split(",") if code.strip()]
    wrong = next((code for code in codes if not MARKET.fullmatch(code)), None)
    if wrong is not None:
        raise UsageError("inputs.bad_market", code=wrong, hint="KRW-BTC")
    return codes


def _read(path: Path) -> Checked:
    try:
        found = check_file(path, catalogue())
    except OSError as error:
        raise UsageError("inputs.unreadable", path=path, reason=error) from error
    refused = refusal(found)
    if refused:
        raise UsageError("diff.refused", file=path, findings=refused)
    return found


def shown(found: Difference) -> str:
    """The differences as lines for a terminal."""
    lines = [line for change in found.changes for line in _lines(change)]
    if found.same:
        return "\n".join([*lines, _say("same")])
    effects = ", ".join(_say(f"reload_{effect}") for effect in found.reload)
    lines += ["", _say("summary", effects=effects)]
    if found.nodes_added or found.nodes_removed:
        lines.append(_say("nodes", added=len(found.nodes_added), removed=len(found.nodes_removed)))
        for sign, nodes in (("+", found.nodes_added), ("-", found.nodes_removed)):
            lines += [f"  {sign} {_short(node)}" for node in nodes[:_MOST_NODES]]
            lines += [f"  {sign} {_say('more', count=len(nodes) - _MOST_NODES)}"] * (len(nodes) > _MOST_NODES)
    return "\n".join(lines)


def _lines(change: Change) -> list[str]:
    effects = ", ".join(_say(f"reload_{effect}") for effect in change.reload)
    lines = [f"{change.path}: {_say(change.kind.value)}  [{effects}]"]
    lines += [f"  - {' '.join(change.old.split())}"] * bool(change.old) + [f"  + {' '.join(change.new.split())}"] * bool(change.new)
    return [*lines, f"  {_say('affects', paths=', '.join(change.affects))}"] if change.affects else lines


def _short(node: str) -> str:
    return node if len(node) <= _MOST_TEXT else node[: _MOST_TEXT - 1] + "…"


def _document(found: Difference) -> dict[str, object]:
    return {
        "same": found.same,
        "reload": [effect.value for effect in found.reload],
        "changes": [
            {
                "kind": change.kind.value,
                "path": change.path,
                "old": change.old,
                "new": change.new,
                "reload": [effect.value for effect in change.reload],
                "affects": list(change.affects),
            }
            for change in found.changes
        ],
        "nodes_added": list(found.nodes_added),
        "nodes_removed": list(found.nodes_removed),
    }
