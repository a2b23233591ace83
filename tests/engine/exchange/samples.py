"""An answer of each endpoint: the shapes of the exchange's documentation, every documented member in at least one of them."""

from __future__ import annotations

import json
from typing import Any

CANDLE = (
    '"market":"KRW-BTC","candle_date_time_utc":"2025-07-01T12:00:00","candle_date_time_kst":"2025-07-01T21:00:00",'
    '"opening_price":145831000,"high_price":145831000,"low_price":145752000,"trade_price":145759000,"timestamp":1751327999833,'
    '"candle_acc_trade_price":4022470467.03403,"candle_acc_trade_volume":27.58904602'
)
PERIOD = f'[{{{CANDLE},"first_day_of_period":"2025-06-30"}}]'
TICKER = (
    '[{"market":"KRW-BTC","trade_date":"20250704","trade_time":"051400","trade_date_kst":"20250704","trade_time_kst":"141400",'
    '"trade_timestamp":1751606040365,"opening_price":148737000,"high_price":149360000,"low_price":148288000,"trade_price":148601000,'
    '"prev_closing_price":148737000,"change":"FALL","change_price":136000,"change_rate":0.0009143656,"signed_change_price":-136000,'
    '"signed_change_rate":-0.0009143656,"trade_volume":0.00016823,"acc_trade_price":31615925234.05438,'
    '"acc_trade_price_24h":178448329314.96686,"acc_trade_volume":212.38911576,"acc_trade_volume_24h":1198.26954807,'
    '"highest_52_week_price":163325000,"highest_52_week_date":"2025-01-20","lowest_52_week_price":72100000,'
    '"lowest_52_week_date":"2024-08-05","timestamp":1751606040403}]'
)
ACCOUNT = '{"currency":"KRW","balance":"1000000.0","locked":"0.0","avg_buy_price":"0","avg_buy_price_modified":true,"unit_currency":"KRW"}'
ORDER = (
    '"market":"KRW-BTC","uuid":"5d303952-9be1-41fc-a5e4-0f3ec34c5d1a","side":"bid","ord_type":"limit","price":"155772000","state":"wait",'
    '"created_at":"2025-08-09T16:52:49+09:00","volume":"0.0001","remaining_volume":"0.0001","executed_volume":"0",'
    '"reserved_fee":"7.7886","remaining_fee":"7.7886","paid_fee":"0","locked":"15584.9886","prevented_volume":"0",'
    '"prevented_locked":"0","trades_count":0,"time_in_force":"post_only","identifier":"장단-1","smp_type":"none"'
)
FILLED = (
    '{"market":"KRW-USDT","uuid":"3b67e543-8ad3-48d0-8451-0dad315cae73","side":"ask","ord_type":"market","state":"done",'
    '"created_at":"2025-08-09T16:44:00+09:00","volume":"5.377594","remaining_volume":"0","executed_volume":"5.377594",'
    '"reserved_fee":"0","remaining_fee":"0","paid_fee":"3.697095875","locked":"0","prevented_volume":"0","prevented_locked":"0",'
    '"trades_count":1,"price":null,"time_in_force":null,"identifier":null,"smp_type":"cancel_maker","trades":[{"market":"KRW-USDT",'
    '"uuid":"795dff29-bba6-49b2-baab-63473ab7931c","price":"1375","volume":"5.377594","funds":"7394.19175","trend":"down",'
    '"created_at":"2025-08-09T16:44:00.597751+09:00","side":"ask"}]}'
)
CHANCE = (
    '{"bid_fee":"0.0005","ask_fee":"0.0005","maker_bid_fee":"0.0005","maker_ask_fee":"0.0005","market":{"id":"KRW-BTC",'
    '"name":"BTC/KRW","order_types":["limit"],"order_sides":["ask","bid"],"bid_types":["best_fok","best_ioc","limit","limit_fok",'
    '"limit_ioc","price"],"ask_types":["best_fok","best_ioc","limit","limit_fok","limit_ioc","market"],"bid":{"currency":"KRW",'
    '"min_total":"5000","price_unit":null},"ask":{"currency":"BTC","min_total":"5000"},"max_total":"1000000000","state":"active"},'
    f'"bid_account":{ACCOUNT},"ask_account":{ACCOUNT}}}'
)
BATCH = (
    '{"success":{"count":2,"orders":[{"uuid":"bbbb8e07-1689-4769-af3e-a117016623f8","market":"KRW-ETH","identifier":"장단-1"},'
    '{"uuid":"4312ba49-5f1a-4a01-9f3b-2d2bce17267e","market":"KRW-ETH"}]},'
    '"failed":{"count":1,"orders":[{"uuid":"bdb49a54-de43-4eb2-b1ab-72b9a3a2e0fb","market":"BTC-XRP"}]}}'
)
TRANSFER = (
    '"uuid":"35a4f1dc-1db5-4d6b-89b5-7ec137875956","currency":"XRP","net_type":"XRP","txid":"98c15999f0bdc4ae0e8a-ed35868bb0c204fe6ec2",'
    '"state":"DONE","created_at":"2019-02-28T15:17:51+09:00","done_at":"2019-02-28T15:22:12+09:00","amount":"1.00000000","fee":"0.0",'
    '"transaction_type":"default"'
)
DEPOSIT = f'{{"type":"deposit",{TRANSFER}}}'
WITHDRAWAL = f'{{"type":"withdraw","is_cancelable":false,{TRANSFER}}}'
ADDRESS = '{"currency":"XRP","net_type":"XRP","deposit_address":"rN9qNpgnBaZwqCg8CvUZRPqCcPPY7wfWep","secondary_address":"3057887915"}'
VERIFICATION = '{"deposit_uuid":"00000000-0000-0000-0000-000000000000","verification_result":"verified","deposit_state":"PROCESSING"}'
MOVED = (
    '{"uuid":"a2a2","from":"p1","to":"p2","currency":"KRW","amount":"5000.5","identifier":"장단-9","state":"done",'
    '"created_at":"2026-07-01T10:00:00+09:00"}'
)

SAMPLES: dict[tuple[str, str], str] = {
    ("GET", "/v1/market/all"): (
        '[{"market":"KRW-BTC","korean_name":"비트코인","english_name":"Bitcoin","market_warning":"NONE","market_event":{"warning":false,'
        '"caution":{"PRICE_FLUCTUATIONS":false,"TRADING_VOLUME_SOARING":true,"DEPOSIT_AMOUNT_SOARING":false,'
        '"GLOBAL_PRICE_DIFFERENCES":false,"CONCENTRATION_OF_SMALL_ACCOUNTS":false}}}]'
    ),
    ("GET", "/v1/candles/seconds"): f"[{{{CANDLE}}}]",
    ("GET", "/v1/candles/minutes/{unit}"): f'[{{{CANDLE},"unit":1}}]',
    ("GET", "/v1/candles/days"): (
        f'[{{{CANDLE},"prev_closing_price":147996000,"change_price":-2237000,"change_rate":-0.0151152734,"converted_trade_price":1.5}}]'
    ),
    ("GET", "/v1/candles/weeks"): PERIOD,
    ("GET", "/v1/candles/months"): PERIOD,
    ("GET", "/v1/candles/years"): PERIOD,
    ("GET", "/v1/trades/ticks"): (
        '[{"market":"KRW-BTC","trade_date_utc":"2025-06-27","trade_time_utc":"23:59:59","timestamp":1751068799336,"trade_price":147058000,'
        '"trade_volume":0.00006043,"prev_closing_price":146852000,"change_price":206000,"ask_bid":"BID","sequential_id":17510687993360000}]'
    ),
    ("GET", "/v1/ticker"): TICKER,
    ("GET", "/v1/ticker/all"): TICKER,
    ("GET", "/v1/orderbook"): (
        '[{"market":"KRW-BTC","timestamp":1754057310152,"total_ask_size":1.44700033,"total_bid_size":1.83572538,"orderbook_units":'
        '[{"ask_price":159399000,"bid_price":159396000,"ask_size":0.50775343,"bid_size":0.30813376}],"level":0}]'
    ),
    ("GET", "/v1/orderbook/instruments"): (
        '[{"market":"KRW-BTC","quote_currency":"KRW","tick_size":"1000","supported_levels":["0","10000","100000","1000000"]}]'
    ),
    ("GET", "/v1/orderbook/supported_levels"): '[{"market":"KRW-BTC","supported_levels":[0,10000,100000]}]',
    ("GET", "/v1/accounts"): f"[{ACCOUNT}]",
    ("GET", "/v1/orders/chance"): CHANCE,
    ("POST", "/v1/orders"): f"{{{ORDER}}}",
    ("POST", "/v1/orders/test"): f"{{{ORDER}}}",
    ("GET", "/v1/order"): FILLED,
    ("GET", "/v1/orders/uuids"): f"[{{{ORDER}}}]",
    ("GET", "/v1/orders/open"): f"[{{{ORDER}}}]",
    ("GET", "/v1/orders/closed"): f'[{{{ORDER},"executed_funds":"0"}}]',
    ("GET", "/v1/orders"): f"[{{{ORDER}}}]",
    ("DELETE", "/v1/order"): f"{{{ORDER}}}",
    ("DELETE", "/v1/orders/uuids"): BATCH,
    ("DELETE", "/v1/orders/open"): BATCH,
    ("POST", "/v1/orders/cancel_and_new"): (
        f'{{{ORDER},"new_order_uuid":"4b07a3d4-0c3b-4d2f-8d5f-f5d6cfa7f2c4","new_order_identifier":"장단-2"}}'
    ),
    ("GET", "/v1/deposit"): DEPOSIT,
    ("GET", "/v1/deposits"): f"[{DEPOSIT}]",
    ("GET", "/v1/deposits/chance/coin"): (
        '{"currency":"BTC","net_type":"BTC","is_deposit_possible":true,"deposit_impossible_reason":"","minimum_deposit_amount":"0.00001",'
        '"minimum_deposit_confirmations":3,"decimal_precision":8}'
    ),
    ("GET", "/v1/deposits/coin_addresses"): f"[{ADDRESS}]",
    ("GET", "/v1/deposits/coin_address"): ADDRESS,
    ("POST", "/v1/deposits/generate_coin_address"): '{"success":true,"message":"XRP 입금주소를 생성중입니다."}',
    ("POST", "/v1/deposits/krw"): DEPOSIT,
    ("GET", "/v1/withdraw"): WITHDRAWAL,
    ("GET", "/v1/withdraws"): f"[{WITHDRAWAL}]",
    ("GET", "/v1/withdraws/chance"): (
        '{"member_level":{"security_level":3,"fee_level":0,"email_verified":true,"identity_auth_verified":true,'
        '"bank_account_verified":true,"two_factor_auth_verified":true,"locked":false,"wallet_locked":false},'
        '"currency":{"code":"BTC","withdraw_fee":"0.0008","is_coin":true,"wallet_state":"working","wallet_support":["deposit","withdraw"]},'
        f'"account":{ACCOUNT},"withdraw_limit":{{"currency":"BTC","minimum":"0.001","fixed":8,"can_withdraw":true,"fiat_currency":"KRW",'
        '"remaining_daily_fiat":"5000000000","withdraw_delayed_fiat":"0"}}'
    ),
    ("GET", "/v1/withdraws/coin_addresses"): (
        '[{"currency":"ETH","net_type":"ETH","network_name":"Ethereum","withdraw_address":"0x0","secondary_address":null,'
        '"beneficiary_name":"홍길동","beneficiary_company_name":null,"beneficiary_type":"individual","exchange_name":"거래소",'
        '"wallet_type":"exchange"}]'
    ),
    ("POST", "/v1/withdraws/coin"): WITHDRAWAL,
    ("POST", "/v1/withdraws/krw"): WITHDRAWAL,
    ("DELETE", "/v1/withdraws/coin"): WITHDRAWAL,
    ("GET", "/v1/travel_rule/vasps"): '[{"vasp_name":"거래소","vasp_uuid":"00000000","depositable":true,"withdrawable":false}]',
    ("POST", "/v1/travel_rule/deposit/uuid"): VERIFICATION,
    ("POST", "/v1/travel_rule/deposit/txid"): VERIFICATION,
    ("GET", "/v1/status/wallet"): (
        '[{"currency":"BTC","wallet_state":"working","block_state":"normal","block_height":637432,'
        '"block_updated_at":"2025-07-04T05:11:55.000+00:00","block_elapsed_minutes":12,"net_type":"BTC","network_name":"Bitcoin"}]'
    ),
    ("GET", "/v1/api_keys"): '[{"access_key":"another-access-key","expire_at":"2026-07-01T00:00:00+09:00"}]',
    ("GET", "/v1/pockets"): '[{"uuid":"p1","name":"기본","type":"main"}]',
    ("GET", "/v1/pockets/api_keys"): (
        '[{"uuid":"p1","keys":[{"access_key":"another-access-key","created_at":"2026-07-01T00:00:00+09:00",'
        '"expired_at":"2027-07-01T00:00:00+09:00","permissions":["view_account"],"allowed_ips":["192.0.2.1"]}]}]'
    ),
    ("GET", "/v1/pockets/assets"): f"[{ACCOUNT}]",
    ("GET", "/v1/pockets/transfers"): f"[{MOVED}]",
    ("GET", "/v1/pockets/universal_transfers"): f"[{MOVED}]",
    ("POST", "/v1/pockets/transfers"): MOVED,
    ("POST", "/v1/pockets/universal_transfers"): MOVED,
}


def members(value: Any, before: str = "") -> set[str]:
    """Dotted names of every member of a JSON value, lists looked through."""
    if isinstance(value, list):
        return {name for item in value for name in members(item, before)}
    if not isinstance(value, dict):
        return set()
    return {f"{before}{name}" for name in value} | {inner for name, item in value.items() for inner in members(item, f"{before}{name}.")}


def parsed(sample: str) -> Any:
    """A sample as plain JSON."""
    return json.loads(sample)
