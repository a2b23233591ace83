"""Bars, columns and rules for the tests of the reference simulator: generated walks, and real minutes where they are at hand."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from dsl.graph import Timeframe
from engine.model.candle import BarGrid, BarState
from tests.oracles.reference_book import NAN, RULE, STOP, TARGET, Close, Event, ExitRule, Rules, Step
from tests.oracles.reference_prices import UpbitGrid, korean_day_ms

MINUTE = 60_000
CLOCK = 5 * MINUTE


def real_candles(folder: Path, market: str, timeframe: str, first_day: str, last_day: str) -> pd.DataFrame:
    """Traded candles of whole UTC days, both days included, with their epoch ms in column `ms`."""
    table = pd.read_parquet(folder / "upbit" / f"{market}_{timeframe}.parquet")
    table = table[
        (table["time"] >= pd.Timestamp(first_day, tz="UTC")) & (table["time"] < pd.Timestamp(last_day, tz="UTC") + pd.Timedelta(days=1))
    ]
    return table.assign(ms=table["time"].astype("datetime64[ms, UTC]").astype("int64")).reset_index(drop=True)


def walk_minutes(seed: int, count: int, start_price: float, market: str = "KRW-WALK") -> pd.DataFrame:
    """A random walk on the tick grid with calm and wild stretches, jumps between bars, and minutes without a trade left out."""
    chance, grid, start = random.Random(seed), UpbitGrid(), korean_day_ms("2025-09-01")
    price, size, rows = start_price, 0.001, []
    for k in range(count):
        ms = start + k * MINUTE
        if chance.random() < 0.02:
            size = chance.choice([0.0002, 0.001, 0.004])
        if chance.random() < 0.1:
            continue
        path = [price * (1 + chance.gauss(0, size))]
        for _ in range(6):
            path.append(path[-1] * (1 + chance.gauss(0, size)))
        path = [grid.floor(market, x, ms) for x in path]
        rows.append((ms, path[0], max(path), min(path), path[-1]))
        price = path[-1] if path[-1] > start_price / 3 else start_price
    return pd.DataFrame(rows, columns=["ms", "open", "high", "low", "close"])


def grid_of(
    tables: dict[str, pd.DataFrame], base_ms: int = MINUTE, unknown: Mapping[str, Sequence[tuple[int, int]]] | None = None
) -> BarGrid:
    """A dense grid over all of the tables' time: a bar without a row did not trade, one inside an `unknown` range [from, to) is unknown."""
    markets = tuple(sorted(tables))
    first = min(int(table["ms"].min()) for table in tables.values()) // base_ms
    count = max(int(table["ms"].max()) for table in tables.values()) // base_ms + 1 - first
    columns = {name: np.full((len(markets), count), np.nan) for name in ("open", "high", "low", "close", "volume", "value")}
    state = np.full((len(markets), count), BarState.NO_TRADE, dtype=np.int8)
    for row, market in enumerate(markets):
        table = tables[market]
        at = table["ms"].to_numpy() // base_ms - first
        state[row, at] = BarState.TRADED
        for name, target in columns.items():
            if name in table:
                target[row, at] = table[name]
        close = pd.Series(columns["close"][row]).ffill().to_numpy()
        still = state[row] == BarState.NO_TRADE
        for name in ("open", "high", "low", "close"):
            columns[name][row, still] = close[still]
        columns["volume"][row, still] = columns["value"][row, still] = 0.0
        for begin, end in (unknown or {}).get(market, ()):
            cut = slice(max(begin // base_ms - first, 0), max(end // base_ms - first, 0))
            state[row, cut] = BarState.UNKNOWN
            for target in columns.values():
                target[row, cut] = np.nan
    return BarGrid(markets, Timeframe(base_ms), first, state, **columns)


def columns_of(table: pd.DataFrame) -> dict[int, dict[str, float]]:
    """Close time of each 5m bar -> close, fast, slow, atr."""
    bars = table.groupby(table["ms"] // CLOCK).agg(high=("high", "max"), low=("low", "min"), close=("close", "last"))
    previous = bars["close"].shift()
    true_range = np.maximum(bars["high"], previous) - np.minimum(bars["low"], previous)
    values = bars.assign(
        fast=bars["close"].rolling(4).mean(), slow=bars["close"].rolling(16).mean(), atr=true_range.rolling(14).mean()
    )[["close", "fast", "slow", "atr"]]  # fmt: skip
    names, rows = list(values.columns), values.to_numpy().tolist()
    return {(int(i) + 1) * CLOCK: dict(zip(names, row, strict=True)) for i, row in zip(values.index, rows, strict=True)}


def events_of(tables: dict[str, pd.DataFrame]) -> Iterator[Event]:
    """STEPs and CLOSEs in the order of docs/decide.md §2; a minute without a row did not trade."""
    rows = {code: {int(r.ms): r for r in table.itertuples()} for code, table in tables.items()}
    columns = {code: columns_of(table) for code, table in tables.items()}
    empty = {"close": NAN, "fast": NAN, "slow": NAN, "atr": NAN}
    first = min(min(r) for r in rows.values())
    last = max(max(r) for r in rows.values())
    closes = dict.fromkeys(tables, NAN)
    for ms in range(first, last + MINUTE, MINUTE):
        for code in sorted(tables):
            row = rows[code].get(ms)
            if row is not None:
                closes[code] = float(row.close)
                yield Step(code, ms, float(row.open), float(row.high), float(row.low), float(row.close))
            elif closes[code] == closes[code]:
                yield Step(code, ms, *[closes[code]] * 4, traded=False)
        if (ms + MINUTE) % CLOCK == 0:
            yield Close(ms + MINUTE, {code: columns[code].get(ms + MINUTE, empty) for code in tables})


def truth(condition: bool) -> float:
    """A condition as a value."""
    return 1.0 if condition else 0.0


def busy_rules(markets: tuple[str, ...], slip: float, move: float = 0.003) -> Rules:
    """Rules that trade often and use every exit kind; `move` is the size of a usual price move."""
    exits = (
        ExitRule("stop", STOP, lambda c, pos: pos.entry - 1.5 * c["atr"], frozen=True),
        ExitRule("first_target", TARGET, lambda c, pos: pos.entry * (1 + move), share=0.5),
        ExitRule("second_target", TARGET, lambda c, pos: pos.entry * (1 + 2 * move), share=0.5, of_rest=True),
        ExitRule("trail", STOP, lambda c, pos: pos.high - 1.0 * c["atr"], after=1),
        ExitRule("breakeven", STOP, lambda c, pos: pos.entry * (1.0 if pos.best > move / 2 else 0.8), share=0.4),
        ExitRule("stalled", RULE, lambda c, pos: truth(pos.age >= 3_600_000 and pos.best < move / 3)),
        ExitRule("weak", RULE, lambda c, pos: truth(c["close"] < c["slow"] and pos.gain < 0), share=0.7),
    )
    return Rules(
        markets=markets, entry=lambda c: truth(c["fast"] > c["slow"]), exits=exits, clock_ms=CLOCK, slip=slip, risk=0.01, weight=0.5,
        cooldown_ms=10 * MINUTE, reentry_bars=1, fee=0.0002, rank=lambda c: c["close"],
    )  # fmt: skip
