"""`jangdan trade buy KRW-BTC 100000`, `jangdan trade sell KRW-BTC 0.001`: one order by the owner's own hand."""

from __future__ import annotations

import sys
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from dsl.messages import text
from engine.cli.hand import DRY_VARIABLE, MOST_VARIABLE, URL_VARIABLE, market_code, positive, read_hand, say
from engine.cli.language import language
from engine.model.errors import UserError
from engine.model.events import Side
from engine.model.market import UnpriceableError, quote_currency, round_ask_price_up, round_bid_price_down
from engine.model.money import exact, shown

if TYPE_CHECKING:
    from engine.cli.hand import Hand
    from engine.exchange.upbit.answers import Order
    from engine.exchange.upbit.client import UpbitClient
    from engine.exchange.upbit.hand_orders import Plan

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=text("cli.help_trade", language()))

MarketName = Annotated[str, typer.Argument(help=say("argument_market"), show_default=False)]
Price = Annotated[str | None, typer.Option("--price", help=say("option_price"), show_default=False)]
Exchange = Annotated[str | None, typer.Option("--exchange", help=say("option_exchange", variable=URL_VARIABLE), show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help=say("option_json"))]


@app.command("buy", help=say("help_buy", variable=MOST_VARIABLE))
def buy(
    market: MarketName,
    amount: Annotated[str, typer.Argument(help=say("argument_amount"), show_default=False)],
    price: Price = None,
    exchange: Exchange = None,
    as_json: AsJson = False,
) -> None:
    """Buy for an amount of the quote currency."""
    _trade(Side.BID, market, amount, price, exchange, as_json=as_json)


@app.command("sell", help=say("help_sell"))
def sell(
    market: MarketName,
    volume: Annotated[str, typer.Argument(help=say("argument_volume"), show_default=False)],
    price: Price = None,
    exchange: Exchange = None,
    as_json: AsJson = False,
) -> None:
    """Sell coins; `all` sells what is free."""
    _trade(Side.ASK, market, volume, price, exchange, as_json=as_json)


def _trade(side: Side, market: str, size: str, price: str | None, exchange: str | None, *, as_json: bool) -> None:
    hand, code = read_hand(exchange), market_code(market)
    hand.check_not_stopped()
    everything = side is Side.ASK and size.strip().lower() == "all"
    wanted = None if everything else _size(side, code, size)
    at = None if price is None else _on_grid(side, code, positive(price, "--price"))

    async def main(client: UpbitClient) -> None:
        plan = await _plan(client, hand, side, code, wanted, at)
        sys.stderr.write(_told(plan, side, hand))
        identifier = f"hand-{uuid4().hex}"
        if hand.dry_run:
            await client.trading.test(code, plan.terms, identifier)
            _print_dry(plan, side, as_json=as_json)
            return
        sys.stderr.write(say("sending", identifier=identifier) + "\n")
        sys.stderr.flush()
        from engine.exchange.upbit.hand_orders import follow, send

        _print(await follow(client, await send(client, plan, identifier)), identifier, as_json=as_json)

    hand.run(main)


def _size(side: Side, code: str, given: str) -> Decimal:
    """Coins, or an amount; of KRW in the Korean way too (`10만원`)."""
    if side is Side.BID and quote_currency(code) == "KRW":
        from engine.cli.inputs import amount_krw

        return exact(str(amount_krw(given, say("name_amount"))))
    return positive(given, say("name_amount") if side is Side.BID else say("name_volume"))


def _on_grid(side: Side, code: str, price: Decimal) -> Decimal:
    """The price that the exchange takes: not above what a buy asked for, not below what a sale did."""
    now_ms = time.time_ns() // 1_000_000
    try:
        found = (round_bid_price_down if side is Side.BID else round_ask_price_up)(price, code, now_ms)
    except UnpriceableError as error:
        raise UserError("account.bad_number", name="--price", found=price) from error
    if found != price:
        sys.stderr.write(say("price_moved", price=price, moved=found) + "\n")
    return found


async def _plan(client: UpbitClient, hand: Hand, side: Side, code: str, wanted: Decimal | None, price: Decimal | None) -> Plan:
    """Ask the exchange what is allowed, and what things cost now. Raises UserError for what is not."""
    from engine.exchange.upbit.hand_orders import plan_buy, plan_sell

    chance = (await client.trading.chance(code)).value
    if side is Side.BID:
        assert wanted is not None, "only sales are of everything"
        quote = quote_currency(code)
        rate = Decimal(1) if quote == "KRW" else (await client.quotation.tickers([f"KRW-{quote}"])).value[0].trade_price
        return plan_buy(chance, wanted, hand.most_krw, rate, price)
    last = Decimal(0) if price is not None else (await client.quotation.tickers([code])).value[0].trade_price
    return plan_sell(chance, wanted, last, price)


def _told(plan: Plan, side: Side, hand: Hand) -> str:
    """What will be done, before it is."""
    quote, coin = plan.market.split("-")
    lines = []
    if plan.capped:
        values = {"asked": plan.asked, "total": plan.total, "most": hand.most_krw, "cash": plan.free, "quote": quote}
        lines.append(say("capped", variable=MOST_VARIABLE, **values))
    key = "will_buy" if side is Side.BID else "will_sell"
    price = say("at_market") if plan.terms.price is None or plan.terms.volume is None else shown(plan.terms.price)
    values = {"total": plan.total, "fee": plan.fee, "volume": plan.terms.volume or Decimal(0), "free": plan.free}
    lines.append(say(key, market=plan.market, price=price, quote=quote, coin=coin, **values))
    return "".join(line + "\n" for line in lines)


def _print_dry(plan: Plan, side: Side, *, as_json: bool) -> None:
    if as_json:
        terms = {name: str(value) for name in ("price", "volume") if (value := getattr(plan.terms, name)) is not None}
        _write(
            {
                "dry_run": True,
                "market": plan.market,
                "side": "bid" if side is Side.BID else "ask",
                "ord_type": str(plan.terms.ord_type),
                **terms,
            }
        )
    else:
        sys.stdout.write(say("dry_run", variable=DRY_VARIABLE) + "\n")


def _print(order: Order, identifier: str, *, as_json: bool) -> None:
    from engine.exchange.upbit.hand_orders import funds_of

    if as_json:
        _write({"dry_run": False, "identifier": identifier} | order.whole())
        return
    quote, coin = order.market.split("-")
    funds = funds_of(order)
    average = funds / order.executed_volume if funds and order.executed_volume else None
    values: dict[str, Any] = {
        "uuid": order.uuid,
        "identifier": identifier,
        "state": say(f"state_{order.state}") if order.state in ("wait", "watch", "done", "cancel") else order.state,
        "volume": order.executed_volume,
        "average": "-" if average is None else shown(average),
        "funds": "-" if funds is None else shown(funds),
        "fee": order.paid_fee or Decimal(0),
    }
    sys.stdout.write(say("ordered", quote=quote, coin=coin, **values) + "\n")


def _write(document: dict[str, Any]) -> None:
    import orjson

    sys.stdout.write(orjson.dumps(document, default=str, option=orjson.OPT_INDENT_2).decode() + "\n")
