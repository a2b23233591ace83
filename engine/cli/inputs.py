"""What several commands read from their command line: a strategy file, dates in Korean time, amounts, ratios, market codes."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from datetime import MAXYEAR, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from dsl.builder import won
from dsl.compile import CompiledRisk
from dsl.diagnostics import Severity
from dsl.files import Checked, check_file
from dsl.portfolio import CompiledPortfolio
from dsl.render import render
from engine.cli.language import language
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError
from engine.model.market import KST

if TYPE_CHECKING:
    from dsl.strategy import Strategy

#: the trading day turns at 09:00 KST, so a bare date starts there (= 00:00 UTC)
_DAY_START: Final = timedelta(hours=9)
#: bounds of a run: a year mistyped by a digit would ask for more candles than memory holds
_FIRST_CANDLES: Final = datetime(2017, 1, 1, tzinfo=KST)
_FURTHEST_AHEAD: Final = timedelta(days=366)
#: KRW; far beyond it quantities and prices are no longer exact
_MOST_MONEY: Final = 1e15
#: the code of a KRW market
MARKET: Final = re.compile(r"KRW-[A-Z0-9]{1,15}")
#: `오백만` is 5백만, `천만` is 1천만: a unit without a number, at the beginning or after another unit
_HANGUL: Final = "일이삼사오육칠팔구"
_HANGUL_DIGIT: Final = re.compile(r"[일이삼사오육칠팔구](?=[조억만천백십])")
_ONE: Final = re.compile(r"(?:^|(?<=[조억만\s]))(?=[조억만천백십])")


def load_strategy(path: Path, command: str = "") -> Strategy:
    """The checked strategy of a file. Findings go to standard error; errors end the command with exit code 1.

    command: that reads it. A portfolio is never read as a strategy: UserError with the commands that can be given instead.
    """
    try:
        compiled = check_file(path, catalogue())
    except OSError as error:
        raise UserError("inputs.unreadable", path=path, reason=error) from error
    if isinstance(compiled, CompiledPortfolio):
        lines = [f"  jangdan {command} {shlex.quote(str(file))}" for file in strategy_files(compiled)]
        raise UserError("inputs.portfolio_here", path=path, commands="\n".join(lines))
    if isinstance(compiled, CompiledRisk):
        raise UserError("inputs.risk_here", path=path)
    for finding in compiled.findings:
        sys.stderr.write(render(finding.diagnostic, finding.source, language()) + "\n\n")
    if compiled.strategy is None or any(f.diagnostic.severity is Severity.ERROR for f in compiled.findings):
        raise typer.Exit(1)
    return compiled.strategy


def strategy_files(found: CompiledPortfolio) -> list[Path]:
    """The files of a portfolio's strategies, in its order."""
    return [Path(part.source.name) for part in found.parts]


def instant_ms(text: str | None, option: str) -> int | None:
    """UTC ms of `2025-09-01` (the trading day's start, 09:00 KST) or `2025-09-01T13:30` (KST unless it names a zone)."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError("inputs.bad_time", option=option, text=text) from error
    if len(text) <= len("2025-09-01") and moment.year < MAXYEAR:
        moment += _DAY_START
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=KST)
    last = datetime.now(KST) + _FURTHEST_AHEAD
    if not _FIRST_CANDLES <= moment <= last:
        raise UserError("inputs.time_out_of_range", option=option, text=text, first=f"{_FIRST_CANDLES:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
    return round(moment.timestamp() * 1000)


def amount_krw(text: str, option: str) -> float:
    """KRW of `10000000`, `10_000_000 KRW`, `1000만`, `1억 5000만원`; above zero."""
    plain = _ONE.sub("1", _HANGUL_DIGIT.sub(lambda found: str(_HANGUL.index(found[0]) + 1), text.replace(",", "_").strip()))
    try:
        value = won(plain)
    except ValueError:
        value = 0.0
    if not value > 0 or not re.fullmatch(r"[\d_.\s조억만천백십원KRW]+", plain):
        raise UserError("inputs.bad_amount", option=option, text=text)
    if value > _MOST_MONEY:
        raise UserError("inputs.too_much_money", option=option, text=text)
    return value


def market_codes(named: Sequence[str], strategy: Strategy) -> tuple[str, ...]:
    """Markets of `--markets KRW-BTC,KRW-ETH`, else the strategy file's; sorted, each once. None where a universe chooses of all."""
    codes = [code.strip().upper() for part in named for code in part.split(",") if code.strip()] or list(strategy.markets)
    for code in codes:
        if not MARKET.fullmatch(code):
            turned = "-".join(reversed(code.split("-")))
            hint = turned if MARKET.fullmatch(turned) else "KRW-BTC"
            raise UserError("inputs.bad_market", code=code, hint=hint)
    if not codes and strategy.universe is None:
        raise UserError("inputs.no_markets")
    return tuple(sorted(set(codes)))


def refusal(found: Checked) -> str:
    """The errors of a checked file as its reader is shown them; "" when it is accepted."""
    errors = [finding for finding in found.findings if finding.diagnostic.severity is Severity.ERROR]
    return "\n\n".join(render(finding.diagnostic, finding.source, language()) for finding in errors)
