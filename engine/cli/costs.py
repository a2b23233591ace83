"""What a command line says about the cost of trading: fees by market and date, slippage by volume, participation, latency, refusals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from dsl.messages import text as _text
from engine.cli.inputs import MARKET, amount_krw, instant_ms
from engine.cli.language import language
from engine.model.costs import ALWAYS_MS, Costs, FeeRule, Halt, VisibleDepth
from engine.model.errors import UserError
from engine.model.written import book, ratio

_FEE: Final = re.compile(r"(?:(?P<market>[A-Za-z0-9]+-[A-Za-z0-9]+)\s+)?(?P<rate>\S+)(?:\s+from\s+(?P<since>\S+))?")
_IMPACT: Final = re.compile(r"(?P<base>\S+)\s*\+\s*(?P<more>\S+)\s+per\s+(?P<share>\S+)\s+of\s+volume(?P<root>\s*,\s*sqrt)?")
_TURNOVER: Final = re.compile(r"(?P<share>\S+)\s+of\s+(?P<count>\d{1,4})(?P<unit>[mhd])\s+turnover")
_HALT: Final = re.compile(r"(?:(?P<market>[A-Za-z0-9]+-[A-Za-z0-9]+)\s+)?(?P<since>\S+?)\.\.(?P<until>\S+)")
#: of `--halt`: those that the candles tell
_OUTAGES: Final = "outages"
_LATENCY: Final = re.compile(r"(\d+)\s*(ms|s|m|bar|bars)")
_MS: Final = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
#: a day; an order that is later than that is a mistyped one
_LONGEST_MS: Final = 86_400_000
_MOST_BARS: Final = 1_000

#: fees, slippage, participation, latency, book, walk_books, queue, visible depth, halts: as `costs_of` takes them
CostTexts: TypeAlias = tuple[list[str], str, str | None, str, str | None, bool, str | None, str | None, list[str]]
QueueOption = Annotated[str | None, typer.Option("--queue", help=_text("backtest.option_queue", language()), show_default=False)]
VisibleOption = Annotated[
    str | None, typer.Option("--visible-depth", help=_text("backtest.option_visible", language()), show_default=False)
]
HaltOption = Annotated[list[str] | None, typer.Option("--halt", help=_text("backtest.option_halt", language()), show_default=False)]


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


def visible_depth(text: str | None, option: str) -> VisibleDepth | None:
    """Of `50_000_000 KRW`, `5% of 1h turnover` and `recorded`: what recorded books show, and any size elsewhere."""
    if text is None:
        return None
    if text.strip() == "recorded":
        return VisibleDepth()
    found = _TURNOVER.fullmatch(text.strip())
    if found is None:
        try:
            return VisibleDepth(amount_krw(text, option))
        except UserError as error:
            raise UserError("inputs.bad_visible", option=option, text=text) from error
    share = 1.0 if found["share"] == "100%" else ratio(found["share"], option)
    window_ms = int(found["count"]) * _MS[found["unit"]]
    if not (share > 0.0 and 0 < window_ms <= _LONGEST_MS):
        raise UserError("inputs.bad_visible", option=option, text=text)
    return VisibleDepth(share=share, window_ms=window_ms)


def halts(texts: Sequence[str], option: str) -> tuple[tuple[Halt, ...], bool]:
    """Of `2025-03-01T10:00..2025-03-01T12:00`, the same with a market before it, and files with one of these a line (# begins a remark);
    and whether one of the texts is `outages`."""
    found: list[Halt] = []
    for text in texts:
        if text.strip() == _OUTAGES:
            continue
        path = Path(text)
        if "..2" not in text and path.is_file():
            try:
                lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8-sig").splitlines()]
            except (OSError, UnicodeDecodeError) as error:
                raise UserError("inputs.unreadable", path=path, reason=error) from error
            found += [_halt(line, option) for line in lines if line]
        else:
            found.append(_halt(text, option))
    return tuple(found), any(text.strip() == _OUTAGES for text in texts)


def _halt(text: str, option: str) -> Halt:
    found = _HALT.fullmatch(text.strip())
    if found is None:
        raise UserError("inputs.bad_halt", option=option, text=text)
    market = (found["market"] or "").upper()
    if market and not MARKET.fullmatch(market):
        raise UserError("inputs.bad_market", code=found["market"], hint="KRW-BTC")
    from_ms, to_ms = instant_ms(found["since"], option), instant_ms(found["until"], option)
    if from_ms is None or to_ms is None or from_ms >= to_ms:
        raise UserError("inputs.bad_halt", option=option, text=text)
    return Halt(market, from_ms, to_ms)


def costs_of(
    fee: Sequence[str],
    slipping: str,
    taking_part: str | None,
    late: str,
    supposed_book: str | None = None,
    walk_books: bool = False,
    queue: str | None = None,
    visible: str | None = None,
    halting: Sequence[str] = (),
) -> tuple[float, float, Costs]:
    """(fee rate, slippage, the rest) of the options."""
    rate, rules = fees(fee, "--fee")
    base, impact, root = slippage(slipping, "--slippage")
    late_ms, late_bars = latency(late, "--latency")
    part = participation(taking_part, "--participation")
    refusals = participation(queue, "--queue"), visible_depth(visible, "--visible-depth"), *halts(halting, "--halt")
    return rate, base, Costs(rules, impact, root, part, late_ms, late_bars, book(supposed_book, "--book"), walk_books, *refusals)
