"""Fuzz one target with coverage: `python -m tests.fuzz.run TARGET FOLDER [-max_total_time=600]`; what is new is kept in FOLDER.

With `--keep` instead of options everything in FOLDER is added to the inputs that every test run repeats.
Options after the folder are those of libFuzzer. Inputs that hang or break a law are written as `timeout-*` and `crash-*`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["dsl"]):
    from tests.fuzz.targets import TARGETS, seed_of

from tests.dsl.helpers import EXPRESSIONS, ROOT
from tests.dsl.mistakes import FILES, GOOD, RULES
from tests.fuzz.corpus import keep, kept


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with: the expressions of the specification for rules, whole files for the rest."""
    if target in ("parser", "rule"):
        texts = [*EXPRESSIONS, *(mistake.new.partition(": ")[2] for mistake in RULES.values())]
    elif target == "risk":
        texts = [path.read_text("utf-8") for path in sorted((ROOT / "risk_profiles").glob("*.yaml"))]
    else:
        changed = [GOOD.replace(mistake.old, mistake.new) for mistake in (*RULES.values(), *FILES.values())]
        texts = [GOOD, *changed]
    return [seed_of(target, text) for text in texts]


def main() -> None:
    """Run until libFuzzer stops."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[3:] == ["--keep"]:
        keep(name, [path.read_bytes() for path in sorted(folder.iterdir())])
        return
    for number, seed in enumerate((*seeds(name), *kept(name))):
        (folder / f"seed-{number:04}").write_bytes(seed)
    options = ["-timeout=30", "-max_len=2048", f"-artifact_prefix={folder}/", *sys.argv[3:]]
    atheris.Setup([sys.argv[0], *options, str(folder)], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
