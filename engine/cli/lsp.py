"""`jangdan lsp`: the language server on standard input and output, for VS Code and every other editor that speaks the protocol."""

from __future__ import annotations

import logging
import os
import sys

from engine.cli.language_server import server


def lsp() -> None:
    """Serve one editor until it says goodbye. What anything else prints goes to standard error: the channel belongs to the protocol."""
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # it tells of every broken message; the editor is answered anyway
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as asked, os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answered:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        server().start_io(asked, answered)
