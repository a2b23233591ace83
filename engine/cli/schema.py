"""`jangdan schema [strategy|risk]`: the JSON Schema of the files, for editors that complete YAML from one."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from dsl.json_schema import FILES, json_schema
from dsl.messages import text
from engine.cli.language import language
from engine.model.errors import UsageError

_KINDS = ", ".join(FILES)


def schema(
    kind: Annotated[str, typer.Argument(help=text("json_schema.argument_kind", language(), kinds=_KINDS))] = "strategy",
) -> None:
    """Print the schema of one kind of file, with descriptions in the user's language."""
    if kind not in FILES:
        raise UsageError("json_schema.unknown", name=kind, kinds=_KINDS)
    sys.stdout.write(json.dumps(json_schema(kind, language()), ensure_ascii=False, indent=2) + "\n")
