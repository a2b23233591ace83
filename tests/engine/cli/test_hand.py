"""The owner's hand tools against the served exchange, in real sockets: nothing by accident, no order twice, no key shown."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from engine.cli.hand import read_hand
from engine.cli.main import run
from engine.exchange.simulated.served.auth import Key
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.opening import Terms, open_face
from engine.exchange.upbit.client import UpbitClient
from engine.exchange.upbit.errors import UnknownOutcomeError
from engine.exchange.upbit.hand_orders import TradeRefusedError, plan_sell, send
from engine.exchange.upbit.limits import Limits
from engine.exchange.upbit.rest import ClientSettings
from engine.model.errors import UserError
from tests.engine.exchange.far_side import QuickClock, keys
from tests.engine.exchange.served.signing import ACCESS, MINUTE_MS, SECRET, START_MS, serving, store_of

MONEY = (("KRW", D(2_000_000)), ("XRP", D(1000)), ("BTC", D("0.01")))


@pytest.fixture
def hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The owner's folder, and an environment in which real orders are allowed."""
    for name in ("UPBIT_ACCESS_KEY", "UPBIT_SECRET_KEY", "EMERGENCY_STOP", "MAX_TRADE_AMOUNT", "JANGDAN_UPBIT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JANGDAN_LANG", "en")
    monkeypatch.setenv("DRY_RUN", "false")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def exchange(folder: Path, *settings: str, most: str = "") -> Iterator[Face]:
    """The served exchange, and a file in the owner's folder that says where it is and which key opens it."""
    terms = Terms(at_ms=START_MS + 600 * MINUTE_MS, deposits=MONEY, settings=settings)
    face = open_face(store_of(folder / "far"), terms, Key(ACCESS, SECRET), 0.0, time.monotonic)
    with serving(face) as address:
        lines = [f"UPBIT_ACCESS_KEY={ACCESS}", f'UPBIT_SECRET_KEY="{SECRET}"', f"JANGDAN_UPBIT_URL=http://{address}"]
        (folder / ".env").write_text("\n".join([*lines, f"MAX_TRADE_AMOUNT={most}" if most else ""]))
        yield face


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Output and errors since the last call, neither of which shows a key."""
    found = capsys.readouterr()
    assert ACCESS not in found.out + found.err
    assert SECRET not in found.out + found.err
    return found.out, found.err


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(said(capsys)[0])


def orders(face: Face) -> list[Any]:
    return list(face.world.venue.orders.values())


def test_without_a_word_nothing_is_ordered(hand: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand) as face:
        for word in (None, "", "no", "fasle"):
            if word is None:
                monkeypatch.delenv("DRY_RUN")
            else:
                monkeypatch.setenv("DRY_RUN", word)
            assert run(["trade", "buy", "KRW-BTC", "10만원"]) == 0
            out, err = said(capsys)
            assert "dry run: nothing was changed" in out
            assert "buy KRW-BTC: market price, 100,000 KRW (fee at most 50 KRW; free: 2,000,000 KRW)" in err
        assert run(["trade", "sell", "KRW-XRP", "10", "--json"]) == 0
        assert document(capsys) == {"dry_run": True, "market": "KRW-XRP", "side": "ask", "ord_type": "market", "volume": "10"}
        assert orders(face) == []
        monkeypatch.setenv("DRY_RUN", " False ")
        assert run(["trade", "sell", "KRW-XRP", "10", "--json"]) == 0
        assert len(orders(face)) == 1


def test_the_emergency_stop_outranks_all_but_cancelling(
    hand: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with exchange(hand) as face:
        assert run(["trade", "sell", "KRW-XRP", "10", "--price", "9000"]) == 0
        monkeypatch.setenv("EMERGENCY_STOP", "yes")
        assert run(["trade", "buy", "KRW-BTC", "10000"]) == 1
        assert "the emergency stop is on" in said(capsys)[1]
        assert run(["trade", "sell", "KRW-XRP", "10"]) == 1
        assert run(["orders", "cancel", "--all"]) == 0
        assert [order.state.value for order in orders(face)] == ["cancel"]


def test_a_buy_is_capped_and_says_so(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By MAX_TRADE_AMOUNT, by a tenth of the cash, whichever is less; below the minimum nothing is bought."""
    with exchange(hand) as face:
        assert run(["trade", "buy", "KRW-BTC", "500000", "--json"]) == 0
        assert "for 100,000 KRW instead of 500,000 KRW" in capsys.readouterr().err
        assert orders(face)[-1].executed_funds <= 100_000
    with exchange(hand, most="1_000_000 KRW") as face:
        assert run(["trade", "buy", "KRW-BTC", "500000"]) == 0
        out, err = said(capsys)
        assert "for 200,000 KRW instead of 500,000 KRW" in err
        spent = orders(face)[-1].executed_funds
        assert D(199_000) < spent <= 200_000
        assert "uuid " in out
        assert "identifier hand-" in out
    with exchange(hand, most="4999") as face:
        assert run(["trade", "buy", "KRW-BTC", "500000"]) == 1
        assert "below the minimum order of 5,000 KRW" in said(capsys)[1]
        assert orders(face) == []


def test_what_cannot_be_is_refused_with_the_numbers(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand) as face:
        for line, words in (
            ("buy KRW-BTC 4000", "below the minimum of 5,000 KRW"),
            ("sell KRW-XRP 1", "below the minimum of 5,000 KRW"),
            ("sell KRW-XRP 1000.1", "1,000 XRP can be sold"),
            ("buy BTC-KRW 4000", "did you mean `KRW-BTC`"),
            ("buy KRW-BTC -5", "-5"),
            ("sell KRW-BTC much", "much"),
            ("buy KRW-NIX 10000", "KRW-NIX"),
        ):
            assert run(["trade", *line.split()]) != 0
            assert words in said(capsys)[1]
        assert orders(face) == []


def test_a_market_under_maintenance_takes_nothing(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand) as face:
        face.world.venue.places["KRW-BTC"].offline = True
        assert run(["trade", "buy", "KRW-BTC", "10000", "--lang", "ko"]) == 1
        assert "KRW-BTC: 지금은 주문을 받지 않습니다" in said(capsys)[1]
        assert orders(face) == []


def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """About half of all answers are lost or cut."""
    with exchange(hand) as face:
        for seed in range(3):
            face.seed = seed
            face.faults = type(face.faults)(lost_answer=D("0.2"), truncated=D("0.2"))
            before = len(orders(face))
            assert run(["trade", "sell", "KRW-XRP", "5", "--json"]) == 0
            out, err = said(capsys)
            assert len(orders(face)) == before + 1
            assert json.loads(out)["identifier"] == orders(face)[-1].request.identifier
            assert orders(face)[-1].request.identifier in err


def test_whatever_goes_wrong_an_order_is_made_once_or_is_known_to_be_missing(hand: Path) -> None:
    """Every fault of the wire, by seed; the exchange's books tell what was true."""
    seen: Counter[str] = Counter()

    async def one(url: str, clock: QuickClock, identifier: str) -> str:
        async with UpbitClient(keys(), ClientSettings(base_url=url, backoff_seconds=0.01), Limits(clock)) as client:
            face.faults = type(face.faults)()
            plan = plan_sell((await client.trading.chance("KRW-XRP")).value, D(5), D(3000))
            face.faults = type(face.faults)(lost_request=D("0.2"), lost_answer=D("0.2"), gateway=D("0.1"), truncated=D("0.1"))
            try:
                return (await send(client, plan, identifier)).identifier or ""
            except TradeRefusedError:
                return "missing"
            except UnknownOutcomeError as error:
                return f"unknown {error.identifier}"

    with exchange(hand) as face:
        url, clock = read_hand().url, QuickClock()
        face.quota.switches = replace(face.quota.switches, ban_after=0)
        face.clock._steady = lambda: clock.now  # quotas go by the same clock as the client's limits
        for number in range(25):
            face.seed = number
            outcome = asyncio.run(one(url, clock, f"hand-{number}"))
            made = [order for order in orders(face) if order.request.identifier == f"hand-{number}"]
            assert len(made) <= 1
            assert (outcome == f"hand-{number}") <= (len(made) == 1)
            assert (outcome == "missing") <= (made == [])
            assert outcome in (f"hand-{number}", f"unknown hand-{number}", "missing")
            seen[outcome.partition(" ")[0].partition("-")[0]] += 1
    assert seen["hand"] > 7
    assert seen["missing"] > 1


def test_orders_are_listed_cancelled_and_their_profit_is_told(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand) as face:
        for price in (2000, 2001, 2002):
            assert run(["trade", "buy", "KRW-XRP", "20000", "--price", str(price)]) == 0
        said(capsys)
        assert run(["orders", "list", "--json"]) == 0
        waiting = document(capsys)
        assert [order["price"] for order in waiting] == ["2002", "2001", "2000"]
        assert run(["orders", "cancel", waiting[0]["uuid"], waiting[1]["identifier"], "no-such-order"]) == 1
        assert said(capsys)[0].count("cancellation taken") == 2
        assert run(["orders", "list", "--market", "KRW-BTC"]) == 0
        assert said(capsys)[0] == "No order waits.\n"
        assert run(["orders", "cancel", "--all"]) == 0
        assert run(["orders", "cancel"]) == 2
        assert all(order.state.value == "cancel" for order in orders(face))
        assert run(["trade", "buy", "KRW-XRP", "90000"]) == 0
        bought = orders(face)[-1]
        assert run(["trade", "sell", "KRW-XRP", str(bought.executed_volume)]) == 0
        sold = orders(face)[-1]
        said(capsys)
        assert run(["orders", "closed", "--profit", "--json"]) == 0
        told = document(capsys)
        assert len(told["orders"]) == 5
        made = sold.executed_funds - sold.paid_fee - bought.executed_funds - bought.paid_fee
        assert [(one["market"], D(one["profit"])) for one in told["profit"]] == [("KRW-XRP", made)]
        assert run(["orders", "closed", "--profit", "--lang", "ko"]) == 0
        assert "KRW 마켓 실현 손익 합계" in said(capsys)[0]


def test_the_portfolio_is_valued_and_a_file_is_sent_to_the_backtest(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand):
        assert run(["trade", "buy", "KRW-XRP", "100000"]) == 0
        said(capsys)
        assert run(["portfolio", "--json"]) == 0
        told = document(capsys)
        assert [one["currency"] for one in told["holdings"]] == ["KRW", "XRP", "BTC"]
        assert D(told["total_krw"]) == sum(D(one["value_krw"]) for one in told["holdings"])
        assert run(["portfolio"]) == 0
        assert "total value" in said(capsys)[0]
        assert run(["portfolio", "mine.yaml"]) == 1
        assert "jangdan backtest mine.yaml" in said(capsys)[1]


def test_one_market_in_words_and_as_a_document(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with exchange(hand) as face:
        assert run(["market", "krw-btc", "--timeframe", "1m", "--json"]) == 0
        told = document(capsys)
        assert told["ticker"]["trade_price"] == float(face.world.tapes["KRW-BTC"].last(face.world.now_ms).price)  # type: ignore[union-attr]
        closes = [candle["close"] for candle in told["candles"]]
        assert told["indicators"]["sma"] == pytest.approx(sum(closes[-20:]) / 20)
        assert told["indicators"]["bb_middle"] == told["indicators"]["sma"]
        assert 0 < told["indicators"]["rsi"] < 100
        assert told["indicators"]["macd_hist"] == pytest.approx(told["indicators"]["macd"] - told["indicators"]["macd_signal"])
        assert run(["market", "KRW-XRP", "--timeframe", "5m", "--lang", "ko"]) == 0
        assert "볼린저밴드(20,2)" in said(capsys)[0]
        assert run(["market", "KRW-NIX", "--lang", "en"]) == 1
        assert "no market KRW-NIX" in said(capsys)[1]


def test_without_keys_every_command_says_how_to_get_them(hand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ("portfolio", "orders list", "orders cancel --all", "orders closed", "trade buy KRW-BTC 10000", "trade sell KRW-BTC all")
    for line in lines:
        for language, words in (("en", "Set the environment variables UPBIT_ACCESS_KEY"), ("ko", "업비트 API 키가 없습니다")):
            assert run([*line.split(), "--exchange", "http://127.0.0.1:9", "--lang", language]) == 1
            assert words in said(capsys)[1]


def test_keys_come_from_the_environment_then_from_the_file_and_never_travel_in_the_open(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no API key of Upbit"):
        read_hand(None, {}, tmp_path).client()
    with pytest.raises(UserError, match="no API key of Upbit"):
        read_hand(None, {"UPBIT_ACCESS_KEY": "a"}, tmp_path).client()
    (tmp_path / ".env").write_text("UPBIT_ACCESS_KEY=file\nUPBIT_SECRET_KEY=quiet\nDRY_RUN=false\nMAX_TRADE_AMOUNT=7만\n", encoding="utf-8")
    found = read_hand(None, {"UPBIT_ACCESS_KEY": "environment"}, tmp_path)
    assert found.keys is not None
    assert (found.keys.access_key.reveal(), found.keys.secret_key.reveal()) == ("environment", "quiet")
    assert (found.url, found.dry_run, found.stopped, found.most_krw) == ("https://api.upbit.com", False, False, 70_000)
    assert "quiet" not in repr(found)
    with pytest.raises(UserError, match="not encrypted"):
        read_hand("http://far.example", {}, tmp_path).client()
    with pytest.raises(UserError, match="MAX_TRADE_AMOUNT"):
        read_hand(None, {"MAX_TRADE_AMOUNT": "lots"}, tmp_path)
    assert read_hand(None, {"DRY_RUN": "true"}, tmp_path).dry_run
