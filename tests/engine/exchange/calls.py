"""A call of the client for each endpoint, with every parameter that it takes; two where parameters exclude one another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.order_forms import OrderSide, OrderTerms, SelfTrade, TimeInForce, best_buy, limit
from engine.exchange.upbit.rest import Answer
from engine.exchange.upbit.transfers import Transfers, TransferSettings

Call = Callable[[UpbitClient], Awaitable[Answer[Any]]]
TIME = "2024-12-09T13:56:53+09:00"
EVERYTHING_ON = TransferSettings(withdrawals=True, krw_deposits=True, pocket_transfers=True)
TERMS: OrderTerms = limit(OrderSide.BID, Decimal("155772000"), Decimal("0.0001"), TimeInForce.POST_ONLY, SelfTrade.NONE)


def transfers(client: UpbitClient) -> Transfers:
    """What moves money, switched on."""
    return Transfers(client.rest, EVERYTHING_ON)


CALLS: dict[tuple[str, str], list[Call]] = {
    ("GET", "/v1/market/all"): [lambda c: c.quotation.markets(is_details=True)],
    ("GET", "/v1/candles/seconds"): [lambda c: c.quotation.candles_seconds("KRW-BTC", to=TIME, count=1)],
    ("GET", "/v1/candles/minutes/{unit}"): [lambda c: c.quotation.candles_minutes("KRW-BTC", 240, to=TIME)],
    ("GET", "/v1/candles/days"): [lambda c: c.quotation.candles_days("KRW-BTC", to=TIME, converting_price_unit="KRW")],
    ("GET", "/v1/candles/weeks"): [lambda c: c.quotation.candles_weeks("KRW-BTC", to=TIME)],
    ("GET", "/v1/candles/months"): [lambda c: c.quotation.candles_months("KRW-BTC", to=TIME)],
    ("GET", "/v1/candles/years"): [lambda c: c.quotation.candles_years("KRW-BTC", to=TIME)],
    ("GET", "/v1/trades/ticks"): [lambda c: c.quotation.trades("KRW-BTC", to="13:56:53", cursor="17510687993360000", days_ago=1)],
    ("GET", "/v1/ticker"): [lambda c: c.quotation.tickers(["KRW-BTC", "KRW-ETH"])],
    ("GET", "/v1/ticker/all"): [lambda c: c.quotation.tickers_all(["KRW", "BTC"])],
    ("GET", "/v1/orderbook"): [lambda c: c.quotation.orderbooks(["KRW-BTC"], level="10000", count=5)],
    ("GET", "/v1/orderbook/instruments"): [lambda c: c.quotation.orderbook_instruments(["KRW-BTC"])],
    ("GET", "/v1/orderbook/supported_levels"): [lambda c: c.quotation.supported_levels(["KRW-BTC"])],
    ("GET", "/v1/accounts"): [lambda c: c.trading.accounts()],
    ("GET", "/v1/orders/chance"): [lambda c: c.trading.chance("KRW-BTC")],
    ("POST", "/v1/orders"): [lambda c: c.trading.place("KRW-BTC", TERMS, "장단-1")],
    ("POST", "/v1/orders/test"): [
        lambda c: c.trading.test("KRW-BTC", TERMS, "장단-1"),
        lambda c: c.trading.test("KRW-BTC", best_buy(Decimal(5000), TimeInForce.IOC, SelfTrade.REDUCE), "장단-2"),
    ],
    ("GET", "/v1/order"): [lambda c: c.trading.order(uuid="u1"), lambda c: c.trading.order(identifier="장단 1")],
    ("GET", "/v1/orders/uuids"): [
        lambda c: c.trading.orders_by_id(uuids=["u1", "u2"], market="KRW-BTC", order_by="asc"),
        lambda c: c.trading.orders_by_id(identifiers=["장단-1", "a&b=c"]),
    ],
    ("GET", "/v1/orders/open"): [
        lambda c: c.trading.orders_open(market="KRW-BTC", states=["wait", "watch"], page=2, order_by="asc"),
        lambda c: c.trading.orders_open(state="watch"),
    ],
    ("GET", "/v1/orders/closed"): [
        lambda c: c.trading.orders_closed(market="KRW-BTC", states=["done"], start_time=TIME, end_time="1733724000000", order_by="desc"),
        lambda c: c.trading.orders_closed(state="cancel", limit=1000),
    ],
    ("GET", "/v1/orders"): [
        lambda c: c.trading.orders_legacy(market="KRW-BTC", uuids=["u1"], identifiers=["i1"], states=["done"], page=1, order_by="asc"),
        lambda c: c.trading.orders_legacy(state="wait"),
    ],
    ("DELETE", "/v1/order"): [lambda c: c.trading.cancel(uuid="u1"), lambda c: c.trading.cancel(identifier="장단-1")],
    ("DELETE", "/v1/orders/uuids"): [
        lambda c: c.trading.cancel_by_id(uuids=["u1", "u2"]),
        lambda c: c.trading.cancel_by_id(identifiers=["장단-1"]),
    ],
    ("DELETE", "/v1/orders/open"): [
        lambda c: c.trading.cancel_open(pairs=["KRW-BTC", "KRW-ETH"], excluded_pairs=["KRW-ETH"], cancel_side="bid", order_by="asc"),
        lambda c: c.trading.cancel_open(quote_currencies=["KRW"], count=20),
    ],
    ("POST", "/v1/orders/cancel_and_new"): [
        lambda c: c.trading.cancel_and_new(TERMS, "장단-2", identifier="장단-1", remain_only=True),
        lambda c: c.trading.cancel_and_new(TERMS, "장단-3", uuid="u1"),
    ],
    ("GET", "/v1/deposit"): [lambda c: c.wallet.deposit(uuid="u1", txid="t1", currency="BTC")],
    ("GET", "/v1/deposits"): [
        lambda c: c.wallet.deposits(currency="BTC", state="ACCEPTED", uuids=["u1"], page=1, order_by="asc", from_="u1", to="u2"),
        lambda c: c.wallet.deposits(txids=["t1", "t2"]),
    ],
    ("GET", "/v1/deposits/chance/coin"): [lambda c: c.wallet.deposit_chance("BTC", "BTC")],
    ("GET", "/v1/deposits/coin_addresses"): [lambda c: c.wallet.deposit_addresses()],
    ("GET", "/v1/deposits/coin_address"): [lambda c: c.wallet.deposit_address("XRP", "XRP")],
    ("POST", "/v1/deposits/generate_coin_address"): [lambda c: c.wallet.make_deposit_address("XRP", "XRP")],
    ("POST", "/v1/deposits/krw"): [lambda c: transfers(c).deposit_krw(Decimal("1E4"), "kakao", confirmed=True)],
    ("GET", "/v1/withdraw"): [lambda c: c.wallet.withdrawal(uuid="u1", txid="t1", currency="BTC")],
    ("GET", "/v1/withdraws"): [
        lambda c: c.wallet.withdrawals(currency="BTC", state="DONE", uuids=["u1"], page=1, order_by="asc", from_="u1", to="u2"),
        lambda c: c.wallet.withdrawals(txids=["t1", "t2"]),
    ],
    ("GET", "/v1/withdraws/chance"): [lambda c: c.wallet.withdraw_chance("BTC", "BTC")],
    ("GET", "/v1/withdraws/coin_addresses"): [lambda c: c.wallet.withdraw_addresses()],
    ("POST", "/v1/withdraws/coin"): [
        lambda c: transfers(c).withdraw_coin(
            "XRP", "XRP", Decimal("0.10"), "r1", secondary_address="305", transaction_type="default", confirmed=True
        ),
    ],
    ("POST", "/v1/withdraws/krw"): [lambda c: transfers(c).withdraw_krw(Decimal(5000), "naver", confirmed=True)],
    ("DELETE", "/v1/withdraws/coin"): [lambda c: transfers(c).cancel_withdrawal("u1", confirmed=True)],
    ("GET", "/v1/travel_rule/vasps"): [lambda c: c.wallet.vasps()],
    ("POST", "/v1/travel_rule/deposit/uuid"): [lambda c: c.wallet.verify_by_uuid("u1", "v1")],
    ("POST", "/v1/travel_rule/deposit/txid"): [lambda c: c.wallet.verify_by_txid("t1", "v1", "BTC", "BTC")],
    ("GET", "/v1/status/wallet"): [lambda c: c.wallet.wallet_status()],
    ("GET", "/v1/api_keys"): [lambda c: c.wallet.api_keys()],
    ("GET", "/v1/pockets"): [lambda c: c.wallet.pockets()],
    ("GET", "/v1/pockets/api_keys"): [lambda c: c.wallet.pocket_keys(uuids=["p1", "p2"], include_expired=True)],
    ("GET", "/v1/pockets/assets"): [lambda c: c.wallet.pocket_assets("p1")],
    ("GET", "/v1/pockets/transfers"): [
        lambda c: c.wallet.pocket_transfers(
            uuids=["u1"], identifiers=["i1"], direction="in", currency="KRW", states=["done"], start_time=TIME, end_time=TIME, limit=5,
            order_by="asc",
        ),
    ],
    ("GET", "/v1/pockets/universal_transfers"): [
        lambda c: c.wallet.universal_transfers(
            uuids=["u1"], identifiers=["i1"], from_="p1", to="p2", currency="KRW", states=["done"], start_time=TIME, end_time=TIME,
            limit=5, order_by="asc",
        ),
    ],
    ("POST", "/v1/pockets/transfers"): [lambda c: transfers(c).move_to_pocket("p2", "KRW", Decimal("0.5"), "장단-9", confirmed=True)],
    ("POST", "/v1/pockets/universal_transfers"): [
        lambda c: transfers(c).move_universally("p2", "KRW", Decimal("0.5"), "장단-9", from_="p1", confirmed=True)
    ],
}  # fmt: skip
