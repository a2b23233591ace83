"""Deposits, withdrawals, addresses, travel rule, wallets, keys and pockets in the exchange's JSON. A coin's network has the coin's code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeVar

from engine.exchange.simulated.venue.answers import Json, account_json, accounts_json, korean_seconds
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import RefusedError
from engine.exchange.simulated.venue.exact import plain
from engine.exchange.simulated.venue.query import Query
from engine.exchange.simulated.venue.request import read_identifier
from engine.exchange.simulated.venue.wallet import KRW, Move, Movement, Pocket, Stage, Way, address_of
from engine.exchange.simulated.venue.world import World
from engine.model.money import exact

_MOST: Final = 100
_WINDOW_MS: Final = 7 * 86_400_000
_FACTORS: Final = ("kakao", "naver", "hana")
_MOVE_STATES: Final = ("submitted", "processing", "done", "failed")
#: exchanges that deposits can be verified with
_VASPS: Final = (
    ("다른 거래소", "00000000-0000-4000-8000-000000000001", True, True),
    ("출금만 되는 거래소", "00000000-0000-4000-8000-000000000002", False, True),
)
Row = TypeVar("Row", Movement, Move)


def currencies(world: World) -> list[str]:
    """Codes of everything that can be held, sorted."""
    return sorted({code for market in world.listed() for code in market.split("-")} | {KRW})


# -- deposits and withdrawals ------------------------------------------------------------------------------------------------------------


def movement_json(moved: Movement) -> Json:
    """One of them; what is not known yet is left out."""
    found: Json = {
        "type": str(moved.way),
        "uuid": moved.uuid,
        "currency": moved.currency,
        "net_type": None if moved.currency == KRW else moved.currency,
        "txid": moved.txid,
        "state": str(moved.stage),
        "created_at": korean_seconds(moved.created_ms),
        "done_at": None if moved.done_ms is None else korean_seconds(moved.done_ms),
        "amount": plain(moved.amount),
        "fee": plain(moved.fee),
        "transaction_type": "internal" if moved.internal else "default",
    }
    if moved.way is Way.WITHDRAW:
        found["is_cancelable"] = moved.is_cancelable
    return {name: value for name, value in found.items() if value is not None}


def one_movement(venue: Venue, way: Way, query: Query) -> Json:
    """GET /v1/deposit, /v1/withdraw: by uuid, txid or currency; the newest of what fits."""
    wanted = {name: query.one(name) for name in ("uuid", "txid", "currency")}
    fits = [
        moved
        for moved in venue.wallet.movements
        if moved.way is way and all(value in (None, getattr(moved, name)) for name, value in wanted.items())
    ]
    if not fits:
        raise RefusedError("invalid_parameter")
    return movement_json(fits[-1])


def many_movements(venue: Venue, way: Way, query: Query) -> list[Json]:
    """GET /v1/deposits, /v1/withdraws. from, to: uuids that the list begins after and ends before."""
    uuids, txids = query.many("uuids", _MOST), query.many("txids", _MOST)
    if uuids and txids:
        raise RefusedError("invalid_parameter")
    stages = {Way.DEPOSIT: (Stage.PROCESSING, Stage.ACCEPTED, Stage.CANCELLED), Way.WITHDRAW: tuple(Stage)}[way]
    state = query.choice("state", "", ("", *stages))
    currency = query.one("currency")
    page, limit = query.integer("page", 1, 1, 10**9), query.integer("limit", _MOST, 1, _MOST)
    found = [
        moved
        for moved in _between(venue, way, query)
        if currency in (None, moved.currency)
        and state in ("", moved.stage)
        and (not uuids or moved.uuid in uuids)
        and (not txids or moved.txid in txids)
    ]
    return [movement_json(moved) for moved in found[(page - 1) * limit : page * limit]]


def _between(venue: Venue, way: Way, query: Query) -> list[Movement]:
    """Movements of a way that follow `from` and come before `to` in the order that was asked for."""
    found = _ordered(query, [moved for moved in venue.wallet.movements if moved.way is way])
    start, end = (query.one(name) for name in ("from", "to"))
    first = 0 if start is None else found.index(venue.wallet.movement(way, start)) + 1
    last = len(found) if end is None else found.index(venue.wallet.movement(way, end))
    return found[first:last]


def _ordered(query: Query, rows: list[Row]) -> list[Row]:
    newest_first = query.choice("order_by", "desc", ("desc", "asc")) == "desc"
    return sorted(rows, key=lambda row: row.number, reverse=newest_first)


def deposit_krw(world: World, fields: Mapping[str, object]) -> Json:
    """POST /v1/deposits/krw."""
    _check_factor(fields)
    return movement_json(world.venue.wallet.ask_deposit(_amount(fields), world.now_ms))


def withdraw_krw(world: World, fields: Mapping[str, object]) -> Json:
    """POST /v1/withdraws/krw, which spells its state small."""
    _check_factor(fields)
    made = movement_json(world.venue.wallet.withdraw(KRW, _amount(fields), world.now_ms))
    return made | {"state": made["state"].lower()}


def withdraw_coin(world: World, fields: Mapping[str, object]) -> Json:
    """POST /v1/withdraws/coin: only to an address that the account allows."""
    currency = _coin(world, fields.get("currency"), fields.get("net_type"))
    kind = fields.get("transaction_type") or "default"
    if kind not in ("default", "internal"):
        raise RefusedError("invalid_parameter")
    amount = _amount(fields)
    if fields.get("address") != address_of("withdraw", currency):
        raise RefusedError("withdraw_address_not_registered")
    return movement_json(world.venue.wallet.withdraw(currency, amount, world.now_ms, internal=kind == "internal"))


def cancel_withdrawal(world: World, query: Query) -> Json:
    """DELETE /v1/withdraws/coin."""
    return movement_json(world.venue.wallet.cancel_withdrawal(query.needed("uuid"), world.now_ms))


def deposit_chance(world: World, query: Query) -> Json:
    """GET /v1/deposits/chance/coin."""
    currency = _coin(world, query.needed("currency"), query.needed("net_type"))
    return {
        "currency": currency,
        "net_type": currency,
        "is_deposit_possible": True,
        "deposit_impossible_reason": "",
        "minimum_deposit_amount": "0",
        "minimum_deposit_confirmations": 1,
        "decimal_precision": 8,
    }


def withdraw_chance(world: World, query: Query) -> Json:
    """GET /v1/withdraws/chance."""
    currency = query.needed("currency")
    if currency != KRW:
        currency = _coin(world, currency, query.needed("net_type"))
    locked = world.venue.switches.withdraw_locked
    proved = ("email_verified", "identity_auth_verified", "bank_account_verified", "two_factor_auth_verified")
    return {
        "member_level": {"security_level": 3, "fee_level": 0, **dict.fromkeys(proved, True), "locked": False, "wallet_locked": locked},
        "currency": {
            "code": currency,
            "withdraw_fee": plain(world.venue.wallet.withdraw_fee(currency)),
            "is_coin": currency != KRW,
            "wallet_state": "working",
            "wallet_support": ["deposit", "withdraw"],
        },
        "account": account_json(world.venue, currency),
        "withdraw_limit": {
            "currency": currency,
            "minimum": "0",
            "fixed": 0 if currency == KRW else 8,
            "can_withdraw": not locked,
            "fiat_currency": KRW,
            "remaining_daily_fiat": "5000000000",
            "withdraw_delayed_fiat": "0",
        },
    }


# -- addresses and the travel rule -------------------------------------------------------------------------------------------------------


def make_address(world: World, fields: Mapping[str, object]) -> tuple[int, Json]:
    """POST /v1/deposits/generate_coin_address: 201 and a sentence while it is being made, 200 and the address once it is there."""
    currency = _coin(world, fields.get("currency"), fields.get("net_type"))
    if world.venue.wallet.make_address(currency, world.now_ms):
        return 200, _address(world, currency)
    return 201, {"success": True, "message": f"{currency} 입금주소를 생성중입니다."}


def deposit_address(world: World, query: Query) -> Json:
    """GET /v1/deposits/coin_address."""
    return _address(world, _coin(world, query.needed("currency"), query.needed("net_type")))


def deposit_addresses(world: World) -> list[Json]:
    """GET /v1/deposits/coin_addresses."""
    return [_address(world, currency) for currency in sorted(world.venue.wallet.addresses)]


def withdraw_addresses(world: World) -> list[Json]:
    """GET /v1/withdraws/coin_addresses: one of each coin is allowed."""
    return [
        {
            "currency": currency,
            "net_type": currency,
            "network_name": currency,
            "withdraw_address": address_of("withdraw", currency),
            "secondary_address": None,
            "beneficiary_name": "홍길동",
            "beneficiary_company_name": None,
            "beneficiary_type": "individual",
            "exchange_name": _VASPS[0][0],
            "wallet_type": "exchange",
        }
        for currency in currencies(world)
        if currency != KRW
    ]


def vasps() -> list[Json]:
    """GET /v1/travel_rule/vasps."""
    return [{"vasp_name": name, "vasp_uuid": uuid, "depositable": into, "withdrawable": out} for name, uuid, into, out in _VASPS]


def verify(world: World, fields: Mapping[str, object]) -> Json:
    """POST /v1/travel_rule/deposit/uuid and /txid."""
    vasp, uuid, txid = fields.get("vasp_uuid"), fields.get("deposit_uuid"), fields.get("txid")
    if vasp is None or (uuid is None and txid is None):
        raise RefusedError("validation_error")
    if vasp not in [known[1] for known in _VASPS]:
        raise RefusedError("invalid_parameter")
    if uuid is None:
        _coin(world, fields.get("currency"), fields.get("net_type"))
    found = next(
        (m for m in world.venue.wallet.movements if m.way is Way.DEPOSIT and (m.txid == txid if uuid is None else m.uuid == uuid)), None
    )
    if found is None:
        raise RefusedError("invalid_parameter")
    world.venue.wallet.verify(found, world.now_ms)
    return {"deposit_uuid": found.uuid, "deposit_state": str(found.stage), "verification_result": "verified"}


def wallet_states(world: World) -> list[Json]:
    """GET /v1/status/wallet."""
    return [
        {"currency": code, "wallet_state": "working", "block_state": "normal", "net_type": code, "network_name": code}
        for code in currencies(world)
    ]


def _address(world: World, currency: str) -> Json:
    return {
        "currency": currency,
        "net_type": currency,
        "deposit_address": world.venue.wallet.address(currency, world.now_ms),
        "secondary_address": None,
    }


# -- pockets -----------------------------------------------------------------------------------------------------------------------------


def pockets(world: World) -> list[Json]:
    """GET /v1/pockets."""
    return [{"uuid": pocket.uuid, "name": pocket.name, "type": pocket.kind} for pocket in world.venue.wallet.pockets]


def pocket_keys(world: World, query: Query, keys: Sequence[Json]) -> list[Json]:
    """GET /v1/pockets/api_keys: all keys are the main pocket's."""
    uuids = query.many("uuids", _MOST)
    query.flag("include_expired")
    chosen = [world.venue.wallet.pocket(uuid) for uuid in uuids] or world.venue.wallet.pockets
    return [{"uuid": pocket.uuid, "keys": list(keys) if pocket.kind == "main" else []} for pocket in chosen]


def pocket_assets(world: World, query: Query) -> list[Json]:
    """GET /v1/pockets/assets."""
    pocket = world.venue.wallet.pocket(query.needed("uuid"))
    if pocket.kind == "main":
        return accounts_json(world.venue)
    rest = {"locked": "0", "avg_buy_price": "0", "avg_buy_price_modified": False, "unit_currency": KRW}
    held = world.venue.wallet.held(pocket)
    return [{"currency": currency, "balance": plain(amount), **rest} for currency, amount in held.items()]


def pocket_moves(world: World, query: Query, *, universal: bool) -> list[Json]:
    """GET /v1/pockets/transfers (of the main pocket, by direction) and /v1/pockets/universal_transfers (between any)."""
    main = _main(world).uuid
    uuids, identifiers = query.many("uuids", _MOST), query.many("identifiers", _MOST)
    states = query.many("states", len(_MOVE_STATES)) or ["done"]
    if (uuids and identifiers) or not set(states) <= set(_MOVE_STATES):
        raise RefusedError("invalid_parameter")
    direction = "all" if universal else query.choice("direction", "all", ("in", "out", "all"))
    start, end = query.moment_ms("start_time"), query.moment_ms("end_time")
    end = (world.now_ms if start is None else start + _WINDOW_MS) if end is None else end
    start = end - _WINDOW_MS if start is None else start
    wanted = {"source": query.one("from") if universal else None, "target": query.one("to") if universal else None}
    wanted["currency"] = query.one("currency")
    found = [
        made
        for made in world.venue.wallet.moves
        if start <= made.created_ms <= end
        and "done" in states
        and direction in ("all", "out" if made.source == main else "in")
        and all(value in (None, getattr(made, name)) for name, value in wanted.items())
        and (not uuids or made.uuid in uuids)
        and (not identifiers or made.identifier in identifiers)
    ]
    return [move_json(made) for made in _ordered(query, found)[: query.integer("limit", _MOST, 1, _MOST)]]


def make_move(world: World, fields: Mapping[str, object], *, universal: bool) -> Json:
    """POST /v1/pockets/transfers (from the main pocket) and /v1/pockets/universal_transfers."""
    wallet, source = world.venue.wallet, _main(world)
    if universal and fields.get("from") is not None:
        source = wallet.pocket(str(fields["from"]))
    currency = fields.get("currency")
    if currency is None or fields.get("to") is None:
        raise RefusedError("validation_error")
    if currency not in currencies(world):
        raise RefusedError("currency_not_found")
    target = wallet.pocket(str(fields.get("to")))
    identifier = read_identifier(fields.get("identifier"))
    return move_json(wallet.move(source, target, str(currency), _amount(fields), identifier, world.now_ms))


def move_json(made: Move) -> Json:
    """A transfer between pockets; it is done at once."""
    found = {
        "uuid": made.uuid,
        "from": made.source,
        "to": made.target,
        "currency": made.currency,
        "amount": plain(made.amount),
        "identifier": made.identifier,
        "state": "done",
        "created_at": korean_seconds(made.created_ms),
    }
    return {name: value for name, value in found.items() if value is not None}


def _main(world: World) -> Pocket:
    return next(pocket for pocket in world.venue.wallet.pockets if pocket.kind == "main")


# -- what was sent -----------------------------------------------------------------------------------------------------------------------


def _coin(world: World, currency: object, network: object) -> str:
    """A coin that the exchange knows, on its network."""
    if not isinstance(currency, str) or not isinstance(network, str):
        raise RefusedError("validation_error")
    if currency not in currencies(world) or currency == KRW:
        raise RefusedError("currency_not_found")
    if network != currency:
        raise RefusedError("invalid_parameter")
    return currency


def _amount(fields: Mapping[str, Any]) -> Decimal:
    given = fields.get("amount")
    if given is None:
        raise RefusedError("validation_error")
    try:
        amount = exact(given)
    except (ValueError, TypeError) as error:
        raise RefusedError("invalid_parameter") from error
    if not 0 < amount < Decimal("1e18"):
        raise RefusedError("invalid_parameter")
    return amount


def _check_factor(fields: Mapping[str, object]) -> None:
    """The owner's second proof; here it is always given."""
    if fields.get("two_factor_type") is None:
        raise RefusedError("validation_error")
    if fields["two_factor_type"] not in _FACTORS:
        raise RefusedError("invalid_parameter")
