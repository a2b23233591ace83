"""What typer finds wrong with a command line, as a sentence in the user's language."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer
import typer.core

from dsl.diagnostics import Language
from dsl.messages import texts
from engine.model.errors import UsageError

#: the class of all such findings; typer keeps it in another module from version to version
TyperUsageError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "UsageError")


class OnceCommand(typer.core.TyperCommand):
    """A command that refuses an option given twice where one value counts: two dates are one mistake, and nobody knows which."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Raises UsageError."""
        given = [option for option in self.make_parser(ctx).parse_args(list(args))[2] if not getattr(option, "is_flag", True)]
        for option in given:
            if not option.multiple and given.count(option) > 1:
                raise UsageError("cli.usage_twice", name=option.opts[0], command=ctx.command_path.removeprefix("jangdan "))
        return super().parse_args(ctx, args)


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


#: what typer says -> the same in the language of the command that runs; empty for English
_WORDS: dict[str, str] = {}
_ENGLISH: dict[str, str] = {}


def translate_typer(chosen: Language) -> None:
    """Put the words that typer itself says on help pages into the user's language. It has no catalogue to be given: most go through one
    function in each of its modules or are constants of the module that draws the pages; the line of usage and the help of `--help` are
    plain."""
    _WORDS.clear()
    if chosen is Language.KOREAN:
        _WORDS.update((entry.en, entry.ko) for key, entry in texts("cli").items() if key.startswith("typer_"))
    elif not _ENGLISH:
        return  # nothing was ever put into another language
    import typer.rich_utils  # pages are drawn by it; nothing else here needs it

    if not _ENGLISH:
        _ENGLISH.update({name: value for name, value in vars(typer.rich_utils).items() if name.isupper() and isinstance(value, str)})
        _ask_for_words()
    for name, value in _ENGLISH.items():
        setattr(typer.rich_utils, name, _translated(value))


def _translated(message: str) -> str:
    return _WORDS.get(message, message)


def _ask_for_words() -> None:
    """Let typer ask `_translated` wherever it says something."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "typer" and callable(getattr(module, "_", None)):
            setattr(module, "_", _translated)  # noqa: B010  a name of another module's own
    formatter: Any = typer.Context.formatter_class
    write_usage = formatter.write_usage

    def usage(self: Any, prog: str, args: str = "", prefix: str | None = None) -> None:
        for word in ("[OPTIONS]", "COMMAND [ARGS]..."):
            args = args.replace(word, _translated(word))
        write_usage(self, prog, args, _translated("Usage: ") if prefix is None else prefix)

    formatter.write_usage = usage
    kinds: tuple[Any, ...] = (typer.core.TyperCommand, typer.core.TyperGroup)
    for kind in kinds:
        kind.get_help_option = _with_words(kind.get_help_option)


def _with_words(help_option: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def option(self: Any, context: Any) -> Any:
        found = help_option(self, context)
        if found is not None and found.help:
            found.help = _translated(found.help)
        return found

    return option
