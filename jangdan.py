#!/usr/bin/env python3
"""The launcher: sets Jangdan up in .venv beside itself, once, then runs the command.

python3 jangdan.py backtest strategies/pullback-trend.yaml

Plain Python, nothing installed needed; Linux, macOS, Windows. It must keep parsing on Python 3.8, to tell its user that 3.11 is needed;
what only set-up needs is imported there, so that an ordinary start costs a few milliseconds.

.venv/jangdan-set-up says what .venv holds. `state=begun`: a set-up started and did not end, so all is made anew. It is written last, as
`state=done`. A lock file keeps two starts from setting up at once; the system drops the lock when its holder dies.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, Callable  # noqa: UP035  collections.abc.Callable takes no arguments on Python 3.8

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "jangdan-set-up"
LOCK = ROOT / ".venv.lock"
WINDOWS = sys.platform == "win32"
PYTHON = VENV / "Scripts" / "python.exe" if WINDOWS else VENV / "bin" / "python"
TOO_OLD = """Jangdan needs Python 3.11 or newer; this is Python {}.{} ({}). Install a newer one, then run this again with it.
장단에는 파이썬 3.11 이상이 필요합니다. 새 파이썬을 설치한 뒤 그것으로 다시 실행하세요.
"""


def main(arguments: list[str]) -> int:
    """Set up what is missing, then become the command. Returns its exit code where the process cannot be replaced (Windows)."""
    if sys.version_info < (3, 11):  # noqa: UP036  the message is for those who have an older one
        sys.stderr.write(TOO_OLD.format(sys.version_info[0], sys.version_info[1], sys.executable))
        return 1
    wanted = Wanted(arguments)
    try:
        if not wanted.met_by(read_stamp()):
            with Lock():
                stamp = read_stamp()
                if not wanted.met_by(stamp):  # another start may have done it meanwhile
                    set_up(wanted, stamp)
    except SetupError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n" + say("interrupted") + "\n")
        return 130
    return run(arguments)


def run(arguments: list[str]) -> int:
    """Replace this process by the command; on Windows, which cannot, run it and hand its exit code on."""
    line = [str(PYTHON), "-P", "-m", "engine.cli", *arguments]
    if not WINDOWS:
        os.execv(line[0], line)
    import subprocess

    child = subprocess.Popen(line)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too, and decides
            continue


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


class Wanted:
    """What .venv must hold for a command.

    interpreter: Python's version and this folder; where it differs, .venv is made anew. packages: what is to be installed.
    kernel: which kernel sources are compiled. dev: the tools of `selftest` are needed as well.
    """

    def __init__(self, arguments: list[str]) -> None:
        import hashlib

        self.dev = is_selftest(arguments)
        self.interpreter = f"{sys.version_info[0]}.{sys.version_info[1]} {ROOT}"
        listed = (ROOT / "pyproject.toml").read_bytes() + b"\0" + (ROOT / "constraints.txt").read_bytes()
        self.packages = hashlib.sha256(listed).hexdigest()
        self.kernel = hashlib.sha256(kernel_sources().encode()).hexdigest()

    def sound(self, stamp: dict[str, str]) -> bool:
        """True when .venv is whole and was made by this Python in this folder."""
        return stamp.get("state") == "done" and stamp.get("interpreter") == self.interpreter and PYTHON.exists()

    def installed(self, stamp: dict[str, str]) -> bool:
        """True when all packages are there, in the versions wanted now."""
        return stamp.get("packages") == self.packages and (stamp.get("dev") == "yes" or not self.dev)

    def met_by(self, stamp: dict[str, str]) -> bool:
        """True when nothing is left to do."""
        return self.sound(stamp) and self.installed(stamp) and stamp.get("kernel") == self.kernel


def is_selftest(arguments: list[str]) -> bool:
    """True when the command, the first word that is no option, is `selftest`."""
    words = list(arguments)
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] == "--lang" else 1]
    return words[:1] == ["selftest"]


def kernel_sources() -> str:
    """Names, sizes and times of the kernel's source files: cheap to read, and different after every edit or update."""
    found = []
    for path in sorted((ROOT / "engine" / "kernel").rglob("*.py")):
        facts = path.stat()
        found.append(f"{path.relative_to(ROOT)} {facts.st_size} {facts.st_mtime_ns}")
    return "\n".join(found)


def read_stamp() -> dict[str, str]:
    """The stamp; empty when there is none."""
    try:
        lines = STAMP.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write_stamp(state: str, wanted: Wanted, dev: bool, kernel: str = "") -> None:
    """Replace the stamp in one step: a reader sees the old one or the new one."""
    facts = {"state": state, "interpreter": wanted.interpreter, "packages": wanted.packages}
    facts |= {"dev": "yes" if dev else "no", "kernel": kernel}
    fresh = STAMP.with_suffix(".tmp")
    fresh.write_text("".join(f"{name}={value}\n" for name, value in facts.items()), encoding="utf-8")
    fresh.replace(STAMP)


def set_up(wanted: Wanted, stamp: dict[str, str]) -> None:
    """Bring .venv to what is wanted, doing only what is missing."""
    if VENV.is_dir() and any(VENV.iterdir()) and not stamp:
        raise SetupError(say("foreign", folder=VENV))
    dev = wanted.dev or stamp.get("dev") == "yes"
    sound = wanted.sound(stamp)
    if not (sound and wanted.installed(stamp)):
        VENV.mkdir(exist_ok=True)
        write_stamp("begun", wanted, dev)
        if not sound:
            make_environment()
        install(dev)
        write_stamp("done", wanted, dev, kernel="")
    compile_kernel()
    write_stamp("done", wanted, dev, kernel=wanted.kernel)


def make_environment() -> None:
    """A fresh .venv. The stamp stays, so that a half-made one is known for ours."""
    import shutil

    progress(say("environment"))
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != STAMP:
            path.unlink()
    code, lines = follow([sys.executable, "-m", "venv", str(VENV)], ignore)
    if code != 0:
        raise SetupError(say("no_venv", output=tail(lines)))


def install(dev: bool) -> None:
    """Install the project, editable, with the versions of constraints.txt."""
    seen = []

    def show(line: str) -> None:
        words = line.split()
        if words[:1] == ["Collecting"]:
            seen.append(words[1])
            progress(say("installing", count=len(seen), name=words[1].partition("=")[0].partition(">")[0]))
        elif words[:2] == ["Installing", "collected"]:
            progress(say("unpacking", count=len(seen)))

    progress(say("resolving"), stage=True)
    target = str(ROOT) + ("[dev]" if dev else "")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    code, lines = follow([*pip, "-c", str(ROOT / "constraints.txt"), "-e", target], show)
    if code != 0:
        raise SetupError(say("pip_failed", output=tail(lines)))


def compile_kernel() -> None:
    """Compile the kernel now, so that the first command does not stop to do it. It draws its own progress line."""
    import subprocess

    progress(say("kernel"), stage=True)
    if sys.stderr.isatty():
        sys.stderr.write("\n")
    if subprocess.call([str(PYTHON), "-P", "-m", "engine.cli", "precompile"], env=environment(), stdout=subprocess.DEVNULL) != 0:
        raise SetupError(say("kernel_failed"))


def follow(line: list[str], show: Callable[[str], None]) -> tuple[int, list[str]]:
    """Run a program, hand each line that it prints to `show`, and return its exit code and all its lines."""
    import subprocess

    child = subprocess.Popen(
        line, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", cwd=ROOT
    )
    lines = []
    with child:
        try:
            for text in child.stdout or ():
                lines.append(text.rstrip())
                show(text)
        except BaseException:
            child.terminate()
            raise
    return child.returncode, lines


def ignore(line: str) -> None:
    """Show nothing of a line."""


def environment() -> dict[str, str]:
    """This process's variables without those that would send packages or modules somewhere else than .venv."""
    unwanted = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    kept["PYTHONIOENCODING"] = "utf-8"
    return kept


def tail(lines: list[str]) -> str:
    """The end of a program's output, its errors alone if it named any."""
    errors = [line for line in lines if line.lower().startswith("error")]
    return "\n".join("  " + line for line in (errors or lines)[-12:])


def progress(line: str, stage: bool = False) -> None:
    """Show where set-up is: one line drawn over and over on a terminal; elsewhere only the stages, a line each."""
    if sys.stderr.isatty():
        sys.stderr.write("\r" + line.ljust(70))
    elif stage:
        sys.stderr.write(line + "\n")
    sys.stderr.flush()


def say(key: str, **values: object) -> str:
    """A text of dsl/messages/launcher.py in the user's language. Imported late: a start with nothing to set up says nothing."""
    from dsl.messages import text
    from engine.cli.language import language

    return text("launcher." + key, language(), **values)


class Lock:
    """Held by the one start that sets up. The system lets go of it when the process ends, however it ends."""

    def __enter__(self) -> Lock:
        self.file = LOCK.open("a+b")
        told = False
        while not self._try():
            if not told:
                progress(say("waiting"), stage=True)
                told = True
            time.sleep(0.2)
        return self

    def __exit__(self, *_: Any) -> None:
        self.file.close()

    def _try(self) -> bool:
        try:
            if sys.platform == "win32":
                import msvcrt

                self.file.seek(0)
                msvcrt.locking(self.file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
