"""`jangdan fmt`: what is written, what is only told, what is refused; never half a file."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = sorted([*(ROOT / "strategies").glob("*.yaml"), *(ROOT / "risk_profiles").glob("*.yaml")])
GOLDEN = ROOT / "tests" / "golden" / "formatting"


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    path = tmp_path / "전략.yaml"
    path.write_bytes((GOLDEN / "untidy.yaml").read_bytes())
    return path


def test_shipped_files_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(SHIPPED) >= 7
    assert run(["fmt", "--check", "--lang", "en", *map(str, SHIPPED)]) == 0
    assert capsys.readouterr().out.count("unchanged") == len(SHIPPED)


def test_check_tells_and_leaves_alone_then_fmt_writes_once(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = untidy.read_bytes()
    assert run(["fmt", "--check", str(untidy), "--lang", "ko"]) == 1
    assert untidy.read_bytes() == before
    assert "정리할 곳이 있습니다" in capsys.readouterr().out
    untidy.chmod(0o640)
    assert run(["fmt", str(untidy)]) == 0
    assert untidy.read_bytes() == (GOLDEN / "tidy.yaml").read_bytes()
    assert stat.S_IMODE(untidy.stat().st_mode) == 0o640 or os.name == "nt"
    assert run(["fmt", "--check", str(untidy)]) == 0
    assert [path.name for path in untidy.parent.iterdir()] == [untidy.name]


def test_what_cannot_be_read_is_left_alone_and_the_others_are_done(untidy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = untidy.with_name("broken.yaml")
    broken.write_bytes(b"name: x\n\tstate: off\n")
    bytes_only = untidy.with_name("bytes.yaml")
    bytes_only.write_bytes(b"name: \xb0\xa1\n")
    assert run(["fmt", str(broken), str(bytes_only), str(untidy.with_name("none.yaml")), str(untidy), "--lang", "en"]) == 1
    shown = capsys.readouterr()
    assert broken.read_bytes() == b"name: x\n\tstate: off\n"
    assert bytes_only.read_bytes() == b"name: \xb0\xa1\n"
    assert untidy.read_bytes() == (GOLDEN / "tidy.yaml").read_bytes()
    assert "error[E003]" in shown.err
    assert "error[E005]" in shown.err
    assert "none.yaml" in shown.err


def test_full_width_is_repaired_only_when_asked(untidy: Path) -> None:
    text = (ROOT / "strategies" / "trend-1h.yaml").read_text("utf-8")
    untidy.write_text(text.replace("adx(14) > 20", "adx（14） ＞ 20"), "utf-8")
    assert run(["fmt", str(untidy)]) == 0
    assert run(["check", str(untidy)]) == 1
    assert run(["fmt", "--fix-width", str(untidy)]) == 0
    assert untidy.read_text("utf-8") == text


def test_a_link_stays_a_link(untidy: Path) -> None:
    link = untidy.with_name("link.yaml")
    link.symlink_to(untidy)
    assert run(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert untidy.read_bytes() == (GOLDEN / "tidy.yaml").read_bytes()


def test_standard_input_goes_to_standard_output_and_nothing_that_computes_is_loaded() -> None:
    code = (
        "import sys; from engine.cli.main import run; run(sys.argv[1:]); sys.stdout.flush(); "
        "sys.stderr.write(str(sorted({'numba', 'numpy', 'pandas', 'pyarrow'} & set(sys.modules))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    given = (GOLDEN / "untidy.yaml").read_bytes()
    found = subprocess.run([sys.executable, "-c", code, "fmt", "-"], input=given, capture_output=True, env=environment, cwd=ROOT)
    assert found.stdout == (GOLDEN / "tidy.yaml").read_bytes()
    assert found.stderr == b"[]"
