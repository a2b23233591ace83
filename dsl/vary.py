"""What `--vary` says: `0.3,0.35,0.4` names values, `1.5:3.5:0.5` a first, a last and a step; both may be mixed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

#: values of one number
MAX_VALUES: Final = 10_000
_VALUE: Final = re.compile(r"(-?\d[\d_]*(?:\.\d+)?)( ?%|bp|[a-zA-Z가-힣]*| KRW)")


class VaryError(ValueError):
    """A text that is no list of values. `code`: value | step | units | many; `text`: the part that is meant."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def spread(text: str) -> tuple[str, ...]:
    """The values that a text names, in order, each once. Raises VaryError."""
    found: list[str] = []
    for part in text.split(","):
        found += _steps(part.strip()) if ":" in part else [_value(part.strip())[2]]
        if len(found) > MAX_VALUES:
            raise VaryError("many", text)
    return tuple(dict.fromkeys(found))


def from_range(limits: str, step: str) -> tuple[str, ...]:
    """The values of a parameter's `range: 1.0..3.0` and `step: 0.25`. Raises VaryError."""
    low, _, high = limits.partition("..")
    return spread(f"{low.strip()}:{high.strip()}:{step.strip()}")


def products(values: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    """Every combination; the first name varies slowest."""
    return [dict(zip(values, chosen, strict=True)) for chosen in itertools.product(*values.values())]


def _value(text: str) -> tuple[Decimal, str, str]:
    found = _VALUE.fullmatch(text)
    if found is None:
        raise VaryError("value", text)
    return Decimal(found[1].replace("_", "")), found[2], text


def _steps(text: str) -> list[str]:
    parts = text.split(":")
    if len(parts) != 3:
        raise VaryError("step", text)
    (first, *units), (last, *more), (step, *rest) = (_value(part.strip())[:2] for part in parts)
    named = {unit for unit in (*units, *more, *rest) if unit}
    if len(named) > 1:
        raise VaryError("units", text)
    if step <= 0 or last < first:
        raise VaryError("step", text)
    if (last - first) / step > MAX_VALUES:
        raise VaryError("many", text)
    unit = next(iter(named), "")
    count = int((last - first) // step) + 1
    return [f"{first + step * k:f}{unit}" for k in range(count)]
