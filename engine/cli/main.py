"""The root command: global options, the list of commands, and lazy loading of the one that was chosen.

Written without typer so that `--help` and the start of every command cost nothing: this module imports neither typer nor anything
that computes (tests/test_house_cli.py holds it to that). A command is a typer function or app in a module of its own.
"""

from __future__ import annotations

import difflib
import errno
import gc
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dsl.messages import text
from engine.cli.language import VARIABLE, language
from engine.model.errors import UsageError, UserError, system_reason

if TYPE_CHECKING:
    import typer

#: command -> module:attribute (a function in typer's manner, or a typer.Typer); the line in --help is the text `cli.help_<command>`
COMMANDS: dict[str, str] = {
    "check": "engine.cli.check:check",
    "app": "engine.cli.app:app",
    "fmt": "engine.cli.fmt:fmt",
    "backtest": "engine.cli.backtest:backtest",
    "sweep": "engine.cli.sweep:sweep",
    "why": "engine.cli.why:why",
    "test": "engine.cli.test:run_tests",
    "paper": "engine.cli.paper:paper",
    "replay": "engine.cli.paper:replay",
    "exchange": "engine.cli.exchange:app",
    "price": "engine.cli.price:price",
    "data": "engine.cli.data:app",
    "market": "engine.cli.market:market",
    "portfolio": "engine.cli.balances:portfolio",
    "trade": "engine.cli.trade:app",
    "orders": "engine.cli.orders:app",
    "warmup": "engine.cli.warmup:warmup",
    "functions": "engine.cli.functions:functions",
    "explain": "engine.cli.explain:explain",
    "diff": "engine.cli.diff:diff_files",
    "schema": "engine.cli.schema:schema",
    "lsp": "engine.cli.lsp:lsp",
    "precompile": "engine.cli.precompile:precompile",
    "selftest": "engine.cli.selftest:app",
}

#: 128 + SIGINT, as shells count
_INTERRUPTED = 130
#: objects that are made before Python looks for unused ones among them. Imports make 200,000 that stay; at 700, its own number, the looks
#: are a tenth of a start
_OBJECTS_BETWEEN_LOOKS = 50_000


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    _prepare_streams()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for other packages' plugins costs every start
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads for products of matrices, which nothing here makes
    code = _after_output(run(sys.argv[1:]))
    gc.freeze()  # at its end Python would look through all of them twice more
    sys.exit(code)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code: 0 success, 1 a mistake the user can mend, 2 wrong usage."""
    try:
        return _dispatch(_take_language(arguments))
    except UserError as error:
        sys.stderr.write(text("cli.error", language(), message=error.message(language())) + "\n")
        return 2 if isinstance(error, UsageError) else 1
    except KeyboardInterrupt:
        sys.stderr.write(text("cli.interrupted", language()) + "\n")
        return _INTERRUPTED
    except MemoryError:
        sys.stderr.write(text("cli.error", language(), message=text("cli.no_memory", language())) + "\n")
        return 1
    except OSError as error:
        return _system_refused(error)


def _dispatch(arguments: list[str]) -> int:
    """Answer the root's own options, or load the command named first and hand it the rest."""
    if not arguments or arguments[0] in ("--help", "-h"):
        sys.stdout.write(help_page())
        return 0
    name, rest = arguments[0], arguments[1:]
    if name in ("--version", "-V"):
        from importlib.metadata import version  # a tenth of the whole start, which no other command needs

        sys.stdout.write(f"jangdan {version('jangdan')}\n")
        return 0
    if name.startswith("-"):
        raise UsageError("cli.unknown_option", name=name)
    if name not in COMMANDS:
        raise UsageError("cli.unknown_command", name=name, hint=_hint(name))
    return _invoke(name, rest)


def _take_language(arguments: list[str]) -> list[str]:
    """Take `--lang X` or `--lang=X` out of the command line, wherever it stands before `--`, and make it this process's language."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    for i, argument in enumerate(arguments[:end]):
        option, equals, value = argument.partition("=")
        if option == "--lang":
            used = 1 if equals else 2
            value = value if equals else "".join(arguments[i + 1 : i + 2])
            if value not in ("ko", "en"):
                raise UsageError("cli.bad_lang", value=value)
            os.environ[VARIABLE] = value
            return _take_language(arguments[:i] + arguments[i + used :])
    return arguments


def _hint(name: str) -> str:
    """The nearest command, or where the list is."""
    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return text("cli.did_you_mean", language(), name=near[0]) if near else text("cli.see_help", language())


def help_page() -> str:
    """The page of `--help`: every command with one line, none of them imported."""
    chosen = language()
    rows = [(name, text(f"cli.help_{name}", chosen)) for name in COMMANDS]
    options = [
        ("--lang ko|en", text("cli.option_lang", chosen)),
        ("--version", text("cli.option_version", chosen)),
        ("--help", text("cli.option_help", chosen)),
    ]
    lines = [text("cli.usage", chosen), "", text("cli.about", chosen), "", text("cli.commands", chosen)]
    lines += [f"  {name:<14}{line}" for name, line in rows]
    lines += ["", text("cli.options", chosen)]
    lines += [f"  {name:<14}{line}" for name, line in options]
    return "\n".join(lines) + "\n"


def _invoke(name: str, arguments: list[str]) -> int:
    """Import the command's module and run it under typer. Returns its exit code."""
    module, _, attribute = COMMANDS[name].partition(":")
    target = getattr(importlib.import_module(module), attribute)
    from engine.cli.usage import TyperUsageError, explained, translate_typer  # typer: --help must not pay for it

    translate_typer(language())
    try:
        code = _as_app(name, target)(args=arguments, prog_name=f"jangdan {name}", standalone_mode=False)
    except SystemExit as stop:
        return _exit_code(stop)
    except TyperUsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # `jangdan data` shows its page
            sys.stderr.write(f"{error}\n")
            return 2
        raise explained(error, name) from error
    if code == _INTERRUPTED:  # typer ends without a word
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _as_app(name: str, target: object) -> typer.Typer:
    """The command as a typer app of its own."""
    import typer  # the only need of the root for typer: --help must not pay for it

    from engine.cli.usage import OnceCommand

    if isinstance(target, typer.Typer):
        for command in target.registered_commands:
            command.cls = OnceCommand
        target.pretty_exceptions_enable = False
        return target
    if not callable(target):
        raise TypeError(f"command {name} is neither a function nor a typer app")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(cls=OnceCommand, help=text(f"cli.help_{name}", language()))(target)
    return app


def _exit_code(stop: SystemExit) -> int:
    """The number behind a SystemExit, as the interpreter would read it."""
    if stop.code is None or isinstance(stop.code, int):
        return stop.code or 0
    sys.stderr.write(f"{stop.code}\n")
    return 1


def _prepare_streams() -> None:
    """Make every text printable: Korean reaches pipes and files too, and a character that a terminal cannot show becomes `?`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller (`>&-`): what is said is lost, what is done is not
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  kept as long as the process
        else:
            stream.reconfigure(encoding=_encoding(stream.encoding), errors="replace")


def _encoding(own: str) -> str:
    """The stream's own encoding where it has Korean; else, and on Windows, UTF-8, which terminals show whatever the locale says."""
    if sys.platform == "win32":
        return "utf-8"
    try:
        "가".encode(own)
    except UnicodeEncodeError:
        return "utf-8"
    return own


def _after_output(code: int) -> int:
    """The exit code once everything that was printed has left the process."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _system_refused(error)
    return code


def _system_refused(error: OSError) -> int:
    """Exit code 1 and a sentence where the system refuses a file, or standard output; without a word when its reader has gone (`| head`).

    Raises every other error: those are ours.
    """
    if error.errno not in (errno.EPIPE, errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS):
        raise error
    reason = system_reason(error, language())
    if error.filename is not None:
        message = text("cli.refused", language(), path=os.fsdecode(error.filename), reason=reason)
    else:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still buffered must not fail again at exit
        message = text("cli.output_failed", language(), reason=reason)
    if error.errno != errno.EPIPE:
        sys.stderr.write(text("cli.error", language(), message=message) + "\n")
    return 1


if __name__ == "__main__":
    main()
