"""Which language the user reads: `--lang`, then JANGDAN_LANG, then the system's locale (Korean for ko*, else English)."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping

from dsl.diagnostics import Language

VARIABLE = "JANGDAN_LANG"


def language(environment: Mapping[str, str] | None = None) -> Language:
    """The language of this run. `--lang` reaches here through JANGDAN_LANG, which the root command sets before it loads a command.

    environment: the process's own when None.
    """
    variables = os.environ if environment is None else environment
    for name in (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG"):
        value = variables.get(name, "")
        if value:
            return _from_name(value)
    return _from_name(locale.getlocale()[0] or "")


def _from_name(name: str) -> Language:
    """`ko`, `ko_KR.UTF-8` and Windows' `Korean_Korea` are Korean; everything else is English."""
    return Language.KOREAN if name.lower().startswith("ko") else Language.ENGLISH
