"""`jangdan price` through the front door: output, errors in both languages, exit codes, and what it must not import."""

import subprocess
import sys

import pytest

from engine.cli.main import run


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "en")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["KRW-XRP", "20007"], ["KRW-XRP 20,007 -> 20,000 KRW", "price unit     10 KRW", "minimum total  5,000 KRW"]),
        (["KRW-XRP", "703.456", "--at", "2025-07-30"], ["-> 703.4 KRW", "price unit     0.1 KRW", "2025-07-30 00:00 KST"]),
        (["KRW-XRP", "703.456", "--at", "2025-07-31"], ["-> 703 KRW", "price unit     1 KRW"]),
        (["krw-btc", "150,000,999"], ["KRW-BTC 150,000,999 -> 150,000,000 KRW"]),
        (["BTC-ETH", "0.031234567"], ["-> 0.03123456 BTC", "price unit     0.00000001 BTC", "minimum total  0.00005 BTC"]),
        (["KRW-ADA", "700.5", "--at", "2024-10-13T15:00:00+00:00"], ["-> 700 KRW", "2024-10-14 00:00 KST"]),
    ],
)
def test_prices_on_the_grid(arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", *arguments]) == 0
    output = capsys.readouterr().out
    for part in expected:
        assert part in output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["BTC-KRW", "100"], "did you mean `KRW-BTC`?"),
        (["XRP", "100"], "there is no market `XRP`"),
        (["EUR-XRP", "100"], "KRW, BTC, USDT"),
        (["KRW-XRP", "ten"], "`ten` is no price"),
        (["KRW-XRP", "0"], "`0` is no price"),
        (["KRW-XRP", "nan"], "`nan` is no price"),
        (["KRW-XRP", "0.000000001"], "below the smallest price of KRW-XRP, which is 0.00000001"),
        (["KRW-XRP", "100", "--at", "yesterday"], "`yesterday` is no date"),
        (["KRW-XRP", "100", "--at", "2025-02-30"], "`2025-02-30` is no date"),
    ],
)
def test_bad_input_is_told_and_exits_with_one(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", *arguments]) == 1
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.out == ""


def test_korean(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["price", "KRW-XRP", "20007", "--lang", "ko"]) == 0
    assert "호가 단위      10 KRW" in capsys.readouterr().out


def test_it_starts_without_the_kernel() -> None:
    code = "import sys, engine.cli.price; print(sorted({'numba', 'numpy', 'pandas', 'pyarrow'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
