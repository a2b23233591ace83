"""The risk file, whole: what is not built yet has its shape here too and is refused by name (`UNBUILT`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from dsl.schema.base import Section, Text


class Day(Section):
    """When the trading day turns and what equity means."""

    starts: Text = "09:00 KST"
    equity: Literal["mark_to_market"] = "mark_to_market"


class LossLimit(Section):
    """What happens after losing this much."""

    limit: Text
    then: Text
    until: Text | None = None


class TradeLoss(Section):
    """The most that one trade may risk."""

    limit: Text


class Loss(Section):
    """Loss limits."""

    daily: LossLimit | None = None
    weekly: LossLimit | None = None
    monthly: LossLimit | None = None
    per_trade: TradeLoss | None = None


class DrawdownStep(Section):
    """One rung of the drawdown ladder."""

    at: Text
    then: Text
    until: Text | None = None


class Drawdown(Section):
    """The drawdown ladder of one window."""

    over: Text
    steps: list[DrawdownStep]


def _drawdown_tag(data: Any) -> str:
    return "<list>" if isinstance(data, list) else "<one>"


#: one window, or a list of them
Drawdowns = Annotated[Annotated[Drawdown, Tag("<one>")] | Annotated[list[Drawdown], Tag("<list>")], Discriminator(_drawdown_tag)]


class Exposure(Section):
    """How much of the equity may be in coins."""

    total: Text | None = None
    per_market: Text | None = None
    per_strategy: Text | None = None
    open_positions: Text | None = None
    positions_per_market: Text | None = None
    max_per_sector: Text | None = None
    cash_reserve: Text | None = None


class WithBtc(Section):
    """Coins that move with bitcoin count as one."""

    above: Text
    count_as: Text


class Crowding(Section):
    """How alike open positions may be."""

    measure: Text
    max_pair: Text | None = None
    max_cluster: Text | None = None
    with_btc: WithBtc | None = None


class Breaker(Section):
    """A condition that stops something for a while."""

    when: Text
    then: Text
    for_: Text | None = Field(default=None, alias="for")


class Orders(Section):
    """Bounds of single orders."""

    min_order: Text | None = None
    max_order: Text | None = None
    max_slippage: Text | None = None
    max_book_share: Text | None = None
    per_minute: Text | None = None


class Guard(Section):
    """What the engine does when something about itself is wrong."""

    then: Text
    after: Text | None = None
    above: Text | None = None
    no_heartbeat: Text | None = None
    alert: Text | None = None


class Safety(Section):
    """Guards of the running engine."""

    stale_data: Guard | None = None
    clock_skew: Guard | None = None
    unknown_order: Guard | None = None
    books_disagree: Guard | None = None
    dead_man: Guard | None = None


class RiskFile(Section):
    """schema: risk/1"""

    schema_: Literal["risk/1"] = Field(alias="schema")
    name: Text
    title: str = ""
    capital: Text | None = None
    day: Day | None = None
    loss: Loss = Loss()
    drawdown: Drawdowns | None = None
    exposure: Exposure = Exposure()
    sectors: dict[Text, list[Text]] | None = None
    aliases: dict[Text, Text] | None = None
    crowding: Crowding | None = None
    breakers: dict[Text, Breaker] | None = None
    orders: Orders = Orders()
    safety: Safety | None = None


#: keys whose meaning is not built yet: refused, never ignored
UNBUILT: tuple[tuple[str, ...], ...] = ()
