"""The journal: on disk when `sync` has returned, never overwritten, torn last lines told apart from broken ones, no bit lost."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.bars import Bar, Bars, SideValues
from engine.model.candle import BarState
from engine.model.errors import UserError
from engine.model.events import Cash, Control, ControlKind, Done, DoneReason, Fill, Intent, Side, Step
from engine.store.journal import END, Journal, JournalReader
from engine.store.records import from_record, to_record
from tests.conftest import ROOT

NUMBERS = st.floats(allow_nan=True, allow_infinity=False)
TIMES = st.integers(-(2**53), 2**53)
MARKETS = st.sampled_from(["KRW-BTC", "KRW-XRP"])
IDS = st.integers(0, 2**40)
BAR = st.one_of(
    st.just(Bar(BarState.UNKNOWN, *[math.nan] * 6)),
    st.builds(Bar, st.sampled_from([BarState.NO_TRADE, BarState.TRADED]), NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
)
SIDE = st.builds(
    SideValues, st.sampled_from(["book.spread", "external.kimp"]), st.lists(NUMBERS.filter(lambda x: x == x), max_size=1).map(tuple),
    st.lists(NUMBERS, max_size=3).map(tuple),
)  # fmt: skip
ITEMS = st.one_of(
    st.builds(Step, MARKETS, TIMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans()),
    st.builds(Fill, IDS, MARKETS, NUMBERS, NUMBERS, NUMBERS, TIMES),
    st.builds(Done, IDS, MARKETS, st.sampled_from(DoneReason), TIMES),
    st.builds(Cash, NUMBERS, TIMES),
    st.builds(Control, st.sampled_from(ControlKind), TIMES),
    st.builds(Intent, IDS, MARKETS, st.sampled_from(Side), NUMBERS, NUMBERS, NUMBERS, st.integers(-1, 61), TIMES),
    st.builds(Bars, TIMES, st.lists(BAR, max_size=3).map(tuple), st.lists(SIDE, max_size=2).map(tuple)),
)


def bits(item: Any) -> str:
    """Every number with its bits, NaN as one value."""
    return repr(item)


@given(ITEMS)
def test_items_come_back_as_they_went(item: Any) -> None:
    read = from_record(orjson.loads(orjson.dumps(to_record(item))))
    assert type(read) is type(item)
    assert bits(read) == bits(item)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_lines_are_on_disk_after_sync_in_order(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    with Journal(path, {"strategy": "x"}) as journal:
        assert [line["kind"] for line in lines_of(path)] == ["header"]
        journal.append({"kind": "a"})
        journal.append({"kind": "b"})
        assert len(lines_of(path)) == 1
        journal.sync()
        assert [line["kind"] for line in lines_of(path)] == ["header", "a", "b"]
        journal.append({"kind": END})
    with JournalReader(path) as reader:
        assert reader.header["strategy"] == "x"
        assert [record["kind"] for record in reader.records()] == ["a", "b", END]
        assert (reader.ended, reader.torn) == (True, False)


def test_a_journal_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text("precious")
    with pytest.raises(UserError, match="never overwritten"):
        Journal(path, {})
    assert path.read_text() == "precious"


@pytest.mark.skipif(os.name != "posix", reason="kills by signal")
def test_a_process_killed_while_it_begins_leaves_no_journal_without_its_header(tmp_path: Path) -> None:
    """Killed before each call that touches the disk: there is no journal, or one that can be read, and the next run can have its name."""
    program = (
        "import os, sys, signal; from pathlib import Path; from engine.store.journal import Journal\n"
        "left = [int(sys.argv[2])]\n"
        "def hook(event, arguments):\n"
        "    if event in ('open', 'os.link', 'os.remove') and 'run.jsonl' in str(arguments[0]):\n"
        "        left[0] -= 1\n"
        "        if left[0] < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(hook)\n"
        "Journal(Path(sys.argv[1]) / 'run.jsonl', {}).close()\n"
    )
    found = []
    for turn in range(8):
        folder = tmp_path / str(turn)
        folder.mkdir()
        done = subprocess.run([sys.executable, "-c", program, str(folder), str(turn)], cwd=ROOT, check=False)
        path = folder / "run.jsonl"
        if path.exists():
            with JournalReader(path) as reader:
                assert reader.header["kind"] == "header"
        else:
            Journal(path, {}).close()
        found.append(done.returncode)
        if done.returncode == 0:
            break
    assert found == [-signal.SIGKILL] * 4 + [0]


@pytest.mark.parametrize("refusal", [None, errno.EPERM])
def test_beginning_leaves_nothing_but_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int | None) -> None:
    """On disks with hard links and without."""
    if refusal is not None:

        def link(*_: object) -> None:
            raise OSError(refusal, "no links")

        monkeypatch.setattr(os, "link", link)
    path = tmp_path / "run.jsonl"
    Journal(path, {}).close()
    with pytest.raises(UserError, match="never overwritten"):
        Journal(path, {})
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be made"):
        Journal(tmp_path / "no" / "run.jsonl", {})


def written(tmp_path: Path) -> tuple[Path, bytes]:
    """A journal of three lines after its header, and its bytes."""
    path = tmp_path / "run.jsonl"
    with Journal(path, {}) as journal:
        for number in range(3):
            journal.append({"kind": "step", "number": number})
    return path, path.read_bytes()


def test_a_journal_cut_anywhere_reads_up_to_its_last_whole_line(tmp_path: Path) -> None:
    path, whole = written(tmp_path)
    header = whole.index(b"\n") + 1
    for cut in range(header, len(whole) + 1):
        path.write_bytes(whole[:cut])
        with JournalReader(path) as reader:
            read = [record["number"] for record in reader.records()]
            assert read == list(range(whole[header:cut].count(b"\n")))
            assert reader.torn == (cut > header and not whole[:cut].endswith(b"\n"))
            assert not reader.ended


def test_a_broken_line_that_is_not_the_last_is_an_error(tmp_path: Path) -> None:
    path, whole = written(tmp_path)
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b'{"kind":\n', *lines[2:]]))
    with JournalReader(path) as reader, pytest.raises(UserError, match="line 3"):
        list(reader.records())


@pytest.mark.parametrize("content", [b"", b"{}\n", b"hello\n", b'{"kind":"header","format":"other"}\n', b'{"kind":"header"'])
def test_another_file_is_no_journal(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(UserError, match="is no journal"):
        JournalReader(path)


def test_a_missing_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        JournalReader(tmp_path / "none")
