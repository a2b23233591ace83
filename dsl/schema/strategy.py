"""The strategy file, whole: what is not built yet has its shape here too and is refused by name (`UNBUILT`)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dsl.schema.base import Condition, ParamValue, Section, Text


class External(Section):
    """A series from outside: `{file: kimp.parquet, or: api, stale_after: 5m}`."""

    file: Text | None = None
    or_: Literal["api"] | None = Field(default=None, alias="or")
    stale_after: Text | None = None


class Universe(Section):
    """Which markets are traded, and when that is decided."""

    quote: Literal["KRW", "BTC", "USDT"] = "KRW"
    refresh: Text
    keep: dict[Text, Text] | None = None
    drop: dict[Text, Text] | None = None
    take: Text | None = None
    by: Text | None = None


class Factor(Section):
    """One part of the score."""

    value: Text
    weight: Text


class Score(Section):
    """How factors become one number."""

    combine: Literal["weighted_mean"] = "weighted_mean"
    missing_factor: Literal["block", "neutral", "skip"] = "block"


class Sizing(Section):
    """How large a buy is."""

    risk: Text | None = None
    weight: Text | None = None
    max_weight: Text | None = None
    min_order: Text | None = None
    scale: Text | None = None


class Enter(Section):
    """How buys are placed."""

    order: Literal["market", "limit", "best", "post_only"] = "market"
    price: Text | None = None
    time_in_force: Literal["ioc", "fok"] | None = None
    reprice: Text | None = None
    after: Text | None = None
    then: Text | None = None


class Leave(Section):
    """How sales are placed."""

    order: Literal["market", "limit"] = "market"
    max_slippage: Text | None = None


class Execution(Section):
    """How intents become orders."""

    enter: Enter | None = None
    leave: Leave | None = None


class Exit(Section):
    """One way out: a level (`at`) or a condition (`when`)."""

    at: Text | None = None
    when: Text | None = None
    frozen: Literal["true", "false"] | None = None
    sell: Text | None = None
    after: Text | None = None


class Limits(Section):
    """How often and how much may be entered."""

    open_positions: Text | None = None
    entries_per_market: Text | None = None
    cooldown: Text | None = None
    reentry: Text | None = None


class Reload(Section):
    """What a changed file does to open positions."""

    open_positions: Literal["keep_their_version", "adopt_exits", "flatten_first"] = "keep_their_version"


class Replay(Section):
    """Stored candles that a test runs on."""

    markets: list[Text]
    from_: Text = Field(alias="from")
    to: Text


class FileTest(Section):
    """One test inside the file."""

    name: Text
    rule: Text | None = None
    given: dict[Text, Text] | None = None
    replay: Replay | None = None
    expect: Text


class StrategyFile(Section):
    """schema: strategy/1"""

    schema_: Literal["strategy/1"] = Field(alias="schema")
    name: Text
    title: str = ""
    state: Literal["off", "paper", "live"] = "off"
    risk_profile: Text | None = None
    clock: Text
    aliases: dict[Text, Text] = Field(default_factory=dict)
    markets: list[Text] = Field(default_factory=list)
    params: dict[Text, ParamValue] = Field(default_factory=dict)
    external: dict[Text, External] = Field(default_factory=dict)
    universe: Universe | None = None
    define: dict[Text, Text] = Field(default_factory=dict)
    regime: dict[Text, Text] | None = None
    factors: dict[Text, Factor] | None = None
    score: Score | None = None
    entry: Condition
    sizing: Sizing = Sizing()
    execution: Execution | None = None
    exits: dict[Text, Exit]
    limits: Limits = Limits()
    reload: Reload | None = None
    tests: list[FileTest] | None = None


#: keys whose meaning is not built yet: refused, never ignored
UNBUILT: tuple[tuple[str, ...], ...] = ()
#: values whose meaning is not built yet
UNBUILT_VALUES: dict[tuple[str, ...], tuple[str, ...]] = {
    ("universe", "quote"): ("BTC", "USDT"),
}
