"""Every endpoint of Upbit's REST: method, path, rate limit, whether it is signed, whether it may be sent twice, and what it answers.

Source: docs.upbit.com/kr reference pages, 2026-07 to 2026-10.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from engine.exchange.upbit import answers
from engine.exchange.upbit.limits import Group, Priority

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[T]):
    """repeatable: sending it again after a lost answer changes nothing that one answered call would not have changed."""

    method: str
    path: str
    group: Group
    answer: type[T]
    signed: bool = True
    repeatable: bool = True
    priority: Priority = Priority.QUERY


def _quotation(path: str, group: Group, answer: type[T]) -> Endpoint[T]:
    return Endpoint("GET", path, group, answer, signed=False)


def _question(path: str, answer: type[T]) -> Endpoint[T]:
    return Endpoint("GET", path, Group.DEFAULT, answer)


def _command(path: str, answer: type[T]) -> Endpoint[T]:
    """Moves or makes something: once."""
    return Endpoint("POST", path, Group.DEFAULT, answer, repeatable=False)


# quotation
MARKETS: Final = _quotation("/v1/market/all", Group.MARKET, list[answers.TradingPair])
CANDLES_SECONDS: Final = _quotation("/v1/candles/seconds", Group.CANDLE, list[answers.Candle])
CANDLES_MINUTES: Final = _quotation("/v1/candles/minutes/{unit}", Group.CANDLE, list[answers.Candle])
CANDLES_DAYS: Final = _quotation("/v1/candles/days", Group.CANDLE, list[answers.Candle])
CANDLES_WEEKS: Final = _quotation("/v1/candles/weeks", Group.CANDLE, list[answers.Candle])
CANDLES_MONTHS: Final = _quotation("/v1/candles/months", Group.CANDLE, list[answers.Candle])
CANDLES_YEARS: Final = _quotation("/v1/candles/years", Group.CANDLE, list[answers.Candle])
TRADES: Final = _quotation("/v1/trades/ticks", Group.TRADE, list[answers.Trade])
TICKERS: Final = _quotation("/v1/ticker", Group.TICKER, list[answers.Ticker])
TICKERS_ALL: Final = _quotation("/v1/ticker/all", Group.TICKER, list[answers.Ticker])
ORDERBOOKS: Final = _quotation("/v1/orderbook", Group.ORDERBOOK, list[answers.Orderbook])
INSTRUMENTS: Final = _quotation("/v1/orderbook/instruments", Group.ORDERBOOK, list[answers.OrderbookInstrument])
SUPPORTED_LEVELS: Final = _quotation("/v1/orderbook/supported_levels", Group.ORDERBOOK, list[answers.SupportedLevels])

# account and orders
ACCOUNTS: Final = _question("/v1/accounts", list[answers.Account])
CHANCE: Final = _question("/v1/orders/chance", answers.Chance)
PLACE: Final = Endpoint("POST", "/v1/orders", Group.ORDER, answers.Order, repeatable=False, priority=Priority.ORDER)
PLACE_TEST: Final = Endpoint("POST", "/v1/orders/test", Group.ORDER_TEST, answers.Order)
ORDER: Final = Endpoint("GET", "/v1/order", Group.DEFAULT, answers.Order, priority=Priority.ORDER)
ORDERS_BY_ID: Final = _question("/v1/orders/uuids", list[answers.Order])
ORDERS_OPEN: Final = _question("/v1/orders/open", list[answers.Order])
ORDERS_CLOSED: Final = _question("/v1/orders/closed", list[answers.Order])
ORDERS_LEGACY: Final = _question("/v1/orders", list[answers.Order])
CANCEL: Final = Endpoint("DELETE", "/v1/order", Group.DEFAULT, answers.Order, priority=Priority.ORDER)
CANCEL_BY_ID: Final = Endpoint("DELETE", "/v1/orders/uuids", Group.DEFAULT, answers.BatchCancel, priority=Priority.ORDER)
#: takes the newest so many: a second one would take others
CANCEL_OPEN: Final = Endpoint(
    "DELETE", "/v1/orders/open", Group.ORDER_CANCEL_ALL, answers.BatchCancel, repeatable=False, priority=Priority.ORDER
)
CANCEL_AND_NEW: Final = Endpoint("POST", "/v1/orders/cancel_and_new", Group.ORDER, answers.Order, repeatable=False, priority=Priority.ORDER)

# deposits, withdrawals, service
DEPOSIT: Final = _question("/v1/deposit", answers.Transfer)
DEPOSITS: Final = _question("/v1/deposits", list[answers.Transfer])
DEPOSIT_CHANCE: Final = _question("/v1/deposits/chance/coin", answers.DepositChance)
DEPOSIT_ADDRESSES: Final = _question("/v1/deposits/coin_addresses", list[answers.DepositAddress])
DEPOSIT_ADDRESS: Final = _question("/v1/deposits/coin_address", answers.DepositAddress)
MAKE_DEPOSIT_ADDRESS: Final[Endpoint[answers.DepositAddress | answers.AddressPending]] = Endpoint(
    "POST",
    "/v1/deposits/generate_coin_address",
    Group.DEFAULT,
    answers.DepositAddress | answers.AddressPending,  # type: ignore[arg-type]
)
WITHDRAWAL: Final = _question("/v1/withdraw", answers.Transfer)
WITHDRAWALS: Final = _question("/v1/withdraws", list[answers.Transfer])
WITHDRAW_CHANCE: Final = _question("/v1/withdraws/chance", answers.WithdrawChance)
WITHDRAW_ADDRESSES: Final = _question("/v1/withdraws/coin_addresses", list[answers.WithdrawAddress])
VASPS: Final = _question("/v1/travel_rule/vasps", list[answers.Vasp])
VERIFY_BY_UUID: Final = _command("/v1/travel_rule/deposit/uuid", answers.Verification)
VERIFY_BY_TXID: Final = _command("/v1/travel_rule/deposit/txid", answers.Verification)
WALLET_STATUS: Final = _question("/v1/status/wallet", list[answers.WalletStatus])
API_KEYS: Final = _question("/v1/api_keys", list[answers.ApiKey])
POCKETS: Final = _question("/v1/pockets", list[answers.Pocket])
POCKET_KEYS: Final = _question("/v1/pockets/api_keys", list[answers.PocketKeys])
POCKET_ASSETS: Final = _question("/v1/pockets/assets", list[answers.Account])
POCKET_TRANSFERS: Final = _question("/v1/pockets/transfers", list[answers.PocketTransfer])
UNIVERSAL_TRANSFERS: Final = _question("/v1/pockets/universal_transfers", list[answers.PocketTransfer])

# what moves money
WITHDRAW_COIN: Final = _command("/v1/withdraws/coin", answers.Transfer)
WITHDRAW_KRW: Final = _command("/v1/withdraws/krw", answers.Transfer)
CANCEL_WITHDRAWAL: Final = Endpoint("DELETE", "/v1/withdraws/coin", Group.DEFAULT, answers.Transfer)
DEPOSIT_KRW: Final = _command("/v1/deposits/krw", answers.Transfer)
MOVE_TO_POCKET: Final = _command("/v1/pockets/transfers", answers.PocketTransfer)
MOVE_UNIVERSALLY: Final = _command("/v1/pockets/universal_transfers", answers.PocketTransfer)
