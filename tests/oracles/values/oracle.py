"""What an oracle is, and the sets of parameters that functions are compared on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracles.values.compared import Case

ULP = 2.3e-16


@dataclass(frozen=True)
class Oracle:
    """An outside value. `params`: sets of parameters to compare, by name.

    relative, absolute: how far a value may lie off. gaps: it can be asked about missing inputs. later: it begins later than ours does
    (where it is missing nothing is compared). settled: compared from this many bars on.
    """

    source: str
    values: Callable[[Case], Any]
    params: tuple[Mapping[str, float], ...] = ({},)
    relative: float = 0.0
    absolute: float = 0.0
    gaps: bool = True
    later: bool = False
    settled: int = 0


NS = ({"n": 2}, {"n": 14}, {"n": 50}, {"n": 200})
LAGS = ({"n": 0}, {"n": 1}, {"n": 60})
RUNS = ({"n": 1}, {"n": 3}, {"n": 5})
WITHIN = ({"within": 1}, {"within": 7}, {"within": 60})
#: hours of a day, five minutes of a day; hours of a week, quarters of a week, hours of a month, days of a month
ANCHORS = ({"anchor": 24}, {"anchor": 288}, {"anchor": 24.25}, {"anchor": 4.25}, {"anchor": 24.5}, {"anchor": 1.5})
WILDER_NS = ({"n": 2}, {"n": 14}, {"n": 30})
BANDS = ({"n": 20, "k": 2.0}, {"n": 50, "k": 1.5})
MACDS = ({"fast": 12, "slow": 26, "signal": 9}, {"fast": 5, "slow": 35, "signal": 5})
