"""`jangdan data import|download|record|compare|list|check`: candles into the store, what is stored, and how good it is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import platformdirs
import typer

from dsl.messages import text
from engine.cli.language import language
from engine.model.errors import UserError

if TYPE_CHECKING:
    from engine.candles.importer import FileReport, ImportOptions

VARIABLE = "JANGDAN_DATA"
EXCHANGE_VARIABLE = "JANGDAN_UPBIT_URL"
EXCHANGE = "https://api.upbit.com"
_RECORDINGS = (".jsonl", ".jsonl.gz")


def _say(key: str, **values: object) -> str:
    return text(f"data.{key}", language(), **values)


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=text("cli.help_data", language()))

Folder = Annotated[Path | None, typer.Option("--data", help=_say("option_data", variable=VARIABLE), show_default=False)]
Exchange = Annotated[str, typer.Option("--exchange", help=_say("option_exchange"), envvar=EXCHANGE_VARIABLE)]
Markets = Annotated[list[str], typer.Option("--markets", help=_say("option_markets"), show_default=False)]
From = Annotated[str | None, typer.Option("--from", help=_say("option_from"), show_default=False)]
To = Annotated[str | None, typer.Option("--to", help=_say("option_to"), show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=_say("option_json"))]
Market = Annotated[str | None, typer.Option("--market", help=_say("option_market"), show_default=False)]
TimeframeName = Annotated[str | None, typer.Option("--timeframe", help=_say("option_timeframe"), show_default=False)]
ZoneName = Annotated[str, typer.Option("--timezone", help=_say("option_timezone"))]


def data_folder(chosen: Path | None) -> Path:
    """Where candles are stored: `--data`, then JANGDAN_DATA, then the user's data folder of this system."""
    if chosen is not None:
        return chosen
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("jangdan", appauthor=False)) / "candles"


def sample_folder() -> Path:
    """Where the generated sample market is kept: it can be made again at any time, so among the caches."""
    return Path(platformdirs.user_cache_dir("jangdan", appauthor=False))


@app.command("import", help=_say("help_import"))
def import_(
    paths: Annotated[list[Path], typer.Argument(help=_say("argument_paths"), show_default=False)],
    data: Folder = None,
    market: Market = None,
    timeframe: TimeframeName = None,
    timezone: ZoneName = "auto",
    gap: Annotated[str | None, typer.Option("--gap", help=_say("option_gap"), show_default=False)] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help=_say("option_skip_bad"))] = False,
    delisted: Annotated[bool, typer.Option("--delisted", help=_say("option_delisted"))] = False,
    as_json: AsJson = False,
) -> None:
    """Import files and folders; exit 1 when any file was refused (the others are imported all the same)."""
    from engine.candles.endings import state_delisted
    from engine.candles.importer import find_files, import_files  # numpy and pyarrow: --help must not pay for them
    from engine.candles.store import CandleStore
    from engine.cli.data_output import import_json, show_imports
    from engine.cli.progress import bar

    options = _options(market, timeframe, timezone, gap, skip_bad)
    found = find_files(paths)
    files = [path for path in found if not path.name.endswith(_RECORDINGS)]
    _import_recordings([path for path in found if path not in files], data_folder(data))
    if not files:
        return
    if market is not None and len(files) > 1:
        raise UserError("data.one_market_many_files", count=len(files))
    store = CandleStore(data_folder(data))
    reports: list[FileReport] = []
    with bar() as move:
        for done, of_file in enumerate(import_files(store, files, options), start=1):
            reports += of_file
            move(_say("importing"), done, len(files))
    for report in reports if delisted else []:
        if not report.error:
            state_delisted(store, report.market, report.segments[-1][1])
    if as_json:
        typer.echo(import_json(store, reports, language()))
    else:
        show_imports(store, reports, language())
    if any(report.error for report in reports):
        raise typer.Exit(1)


def _import_recordings(paths: list[Path], folder: Path) -> None:
    """Books and trades that were recorded from the exchange's WebSocket."""
    if not paths:
        return
    from engine.candles.side_store import SideStore
    from engine.exchange.upbit.recording import import_recording

    for path in paths:
        for (market, kind), rows in import_recording(SideStore(folder), path).items():
            typer.echo(_say("recording_imported", path=path, market=market, kind=kind, rows=rows), err=True)


@app.command("list", help=_say("help_list"))
def list_(data: Folder = None, as_json: AsJson = False) -> None:
    """Show every market and timeframe that is stored."""
    from engine.candles.side_store import SideStore
    from engine.candles.store import CandleStore
    from engine.cli.data_output import list_json, show_list

    store = CandleStore(data_folder(data))
    side = SideStore(store.folder)
    if as_json:
        typer.echo(list_json(store, side))
    else:
        show_list(store, side, language())


@app.command("check", help=_say("help_check"))
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help=_say("argument_check_paths"), show_default=False)] = None,
    data: Folder = None,
    market: Annotated[list[str] | None, typer.Option("--market", help=_say("option_check_market"), show_default=False)] = None,
    timeframe: TimeframeName = None,
    timezone: ZoneName = "auto",
    as_json: AsJson = False,
) -> None:
    """Report on stored candles, or on files before they are imported; exit 1 when a number is wrong (not for gaps or spikes)."""
    from engine.candles.quality import check_store
    from engine.candles.source_quality import check_files
    from engine.candles.store import CandleStore
    from engine.cli.data_output import quality_json, show_quality

    if paths:
        report = check_files(paths, _options(market[0] if market else None, timeframe, timezone, None, True))
    else:
        store = CandleStore(data_folder(data))
        lacking = sorted(set(market or []) - set(store.markets()))
        if lacking or not store.markets():
            raise UserError("data.nothing_to_check", markets=", ".join(lacking) or "-", folder=store.folder)
        report = check_store(store, market)
    if as_json:
        typer.echo(quality_json(report))
    else:
        show_quality(report, language())
    if not report.sound:
        raise typer.Exit(1)


@app.command("download", help=_say("help_download"))
def download(
    markets: Markets,
    timeframe: Annotated[str, typer.Option("--timeframe", help=_say("option_download_timeframe"))] = "1m",
    from_: From = None,
    to: To = None,
    data: Folder = None,
    exchange: Exchange = EXCHANGE,
    as_json: AsJson = False,
) -> None:
    """Fetch what the store lacks of the range; what has arrived stays, whatever ends the command. Exit 1 when a market failed."""
    from engine.cli.data_exchange import Task, run_download  # numpy, pyarrow and httpx: --help must not pay for them

    if not run_download(Task(data_folder(data), exchange, markets, timeframe, from_, to), as_json=as_json):
        raise typer.Exit(1)


@app.command("record", help=_say("help_record"))
def record(
    markets: Markets,
    for_: Annotated[str | None, typer.Option("--for", help=_say("option_for"), show_default=False)] = None,
    levels: Annotated[int, typer.Option("--levels", help=_say("option_levels"))] = 30,
    least: Annotated[str | None, typer.Option("--least", help=_say("option_least"), show_default=False)] = None,
    far: Annotated[str | None, typer.Option("--far", help=_say("option_far"), show_default=False)] = None,
    metrics: Annotated[Path | None, typer.Option("--metrics", help=_say("option_metrics"), show_default=False)] = None,
    data: Folder = None,
    exchange: Annotated[str | None, typer.Option("--exchange", help=_say("option_exchange"), envvar=EXCHANGE_VARIABLE)] = None,
    as_json: AsJson = False,
) -> None:
    """Keep trades, one book a second and the markets' flags until Ctrl+C; what backtests read as flow.*, book.* and market.*."""
    from engine.cli.data_record import Wish, run_record  # numpy, pyarrow and httpx: --help must not pay for them

    run_record(Wish(data_folder(data), exchange, markets, for_, levels, least, far, metrics), as_json=as_json)


@app.command("alerts", help=_say("help_alerts"))
def alerts(
    after: Annotated[int, typer.Option("--after", min=0, help=text("alerts.option_after", language()))] = 0,
    data: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show what recorders and live feeds told the owner, oldest first."""
    from engine.alerts.log import FILE, read_alerts
    from engine.cli.data_record import alert_line

    path = data_folder(data) / FILE
    found = read_alerts(path, after)
    if as_json:
        typer.echo(orjson.dumps([{**alert.record(), "message": alert.message(language())} for alert in found]).decode())
        return
    for line in [alert_line(alert) for alert in found] or [text("alerts.none", language(), path=path)]:
        typer.echo(line)


@app.command("compare", help=_say("help_compare"))
def compare(
    markets: Markets,
    timeframe: Annotated[str, typer.Option("--timeframe", help=_say("option_compare_timeframe"))] = "1m",
    with_: Annotated[str, typer.Option("--with", help=_say("option_with"))] = "1d",
    from_: From = None,
    to: To = None,
    repair: Annotated[bool, typer.Option("--repair", help=_say("option_repair"))] = False,
    data: Folder = None,
    exchange: Exchange = EXCHANGE,
    as_json: AsJson = False,
) -> None:
    """Hold stored candles against the exchange's own higher ones; exit 1 when a bar differs."""
    from engine.cli.data_exchange import Task, run_compare

    if not run_compare(Task(data_folder(data), exchange, markets, timeframe, from_, to), with_, repair=repair, as_json=as_json):
        raise typer.Exit(1)


def _options(market: str | None, timeframe: str | None, timezone: str, gap: str | None, skip_bad: bool) -> ImportOptions:
    from engine.candles.formats import ZoneChoice
    from engine.candles.importer import ImportOptions
    from engine.candles.store import check_market
    from engine.candles.timeframes import parse_duration, parse_timeframe

    if timezone not in list(ZoneChoice):
        raise UserError("data.bad_timezone", found=timezone)
    return ImportOptions(
        market=None if market is None else check_market(market),
        timeframe=None if timeframe is None else parse_timeframe(timeframe),
        zone=ZoneChoice(timezone),
        gap_ms=None if gap is None else parse_duration(gap),
        skip_bad=skip_bad,
        now_ms=time.time_ns() // 1_000_000,
    )
