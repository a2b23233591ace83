"""The order book that a run supposes where none was recorded: written in words, or chosen from two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nicegui import ui

#: what can be chosen: key of its description -> the words
_OFFERED: Final = {"book_none": "", "book_spread": "spread 10bp", "book_depth": "spread 10bp, depth 5% of 1h turnover within 0.5%"}
#: how long typing rests before the text is run with it
_REST_MS: Final = 600


class BookField:
    """One line of text with a menu of the usual ones. changed: called when the words have changed and rested."""

    def __init__(self, say: Callable[..., str], changed: Callable[[], object]) -> None:
        made = ui.input(placeholder=say("book_empty"), on_change=changed).classes("jd-book").mark("book")
        made.props(f'dense outlined debounce={_REST_MS} maxlength=120 spellcheck=false aria-label="{say("book")}"')
        self._field = made.tooltip(say("book_about"))
        with made.add_slot("append"):
            button = ui.button(icon="expand_more", color=None).props(f'flat dense round size=sm aria-label="{say("book_choose")}"')
            with button, ui.menu().props("auto-close"):
                for key, words in _OFFERED.items():
                    with ui.menu_item(on_click=lambda words=words: self._field.set_value(words)), ui.element("div"):
                        ui.label(say(key))
                        if words:
                            ui.label(words).classes("jd-code")

    def words(self) -> str:
        """What is written there; "" = no book is supposed."""
        return str(self._field.value or "").strip()

    def wrong(self, wrong: bool) -> None:
        """Whether the engine could not read the words."""
        self._field.props(add="error" if wrong else "", remove="" if wrong else "error")
