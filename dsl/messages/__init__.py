"""The one catalogue of texts, Korean and English. Areas are modules of this package; a key is `area.rest`.

A module defines TEXTS: dict[str, Text] under keys without the area. Placeholders are `{name}`; a Korean particle behind one is written
in both forms (`{name}이(가)`, dsl.particles).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from typing import NamedTuple

from dsl.diagnostics import Language
from dsl.particles import filled

#: the modules of this package that hold texts; a test walks them all
AREAS: tuple[str, ...] = tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


class Text(NamedTuple):
    """One text in both languages."""

    ko: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.ko if language is Language.KOREAN else self.en

    def filled(self, language: Language, args: Mapping[str, object]) -> str:
        """The text in one language with its placeholders filled, and Korean particles (`이(가)`) as they fit what stands there."""
        return filled(self.ko, args) if language is Language.KOREAN else self.en.format_map(args)


def texts(area: str) -> Mapping[str, Text]:
    """All texts of one area. Raises KeyError for an unknown area."""
    if area not in AREAS:
        raise KeyError(area)
    found: Mapping[str, Text] = importlib.import_module(f"dsl.messages.{area}").TEXTS
    return found


def text(key: str, language: Language, **args: object) -> str:
    """The text under `area.rest` with its placeholders filled. Raises KeyError for an unknown key or a missing argument."""
    area, _, rest = key.partition(".")
    return texts(area)[rest].filled(language, args)


def joined(*parts: Text) -> Text:
    """Statements one after the other: sentences in Korean, parts of one in English."""
    return Text(" ".join(part.ko for part in parts), "; ".join(part.en for part in parts))
