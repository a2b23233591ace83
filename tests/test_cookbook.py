"""Every rule of the cookbook is checked and run over the sample market: its conditions have values, its entries buy, its exits sell."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
import yaml

from dsl.strategy import Strategy
from engine.candles.grid import build_grid
from engine.candles.sample import SAMPLE_RANGE, sample_tables
from engine.model.candle import BarGrid
from engine.research.backtest import backtest
from engine.research.result import Settings
from tests.dsl.helpers import ROOT, codes, compiled, strategy_of

BLOCK = re.compile(r"^### (\d+)\. (.+?)$|^```yaml( base)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LEAST = 25


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One rule of the page, as text of a whole strategy file."""

    number: int
    title: str
    piece: str
    text: str


@cache
def recipes(page: str) -> tuple[Recipe, ...]:
    """The page's rules; what a piece leaves out comes from the block marked `base`."""
    found: list[Recipe] = []
    base, number, title = "", 0, ""
    for head, name, is_base, block in BLOCK.findall((ROOT / "docs" / page).read_text("utf-8")):
        if head:
            number, title = int(head), name
        elif is_base:
            base = block
        else:
            found.append(Recipe(number, title, block, _whole(base, block)))
    return tuple(found)


def _whole(base: str, piece: str) -> str:
    """The lines of `base` whose top key `piece` does not have, then the piece."""
    own = set(re.findall(r"^(\w+):", piece, re.MULTILINE))
    sections = re.findall(r"^\w+:.*?(?=^\w|\Z)", base, re.MULTILINE | re.DOTALL)
    return "".join(section for section in sections if section.partition(":")[0] not in own) + piece


ENGLISH = recipes("cookbook.md")


@pytest.fixture(scope="module")
def market() -> BarGrid:
    """Sixty days of six generated coins, with a book and a premium that have a value at every bar."""
    found = build_grid(sample_tables(), [float("nan")] * 6, sample_tables()[0].timeframe, *SAMPLE_RANGE)
    chance = np.random.default_rng(4)
    side = {
        ("book.spread", (1.0,)): chance.uniform(0, 0.002, found.state.shape),
        ("book.bid_depth", (0.005,)): chance.uniform(0, 1e7, found.state.shape),
        ("external.kimp", ()): chance.uniform(0, 0.1, found.state.shape),
    }
    return dataclasses.replace(found, side=side)


def test_both_pages_have_the_same_rules() -> None:
    korean = recipes("cookbook.ko.md")
    assert [recipe.piece for recipe in korean] == [recipe.piece for recipe in ENGLISH]
    assert [recipe.number for recipe in ENGLISH] == list(range(1, len(ENGLISH) + 1))
    assert all(re.search("[가-힣]", recipe.title) for recipe in korean)
    assert len(ENGLISH) >= LEAST


def test_no_two_rules_are_the_same() -> None:
    meanings = {str(yaml.safe_load(recipe.piece)) for recipe in ENGLISH}
    assert len(meanings) == len(ENGLISH)


@pytest.mark.parametrize("recipe", ENGLISH, ids=lambda recipe: f"{recipe.number}-{recipe.title}")
def test_a_rule_is_right_has_values_and_fires(market: BarGrid, recipe: Recipe) -> None:
    result = compiled(recipe.text)
    assert codes(result) == []
    strategy = strategy_of(result)
    run = backtest(strategy, market, Settings(cash_krw=1e8))
    counts = {path: true + false for path, (true, false, _) in run.rule_counts.items()}
    assert [path for path, known in counts.items() if known == 0] == []
    assert run.rule_counts["entry"][0] > 0
    assert (run.fills["side"] > 0).sum() > 0
    sold = Counter(strategy.exit_name(int(fill["exit_index"])) for fill in run.fills if fill["side"] < 0)
    assert [name for name in _own_exits(recipe, strategy) if not sold[name]] == []


def _own_exits(recipe: Recipe, strategy: Strategy) -> list[str]:
    """Exits that the piece itself writes."""
    piece: dict[str, Any] = yaml.safe_load(recipe.piece)
    return [exit_.name for exit_ in strategy.exits if exit_.name in piece.get("exits", {})]
