"""Contract, 601 to 699: deposits, withdrawals, addresses, the travel rule, wallets, keys and pockets."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from tests.contracts.asking import delete, get, get_refusal, made, money, post, uuids
from tests.contracts.suite import ACCOUNT, MONEY, TERMS, TIME, House, case

MOVEMENT = {"type", "uuid", "currency", "txid", "state", "created_at", "amount", "fee", "transaction_type"}
KAKAO = {"two_factor_type": "kakao"}
XRP = {"currency": "XRP", "net_type": "XRP"}


@case(601, "deposits: one, the newest, by currency, names and page", "GET /v1/deposit", "GET /v1/deposits", needs=f"{MONEY} {TERMS}")
def deposits(house: House) -> None:
    door = house.open(money={"KRW": "1000000", "XRP": "100", "BTC": "2"})
    rows = get(door, "/v1/deposits")
    assert [row["currency"] for row in rows] == ["BTC", "XRP", "KRW"]
    for row in rows:
        assert set(row) - {"net_type", "done_at"} == MOVEMENT
        assert (row["type"], row["state"], row["fee"], row["transaction_type"]) == ("deposit", "ACCEPTED", "0", "default")
    assert get(door, "/v1/deposit")["currency"] == "BTC"
    assert get(door, "/v1/deposit", currency="XRP") == get(door, "/v1/deposit", uuid=rows[1]["uuid"]) == rows[1]
    assert get(door, "/v1/deposit", txid=rows[2]["txid"])["currency"] == "KRW"
    assert get(door, "/v1/deposits", order_by="asc", limit=1, page=2) == [rows[1]]
    assert get(door, "/v1/deposits", ("uuids[]", rows[0]["uuid"])) == get(door, "/v1/deposits", ("txids[]", rows[0]["txid"])) == [rows[0]]
    assert get(door, "/v1/deposits", **{"from": rows[0]["uuid"]}) == rows[1:]
    assert get(door, "/v1/deposits", to=rows[2]["uuid"]) == rows[:2]
    assert get(door, "/v1/deposits", state="PROCESSING") == get(door, "/v1/withdraws") == []
    for wrong in ({"state": "LOST"}, {"limit": "101"}, {"from": "nobody"}):
        assert get_refusal(door, "/v1/deposits", **wrong)[0] == 400, wrong
    assert get_refusal(door, "/v1/deposit", uuid="nobody")[0] == 400


@case(602, "a deposit of KRW comes after a while", "POST /v1/deposits/krw", "GET /v1/deposit", needs=f"{MONEY} {TIME}")
def deposit_krw(house: House) -> None:
    door = house.open()
    before = money(door, "KRW")[0]
    found = made(door, "/v1/deposits/krw", amount="10000", **KAKAO)
    assert (found["type"], found["currency"], found["state"], "net_type" in found) == ("deposit", "KRW", "PROCESSING", False)
    assert money(door, "KRW")[0] == before
    door.step(61)
    assert get(door, "/v1/deposit", uuid=found["uuid"])["state"] == "ACCEPTED"
    assert money(door, "KRW") == (before + 10_000, 0)
    assert post(door, "/v1/deposits/krw", {"amount": "10000"}).refusal == (400, "validation_error")
    assert post(door, "/v1/deposits/krw", {"amount": "10000", "two_factor_type": "smoke"}).refusal == (400, "invalid_parameter")
    assert post(door, "/v1/deposits/krw", {"amount": "-1", **KAKAO}).refusal == (400, "invalid_parameter")


@case(610, "a withdrawal of KRW is locked, then gone", "POST /v1/withdraws/krw", "GET /v1/withdraw", needs=f"{MONEY} {TIME} {TERMS}")
def withdraw_krw(house: House) -> None:
    door = house.open(money={"KRW": "11000"})
    assert post(door, "/v1/withdraws/krw", {"amount": "10001", **KAKAO}).refusal == (400, "invalid_funds")
    found = made(door, "/v1/withdraws/krw", amount="10000", **KAKAO)
    assert (found["type"], found["state"], found["fee"], found["is_cancelable"]) == ("withdraw", "waiting", "1000", True)
    assert money(door, "KRW") == (0, 11_000)
    states = []
    for _ in range(3):
        states.append(get(door, "/v1/withdraw", uuid=found["uuid"])["state"])
        door.step(31)
    assert states == ["WAITING", "PROCESSING", "DONE"]
    assert money(door, "KRW") == (0, 0)
    assert not get(door, "/v1/withdraw")["is_cancelable"]


@case(611, "coins go to allowed addresses only, and can be taken back at first", "POST /v1/withdraws/coin", "DELETE /v1/withdraws/coin",
      "GET /v1/withdraws/coin_addresses", "GET /v1/withdraws", needs=f"{MONEY} {TIME}")  # fmt: skip
def withdraw_coin(house: House) -> None:
    door = house.open()
    held = money(door, "XRP")[0]
    allowed = next(row for row in get(door, "/v1/withdraws/coin_addresses") if row["currency"] == "XRP")
    assert {"currency", "net_type", "network_name", "withdraw_address"} <= set(allowed)
    body = {**XRP, "amount": "10.5", "address": allowed["withdraw_address"]}
    assert post(door, "/v1/withdraws/coin", body | {"address": "elsewhere"}).refusal == (400, "withdraw_address_not_registered")
    assert post(door, "/v1/withdraws/coin", body | {"currency": "NOSUCHCOIN"}).refusal == (404, "currency_not_found")
    assert post(door, "/v1/withdraws/coin", body | {"amount": str(held + 1)}).refusal == (400, "invalid_funds")
    first = made(door, "/v1/withdraws/coin", **body)
    assert (first["state"], first["net_type"], first["amount"]) == ("WAITING", "XRP", "10.5")
    assert money(door, "XRP") == (held - D("10.5"), D("10.5"))
    assert delete(door, "/v1/withdraws/coin", uuid=first["uuid"]).value["state"] == "CANCELLED"
    assert money(door, "XRP") == (held, 0)
    second = made(door, "/v1/withdraws/coin", **body, transaction_type="internal")
    door.step(61)
    assert delete(door, "/v1/withdraws/coin", uuid=second["uuid"]).refusal[0] == 400
    assert money(door, "XRP") == (held - D("10.5"), 0)
    rows = get(door, "/v1/withdraws", currency="XRP", order_by="asc")
    assert [(row["state"], row["transaction_type"]) for row in rows] == [("CANCELLED", "default"), ("DONE", "internal")]


@case(612, "the owner's safety lock stops withdrawals", "POST /v1/withdraws/krw", "POST /v1/withdraws/coin", "GET /v1/withdraws/chance",
      needs=f"{MONEY} {TERMS}")  # fmt: skip
def safety_lock(house: House) -> None:
    door = house.open(settings=("withdraw_locked=true",))
    address = get(door, "/v1/withdraws/coin_addresses")[0]
    coin = {"currency": address["currency"], "net_type": address["net_type"], "amount": "0.1", "address": address["withdraw_address"]}
    assert post(door, "/v1/withdraws/krw", {"amount": "5000", **KAKAO}).refusal == (403, "open_api_withdraw_locked")
    assert post(door, "/v1/withdraws/coin", coin).refusal == (403, "open_api_withdraw_locked")
    assert get(door, "/v1/withdraws/chance", currency="KRW")["withdraw_limit"]["can_withdraw"] is False


@case(613, "whether and how much may be moved", "GET /v1/deposits/chance/coin", "GET /v1/withdraws/chance", needs=MONEY)
def chances(house: House) -> None:
    door = house.open()
    coming = get(door, "/v1/deposits/chance/coin", **XRP)
    assert (coming["currency"], coming["is_deposit_possible"], type(coming["decimal_precision"])) == ("XRP", True, int)
    going = get(door, "/v1/withdraws/chance", **XRP)
    assert set(going) == {"member_level", "currency", "account", "withdraw_limit"}
    assert (going["currency"]["is_coin"], going["account"]["currency"], going["withdraw_limit"]["can_withdraw"]) == (True, "XRP", True)
    assert get_refusal(door, "/v1/deposits/chance/coin", currency="NOSUCHCOIN", net_type="X") == (404, "currency_not_found")
    assert get_refusal(door, "/v1/deposits/chance/coin", currency="XRP") == (400, "validation_error")


@case(620, "a deposit address is made on demand", "POST /v1/deposits/generate_coin_address", "GET /v1/deposits/coin_address",
      "GET /v1/deposits/coin_addresses", needs=f"{MONEY} {TIME}")  # fmt: skip
def addresses(house: House) -> None:
    door = house.open()
    assert get(door, "/v1/deposits/coin_addresses") == []
    assert get_refusal(door, "/v1/deposits/coin_address", **XRP)[0] == 400
    begun = post(door, "/v1/deposits/generate_coin_address", dict(XRP))
    assert (begun.status, set(begun.value), begun.value["success"]) == (201, {"success", "message"}, True)
    assert get(door, "/v1/deposits/coin_address", **XRP)["deposit_address"] is None
    door.step(61)
    ready = post(door, "/v1/deposits/generate_coin_address", dict(XRP))
    assert ready.status == 200
    assert [ready.value] == get(door, "/v1/deposits/coin_addresses")
    assert ready.value["deposit_address"] == get(door, "/v1/deposits/coin_address", **XRP)["deposit_address"]


@case(630, "the travel rule: a deposit is verified at most once in ten minutes", "GET /v1/travel_rule/vasps",
      "POST /v1/travel_rule/deposit/uuid", "POST /v1/travel_rule/deposit/txid", needs=f"{MONEY} {TIME}")  # fmt: skip
def travel_rule(house: House) -> None:
    door = house.open()
    vasp = get(door, "/v1/travel_rule/vasps")[0]
    assert set(vasp) == {"vasp_name", "vasp_uuid", "depositable", "withdrawable"}
    deposit = get(door, "/v1/deposit", currency="XRP")
    by_uuid: dict[str, Any] = {"deposit_uuid": deposit["uuid"], "vasp_uuid": vasp["vasp_uuid"]}
    by_txid: dict[str, Any] = {"txid": deposit["txid"], "vasp_uuid": vasp["vasp_uuid"], **XRP}
    found = made(door, "/v1/travel_rule/deposit/uuid", **by_uuid)
    assert (found["deposit_uuid"], found["verification_result"]) == (deposit["uuid"], "verified")
    assert post(door, "/v1/travel_rule/deposit/txid", by_txid).refusal == (429, "too_many_requests")
    door.step(601)
    assert made(door, "/v1/travel_rule/deposit/txid", **by_txid)["deposit_state"] == "ACCEPTED"
    assert post(door, "/v1/travel_rule/deposit/uuid", by_uuid | {"vasp_uuid": "nobody"}).refusal[0] == 400


@case(640, "wallets and keys", "GET /v1/status/wallet", "GET /v1/api_keys", needs=ACCOUNT)
def status(house: House) -> None:
    door = house.open()
    rows = get(door, "/v1/status/wallet")
    assert {"BTC", "XRP"} <= {row["currency"] for row in rows}
    assert {row["wallet_state"] for row in rows} <= {"working", "withdraw_only", "deposit_only", "paused", "unsupported"}
    assert all({"access_key", "expire_at"} <= set(row) for row in get(door, "/v1/api_keys"))


@case(650, "pockets: their keys, balances and transfers", "GET /v1/pockets", "GET /v1/pockets/api_keys", "GET /v1/pockets/assets",
      "POST /v1/pockets/transfers", "GET /v1/pockets/transfers", needs=MONEY)  # fmt: skip
def pockets(house: House) -> None:
    door = house.open()
    main, other = (row["uuid"] for row in sorted(get(door, "/v1/pockets"), key=lambda row: row["type"] != "main"))
    keys = {row["uuid"]: row["keys"] for row in get(door, "/v1/pockets/api_keys")}
    assert set(keys[main][0]) == {"access_key", "created_at", "expired_at", "permissions", "allowed_ips"}
    assert get(door, "/v1/pockets/assets", uuid=main) == get(door, "/v1/accounts")
    before = money(door, "KRW")[0]
    body = {"to": other, "currency": "KRW", "amount": "2500.5", "identifier": "m-1"}
    moved = made(door, "/v1/pockets/transfers", **body)
    assert (moved["from"], moved["to"], moved["amount"], moved["state"]) == (main, other, "2500.5", "done")
    assert money(door, "KRW")[0] == before - D("2500.5")
    assert [(row["currency"], row["balance"]) for row in get(door, "/v1/pockets/assets", uuid=other)] == [("KRW", "2500.5")]
    for wrong, name in (
        ({}, (400, "duplicated_identifier")), ({"identifier": "x", "amount": "1e12"}, (400, "invalid_funds")),
        ({"identifier": "y", "to": "nobody"}, (404, "pocket_not_found")), ({"identifier": "z", "to": main}, (400, "invalid_parameter")),
    ):  # fmt: skip
        assert post(door, "/v1/pockets/transfers", body | wrong).refusal == name, wrong
    assert get(door, "/v1/pockets/transfers", ("identifiers[]", "m-1"), direction="out") == [moved]
    assert get(door, "/v1/pockets/transfers", direction="in") == []
    assert get_refusal(door, "/v1/pockets/assets", uuid="nobody") == (404, "pocket_not_found")


@case(651, "the main pocket's key moves between any pockets", "POST /v1/pockets/universal_transfers", "GET /v1/pockets/universal_transfers",
      needs=MONEY)  # fmt: skip
def universal(house: House) -> None:
    door = house.open()
    main, other = (row["uuid"] for row in sorted(get(door, "/v1/pockets"), key=lambda row: row["type"] != "main"))
    there = made(door, "/v1/pockets/universal_transfers", to=other, currency="XRP", amount="5")
    back = {"from": other, "to": main, "currency": "XRP"}
    assert post(door, "/v1/pockets/universal_transfers", {**back, "amount": "6"}).refusal == (400, "invalid_funds")
    again = made(door, "/v1/pockets/universal_transfers", **back, amount="5")
    assert uuids(get(door, "/v1/pockets/universal_transfers")) == [again["uuid"], there["uuid"]]
    assert get(door, "/v1/pockets/universal_transfers", **{"from": other}) == [again]
    assert get(door, "/v1/pockets/assets", uuid=other) == []
