"""`jangdan portfolio`: what the account owns, valued at the last prices. A portfolio file is backtested: `jangdan backtest FILE`."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from engine.cli.hand import URL_VARIABLE, read_hand, say
from engine.cli.language import language
from engine.model.errors import UserError
from engine.model.money import shown

if TYPE_CHECKING:
    from engine.exchange.upbit.client import UpbitClient
    from engine.exchange.upbit.holdings import Holding

_PIPE_WIDTH: Final = 160


def portfolio(
    file: Annotated[Path | None, typer.Argument(hidden=True)] = None,
    exchange: Annotated[
        str | None, typer.Option("--exchange", help=say("option_exchange", variable=URL_VARIABLE), show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=say("option_json"))] = False,
) -> None:
    """Balances, average prices and what is unrealised."""
    if file is not None:
        raise UserError("account.portfolio_file", file=file)
    found = read_hand(exchange).run(_holdings)
    if as_json:
        import orjson

        document = {"total_krw": _total(found), "holdings": [_document(one) for one in found]}
        sys.stdout.write(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _show(found)


async def _holdings(client: UpbitClient) -> list[Holding]:
    from engine.exchange.upbit.holdings import QUOTES, holdings

    accounts = (await client.trading.accounts()).value
    tickers = (await client.quotation.tickers_all(QUOTES)).value
    return holdings(accounts, {ticker.market: ticker.trade_price for ticker in tickers})


def _total(found: list[Holding]) -> Decimal:
    return sum((one.value_krw for one in found if one.value_krw is not None), Decimal(0))


def _document(one: Holding) -> dict[str, Any]:
    return {name: getattr(one, name) for name in (*one.__slots__, "profit_ratio")}


def _show(found: list[Holding]) -> None:
    from rich.console import Console
    from rich.table import Table

    from engine.research.report.format import money, percent

    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(say("column_currency"), no_wrap=True)
    for key in ("total", "locked", "average", "last", "value", "profit", "profit_krw", "ratio"):
        table.add_column(say(f"column_{key}"), justify="right", no_wrap=True)
    for one in found:
        ratio = one.profit_ratio
        table.add_row(
            one.currency,
            shown(one.total),
            shown(one.locked) if one.locked else "",
            _in_unit(one.average, one.unit),
            _in_unit(one.price if one.currency != one.unit else None, one.unit),
            "-" if one.value_krw is None else money(float(one.value_krw), language()),
            _in_unit(one.profit, one.unit),
            "-" if one.profit_krw is None else money(float(one.profit_krw), language(), signed=True),
            "-" if ratio is None else percent(float(ratio), signed=True),
        )
    console.print(table)
    profit = sum((one.profit_krw for one in found if one.profit_krw is not None), Decimal(0))
    values = {"total": money(float(_total(found)), language()), "profit": money(float(profit), language(), signed=True)}
    console.print(say("portfolio_sum", **values))
    unpriced = [one.currency for one in found if one.value_krw is None]
    if unpriced:
        console.print(say("portfolio_unpriced", currencies=", ".join(unpriced)))


def _in_unit(value: Decimal | None, unit: str) -> str:
    """An amount with its unit where that is not KRW; to the hundredth of a won."""
    if value is None:
        return "-"
    return shown(value, 2) if unit == "KRW" and abs(value) >= 1 else shown(value) + ("" if unit == "KRW" else f" {unit}")
