"""What a command line says about the cost of trading: fees by market and date, slippage by volume, participation, latency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from engine.cli.inputs import MARKET, instant_ms
from engine.model.costs import ALWAYS_MS, Costs, FeeRule
from engine.model.errors import UserError
from engine.model.written import book, ratio

_FEE: Final = re.compile(r"(?:(?P<market>[A-Za-z0-9]+-[A-Za-z0-9]+)\s+)?(?P<rate>\S+)(?:\s+from\s+(?P<since>\S+))?")
_IMPACT: Final = re.compile(r"(?P<base>\S+)\s*\+\s*(?P<more>\S+)\s+per\s+(?P<share>\S+)\s+of\s+volume(?P<root>\s*,\s*sqrt)?")
_LATENCY: Final = re.compile(r"(\d+)\s*(ms|s|m|bar|bars)")
_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000}
#: a day; an order that is later than that is a mistyped one
_LONGEST_MS: Final = 86_400_000
_MOST_BARS: Final = 1_000


def fees(texts: Sequence[str], option: str) -> tuple[float, tuple[FeeRule, ...]]:
    """(rate, rules) of `0.05%`, `0.04% from 2025-03-01`, `KRW-USDT 0.01%`, `KRW-USDT 0% from 2025-03-01`; a rate alone is the last such."""
    rate, rules = 0.0005, []
    for text in texts:
        found = _FEE.fullmatch(text.strip())
        if found is None:
            raise UserError("inputs.bad_fee", option=option, text=text)
        market = (found["market"] or "").upper()
        if market and not MARKET.fullmatch(market):
            raise UserError("inputs.bad_market", code=found["market"], hint="KRW-BTC")
        value, since = ratio(found["rate"], option), instant_ms(found["since"], option)
        if market or since is not None:
            rules.append(FeeRule(value, market, ALWAYS_MS if since is None else since))
        else:
            rate = value
    return rate, tuple(rules)


def slippage(text: str, option: str) -> tuple[float, float, bool]:
    """(ratio, impact, by root) of `5bp`, `5bp + 10bp per 1% of volume` and the latter with `, sqrt`; impact: as of Costs."""
    if "+" not in text and "per" not in text:
        return ratio(text, option), 0.0, False
    found = _IMPACT.fullmatch(text.strip())
    if found is None:
        raise UserError("inputs.bad_slippage", option=option, text=text)
    base, more, share = (ratio(found[name], option) for name in ("base", "more", "share"))
    if share == 0.0:
        raise UserError("inputs.bad_slippage", option=option, text=text)
    root = found["root"] is not None
    impact = more / share**0.5 if root else more / share
    if base + impact >= 1.0:
        raise UserError("inputs.too_much_slippage", option=option, text=text)
    return base, impact, root


def participation(text: str | None, option: str) -> float | None:
    """0.1 of `10%`; above 0, at most 100%."""
    if text is None:
        return None
    value = 1.0 if text.strip() == "100%" else ratio(text, option)
    if value == 0.0:
        raise UserError("inputs.bad_participation", option=option, text=text)
    return value


def latency(text: str, option: str) -> tuple[int, int]:
    """(ms, base bars) of `500ms`, `2s`, `1m`, `1 bar`; 0 is none."""
    found = _LATENCY.fullmatch(text.strip())
    if found is None:
        if text.strip() == "0":
            return 0, 0
        raise UserError("inputs.bad_latency", option=option, text=text)
    count, unit = int(found[1]), found[2]
    times = (0, count) if unit.startswith("bar") else (count * _MS[unit], 0)
    if times[0] > _LONGEST_MS or times[1] > _MOST_BARS:
        raise UserError("inputs.bad_latency", option=option, text=text)
    return times


def costs_of(
    fee: Sequence[str],
    slipping: str,
    taking_part: str | None,
    late: str,
    supposed_book: str | None = None,
    walk_books: bool = False,
) -> tuple[float, float, Costs]:
    """(fee rate, slippage, the rest) of the five options."""
    rate, rules = fees(fee, "--fee")
    base, impact, root = slippage(slipping, "--slippage")
    late_ms, late_bars = latency(late, "--latency")
    part = participation(taking_part, "--participation")
    return rate, base, Costs(rules, impact, root, part, late_ms, late_bars, book(supposed_book, "--book"), walk_books)
