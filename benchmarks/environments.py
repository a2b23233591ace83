"""Environments of their own for programs that ours is compared with, in the user's cache folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import platformdirs

CACHE = Path(platformdirs.user_cache_dir("jangdan")) / "peers"


def python_of(peer: str, packages: Sequence[str]) -> Path:
    """The interpreter of a peer's environment, made on first use."""
    folder = CACHE / peer
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = folder / "installed"
    if not done.exists():
        sys.stderr.write(f"installing {peer}\n")
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
        done.write_text("\n".join(packages), encoding="utf-8")
    return python
