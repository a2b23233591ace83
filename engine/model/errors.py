"""The one exception that means "the user can mend this": shown as a sentence in the user's language, never as a traceback."""

from __future__ import annotations

import errno

from dsl.diagnostics import Language
from dsl.messages import text, texts


def system_reason(error: OSError, language: Language) -> str:
    """What the operating system refused, in the user's language; in its own words where it is a rare thing."""
    name = f"reason_{errno.errorcode.get(error.errno or 0, '')}"
    return text(f"inputs.{name}", language) if name in texts("inputs") else error.strerror or str(error)


class UserError(Exception):
    """Bad input or surroundings. `key` names a text of dsl.messages (`area.key`); `values` fill its placeholders
    (an OSError fills one with what the system refused).

    Raise it anywhere above `model`; the command line prints `message(language)` on standard error and exits with 1.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key, values)
        self.key = key
        self.values = values

    def message(self, language: Language) -> str:
        """The sentence for the user. Raises KeyError when the key or a placeholder's value is missing."""
        values = {name: system_reason(v, language) if isinstance(v, OSError) else v for name, v in self.values.items()}
        return text(self.key, language, **values)

    def __str__(self) -> str:
        return self.message(Language.ENGLISH)


class UsageError(UserError):
    """A command line that asks for what does not exist: exit code 2, as every wrong usage."""
