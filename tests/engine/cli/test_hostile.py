"""The command line in bad hands and bad places: every refusal is a sentence and an exit code, nothing is left half-written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.diagnostics import Language
from engine.cli.backtest import put
from engine.cli.main import run
from engine.cli.paper import _default_journal
from engine.kernel.code_cache import cache_root, write
from engine.model.errors import UserError, system_reason
from engine.store.journal import Journal

ROOT = Path(__file__).resolve().parents[3]
PULLBACK = str(ROOT / "strategies" / "pullback-trend.yaml")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="POSIX streams and devices")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, English messages, no exchange to reach and no candles of the user."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("JANGDAN_UPBIT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JANGDAN_DATA", str(tmp_path / "candles"))
    return tmp_path


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """A line of shell with `jangdan` in it, run from the project's folder."""
    program = f'jangdan() {{ "{sys.executable}" -m engine.cli "$@"; }}; {line}'
    return subprocess.run(["bash", "-c", program], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=False)


@POSIX
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "utf-8"])
@pytest.mark.parametrize("line", ["jangdan --help", "jangdan backtest --help", "jangdan check no-such.yaml", "jangdan functions rsi"])
def test_korean_is_said_whatever_the_locale_says(line: str, encoding: str) -> None:
    result = shell(line, JANGDAN_LANG="ko", LC_ALL="C", PYTHONIOENCODING=encoding)
    assert b"Traceback" not in result.stderr
    assert any("가" <= letter <= "힣" for letter in result.stdout.decode("cp949" if encoding == "cp949" else "utf-8"))


@POSIX
def test_a_symbol_that_the_terminal_lacks_is_no_crash() -> None:
    result = shell("jangdan check 'no\U0001f680such.yaml'", JANGDAN_LANG="ko", PYTHONIOENCODING="cp949")
    assert (result.returncode, result.stderr) == (1, b"")
    assert result.stdout.startswith(b"no?such.yaml: ")


@POSIX
@pytest.mark.parametrize("line", ["jangdan --help", "jangdan functions", "jangdan check strategies/trend-1d.yaml"])
def test_a_reader_that_leaves_early_is_no_error_to_talk_about(line: str) -> None:
    result = shell(f"for i in 1 2 3; do {line}; done | head -1")
    assert (result.stdout.count(b"\n"), result.stderr) == (1, b"")


@POSIX
def test_a_closed_output_changes_nothing_about_what_is_found() -> None:
    assert shell("jangdan check strategies/trend-1d.yaml >&-").returncode == 0
    assert shell("jangdan check no-such.yaml >&- 2>&-").returncode == 1


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full here")
@pytest.mark.parametrize("line", ["jangdan --help", "jangdan functions"])
def test_a_full_disk_under_the_output_is_said(line: str) -> None:
    result = shell(f"{line} > /dev/full", JANGDAN_LANG="en")
    assert result.returncode == 1
    assert result.stderr.decode() == "error: the output could not be written to its end: the disk is full\n"


@POSIX
def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    put(pipe, b"abc")
    assert pipe.is_fifo()
    assert os.read(reader, 10) == b"abc"
    os.close(reader)


@pytest.mark.parametrize("name", ["folder", "x" * 250, "x" * 300, "file/below.html"])
def test_what_cannot_be_written_leaves_nothing_behind(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("mine")
    if name == "x" * 250:  # long, but a name: what stands beside it until it is whole must not be longer
        put(tmp_path / name, b"abc")
        assert (tmp_path / name).read_bytes() == b"abc"
        (tmp_path / name).unlink()
    else:
        with pytest.raises(UserError):
            put(tmp_path / name, b"abc")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize("path", [".", "..", os.sep])
def test_a_path_without_a_name_of_its_own_is_a_folder(path: str, place: Path) -> None:
    with pytest.raises(UserError):
        put(Path(path), b"abc")
    with pytest.raises(UserError):
        Journal(Path(path), {})
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(("command", "twice"), [
    (["backtest", PULLBACK], ["--from", "2025-08-01", "--from=2025-08-02"]), (["data", "list"], ["--data", "a", "--data", "b"]),
])  # fmt: skip
def test_of_two_values_for_one_option_none_is_taken_in_silence(
    command: list[str], twice: list[str], place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, *twice]) == 2
    name = " ".join(command).removesuffix(f" {PULLBACK}")
    assert capsys.readouterr().err == f"error: {twice[0]} is given twice: write it once. How to: jangdan {name} --help\n"
    assert run(["data", "list", "--json", "--json"]) == 0  # twice the same switch
    assert run(["backtest", "no-such.yaml", "--fee", "0.05%", "--fee", "KRW-ETH 0.01%"]) == 1  # may be repeated


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "0001-01-01"], "2017"),
        (["--from", "1202-09-01"], "2017"),
        (["--to", "9999-12-31"], "2017"),
        (["--to", "9999-12-31T23:59"], "2017"),
        (["--to", "2205-09-01"], "2017"),
        (["--cash", "9" * 20], "1e15"),
        (["--block", "999999999999"], "1,000,000"),
    ],
)
def test_a_number_with_a_digit_too_many_is_refused_before_memory_is(
    arguments: list[str], said: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["backtest", PULLBACK, *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert list(place.iterdir()) == []


def test_running_out_of_memory_is_a_sentence(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: list[str]) -> list[str]:
        raise MemoryError

    monkeypatch.setattr("engine.cli.main._take_language", exhausted)
    assert run(["check", "x.yaml"]) == 1
    assert "--base" in capsys.readouterr().err


CANDLES = "time,open,high,low,close,volume\n" + "".join(f"2025-09-01 09:{minute:02}:00,100,101,99,100,5\n" for minute in range(60))


def test_a_market_without_a_candle_is_refused_not_reported_on(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "KRW-BTC_1m.csv").write_text(CANDLES)
    assert run(["data", "import", "KRW-BTC_1m.csv", "--timezone", "kst"]) == 0
    capsys.readouterr()
    span = ["--from", "2025-09-01", "--to", "2025-09-01T10:00"]
    assert run(["backtest", PULLBACK, *span, "--markets", "KRW-NOPE"]) == 1  # KRW-BTC has candles, but only as an alias
    error = capsys.readouterr().err
    assert "nothing to trade: there is not one 1m candle of KRW-NOPE" in error
    assert not (place / "reports").exists()
    assert run(["paper", PULLBACK, *span, "--markets", "KRW-NOPE", "--journal", "run.jsonl"]) == 1
    assert not (place / "run.jsonl").exists()


def test_checking_nothing_is_no_clean_bill(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "check"]) == 1
    (place / "KRW-BTC_1m.csv").write_text(CANDLES)
    assert run(["data", "import", "KRW-BTC_1m.csv", "--timezone", "kst"]) == 0
    assert run(["data", "check", "--market", "KRW-NOPE"]) == 1
    assert "KRW-NOPE" in capsys.readouterr().err
    assert run(["data", "check"]) == 0


@pytest.mark.parametrize(("language", "missing", "folder"), [("en", "no such file", "it is a folder"), ("ko", "없습니다", "폴더입니다")])
def test_what_the_system_refuses_is_said_in_the_users_language(
    language: str, missing: str, folder: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANGDAN_LANG", language)
    for command in (["check"], ["backtest"], ["warmup"], ["replay"]):
        for path, said in (("none", missing), (str(place), folder)):
            assert run([*command, path]) == 1
            shown = capsys.readouterr()
            assert said in shown.out + shown.err


def test_a_rare_refusal_keeps_the_systems_own_words() -> None:
    assert system_reason(OSError(9999, "something odd"), Language.KOREAN) == "something odd"


@pytest.mark.parametrize("price", ["1e300", "1000000000000001"])
def test_no_coin_has_such_a_price(price: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", "KRW-BTC", price]) == 1
    assert price in capsys.readouterr().err


def test_a_file_that_the_system_refuses_deep_inside_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_: list[str]) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", "/some/file")

    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setattr("engine.cli.main._take_language", refused)
    assert run(["check", "x.yaml"]) == 1
    assert capsys.readouterr().err == "error: /some/file: permission denied\n"


def test_an_error_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: list[str]) -> list[str]:
        raise FileNotFoundError(errno.ENOENT, "No such file", "/a/file/that/we/should/have/made")

    monkeypatch.setattr("engine.cli.main._take_language", broken)
    with pytest.raises(FileNotFoundError):
        run(["check", "x.yaml"])


def test_a_cache_that_cannot_be_written_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setenv("JANGDAN_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(UserError) as caught:
        write(cache_root() / "name" / "made", b"code")
    for language in Language:
        assert "JANGDAN_CACHE_DIR" in caught.value.message(language)


def test_a_journal_without_a_place_is_a_sentence(place: Path) -> None:
    (place / "reports").write_text("a file where the folder should be")
    with pytest.raises(UserError) as caught:
        _default_journal("name")
    assert "reports" in caught.value.message(Language.KOREAN)


WRONG_USAGE = [
    (["backtest"], "FILE"),
    (["check"], "FILES"),
    (["backtest", "x.yaml", "--nope"], "--nope"),
    (["backtest", "x.yaml", "--slipage", "5bp"], "--slippage"),
    (["backtest", "x.yaml", "--from"], "--from"),
    (["backtest", "x.yaml", "--block", "abc"], "--block"),
    (["backtest", "x.yaml", "y.yaml"], "y.yaml"),
    (["paper", "x.yaml", "--speed", "-1"], "--speed"),
    (["price", "KRW-BTC", "-5"], "-5"),
    (["data", "frob"], "frob"),
    (["data", "import"], "PATHS"),
    (["bactest"], "backtest"),
    (["--frob"], "--frob"),
]


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(("arguments", "named"), WRONG_USAGE)
def test_wrong_usage_is_a_sentence_in_the_users_language_and_ends_with_2(
    arguments: list[str], named: str, language: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JANGDAN_LANG", language)
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("오류: " if language == "ko" else "error: ")
    assert named in shown.err
    assert shown.err.count("\n") == 1


def test_a_group_alone_shows_its_page_and_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data"]) == 2
    shown = capsys.readouterr()
    assert "import" in shown.out + shown.err


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_a_table_in_another_encoding_is_told_how_to_be_saved(encoding: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "KRW-BTC_1m.csv").write_bytes(CANDLES.replace("volume", "volume,메모").replace(",5\n", ",5,값\n").encode(encoding))
    assert run(["data", "import", "KRW-BTC_1m.csv", "--timezone", "kst"]) == 1
    shown = capsys.readouterr()
    assert "CSV UTF-8" in shown.out + shown.err
    assert not (place / "candles").exists()
