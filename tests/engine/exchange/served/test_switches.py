"""Every switch of the simulated exchange, by what a client sees of it: the default, and what else can be chosen."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

from engine.exchange.simulated.served.face import Incoming, Outgoing
from engine.exchange.simulated.served.faults import Faults
from engine.exchange.simulated.served.opening import read_settings
from engine.exchange.simulated.served.socket import Line
from engine.exchange.simulated.served.switches import WireSwitches
from engine.exchange.simulated.venue.book import BookRule
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.switches import Switches
from engine.exchange.simulated.venue.tape import Tape
from engine.exchange.simulated.venue.world import World
from tests.contracts.venues import MINUTE_MS, table_of, world_of
from tests.engine.exchange.served.desk import XRP, Desk

ROOT = Path(__file__).resolve().parents[4]


Show = Callable[[], None]
SHOWN: dict[str, Show] = {}


def shows(*names: str) -> Callable[[Show], Show]:
    """This test shows what these switches do."""

    def register(show: Show) -> Show:
        assert not set(names) & set(SHOWN)
        SHOWN.update(dict.fromkeys(names, show))
        return show

    return register


def test_every_switch_is_shown() -> None:
    names = {field.name for kind in (Switches, WireSwitches) for field in fields(kind)}
    assert set(SHOWN) == names
    assert len(names) >= 35
    named = names | {field.name for kind in (BookRule, Faults) for field in fields(kind)}
    for page in ("exchange.md", "exchange.ko.md"):
        words = set(re.findall(r"`(\w+)[=`]", (ROOT / "docs" / page).read_text(encoding="utf-8")))
        assert sorted(named - words) == []


# -- orders ------------------------------------------------------------------------------------------------------------------------


@shows("smp_default_from_ms")
def test_prevention_without_a_word() -> None:
    assert Desk().limit("bid", 2500, 10)["smp_type"] == "cancel_maker"
    assert "smp_type" not in Desk("smp_default_from_ms=none").limit("bid", 2500, 10)


@shows("post_only_match")
def test_post_only_that_would_trade() -> None:
    crossing = {"side": "bid", "price": 4000, "volume": 10, "time_in_force": "post_only"}
    assert Desk().limit(**crossing)["state"] == "cancel"  # type: ignore[arg-type]
    assert Desk("post_only_match=refuse").limit(**crossing) == "invalid_post_only"  # type: ignore[arg-type]


@shows("burn_refused")
def test_names_of_refused_orders() -> None:
    for settings, second in (((), "duplicated_identifier"), (("burn_refused=false",), "taken")):
        desk = Desk(*settings)
        assert desk.limit("bid", "2500.5", 10, identifier="one") == "invalid_price_bid"
        found = desk.limit("bid", 2500, 10, identifier="one")
        assert (found if isinstance(found, str) else "taken") == second


@shows("market_sell_minimum")
def test_small_market_sales() -> None:
    assert Desk().order(side="ask", ord_type="market", volume="1") == "under_min_total_ask"
    assert Desk("market_sell_minimum=false").order(side="ask", ord_type="market", volume="1")["state"] == "done"


@shows("release_better_price")
def test_what_a_cheaper_fill_frees() -> None:
    for settings, reserved in (((), 4000), (("release_better_price=false",), None)):
        desk = Desk("depth=1", "levels=1", *settings)
        found = desk.limit("bid", 4000, 100)
        left, spent = D(found["remaining_volume"]), sum(D(trade["funds"]) for trade in found["trades"])
        assert 0 < left < 100
        kept = left * 4000 if reserved else 400_000 - spent
        assert D(found["locked"]) == kept * D("1.0005")


@shows("passing_volume", "queue_share")
def test_how_much_passes() -> None:
    """Traded through by 1 coin, then by 10 coins at the very price of an order of 100."""
    found = {}
    for settings in ((), ("passing_volume=traded",), ("queue_share=0.5",)):
        through, at = Desk(*settings), Desk(*settings)
        orders = [desk.limit("bid", 2500, 100) for desk in (through, at)]
        through.trade(2499, 1, bought=False)
        at.trade(2500, 10, bought=False)
        found[settings] = [desk.now(order)["executed_volume"] for desk, order in zip((through, at), orders, strict=True)]
    assert found == {(): ["100", "0"], ("passing_volume=traded",): ["1", "0"], ("queue_share=0.5",): ["100", "5"]}


@shows("beyond_levels_error")
def test_market_orders_beyond_the_visible_levels() -> None:
    huge = {"side": "ask", "ord_type": "market", "volume": "50000"}
    assert Desk("depth=1").order(**huge) == "volume_too_large"
    assert Desk("depth=1", "beyond_levels_error=create_ask_error").order(**huge) == "create_ask_error"
    assert Desk("depth=1", "beyond_levels_error=none").order(**huge)["state"] == "cancel"


@shows("maximum_error", "usdt_maximum")
def test_the_largest_order_and_its_name() -> None:
    in_btc = {"market": "BTC-XRP", "side": "ask", "ord_type": "limit", "price": "1", "volume": "11"}
    assert Desk().order(**in_btc) == "over_krw_funds_ask"
    assert Desk("maximum_error=quote").order(**in_btc) == "over_btc_funds_ask"
    in_usdt = {"market": "USDT-XRP", "side": "ask", "ord_type": "limit", "price": "1000", "volume": "11"}
    assert Desk().order(**in_usdt)["state"] == "wait"
    assert Desk("usdt_maximum=10000").order(**in_usdt) == "over_krw_funds_ask"
    assert Desk("usdt_maximum=10000", "maximum_error=quote").order(**in_usdt) == "over_usdt_funds_ask"


@shows("agreed_to_third_party")
def test_markets_that_need_consent() -> None:
    order = {"market": "BTC-XRP", "side": "ask", "ord_type": "limit", "price": "1", "volume": "5"}
    assert Desk().order(**order)["state"] == "wait"
    assert Desk("agreed_to_third_party=false").order(**order) == "thirdparty_agreement_required"


@shows("krw_fee", "btc_fee", "usdt_fee")
def test_fees_of_an_account_of_ones_own() -> None:
    general = {"KRW-XRP": "0.0005", "BTC-XRP": "0.0025", "USDT-XRP": "0.0025"}
    for number, market in enumerate(general):
        desk = Desk(f"{market.partition('-')[0].lower()}_fee=0.001")
        for asked, fee in general.items():
            chance = desk.ask("GET", "/v1/orders/chance", f"market={asked}").value
            expected = "0.001" if asked == market else fee
            assert (chance["bid_fee"], chance["ask_fee"], chance["maker_bid_fee"]) == (expected,) * 3
        if number == 0:
            sold = desk.order(side="ask", ord_type="market", volume="5")
            assert D(sold["paid_fee"]) == sum(D(trade["funds"]) for trade in sold["trades"]) * D("0.001")


@shows("fee_decimals")
def test_fees_are_cut_where_that_is_wanted() -> None:
    for settings, places in (((), None), (("fee_decimals=2",), 2), (("fee_decimals=0",), 0)):
        desk = Desk("krw_fee=0.000123", *settings)
        before = desk.world.venue.ledger.balance("KRW").total
        sold, bought = desk.order(side="ask", ord_type="market", volume="7.7"), desk.order(side="bid", ord_type="price", price="12345")
        for found in (sold, bought):
            whole = sum(D(trade["funds"]) for trade in found["trades"]) * D("0.000123")
            assert D(found["paid_fee"]) == (whole if places is None else whole.quantize(D(1).scaleb(-places), "ROUND_FLOOR"))
            assert whole != round(whole, 2)
        funds = [sum(D(trade["funds"]) for trade in found["trades"]) for found in (sold, bought)]
        after = desk.world.venue.ledger.balance("KRW")
        assert after.locked == 0
        assert after.total == (before + funds[0] - funds[1] - D(sold["paid_fee"]) - D(bought["paid_fee"]))


@shows("grid_of_2025")
def test_orders_off_a_grid_that_comes_into_force() -> None:
    for settings, state in (((), "wait"), (("grid_of_2025=cancel",), "cancel")):
        desk = Desk(*settings, at="2025-07-30 23:59")
        off, on = desk.limit("ask", 7003, 5), desk.limit("ask", 7005, 5)
        desk.step(59)
        assert desk.now(off)["state"] == "wait"
        desk.step(1)
        assert (desk.now(off)["state"], desk.now(on)["state"]) == (state, "wait")
        assert desk.world.venue.ledger.balance("XRP").locked == (10 if state == "wait" else 5)
    desk = Desk(at="2024-08-18 23:59")
    orders = [desk.order(market="USDT-XRP", side="ask", ord_type="limit", price=price, volume="5") for price in ("12.345", "12.34")]
    desk.step(60)
    assert [desk.now(order)["state"] for order in orders] == ["cancel", "wait"], "as the exchange did"


def test_what_becomes_of_waiting_orders_after_maintenance() -> None:
    """A buy above and a sale below the last price wait inside the spread; others are left alone."""
    desk = Desk("slippage=0.05")
    last = int(desk.world.venue.places[XRP].last or 0)
    prices = {("bid", last + 9): "cancel", ("bid", last): "wait", ("ask", last + 20): "wait", ("bid", last - 9): "wait"}
    orders = [desk.limit(side, price, 10) for side, price in prices]
    assert {order["state"] for order in orders} == {"wait"}
    for offline in (True, False):
        desk.face.answer(Incoming("POST", "/control/offline", "", (), json.dumps({"market": XRP, "offline": offline}).encode(), ""))
        assert {desk.now(order)["state"] for order in orders} == ({"wait"} if offline else {"wait", "cancel"})
    assert [desk.now(order)["state"] for order in orders] == list(prices.values())
    assert Desk("slippage=0.05").limit("ask", last - 9, 10)["state"] == "wait"


# -- questions ---------------------------------------------------------------------------------------------------------------------


@shows("count_above_limit")
def test_more_candles_than_there_are_for_one_question() -> None:
    many = f"market={XRP}&count=201"
    assert Desk().ask("GET", "/v1/candles/minutes/1", many).status == 400
    assert len(Desk("count_above_limit=clamp").ask("GET", "/v1/candles/minutes/1", many).value) == 200


@shows("four_hours")
def test_when_four_hours_begin() -> None:
    hours = {}
    for settings in ((), ("four_hours=korea",)):
        desk = Desk(*settings)
        starts = [row["candle_date_time_kst"] for row in desk.ask("GET", "/v1/candles/minutes/240", f"market={XRP}&count=12").value]
        frames = [json.loads(frame) for frame in desk.line().take(f'[{{"ticket":"t"}},{{"type":"candle.240m","codes":["{XRP}"]}}]')]
        assert [frame["candle_date_time_kst"] for frame in frames] == starts[:1]
        hours[settings] = {int(start[11:13]) for start in starts}
    assert hours == {(): {1, 5, 9, 13, 17, 21}, ("four_hours=korea",): {0, 4, 8, 12, 16, 20}}


@shows("delisted")
def test_what_is_known_of_a_market_that_is_gone() -> None:
    for settings, statuses in (((), {404}), (("delisted=asked",), {200})):
        at_ms = world_of("", (), {}).now_ms
        tables = {market: table_of(market, at_ms - 60 * MINUTE_MS) for market in (XRP, "KRW-BTC")}
        ((start, _),) = tables[XRP].fetched
        tables[XRP] = replace(tables[XRP], fetched=((start, at_ms + MINUTE_MS),))
        desk = Desk(*settings, world=World(Venue(tables, read_settings(settings)[0]), {m: Tape(t, 1) for m, t in tables.items()}, at_ms))
        asked = [("/v1/candles/minutes/1", f"market={XRP}"), ("/v1/candles/days", f"market={XRP}"), ("/v1/trades/ticks", f"market={XRP}")]
        assert {desk.ask("GET", *question).status for question in asked} == {200}
        desk.step(60)
        assert {desk.ask("GET", *question).status for question in asked} == statuses
        assert desk.ask("GET", "/v1/ticker", f"markets={XRP}").status == 404
        assert [row["market"] for row in desk.ask("GET", "/v1/market/all").value] == ["KRW-BTC"]
        assert desk.ask("GET", "/v1/candles/minutes/1", "market=KRW-NONE").status == 404


@shows("transfer_seconds", "krw_withdraw_fee", "withdraw_locked", "transfer_status")
def test_transfers() -> None:
    wanted = {"amount": "10000", "two_factor_type": "kakao"}
    for settings, seconds, fee, status in (
        ((), 60, "1000", 201),
        (("transfer_seconds=5", "krw_withdraw_fee=7", "transfer_status=200"), 5, "7", 200),
    ):
        desk = Desk(*settings)
        made = desk.ask("POST", "/v1/withdraws/krw", body=wanted)
        assert (made.status, made.value["fee"]) == (status, fee)
        states = []
        for wait in (seconds - 1, 1):
            desk.step(wait)
            states.append(desk.ask("GET", "/v1/withdraw", f"uuid={made.value['uuid']}").value["state"])
        assert (states[0] != "DONE", states[1]) == (True, "DONE")
    assert Desk("withdraw_locked=true").ask("POST", "/v1/withdraws/krw", body=wanted).value["error"]["name"] == "open_api_withdraw_locked"


# -- the wire ----------------------------------------------------------------------------------------------------------------------


@shows("group_names")
def test_how_groups_are_spelled() -> None:
    for value, names in (("singular", ["candle", "trade"]), ("plural", ["candles", "trades"]), ("crix", ["candles", "crix-trades"])):
        desk = Desk(f"group_names={value}")
        answers = [desk.ask("GET", path, f"market={XRP}") for path in ("/v1/candles/days", "/v1/trades/ticks")]
        assert [answer.headers["Remaining-Req"] for answer in answers] == [f"group={name}; min=600; sec=9" for name in names]


@shows("test_order_status", "cancel_and_new_status", "out_of_scope_status")
def test_statuses_that_are_not_certain() -> None:
    order = {"market": XRP, "side": "bid", "ord_type": "limit", "price": "2500", "volume": "10", "identifier": "one"}
    new = {"prev_order_identifier": "one", "new_ord_type": "limit", "new_price": "2400", "new_volume": "10"}
    for status in (200, 201):
        desk = Desk() if status == 201 else Desk("test_order_status=200", "cancel_and_new_status=200")
        assert desk.ask("POST", "/v1/orders/test", body=order).status == status
        assert desk.ask("POST", "/v1/orders", body=order).status == 201
        assert desk.ask("POST", "/v1/orders/cancel_and_new", body=new).status == status
    for status in (401, 403):
        switches = ("out_of_scope_status=401",) if status == 401 else ()
        answer = Desk(*switches, permissions=frozenset()).ask("GET", "/v1/accounts")
        assert (answer.status, answer.value["error"]["name"]) == (status, "out_of_scope")


@shows("get_bodies", "delete_bodies", "post_queries")
def test_parameters_in_other_places() -> None:
    def named(answer: Outgoing) -> str:
        return str(answer.value["error"]["name"]) if "error" in answer.value else "done"

    asked: list[tuple[str, str, tuple[Any, ...], tuple[str, str]]] = [
        ("get_bodies", "GET", ("/v1/order", "", None, b"identifier=one"), ("done", "validation_error")),
        ("delete_bodies", "DELETE", ("/v1/order", "", None, b"identifier=one"), ("done", "QUERY_PARAMETER_NOT_SUPPORTED")),
        ("post_queries", "POST", ("/v1/orders", f"market={XRP}&side=bid&ord_type=price&price=6000"), ("done", "bad_request")),
    ]
    for switch, method, words, names in asked:
        for value, name in zip(("true", "false"), names, strict=True):
            desk = Desk(f"{switch}={value}")
            desk.limit("bid", 2500, 10, identifier="one")
            assert named(desk.ask(method, *words)) in (name, "invalid_query_payload" if name == "validation_error" else name), switch


@shows("quota_body", "ban_after", "ban_body", "ban_seconds")
def test_what_comes_beyond_the_quota() -> None:
    def beyond(*settings: str) -> list[Outgoing]:
        desk = Desk(*settings)
        return [desk.ask("GET", "/v1/market/all") for _ in range(25)][10:]

    assert [answer.status for answer in beyond()] == [429] * 9 + [418] * 6
    assert [answer.status for answer in beyond("ban_after=2")] == [429] + [418] * 14
    assert {answer.status for answer in beyond("ban_after=0")} == {429}
    sentences = {body: beyond(f"quota_body={body}")[0].value for body in ("sentence", "name", "text")}
    assert set(sentences["sentence"]["error"]) == {"name", "message"}
    assert sentences["name"] == {"error": {"name": "too_many_requests"}}
    assert sentences["text"] == "Too many API requests."
    bans = {body: beyond(f"ban_body={body}", "ban_seconds=7")[-1].value for body in ("seconds", "sentence", "name", "text")}
    assert (bans["seconds"]["error"]["seconds"], "7초" in bans["seconds"]["error"]["message"]) == (7, True)
    assert (set(bans["sentence"]["error"]), "7초" in bans["sentence"]["error"]["message"]) == ({"name", "message"}, True)
    assert bans["name"] == {"error": {"name": "too_many_requests"}}
    assert bans["text"] == "Too many API requests."


# -- the WebSocket -----------------------------------------------------------------------------------------------------------------


def said(line: Line, *parts: dict[str, Any]) -> list[Any]:
    """What a message is answered with."""
    return [json.loads(frame) for frame in line.take(json.dumps([{"ticket": "t"}, *parts]))]


TICKERS = {"type": "ticker", "codes": [XRP], "is_only_realtime": True}
TRADES = {"type": "trade", "codes": ["KRW-BTC"], "is_only_realtime": True}
LIST = {"method": "LIST_SUBSCRIPTIONS"}


@shows("resubscribe")
def test_a_second_message() -> None:
    for settings, types in (((), ["trade"]), (("resubscribe=add",), ["ticker", "trade"])):
        line = Desk(*settings).line()
        assert said(line, TICKERS) == said(line, TRADES) == []
        assert [row["type"] for row in said(line, LIST)[0]["result"]] == types


@shows("list_format")
def test_the_format_of_a_list() -> None:
    for settings, after in (((), "DEFAULT"), (("list_format=connection",), "SIMPLE")):
        line = Desk(*settings).line()
        said(line, TICKERS)
        assert "mthd" in said(line, LIST, {"format": "SIMPLE"})[0]
        assert line.form == after
    line = Desk().line()
    said(line, TRADES, {"format": "SIMPLE"})
    listed = {"mthd": "LIST_SUBSCRIPTIONS", "rslt": [{"ty": "trade", "cds": ["KRW-BTC"]}], "tckt": "t"}
    assert said(line, LIST) == [listed], "without a format of its own: the line's"


@shows("most_codes")
def test_how_many_codes_a_message_may_have() -> None:
    for settings, name in (((), None), (("most_codes=2",), None), (("most_codes=1",), "INVALID_PARAM")):
        answers = said(Desk(*settings).line(), TICKERS, TRADES)
        assert answers == ([] if name is None else answers)
        assert (answers[0]["error"]["name"] if answers else None) == name


@shows("close_on_error")
def test_which_errors_end_a_line() -> None:
    ends = {}
    for value in ("auth", "always", "never"):
        for part, name in (({"type": "myOrder"}, "INVALID_AUTH"), ({"type": "prices", "codes": [XRP]}, "INVALID_PARAM")):
            line = Desk(f"close_on_error={value}").line()
            assert said(line, part)[0]["error"]["name"] == name
            ends[value, name] = line.ended
    assert {key for key, ended in ends.items() if ended} == {
        ("auth", "INVALID_AUTH"), ("always", "INVALID_AUTH"), ("always", "INVALID_PARAM"),
    }  # fmt: skip


@shows("idle_seconds")
def test_how_long_a_line_may_be_silent() -> None:
    async def is_closed(desk: Desk, seconds: float) -> bool:
        line, sent = desk.line(), []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message["type"])

        line._active_ms = desk.face.clock.steady_ms()
        desk.step(seconds)
        try:
            await asyncio.wait_for(line._pump(send, None), 0.15)
        except TimeoutError:
            return False
        return sent == ["websocket.close"]

    for settings, silent in (
        ((), {119: False, 120: True}),
        (("idle_seconds=5",), {4: False, 5: True}),
        (("idle_seconds=0",), {9999: False}),
    ):
        assert {seconds: asyncio.run(is_closed(Desk(*settings), seconds)) for seconds in silent} == silent
