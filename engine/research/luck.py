"""What the best of many tries is worth: what luck alone would have shown, and how the best one's neighbours did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, median
from typing import TYPE_CHECKING, Final

import numpy as np

from engine.research.metrics import DAYS_PER_YEAR, NAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EULER: Final = 0.5772156649015329
#: days of returns under which a distribution of them says nothing
FEWEST_DAYS: Final = 10


@dataclass(frozen=True, slots=True)
class Luck:
    """tried: variants with a Sharpe ratio. expected_best: the highest Sharpe ratio (a year) that as many tries without any edge would show;
    deflated: probability that the best one's true Sharpe ratio is above that. NaN where there is too little to say."""

    tried: int
    best: float
    expected_best: float
    deflated: float


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Of one variant: those that differ in one value by one step. count 0: median is NaN."""

    count: int
    median: float
    worst: float


def luck(sharpes: Sequence[float], best_daily: NDArray[np.float64]) -> Luck:
    """Bailey and Lopez de Prado, The Deflated Sharpe Ratio (2014), eq. 1 and 2.

    sharpes: of all variants, a year; best_daily: daily returns of the one with the highest. The tries are taken as independent; variants
    of one strategy are not, so the true bar is lower, but there have been other tries before this sweep, too.
    """
    known = np.array([value for value in sharpes if math.isfinite(value)])
    best = float(known.max()) if known.size else NAN
    if known.size < 2 or best_daily.size < FEWEST_DAYS:
        return Luck(known.size, best, NAN, NAN)
    expected = float(known.std(ddof=1)) * expected_maximum(known.size)
    a_day = math.sqrt(DAYS_PER_YEAR)
    return Luck(known.size, best, expected, deflated(best / a_day, expected / a_day, best_daily.size, *_shape(best_daily)))


def deflated(sharpe: float, bar: float, count: int, skew: float, kurtosis: float) -> float:
    """Probability that the true Sharpe ratio behind `count` returns is above `bar`, both per return; NaN where it is not defined."""
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    return NormalDist().cdf((sharpe - bar) * math.sqrt(count - 1) / math.sqrt(spread)) if spread > 0.0 else NAN


def expected_maximum(count: int) -> float:
    """Expected highest of `count` >= 2 independent standard normal numbers, by the formula of the paper (within 3 % from 5 on)."""
    normal = NormalDist()
    return (1.0 - _EULER) * normal.inv_cdf(1.0 - 1.0 / count) + _EULER * normal.inv_cdf(1.0 - 1.0 / (count * math.e))


def _shape(returns: NDArray[np.float64]) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal distribution)."""
    centred = returns - returns.mean()
    variance = float(np.mean(centred**2))
    if not variance > 0.0:
        return NAN, NAN
    return float(np.mean(centred**3)) / variance**1.5, float(np.mean(centred**4)) / variance**2


def neighbours(places: Sequence[Sequence[int]], values: Sequence[float], of: int) -> Neighbours:
    """places: each variant's position on every axis; values: a figure of each."""
    near = [
        value
        for place, value in zip(places, values, strict=True)
        if sum(abs(a - b) for a, b in zip(place, places[of], strict=True)) == 1 and math.isfinite(value)
    ]
    return Neighbours(len(near), median(near), min(near)) if near else Neighbours(0, NAN, NAN)
