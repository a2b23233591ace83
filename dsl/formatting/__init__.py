"""The one way of writing files: `format_text` (a whole file), `line_edits` (as edits for an editor), `width` (plain forms)."""

from dsl.formatting.edits import line_edits
from dsl.formatting.files import Formatted, format_text

__all__ = ["Formatted", "format_text", "line_edits"]
