"""A risk profile as arrays: limits of loss, drawdown windows, breakers, sectors (docs/decide.md §8)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dsl.graph import Graph, Phase
from dsl.strategy import Breaker, Period, RiskProfile, RiskRule
from engine.kernel.book import DAY_MS
from engine.kernel.position import PositionRows

RULE: Final = np.dtype(
    [
        ("period", "i8"),  # dsl.strategy.Period
        ("window", "i8"),  # row of WINDOW; -1: not a drawdown
        ("limit_ratio", "f8"),  # infinite: none
        ("limit_krw", "f8"),
        ("action", "i8"),  # dsl.strategy.Action
        ("factor", "f8"),
        ("until", "i8"),  # dsl.strategy.Until
        ("hold_ms", "i8"),
    ],
    align=True,
)

#: rearms: it comes into force only while armed (it reads the account and lasts)
#: cause: number among the rules and breakers of the file
BREAKER: Final = np.dtype(
    [("slot", "i8"), ("account", "i8"), ("close", "i8"), ("hold_ms", "i8"), ("rearms", "i8"), ("cause", "i8")], align=True
)


def rule_rows(profile: RiskProfile, windows: Sequence[int]) -> NDArray[Any]:
    """RULE rows in file order. windows: days of each drawdown window. Raises ValueError for a limit that is not above zero."""
    return np.array([_rule_row(rule, windows) for rule in profile.rules], RULE)


def _rule_row(rule: RiskRule, windows: Sequence[int]) -> tuple[float, ...]:
    limits = [limit for limit in (rule.limit_ratio, rule.limit_krw) if limit is not None]
    if not limits or min(limits) <= 0 or not 0 < rule.factor <= 1 or rule.hold_ms < 0:
        raise ValueError(f"risk rule {rule.name}: needs a limit above 0, a factor in (0, 1] and no negative duration")
    window = windows.index(rule.days) if rule.period is Period.DRAWDOWN else -1
    ratio = math.inf if rule.limit_ratio is None else rule.limit_ratio
    krw = math.inf if rule.limit_krw is None else float(rule.limit_krw)
    return (int(rule.period), window, ratio, krw, int(rule.action), rule.factor, int(rule.until), rule.hold_ms)


def breaker_rows(profile: RiskProfile, graph: Graph, slots: dict[int, int]) -> NDArray[Any]:
    """BREAKER rows in file order, of those that the program computes. graph: of their nodes."""
    first = len(profile.rules)
    computed = [(k, b) for k, b in enumerate(profile.breakers, first) if b.node in slots]
    return np.array([(slots[b.node], b.account, b.close, b.hold_ms, _rearms(b, graph), k) for k, b in computed], BREAKER)


def _rearms(breaker: Breaker, graph: Graph) -> bool:
    """It reads the account, whose values can stand still for as long as nothing is bought, and is to end."""
    return breaker.hold_ms > 0 and graph[breaker.node].phase == Phase.ACCOUNT


def window_days(profile: RiskProfile, position: PositionRows) -> tuple[int, ...]:
    """Days of every drawdown window that rules or expressions read, each once. Raises ValueError for one that is not whole days."""
    read = [days_of(window_ms) for window_ms in position.drawdown_ms]
    ruled = [rule.days for rule in profile.rules if rule.period is Period.DRAWDOWN]
    found = tuple(sorted({*read, *ruled}))
    if found and found[0] < 1:
        raise ValueError("a drawdown window is at least one day")
    return found


def days_of(window_ms: float) -> int:
    """Whole days of a window. Raises ValueError when they are not whole."""
    if window_ms % DAY_MS:
        raise ValueError(f"a drawdown window is whole days, not {window_ms} ms")
    return int(window_ms // DAY_MS)


def sectors_of(profile: RiskProfile, markets: Sequence[str]) -> list[int]:
    """Each market's sector by number, -1 where it has none."""
    number = {market: k for k, (_, members) in enumerate(profile.sectors) for market in members}
    return [number.get(market, -1) for market in markets]
