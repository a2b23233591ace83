"""The portfolio file: several strategies on one account."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dsl.schema.base import ParamValue, Section, Text


class Part(Section):
    """One strategy: its file (without `.yaml`), its share of the equity, and when it may enter."""

    strategy: Text
    weight: Text
    when: Text | None = None


class PortfolioFile(Section):
    """schema: portfolio/1"""

    schema_: Literal["portfolio/1"] = Field(alias="schema")
    name: Text
    title: str = ""
    state: Literal["off", "paper", "live"] = "off"
    risk_profile: Text
    capital: Text | None = None
    aliases: dict[Text, Text] = Field(default_factory=dict)
    params: dict[Text, ParamValue] = Field(default_factory=dict)
    define: dict[Text, Text] = Field(default_factory=dict)
    regime: dict[Text, Text] | None = None
    strategies: dict[Text, Part]
