"""The one exception that means "the user can mend this": shown as a sentence in the user's language, never as a traceback."""

from __future__ import annotations

from dsl.diagnostics import Language
from dsl.messages import text


class UserError(Exception):
    """Bad input or surroundings. `key` names a text of dsl.messages (`area.key`); `values` fill its placeholders.

    Raise it anywhere above `model`; the command line prints `message(language)` on standard error and exits with 1.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def message(self, language: Language) -> str:
        """The sentence for the user. Raises KeyError when the key or a placeholder's value is missing."""
        return text(self.key, language, **self.values)

    def __str__(self) -> str:
        return self.message(Language.ENGLISH)
