"""Import: every shape of file, zones, names, refusals that name file, row and column, and the real data folder."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dsl.diagnostics import Language
from engine.candles.errors import CandleError
from engine.candles.formats import ZoneChoice
from engine.candles.importer import FileReport, ImportOptions, find_files, import_file, import_files, segments
from engine.candles.store import CandleStore
from engine.candles.timeframes import DAY_MS, parse_timeframe
from engine.model.candle import CandleTable
from tests.engine.candles.tables import DAY, MINUTE, columns, full

START = int(datetime(2025, 9, 1, tzinfo=UTC).timestamp()) * 1000
COUNT = 30
TABLE = full(START, START + COUNT * 60_000, market="KRW-BTC")
NAMES = ("open", "high", "low", "close", "volume", "value")
UPBIT_SNAKE = ("opening_price", "high_price", "low_price", "trade_price", "candle_acc_trade_volume", "candle_acc_trade_price")
UPBIT_CAMEL = ("openingPrice", "highPrice", "lowPrice", "tradePrice", "candleAccTradeVolume", "candleAccTradePrice")


def frame(index: pd.DatetimeIndex | None = None) -> pd.DataFrame:
    return pd.DataFrame(dict(zip(NAMES, columns(TABLE), strict=True)), index=index)


def utc() -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(TABLE.time_ms, unit="ms", utc=True))


def korean_naive() -> pd.DatetimeIndex:
    """As pyupbit.get_ohlcv gives it: Korean wall clock without a zone, index without a name."""
    return utc().tz_convert("Asia/Seoul").tz_localize(None)


def upbit_json(names: tuple[str, ...], time_name: str, market_name: str, market: str) -> list[dict[str, object]]:
    """An answer of the exchange, newest candle first."""
    items = []
    for at in reversed(range(COUNT)):
        time = datetime.fromtimestamp(TABLE.time_ms[at] / 1000, UTC)
        numbers = dict(zip(names, columns(TABLE)[:, at].tolist(), strict=True))
        stamp = int(TABLE.time_ms[at]) + 59_123  # the last trade, which is not the bar's time
        items.append({market_name: market, time_name: time.strftime("%Y-%m-%dT%H:%M:%S"), "timestamp": stamp, "unit": 1, **numbers})
    return items


def imported(path: Path, options: ImportOptions | None = None) -> tuple[list[FileReport], CandleStore]:
    store = CandleStore(path.parent / "store")
    return import_file(store, path, options or ImportOptions()), store


def assert_is_table(path: Path, options: ImportOptions | None = None, expected: CandleTable = TABLE) -> None:
    reports, store = imported(path, options)
    assert [report.error for report in reports] == [None]
    assert reports[0].written.added == COUNT
    found = store.read("KRW-BTC", MINUTE)
    assert np.array_equal(found.time_ms, expected.time_ms)
    assert np.array_equal(columns(found), columns(expected), equal_nan=True)
    assert found.fetched == ((START, START + COUNT * 60_000),)
    again, _ = imported(path, options)
    assert (again[0].written.added, again[0].written.conflicts, again[0].written.files) == (0, 0, 0)


def refused(path: Path, options: ImportOptions | None = None) -> CandleError:
    """The refusal; nothing may have been written."""
    (report,), store = imported(path, options)
    assert report.error is not None
    assert store.markets() == []
    assert report.error.message(Language.KOREAN) != report.error.message(Language.ENGLISH)
    return report.error


# -- shapes -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time_name", ["time", "timestamp", "datetime", "Date"])
def test_parquet_with_aware_times(tmp_path: Path, time_name: str) -> None:
    path = tmp_path / "KRW-BTC_1m.parquet"
    frame().assign(**{time_name: utc()}).to_parquet(path, index=False)
    assert_is_table(path)


@pytest.mark.parametrize("unit_per_ms", [1, 1_000, 1_000_000])
def test_parquet_with_epoch_numbers(tmp_path: Path, unit_per_ms: int) -> None:
    path = tmp_path / "KRW-BTC_1m.parquet"
    frame().assign(time=TABLE.time_ms * unit_per_ms).to_parquet(path, index=False)
    assert_is_table(path)


def test_pyupbit_parquet(tmp_path: Path) -> None:
    path = tmp_path / "KRW-BTC_minute1.parquet"
    frame(korean_naive()).to_parquet(path)
    assert_is_table(path)


def test_pyupbit_csv(tmp_path: Path) -> None:
    path = tmp_path / "KRW-BTC.csv"  # the timeframe follows from the spacing
    frame(korean_naive()).to_csv(path)
    assert_is_table(path)


def test_pyupbit_days_open_at_nine_in_korea(tmp_path: Path) -> None:
    path = tmp_path / "KRW-BTC_day.csv"
    index = pd.date_range("2025-09-01 09:00", periods=12, freq="D")
    frame().iloc[:12].set_axis(index).to_csv(path)
    (report,), store = imported(path)
    assert report.error is None
    assert store.read("KRW-BTC", DAY).time_ms.tolist() == [START + n * DAY_MS for n in range(12)]


@pytest.mark.parametrize("suffix", ["+00:00", "Z", "+09:00"])
def test_csv_with_zones_in_its_times(tmp_path: Path, suffix: str) -> None:
    shift = 9 * 3_600_000 if suffix == "+09:00" else 0
    times = [datetime.fromtimestamp((t + shift) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + suffix for t in TABLE.time_ms]
    path = tmp_path / "KRW-BTC_1m.csv"
    frame().assign(time=times).to_csv(path, index=False)
    assert_is_table(path)


def test_csv_with_epoch_seconds_in_any_order(tmp_path: Path) -> None:
    path = tmp_path / "KRW-BTC_1m.csv"
    shuffled = frame().assign(time=TABLE.time_ms // 1000).sample(frac=1, random_state=7)
    pd.concat([shuffled, shuffled.iloc[:4]]).to_csv(path, index=False)  # four rows twice, equal
    assert_is_table(path)
    assert imported(path)[0][0].duplicates == 4


@pytest.mark.parametrize(("zone", "shift_hours"), [(ZoneChoice.UTC, 0), (ZoneChoice.KST, 9)])
def test_naive_times_need_their_zone_said(tmp_path: Path, zone: ZoneChoice, shift_hours: int) -> None:
    times = [datetime.fromtimestamp(t / 1000 + shift_hours * 3600, UTC).strftime("%Y-%m-%d %H:%M:%S") for t in TABLE.time_ms]
    for suffix in ("csv", "parquet"):
        path = tmp_path / f"KRW-BTC_1m.{suffix}"
        data = frame().assign(time=times if suffix == "csv" else pd.to_datetime(times))
        data.to_csv(path, index=False) if suffix == "csv" else data.to_parquet(path, index=False)
        error = refused(path)
        assert error.key == "data.naive_time"
        assert "--timezone" in str(error)
    assert_is_table(path, ImportOptions(zone=zone))


@pytest.mark.parametrize(
    ("names", "time_name", "market_name", "market"),
    [
        (UPBIT_SNAKE, "candle_date_time_utc", "market", "KRW-BTC"),
        (UPBIT_CAMEL, "candleDateTime", "code", "CRIX.UPBIT.KRW-BTC"),
    ],
)
def test_upbit_json_in_both_spellings(tmp_path: Path, names: tuple[str, ...], time_name: str, market_name: str, market: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(json.dumps(upbit_json(names, time_name, market_name, market)))
    assert_is_table(path)


def test_upbit_csv_of_the_same_fields(tmp_path: Path) -> None:
    path = tmp_path / "rest.csv"
    items = [
        {**item, "candle_date_time_kst": "not looked at"} for item in upbit_json(UPBIT_SNAKE, "candle_date_time_utc", "market", "KRW-BTC")
    ]
    pd.DataFrame(items).to_csv(path, index=False)
    assert_is_table(path)


def test_a_json_file_of_two_markets(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    both = [
        *upbit_json(UPBIT_SNAKE, "candle_date_time_utc", "market", "KRW-BTC"),
        *upbit_json(UPBIT_SNAKE, "candle_date_time_utc", "market", "KRW-ETH"),
    ]
    path.write_text(json.dumps(both))
    reports, store = imported(path)
    assert [report.market for report in reports] == ["KRW-BTC", "KRW-ETH"]
    assert store.markets() == ["KRW-BTC", "KRW-ETH"]
    (report,) = import_file(CandleStore(tmp_path / "other"), path, ImportOptions(market="KRW-BTC"))
    assert report.error is not None
    assert report.error.key == "data.several_markets"


def test_the_store_s_own_files_import(tmp_path: Path) -> None:
    other = CandleStore(tmp_path / "other")
    other.write(TABLE)
    (path,) = (tmp_path / "other").rglob("*.parquet")
    assert_is_table(path, ImportOptions(market="KRW-BTC"))


def test_generated_candles_are_never_imported(tmp_path: Path) -> None:
    made_up = CandleStore(tmp_path / "made", synthetic=True)
    made_up.write(TABLE)
    (path,) = (tmp_path / "made").rglob("*.parquet")
    moved = path.rename(tmp_path / "KRW-BTC_1m.parquet")
    assert refused(moved).key == "data.synthetic_source"
    good = tmp_path / "KRW-ETH_1m.parquet"
    frame().assign(time=utc()).to_parquet(good, index=False)
    (report,) = import_file(made_up, good, ImportOptions())
    assert report.error is not None
    assert report.error.key == "data.synthetic_store"


# -- refusals ---------------------------------------------------------------------------------------------------------------------


def spoiled(path: Path, row: int, **cells: object) -> Path:
    """The table as CSV with some cells of data row `row` (from 0) replaced."""
    data = frame().assign(time=TABLE.time_ms).astype(object)
    for name, cell in cells.items():
        data.loc[row, name] = cell
    data.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("cells", "key", "column"),
    [
        ({"high": 1.0}, "defect_order", "high"),
        ({"low": 1e9, "high": 2e9}, "defect_order", "low"),
        ({"close": "inf"}, "defect_non_finite", "close"),
        ({"volume": "nan"}, "defect_non_finite", "volume"),
        ({"value": "-inf"}, "defect_non_finite", "value"),
        ({"low": 0}, "defect_non_positive", "low"),
        ({"open": -5}, "defect_non_positive", "open"),
        ({"volume": -1}, "defect_non_positive", "volume"),
        ({"value": -1}, "defect_non_positive", "value"),
        ({"time": START + 30_000}, "defect_off_grid", "time"),
        ({"time": START}, "defect_duplicate", "time"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path: Path, cells: dict[str, object], key: str, column: str) -> None:
    path = spoiled(tmp_path / "KRW-BTC_1m.csv", 17, **cells)
    error = refused(path)
    assert error.key == f"data.{key}"
    for language in Language:
        assert str(path) in error.message(language)
    assert f"row 19, column {column}" in str(error)  # line 1 is the header
    (report,), store = imported(path, ImportOptions(skip_bad=True))
    assert report.error is None
    assert report.skipped == {key.removeprefix("defect_"): 1}
    assert len(store.read("KRW-BTC", MINUTE).time_ms) == COUNT - 1


@pytest.mark.parametrize(
    ("cells", "key"),
    [
        ({"open": "12,5"}, "bad_number"),
        ({"open": ""}, "bad_number"),
        ({"time": "yesterday"}, "bad_time"),
        ({"time": "2025-13-01"}, "bad_time"),
    ],
)
def test_an_unreadable_cell_is_named(tmp_path: Path, cells: dict[str, object], key: str) -> None:
    path = spoiled(tmp_path / "KRW-BTC_1m.csv", 4, **cells)
    error = refused(path)
    assert error.key == f"data.{key}"
    assert f"row 6, column {next(iter(cells))}" in str(error)
    assert refused(path, ImportOptions(skip_bad=True)).key == f"data.{key}"  # skipping is for bad numbers, not for unknown ones


def test_an_empty_value_is_unknown_not_bad(tmp_path: Path) -> None:
    (report,), store = imported(spoiled(tmp_path / "KRW-BTC_1m.csv", 4, value=""))
    assert report.error is None
    assert np.isnan(store.read("KRW-BTC", MINUTE).value).sum() == 1


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("KRW-BTC_1m.csv", "", "lacking_columns"),
        ("KRW-BTC_1m.csv", "time,open,high,low,close,volume\n", "empty_file"),
        ("KRW-BTC_1m.csv", "time,open,close\n1,2,3\n", "lacking_columns"),
        ("KRW-BTC_1m.csv", "time,open,high,low,close,volume\n1756684800000,1,2\n", "ragged_row"),
        ("KRW-BTC_1m.csv", b"time,open\n\xff\xfe", "not_utf8"),
        ("KRW-BTC_1m.json", "{", "unreadable_file"),
        ("KRW-BTC_1m.json", '{"open": {}}', "not_candles_json"),
        ("KRW-BTC_1m.parquet", "PAR1 but not really", "unreadable_file"),
        ("KRW-BTC_1m.xlsx", "", "unsupported_file"),
    ],
)
def test_files_that_are_not_candles(tmp_path: Path, name: str, content: str | bytes, key: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    error = refused(path)
    assert error.key == f"data.{key}"
    assert str(path) in str(error)


def test_market_and_timeframe_must_be_certain(tmp_path: Path) -> None:
    data = frame().assign(time=utc())
    for name, key in (("prices", "market_unsaid"), ("KRW-BTC_1d10kst", "timeframe_in_file"), ("KRW-BTC_1M", "timeframe_in_file")):
        path = tmp_path / f"{name}.parquet"
        data.to_parquet(path, index=False)
        assert refused(path).key == f"data.{key}"
    sparse = tmp_path / "KRW-BTC_1m.parquet"
    data.iloc[::5].assign(time=[START + n * 300_000 for n in range(6)]).to_parquet(sparse, index=False)
    assert imported(sparse)[0][0].error is None  # six rows prove nothing
    wide = tmp_path / "sub" / "KRW-BTC_1m.parquet"
    wide.parent.mkdir()
    frame().assign(time=[START + n * 300_000 for n in range(COUNT)]).to_parquet(wide, index=False)
    assert refused(wide).key == "data.spacing_differs"
    (report,), _ = imported(wide, ImportOptions(timeframe=parse_timeframe("5m")))
    assert (report.error, report.timeframe) == (None, "5m")


def test_a_bar_that_is_still_forming_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "KRW-BTC_1m.parquet"
    frame().assign(time=utc()).to_parquet(path, index=False)
    (report,), store = imported(path, ImportOptions(now_ms=START + COUNT * 60_000 - 1))
    assert (report.rows, report.forming) == (COUNT - 1, 1)
    assert store.ranges("KRW-BTC", MINUTE) == ((START, START + (COUNT - 1) * 60_000),)


def test_folders(tmp_path: Path) -> None:
    for name in ("a/KRW-BTC_1m.parquet", "b/c/KRW-ETH_1m.parquet", "b/.hidden.parquet", "b/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        frame().assign(time=utc()).to_parquet(path, index=False)
    found = find_files([tmp_path, tmp_path / "a" / "KRW-BTC_1m.parquet"])
    assert [path.name for path in found] == ["KRW-BTC_1m.parquet", "KRW-ETH_1m.parquet"]
    for wrong, key in ((tmp_path / "none", "no_such_file"), (tmp_path / "empty", "nothing_to_import")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(CandleError) as caught:
            find_files([wrong])
        assert caught.value.key == f"data.{key}"


def test_many_files_at_a_time_give_what_one_after_another_gives(tmp_path: Path) -> None:
    """Forty files of one market: every one waits for the market's lock, none is lost, reports keep their order."""
    files = []
    for number in range(40):
        files.append(tmp_path / f"{number}.csv")
        start = START + number * 7 * 60_000  # pieces overlap
        table = full(start, start + 10 * 60_000, market="KRW-BTC")
        data = pd.DataFrame(dict(zip(NAMES, columns(table), strict=True)))
        data.assign(time=table.time_ms if number != 11 else "never").to_csv(files[-1], index=False)
    options = ImportOptions(market="KRW-BTC", timeframe=MINUTE)
    together, apart = CandleStore(tmp_path / "together"), CandleStore(tmp_path / "apart")
    reports = [report for of_file in import_files(together, files, options) for report in of_file]
    for path in files:
        import_file(apart, path, options)
    assert [report.path for report in reports] == files
    assert [report.path for report in reports if report.error] == [files[11]]
    left, right = (store.read("KRW-BTC", MINUTE) for store in (together, apart))
    assert np.array_equal(columns(left), columns(right))
    assert (left.fetched, len(left.time_ms)) == (right.fetched, 39 * 7 + 10 - 4)


@pytest.mark.parametrize(
    ("timeframe", "gap_bars", "gap_ms", "parts"),
    [
        (MINUTE, 1440, None, 1), (MINUTE, 1441, None, 2), (MINUTE, 11, 600_000, 2), (MINUTE, 10, 600_000, 1), (MINUTE, 1, 1, 1),
        (DAY, 30, None, 1), (DAY, 31, None, 2),
    ],
)  # fmt: skip
def test_gaps_longer_than_the_limit_are_unknown(timeframe: object, gap_bars: int, gap_ms: int | None, parts: int) -> None:
    length = timeframe.length_ms  # type: ignore[attr-defined]
    times = np.array([START, START + length, START + length + gap_bars * length, START + length + (gap_bars + 1) * length])
    found = segments(times, timeframe, gap_ms)  # type: ignore[arg-type]
    assert len(found) == parts
    assert (found[0][0], found[-1][1]) == (START, int(times[-1]) + length)


# -- real data --------------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("folder", ["upbit", "binance"])
def test_the_real_folder_imports_row_for_row(market_data: Path, tmp_path: Path, folder: str) -> None:
    entries = [e for e in json.loads((market_data / "MANIFEST.json").read_text()) if e["file"].startswith(f"{folder}/")]
    store = CandleStore(tmp_path)
    now_ms = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000
    files = [market_data / entry["file"] for entry in entries]
    reports = list(import_files(store, files, ImportOptions(now_ms=now_ms)))
    assert [[report.path for report in of_file] for of_file in reports] == [[path] for path in files]
    for entry, (report,) in zip(entries, reports, strict=True):
        assert report.error is None
        assert (report.market, report.timeframe, report.rows) == (entry["market"], entry["tf"], entry["rows"])
        assert (report.written.added, report.written.conflicts, report.duplicates, report.skipped) == (entry["rows"], 0, 0, {})
        starts = [int(datetime.fromisoformat(s[0]).replace(tzinfo=UTC).timestamp()) * 1000 for s in entry["segments"]]
        assert [start for start, _ in report.segments] == starts
        table = store.read(entry["market"], parse_timeframe(entry["tf"]))
        assert len(table.time_ms) == entry["rows"]
        assert (table.close.min(), table.close.max()) == (entry["min_close"], entry["max_close"])
        assert round(float(np.mean(~np.isnan(table.value))), 4) == entry["value_known"]
    assert len(entries) == {"upbit": 105, "binance": 13}[folder]
    assert len(store.markets()) == len({e["market"] for e in entries})


@pytest.mark.data
def test_shapes_that_are_not_candles_are_refused(market_data: Path, tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    expected = {
        "panel/upbit_krw_1h_open_close.parquet": "data.lacking_columns",
        "rest/upbit_market_all_20210417.json": "data.lacking_columns",
        "upbit_1d10kst/KRW-AAVE_1d10kst.parquet": "data.timeframe_in_file",
    }
    for name, key in expected.items():
        (report,) = import_file(store, market_data / name, ImportOptions())
        assert report.error is not None
        assert report.error.key == key
    assert store.markets() == []


@pytest.mark.data
def test_verbatim_rest_answers_agree_with_the_candles_gathered_elsewhere(market_data: Path, tmp_path: Path) -> None:
    """240 minutes of 2020-02-20 as Upbit's REST gave them make exactly the four hours that another source has (volume included)."""
    store = CandleStore(tmp_path)
    for name in ("upbit_1m_20200220_170000-20200220_202000", "upbit_1m_20200220_202000-20200220_210000"):
        (report,) = import_file(store, market_data / "rest" / f"{name}.json", ImportOptions())
        assert (report.error, report.market, report.timeframe) == (None, "KRW-BTC", "1m")
    (report,) = import_file(store, market_data / "upbit" / "KRW-BTC_1h.parquet", ImportOptions())
    (start, end), *others = store.ranges("KRW-BTC", MINUTE)
    assert not others
    minutes = store.grid(["KRW-BTC"], MINUTE, start, end)
    hours = store.read("KRW-BTC", parse_timeframe("1h"), start, end)
    compared = 0
    for at, time in enumerate(hours.time_ms.tolist()):
        part = slice((time - start) // 60_000, (time - start) // 60_000 + 60)
        if part.stop <= minutes.state.shape[1]:
            assert minutes.high[0, part].max() == hours.high[at]
            assert minutes.low[0, part].min() == hours.low[at]
            assert minutes.close[0, part][-1] == hours.close[at]
            assert np.rint(minutes.volume[0, part] * 1e8).sum() == np.rint(hours.volume[at] * 1e8)
            compared += 1
    assert compared == 4
