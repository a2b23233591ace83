"""What `jangdan data download` and `jangdan data compare` do: the exchange's candles into the store, and against it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson

from dsl.graph import Timeframe
from dsl.messages import text
from engine.candles.compare import Comparison, compare
from engine.candles.errors import CandleError, UnknownMarketError
from engine.candles.grid import gaps
from engine.candles.instants import korean_time
from engine.candles.months import NO_ROWS
from engine.candles.provision import download
from engine.candles.ranges import Ranges, merge, total
from engine.candles.store import CandleStore, check_market, rows_of, table_from
from engine.candles.timeframes import DAY_MS, bar_open, divides, next_open, parse_timeframe, timeframe_name
from engine.cli.inputs import instant_ms
from engine.cli.language import language
from engine.cli.progress import bar
from engine.exchange.upbit.candles import SECONDS_KEPT_MS, SERVED, CandleReader, reader_settings
from engine.model.candle import CandleTable
from engine.model.errors import UserError
from engine.model.market_tables import TICKS

#: fetched where no beginning is named
_DEFAULT_DAYS: Final = 30
_PAGE: Final = 200
_REQUESTS_PER_SECOND: Final = 10
#: differences with a line of their own
_MOST_LINES: Final = 20


def _say(key: str, **values: object) -> None:
    sys.stderr.write(text(f"data.{key}", language(), **values) + "\n")
    sys.stderr.flush()


@dataclass(frozen=True, slots=True)
class Task:
    """A command line. markets: codes, or quote currencies for all their markets, parted by commas; from_, to: dates in Korean time."""

    folder: Path
    exchange: str
    markets: Sequence[str]
    timeframe: str
    from_: str | None
    to: str | None

    def span(self) -> tuple[int, int]:
        """[from, to) in UTC ms. Raises UserError."""
        now_ms = time.time_ns() // 1_000_000
        to_ms = instant_ms(self.to, "--to")
        end = now_ms if to_ms is None else min(to_ms, now_ms)
        from_ms = instant_ms(self.from_, "--from")
        start = end - _DEFAULT_DAYS * DAY_MS if from_ms is None else from_ms
        if start >= end:
            raise UserError("inputs.empty_range")
        return start, end

    def codes(self, reader: CandleReader) -> list[str]:
        """The markets, each once; those of a quote currency are asked for. Raises CandleError for what is no code."""
        named = [code.strip().upper() for part in self.markets for code in part.split(",") if code.strip()]
        quotes = tuple(code for code in named if code in TICKS)
        found = [check_market(code) for code in named if code not in TICKS]
        return list(dict.fromkeys(found + (reader.markets(quotes) if quotes else [])))


def _served(name: str) -> Timeframe:
    """A timeframe that the exchange has. Raises CandleError."""
    timeframe = parse_timeframe(name)
    if timeframe_name(timeframe) not in SERVED:
        raise CandleError("data.exchange_timeframe", name=timeframe_name(timeframe), names=" ".join(SERVED))
    return timeframe


# -- download ---------------------------------------------------------------------------------------------------------------------


def run_download(task: Task, *, as_json: bool) -> bool:
    """Fetch every market's holes. Returns whether all went well; raises FetchError when the exchange fails altogether."""
    timeframe, (start, end) = _served(task.timeframe), task.span()
    store = CandleStore(task.folder)
    done: list[dict[str, Any]] = []
    with CandleReader(reader_settings(task.exchange)) as reader, bar() as move:
        codes = task.codes(reader)
        _announce(store, codes, timeframe, start, end)
        if task.timeframe == "1s" and start < time.time_ns() // 1_000_000 - SECONDS_KEPT_MS:
            _say("seconds_kept", days=SECONDS_KEPT_MS // DAY_MS)
        for code in codes:
            report: dict[str, Any] = {"market": code, "timeframe": timeframe_name(timeframe), "added": 0, "error": None}
            try:
                report["added"] = download(store, code, timeframe, start, end, reader.pages, move)
            except UnknownMarketError as error:
                report["error"] = error.message(language())
                sys.stderr.write(text("cli.error", language(), message=report["error"]) + "\n")
            lacking = gaps(store, code, timeframe, start, end)
            done.append(report | {"ranges": store.ranges(code, timeframe, start, end), "lacking_ms": total(lacking)})
            if report["error"] is None:
                _say("downloaded", market=code, timeframe=report["timeframe"], added=report["added"], start=korean_time(start))
    if as_json:
        sys.stdout.write(orjson.dumps({"folder": str(store.folder), "markets": done}, option=orjson.OPT_INDENT_2).decode() + "\n")
    return all(report["error"] is None for report in done)


def _announce(store: CandleStore, codes: Sequence[str], timeframe: Timeframe, start: int, end: int) -> None:
    """How much is lacking and how long it will take at most."""
    bars = sum(-(-length // timeframe.length_ms) for code in codes for length in (total(gaps(store, code, timeframe, start, end)),))
    requests = -(-bars // _PAGE)
    seconds = -(-requests // _REQUESTS_PER_SECOND)
    _say("download_begins", markets=len(codes), timeframe=timeframe_name(timeframe), bars=bars, requests=requests, seconds=seconds)


# -- compare ----------------------------------------------------------------------------------------------------------------------


def run_compare(task: Task, with_: str, *, repair: bool, as_json: bool) -> bool:
    """Compare, and where it is wished fetch again what differs and compare once more. Returns whether all is equal."""
    base, higher = parse_timeframe(task.timeframe), _served(with_)
    if base == higher or not divides(base, higher):
        raise CandleError("data.base_too_coarse", base=timeframe_name(base), clock=timeframe_name(higher))
    store = CandleStore(task.folder)
    if store.synthetic:
        raise CandleError("data.synthetic_store", path=store.folder)
    found: list[Comparison] = []
    with CandleReader(reader_settings(task.exchange)) as reader:
        for code in task.codes(reader):
            own = _own(store, reader.pages, code, base, higher, task.span())
            if own is None:
                _say("compare_nothing", market=code, base=task.timeframe)
                continue
            result = compare(store, own, base)
            if repair and result.differences:
                _fetch_again(store, reader, code, base, result.bars(higher))
                result = compare(store, own, base)
            found.append(result)
            _show(result, task.timeframe, with_)
    if as_json:
        sys.stdout.write(orjson.dumps([asdict(result) for result in found], option=orjson.OPT_INDENT_2).decode() + "\n")
    return bool(found) and not any(result.differences for result in found)


def _own(
    store: CandleStore,
    pages: Callable[[str, Timeframe, int, int], Iterable[CandleTable]],
    code: str,
    base: Timeframe,
    higher: Timeframe,
    span: tuple[int, int],
) -> CandleTable | None:
    """The exchange's own candles over whole bars of what is stored in the span; None when nothing is."""
    stored: Ranges = store.ranges(code, base, *span)
    if not stored:
        return None
    start, end = next_open(higher, stored[0][0]), bar_open(higher, higher.index(stored[-1][1]))
    tables = list(pages(code, higher, start, end)) if start < end else []
    fetched = merge(part for table in tables for part in table.fetched)
    if not fetched:
        return None
    parts = [rows_of(table) for table in reversed(tables)]
    times = np.concatenate([part.time_ms for part in parts])
    rows = type(NO_ROWS)(times, np.concatenate([part.numbers for part in parts], axis=1))
    return table_from(code, higher, rows, fetched)


def _fetch_again(store: CandleStore, reader: CandleReader, code: str, base: Timeframe, ranges: Ranges) -> None:
    """Put the exchange's candles of these ranges in the place of the stored ones; a stored bar that it does not have goes."""
    changed = 0
    for start, end in merge(ranges):
        for table in reader.pages(code, base, start, end):
            report = store.write(table, replace=True)
            changed += report.added + report.conflicts + report.removed
    _say("repaired", market=code, ranges=len(ranges), changed=changed)


def _show(result: Comparison, base: str, higher: str) -> None:
    bars = {difference.time_ms for difference in result.differences}
    values = {"compared": result.compared, "incomplete": result.incomplete, "differing": len(bars)}
    sys.stdout.write(text("data.compare_line", language(), market=result.market, base=base, higher=higher, **values) + "\n")
    for found in result.differences[:_MOST_LINES]:
        column = text(f"data.compare_{found.column}", language())
        numbers = {"stored": f"{found.stored:,.10g}", "exchange": f"{found.exchange:,.10g}"}
        line = text("data.compare_difference", language(), time=korean_time(found.time_ms), column=column, **numbers)
        sys.stdout.write(f"  {line}\n")
    if len(result.differences) > _MOST_LINES:
        sys.stdout.write("  " + text("data.compare_more", language(), count=len(result.differences) - _MOST_LINES) + "\n")
