"""What every call of the client checks about its arguments before anything is sent. ValueError: the caller's mistake."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """A comma list. Raises ValueError for none (which the exchange may take for all), and for a text, which would be spelt out."""
    if isinstance(names, str) or not names:
        raise ValueError(f"a list of codes is needed, not {names!r}")
    return ",".join(names)


def within(name: str, value: int, most: int) -> int:
    """The value, when it is 1 to `most`. Raises ValueError."""
    if not 1 <= value <= most:
        raise ValueError(f"{name} must be 1 to {most}, not {value}")
    return value


def not_both(first: tuple[str, object], second: tuple[str, object]) -> None:
    """Raises ValueError when both of two exclusive arguments are given."""
    if first[1] is not None and second[1] is not None:
        raise ValueError(f"{first[0]} or {second[0]}, not both")
