"""What the commands say about what they are given: markets."""

from __future__ import annotations

import pytest

from dsl.diagnostics import Language
from dsl.messages import text
from engine.cli.inputs import market_codes
from engine.model.errors import UserError
from tests.dsl.helpers import strategy_of, with_rule


@pytest.mark.parametrize("language", list(Language))
def test_without_markets_all_three_ways_to_name_them_are_told(language: Language) -> None:
    with pytest.raises(UserError) as refused:
        market_codes([], strategy_of(with_rule()))
    said = text(refused.value.key, language)
    assert [way for way in ("`markets: [KRW-BTC]`", "--markets KRW-BTC,KRW-ETH", "`universe:`") if way not in said] == []
