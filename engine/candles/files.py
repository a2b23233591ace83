"""Files that survive a crash and other processes: atomic replacement, whole reads, and a lock that dies with its owner."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, TypeVar

from engine.candles.errors import StoreError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_TIMEOUT_SECONDS: Final = 120.0
_POLL_SECONDS: Final = 0.01
#: Windows refuses to replace a file while a reader has it open, and to open it while it is replaced; both take milliseconds
_PATIENCE_SECONDS: Final = 10.0
T = TypeVar("T")


def write_atomic(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that any reader, and any restart after a crash, finds the old file or the new one, whole.

    The caller holds the lock of the folder, so one fixed name serves for the unfinished file, and what a killed writer left behind is
    overwritten by the next. The entry in the folder is made durable by `sync_folder`.
    """
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    _patiently(lambda: unfinished.replace(path))


def _patiently(action: Callable[[], T]) -> T:
    """Do it; on Windows again and again while another process has the file open in a way that forbids it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return action()
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable. Windows has no such call and needs none for NTFS metadata."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_whole(path: Path) -> bytes | None:
    """The file's bytes from one open, so from one version of it; None when there is no such file."""
    try:
        return _patiently(path.read_bytes)
    except FileNotFoundError:
        return None


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


@contextmanager
def locked(path: Path, timeout_seconds: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Hold the lock file `path`: one holder over all processes and threads. The system frees it when its owner dies, however it dies.

    The file itself stays: removing it would let two owners hold locks on two files of one name. Raises StoreError on timeout.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout_seconds
    with path.open("ab") as file:
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise StoreError("data.store_busy", path=path)
            time.sleep(_POLL_SECONDS)
        try:
            yield
        finally:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
