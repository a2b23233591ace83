"""What typer finds wrong with a command line, as a sentence in the user's language."""

from __future__ import annotations

from typing import Any

import typer

from engine.model.errors import UsageError

#: the class of all such findings; typer keeps it in another module from version to version
TyperUsageError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")


def explained(error: Exception, command: str) -> UsageError:
    """The finding as our own error, which names the command's help page."""
    kind, found = type(error).__name__, dict[str, Any](vars(error))
    values: dict[str, object] = {"command": command}
    if kind == "MissingParameter":
        return UsageError("cli.usage_missing", name=_name(found), **values)
    if kind == "NoSuchOption":
        near = ", ".join(found["possibilities"] or ())
        return UsageError("cli.usage_option_near" if near else "cli.usage_option", name=found["option_name"], near=near, **values)
    if kind == "BadOptionUsage":
        return UsageError("cli.usage_no_value", name=found["option_name"], **values)
    if kind == "BadParameter":
        return UsageError("cli.usage_value", name=_name(found), reason=found["message"], **values)
    return UsageError("cli.usage_other", reason=found["message"], **values)


def _name(found: dict[str, Any]) -> str:
    """`--block` for an option, `FILE` for an argument."""
    parameter = found["param"]
    options = [str(option) for option in parameter.opts if str(option).startswith("-")]
    return options[0] if options else str(parameter.name).upper()
