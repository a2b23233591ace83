"""What set-up leaves behind besides machine code."""

from __future__ import annotations

import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from engine.cli.precompile import write_bytecode


def test_modules_get_bytecode_where_python_would_keep_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "below").mkdir()
    good, bad = tmp_path / "below" / "good.py", tmp_path / "bad.py"
    good.write_text("x = 1\n")
    bad.write_text("x =\n")
    write_bytecode([tmp_path, tmp_path / "absent"])
    assert Path(cache_from_source(str(good))).exists()
    assert not Path(cache_from_source(str(bad))).exists()
