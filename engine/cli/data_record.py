"""What `jangdan data record` does: listens until Ctrl+C, says what happens, and shows each market's figures at the end."""

from __future__ import annotations

import asyncio
import itertools
import math
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from dsl.messages import text
from engine.alerts.alert import Alert
from engine.alerts.log import FILE, AlertLog
from engine.alerts.watch import Watch
from engine.candles.files import write_atomic
from engine.candles.instants import korean_time
from engine.candles.side_store import SideStore
from engine.candles.timeframes import parse_duration
from engine.cli.hand import Hand, market_code, read_hand
from engine.cli.inputs import amount_krw
from engine.cli.language import language
from engine.exchange.upbit.analytics import Analytics, Filters, MarketStats
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.inbox import Connected, Disconnected, Lost, Trouble
from engine.exchange.upbit.metrics import exposition
from engine.exchange.upbit.record_run import News, RecordRun, RecordSettings
from engine.exchange.upbit.subscriptions import UNITS
from engine.model.errors import UserError
from engine.model.market_tables import TICKS
from engine.model.written import ratio

_PIPE_WIDTH: Final = 200
_METRICS_SECONDS: Final = 5
#: counters of a recording's metrics
_COUNTED: Final = {
    "trades": "Trades recorded.",
    "books": "Books recorded.",
    "late": "Trades that came late.",
    "losses": "Lost connections.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """A command line."""

    folder: Path
    exchange: str | None
    markets: Sequence[str]
    for_: str | None
    levels: int
    least: str | None
    far: str | None
    metrics: Path | None = None

    def settings(self) -> RecordSettings:
        """Without the markets. Raises UserError."""
        if self.levels not in UNITS:
            raise UserError("data.bad_levels", allowed=", ".join(map(str, UNITS)), found=self.levels)
        least = None if self.least is None else amount_krw(self.least, "--least")
        far = None if self.far is None else ratio(self.far, "--far")
        return RecordSettings((), self.levels, filters=Filters(least, far))


def _say(key: str, **values: object) -> None:
    sys.stderr.write(text(f"data.{key}", language(), **values) + "\n")
    sys.stderr.flush()


def run_record(wish: Wish, *, as_json: bool) -> None:
    """Record until it is over; raises UserError for a wish that cannot be."""
    hand, settings = read_hand(wish.exchange), wish.settings()
    seconds = None if wish.for_ is None else parse_duration(wish.for_) / 1000
    run = asyncio.run(_record(hand, wish, settings, seconds))
    if as_json:
        document = {"written": _written(run), "markets": {code: _figures(found) for code, found in sorted(run.analytics.markets.items())}}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
        return
    if run.written.trades + run.written.books == 0:
        _say("record_nothing")
    _show(run.analytics)
    written = run.written
    values = {"trades": written.trades, "books": written.books, "late": written.late}
    sys.stdout.write(text("data.record_sum", language(), losses=run.counts["Disconnected"], folder=wish.folder, **values) + "\n")


async def _record(hand: Hand, wish: Wish, settings: RecordSettings, seconds: float | None) -> RecordRun:
    async with hand.client(signed=hand.keys is not None) as client:
        settings = replace(settings, markets=await _markets(client, wish.markets))
        watch = Watch(AlertLog(wish.folder / FILE), show_alert)
        run = RecordRun(SideStore(wish.folder), client, settings, hand.keys, partial(_tell, watch))
        _say("recording", markets=len(settings.markets), url=hand.url, folder=wish.folder)
        with _stopping(seconds) as stop:
            looking = asyncio.create_task(_look(watch, client, run, wish.metrics))
            looking.add_done_callback(lambda _: stop.set())
            await run.run(stop)
        looking.cancel()
        if isinstance(failed := (await asyncio.gather(looking, return_exceptions=True))[0], Exception):
            raise failed
    return run


async def _look(watch: Watch, client: UpbitClient, run: RecordRun, metrics: Path | None) -> None:
    """What only time tells, each second; and the metrics. Raises UserError when they cannot be written."""
    for second in itertools.count():
        quotas = client.rest.limits.quotas()
        watch.look(quotas, time.time_ns() // 1_000_000, time.monotonic())
        if metrics is not None and second % _METRICS_SECONDS == 0:
            counters = {name: (what, int(_written(run)[name])) for name, what in _COUNTED.items()}
            try:
                write_atomic(metrics, exposition(quotas, counters).encode())
            except OSError as error:
                raise UserError("data.metrics_unwritable", path=metrics, reason=error) from error
        await asyncio.sleep(1.0)


async def _markets(client: UpbitClient, named: Sequence[str]) -> tuple[str, ...]:
    """The codes, each once; all of a quote currency where that is named. Raises UserError for one that the exchange does not have."""
    words = [word.strip().upper() for part in named for word in part.split(",") if word.strip()]
    served = [pair.market for pair in (await client.quotation.markets()).value]
    codes = [code for word in words for code in (_of_quote(served, word) if word in TICKS else [market_code(word)])]
    lacking = [code for code in codes if code not in served]
    if lacking:
        raise UserError("data.exchange_unknown_market", market=", ".join(lacking))
    if not codes:
        raise UserError("data.no_markets")
    return tuple(dict.fromkeys(codes))


def _of_quote(served: Sequence[str], quote: str) -> list[str]:
    return [code for code in served if code.startswith(f"{quote}-")]


@contextmanager
def _stopping(seconds: float | None) -> Iterator[asyncio.Event]:
    """Set by Ctrl+C, by the system's wish to end us, or after so many seconds."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def end(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop.set)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(watch: Watch, news: News) -> None:
    """Show what is only of the moment; what the owner should know, and know later, is an alert."""
    if isinstance(news, Connected):
        _say("record_connected_private" if news.private else "record_connected", markets=len(news.codes))
    elif isinstance(news, Disconnected):
        _say("record_disconnected", reason=_reason(news), seconds=news.wait_seconds)
    elif isinstance(news, Lost):
        _say("record_lost", market=news.code, count=news.count)
    elif isinstance(news, Trouble):
        _say("record_trouble", reason=_reason(news))
    watch.take(news, time.time_ns() // 1_000_000, time.monotonic())


def _reason(news: Disconnected | Trouble) -> str:
    return news.reason if news.error is None else news.error.message(language())


def show_alert(alert: Alert) -> None:
    """One line on standard error."""
    sys.stderr.write(alert_line(alert) + "\n")
    sys.stderr.flush()


def alert_line(alert: Alert) -> str:
    """When, how much it matters, and its sentence."""
    severity = text(f"alerts.severity_{alert.severity}", language())
    return text("alerts.line", language(), time=korean_time(alert.at_ms), severity=severity, message=alert.message(language()))


def _written(run: RecordRun) -> dict[str, int]:
    return {"trades": run.written.trades, "books": run.written.books, "late": run.written.late, "losses": run.counts["Disconnected"]}


def _figures(found: MarketStats) -> dict[str, Any]:
    """What is not defined is null."""
    numbers = {
        "strength": found.strength,
        "pressure": found.pressure,
        "vwap": found.vwap,
        **{f"{name}_p{share}": histogram.quantile(share / 100) for name, histogram in _latencies(found) for share in (50, 90, 99)},
    }
    counts = {"trades": found.trades, "books": found.books, "small": found.small, "far": found.far}
    return counts | {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _latencies(found: MarketStats) -> tuple[tuple[str, Any], ...]:
    return ("exchange_ms", found.exchange_ms), ("way_ms", found.way_ms)


def _show(analytics: Analytics) -> None:
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(text("data.column_market", language()), no_wrap=True)
    for key in ("trades", "books", "strength", "pressure", "vwap", "exchange_ms", "way_ms", "filtered"):
        table.add_column(text(f"data.column_{key}", language()), justify="right", no_wrap=True)
    for code, found in sorted(analytics.markets.items()):
        numbers = (_plain(found.strength), _plain(found.pressure), _plain(found.vwap))
        ways = [f"{_plain(h.quantile(0.5))} / {_plain(h.quantile(0.99))}" for _, h in _latencies(found)]
        table.add_row(code, f"{found.trades:,}", f"{found.books:,}", *numbers, *ways, f"{found.small} / {found.far}")
    console.print(table)


def _plain(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".") if math.isfinite(value) else "-"
