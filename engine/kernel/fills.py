"""The fill model: at what price and quantity a working order trades at a STEP, or inside it (docs/decide.md §3)."""

from __future__ import annotations

import math
from typing import Final

from engine.kernel.abi import helper
from engine.kernel.legal import Venue, bought_quantity, ceil_tick, floor_tick, value_krw
from engine.model.events import Side

_BUY: Final = int(Side.BID)


@helper
def fill_of(
    venue: Venue, market: int, side: int, amount_krw: float, quantity_e8: float, level_krw: float, open_krw: float, time_ms: int
) -> tuple[float, float, float, float]:
    """(quantity_e8, price_krw, fee_krw, base_krw) of an order at a traded STEP; quantity 0 = nothing to trade.

    level_krw: base price of a sale made inside this STEP; NaN for an order that waited for it and trades at its open.
    """
    slippage = venue.costs[0]["slippage"]
    if side == _BUY:
        base = open_krw
        price = ceil_tick(venue, market, base * (1.0 + slippage), time_ms)
        quantity = bought_quantity(venue, market, amount_krw, price, time_ms)
    else:
        base = open_krw if math.isnan(level_krw) else level_krw
        price = floor_tick(venue, market, base * (1.0 - slippage), time_ms)
        quantity = quantity_e8
    fee = value_krw(quantity, price) * venue.costs[0]["fee_rate"]
    return quantity, price, fee, base
