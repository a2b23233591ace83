"""What a run assumes about the cost of trading beyond one fee and one slippage (docs/decide.md §10)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: a rule without a beginning
ALWAYS_MS: Final = -(2**62)


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A fee rate per side (ratio). market: "" = all of them; from_ms: UTC ms from which it holds."""

    rate: float
    market: str = ""
    from_ms: int = ALWAYS_MS


@dataclass(frozen=True, slots=True)
class BookModel:
    """The order book that is supposed where none was recorded. spread: of the best two prices, a ratio of their middle. depth: of what
    traded in the last window_ms, the share that each side offers within `within` (a ratio) of the middle, evenly; None: no sizes."""

    spread: float
    depth: float | None = None
    window_ms: int = 0
    within: float = 0.0


@dataclass(frozen=True, slots=True)
class Halt:
    """No order of a market ("" = of all) trades or arrives in [from_ms, to_ms), UTC ms: an outage, a suspended market."""

    market: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class VisibleDepth:
    """What the exchange shows on each side where no book was recorded: krw, or the share of what traded in the last window_ms before.

    Infinite: any size. Market orders that are larger than what it shows are refused.
    """

    krw: float = math.inf
    share: float | None = None
    window_ms: int = 0


@dataclass(frozen=True, slots=True)
class Costs:
    """Assumptions of a run; the default assumes nothing.

    impact: slippage (ratio) that an order as large as the whole volume of its bar adds; it grows with the order's share of that volume, or
    with the square root of the share (impact_root). participation: largest share of a bar's volume that may trade. latency: from the
    decision to when the order can trade, in ms and in base bars (the two add up). book: what `book.*` and `depth` are where nothing was
    recorded; None: missing. walk_books: slippage is that of the order books that were recorded, where there is one. queue: share of a bar's
    volume that trades at the price of a waiting limit order which the price touches; None: a touch trades nothing. visible: what market
    orders are refused above; None: nothing is. halts: when no order trades. outages: those that the grid names are halts of all markets.
    """

    fees: tuple[FeeRule, ...] = ()
    impact: float = 0.0
    impact_root: bool = False
    participation: float | None = None
    latency_ms: int = 0
    latency_bars: int = 0
    book: BookModel | None = None
    walk_books: bool = False
    queue: float | None = None
    visible: VisibleDepth | None = None
    halts: tuple[Halt, ...] = ()
    outages: bool = False

    @property
    def reads_volume(self) -> bool:
        """Fills depend on how much traded in a bar."""
        return self.impact > 0.0 or self.participation is not None or self.queue is not None or self.visible is not None

    def slippage_of(self, slippage: float, share: float) -> float:
        """Slippage (a ratio) of an order that is this share (0 to 1) of the volume of its bar. slippage: of the smallest order."""
        return slippage + self.impact * (math.sqrt(share) if self.impact_root else share)

    def slice_share(self, slippage: float, most: float | None) -> float:
        """Share of a bar's volume up to which a sale's slippage stays at `most` (a ratio); infinite where cutting gains nothing."""
        if most is None or self.impact == 0.0 or most <= slippage:
            return math.inf
        share = (most - slippage) / self.impact
        share = share * share if self.impact_root else share
        return share if share < 1.0 else math.inf

    def check(self, slippage: float) -> None:
        """Raises ValueError for what cannot be: a share outside (0, 1], a negative time, slippage of the whole price."""
        if not self.impact >= 0.0 or not slippage + self.impact < 1.0:
            raise ValueError(f"slippage of an order as large as a bar's volume must be below 1, not {slippage + self.impact}")
        if self.participation is not None and not 0.0 < self.participation <= 1.0:
            raise ValueError(f"participation must be in (0, 1], not {self.participation}")
        if self.queue is not None and not 0.0 < self.queue <= 1.0:
            raise ValueError(f"the queue share must be in (0, 1], not {self.queue}")
        if self.visible is not None:
            amount = self.visible.krw if self.visible.share is None else self.visible.share
            if not amount > 0.0 or (self.visible.share is not None and self.visible.window_ms <= 0):
                raise ValueError(f"visible depth must be above 0, not {amount}")
        for halt in self.halts:
            if not halt.from_ms < halt.to_ms:
                raise ValueError(f"a halt must end after it begins: {halt.from_ms} to {halt.to_ms}")
        if self.latency_ms < 0 or self.latency_bars < 0:
            raise ValueError("latency cannot be negative")
        for rule in self.fees:
            if not 0.0 <= rule.rate < 1.0:
                raise ValueError(f"fee rate must be in [0, 1), not {rule.rate}")


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Orders, each once: buys refused and sales cut as the exchange showed less than that, and orders that waited for the end of a halt."""

    refused_buys: int = 0
    cut_sales: int = 0
    halted_orders: int = 0


#: the default of every run
NO_COSTS: Final = Costs()


def fee_steps(rules: Sequence[FeeRule], market: str, rate: float) -> list[tuple[int, float]]:
    """(from UTC ms, rate) of one market, ascending; the first holds always. rate: where no rule says more."""
    times = sorted({ALWAYS_MS, *(rule.from_ms for rule in rules if rule.market in ("", market))})
    return [(time_ms, fee_at(rules, market, rate, time_ms)) for time_ms in times]


def fee_at(rules: Sequence[FeeRule], market: str, rate: float, time_ms: int) -> float:
    """Rate of a market at a time: of the latest rule that names it, else of the latest for all markets, else `rate`."""
    for named in (market, ""):
        in_force = [rule for rule in rules if rule.market == named and rule.from_ms <= time_ms]
        if in_force:
            return max(in_force, key=lambda rule: (rule.from_ms, rules.index(rule))).rate
    return rate
