"""The strategy and risk files that the app may open: listed, read, and written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dsl.loader import MAX_CHARACTERS, decode, load
from dsl.source import Source
from dsl.yaml_tree import Mapping
from engine.model.errors import UserError

_SUFFIXES: Final = (".yaml", ".yml")
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file as read. text: with line feeds only; version: SHA-256 of its bytes, by which a later save sees that nobody else wrote it."""

    name: str
    path: str
    text: str
    version: str


class ChangedOnDisk(Exception):
    """The file is not the one that was opened: somebody else wrote it since. `version`: what is there now ("" = it is gone)."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


class StrategyFiles:
    """YAML files directly inside some folders. A file is known by its name; where names collide, the first folder has it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    def names(self) -> tuple[str, ...]:
        """Names of all files, by folder, then by name."""
        return tuple(self._found())

    def path(self, name: str) -> Path:
        """Where the file is. Raises UserError for a name that is not in the list, whatever it contains."""
        found = self._found().get(name)
        if found is None:
            raise UserError("gui.no_such_file", name=name[:200])
        return found

    def read(self, name: str) -> OpenedFile:
        """The file's text. Raises UserError when it cannot be read or is not UTF-8."""
        path = self.path(name)
        content = self._bytes(path)
        source, wrong = decode(content, name)
        if wrong or len(source.text) > MAX_CHARACTERS:
            raise UserError("gui.not_a_text", name=name)
        return OpenedFile(name, str(path), source.text.replace("\r\n", "\n"), _version(content))

    def version(self, name: str) -> str:
        """What is on disk now; "" when the file has gone."""
        path = self._found().get(name)
        return "" if path is None else _version(self._bytes(path))

    def write(self, name: str, text: str, base_version: str | None) -> str:
        """Replace the file by `text` in one step and return its new version.

        base_version: the version that the text was made from; None = whatever is there. Line ends and byte order mark stay as they are
        on disk. Raises ChangedOnDisk when the file is another one by now, UserError when it cannot be written; then it is untouched.
        """
        path = self.path(name) if base_version is None else self._known(name)
        before = path.read_bytes() if path.is_file() else b""
        if base_version is not None and _version(before) != base_version:
            raise ChangedOnDisk(_version(before) if before else "")
        content = (text.replace("\n", "\r\n") if b"\r\n" in before else text).encode()
        content = _BOM + content if before.startswith(_BOM) else content
        try:
            _replace(path.resolve(), content)
        except OSError as error:
            raise UserError("gui.cannot_save", name=name, reason=error) from error
        return _version(content)

    def _known(self, name: str) -> Path:
        """As `path`, but a file that has gone is a change on disk."""
        try:
            return self.path(name)
        except UserError as error:
            raise ChangedOnDisk("") from error

    def _found(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self.folders:
            inside = sorted(folder.iterdir()) if folder.is_dir() else []
            for path in inside:
                if path.suffix in _SUFFIXES and path.is_file():
                    found.setdefault(path.name, path)
        return found

    def _bytes(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(4 * MAX_CHARACTERS + 4)
        except OSError as error:
            raise UserError("inputs.unreadable", path=path, reason=error) from error


def declared_series(files: StrategyFiles) -> set[str]:
    """Names under `external:` with `or: api`, of every file that can be read."""
    found: set[str] = set()
    for name in files.names():
        try:
            root, _ = load(Source(name, files.read(name).text))
        except UserError:
            continue  # an unreadable file declares nothing
        section = root.find("external") if isinstance(root, Mapping) else None
        if section is not None and isinstance(section[1], Mapping):
            found |= {key.text for key, value in section[1].entries if isinstance(value, Mapping) and value.find("or") is not None}
    return found


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file, force it to disk, and put it in place of the old one with the old one's permissions."""
    temporary = path.with_name(f".jangdan-{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
