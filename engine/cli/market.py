"""`jangdan market KRW-BTC`: a market now: price, candles, book, trades, and the usual indicators as a strategy would read them."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dsl.messages import text
from engine.cli.hand import URL_VARIABLE, market_code, read_hand
from engine.cli.language import language
from engine.model.errors import UserError
from engine.model.market import KST
from engine.model.money import shown

if TYPE_CHECKING:
    from engine.cli.hand import Hand
    from engine.exchange.upbit.answers import Orderbook, Ticker, Trade
    from engine.exchange.upbit.client import UpbitClient
    from engine.model.candle import CandleTable

_CANDLES: Final = 5
_LEVELS: Final = 5
_TRADES: Final = 5
_PIPE_WIDTH: Final = 120
#: candles that the indicators are given at most; the slowest needs about a thousand to forget where they begin
_MOST_CANDLES: Final = 1_600


def _say(key: str, **values: object) -> str:
    return text(f"market.{key}", language(), **values)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the exchange said. candles: closed ones, oldest first; readings: at the last of them."""

    ticker: Ticker
    book: Orderbook
    trades: list[Trade]
    timeframe: str
    candles: CandleTable
    readings: dict[str, float]


def market(
    market: Annotated[str, typer.Argument(help=_say("argument_market"), show_default=False)],
    timeframe: Annotated[str, typer.Option("--timeframe", help=_say("option_timeframe"))] = "1h",
    exchange: Annotated[
        str | None, typer.Option("--exchange", help=_say("option_exchange", variable=URL_VARIABLE), show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_say("option_json"))] = False,
) -> None:
    """Show one market; needs no key."""
    seen = _look(read_hand(exchange), market_code(market), timeframe)
    if as_json:
        import orjson

        sys.stdout.write(orjson.dumps(_document(seen), default=_plain, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _show(seen)


def _look(hand: Hand, code: str, name: str) -> _Seen:
    from engine.exchange.upbit.refusals import QuotationMarketError

    try:
        ticker, book, trades = hand.run(lambda client: _now(client, code), signed=False)
    except QuotationMarketError as error:
        raise UserError("data.exchange_unknown_market", market=code) from error
    candles, readings = _indicators(hand, code, name, max(ticker.timestamp, book.timestamp))
    return _Seen(ticker, book, trades, name, candles, readings)


async def _now(client: UpbitClient, code: str) -> tuple[Ticker, Orderbook, list[Trade]]:
    quotation = client.quotation
    ticker = (await quotation.tickers([code])).value
    book = (await quotation.orderbooks([code])).value
    trades = (await quotation.trades(code, count=_TRADES)).value
    if not ticker or not book:
        raise UserError("market.nothing_traded", market=code)
    return ticker[0], book[0], trades


def _indicators(hand: Hand, code: str, name: str, now_ms: int) -> tuple[CandleTable, dict[str, float]]:
    """Closed candles as of the exchange's time, and values at the last."""
    import tempfile

    from engine.candles.store import CandleStore
    from engine.candles.timeframes import bar_open, parse_timeframe
    from engine.exchange.upbit.candles import CandleReader, reader_settings
    from engine.research.readings import reader

    timeframe = parse_timeframe(name)
    try:
        reading = reader(code, timeframe, name)
    except ValueError as error:
        raise UserError("market.bad_timeframe", name=name) from error
    end = bar_open(timeframe, timeframe.index(now_ms))
    start = end - min(reading.settle_ms // timeframe.length_ms + 1, _MOST_CANDLES) * timeframe.length_ms
    with tempfile.TemporaryDirectory() as folder, CandleReader(reader_settings(hand.url)) as pages:
        store = CandleStore(folder)
        for table in pages.pages(code, timeframe, start, end):
            store.write(table)
        candles = store.read(code, timeframe, start, end)
        return candles, reading.read(store.grid((code,), timeframe, start, end)) if len(candles.time_ms) else {}


def _document(seen: _Seen) -> dict[str, Any]:
    candles = seen.candles
    names = ("time_ms", "open", "high", "low", "close", "volume", "value")
    rows = zip(*(getattr(candles, name)[-200:].tolist() for name in names), strict=True)
    return {
        "market": seen.ticker.market,
        "ticker": seen.ticker.whole(),
        "book": seen.book.whole(),
        "trades": [trade.whole() for trade in seen.trades],
        "timeframe": seen.timeframe,
        "candles": [dict(zip(names, row, strict=True)) for row in rows],
        "indicators": {name: value if math.isfinite(value) else None for name, value in seen.readings.items()},
    }


def _plain(value: object) -> object:
    """Prices of the exchange are numbers of JSON, and stay so."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


def _show(seen: _Seen) -> None:
    from rich.console import Console

    ticker, quote = seen.ticker, seen.ticker.market.partition("-")[0]
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    change = f"{ticker.signed_change_rate * 100:+.2f}%"
    console.print(_say("title", market=ticker.market, price=shown(ticker.trade_price), quote=quote, change=change), style="bold")
    day = {"high": shown(ticker.high_price), "low": shown(ticker.low_price), "volume": shown(ticker.acc_trade_volume_24h)}
    console.print(_say("day", value=shown(ticker.acc_trade_price_24h, 0), quote=quote, **day))
    console.print(_say("indicators", timeframe=seen.timeframe))
    for key in ("rsi", "sma", "macd", "bollinger"):
        console.print("  " + _reading(key, seen.readings))
    for title, rows in (("candles", _candle_rows(seen)), ("book", _book_rows(seen.book)), ("trades", _trade_rows(seen.trades))):
        _table(console, title, rows, seen.timeframe)


def _reading(key: str, readings: dict[str, float]) -> str:
    names = {"macd": ("macd", "macd_signal", "macd_hist"), "bollinger": ("bb_upper", "bb_middle", "bb_lower")}.get(key, (key,))
    return _say(f"reading_{key}", **{name: _number(readings.get(name, math.nan)) for name in names})


def _number(value: float) -> str:
    return "-" if not math.isfinite(value) else shown(Decimal(f"{value:.8g}")) if abs(value) < 1e6 else f"{value:,.0f}"


def _candle_rows(seen: _Seen) -> list[list[str]]:
    candles = seen.candles
    columns = (candles.open, candles.high, candles.low, candles.close, candles.volume)
    return [[_time(int(candles.time_ms[i])), *(_number(float(column[i])) for column in columns)] for i in _last(len(candles.time_ms))]


def _last(count: int) -> range:
    """The newest rows, newest first."""
    return range(count - 1, max(count - 1 - _CANDLES, -1), -1)


def _book_rows(book: Orderbook) -> list[list[str]]:
    return [[shown(u.bid_size), shown(u.bid_price), shown(u.ask_price), shown(u.ask_size)] for u in book.orderbook_units[:_LEVELS]]


def _trade_rows(trades: list[Trade]) -> list[list[str]]:
    sides = {"BID": _say("bought"), "ASK": _say("sold")}
    return [[_time(t.timestamp), sides.get(t.ask_bid, t.ask_bid), shown(t.trade_price), shown(t.trade_volume)] for t in trades]


def _time(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")


def _table(console: Any, title: str, rows: list[list[str]], timeframe: str) -> None:
    from rich.table import Table

    columns = {
        "candles": ("time", "open", "high", "low", "close", "volume"),
        "book": ("bid_size", "bid", "ask", "ask_size"),
        "trades": ("time", "side", "price", "volume"),
    }[title]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(_say(f"column_{name}"), justify="left" if name in ("time", "side") else "right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(_say(title, timeframe=timeframe), style="bold")
    console.print(table)
