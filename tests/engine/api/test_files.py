"""Files of the app: only listed ones, whole or not at all, and never over somebody else's work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.api.files import ChangedOnDisk, StrategyFiles
from engine.model.errors import UserError


@pytest.fixture
def files(tmp_path: Path) -> StrategyFiles:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    (tmp_path / "one" / "b.yaml").write_text("name: b\n", encoding="utf-8")
    (tmp_path / "one" / "a.yml").write_text("name: a\n", encoding="utf-8")
    (tmp_path / "one" / "notes.txt").write_text("no strategy", encoding="utf-8")
    (tmp_path / "two" / "b.yaml").write_text("name: other\n", encoding="utf-8")
    (tmp_path / "two" / "c.yaml").write_text("name: c\n", encoding="utf-8")
    (tmp_path / "outside.yaml").write_text("name: outside\n", encoding="utf-8")
    return StrategyFiles([tmp_path / "one", tmp_path / "two", tmp_path / "none"])


def test_the_list(files: StrategyFiles) -> None:
    assert files.names() == ("a.yml", "b.yaml", "c.yaml")
    assert files.read("b.yaml").text == "name: b\n"


@pytest.mark.parametrize("name", ["../outside.yaml", "notes.txt", "", ".", "one/b.yaml", "b.yaml\0", "/etc/passwd", "b.yaml/../c.yaml"])
def test_nothing_else_can_be_read_or_written(files: StrategyFiles, name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        files.read(name)
    with pytest.raises(UserError):
        files.write(name, "x", None)
    with pytest.raises(ChangedOnDisk):
        files.write(name, "x", "0")
    assert (tmp_path / "outside.yaml").read_text(encoding="utf-8") == "name: outside\n"


def test_a_save_is_what_is_read_next(files: StrategyFiles, tmp_path: Path) -> None:
    opened = files.read("c.yaml")
    version = files.write("c.yaml", "name: 씨 🥁\n", opened.version)
    again = files.read("c.yaml")
    assert (again.text, again.version) == ("name: 씨 🥁\n", version)
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["b.yaml", "c.yaml"]


def test_a_file_changed_meanwhile_is_left_alone(files: StrategyFiles, tmp_path: Path) -> None:
    opened = files.read("c.yaml")
    (tmp_path / "two" / "c.yaml").write_text("name: theirs\n", encoding="utf-8")
    with pytest.raises(ChangedOnDisk) as refused:
        files.write("c.yaml", "name: mine\n", opened.version)
    assert files.read("c.yaml").text == "name: theirs\n"
    assert refused.value.version == files.read("c.yaml").version
    files.write("c.yaml", "name: mine\n", refused.value.version)
    assert files.read("c.yaml").text == "name: mine\n"


def test_a_file_that_has_gone_is_not_made_again(files: StrategyFiles, tmp_path: Path) -> None:
    opened = files.read("c.yaml")
    (tmp_path / "two" / "c.yaml").unlink()
    with pytest.raises(ChangedOnDisk) as refused:
        files.write("c.yaml", "x", opened.version)
    assert refused.value.version == ""
    assert not (tmp_path / "two" / "c.yaml").exists()


def test_line_ends_and_byte_order_mark_stay(files: StrategyFiles, tmp_path: Path) -> None:
    path = tmp_path / "two" / "c.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: c\r\nclock: 5m\r\n")
    opened = files.read("c.yaml")
    assert opened.text == "name: c\nclock: 5m\n"
    files.write("c.yaml", "name: d\nclock: 5m\n", opened.version)
    assert path.read_bytes() == b"\xef\xbb\xbfname: d\r\nclock: 5m\r\n"


def test_permissions_and_links_stay(files: StrategyFiles, tmp_path: Path) -> None:
    target = tmp_path / "target.yaml"
    target.write_text("name: t\n", encoding="utf-8")
    target.chmod(0o640)
    link = tmp_path / "two" / "link.yaml"
    link.symlink_to(target)
    files.write("link.yaml", "name: u\n", files.read("link.yaml").version)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "name: u\n"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_save_that_fails_leaves_the_file(files: StrategyFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = files.read("c.yaml")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError):
        files.write("c.yaml", "half", opened.version)
    assert files.read("c.yaml") == opened
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["b.yaml", "c.yaml"]


def test_what_is_not_text_is_refused(files: StrategyFiles, tmp_path: Path) -> None:
    (tmp_path / "one" / "b.yaml").write_bytes(b"name: \xb0\xa1\n")
    with pytest.raises(UserError):
        files.read("b.yaml")
