"""Folders that live as long as a test process: what several tests share and none of them owns."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

_MADE: list[Path] = []


def scratch_folder(name: str) -> Path:
    """A new empty folder, removed when the test process ends."""
    folder = Path(mkdtemp(prefix=f"jangdan-test-{name}-"))
    _MADE.append(folder)
    return folder


def remove_scratch_folders() -> None:
    """Remove every folder that this process made."""
    while _MADE:
        shutil.rmtree(_MADE.pop())
