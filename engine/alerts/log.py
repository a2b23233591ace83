"""The alerts of a folder, in one order, on disk before anybody is told: JSON lines, one writer at a time, any number of processes.

An alert is a change of state of its subject, so the log itself says what has been told already: by whom, and before which restart,
makes no difference. A line that a killed writer left unfinished is taken away by the next one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import orjson

from engine.alerts.alert import CALM, Alert, Topic, Value
from engine.candles.files import locked, read_whole, sync_folder
from engine.model.errors import UserError

FILE: Final = "alerts.jsonl"


class AlertLog:
    """Writes and reads the log at a path. Raises UserError when it cannot be read, is none, or cannot be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._states: dict[tuple[Topic, str], str] = {}
        self._number = 0
        self._read_to = 0
        self._catch_up(_read(path))

    def state(self, topic: Topic, subject: str) -> str:
        """What the log, as far as it has been read, says of the subject last; "" where it says nothing."""
        return self._states.get((topic, subject), CALM)

    def raised(self, topic: Topic) -> list[str]:
        """Subjects of the topic that are not calm."""
        return [subject for (of, subject), state in self._states.items() if of is topic and state != CALM]

    def tell(self, topic: Topic, subject: str, state: str, at_ms: int, values: Mapping[str, Value] | None = None) -> Alert | None:
        """Write down that the subject is in that state now; None where that is known. On disk when it returns."""
        if self.state(topic, subject) == state:
            return None
        try:
            with locked(self.path.with_name(f".{self.path.name}.lock")):
                return self._write(topic, subject, state, at_ms, values or {})
        except OSError as error:
            raise UserError("alerts.cannot_write", path=self.path, reason=error) from error

    def _write(self, topic: Topic, subject: str, state: str, at_ms: int, values: Mapping[str, Value]) -> Alert | None:
        new = not self.path.exists()
        with self.path.open("ab") as file:
            self._catch_up(self._unread())
            if self.state(topic, subject) == state:
                return None  # another process has told it meanwhile
            file.truncate(self._read_to)
            alert = Alert(self._number + 1, at_ms, topic, subject, state, values)
            line = orjson.dumps(alert.record(), option=orjson.OPT_APPEND_NEWLINE)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self.path.parent)
        self._note(alert, len(line))
        return alert

    def _unread(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self._read_to)
            return file.read()

    def _catch_up(self, data: bytes) -> None:
        for alert, length in _alerts(data, self._number, self.path):
            self._note(alert, length)

    def _note(self, alert: Alert, length: int) -> None:
        self._number = alert.number
        self._read_to += length
        self._states[alert.topic, alert.subject] = alert.state


def read_alerts(path: Path, after: int = 0) -> list[Alert]:
    """The alerts of a log whose number is above `after`, oldest first; none where there is no log. Raises UserError for one that is
    broken or cannot be read."""
    return [alert for alert, _ in _alerts(_read(path), 0, path) if alert.number > after]


def _read(path: Path) -> bytes:
    try:
        return read_whole(path) or b""
    except OSError as error:
        raise UserError("alerts.cannot_read", path=path, reason=error) from error


def _alerts(data: bytes, number: int, path: Path) -> Iterator[tuple[Alert, int]]:
    """The whole lines of a log that go on after that number, and their lengths."""
    for line in data.splitlines(keepends=True):
        if not line.endswith(b"\n"):
            return
        number += 1
        try:
            told = orjson.loads(line)
            alert = Alert(int(told["number"]), int(told["at_ms"]), Topic(told["topic"]), told["subject"], told["state"], told["values"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError("alerts.broken", path=path, line=number) from error
        if alert.number != number:
            raise UserError("alerts.broken", path=path, line=number)
        yield alert, len(line)
