"""Alerts: each told once, in order, over restarts, killed writers and several processes; every one has its sentence in both languages."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsl.diagnostics import Language
from engine.alerts.alert import Alert, Severity, Topic
from engine.alerts.log import AlertLog, read_alerts
from engine.alerts.watch import ENOUGH_LOOKS, SHORT_LOOKS, STOOD_SECONDS, Watch
from engine.exchange.upbit.frames import AnnouncementFrame
from engine.exchange.upbit.inbox import Connected, Disconnected, OrdersInDoubt, OrdersKnown, Trouble
from engine.exchange.upbit.limits import Group, Quota, Scope
from engine.exchange.upbit.market_flags import CAUTIONS, DELISTING, SUSPENDED, WARNING
from engine.exchange.upbit.market_news import Answered, MarketState, Notice, WalletState, delisted_on
from engine.exchange.upbit.refusals import refusal
from engine.model.errors import UserError
from tests.conftest import ROOT

AT = 1_790_000_000_000
CODES = frozenset({"KRW-BTC", "KRW-ETH"})
CALM = dict.fromkeys((WARNING, SUSPENDED, DELISTING, *CAUTIONS), False)


def watching(folder: Path) -> tuple[Watch, list[Alert]]:
    told: list[Alert] = []
    return Watch(AlertLog(folder / "alerts.jsonl"), told.append), told


def state(market: str = "KRW-BTC", day: str = "", **flags: bool) -> MarketState:
    return MarketState(market, CALM | {name.replace("_", ".", 1): value for name, value in flags.items()}, day, AT)


def quota(left: int, waiting: int, held: float = 0.0) -> Quota:
    return Quota(Group.ORDER, Scope.ACCOUNT, "k", left, waiting, held, 12)


def notice(uuid: str, kind: str = "CREATED") -> Notice:
    frame = {"type": "announcement", "uuid": uuid, "category": "trade", "title": "가(AAA) 안내", "event_type": kind}
    return Notice(AnnouncementFrame.model_validate(frame), AT)


def refused(name: str) -> Trouble:
    error = refusal(401, orjson.dumps({"error": {"name": name, "message": "no"}}), "GET /v1/status/wallet")
    return Trouble(str(error), error)


def everything() -> list[Any]:
    """News that raise and clear every topic."""
    return [
        notice("n1"), state(), state(market_warning=True), state(market_warning=True, market_suspended=True),
        *(MarketState("KRW-BTC", CALM | {flag: True}, "", AT) for flag in CAUTIONS), state(market_delisting=True),
        state(market_delisting=True, day="2026-12-24"), state(),
        WalletState("BTC", "BTC", "working", AT), WalletState("USDT", "TRX", "paused", AT), WalletState("USDT", "TRX", "working", AT),
        Disconnected("gone", 5, 16.0, CODES), OrdersInDoubt("gone"), OrdersKnown(2), refused("expired_access_key"), Answered(AT),
    ]  # fmt: skip


def test_every_topic_is_raised_and_cleared_in_both_languages(tmp_path: Path) -> None:
    watch, told = watching(tmp_path)
    for news in everything():
        watch.take(news, AT, 0.0)
    watch.take(Connected(True, CODES), AT, 10.0)
    for look in range(SHORT_LOOKS + ENOUGH_LOOKS):
        watch.look([quota(0, 4) if look < SHORT_LOOKS else quota(5, 0)], AT, 10.0 + STOOD_SECONDS + look)
    assert {alert.topic for alert in told} == set(Topic)
    assert {alert.topic for alert in told if alert.over} == set(Topic) - {Topic.NOTICE}
    for alert in told:
        korean, english = alert.message(Language.KOREAN), alert.message(Language.ENGLISH)
        assert korean != english
        assert "{" not in korean + english
        assert any("가" <= letter <= "힣" for letter in korean)
    assert [alert.number for alert in told] == list(range(1, len(told) + 1))
    assert read_alerts(watch.log.path) == told
    assert read_alerts(watch.log.path, after=len(told) - 2) == told[-2:]
    assert len(told) == 30, [(alert.topic, alert.state) for alert in told]
    dated = next(alert for alert in told if alert.state == "2026-12-24")
    assert (dated.severity, "2026-12-24" in dated.message(Language.ENGLISH)) == (Severity.CRITICAL, True)
    assert "expired" in next(alert for alert in told if alert.topic is Topic.ACCESS).message(Language.ENGLISH).lower()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 19), st.booleans()), max_size=40))
def test_whatever_restarts_the_log_is_the_changes(tmp_path: Path, steps: list[tuple[int, bool]]) -> None:
    """News in any order; after some of them the process dies, half a line in the file. What is told is each change, once."""
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    pool = [*everything(), notice("n1", "UPDATED"), notice("n2"), state("KRW-ETH", market_warning=True), state("KRW-ETH")]
    watch, told = watching(folder)
    for pick, dies in steps:
        watch.take(pool[pick % len(pool)], AT, 0.0)
        if dies:
            with watch.log.path.open("ab") as file:
                file.write(b'{"number":9')
            watch = Watch(AlertLog(watch.log.path), told.append)
    kept = read_alerts(watch.log.path)
    assert kept == told
    seen: dict[tuple[Topic, str], str] = {}
    for number, alert in enumerate(kept, 1):
        assert alert.number == number
        assert seen.get((alert.topic, alert.subject), "") != alert.state
        seen[alert.topic, alert.subject] = alert.state


def test_processes_share_a_log(tmp_path: Path) -> None:
    """Four processes tell the same sixty changes and twenty of their own each: every change is there once, in one order."""
    program = (
        "import sys; from pathlib import Path; from engine.alerts.log import AlertLog; from engine.alerts.alert import Topic\n"
        "log = AlertLog(Path(sys.argv[1]))\n"
        "for n in range(60):\n    log.tell(Topic.WARNING, f'KRW-C{n}', 'on', 1)\n"
        "for n in range(20):\n    log.tell(Topic.QUOTA, sys.argv[2], 'on' if n % 2 == 0 else '', 1)\n"
    )
    path = tmp_path / "alerts.jsonl"
    processes = [subprocess.Popen([sys.executable, "-c", program, str(path), str(n)], cwd=ROOT) for n in range(4)]
    assert [process.wait(120) for process in processes] == [0] * 4
    found = read_alerts(path)
    assert [alert.number for alert in found] == list(range(1, 60 + 4 * 20 + 1))
    assert len({alert.subject for alert in found if alert.topic is Topic.WARNING}) == 60


def test_lines_fail_five_times_and_stand_before_they_are_good(tmp_path: Path) -> None:
    watch, told = watching(tmp_path)
    for attempts in range(1, 9):
        watch.take(Connected(True, CODES), AT, attempts * 40.0)
        watch.take(Disconnected("gone", attempts, 1.0, CODES), AT, attempts * 40.0 + 1)
        watch.look([], AT, attempts * 40.0 + 39)
        assert len(told) == (attempts >= 5)
    assert "gone" in told[0].message(Language.KOREAN)
    watch.take(Connected(True, CODES), AT, 1000.0)
    watch.look([], AT, 1000.0 + STOOD_SECONDS - 1)
    assert len(told) == 1
    watch, told = watching(tmp_path)  # the next process finds the line good
    watch.take(Connected(False, CODES), AT, 5.0)
    watch.look([], AT, 5.0 + STOOD_SECONDS)
    assert [(alert.topic, alert.subject, alert.over) for alert in told] == [(Topic.CONNECTION, "KRW-BTC +1", True)]


def test_a_line_that_is_refused_says_why_in_both_languages(tmp_path: Path) -> None:
    watch, told = watching(tmp_path)
    error = refused("expired_access_key").error
    watch.take(Disconnected(str(error), 5, 1.0, CODES, private=True, error=error), AT, 0.0)
    assert error is not None
    assert error.values["name"] == "expired_access_key"
    for language in Language:
        assert error.message(language).partition(" (")[0] in told[0].message(language)
    assert read_alerts(watch.log.path) == told


def test_a_quota_is_short_when_requests_keep_waiting(tmp_path: Path) -> None:
    watch, told = watching(tmp_path)
    for found in [quota(0, 3), quota(0, 3), quota(2, 0)] * 5:
        watch.look([found], AT, 0.0)
    assert told == []
    for _ in range(SHORT_LOOKS):
        watch.look([quota(0, 0, 7.5)], AT, 0.0)
    assert [alert.topic for alert in told] == [Topic.QUOTA]


def test_a_log_that_is_none_says_so(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_bytes(b'{"number":2,"at_ms":1,"topic":"warning","subject":"a","state":"on","values":{}}\n')
    for content in (
        path.read_bytes(),
        b"[]\n",
        b"{}\n",
        b"\xff\n",
        b'{"number":1,"at_ms":1,"topic":"x","subject":"a","state":"","values":{}}\n',
    ):
        path.write_bytes(content)
        with pytest.raises(UserError, match="line 1"):
            AlertLog(path)
    assert read_alerts(tmp_path / "none.jsonl") == []
    log = AlertLog(tmp_path / "gone" / "alerts.jsonl")
    (tmp_path / "gone").write_bytes(b"no folder")
    with pytest.raises(UserError, match="cannot be written"):
        log.tell(Topic.QUOTA, "order", "on", AT)
    with pytest.raises(UserError, match="cannot be read"):
        read_alerts(tmp_path / "gone" / "alerts.jsonl")


def test_the_day_of_a_delisting_is_read_in_every_form() -> None:
    assert delisted_on({"year": 2026, "month": 12, "day": 1}) == "2026-12-01"
    assert delisted_on("2026-12-01T15:00:00") == "2026-12-01"
    assert [delisted_on(said) for said in (None, {}, {"year": "2026", "month": 1, "day": 2}, 7)] == [""] * 4
