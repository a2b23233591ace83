"""What is written in words about a run, wherever it is written (command line, app): ratios and the supposed order book."""

from __future__ import annotations

import re
from typing import Final

from engine.model.costs import BookModel
from engine.model.errors import UserError

_RATIO: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%|bp)")
_RATIO_SCALE: Final = {"%": 100.0, "bp": 10_000.0}
_BOOK: Final = re.compile(
    r"spread\s+(?P<spread>\S+?)"
    r"(?:\s*,\s*depth\s+(?P<depth>\S+)\s+of\s+(?P<count>\d{1,4})(?P<unit>[mhd])\s+turnover\s+within\s+(?P<within>\S+))?"
)
_MS: Final = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST_MS: Final = 86_400_000


def ratio(text: str, option: str) -> float:
    """0.0005 for `0.05%` or `5bp`; zero or more, below 100%. Raises UserError, which names `option`."""
    found = _RATIO.fullmatch(text.strip())
    value = float(found[1]) / _RATIO_SCALE[found[2]] if found else 0.0 if text.strip() == "0" else 1.0
    if not value < 1.0:
        raise UserError("inputs.bad_ratio", option=option, text=text)
    return value


def book(text: str | None, option: str) -> BookModel | None:
    """Of `spread 10bp` and `spread 10bp, depth 5% of 1h turnover within 0.5%`. Raises UserError, which names `option`."""
    if text is None:
        return None
    found = _BOOK.fullmatch(text.strip())
    if found is None:
        raise UserError("inputs.bad_book", option=option, text=text)
    spread = ratio(found["spread"], option)
    if found["depth"] is None:
        return BookModel(spread)
    share = 1.0 if found["depth"] == "100%" else ratio(found["depth"], option)
    within, window_ms = ratio(found["within"], option), int(found["count"]) * _MS[found["unit"]]
    if not (share > 0.0 and within > spread / 2.0 and 0 < window_ms <= _LONGEST_MS):
        raise UserError("inputs.bad_book", option=option, text=text)
    return BookModel(spread, share, window_ms, within)
