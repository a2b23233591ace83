"""What a buy may not exceed (docs/decide.md §6): limits on its size and on the exposure, and the money that is left."""

from __future__ import annotations

from collections.abc import Iterable

from tests.oracles.reference_book import BUY, LARGEST_ORDER_KRW, Market, Order, Rules, State, exposure_of


def buys_at_work(markets: Iterable[Market]) -> list[Order]:
    """Working buys."""
    return [m.order for m in markets if m.order is not None and m.order.side == BUY]


def committed_krw(markets: Iterable[Market]) -> float:
    """Open positions, and what working buys have not filled yet."""
    every = list(markets)
    return exposure_of(every) + sum(order.amount - order.spent for order in buys_at_work(every))


def money_left(rules: Rules, state: State, equity: float, fee: float) -> float:
    """What there is money for, in KRW before the fee."""
    reserved = sum(
        (order.amount - order.spent) * (1 + rules.fee_of(order.market, order.time)) for order in buys_at_work(state.of_account())
    )
    found = [state.cash - reserved]
    if rules.cash_reserve is not None:
        found.append(found[0] - rules.cash_reserve)
    if rules.capital_krw is not None or rules.capital_ratio is not None:
        found.append(equity - committed_krw(state.of_account()))
    if rules.share != 1:
        found.append(rules.share * equity - committed_krw(state.markets.values()))
    return min(found) / (1 + fee)


def caps(rules: Rules, state: State, equity: float) -> list[float]:
    """What the size may not exceed otherwise, in KRW."""
    found = []
    if rules.max_weight is not None:
        found.append(rules.max_weight * (equity * rules.share))
    if rules.exposure_per_market is not None:
        found.append(rules.exposure_per_market * equity)
    if rules.exposure_total is not None:
        found.append(rules.exposure_total * equity - committed_krw(state.of_account()))
    if rules.exposure_per_strategy is not None:
        found.append(rules.exposure_per_strategy * equity - committed_krw(state.markets.values()))
    if rules.rounding:
        found.append(LARGEST_ORDER_KRW)
    if rules.profile_max_order is not None:
        found.append(rules.profile_max_order)
    return found
