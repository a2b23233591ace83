"""Conditions of a market that the exchange announces, put together from its flags."""

from __future__ import annotations

from dsl.catalogue import Unit
from dsl.messages import Text
from engine.kernel.catalogue import composed

_CAUTIONS = ("price", "volume", "deposits", "global_price", "few_accounts")

composed(
    "market.caution", " or ".join(f"market.caution.{name}" for name in _CAUTIONS), unit=Unit.CONDITION,
    formula=Text(
        "market.caution.price, volume, deposits, global_price, few_accounts 가운데 하나라도 참",
        "any of market.caution.price, volume, deposits, global_price, few_accounts",
    ),
    degenerate=Text("백테스트에서는 첫 기록 전까지 거짓입니다.", "false in a backtest before the first recorded flag"),
    korean="다섯 가지 투자주의 지정 가운데 하나라도 있는지입니다.", english="Whether any of the five caution flags is set.",
    example="not market.caution",
)  # fmt: skip
