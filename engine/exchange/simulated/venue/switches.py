"""What the exchange's documents leave open: each guess is a named switch of the simulated exchange."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from engine.model.market import KST

#: from here on an order without `smp_type` has `cancel_maker`: announced, never seen confirmed
SMP_DEFAULT_FROM_MS: Final = int(datetime(2026, 11, 9, tzinfo=KST).timestamp()) * 1000


@dataclass(frozen=True, slots=True)
class Switches:
    """Behaviour of orders and queries that is not documented.

    smp_default_from_ms: when an absent `smp_type` began to mean cancel_maker, UTC ms; None = it never did.
    post_only_match: an order that would match at once is taken and cancelled, or refused.
    burn_refused: the identifier of a refused order is used up as well.
    market_sell_minimum: a market sale is measured against the minimum, at the best bid.
    release_better_price: a buy below its limit frees the difference at once, or when the order ends.
    passing_volume: an order traded through fills whole (as in a backtest), or with no more than the volume that passed.
    queue_share: share of the volume traded at its own price that a waiting order gets; 0 = it has to be traded through.
    beyond_levels_error: name of the refusal of a market order larger than the visible levels; None = it is taken.
    maximum_error: an order above the largest is refused as over_krw_funds_* in every market, or by its own quote currency.
    usdt_maximum: largest order of USDT markets; None = no limit.
    count_above_limit: a `count` or `limit` above the largest is refused, or cut to it.
    agreed_to_third_party: the account has agreed to trade in BTC and USDT markets.
    krw_fee, btc_fee, usdt_fee: of a fill in markets of that quote currency, a ratio, whoever waited; None = the general one.
    fee_decimals: a fee is cut after so many; None = every digit of it is kept.
    grid_of_2025: what becomes of waiting orders that are off the price grid of 2025-07-31 when it comes into force.
    four_hours: 240-minute candles begin at midnight UTC, or at Korean midnight.
    delisted: nothing is known of a market that is gone, or its candles and trades can still be asked for.
    transfer_seconds: of market time until a deposit, a withdrawal or a new address is done.
    krw_withdraw_fee: on top of what is withdrawn; coins cost nothing. withdraw_locked: the owner's safety lock is on.
    """

    smp_default_from_ms: int | None = SMP_DEFAULT_FROM_MS
    post_only_match: Literal["cancel", "refuse"] = "cancel"
    burn_refused: bool = True
    market_sell_minimum: bool = True
    release_better_price: bool = True
    passing_volume: Literal["whole", "traded"] = "whole"
    queue_share: Decimal = Decimal(0)
    beyond_levels_error: str | None = "volume_too_large"
    maximum_error: Literal["krw", "quote"] = "krw"
    usdt_maximum: Decimal | None = None
    count_above_limit: Literal["refuse", "clamp"] = "refuse"
    agreed_to_third_party: bool = True
    krw_fee: Decimal | None = None
    btc_fee: Decimal | None = None
    usdt_fee: Decimal | None = None
    fee_decimals: int | None = None
    grid_of_2025: Literal["keep", "cancel"] = "keep"
    four_hours: Literal["utc", "korea"] = "utc"
    delisted: Literal["unknown", "asked"] = "unknown"
    transfer_seconds: int = 60
    krw_withdraw_fee: Decimal = Decimal(1000)
    withdraw_locked: bool = False
