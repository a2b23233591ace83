"""benchmarks/results.md: one part for each command that makes figures, each renewed alone."""

from __future__ import annotations

import re
from pathlib import Path

FILE = Path(__file__).parent / "results.md"


def write_part(title: str, lines: list[str]) -> None:
    """Renew the part under `# title`, or add it."""
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else ""
    parts = [part.rstrip() for part in re.split(r"^(?=# )", text, flags=re.MULTILINE) if part.strip()]
    new = "\n".join([f"# {title}", "", *lines]).rstrip()
    places = [number for number, part in enumerate(parts) if part.partition("\n")[0] == f"# {title}"]
    parts[places[0] if places else len(parts) :] = [new, *parts[places[0] + 1 :]] if places else [new]
    FILE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
