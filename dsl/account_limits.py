"""Limits on the whole account that are looked for in a strategy: the line of the risk file that sets each."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = r"[0-9][0-9_]*(?:\.[0-9]+)?"
_AMOUNT = re.compile(rf"{_NUMBER}\s*(?:%|(?:조|억|천만|백만|십만|만|천)?\s*(?:원|KRW)|(?:조|억|천만|백만|십만|만|천))")
_PERIODS = (("monthly", r"month|월|달"), ("weekly", r"week|주"), ("daily", r"da(?:y|ily)|today|일|하루|오늘"))
#: `6h after 3 losses`, `3연패 후 6h`
_STREAK = re.compile(
    r"(?P<count>[0-9]+)\s*(?:consecutive\s+|straight\s+)?(?:losses|loss\s+trades|losing\s+trades|연패|연속|번|회)", re.IGNORECASE
)
_REST = re.compile(r"(?<![0-9.])[0-9]+[smhdw](?![A-Za-z])")
#: account value -> the line that limits it
_OF_VALUES: Mapping[str, str] = {
    "acct.open_positions": "exposure: {open_positions: 5}",
    "acct.exposure": "exposure: {total: 80% of equity}",
    "acct.cash": "exposure: {cash_reserve: 100_000 KRW}",
}


def loss(period: str, limit: str = "3%") -> str:
    """No entries for the rest of the period once so much is lost. period: daily, weekly, monthly."""
    return f"loss: {{{period}: {{limit: {limit}, then: stop_entries}}}}"


def losses_in_row(count: str = "3", rest: str = "6h") -> str:
    """A rest after so many losing trades."""
    return f"breakers: {{loss_streak: {{when: acct.losses_in_row >= {count}, then: stop_entries, for: {rest}}}}}"


def drawdown(limit: str = "10%") -> str:
    """No entries while equity is so far below its highest of 30 days."""
    return f"drawdown: {{over: 30d, steps: [{{at: {limit}, then: stop_entries}}]}}"


def line_of_key(key: str, value: str) -> str | None:
    """The line for a key that strategies do not have (`daily_loss: 3%`, `max_drawdown: 10%`, `max_losses: 3`)."""
    word = key.lower()
    found = _AMOUNT.search(value)
    bare = re.fullmatch(rf"-?\s*({_NUMBER})", value.strip())
    amount = found[0] if found is not None else f"{bare[1]}%" if bare is not None and 1 <= float(bare[1].replace("_", "")) < 100 else ""
    if re.search("drawdown|mdd|낙폭", word):
        return drawdown(amount or "10%")
    if re.search("losses|loss_streak|losing|consecutive|연패|연속", word):
        number = re.match(r"\s*([1-9][0-9]?)(?![0-9.%_])", value)
        return losses_in_row(number[1] if number is not None else "3")
    if not re.search("loss|손실", word):
        return None
    period = next((name for name, pattern in _PERIODS if re.search(pattern, word)), None)
    return None if period is None and "stop" in word else loss(period or "daily", amount or "3%")


def line_of_pause(text: str) -> str | None:
    """The breaker for a pause after several losses (`6h after 3 losses`)."""
    found = _STREAK.search(text)
    rest = _REST.search(text)
    return None if found is None else losses_in_row(found["count"], rest[0] if rest is not None else "6h")


def line_of_value(name: str) -> str | None:
    """The line that limits an account value (`acct.pnl_today`), None where the risk file has no such limit."""
    if name.startswith("acct.pnl_"):
        return loss({"acct.pnl_week": "weekly", "acct.pnl_month": "monthly"}.get(name, "daily"))
    if name == "acct.losses_in_row":
        return losses_in_row()
    return drawdown() if name == "acct.drawdown" else _OF_VALUES.get(name)
