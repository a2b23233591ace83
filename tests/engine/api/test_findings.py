"""The problem list completed by candles: as `check --data` over the same candles has it, and a page's newer question ends its older one."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from dsl.diagnostics import Language
from engine.api.jobs import Cancelled
from engine.api.service import RunRequest, Service

CANDLES = Path(__file__).resolve().parents[2] / "golden" / "candles"
NAME = "pullback-trend.yaml"


def ask(client: httpx.Client, text: str, **more: Any) -> Any:
    answer = client.post("/findings", json={"name": NAME, "text": text, "language": "en", "days": 60, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["problems"]


def test_candles_complete_the_list(client: httpx.Client) -> None:
    refused = ask(client, (CANDLES / "refused.yaml").read_text("utf-8"))
    assert [one["code"] for one in refused] == ["E140", "W141", "E104", "E401"]
    assert any("A fires 555 times, B 1,754 times" in note for note in refused[2]["notes"])
    text = (CANDLES / "fixed-markets.yaml").read_text("utf-8")
    fixed = ask(client, text)
    assert [(one["code"], one["severity"]) for one in fixed] == [("W160", "warning"), ("W402", "warning")]
    assert text[fixed[1]["from"] : fixed[1]["to"]] == "0.2% of equity"


def test_where_candles_have_no_say(client: httpx.Client) -> None:
    text = (CANDLES / "fixed-markets.yaml").read_text("utf-8")
    assert ask(client, text.replace("ema(", "emma(")) is None
    assert ask(client, "schema: risk/1\nname: careful\n") is None
    answer = client.post("/findings", json={"name": NAME, "text": text, "language": "ko", "markets": ["KRW-NOTHING"]})
    assert (answer.status_code, answer.json()["key"]) == (422, "data.not_in_sample")


def test_a_newer_question_of_the_same_page_ends_the_older_one(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (CANDLES / "fixed-markets.yaml").read_text("utf-8")
    request = RunRequest(NAME, text, (), 60, "page")
    candles = service.candles
    held, asked = threading.Event(), threading.Event()
    original = candles.market

    def slow(*arguments: Any) -> Any:
        asked.set()
        assert held.wait(20)
        return original(*arguments)

    monkeypatch.setattr(candles, "market", slow)
    outcome: list[object] = []

    def older() -> None:
        try:
            outcome.append(service.findings(request, Language.ENGLISH))
        except Cancelled as error:
            outcome.append(error)

    thread = threading.Thread(target=older)
    thread.start()
    assert asked.wait(20)
    monkeypatch.setattr(candles, "market", original)
    newer: list[Any] = []
    number = service.candle_findings._next
    second = threading.Thread(target=lambda: newer.append(service.findings(replace(request, text=text + "\n"), Language.ENGLISH)))
    second.start()
    while service.candle_findings._next == number:
        time.sleep(0.001)
    held.set()
    thread.join(30)
    second.join(30)
    assert isinstance(outcome[0], Cancelled)
    assert [one["code"] for one in newer[0]["problems"]] == ["W160", "W402"]
