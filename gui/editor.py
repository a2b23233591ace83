"""The editor's other half: an element that brings the language's assistance into a ui.codemirror."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.element import Element


class Assist(Element, component="static/assist.js"):
    """Marks, gutter, hover, completion, quick fixes and drafts for one editor.

    Events: `ready`; `draft` {version} when an unsaved text of an earlier visit was put back; `line` {line} when the cursor's line changes.
    """

    def __init__(self, editor: ui.codemirror, name: str, version: str, saved: str, language: str, texts: dict[str, str]) -> None:
        super().__init__()
        self._props |= {"editor-id": editor.id, "name": name, "version": version, "saved": saved, "lang": language, "texts": texts}

    def show(self, length: int, problems: list[dict[str, Any]]) -> None:
        """Draw these marks, unless the text has changed since (its length tells)."""
        self.run_method("show", {"length": length, "problems": problems})

    def jump(self, offset: int) -> None:
        """Put the cursor there (UTF-16 units) and show it."""
        self.run_method("jump", offset)

    def apply(self, edits: list[dict[str, Any]]) -> None:
        """Change the text."""
        self.run_method("apply", edits)

    def opened(self, name: str, version: str, text: str) -> None:
        """Another file is in the editor from now on."""
        self.run_method("opened", name, version, text)

    def rebased(self, version: str, text: str) -> None:
        """This text is on disk now: it is what a draft differs from."""
        self.run_method("rebased", version, text)

    def drop_draft(self) -> None:
        """Back to the text on disk."""
        self.run_method("dropDraft")
