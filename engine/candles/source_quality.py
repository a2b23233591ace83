"""The quality report over files that are not imported yet: rows as they are, doubled and unsorted ones included."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.candles.errors import SourceError
from engine.candles.formats import RawCandles, read_candles
from engine.candles.importer import ImportOptions, find_files, identify
from engine.candles.months import Rows
from engine.candles.quality import MarketQuality, QualityReport, check_rows


def check_files(paths: Sequence[Path], options: ImportOptions) -> QualityReport:
    """The report over the files; findings only, as outages need to know what was fetched. Raises SourceError for an unreadable file."""
    checked = [_check(raw, options) for path in find_files(paths) for raw in read_candles(path, options.zone)]
    if options.market is not None and len(checked) > 1:
        raise SourceError("data.one_market_many_files", count=len(checked))
    return QualityReport(tuple(checked), ())


def _check(raw: RawCandles, options: ImportOptions) -> MarketQuality:
    market, timeframe = identify(raw, options)
    return check_rows(market, timeframe, Rows(raw.time_ms, raw.numbers), ())
