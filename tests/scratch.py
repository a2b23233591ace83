"""Folders that live as long as a test process: what several tests share and none of them owns."""

from __future__ import annotations

import atexit
import shutil
from pathlib import Path
from tempfile import mkdtemp


def scratch_folder(name: str) -> Path:
    """A new empty folder, removed when the test process ends."""
    folder = Path(mkdtemp(prefix=f"jangdan-test-{name}-"))
    atexit.register(shutil.rmtree, folder)
    return folder
