"""Colours, spaces and letters of the app, and the switch between light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nicegui import ui

_STYLE: Final = Path(__file__).parent / "static" / "style.css"
_SCRIPT: Final = Path(__file__).parent / "static" / "look.js"


def add_style() -> None:
    """Put style and switch on every page."""
    ui.add_head_html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>", shared=True)
    ui.add_head_html(f"<script>{_SCRIPT.read_text(encoding='utf-8')}</script>", shared=True)
