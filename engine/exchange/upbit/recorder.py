"""What a stream tells, kept as backtests read it: every trade and one book a second, with the stretches in which nothing was missed.

Times are the exchange's, from its messages; this computer's clock decides nothing. A stretch of a market begins with the first message
after a connection and ends with the last one before it broke, each drawn in by a margin, since the kinds of messages overtake each other.
Where the trades of a gap were asked for afterwards and all of them were found, their stretch has no gap. Books do: nobody keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from engine.candles.side_store import Kind, Record, SideStore
from engine.exchange.upbit.frames import Frame, OrderbookFrame, TradeFrame
from engine.exchange.upbit.inbox import Connected, Disconnected, Item, Lost, Refilled, Trouble

#: a message comes less than this after what it tells of, and kinds of messages overtake each other by less (1.1 s were seen in 2021, when
#: trades had whole seconds); what is later is put in its place all the same
MARGIN_MS: Final = 2_000
_SECOND_MS: Final = 1_000
_SNAPSHOT: Final = "SNAPSHOT"
#: a gap's trades are waited for so long (of the exchange's time) before the gap is left as one
_REFILL_MS: Final = 60_000

Row = tuple[int, list[float]]


@dataclass(slots=True)
class _Connection:
    """first_ms, last_ms: of its messages, None before the first that tells what happens now."""

    first_ms: int | None = None
    last_ms: int = 0


@dataclass(slots=True)
class _Track:
    """Rows of one kind of one market that are not written yet, and since when nothing was missed; None: it is not known yet."""

    since_ms: int | None = None
    rows: list[Row] = field(default_factory=list)

    def cut(self, to_ms: int) -> tuple[list[Row], tuple[int, int] | None]:
        """Take the rows before `to_ms`, and the stretch that they tell of."""
        if self.since_ms is None or to_ms <= self.since_ms:
            return [], None
        stretch = (self.since_ms, to_ms)
        taken = sorted((row for row in self.rows if stretch[0] <= row[0] < to_ms), key=lambda row: row[0])
        self.rows = [row for row in self.rows if row[0] >= to_ms]
        self.since_ms = to_ms
        return taken, stretch


@dataclass(slots=True)
class _Market:
    """gap_ms: where its trades were interrupted, while the missing ones are being asked for. lost: some were dropped, so that the next
    message begins a new stretch. book: the snapshot of a new connection. late: trades older than what is written."""

    connection: _Connection
    trades: _Track = field(default_factory=_Track)
    books: _Track = field(default_factory=_Track)
    gap_ms: int | None = None
    lost: bool = False
    book: OrderbookFrame | None = None
    late: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """What a flush wrote."""

    trades: int = 0
    books: int = 0
    late: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.trades + other.trades, self.books + other.books, self.late + other.late)


class Recorder:
    """Takes what a stream of trades and books tells, in its order; `flush` writes what is certain."""

    def __init__(self, store: SideStore, markets: Iterable[str]) -> None:
        self._store = store
        self._markets = {market: _Market(_Connection()) for market in sorted(markets)}

    @property
    def now_ms(self) -> int:
        """The exchange's time: of the newest message. 0 before the first."""
        return max(market.connection.last_ms for market in self._markets.values())

    def take(self, item: Item, *, waiting: int = 0) -> None:
        """The next item of the stream. waiting: how many have come already and are not read; a book overtakes trades among them."""
        if isinstance(item, Connected):
            self._connected(item.codes)
        elif isinstance(item, Disconnected):
            for code in item.codes & self._markets.keys():
                self._ended(code)
        elif isinstance(item, TradeFrame | OrderbookFrame):
            if item.code in self._markets:
                self._frame(item, self._markets[item.code], caught_up=waiting == 0)
        elif isinstance(item, Refilled) and item.code in self._markets:
            self._refilled(self._markets[item.code], whole=item.whole)
        elif isinstance(item, Lost) and item.code in self._markets:
            self._lost(item.code)
        elif isinstance(item, Trouble) and item.error is None and not item.private:
            for code in self._markets:  # a message that could not be read: it may have been anybody's trade
                self._lost(code)

    def flush(self, codes: Iterable[str] | None = None) -> Written:
        """Write what cannot change any more, of all markets or of some."""
        done = Written()
        for code in self._markets if codes is None else codes:
            market = self._markets[code]
            _begin(market)
            end = market.connection.last_ms - MARGIN_MS
            if market.gap_ms is not None and end > market.gap_ms + _REFILL_MS:
                self._refilled(market, whole=False)
            done += self._write(code, market, end)
        return done

    def close(self) -> Written:
        """Write what is certain and put every day into one file."""
        done = self.flush()
        for code in self._markets:
            self._store.compact(code)
        return done

    # -- what the stream tells ----------------------------------------------------------------------------------------------------------

    def _connected(self, codes: frozenset[str]) -> None:
        connection = _Connection()
        for code in codes & self._markets.keys():
            market = self._markets[code]
            market.connection, market.book, market.lost = connection, None, False
            market.trades.since_ms = market.books.since_ms = None

    def _ended(self, code: str) -> None:
        """Write up to the margin before the last message. What lies behind it counts only if the gap is filled."""
        market = self._markets[code]
        if market.connection.first_ms is None:
            return
        end = market.connection.last_ms - MARGIN_MS
        self._write(code, market, end)
        if market.trades.since_ms is not None:
            market.gap_ms = market.trades.since_ms
        market.connection = _Connection(None, market.connection.last_ms)
        market.trades.since_ms = market.books.since_ms = None
        market.books.rows = []

    def _frame(self, item: TradeFrame | OrderbookFrame, market: _Market, *, caught_up: bool) -> None:
        snapshot = item.stream_type == _SNAPSHOT
        if isinstance(item, OrderbookFrame):
            self._book(item, market, snapshot=snapshot)
        elif not snapshot:
            row = (item.trade_timestamp, [item.trade_price, item.trade_volume, 1.0 if item.ask_bid == "BID" else -1.0])
            since = market.trades.since_ms
            (market.late if since is not None and row[0] < since and market.gap_ms is None else market.trades.rows).append(row)
        if item.stream_type == "REALTIME" and item.timestamp is not None and (caught_up or isinstance(item, TradeFrame)):
            self._seen(item, market)

    def _seen(self, item: Frame, market: _Market) -> None:
        """A message that tells what happens now."""
        connection, at_ms = market.connection, item.timestamp or 0
        if connection.first_ms is None:
            connection.first_ms = at_ms + MARGIN_MS
        connection.last_ms = max(connection.last_ms, at_ms)
        if market.lost:
            market.lost, market.trades.since_ms = False, connection.last_ms + MARGIN_MS
        _begin(market)

    def _book(self, item: OrderbookFrame, market: _Market, *, snapshot: bool) -> None:
        """The newest of every second; before the stretch begins, the one that it begins with."""
        at_ms, since, rows = item.timestamp or 0, market.books.since_ms, market.books.rows
        if since is None:
            market.book = item
        elif snapshot or at_ms < since:
            if since == market.connection.first_ms and not (snapshot and rows):
                rows[:1] = [(since, _numbers(item))]
        else:
            if rows and rows[-1][0] // _SECOND_MS == at_ms // _SECOND_MS and rows[-1][0] != since:
                rows.pop()
            rows.append((at_ms, _numbers(item)))

    def _refilled(self, market: _Market, *, whole: bool) -> None:
        """The gap's trades are there, or will not be."""
        if market.gap_ms is None:
            return
        since = market.gap_ms if whole else market.connection.first_ms
        market.gap_ms, market.trades.since_ms = None, since
        if since is not None:
            market.trades.rows = [row for row in market.trades.rows if row[0] >= since]

    def _lost(self, code: str) -> None:
        """Trades were dropped before they were read, or may have been: what came before them is written, what follows is a new stretch."""
        market = self._markets[code]
        self._write(code, market, market.connection.last_ms - MARGIN_MS)
        market.trades.rows, market.trades.since_ms, market.gap_ms, market.lost = [], None, None, True

    # -- writing ------------------------------------------------------------------------------------------------------------------------

    def _write(self, code: str, market: _Market, end_ms: int) -> Written:
        trades, books = self._put(code, Kind.TRADES, market.trades, end_ms), self._put(code, Kind.BOOKS, market.books, end_ms)
        late, market.late = market.late, []
        return Written(trades, books, sum(self._amend(code, row) for row in late))

    def _put(self, code: str, kind: Kind, track: _Track, end_ms: int) -> int:
        rows, stretch = track.cut(end_ms)
        if stretch is not None:
            self._store.append(code, kind, _record(rows, stretch))
        return len(rows)

    def _amend(self, code: str, row: Row) -> int:
        """A trade that came after its time was written. One from before the recording is none of it."""
        at_ms = row[0]
        stored = self._store.read(code, Kind.TRADES, at_ms, at_ms + 1)
        if not stored.recorded:
            return 0
        numbers = [*stored.numbers.tolist(), row[1]]
        self._store.write(code, Kind.TRADES, _record([(at_ms, values) for values in numbers], (at_ms, at_ms + 1)))
        return 1


def _begin(market: _Market) -> None:
    """Let the stretches begin where the connection's first message was, whichever market it was of."""
    since = market.connection.first_ms
    if since is None:
        return
    if market.books.since_ms is None:
        market.books.since_ms = since
        if market.book is not None:
            market.books.rows.insert(0, (since, _numbers(market.book)))
    if market.trades.since_ms is None and market.gap_ms is None and not market.lost:
        market.trades.since_ms = since


def _record(rows: list[Row], stretch: tuple[int, int]) -> Record:
    """Books of other depths are filled up with NaN, each of their four groups by itself."""
    width = max((len(numbers) for _, numbers in rows), default=0)
    numbers = np.full((len(rows), width), np.nan)
    for at, (_, own) in enumerate(rows):
        if len(own) == width:
            numbers[at] = own
        else:
            numbers[at].reshape(4, -1)[:, : len(own) // 4] = np.reshape(own, (4, -1))
    return Record(np.array([time for time, _ in rows], np.int64), numbers, (stretch,))


def _numbers(book: OrderbookFrame) -> list[float]:
    levels = [(unit.ask_price, unit.bid_price, unit.ask_size, unit.bid_size) for unit in book.orderbook_units]
    return [number for group in zip(*levels, strict=True) for number in group]
