"""The launcher: what makes it set up again, what it refuses to touch, and that two starts cannot collide."""

from __future__ import annotations

import ast
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def launcher(tmp_path: Path) -> ModuleType:
    """jangdan.py loaded from a small checkout of its own."""
    for name in ("jangdan.py", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "engine" / "kernel").mkdir(parents=True)
    (tmp_path / "engine" / "kernel" / "ops.py").write_text("a = 1\n")
    spec = importlib.util.spec_from_file_location("launcher_under_test", tmp_path / "jangdan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def finished(launcher: ModuleType, arguments: list[str]) -> dict[str, str]:
    """The stamp after a set-up for these arguments, with an interpreter in place."""
    launcher.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    launcher.PYTHON.touch()
    wanted = launcher.Wanted(arguments)
    launcher.write_stamp("done", wanted, wanted.dev, kernel=wanted.kernel)
    return launcher.read_stamp()


def test_parses_where_only_its_message_can_run() -> None:
    source = (ROOT / "jangdan.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
    tops = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    imported = {name.name if isinstance(node, ast.Import) else node.module for node in tops for name in node.names}
    assert imported == {"__future__", "os", "sys", "time", "pathlib", "typing"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["selftest"], True),
        (["selftest", "-x"], True),
        (["--lang", "ko", "selftest"], True),
        (["--lang=ko", "selftest"], True),
        (["check", "selftest"], False),
        (["--lang", "selftest"], False),
        ([], False),
    ],
)
def test_only_selftest_needs_the_tools(launcher: ModuleType, arguments: list[str], expected: bool) -> None:
    assert launcher.is_selftest(arguments) is expected


def test_a_finished_set_up_is_enough_until_something_changes(launcher: ModuleType) -> None:
    stamp = finished(launcher, ["check"])
    assert launcher.Wanted(["check"]).met_by(stamp)
    assert not launcher.Wanted(["selftest"]).met_by(stamp)
    assert launcher.Wanted(["check"]).met_by(finished(launcher, ["selftest"]))


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_other_packages_are_installed_into_the_sound_environment(launcher: ModuleType, name: str) -> None:
    stamp = finished(launcher, [])
    (launcher.ROOT / name).write_text("# other\n")
    wanted = launcher.Wanted([])
    assert not wanted.met_by(stamp)
    assert wanted.sound(stamp)
    assert not wanted.installed(stamp)


def test_an_edited_kernel_is_compiled_again_and_nothing_else(launcher: ModuleType) -> None:
    stamp = finished(launcher, [])
    (launcher.ROOT / "engine" / "kernel" / "ops.py").write_text("a = 12\n")
    wanted = launcher.Wanted([])
    assert not wanted.met_by(stamp)
    assert wanted.sound(stamp)
    assert wanted.installed(stamp)


def test_an_interrupted_set_up_begins_again(launcher: ModuleType) -> None:
    finished(launcher, [])
    wanted = launcher.Wanted([])
    launcher.write_stamp("begun", wanted, False)
    assert not wanted.sound(launcher.read_stamp())


def test_a_moved_or_broken_environment_is_made_anew(launcher: ModuleType) -> None:
    stamp = finished(launcher, [])
    assert not launcher.Wanted([]).sound({**stamp, "interpreter": stamp["interpreter"] + "elsewhere"})
    launcher.PYTHON.unlink()
    assert not launcher.Wanted([]).sound(stamp)


def test_somebody_elses_environment_is_left_alone(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")
    launcher.VENV.mkdir()
    (launcher.VENV / "mine").write_text("precious")
    with pytest.raises(launcher.SetupError, match="was not made by this launcher"):
        launcher.set_up(launcher.Wanted([]), launcher.read_stamp())
    assert (launcher.VENV / "mine").read_text() == "precious"


HOLDER = """
import sys, time
sys.path.insert(0, {folder!r})
import jangdan
with jangdan.Lock():
    sys.stdout.write("held\\n")
    sys.stdout.flush()
    time.sleep(60)
"""


def test_one_start_sets_up_at_a_time_and_a_killed_one_lets_go(launcher: ModuleType) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(folder=str(launcher.ROOT))], stdout=subprocess.PIPE, text=True, cwd=launcher.ROOT
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        waiting = launcher.Lock()
        waiting.file = launcher.LOCK.open("a+b")
        with waiting.file:
            assert not waiting._try()
            holder.kill()
            holder.wait()
            assert waiting._try()
