"""What the exchange says about its markets (warnings, cautions, suspension, the end of trading), kept as `market.*` of backtests.

Asked once a minute. A stretch is recorded while the questions are answered; inside it a flag has the value of its last row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.candles.side_store import Record, SideStore
from engine.exchange.upbit.answers import TradingPair
from engine.exchange.upbit.frames import AnnouncementFrame, TickerFrame

#: series of dsl.side_series -> the exchange's name of a caution
CAUTIONS: Final[Mapping[str, str]] = {
    "market.caution.price": "PRICE_FLUCTUATIONS",
    "market.caution.volume": "TRADING_VOLUME_SOARING",
    "market.caution.deposits": "DEPOSIT_AMOUNT_SOARING",
    "market.caution.global_price": "GLOBAL_PRICE_DIFFERENCES",
    "market.caution.few_accounts": "CONCENTRATION_OF_SMALL_ACCOUNTS",
}
WARNING: Final = "market.warning"
SUSPENDED: Final = "market.suspended"
DELISTING: Final = "market.delisting"
#: questions further apart than this leave a gap
LONGEST_GAP_MS: Final = 180_000
#: a stretch that nothing changes in is written this often
_WRITTEN_EVERY_MS: Final = 3_600_000
#: `웨이브(WAXP) 거래지원 종료 안내`: the coin's code, and what is said of it
_CODE: Final = re.compile(r"\(([A-Z0-9]{1,15})\)")
_ENDING: Final = "거래지원 종료"
_PUT_OFF: Final = "연기"
_TAKEN_BACK: Final = ("철회", "취소")


def flags_of(pair: TradingPair) -> dict[str, bool]:
    """The flags that the list of markets tells. Empty where it came without details."""
    event = pair.market_event
    if event is None:
        return {}
    raised = set(event.caution.raised)
    return {WARNING: event.warning} | {flag: name in raised for flag, name in CAUTIONS.items()}


def flags_of_ticker(ticker: TickerFrame) -> dict[str, bool]:
    """The flags that a ticker of the stream tells."""
    found = {DELISTING: ticker.delisting_date is not None or ticker.market_state == "DELISTED"}
    if ticker.is_trading_suspended is not None or ticker.market_state is not None:
        found[SUSPENDED] = bool(ticker.is_trading_suspended) or ticker.market_state not in (None, "ACTIVE")
    return found


def delisted_by(notice: AnnouncementFrame) -> tuple[str, ...]:
    """Codes of the coins whose trading a notice announces the end of; none for one that takes it back or puts it off."""
    if _ENDING not in notice.title or any(word in notice.title for word in (*_TAKEN_BACK, _PUT_OFF)):
        return ()
    return _codes(notice)


def spared_by(notice: AnnouncementFrame) -> tuple[str, ...]:
    """Codes of the coins whose trading goes on after all."""
    return _codes(notice) if _ENDING in notice.title and any(word in notice.title for word in _TAKEN_BACK) else ()


def _codes(notice: AnnouncementFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_CODE.findall(notice.title)))


@dataclass(slots=True)
class _Flag:
    """since_ms: of what is not written; until_ms: of the last answer; value: at it."""

    since_ms: int
    until_ms: int
    value: bool
    rows: list[tuple[int, float]] = field(default_factory=list)


class FlagRecorder:
    """Takes what was said, in order of time; writes on a change, once an hour, and at the end."""

    def __init__(self, store: SideStore, markets: Iterable[str]) -> None:
        self._store = store
        self._markets = frozenset(markets)
        self._flags: dict[tuple[str, str], _Flag] = {}

    def take(self, market: str, flags: Mapping[str, bool], at_ms: int) -> None:
        """What was said of a market at a time."""
        if market not in self._markets:
            return
        said_ms = at_ms
        for name, value in flags.items():
            at_ms = said_ms
            flag = self._flags.get((market, name))
            if flag is None or at_ms > flag.until_ms + LONGEST_GAP_MS or at_ms < flag.until_ms:
                if flag is not None:
                    self._write(market, name, flag)
                changed = flag is not None and flag.value != value
                flag = self._flags[market, name] = _Flag(at_ms, at_ms, value, [(at_ms, float(value))])
            else:
                at_ms = max(at_ms, flag.since_ms)
                changed = flag.value != value
                if changed:
                    flag.rows.append((at_ms, float(value)))
                flag.until_ms, flag.value = at_ms, value
            if changed or at_ms - flag.since_ms >= _WRITTEN_EVERY_MS:
                self._write(market, name, flag)

    def flush(self) -> None:
        """Write everything."""
        for (market, name), flag in self._flags.items():
            self._write(market, name, flag)

    def _write(self, market: str, name: str, flag: _Flag) -> None:
        stretch = (flag.since_ms, flag.until_ms + 1)
        if stretch[0] >= stretch[1]:
            return
        rows, flag.rows = flag.rows, []
        numbers = np.array([[value] for _, value in rows], np.float64).reshape(len(rows), 1)
        self._store.write(market, name, Record(np.array([time for time, _ in rows], np.int64), numbers, (stretch,)))
        flag.since_ms = flag.until_ms + 1
