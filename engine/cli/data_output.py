"""What `jangdan data` prints: tables for people, one JSON document for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import orjson
from rich.console import Console
from rich.table import Table

from dsl.diagnostics import Language
from dsl.messages import text
from engine.candles.instants import korean_time
from engine.candles.quality import ERRORS, Finding
from engine.candles.timeframes import timeframe_name

if TYPE_CHECKING:
    from engine.candles.importer import FileReport
    from engine.candles.quality import MarketQuality, QualityReport
    from engine.candles.side_store import SideStore
    from engine.candles.store import CandleStore

#: markets and outages shown before the table says how many more there are
_MOST_OUTAGES: Final = 20
#: wide enough for whole paths and tables when the output is not a terminal
_PIPE_WIDTH: Final = 160


def _console() -> Console:
    console = Console(highlight=False, emoji=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)


def _json(document: Any) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode()


def _table(language: Language, *columns: tuple[str, bool]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key, is_number in columns:
        table.add_column(text(f"data.{key}", language), justify="right" if is_number else "left", no_wrap=True)
    return table


def _span(from_ms: int, to_ms: int) -> tuple[str, str]:
    return korean_time(from_ms), korean_time(to_ms)


def _mark_synthetic(console: Console, synthetic: bool, language: Language) -> None:
    if synthetic:
        console.print(text("data.synthetic_line", language), style="bold red")


# -- import -----------------------------------------------------------------------------------------------------------------------


def show_imports(store: CandleStore, reports: Sequence[FileReport], language: Language) -> None:
    """One row per market and timeframe, then the files that were refused, then the sums."""
    console = _console()
    good = [report for report in reports if report.error is None]
    if good:
        console.print(_import_table(good, language))
    for report in reports:
        if report.error is not None:
            console.print(text("data.refused", language, message=report.error.message(language)), style="red", soft_wrap=True)
    if any(report.error is not None and report.error.key.startswith("data.defect_") for report in reports):
        console.print(text("data.skip_bad_hint", language))
    counts = {
        "files": len({report.path for report in good}),
        "rows": sum(report.rows for report in good),
        "added": sum(report.written.added for report in good),
        "conflicts": sum(report.written.conflicts for report in good),
        "refused": len(reports) - len(good),
        "folder": store.folder,
    }
    console.print(text("data.import_sum", language, **counts), soft_wrap=True)


def _import_table(reports: Sequence[FileReport], language: Language) -> Table:
    table = _table(
        language, ("column_market", False), ("column_timeframe", False), ("column_rows", True), ("column_added", True),
        ("column_conflicts", True), ("column_skipped", True), ("column_segments", True), ("column_from", False), ("column_to", False),
    )  # fmt: skip
    for report in sorted(reports, key=lambda r: (r.market, r.timeframe)):
        skipped = sum(report.skipped.values()) + report.duplicates + report.forming
        span = _span(report.segments[0][0], report.segments[-1][1])
        numbers = (report.rows, report.written.added, report.written.conflicts, skipped, len(report.segments))
        table.add_row(report.market, report.timeframe, *(f"{number:,}" for number in numbers), *span)
    return table


def import_json(store: CandleStore, reports: Sequence[FileReport], language: Language) -> str:
    """Everything that was imported and refused, times in UTC ms."""
    files = []
    for report in reports:
        item = asdict(report) | {"path": str(report.path), "error": report.error.message(language) if report.error else None}
        files.append(item)
    return _json({"folder": str(store.folder), "synthetic": store.synthetic, "files": files})


# -- list -------------------------------------------------------------------------------------------------------------------------


def _stored(store: CandleStore) -> list[dict[str, Any]]:
    found = []
    for market in store.markets():
        for timeframe in store.timeframes(market):
            table = store.read(market, timeframe)
            found.append(
                {
                    "market": market,
                    "timeframe": timeframe_name(timeframe),
                    "rows": len(table.time_ms),
                    "ranges": table.fetched,
                    "value_known": bool(len(table.value)) and not bool((table.value != table.value).any()),
                }
            )
    return found


def _recorded(side: SideStore) -> list[dict[str, Any]]:
    found = []
    for market in side.markets():
        for kind in side.kinds(market):
            ranges, rows = side.ranges(market, kind)
            found.append({"market": market, "kind": kind, "rows": rows, "ranges": ranges})
    return found


def show_list(store: CandleStore, side: SideStore, language: Language) -> None:
    """One row per market and timeframe, and one per market and kind of recording."""
    console = _console()
    _mark_synthetic(console, store.synthetic, language)
    found, recorded = _stored(store), _recorded(side)
    if not found:
        console.print(text("data.nothing_stored", language, folder=store.folder), soft_wrap=True)
    else:
        _show_candles(console, store, found, language)
    if recorded:
        _show_recorded(console, recorded, language)


def _show_recorded(console: Console, recorded: Sequence[dict[str, Any]], language: Language) -> None:
    table = _table(
        language, ("column_market", False), ("column_recorded", False), ("column_rows", True), ("column_segments", True),
        ("column_from", False), ("column_to", False),
    )  # fmt: skip
    for item in recorded:
        ranges = item["ranges"]
        span = _span(ranges[0][0], ranges[-1][1]) if ranges else ("", "")
        table.add_row(item["market"], item["kind"], f"{item['rows']:,}", str(len(ranges)), *span)
    console.print()
    console.print(table)


def _show_candles(console: Console, store: CandleStore, found: Sequence[dict[str, Any]], language: Language) -> None:
    table = _table(
        language, ("column_market", False), ("column_timeframe", False), ("column_rows", True), ("column_segments", True),
        ("column_from", False), ("column_to", False), ("column_value", False),
    )  # fmt: skip
    for item in found:
        ranges = item["ranges"]
        span = _span(ranges[0][0], ranges[-1][1]) if ranges else ("", "")
        known = text("data.yes" if item["value_known"] else "data.no", language)
        table.add_row(item["market"], item["timeframe"], f"{item['rows']:,}", str(len(ranges)), *span, known)
    console.print(table)
    markets, rows = len({item["market"] for item in found}), sum(item["rows"] for item in found)
    console.print(text("data.list_sum", language, markets=markets, rows=rows, folder=store.folder), soft_wrap=True)


def list_json(store: CandleStore, side: SideStore) -> str:
    """What is stored and recorded, times in UTC ms."""
    recorded = _recorded(side)
    return _json({"folder": str(store.folder), "synthetic": store.synthetic, "candles": _stored(store), "recorded": recorded})


# -- check ------------------------------------------------------------------------------------------------------------------------


def show_quality(report: QualityReport, language: Language) -> None:
    """One row per market and timeframe, examples of what is wrong or odd, the outages, and the verdict."""
    console = _console()
    _mark_synthetic(console, report.synthetic, language)
    columns = [("column_market", False), ("column_timeframe", False), ("column_rows", True)]
    table = _table(language, *columns, *((f"finding_{finding}", True) for finding in Finding))
    for quality in report.markets:
        counts = (quality.findings[finding].count for finding in Finding)
        table.add_row(quality.market, quality.timeframe, f"{quality.rows:,}", *(f"{n:,}" if n else "-" for n in counts))
    console.print(table)
    for line in _examples(report.markets, language):
        console.print(line, soft_wrap=True)
    _show_outages(console, report, language)
    key = "quality_sound" if report.sound else "quality_wrong"
    counted = Counter({finding: report.total(finding) for finding in ERRORS})
    console.print(text(f"data.{key}", language, count=counted.total(), markets=len(report.markets)))


def _examples(markets: Sequence[MarketQuality], language: Language) -> Iterator[str]:
    shown = (*ERRORS, Finding.SPIKE, Finding.OFF_TICK)
    for quality in markets:
        for finding in shown:
            count = quality.findings[finding]
            if count.count:
                times = ", ".join(korean_time(time) for time in count.examples)
                name = text(f"data.finding_{finding}", language)
                where = f"{quality.market} {quality.timeframe}"
                yield text("data.example_line", language, where=where, finding=name, count=count.count, times=times)


def _show_outages(console: Console, report: QualityReport, language: Language) -> None:
    for outage in report.outages[:_MOST_OUTAGES]:
        start, end = _span(outage.from_ms, outage.to_ms)
        values = {"timeframe": outage.timeframe, "start": start, "end": end, "bars": outage.bars, "markets": outage.markets}
        console.print(text("data.outage_line", language, **values))
    if len(report.outages) > _MOST_OUTAGES:
        console.print(text("data.outages_more", language, count=len(report.outages) - _MOST_OUTAGES))


def quality_json(report: QualityReport) -> str:
    """The whole report, times in UTC ms."""
    return _json({"sound": report.sound, **asdict(report)})
