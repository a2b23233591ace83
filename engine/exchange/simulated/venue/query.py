"""Parameters of a question, read with the exchange's own complaints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from engine.exchange.simulated.venue.errors import BadQueryError, RefusedError

_INTEGER: Final = re.compile(r"-?\d{1,18}")


class Query:
    """Names and values as they came. private: complaints are those of the account's side, else those of the price side."""

    def __init__(self, values: Mapping[str, Sequence[str]], *, private: bool) -> None:
        self._values = values
        self._private = private

    def one(self, name: str) -> str | None:
        """The value; None where it is absent or empty."""
        found = self._values.get(name, ())
        return found[-1] if found and found[-1] else None

    def needed(self, name: str) -> str:
        """The value of a parameter that has to be there."""
        found = self.one(name)
        if found is None:
            raise RefusedError("validation_error") if self._private else BadQueryError.missing()
        return found

    def many(self, name: str, most: int) -> list[str]:
        """The values of `name[]` (or of `name` as a comma list)."""
        found = [value for value in self._values.get(f"{name}[]", ()) if value]
        found = found or [value for given in self._values.get(name, ()) for value in given.split(",") if value]
        if len(found) > most:
            raise self.bad()
        return found

    def integer(self, name: str, default: int, low: int, high: int, *, clamp: bool = False) -> int:
        """A whole number in [low, high]; clamp: one above counts as `high`."""
        given = self.one(name)
        if given is None:
            return default
        if not _INTEGER.fullmatch(given):
            raise RefusedError("invalid_parameter") if self._private else BadQueryError.mismatch()
        value = int(given)
        if clamp and value > high:
            return high
        if not low <= value <= high:
            raise self.bad()
        return value

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """One of a few words."""
        value = self.one(name) or default
        if value not in allowed:
            raise self.bad()
        return value

    def flag(self, name: str) -> bool:
        """`true` or `false`, in letters of any size, as programs print them."""
        value = (self.one(name) or "false").lower()
        if value not in ("true", "false"):
            raise self.bad()
        return value == "true"

    def moment_ms(self, name: str) -> int | None:
        """A moment as ISO 8601 (UTC without an offset), or in ms since the epoch, as UTC ms; None where it is absent."""
        given = self.one(name)
        if given is None:
            return None
        if re.fullmatch(r"\d{12,14}", given):
            return int(given)
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as error:
            raise self.bad() from error
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        return round(moment.timestamp() * 1000)

    def bad(self) -> Exception:
        """The complaint about a value out of range or not in its format."""
        return RefusedError("invalid_parameter") if self._private else BadQueryError.invalid()
