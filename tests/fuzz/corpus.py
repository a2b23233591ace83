"""What fuzzing has kept: of each target one file, an input a line in base64, shortest first."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def kept_targets() -> list[str]:
    """Targets that something is kept for."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def kept(target: str) -> list[bytes]:
    """The inputs kept for a target; none for a new one."""
    path = FOLDER / f"{target}.txt"
    return [b64decode(line, validate=True) for line in path.read_text("ascii").split()] if path.is_file() else []


def keep(target: str, inputs: list[bytes]) -> None:
    """Add inputs to those kept for a target: what a run with `-merge=1` has left over."""
    lines = {b64encode(data).decode("ascii") for data in (*kept(target), *inputs)}
    (FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in sorted(lines, key=lambda line: (len(line), line))), "ascii")
