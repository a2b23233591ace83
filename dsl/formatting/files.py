"""A whole file formatted: load, lay out, write, and hold the result against what was read."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.builder import RuleError
from dsl.compile import schema_of, version_of
from dsl.diagnostics import Diagnostic
from dsl.formatting.layout import Layout, Path
from dsl.formatting.lines import written
from dsl.formatting.width import narrow
from dsl.keys import RULE, key_of
from dsl.loader import load
from dsl.parser import parse_phrase, parse_rule
from dsl.source import Source
from dsl.spacing import compact, spaced


@dataclass(frozen=True, slots=True)
class Formatted:
    """`text` is the formatted file, or the text as it came when `diagnostics` say why it cannot be read as YAML."""

    source: Source
    text: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether formatting makes a difference."""
        return self.text != self.source.text


def format_text(text: str, name: str = "", *, fix_width: bool = False) -> Formatted:
    """A strategy, risk or portfolio file with the usual spacing. Meaning, order of keys and comments stay; formatting twice is once.

    Rules that cannot be read stay as they are. fix_width: full-width characters outside titles, names and comments get their plain
    forms first, which may turn an unreadable file into a readable one. `name` is shown in diagnostics.
    """
    given = Source(name, text)
    source = Source(name, narrow(text)) if fix_width else given
    root, diagnostics = load(source)
    if root is None or diagnostics:
        return Formatted(given, text, tuple(diagnostics))
    kind = schema_of(source)

    def respace(path: Path, raw: str) -> str:
        key = key_of(kind, path)
        if key is None or key.is_free or (key.kind == RULE and not _readable(raw)):
            return raw
        return spaced(raw)

    layout = Layout(source, respace)
    layout.root(root)
    result = written(layout)
    again, problems = load(Source(name, result))
    assert again is not None and not problems and version_of(again) == version_of(root), "formatting changed the file's meaning"  # noqa: PT018
    return Formatted(given, result)


def _readable(raw: str) -> bool:
    """Whether the text is an expression or a level, and spacing it leaves its tokens alone."""
    again = spaced(raw)
    return compact(raw) == compact(again) and _parses(raw) and _parses(again)


def _parses(raw: str) -> bool:
    try:
        parse_rule(raw)
    except RuleError:
        try:
            parse_phrase(raw, "level")
        except RuleError:
            return False
    return True
