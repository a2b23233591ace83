"""The built-in sample market: generated candles that look like a market, the same bits on every machine. Never traded, always marked.

What it has, so that every rule and every law has something to meet: coins that move together, trends, ranges and storms, volatility
that comes in clusters, crashes and spikes, minutes without a trade, two outages of the whole exchange, a coin listed later, one
delisted earlier, and a change of the price grid (2025-07-31 Korean time) in the middle.

Reproducible by construction: random bits are raw PCG64 output (a fixed stream), bell-shaped numbers are sums of four 16-bit integers,
and floats see only + - * /, square roots and running products, which IEEE 754 defines to the last bit.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dsl.graph import Timeframe
from engine.candles.errors import StoreError
from engine.candles.months import Rows
from engine.candles.store import CandleStore, table_from
from engine.candles.ticks import floor_prices
from engine.candles.timeframes import DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from engine.candles.ranges import Range
    from engine.model.candle import CandleTable

#: raised whenever a bit of the candles changes; the folder's name has it, so an old folder is never taken for a new one
SAMPLE_VERSION: Final = 1
_DAYS: Final = 60
_START_MS: Final = int(datetime(2025, 7, 3, tzinfo=UTC).timestamp()) * 1000
_MINUTES: Final = _DAYS * DAY_MS // MINUTE_MS
#: what the sample market has: [first minute, end)
SAMPLE_RANGE: Final[Range] = (_START_MS, _START_MS + _DAYS * DAY_MS)
#: prices per minute; a bar's open, high, low and close are read off them
_STEPS: Final = 4
_SEED: Final = 33

#: minutes (first, count) in which no market trades
OUTAGES: Final = ((22 * 1440 + 17 * 60 + 3, 47), (41 * 1440 + 2 * 60 + 11, 3))
#: (minute, price change of the market, share of it that comes back, minutes it takes)
_SHOCKS: Final = (
    (5 * 1440 + 800, -0.035, 0.5, 6), (13 * 1440 + 95, 0.030, 0.3, 4), (19 * 1440 + 1210, -0.060, 0.6, 9),
    (27 * 1440 + 400, 0.025, 0.2, 5), (33 * 1440 + 1003, -0.028, 0.4, 3), (39 * 1440 + 610, 0.045, 0.5, 7),
    (47 * 1440 + 1300, -0.050, 0.7, 12), (54 * 1440 + 333, -0.030, 0.4, 4),
)  # fmt: skip
#: regimes of the market: chance in 16, drift a day, volatility factor
_REGIMES: Final = ((5, 0.022, 0.9), (4, -0.020, 1.1), (5, 0.0, 0.7), (2, -0.004, 1.9))


@dataclass(frozen=True, slots=True)
class Coin:
    """How one coin of the sample market behaves. beta: its answer to the market; volatility_day: its own, as a ratio a day;
    quiet: chance in 4096 that a minute has no trade; turnover: KRW a minute; listed, delisted: days from the start."""

    market: str
    price_krw: float
    beta: float
    volatility_day: float
    quiet: int
    turnover_krw: float
    listed: int = 0
    delisted: int = _DAYS


COINS: Final = (
    Coin("KRW-BTC", 148_000_000.0, 1.0, 0.006, 2, 160e6),
    Coin("KRW-ETH", 5_200_000.0, 1.25, 0.013, 4, 90e6),
    Coin("KRW-SMPA", 37.4, 1.3, 0.034, 900, 4e6, listed=20),
    Coin("KRW-SMPB", 4_310.0, 0.9, 0.030, 500, 6e6, delisted=44),
    Coin("KRW-SOL", 246_000.0, 1.4, 0.019, 24, 30e6),
    Coin("KRW-XRP", 3_950.0, 1.2, 0.021, 6, 70e6),
)
_MARKET_VOLATILITY_DAY: Final = 0.026
_MINUTE: Final = Timeframe(MINUTE_MS)


def sample_store(folder: Path) -> CandleStore:
    """The sample market as a store of 1m candles below `folder`, made on first use. Safe when several processes make it at once.

    A damaged one (or one of an older store's format) is made anew: it holds nothing that cannot be generated again.
    """
    store = CandleStore(folder / f"sample-{SAMPLE_VERSION}", synthetic=True)
    try:
        whole = all(store.ranges(coin.market, _MINUTE) == (_life_ms(coin),) for coin in COINS)
    except StoreError:
        shutil.rmtree(store.folder)
        return sample_store(folder)
    if not whole:
        for table in sample_tables():
            store.write(table)
    return store


def sample_tables() -> list[CandleTable]:
    """One table per coin, in market-code order. A coin is known from its listing to its delisting."""
    factor, heat = _market_factor()
    return [_coin_table(number, coin, factor, heat) for number, coin in enumerate(COINS, start=1)]


def _life_ms(coin: Coin) -> Range:
    return _START_MS + coin.listed * DAY_MS, _START_MS + coin.delisted * DAY_MS


# -- numbers ----------------------------------------------------------------------------------------------------------------------


def _raw(stream: int, count: int) -> NDArray[np.uint64]:
    """Random bits of a stream of its own."""
    bits: NDArray[np.uint64] = np.random.PCG64([_SEED, stream]).random_raw(count)
    return bits


def _bell(raw: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Mean 0, variance 1, within +-3.5: the sum of the four 16-bit parts of each number."""
    parts = np.zeros(len(raw), np.int64)
    for shift in (0, 16, 32, 48):
        parts += ((raw >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
    return (parts - 131_070).astype(np.float64) / 37_837.2


def _shares(raw: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Uniform in [0, 1), 16 bits."""
    return (raw >> np.uint64(48)).astype(np.float64) / 65_536.0


# -- the market -------------------------------------------------------------------------------------------------------------------


def _market_factor() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return of the whole market per step [minutes x steps], and heat (volatility, 1 = usual) per minute."""
    drift, level = _regimes(1001, _REGIMES)
    heat = level * _clusters(_bell(_raw(1002, _MINUTES)))
    shocks = _shocks()
    heat = heat * (1.0 + 60.0 * np.abs(shocks) / _MARKET_VOLATILITY_DAY / 12.0)
    noise = _bell(_raw(1003, _MINUTES * _STEPS)).reshape(_MINUTES, _STEPS)
    step_volatility = _MARKET_VOLATILITY_DAY / float(np.sqrt(1440.0 * _STEPS))
    returns = noise * (heat * step_volatility)[:, None] + ((drift / 1440.0 + shocks) / _STEPS)[:, None]
    return returns, heat


def _regimes(stream: int, kinds: tuple[tuple[int, float, float], ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Drift a day and volatility factor per minute, in stretches of 6 to 54 hours."""
    drift, level = np.empty(_MINUTES), np.empty(_MINUTES)
    deck = [kind for kind in kinds for _ in range(kind[0])]
    at = 0
    for draw in _raw(stream, _MINUTES // 360 + 1).tolist():
        end = min(_MINUTES, at + 360 + (draw & 0xFFFF) % 2880)
        _, drift[at:end], level[at:end] = deck[(draw >> 16) % len(deck)]
        at = end
    return drift, level


def _clusters(shocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Volatility that feeds on itself (GARCH(1,1) of mean 1), square root of the variance."""
    variance = np.empty(len(shocks))
    now = 1.0
    for minute, shock in enumerate(shocks.tolist()):
        variance[minute] = now
        now = min(0.012 + 0.948 * now + 0.04 * now * shock * shock, 16.0)
    return np.sqrt(variance)


def _shocks() -> NDArray[np.float64]:
    """Extra return per minute: sudden moves, part of which comes back over the next hour."""
    extra = np.zeros(_MINUTES)
    for minute, size, back, length in _SHOCKS:
        extra[minute : minute + length] += size / length
        extra[minute + length : minute + length + 60] -= size * back / 60
    return extra


# -- a coin -----------------------------------------------------------------------------------------------------------------------


def _coin_table(number: int, coin: Coin, factor: NDArray[np.float64], heat: NDArray[np.float64]) -> CandleTable:
    """Prices, volumes and quiet minutes of one coin, cut to its life, outages taken out."""
    drift, level = _regimes(10 * number, ((4, 0.012, 0.9), (4, -0.011, 1.0), (6, 0.0, 0.8), (2, 0.0, 1.7)))
    own = _bell(_raw(10 * number + 1, _MINUTES * _STEPS)).reshape(_MINUTES, _STEPS)
    own_step = coin.volatility_day / float(np.sqrt(1440.0 * _STEPS))
    scale = level * (0.5 + 0.5 * heat) * own_step
    returns = coin.beta * factor + own * scale[:, None] + (drift / 1440.0 / _STEPS)[:, None]
    path = (coin.price_krw * np.cumprod(1.0 + returns.reshape(-1))).astype(np.float64, copy=False)
    time_ms = _START_MS + np.arange(_MINUTES, dtype=np.int64) * MINUTE_MS
    prices = floor_prices(coin.market, np.repeat(time_ms, _STEPS), path).reshape(_MINUTES, _STEPS)
    bars = np.stack([prices[:, 0], prices.max(axis=1), prices.min(axis=1), prices[:, -1]])
    volume, value = _turnover(number, coin, bars, heat)
    start, end = _life_ms(coin)
    traded = _trading(number, coin) & (volume > 0) & (time_ms >= start) & (time_ms < end)
    numbers = np.concatenate([bars, volume[None], value[None]])[:, traded]
    return table_from(coin.market, _MINUTE, Rows(time_ms[traded], np.ascontiguousarray(numbers)), (_life_ms(coin),))


def _turnover(
    number: int, coin: Coin, bars: NDArray[np.float64], heat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Volume (whole 1e-8 coins) and value (KRW): more when the market is hot and the bar is long, least in the Korean night."""
    hour = (np.arange(_MINUTES) // 60) % 24
    season = np.where((hour >= 17) & (hour < 22), 0.55, np.where(hour < 8, 1.25, 1.0))
    luck = _shares(_raw(10 * number + 2, _MINUTES))
    length = (bars[1] - bars[2]) / bars[3]
    krw = coin.turnover_krw * season * heat * (0.15 + 3.0 * luck * luck * luck) * (1.0 + 400.0 * length)
    mean = (bars[0] + bars[1] + bars[2] + bars[3]) / 4.0
    volume = np.floor(krw / mean * 1e8) / 1e8
    return volume, np.floor(volume * mean * 1e5) / 1e5


def _trading(number: int, coin: Coin) -> NDArray[np.bool_]:
    """Minutes in which the coin trades."""
    trading = (_raw(10 * number + 3, _MINUTES) & np.uint64(4095)).astype(np.int64) >= coin.quiet
    for first, count in OUTAGES:
        trading[first : first + count] = False
    return trading
