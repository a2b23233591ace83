"""Where a run's candles come from: stored, then the exchange, then the sample market; always said, never mixed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dsl.diagnostics import Language
from dsl.graph import Timeframe
from dsl.messages import text
from engine.candles.errors import CandleError, FetchError, UnknownMarketError, UnreachableError
from engine.candles.provision import Fetch, Provided, fetch_base, provide
from engine.candles.sample import SAMPLE_RANGE
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS, parse_timeframe
from engine.model.candle import BarState, CandleTable
from tests.engine.candles.tables import HOUR, LATE_JANUARY, MINUTE, full

FIVE = parse_timeframe("5m")
NOW = LATE_JANUARY + 90 * DAY_MS
SPAN = (LATE_JANUARY, LATE_JANUARY + 6 * 3_600_000)


class Exchange:
    """Gives whole pages of full candles; remembers what it was asked."""

    def __init__(self, fails: FetchError | None = None, after: int = 0) -> None:
        self.asked: list[tuple[str, Timeframe, int, int]] = []
        self.fails, self.after = fails, after

    def __call__(self, market: str, timeframe: Timeframe, from_ms: int, to_ms: int) -> Iterator[CandleTable]:
        self.asked.append((market, timeframe, from_ms, to_ms))
        if self.fails is not None and len(self.asked) > self.after:
            raise self.fails
        yield full(from_ms, to_ms, market=market, timeframe=timeframe)


UNREACHABLE = UnreachableError("data.exchange_unreachable", url="https://api.example", reason="no network")


def run(
    tmp_path: Path,
    markets: list[str],
    fetch: Fetch | None,
    clock: Timeframe = FIVE,
    span: tuple[int | None, int | None] = SPAN,
    **more: object,
) -> Provided:
    return provide(tmp_path / "data", markets, clock, *span, fetch=fetch, now_ms=NOW, sample_folder=tmp_path / "cache", **more)  # type: ignore[arg-type]


def keys(provided: Provided) -> list[str]:
    for message in provided.messages:
        for language in Language:
            assert text(message.key, language, **message.values)
    return [message.key.removeprefix("data.") for message in provided.messages]


def test_stored_candles_are_used_and_the_exchange_is_left_alone(tmp_path: Path) -> None:
    CandleStore(tmp_path / "data").write(full(*SPAN))
    exchange = Exchange()
    found = run(tmp_path, ["KRW-AAA"], exchange)
    assert (found.base, found.from_ms, found.to_ms, found.synthetic) == (MINUTE, *SPAN, False)
    assert keys(found) == ["using_stored"]
    assert exchange.asked == []
    assert (found.grid().state == BarState.TRADED).all()
    assert not (tmp_path / "cache").exists()


def test_what_is_not_stored_is_fetched_and_kept(tmp_path: Path) -> None:
    CandleStore(tmp_path / "data").write(full(*SPAN))
    exchange = Exchange()
    found = run(tmp_path, ["KRW-BBB", "KRW-AAA"], exchange)
    assert keys(found) == ["none_stored", "asking_exchange", "using_stored"]
    assert exchange.asked == [("KRW-BBB", MINUTE, *SPAN)]
    assert found.grid().markets == ("KRW-AAA", "KRW-BBB")
    assert (found.grid().state == BarState.TRADED).all()
    assert keys(run(tmp_path, ["KRW-BBB", "KRW-AAA"], None)) == ["using_stored"]


def test_without_dates_the_last_month_is_fetched(tmp_path: Path) -> None:
    exchange = Exchange()
    found = run(tmp_path, ["KRW-AAA"], exchange, HOUR, (None, None))
    assert exchange.asked == [("KRW-AAA", MINUTE, NOW - 30 * DAY_MS, NOW)]
    assert (found.from_ms, found.to_ms) == (NOW - 30 * DAY_MS, NOW)


def test_an_unreachable_exchange_leads_to_the_sample_market(tmp_path: Path) -> None:
    found = run(tmp_path, ["KRW-XRP", "KRW-BTC"], Exchange(UNREACHABLE), span=(None, None))
    assert keys(found) == ["none_stored", "asking_exchange", "exchange_unreachable", "using_sample", "using_synthetic"]
    assert found.synthetic
    assert found.store.synthetic
    assert (found.from_ms, found.to_ms) == SAMPLE_RANGE
    assert "SYNTHETIC" in text(found.messages[-1].key, Language.KOREAN, **found.messages[-1].values)
    assert found.grid().markets == ("KRW-BTC", "KRW-XRP")
    assert CandleStore(tmp_path / "data").markets() == []


def test_the_sample_market_gives_what_it_has_of_the_dates(tmp_path: Path) -> None:
    start, end = SAMPLE_RANGE
    found = run(tmp_path, ["KRW-BTC"], None, span=(start - DAY_MS, start + DAY_MS))
    assert keys(found) == ["none_stored", "exchange_not_asked", "using_sample", "using_synthetic"]
    assert (found.from_ms, found.to_ms) == (start, start + DAY_MS)
    with pytest.raises(CandleError, match="only spans 2025-07-03 09:00 to 2025-09-01 09:00"):
        run(tmp_path, ["KRW-BTC"], None, span=(end, end + DAY_MS))
    with pytest.raises(CandleError, match="only has KRW-BTC"):
        run(tmp_path, ["KRW-DOGE"], None, span=(None, None))
    partly = run(tmp_path, ["KRW-BTC", "KRW-DOGE"], None, span=(None, None))
    assert "incomplete" in keys(partly)
    assert (partly.grid().state[1] == BarState.UNKNOWN).all()


def test_real_candles_are_never_mixed_with_generated_ones(tmp_path: Path) -> None:
    CandleStore(tmp_path / "data").write(full(*SPAN, market="KRW-BTC"))
    found = run(tmp_path, ["KRW-BTC", "KRW-XRP"], Exchange(UNREACHABLE))
    assert keys(found) == ["none_stored", "asking_exchange", "exchange_unreachable", "incomplete", "using_stored"]
    assert not found.synthetic
    assert (found.grid().state[1] == BarState.UNKNOWN).all()


def test_a_download_that_breaks_keeps_what_came(tmp_path: Path) -> None:
    found = run(tmp_path, ["KRW-AAA", "KRW-BBB"], Exchange(FetchError("data.exchange_failing", status=503, url="u"), after=1))
    assert keys(found) == ["none_stored", "asking_exchange", "exchange_failing", "incomplete", "using_stored"]
    assert found.store.markets() == ["KRW-AAA"]


def test_a_mistyped_market_is_not_hidden_by_the_sample(tmp_path: Path) -> None:
    with pytest.raises(UnknownMarketError):
        run(tmp_path, ["KRW-BTCC"], Exchange(UnknownMarketError("data.exchange_unknown_market", market="KRW-BTCC")))


def test_the_base_can_be_named_and_must_divide_the_clock(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "data")
    store.write(full(*SPAN))
    store.write(full(*SPAN, timeframe=FIVE))
    assert run(tmp_path, ["KRW-AAA"], None, HOUR).base == MINUTE
    assert run(tmp_path, ["KRW-AAA"], None, HOUR, base=FIVE).base == FIVE
    with pytest.raises(CandleError, match="5m bars cannot be made of 1h candles"):
        run(tmp_path, ["KRW-AAA"], None, base=HOUR)


def test_without_dates_a_far_longer_coarse_history_wins(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "data")
    store.write(full(*SPAN))
    store.write(full(LATE_JANUARY - 2 * 3_600_000, LATE_JANUARY + 20 * 3_600_000, timeframe=HOUR))
    assert run(tmp_path, ["KRW-AAA"], None, HOUR, (None, None)).base == MINUTE
    store.write(full(LATE_JANUARY, LATE_JANUARY + 90 * 3_600_000, timeframe=HOUR))
    found = run(tmp_path, ["KRW-AAA"], None, HOUR, (None, None))
    assert (found.base, found.from_ms, found.to_ms) == (HOUR, LATE_JANUARY - 2 * 3_600_000, LATE_JANUARY + 90 * 3_600_000)


def test_the_base_of_a_download_is_the_finest_that_is_bearable() -> None:
    day = parse_timeframe("1d")
    assert fetch_base(FIVE, 30 * DAY_MS, 4) == MINUTE
    assert fetch_base(HOUR, 3 * 365 * DAY_MS, 4) == parse_timeframe("30m")
    assert fetch_base(day, 9 * 365 * DAY_MS, 100) == day
    assert fetch_base(parse_timeframe("2h"), DAY_MS, 1) == MINUTE
    with pytest.raises(CandleError, match="45s"):
        fetch_base(parse_timeframe("45s"), DAY_MS, 1)


def test_the_sample_s_grid_is_dense(tmp_path: Path) -> None:
    grid = run(tmp_path, ["KRW-BTC", "KRW-ETH"], None, span=(None, None)).grid()
    assert grid.state.shape == (2, 60 * 1440)
    assert not np.isnan(grid.close).any()


def test_many_incomplete_markets_are_one_line(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "data")
    markets = [f"KRW-M{number}" for number in range(9)]
    for number, market in enumerate(markets):
        store.write(full(LATE_JANUARY + number * 600_000, SPAN[1], market=market))
    found = run(tmp_path, markets, None)
    assert keys(found) == ["incomplete_many", "using_stored"]
    assert found.messages[0].values == {"count": 8, "markets": 9, "base": "1m", "worst": "KRW-M8", "percent": round(100 * 80 / 360, 1)}
