"""Candles for a run, from the first source that has them: what is stored, else the exchange, else the built-in sample market."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsl.graph import Timeframe
from engine.candles.errors import CandleError, FetchError, StoreError, UnknownMarketError
from engine.candles.grid import choose_base, fullest_stretch, gaps, stored_bases
from engine.candles.instants import korean_time
from engine.candles.ranges import total
from engine.candles.sample import COINS, SAMPLE_RANGE, sample_store
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS, UPBIT, divides, next_open, parse_timeframe, timeframe_name

if TYPE_CHECKING:
    from engine.candles.ranges import Range
    from engine.model.candle import BarGrid, CandleTable

#: (market, timeframe, from_ms, to_ms) -> tables as they arrive; engine.exchange.upbit.candles.CandleReader.pages is one
Fetch = Callable[[str, Timeframe, int, int], Iterable["CandleTable"]]
#: (market, done_ms, whole_ms): how much of the market's range has arrived
Progress = Callable[[str, int, int], None]

#: what is fetched when the user named no dates
_DEFAULT_DAYS: Final = 30
#: a run without dates leaves a fine base for a coarse one only where that has this many times as much
_FAR_MORE: Final = 4
#: markets with a line of their own about what they lack
_MOST_LINES: Final = 6
#: candles of an answer, and the most answers that a run asks for before it takes a coarser base
_PAGE: Final = 200
_MOST_REQUESTS: Final = 1_500


@dataclass(frozen=True, slots=True)
class Message:
    """Something to tell the user: a key of the message catalogue and its values."""

    key: str
    values: dict[str, object]


@dataclass(frozen=True, slots=True)
class Provided:
    """Candles of a run. [from_ms, to_ms): whole bars of `base`. synthetic: generated, and every output must say so."""

    store: CandleStore
    markets: tuple[str, ...]
    base: Timeframe
    from_ms: int
    to_ms: int
    synthetic: bool
    messages: tuple[Message, ...]

    def grid(self) -> BarGrid:
        """The dense base grid of the run, markets in code order."""
        return self.store.grid(self.markets, self.base, self.from_ms, self.to_ms)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run asks for. clock: its decision clock, which the base must divide; base: None = the finest that covers.
    from_ms, to_ms: None = as far as the source's fullest stretch goes."""

    markets: tuple[str, ...]
    clock: Timeframe
    from_ms: int | None = None
    to_ms: int | None = None
    base: Timeframe | None = None


def provide(
    folder: Path,
    markets: Sequence[str],
    timeframe: Timeframe,
    from_ms: int | None,
    to_ms: int | None,
    *,
    fetch: Fetch | None,
    now_ms: int,
    sample_folder: Path,
    base: Timeframe | None = None,
    progress: Progress | None = None,
) -> Provided:
    """Candles of `markets` for a clock of `timeframe`, with messages that say where they come from.

    Stored candles are used when every market has some in the range. What a market lacks altogether is fetched from the exchange into
    the store. If the exchange cannot give it: stored candles of the other markets, else the sample market in `sample_folder`.
    fetch None = the exchange is not asked. Raises CandleError when nothing can serve: an unknown market, no base that the clock is made
    of, or dates outside the sample market.
    """
    if base is not None and not divides(base, timeframe):
        raise CandleError("data.base_too_coarse", base=timeframe_name(base), clock=timeframe_name(timeframe))
    wanted = Wanted(tuple(sorted(set(markets))), timeframe, from_ms, to_ms, base)
    store = CandleStore(folder)
    messages: list[Message] = []
    lacking = _lacking(store, wanted)
    if lacking:
        messages.append(Message("data.none_stored", {"markets": ", ".join(lacking), "folder": folder}))
        if not store.synthetic:
            messages += _try_exchange(store, wanted, lacking, fetch, now_ms, progress)
    if len(_lacking(store, wanted)) < len(wanted.markets):
        return _from_store(store, wanted, messages)
    messages.append(Message("data.using_sample", {}))
    return _from_store(sample_store(sample_folder), _inside_sample(wanted), messages)


def _lacking(store: CandleStore, wanted: Wanted) -> list[str]:
    """Markets with nothing usable stored in the range."""
    bases = [wanted.base] if wanted.base else stored_bases(store, wanted.markets, wanted.clock)
    return [market for market in wanted.markets if not any(_known_ms(store, market, base, wanted) for base in bases)]


def _known_ms(store: CandleStore, market: str, base: Timeframe, wanted: Wanted) -> int:
    return total(store.ranges(market, base, wanted.from_ms, wanted.to_ms))


def _limits(wanted: Wanted) -> Range:
    most = 2**62
    return -most if wanted.from_ms is None else wanted.from_ms, most if wanted.to_ms is None else wanted.to_ms


# -- the store --------------------------------------------------------------------------------------------------------------------


def _from_store(store: CandleStore, wanted: Wanted, messages: list[Message]) -> Provided:
    base, (start, end) = _base_and_range(store, wanted)
    messages += _incomplete(store, wanted.markets, base, start, end)
    values = {"base": timeframe_name(base), "folder": store.folder}
    messages.append(Message("data.using_synthetic" if store.synthetic else "data.using_stored", values))
    return Provided(store, wanted.markets, base, start, end, store.synthetic, tuple(messages))


def _incomplete(store: CandleStore, markets: Sequence[str], base: Timeframe, start: int, end: int) -> list[Message]:
    """A message per market that lacks part of the range; one for all where they are many."""
    lacking = {market: total(gaps(store, market, base, start, end)) for market in markets}
    shares = {market: round(100 * part / (end - start), 1) for market, part in lacking.items() if part}
    name = timeframe_name(base)
    if len(shares) <= _MOST_LINES:
        return [Message("data.incomplete", {"market": market, "base": name, "percent": share}) for market, share in shares.items()]
    worst = max(shares, key=lambda market: shares[market])
    values = {"count": len(shares), "markets": len(markets), "base": name, "worst": worst, "percent": shares[worst]}
    return [Message("data.incomplete_many", values)]


def _base_and_range(store: CandleStore, wanted: Wanted) -> tuple[Timeframe, Range]:
    bases = [wanted.base] if wanted.base else stored_bases(store, wanted.markets, wanted.clock)
    start, end = wanted.from_ms, wanted.to_ms
    if start is None or end is None:
        stretch = _telling_stretch(store, wanted, bases)
        start, end = stretch[0] if start is None else start, stretch[1] if end is None else end
    base = wanted.base or choose_base(store, wanted.markets, wanted.clock, start, end)
    assert base is not None, "provide() made sure that some market has candles"
    return base, (next_open(base, start), next_open(base, end))


def _telling_stretch(store: CandleStore, wanted: Wanted, bases: Sequence[Timeframe]) -> Range:
    """Where a run without dates goes: the fullest stretch of the finest base, or of a coarser one that tells far more."""
    best: tuple[int, Range] | None = None
    for base in bases:
        found = fullest_stretch(store, wanted.markets, base, _limits(wanted))
        if found is not None and (best is None or found[0] > _FAR_MORE * best[0]):
            best = found
    assert best is not None, "provide() made sure that some market has candles"
    return best[1]


# -- the exchange -----------------------------------------------------------------------------------------------------------------


def _try_exchange(
    store: CandleStore,
    wanted: Wanted,
    lacking: Sequence[str],
    fetch: Fetch | None,
    now_ms: int,
    progress: Progress | None,
) -> list[Message]:
    """Fetch what is lacking. A failure becomes a message: what had arrived by then is stored. Raises UnknownMarketError: a mistyped
    market is for the user to mend, not for the sample market to hide."""
    if fetch is None:
        return [Message("data.exchange_not_asked", {})]
    end = now_ms if wanted.to_ms is None else min(wanted.to_ms, now_ms)
    start = end - _DEFAULT_DAYS * DAY_MS if wanted.from_ms is None else wanted.from_ms
    base = wanted.base or fetch_base(wanted.clock, end - start, len(lacking))
    messages = [Message("data.asking_exchange", {"markets": ", ".join(lacking), "base": timeframe_name(base)})]
    try:
        for market in lacking:
            download(store, market, base, start, end, fetch, progress)
    except UnknownMarketError:
        raise
    except FetchError as error:
        messages.append(Message(error.key, dict(error.values)))
    return messages


def fetch_base(clock: Timeframe, length_ms: int, markets: int) -> Timeframe:
    """The finest timeframe that Upbit serves, that the clock is made of, and that the range needs a bearable number of requests for.

    Raises CandleError when Upbit serves nothing that the clock is made of.
    """
    fitting = [timeframe for timeframe in map(parse_timeframe, UPBIT) if divides(timeframe, clock)]
    if not fitting:
        raise CandleError("data.no_base_served", clock=timeframe_name(clock), names=" ".join(UPBIT))
    for timeframe in fitting:
        if markets * (length_ms // timeframe.length_ms) <= _MOST_REQUESTS * _PAGE:
            return timeframe
    return fitting[-1]


def download(
    store: CandleStore, market: str, timeframe: Timeframe, from_ms: int, to_ms: int, fetch: Fetch, progress: Progress | None = None
) -> int:
    """Fetch what the store lacks of [from_ms, to_ms), newest first, storing every page as it arrives. Returns the rows added.

    Raises FetchError; what arrived before it stays, so the next call goes on from there.
    """
    if store.synthetic:
        raise StoreError("data.synthetic_store", path=store.folder)
    added, done = 0, 0
    holes = gaps(store, market, timeframe, from_ms, to_ms)
    for start, end in reversed(holes):
        for table in fetch(market, timeframe, start, end):
            added += store.write(table).added
            done += total(table.fetched)
            if progress is not None:
                progress(market, done, total(holes))
    return added


# -- the sample market ------------------------------------------------------------------------------------------------------------


def _inside_sample(wanted: Wanted) -> Wanted:
    """The part of what was asked for that the sample market has. Raises CandleError when it has none of it."""
    names = [coin.market for coin in COINS]
    if not set(names) & set(wanted.markets):
        raise CandleError("data.not_in_sample", markets=", ".join(wanted.markets), names=", ".join(names))
    start, end = SAMPLE_RANGE
    from_ms = start if wanted.from_ms is None else max(start, wanted.from_ms)
    to_ms = end if wanted.to_ms is None else min(end, wanted.to_ms)
    if from_ms >= to_ms:
        raise CandleError("data.outside_sample", start=korean_time(start), end=korean_time(end))
    base = parse_timeframe("1m")
    if not divides(base, wanted.clock):
        raise CandleError("data.base_too_coarse", base="1m", clock=timeframe_name(wanted.clock))
    return Wanted(wanted.markets, wanted.clock, from_ms, to_ms, base)
