"""Random worlds for whole backtests: a strategy file, candles, terms and range, all drawn from one seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dsl.compile import compile_strategy
from dsl.strategy import Strategy
from engine.kernel.catalogue import catalogue
from engine.model.candle import BarGrid
from engine.research.result import Rounding, Settings
from tests.generators.candles import MARKETS, MINUTE_MS, random_grid
from tests.generators.crowding import with_book_share, with_crowding
from tests.generators.late import with_late_values, with_loss_per_trade, with_rest
from tests.generators.strategies import MINUTES, random_strategy

#: base length in minutes and the clocks that it serves; mostly minutes
BASES: tuple[tuple[int, tuple[str, ...]], ...] = (
    *(((1, ("1m", "5m", "15m")),) * 7), (5, ("5m", "15m", "1h")), (60, ("1h", "4h", "1d")), (1_440, ("1d", "1w")),
)  # fmt: skip
#: a clock has so many bars in the longest world, or few strategies would see a signal in it
LEAST_CLOCK_BARS = 60
#: near the smallest ticks that there are
SMALL_PRICES = (0.0123, 0.00052, 0.00000471, 0.00000003)


@dataclass(frozen=True)
class World:
    """A run to be. traded: markets that may be bought; the grid may hold one more, which only feeds an alias."""

    seed: int
    text: str
    strategy: Strategy
    grid: BarGrid
    settings: Settings
    traded: tuple[str, ...]


def random_world(seed: int, whole: bool, longest: int = 1_500, strict: bool = False) -> World:
    """The world of a seed. whole: prices of whole KRW, so that every sum over them is exact. longest: most base bars.
    strict: several markets under a risk profile that acts."""
    chance = random.Random(seed)
    minutes, clocks = chance.choice(BASES)
    clocks = tuple(clock for clock in clocks if MINUTES[clock] * LEAST_CLOCK_BARS <= longest * minutes)
    codes = chance.sample(MARKETS, chance.choice([2, 3, 4] if strict else [1, 1, 2, 3, 4]))
    lead = codes.pop() if len(codes) > 1 and chance.random() < 0.3 else None
    text, strategy = _compiled(chance, tuple(codes), clocks, lead, strict)
    count = chance.randrange(longest // 3, longest)
    grid = random_grid(
        chance, (*codes, *([lead] if lead else [])), count, base_ms=minutes * MINUTE_MS, unknown=chance.random() < 0.8, whole=whole,
        first_prices=None if whole or chance.random() < 0.8 else SMALL_PRICES,
    )  # fmt: skip
    settings = random_settings(chance, grid)
    apart = random.Random(f"rest {seed}")  # so that everything else of a seed's world stays as it is without
    # off the grid and free, a trade sold at its own price is a loss or none by the last bit of a float, and so is the count of losses
    if strict and (settings.rounding is Rounding.UPBIT or settings.fee_rate > 0.0) and apart.random() < 0.7:
        strategy = with_rest(apart, strategy)
    apart = random.Random(f"crowding {seed}")
    if strict and apart.random() < 0.6:
        strategy = with_crowding(apart, strategy, grid.markets)
    apart = random.Random(f"book share {seed}")
    if strict and apart.random() < 0.3:
        strategy = with_book_share(apart, strategy)
    apart = random.Random(f"loss of a trade {seed}")
    if strict and apart.random() < 0.35:
        strategy = with_loss_per_trade(apart, strategy)
    return World(seed, text, strategy, grid, settings, tuple(sorted(codes)))


def _compiled(
    chance: random.Random, codes: tuple[str, ...], clocks: tuple[str, ...], lead: str | None, strict: bool
) -> tuple[str, Strategy]:
    """A strategy of these markets; drawn again for the mistakes that the generator makes: a clock too slow for an anchor, orders that are
    too small for the profile."""
    while True:
        text = random_strategy(chance, codes, clocks, lead, strict)
        compiled = compile_strategy(text.text, "generated.yaml", catalogue(), text.profiles)
        if compiled.strategy is not None:
            return text.text, with_late_values(chance, compiled.strategy)
        wrong = {(found.code, found.label) for found in compiled.errors}
        assert wrong <= {("E112", "anchor"), ("E409", "share")}, (text.text, compiled.errors)


def random_settings(chance: random.Random, grid: BarGrid) -> Settings:
    """Terms and a range; cash now and then so small that minimums are felt."""
    base_ms, bars = grid.timeframe.length_ms, grid.state.shape[1]
    first_ms = grid.first_index * base_ms
    from_ms = first_ms + chance.randrange(bars // 3) * base_ms + chance.choice([0, 0, 0, 1, 777]) if chance.random() < 0.3 else None
    to_ms = first_ms + chance.randrange(bars // 2, bars + 5) * base_ms + chance.choice([0, 0, 1]) if chance.random() < 0.3 else None
    return Settings(
        cash_krw=chance.choice([*[10_000_000.0] * 5, 3e10, 1_000_000.0, 200_000.0, 31_000.0]),
        fee_rate=chance.choice([0.0, 0.0004, 0.0005, 0.0005, 0.0025]),
        slippage=chance.choice([0.0, 0.0, 0.0, 0.0003, 0.0005, 0.0005, 0.002, 0.01]),
        rounding=chance.choice([*Rounding, Rounding.UPBIT]),
        from_ms=from_ms,
        to_ms=to_ms,
        block=chance.choice([1, 3, 64, 1_000, 2_048, 4_096]),
    )
