"""What the exchange answers, typed. Numbers are Decimal, as they were written; texts that it may add to stay texts.

Nothing is dropped: members that are not declared here are in `extra`. A member that the exchange left out is absent (`has` is False),
which is not the same as null. Shapes: docs.upbit.com/kr reference pages of 2026-07 to 2026-10 and recorded answers back to 2020.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

T = TypeVar("T")


class Part(BaseModel):
    """A JSON object of an answer."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def extra(self) -> dict[str, Any]:
        """Members that are not declared, as they came."""
        return dict(self.model_extra or {})

    def has(self, name: str) -> bool:
        """Whether the exchange sent this member, if only as null."""
        return name in self.model_fields_set

    def whole(self) -> dict[str, Any]:
        """Everything that was sent, under the names that it was sent under; numbers as Decimal."""
        return self.model_dump(by_alias=True, exclude_unset=True)


# -- quotation -------------------------------------------------------------------------------------------------------------------------


class Caution(Part):
    """Why the exchange calls for caution, one flag each. Further ones are in `extra`."""

    PRICE_FLUCTUATIONS: bool = False
    TRADING_VOLUME_SOARING: bool = False
    DEPOSIT_AMOUNT_SOARING: bool = False
    GLOBAL_PRICE_DIFFERENCES: bool = False
    CONCENTRATION_OF_SMALL_ACCOUNTS: bool = False

    @property
    def raised(self) -> tuple[str, ...]:
        """Names of the flags that are up, unknown ones too."""
        return tuple(sorted(name for name, value in self.whole().items() if value is True))


class MarketEvent(Part):
    """warning: investment warning, a delisting may follow."""

    warning: bool
    caution: Caution


class TradingPair(Part):
    """A market. market_event only with details; market_warning (NONE, CAUTION) is its forerunner."""

    market: str
    korean_name: str
    english_name: str
    market_event: MarketEvent | None = None
    market_warning: str | None = None


class Candle(Part):
    """A bar. Times without offset; timestamp: ms of its last trade. unit: minutes, of minute candles only; the last members: of days,
    and of weeks, months and years."""

    market: str
    candle_date_time_utc: str
    candle_date_time_kst: str
    opening_price: Decimal
    high_price: Decimal
    low_price: Decimal
    trade_price: Decimal
    timestamp: int
    candle_acc_trade_price: Decimal
    candle_acc_trade_volume: Decimal
    unit: int | None = None
    prev_closing_price: Decimal | None = None
    change_price: Decimal | None = None
    change_rate: Decimal | None = None
    converted_trade_price: Decimal | None = None
    first_day_of_period: str | None = None


class Trade(Part):
    """A trade of the market. ask_bid: the taker's side; change_price is signed; sequential_id is unique, not ordered."""

    market: str
    trade_date_utc: str
    trade_time_utc: str
    timestamp: int
    trade_price: Decimal
    trade_volume: Decimal
    prev_closing_price: Decimal
    change_price: Decimal
    ask_bid: str
    sequential_id: int


class Ticker(Part):
    """A market's day so far, since 00:00 UTC, and its last trade. change_price and change_rate are absolute."""

    market: str
    trade_date: str
    trade_time: str
    trade_date_kst: str
    trade_time_kst: str
    trade_timestamp: int
    opening_price: Decimal
    high_price: Decimal
    low_price: Decimal
    trade_price: Decimal
    prev_closing_price: Decimal
    change: str
    change_price: Decimal
    change_rate: Decimal
    signed_change_price: Decimal
    signed_change_rate: Decimal
    trade_volume: Decimal
    acc_trade_price: Decimal
    acc_trade_price_24h: Decimal
    acc_trade_volume: Decimal
    acc_trade_volume_24h: Decimal
    highest_52_week_price: Decimal
    highest_52_week_date: str
    lowest_52_week_price: Decimal
    lowest_52_week_date: str
    timestamp: int


class OrderbookUnit(Part):
    """One level of both sides."""

    ask_price: Decimal
    bid_price: Decimal
    ask_size: Decimal
    bid_size: Decimal


class Orderbook(Part):
    """A whole book. level: how prices are lumped together, 0 = not."""

    market: str
    timestamp: int
    total_ask_size: Decimal
    total_bid_size: Decimal
    orderbook_units: list[OrderbookUnit]
    level: Decimal | None = None


class OrderbookInstrument(Part):
    """A market's price unit at its present price, and the levels that its book can be lumped to."""

    market: str
    quote_currency: str
    tick_size: Decimal
    supported_levels: list[Decimal]


class SupportedLevels(Part):
    """Forerunner of OrderbookInstrument."""

    market: str
    supported_levels: list[Decimal]


# -- account and orders ----------------------------------------------------------------------------------------------------------------


class Account(Part):
    """One currency. balance: free; the account owns balance + locked."""

    currency: str
    balance: Decimal
    locked: Decimal
    avg_buy_price: Decimal
    avg_buy_price_modified: bool
    unit_currency: str | None = None


class ChanceSide(Part):
    """Minimum of one side. price_unit is deprecated."""

    currency: str
    min_total: Decimal
    price_unit: Decimal | None = None


class ChanceMarket(Part):
    """The market's rules for this account. *_types: order type, with time in force where there is one, such as limit_ioc."""

    id: str
    name: str
    order_sides: list[str]
    bid: ChanceSide
    ask: ChanceSide
    max_total: Decimal
    state: str
    order_types: list[str] | None = None
    bid_types: list[str] | None = None
    ask_types: list[str] | None = None


class Chance(Part):
    """What an order in a market costs and may be. Fees are ratios."""

    bid_fee: Decimal
    ask_fee: Decimal
    market: ChanceMarket
    bid_account: Account
    ask_account: Account
    maker_bid_fee: Decimal | None = None
    maker_ask_fee: Decimal | None = None


class OrderTrade(Part):
    """A trade of an order. funds = price x volume; created_at with microseconds and offset."""

    market: str
    uuid: str
    price: Decimal
    volume: Decimal
    funds: Decimal
    side: str
    created_at: str
    trend: str | None = None


class Order(Part):
    """An order. state: wait, watch, done, cancel; a market buy that traded ends as `cancel` when a residue is left.

    What locks and costs: in the quote currency for buys, in coins for sales. trades: of single orders only. new_*: of cancel-and-new.
    """

    market: str
    uuid: str
    side: str
    ord_type: str
    state: str
    created_at: str
    executed_volume: Decimal
    remaining_volume: Decimal | None = None
    reserved_fee: Decimal | None = None
    remaining_fee: Decimal | None = None
    paid_fee: Decimal | None = None
    locked: Decimal | None = None
    trades_count: int | None = None
    prevented_volume: Decimal | None = None
    prevented_locked: Decimal | None = None
    price: Decimal | None = None
    volume: Decimal | None = None
    time_in_force: str | None = None
    identifier: str | None = None
    smp_type: str | None = None
    executed_funds: Decimal | None = None
    trades: list[OrderTrade] | None = None
    new_order_uuid: str | None = None
    new_order_identifier: str | None = None


class CancelledOrder(Part):
    """An order of a batch, by as much as is known of it: one that does not exist has but the name it was asked by."""

    uuid: str | None = None
    market: str | None = None
    identifier: str | None = None


class CancelledOrders(Part):
    """A part of a batch."""

    count: int
    orders: list[CancelledOrder]


class BatchCancel(Part):
    """success: cancellations that were taken (an order may still have traded before); failed: orders that were not found open."""

    success: CancelledOrders
    failed: CancelledOrders


# -- deposits, withdrawals, service ----------------------------------------------------------------------------------------------------


class Transfer(Part):
    """A deposit or a withdrawal; `type` tells which. state in capitals, but for withdrawals of KRW."""

    type: str
    uuid: str
    currency: str
    state: str
    created_at: str
    amount: Decimal
    fee: Decimal
    transaction_type: str
    txid: str | None = None
    net_type: str | None = None
    done_at: str | None = None
    is_cancelable: bool | None = None


class DepositChance(Part):
    """Whether and from what amount a coin can be deposited on a network."""

    currency: str
    is_deposit_possible: bool
    minimum_deposit_amount: Decimal
    minimum_deposit_confirmations: int
    decimal_precision: int
    deposit_impossible_reason: str | None = None
    net_type: str | None = None


class DepositAddress(Part):
    """Where to deposit a coin. deposit_address is null while it is being made; secondary_address: tag or memo."""

    currency: str
    deposit_address: str | None
    net_type: str | None = None
    secondary_address: str | None = None


class AddressPending(Part):
    """The address is being made: ask again."""

    success: bool
    message: str


class MemberLevel(Part):
    """What the member has proved and may do."""

    security_level: int | None = None
    fee_level: int | None = None
    email_verified: bool | None = None
    identity_auth_verified: bool | None = None
    bank_account_verified: bool | None = None
    two_factor_auth_verified: bool | None = None
    locked: bool | None = None
    wallet_locked: bool | None = None


class WithdrawCurrency(Part):
    """A currency's withdrawals in general."""

    code: str
    withdraw_fee: Decimal
    is_coin: bool
    wallet_state: str
    wallet_support: list[str]


class WithdrawLimit(Part):
    """How much may be withdrawn. fixed: decimals; amounts in the currency, *_fiat in fiat_currency."""

    currency: str
    minimum: Decimal | None = None
    fixed: int | None = None
    can_withdraw: bool | None = None
    fiat_currency: str | None = None
    remaining_daily_fiat: Decimal | None = None
    withdraw_delayed_fiat: Decimal | None = None


class WithdrawChance(Part):
    """Whether and how much of a currency can be withdrawn."""

    member_level: MemberLevel
    currency: WithdrawCurrency
    account: Account
    withdraw_limit: WithdrawLimit


class WithdrawAddress(Part):
    """An address that the owner allows withdrawals to."""

    currency: str
    net_type: str
    network_name: str
    withdraw_address: str
    secondary_address: str | None = None
    beneficiary_name: str | None = None
    beneficiary_company_name: str | None = None
    beneficiary_type: str | None = None
    exchange_name: str | None = None
    wallet_type: str | None = None


class Vasp(Part):
    """An exchange that deposits can be verified with (travel rule)."""

    vasp_name: str
    vasp_uuid: str
    depositable: bool
    withdrawable: bool


class Verification(Part):
    """Outcome of a travel rule verification."""

    deposit_uuid: str
    deposit_state: str
    verification_result: str


class WalletStatus(Part):
    """State of a coin's wallet on a network. block_updated_at in UTC."""

    currency: str
    wallet_state: str
    net_type: str | None = None
    network_name: str | None = None
    block_state: str | None = None
    block_height: int | None = None
    block_updated_at: str | None = None
    block_elapsed_minutes: int | None = None


class ApiKey(Part):
    """One of the account's keys. Never shown whole."""

    access_key: str = Field(repr=False)
    expire_at: str


class Pocket(Part):
    """A sub-account. type: main, user_spot_trading."""

    uuid: str
    name: str
    type: str


class PocketKey(Part):
    """A key of a pocket."""

    access_key: str = Field(repr=False)
    created_at: str
    expired_at: str
    permissions: list[str]
    allowed_ips: list[str]


class PocketKeys(Part):
    """The keys of one pocket."""

    uuid: str
    keys: list[PocketKey]


class PocketTransfer(Part):
    """Money moved between pockets. state: submitted, processing, done, failed."""

    uuid: str
    from_: str = Field(alias="from")
    to: str
    currency: str
    amount: Decimal
    state: str
    created_at: str
    identifier: str | None = None


#: what an answer that is not JSON, or of another shape, raises
Malformed = (ValueError, ValidationError)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def read(kind: type[T], body: bytes) -> T:
    """The answer of that type. Raises one of Malformed, naming what does not fit."""
    value = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    adapter: TypeAdapter[T] = _adapter(cast("Any", kind))
    return adapter.validate_python(value)
