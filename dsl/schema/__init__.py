"""The shape of strategy and risk files: every key of the language, typed by pydantic; the texts inside are read by the checker."""
