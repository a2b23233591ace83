"""What the commands say about what they are given: markets, amounts."""

from __future__ import annotations

import pytest

from dsl.diagnostics import Language
from dsl.messages import text
from engine.cli.inputs import amount_krw, market_codes
from engine.model.errors import UserError
from tests.dsl.helpers import strategy_of, with_rule


@pytest.mark.parametrize("language", list(Language))
def test_without_markets_all_three_ways_to_name_them_are_told(language: Language) -> None:
    with pytest.raises(UserError) as refused:
        market_codes([], strategy_of(with_rule()))
    said = text(refused.value.key, language)
    assert [way for way in ("`markets: [KRW-BTC]`", "--markets KRW-BTC,KRW-ETH", "`universe:`") if way not in said] == []


@pytest.mark.parametrize(
    ("written", "won"),
    [
        ("10000000", 1e7), ("10_000_000 KRW", 1e7), ("10,000,000원", 1e7), ("1000만", 1e7), ("천만원", 1e7), ("천만", 1e7), ("만원", 1e4),
        ("500만", 5e6), ("오백만원", 5e6), ("삼천만", 3e7), ("1억", 1e8), ("일억", 1e8), ("억", 1e8), ("1억 5000만원", 1.5e8),
        ("1억 천만원", 1.1e8), ("1억천만", 1.1e8), ("2.5억", 2.5e8), ("이천 KRW", 2e3),
    ],
)  # fmt: skip
def test_amounts_are_read_as_koreans_write_them(written: str, won: float) -> None:
    assert amount_krw(written, "--cash") == won


@pytest.mark.parametrize("written", ["", "원", "KRW", "-5", "0", "삼", "만억", "천만 천만", "abc", "1억 2억", "천만 달러"])
def test_what_is_no_amount_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(UserError) as refused:
        amount_krw(written, "--cash")
    assert refused.value.key == "inputs.bad_amount"
    assert "1000만원" in refused.value.message(Language.KOREAN)
