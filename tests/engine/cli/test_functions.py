"""`jangdan functions NAME`: names that are no functions of the catalogue, and what a name of other programs is called here."""

from __future__ import annotations

import pytest

from engine.cli.main import run


@pytest.mark.parametrize(
    ("name", "hint"),
    [("이평", "sma"), ("볼린저밴드", "bb"), ("bbands", "bb"), ("이평선", "sma"), ("종가", "close"),
     ("매수가", "pos.entry"), ("ta.avg", "sma"), ("emma", "ema"), ("acros.rank", "across.rank")],
)  # fmt: skip
def test_a_name_of_other_programs_is_told_the_right_one(name: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["functions", name, "--lang", "en"]) == 1
    assert f"Did you mean `{hint}`?" in capsys.readouterr().err
    assert run(["functions", hint, "--lang", "en"]) == 0
    assert f"`{hint}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("across", "`across.pct_rank("), ("across.rank", "`across.rank("), ("pos", "`pos.gain`"), ("acct.losses_in_row", "losses_in_row"),
        ("book", "`book.spread("), ("cost", "`cost.round_trip`"), ("market", "`market.caution`"), ("market", "`market.warning`"),
        ("order.value", "`order.value`"), ("flow", "`flow.bought`"), ("flow", "`flow.strength"), ("depth", "`depth("), ("close", "`close`"),
        ("rsi", "# `rsi("),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chosen", ["ko", "en"])
def test_every_name_of_the_language_is_answered(name: str, says: str, chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["functions", name, "--lang", chosen]) == 0
    assert says in capsys.readouterr().out


@pytest.mark.parametrize("chosen", ["ko", "en"])
def test_a_name_like_no_other_gets_no_wrong_hint(chosen: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["functions", "qqqqqqqq", "--lang", chosen]) == 1
    said = capsys.readouterr().err
    assert "ema" not in said
    assert "jangdan functions" in said
