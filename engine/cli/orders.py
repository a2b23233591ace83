"""`jangdan orders list|cancel|closed`: the account's orders, by the owner's own hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from dsl.messages import text
from engine.cli.hand import DRY_VARIABLE, URL_VARIABLE, market_code, read_hand, say
from engine.cli.language import language
from engine.model.errors import UsageError
from engine.model.market import KST
from engine.model.money import shown

if TYPE_CHECKING:
    from engine.exchange.upbit.answers import BatchCancel, Order
    from engine.exchange.upbit.client import UpbitClient
    from engine.exchange.upbit.holdings import Realised

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=text("cli.help_orders", language()))

Market = Annotated[str | None, typer.Option("--market", help=say("option_market"), show_default=False)]
Exchange = Annotated[str | None, typer.Option("--exchange", help=say("option_exchange", variable=URL_VARIABLE), show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=say("option_json"))]
_PIPE_WIDTH: Final = 200


@app.command("list", help=say("help_list"))
def list_(market: Market = None, exchange: Exchange = None, as_json: AsJson = False) -> None:
    """Orders that wait, for a price or to be triggered."""
    hand, code = read_hand(exchange), None if market is None else market_code(market)
    orders = hand.run(lambda client: _open(client, code))
    if as_json:
        _write([order.whole() for order in orders])
    else:
        _show(orders, "none_open")


@app.command("cancel", help=say("help_cancel"))
def cancel(
    names: Annotated[list[str] | None, typer.Argument(help=say("argument_names"), show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help=say("option_all"))] = False,
    market: Market = None,
    exchange: Exchange = None,
    as_json: AsJson = False,
) -> None:
    """Cancel orders by uuid or identifier, or all of them; exit 1 when one could not be cancelled. The emergency stop allows it."""
    if bool(names) == everything or (market is not None and not everything):
        raise UsageError("account.cancel_what")
    hand, code = read_hand(exchange), None if market is None else market_code(market)
    found = hand.run(lambda client: _cancelled(client, names or [], code, dry=hand.dry_run))
    failed = [one["name"] for one in found if not one["cancelled"] and not hand.dry_run]
    if as_json:
        _write({"dry_run": hand.dry_run, "orders": found})
    else:
        for one in found:
            key = "would_cancel" if hand.dry_run else "cancelled" if one["cancelled"] else "not_cancelled"
            sys.stdout.write(say(key, name=one["name"], market=one["market"] or "") + "\n")
        if not found:
            sys.stdout.write(say("none_open") + "\n")
        elif hand.dry_run:
            sys.stdout.write(say("dry_run", variable=DRY_VARIABLE) + "\n")
    if failed:
        raise typer.Exit(1)


@app.command("closed", help=say("help_closed"))
def closed(
    market: Market = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help=say("option_days"))] = 7,
    profit: Annotated[bool, typer.Option("--profit", help=say("option_profit"))] = False,
    exchange: Exchange = None,
    as_json: AsJson = False,
) -> None:
    """Orders that are over, newest first, and what their sales made."""
    from engine.exchange.upbit.history import closed_orders, deals_of
    from engine.exchange.upbit.holdings import realised

    hand, code = read_hand(exchange), None if market is None else market_code(market)

    async def main(client: UpbitClient) -> tuple[list[Order], list[Realised]]:
        orders = await closed_orders(client, code, days, time.time_ns() // 1_000_000)
        return orders, realised(await deals_of(client, orders)) if profit else []

    orders, made = hand.run(main)
    if as_json:
        _write({"orders": [order.whole() for order in orders], "profit": [_document(one) for one in made]})
        return
    _show(orders, "none_closed")
    if profit:
        _show_profit(made)


async def _open(client: UpbitClient, market: str | None) -> list[Order]:
    from engine.exchange.upbit.history import open_orders

    return await open_orders(client, market)


async def _cancelled(client: UpbitClient, names: Sequence[str], market: str | None, *, dry: bool) -> list[dict[str, Any]]:
    """What became of each order: of those named, else of all that are open."""
    from engine.exchange.upbit.history import is_uuid, open_orders

    found: list[dict[str, Any]] = []
    if names:
        uuids, others = [name for name in names if is_uuid(name)], [name for name in names if not is_uuid(name)]
    else:
        orders = await open_orders(client, market)
        uuids, others = [order.uuid for order in orders], []
        if dry:
            return [{"name": order.uuid, "market": order.market, "cancelled": False} for order in orders]
    if dry:
        return [{"name": name, "market": None, "cancelled": False} for name in names]
    for start in range(0, len(uuids), 20):
        found += _batch((await client.trading.cancel_by_id(uuids=uuids[start : start + 20])).value, "uuid")
    for start in range(0, len(others), 20):
        found += _batch((await client.trading.cancel_by_id(identifiers=others[start : start + 20])).value, "identifier")
    return found


def _batch(answer: BatchCancel, name: str) -> list[dict[str, Any]]:
    parts = ((answer.success, True), (answer.failed, False))
    return [
        {"name": getattr(order, name) or order.uuid, "market": order.market, "cancelled": done}
        for part, done in parts
        for order in part.orders
    ]


def _show(orders: Sequence[Order], none: str) -> None:
    from rich.console import Console
    from rich.table import Table

    if not orders:
        sys.stdout.write(say(none) + "\n")
        return
    console = Console(highlight=False, emoji=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, markup=False, width=_PIPE_WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("time", "market", "side", "type", "state"):
        table.add_column(say(f"column_{key}"), no_wrap=True)
    for key in ("price", "volume", "executed"):
        table.add_column(say(f"column_{key}"), justify="right", no_wrap=True)
    table.add_column("uuid", no_wrap=True)
    table.add_column(say("column_identifier"), overflow="fold")
    for order in orders:
        numbers = ["-" if value is None else shown(value) for value in (order.price, order.volume, order.executed_volume)]
        kind = f"{order.ord_type} {order.time_in_force}" if order.time_in_force else order.ord_type
        side = say(f"side_{order.side}") if order.side in ("bid", "ask") else order.side
        state = say(f"state_{order.state}") if order.state in ("wait", "watch", "done", "cancel") else order.state
        table.add_row(_time(order.created_at), order.market, side, kind, state, *numbers, order.uuid, order.identifier or "")
    console.print(table)


def _time(given: str) -> str:
    try:
        return datetime.fromisoformat(given).astimezone(KST).strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return given


def _show_profit(made: Sequence[Realised]) -> None:
    for one in made:
        quote, coin = one.market.split("-")
        values = {"bought": one.bought, "sold": one.sold, "fees": one.fees, "profit": one.profit}
        sys.stdout.write(say("profit_line", market=one.market, quote=quote, **values) + "\n")
        if one.unknown_volume:
            sys.stdout.write("  " + say("profit_unknown", volume=one.unknown_volume, coin=coin) + "\n")
    for quote in sorted({one.market.partition("-")[0] for one in made}):
        total = sum((one.profit for one in made if one.market.startswith(f"{quote}-")), Decimal(0))
        sys.stdout.write(say("profit_total", quote=quote, profit=total) + "\n")


def _document(one: Realised) -> dict[str, Any]:
    names = ("market", "bought", "sold", "fees", "profit", "unknown_volume")
    return {name: getattr(one, name) for name in names}


def _write(document: Any) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2).decode() + "\n")
