"""What the scripts take from installed packages is there: one missing export would leave the page blank."""

from __future__ import annotations

import re
from pathlib import Path

import nicegui
import pytest

from dsl.assist.answers import Kind
from gui.chart import library_file

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "gui" / "static").glob("*.js"))


def test_codemirror_exports_what_the_editor_uses() -> None:
    bundle = Path(nicegui.__file__).parent / "elements" / "codemirror" / "dist"
    exported: set[str] = set()
    for path in bundle.glob("*.js"):
        for names in re.findall(r"export\s*\{([^}]*)\}", path.read_text(encoding="utf-8")):
            exported |= {name.split(" as ")[-1].strip() for name in names.split(",")}
    used = set(re.findall(r"\bCM\.([A-Za-z]+)", (ROOT / "gui" / "static" / "assist.js").read_text(encoding="utf-8")))
    assert len(used) >= 10
    assert used <= exported


def test_the_chart_library_is_version_5_under_apache_2() -> None:
    script = library_file().read_text(encoding="utf-8")
    assert re.search(r"Lightweight Charts™ v5\.\d+\.\d+", script)
    assert "Apache License 2.0" in script
    assert "attributionLogo: true" in (ROOT / "gui" / "static" / "candle_chart.js").read_text(encoding="utf-8")


def test_every_kind_of_completion_has_an_icon() -> None:
    script = (ROOT / "gui" / "static" / "assist.js").read_text(encoding="utf-8")
    table = script[script.index("const KINDS") : script.index("};", script.index("const KINDS"))]
    assert set(re.findall(r"(\w+): \"", table)) == {kind.value for kind in Kind}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_name_no_other_machine(path: Path) -> None:
    assert len(SCRIPTS) >= 3
    assert re.findall(r"(?:https?|wss?):", path.read_text(encoding="utf-8")) == []


def test_scripts_and_pages_hold_no_texts_of_their_own() -> None:
    """Korean stands in the catalogue only."""
    sources = [*SCRIPTS, *sorted((ROOT / "gui").glob("*.py"))]
    assert len(sources) >= 10
    assert [path.name for path in sources if re.search("[가-힣]", path.read_text(encoding="utf-8"))] == []
