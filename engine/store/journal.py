"""The journal: append-only JSON lines, on disk before anything is done about them; a torn last line is tolerated and reported.

The first line is the header, the last of a run that ended by itself has the kind `end`. NaN is written as null; every finite float64
is written in its shortest text, which reads back to the same bits.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from engine.candles.files import sync_folder
from engine.model.errors import UserError

FORMAT: Final = "jangdan-journal/1"
HEADER: Final = "header"
END: Final = "end"

Record = dict[str, Any]


class Journal:
    """Writes one journal. `append` takes a record; nothing may be acted upon before `sync` has returned."""

    def __init__(self, path: Path, header: Record) -> None:
        """Raises UserError when the file exists already (a journal is never overwritten) or cannot be made."""
        line = orjson.dumps({"kind": HEADER, "format": FORMAT, **header}, option=orjson.OPT_APPEND_NEWLINE)
        try:
            _create(path, line)
            self._file = path.open("ab", buffering=0)
        except FileExistsError as error:
            raise UserError("paper.journal_exists", path=path) from error
        except OSError as error:
            raise UserError("paper.journal_unwritable", path=path, problem=error) from error
        self._waiting: list[bytes] = []
        self._on_disk = True

    def append(self, record: Record) -> None:
        """Add a line; it leaves this process with the next `flush` and is on disk after the next `sync`."""
        self._waiting.append(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def flush(self) -> None:
        """Hand every line appended so far to the system: a killed process loses none of them, a power cut may."""
        data = memoryview(b"".join(self._waiting))
        self._waiting.clear()
        while data:  # a raw file may take less than it was given
            self._on_disk = False
            data = data[self._file.write(data) :]

    def sync(self) -> None:
        """Every line appended so far is on disk when this returns."""
        self.flush()
        if not self._on_disk:
            os.fsync(self._file.fileno())
            self._on_disk = True

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.sync()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _create(path: Path, line: bytes) -> None:
    """Put a new file on disk, whole: however a process dies, nobody finds it without its first line. Raises FileExistsError."""
    unfinished = path.parent / f".{path.name}.{os.getpid()}.tmp"
    with unfinished.open("wb") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
    try:
        if sys.platform == "win32":
            unfinished.rename(path)  # which replaces nothing there
        else:
            os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        if path.exists():
            raise FileExistsError(path) from None
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(path.parent)


class JournalReader:
    """Reads one journal, line by line. `torn` and `ended` are known when `records` is exhausted."""

    def __init__(self, path: Path) -> None:
        """Raises UserError when the file cannot be read or is no journal of this format."""
        self.path = path
        self.torn = False
        """The last line was cut off, and is left out."""
        self.ended = False
        """The run closed its journal itself."""
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise UserError("paper.journal_unreadable", path=path, problem=error) from error
        self._lines = enumerate(self._file, 1)
        self.header: Record = self._read_header()

    def records(self) -> Iterator[Record]:
        """The lines after the header, up to the last whole one. Raises UserError for a line before the last that is none."""
        for record in self._parsed():
            self.ended = record["kind"] == END
            yield record

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def _read_header(self) -> Record:
        """The first line. A file whose first line is no header is none of ours, whatever else is wrong with it."""
        line = next(self._lines, (1, b""))[1]
        try:
            header = orjson.loads(line) if line.endswith(b"\n") else None
        except orjson.JSONDecodeError:
            header = None
        if not isinstance(header, dict) or header.get("kind") != HEADER or header.get("format") != FORMAT:
            self._file.close()
            raise UserError("paper.not_a_journal", path=self.path)
        return header

    def _parsed(self) -> Iterator[Record]:
        for number, line in self._lines:
            if not line.endswith(b"\n"):
                self.torn = True
                return
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise UserError("paper.journal_broken", path=self.path, line=number) from error
            if not isinstance(record, dict) or "kind" not in record:
                raise UserError("paper.journal_broken", path=self.path, line=number)
            yield record
