"""Names that a file gives and nothing in it reads: a condition that was thought of and then left out of the entry."""

from __future__ import annotations

import re
from typing import Final

from dsl.checker.context import RuleText, Scope
from dsl.checker.settings import FileDocument, entries
from dsl.yaml_tree import Mapping, Scalar, Sequence, YamlNode

#: sections whose keys are names that rules read
_SECTIONS: Final = ("define", "params", "external")
_WORD: Final = re.compile(r"\w+")


def warn_unused(scope: Scope, document: FileDocument) -> None:
    """Each name that no value of the file mentions, whatever it mentions it for."""
    given = [(section, key) for section in _SECTIONS for key, _ in entries(document, section)]
    if not given:
        return
    mentioned: set[str] = set()
    _add_words(document.root, mentioned)
    for section, key in given:
        name = _WORD.match(key.text)
        label = section if section == "params" else ""
        if name is not None and name[0] not in mentioned:
            scope.report_at("W420", RuleText(key, (section,)), 0, len(name[0]), label=label, notes=(("unused", {}),), name=name[0])


def _add_words(node: YamlNode, words: set[str]) -> None:
    """Those of every value below the node."""
    if isinstance(node, Scalar):
        words.update(_WORD.findall(node.text))
    elif isinstance(node, Mapping):
        for _, value in node.entries:
            _add_words(value, words)
    elif isinstance(node, Sequence):
        for item in node.items:
            _add_words(item, words)
