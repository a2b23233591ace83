"""The one way of writing files: `format_text` (a whole file), `spacing` (one rule), `width` (plain forms of full-width characters)."""

from dsl.formatting.files import Formatted, format_text

__all__ = ["Formatted", "format_text"]
