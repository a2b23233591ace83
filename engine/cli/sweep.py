"""`jangdan sweep FILE --vary ...`: many values of a strategy's numbers at once, and what their best is worth."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from dsl.files import default_profile_folders, profiles_in
from dsl.messages import text
from dsl.render import headline
from dsl.variants import Place, PlaceError, Variants
from dsl.vary import VaryError, from_range, products, spread
from engine.cli.backtest import EXCHANGE_VARIABLE, candles_for, run_settings
from engine.cli.costs import HaltOption, QueueOption, VisibleOption
from engine.cli.inputs import instant_ms, load_strategy, market_codes
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dsl.strategy import Strategy
    from engine.assembly import Market
    from engine.research.result import Settings
    from engine.research.sweep import Outcome

#: figures that a table can be sorted by (fields of engine.research.sweep.Outcome)
SORTS: Final = (
    "total_return", "sharpe", "sortino", "calmar", "maximum_drawdown", "profit_factor", "win_rate", "closed_trades", "end_equity",
)  # fmt: skip
_MOST: Final = 20_000
_BLOCK: Final = 2048
_MOST_THREADS: Final = 64


@dataclass(frozen=True, slots=True)
class Tried:
    """One combination. place: its position on every axis; later: the second part of a split."""

    values: dict[str, str]
    place: tuple[int, ...]
    strategy: Strategy
    outcome: Outcome | None = None
    later: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """All that a sweep found. own: the file as it stands; start, split, end: UTC ms, split 0 where there is none."""

    name: str
    axes: dict[str, tuple[str, ...]]
    tried: list[Tried]
    own: Tried
    refused: list[tuple[dict[str, str], str]]
    markets: int
    synthetic: bool
    start_ms: int
    split_ms: int
    end_ms: int
    bars: int
    nodes: int
    checking_seconds: float
    seconds: float


def _say(key: str, **values: object) -> str:
    return text(f"sweep.{key}", language(), **values)


def _of_backtest(key: str, **values: object) -> str:
    return text(f"backtest.{key}", language(), **values)


def sweep(
    file: Annotated[Path, typer.Argument(help=_of_backtest("argument_file"), show_default=False)],
    vary: Annotated[list[str] | None, typer.Option("--vary", help=_say("option_vary"), show_default=False)] = None,
    from_: Annotated[str | None, typer.Option("--from", help=_of_backtest("option_from"), show_default=False)] = None,
    to: Annotated[str | None, typer.Option("--to", help=_of_backtest("option_to"), show_default=False)] = None,
    markets: Annotated[list[str] | None, typer.Option("--markets", help=_of_backtest("option_markets"), show_default=False)] = None,
    sort: Annotated[str, typer.Option("--sort", help=_say("option_sort", figures=", ".join(SORTS)))] = "total_return",
    top: Annotated[int, typer.Option("--top", help=_say("option_top"), min=1)] = 20,
    split: Annotated[str | None, typer.Option("--split", help=_say("option_split"), show_default=False)] = None,
    cash: Annotated[str, typer.Option("--cash", help=_of_backtest("option_cash"))] = "10_000_000 KRW",
    data: Annotated[
        Path | None, typer.Option("--data", help=_of_backtest("option_data", variable="JANGDAN_DATA"), show_default=False)
    ] = None,
    base: Annotated[str | None, typer.Option("--base", help=_of_backtest("option_base"), show_default=False)] = None,
    fee: Annotated[list[str] | None, typer.Option("--fee", help=_of_backtest("option_fee"), show_default="0.05%")] = None,
    slippage: Annotated[str, typer.Option("--slippage", help=_of_backtest("option_slippage"))] = "5bp",
    participation: Annotated[
        str | None, typer.Option("--participation", help=_of_backtest("option_participation"), show_default=False)
    ] = None,
    latency: Annotated[str, typer.Option("--latency", help=_of_backtest("option_latency"))] = "0",
    book: Annotated[str | None, typer.Option("--book", help=_of_backtest("option_book"), show_default=False)] = None,
    walk_books: Annotated[bool, typer.Option("--walk-books", help=_of_backtest("option_walk_books"))] = False,
    queue: QueueOption = None,
    visible_depth: VisibleOption = None,
    halt: HaltOption = None,
    rounding: Annotated[str, typer.Option("--rounding", help=_of_backtest("option_rounding"))] = "upbit",
    json_path: Annotated[Path | None, typer.Option("--json", help=_say("option_json"), show_default=False)] = None,
    csv_path: Annotated[Path | None, typer.Option("--csv", help=_say("option_csv"), show_default=False)] = None,
    write: Annotated[Path | None, typer.Option("--write", help=_say("option_write"), show_default=False)] = None,
    threads: Annotated[int, typer.Option("--threads", help=_say("option_threads"))] = 2,
    exchange: Annotated[
        str, typer.Option("--exchange", help=_of_backtest("option_exchange"), envvar=EXCHANGE_VARIABLE)
    ] = "https://api.upbit.com",
) -> None:
    """Try every combination; exit 1 when the file, the values or the candles do not allow it."""
    if str(json_path) == "-" and str(csv_path) == "-":
        raise UserError("sweep.two_documents")
    if sort not in SORTS:
        raise UserError("inputs.bad_choice", option="--sort", text=sort, choices=", ".join(SORTS))
    if not 1 <= threads <= _MOST_THREADS:
        raise UserError("sweep.bad_threads")
    strategy = load_strategy(file, "sweep")
    variants = Variants(file.read_text("utf-8-sig"), str(file), catalogue(), profiles_in(*default_profile_folders(file)))
    axes = axes_of(variants, vary or [])
    costs = (fee or [], slippage, participation, latency, book, walk_books, queue, visible_depth, halt or [])
    settings = run_settings(from_, to, cash, costs, rounding, _BLOCK)
    chosen = market_codes(markets or [], strategy)
    started = time.perf_counter()
    tried, refused = checked(variants, axes)
    checking = time.perf_counter() - started
    if not tried:
        raise UserError("sweep.all_refused")

    def candles(one: Strategy) -> Market:
        return candles_for(one, chosen, settings, data, base, exchange, file.parent)

    found = _swept(strategy, variants, axes, tried, refused, split, threads, checking, candles)
    from engine.cli.sweep_output import ordered, put_documents, show  # rich: a wrong command line is refused without it

    rows = ordered(found, sort)
    put_documents(found, rows, sort, json_path, csv_path)
    if write is not None:
        _write(variants, axes, rows[0], write)
    if "-" not in (str(json_path), str(csv_path)):
        show(found, rows, sort, top)


def axes_of(variants: Variants, given: Sequence[str]) -> dict[Place, tuple[str, ...]]:
    """What is varied, and its values. Raises UserError."""
    if not given:
        raise UserError("sweep.no_vary")
    axes: dict[Place, tuple[str, ...]] = {}
    for part in given:
        path, equals, spec = part.partition("=")
        path = path.strip()
        try:
            place = variants.place(path)
        except PlaceError as error:
            shown = f" (`{error.text}`)" if error.code == "none" and error.text else error.text
            raise UserError(f"sweep.place_{error.code}", path=path, text=shown) from error
        if place in axes:
            raise UserError("sweep.place_twice", path=path)
        try:
            axes[place] = spread(spec) if equals else _of_file(variants, place, path)
        except VaryError as error:
            raise UserError(f"sweep.bad_{error.code}", path=path, text=error.text) from error
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > _MOST:
        raise UserError("sweep.too_many", count=count, most=_MOST)
    return axes


def _of_file(variants: Variants, place: Place, path: str) -> tuple[str, ...]:
    """The range of the parameter in the file."""
    given = variants.steps(place)
    if given is None:
        raise UserError("sweep.no_range", path=path)
    return from_range(*given)


def checked(variants: Variants, axes: dict[Place, tuple[str, ...]]) -> tuple[list[Tried], list[tuple[dict[str, str], str]]]:
    """Every combination checked like a file: those that are accepted, and the others with the first thing that is wrong with them."""
    by_path = {place.path: place for place in axes}
    order = {place.path: {value: number for number, value in enumerate(values)} for place, values in axes.items()}
    tried, refused = [], []
    for values in products({place.path: values for place, values in axes.items()}):
        variant = variants.variant({by_path[path]: value for path, value in values.items()})
        if variant.strategy is not None:
            tried.append(Tried(values, tuple(order[path][value] for path, value in values.items()), variant.strategy))
        else:
            refused.append((values, ""))
    if refused:
        errors = variants.compiled({by_path[path]: value for path, value in refused[0][0].items()}).errors
        refused[0] = (refused[0][0], headline(errors[0], language()) if errors else "")
    return tried, refused


def _swept(
    strategy: Strategy, variants: Variants, axes: dict[Place, tuple[str, ...]], tried: list[Tried],
    refused: list[tuple[dict[str, str], str]], split: str | None, threads: int, checking: float, candles: Callable[[Strategy], Market],
) -> Swept:  # fmt: skip
    """All combinations and the file as it stands over the candles, in two parts where they are split."""
    from engine.research.sweep import groups, together  # numpy and numba: a wrong command line is refused without them

    own = variants.variant({})
    assert own.strategy is not None  # the file has been checked
    every = [*tried, Tried({}, (), own.strategy)]
    run = _Run(split, threads)
    for members in groups([one.strategy for one in every]):
        market = candles(together([every[i].strategy for i in members]))
        for i, one in zip(members, run.over([every[i] for i in members], market), strict=True):
            every[i] = one
    return Swept(
        name=strategy.name, axes={place.path: values for place, values in axes.items()}, tried=every[:-1], own=every[-1], refused=refused,
        markets=run.markets, synthetic=run.synthetic, start_ms=run.start_ms, split_ms=run.split_ms, end_ms=run.end_ms, bars=run.bars,
        nodes=len(variants.graph), checking_seconds=checking, seconds=run.seconds,
    )  # fmt: skip


class _Run:
    """Runs groups of combinations, and adds up what it took."""

    def __init__(self, split: str | None, threads: int) -> None:
        self.split, self.threads = split, threads
        self.markets = self.bars = self.start_ms = self.split_ms = self.end_ms = 0
        self.synthetic = False
        self.seconds = 0.0
        self._told: set[str] = set()

    def over(self, every: list[Tried], market: Market) -> list[Tried]:
        """The combinations with their outcomes."""
        for message in market.messages:
            line = text(message.key, language(), **message.values)
            if line not in self._told:
                sys.stderr.write(line + "\n")
            self._told.add(line)
        self.synthetic = self.synthetic or market.synthetic
        settings = market.settings
        assert settings.from_ms is not None and settings.to_ms is not None  # noqa: PT018  market_for fills the range in
        self.split_ms = 0 if self.split is None else split_ms(self.split, settings.from_ms, settings.to_ms)
        first = replace(settings, to_ms=self.split_ms or settings.to_ms)
        found = [replace(one, outcome=outcome) for one, outcome in zip(every, self._part(every, market, first), strict=True)]
        if self.split_ms:
            second = self._part(every, market, replace(settings, from_ms=self.split_ms))
            found = [replace(one, later=outcome) for one, outcome in zip(found, second, strict=True)]
        return found

    def _part(self, every: list[Tried], market: Market, settings: Settings) -> tuple[Outcome, ...]:
        from engine.cli.progress import bar
        from engine.research.sweep import sweep as run_sweep

        strategies = [one.strategy for one in every]
        with bar() as move:
            try:
                result = run_sweep(
                    strategies, market.grid, settings, traded=market.traded, threads=self.threads,
                    progress=lambda done, whole: move(_say("running"), done, whole),
                )  # fmt: skip
            except ValueError as error:
                raise UserError("backtest.cannot_run", reason=error) from error
        self.seconds += result.compute_seconds
        self.bars, self.markets = max(self.bars, result.bars), len(market.traded)
        self.start_ms, self.end_ms = min(self.start_ms or result.start_ms, result.start_ms), max(self.end_ms, result.end_ms)
        return result.outcomes


def split_ms(split: str, from_ms: int, to_ms: int) -> int:
    """Where `70%` or a date cuts the range; at a turn of the trading day for a share. Raises UserError."""
    share = split.strip().removesuffix("%")
    if split.strip().endswith("%") and share.replace(".", "", 1).isdecimal():
        day = 86_400_000
        at: int | None = round((from_ms + (to_ms - from_ms) * float(share) / 100) / day) * day
    else:
        at = instant_ms(split, "--split")
    if at is None or not from_ms < at < to_ms:
        raise UserError("sweep.bad_split", text=split)
    return at


def _write(variants: Variants, axes: dict[Place, tuple[str, ...]], best: Tried, path: Path) -> None:
    by_path = {place.path: place for place in axes}
    try:
        path.write_text(variants.written({by_path[name]: value for name, value in best.values.items()}), "utf-8")
    except OSError as error:
        raise UserError("backtest.cannot_write", path=path, reason=error) from error
    sys.stderr.write(_say("written", path=path) + "\n")
