"""Paths of deposits, withdrawals, addresses, the travel rule, wallets, keys and pockets."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.exchange.simulated.served.route import Asked, Route, command, private
from engine.exchange.simulated.venue import wallet_answers as wallet
from engine.exchange.simulated.venue.answers import Json, korean_seconds
from engine.exchange.simulated.venue.tape import DAY_MS
from engine.exchange.simulated.venue.wallet import Way


def _expiry(asked: Asked) -> str:
    return korean_seconds(asked.world.now_ms + 365 * DAY_MS)


def _keys(asked: Asked) -> Any:
    return [{"access_key": asked.access, "expire_at": _expiry(asked)}]


def _pocket_keys(asked: Asked) -> Any:
    key: Json = {"access_key": asked.access, "created_at": korean_seconds(asked.world.now_ms), "expired_at": _expiry(asked)}
    return wallet.pocket_keys(asked.world, asked.query, [key | {"permissions": sorted(asked.permissions), "allowed_ips": ["127.0.0.1"]}])


def _movements(path: str, way: Way, permission: str) -> tuple[Route, Route]:
    return (
        private("GET", path, lambda asked: wallet.one_movement(asked.world.venue, way, asked.query), permission),
        private("GET", f"{path}s", lambda asked: wallet.many_movements(asked.world.venue, way, asked.query), permission),
    )


def _moves(path: str, *, universal: bool) -> tuple[Route, Route]:
    return (
        private("GET", path, lambda asked: wallet.pocket_moves(asked.world, asked.query, universal=universal), "view_asset"),
        command(path, lambda asked: wallet.make_move(asked.world, asked.body, universal=universal), "move_pockets"),
    )


WALLET_ROUTES: Final = (
    private("GET", "/v1/api_keys", _keys, None),
    private("GET", "/v1/status/wallet", lambda asked: wallet.wallet_states(asked.world), None),
    *_movements("/v1/deposit", Way.DEPOSIT, "view_deposits"),
    *_movements("/v1/withdraw", Way.WITHDRAW, "view_withdrawals"),
    private("GET", "/v1/deposits/chance/coin", lambda asked: wallet.deposit_chance(asked.world, asked.query), "view_deposits"),
    private("GET", "/v1/deposits/coin_addresses", lambda asked: wallet.deposit_addresses(asked.world), "view_deposits"),
    private("GET", "/v1/deposits/coin_address", lambda asked: wallet.deposit_address(asked.world, asked.query), "view_deposits"),
    Route(
        "POST", re.compile("/v1/deposits/generate_coin_address"), "default", lambda asked: wallet.make_address(asked.world, asked.body),
        permission="make_deposits",
    ),
    command("/v1/deposits/krw", lambda asked: wallet.deposit_krw(asked.world, asked.body), "make_deposits"),
    private("GET", "/v1/withdraws/chance", lambda asked: wallet.withdraw_chance(asked.world, asked.query), "view_withdrawals"),
    private("GET", "/v1/withdraws/coin_addresses", lambda asked: wallet.withdraw_addresses(asked.world), "view_withdrawals"),
    command("/v1/withdraws/coin", lambda asked: wallet.withdraw_coin(asked.world, asked.body), "make_withdrawals"),
    command("/v1/withdraws/krw", lambda asked: wallet.withdraw_krw(asked.world, asked.body), "make_withdrawals"),
    private("DELETE", "/v1/withdraws/coin", lambda asked: wallet.cancel_withdrawal(asked.world, asked.query), "make_withdrawals"),
    private("GET", "/v1/travel_rule/vasps", lambda _: wallet.vasps(), None),
    command("/v1/travel_rule/deposit/uuid", lambda asked: wallet.verify(asked.world, asked.body), "make_deposits"),
    command("/v1/travel_rule/deposit/txid", lambda asked: wallet.verify(asked.world, asked.body), "make_deposits"),
    private("GET", "/v1/pockets", lambda asked: wallet.pockets(asked.world), "view_asset"),
    private("GET", "/v1/pockets/api_keys", _pocket_keys, "view_asset"),
    private("GET", "/v1/pockets/assets", lambda asked: wallet.pocket_assets(asked.world, asked.query), "view_asset"),
    *_moves("/v1/pockets/transfers", universal=False),
    *_moves("/v1/pockets/universal_transfers", universal=True),
)  # fmt: skip
