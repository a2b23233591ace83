"""The trades of a backtest as CSV, one row per trade."""

from __future__ import annotations

import csv
import io
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from engine.research.report.document import SYNTHETIC
from engine.research.report.format import kst
from engine.research.trades import Trade, trades_of

if TYPE_CHECKING:
    from engine.research.result import BacktestResult

COLUMNS: Final = (
    "number", "market", "state", "opened_kst", "closed_kst", "opened_ms", "closed_ms", "holding_seconds", "entry_krw", "exit_krw",
    "quantity", "rest_quantity", "mark_krw", "cost_krw", "proceeds_krw", "fees_krw", "slippage_krw", "profit_krw", "profit_ratio",
    "best_ratio", "worst_ratio", "exits", "label",
)  # fmt: skip


def trades_csv(result: BacktestResult) -> str:
    """All trades with a header row, lines ending in a line feed. Numbers are written in full; not defined or not yet = empty.

    `label` is SYNTHETIC in every row of a run on generated prices; where strategies share the account,
    `strategy` is whose it is. Raises ValueError for a fill log that does not balance.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*COLUMNS, "strategy") if result.owners else COLUMNS)
    for trade in trades_of(result):
        row = _row(trade, SYNTHETIC if result.synthetic else "")
        writer.writerow([*row, _words(trade.strategy)] if result.owners else row)
    return out.getvalue()


def _row(trade: Trade, label: str) -> list[str]:
    closed = trade.closed_ms
    return [
        str(trade.number), _words(trade.market), "closed" if closed is not None else "open",
        kst(trade.opened_ms), kst(closed) if closed is not None else "", str(trade.opened_ms), str(closed) if closed is not None else "",
        _exact(trade.holding_ms / 1000), _exact(trade.entry_krw), _exact(trade.exit_krw), _coins(trade.quantity_e8),
        _coins(trade.rest_e8), _exact(trade.mark_krw), _exact(trade.cost_krw), _exact(trade.proceeds_krw), _exact(trade.fees_krw),
        _exact(trade.slippage_krw), _exact(trade.profit_krw), _exact(trade.profit_ratio), _exact(trade.best_ratio),
        _exact(trade.worst_ratio), _words(" ".join(trade.reasons)), label,
    ]  # fmt: skip


def _exact(value: float) -> str:
    """Shortest text that reads back as the same number, without an exponent."""
    return format(Decimal(repr(value)), "f") if math.isfinite(value) else ""


def _coins(quantity_e8: float) -> str:
    return format(Decimal(repr(quantity_e8)).scaleb(-8).normalize(), "f")


def _words(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
