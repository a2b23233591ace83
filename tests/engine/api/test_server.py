"""The API's answers against what they are made of: the checker, the backtest, the aggregator; and who may ask."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dsl.compile import compile_strategy
from dsl.diagnostics import Language
from dsl.files import default_profile_folders, profiles_in
from engine.alerts.alert import Topic
from engine.alerts.log import FILE, AlertLog
from engine.api.assist import Places
from engine.api.jobs import Cancelled, Jobs, State
from engine.api.service import RunRequest, Service
from engine.assembly import run_backtest
from engine.candles.timeframes import parse_timeframe
from engine.kernel.aggregate import aggregate
from engine.kernel.catalogue import catalogue
from engine.model.errors import UserError

NAME = "pullback-trend.yaml"
KO = {"language": "ko"}


def text_of(service: Service, name: str = NAME) -> str:
    return service.files.read(name).text


def preview(client: httpx.Client, text: str, **more: Any) -> Any:
    answer = client.post("/previews", json={"name": NAME, "text": text, **KO, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("path", ["/files", f"/files/{NAME}", "/previews", "/backtests/1", "/assist/hover", "/nothing"])
def test_nobody_without_the_token(client: httpx.Client, method: str, path: str) -> None:
    for header in ("", "Bearer", "Bearer wrong", "Basic c2VjcmV0"):
        assert client.request(method, path, headers={"Authorization": header}).status_code == 401


def test_alerts_are_told_from_a_number_on(client: httpx.Client, service: Service) -> None:
    log = AlertLog(service._data_folder / FILE)
    for market in ("KRW-BTC", "KRW-ETH", "KRW-XRP"):
        log.tell(Topic.WARNING, market, "on", 1_790_000_000_000, {"market": market})
    try:
        told = client.get("/alerts", params={**KO, "after": 1}).json()
        assert [(alert["number"], alert["subject"]) for alert in told] == [(2, "KRW-ETH"), (3, "KRW-XRP")]
        assert told[0]["message"].startswith("KRW-ETH: 거래 유의 종목")
    finally:
        log.path.unlink()


def socket_url(client: httpx.Client, number: int) -> str:
    return str(client.base_url.copy_with(scheme="ws")).rstrip("/") + f"/backtests/{number}/progress?language=ko"


def test_no_socket_without_the_token(client: httpx.Client) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(socket_url(client, 1), additional_headers={"Authorization": "x"}, proxy=None):
        pytest.fail("it was let in")
    assert refused.value.response.status_code == 403


def test_files_travel(client: httpx.Client, service: Service) -> None:
    assert NAME in client.get("/files").json()["names"]
    opened = client.get(f"/files/{NAME}").json()
    assert opened["text"] == text_of(service)
    assert client.get("/files/none.yaml").status_code == 422
    assert client.get(f"/files/{NAME}/version").json() == {"version": opened["version"]}
    assert client.get("/files/none.yaml/version").json() == {"version": ""}
    refused = client.put(f"/files/{NAME}", json={"text": "x", "base_version": "0", **KO})
    assert (refused.status_code, refused.json()["version"]) == (409, opened["version"])
    assert text_of(service) == opened["text"]


def test_diagnostics_are_the_checkers(client: httpx.Client, service: Service) -> None:
    text = text_of(service).replace("ema(close, 21)", "emma(close, 21)")
    answer = client.post("/assist/diagnostics", json={"name": NAME, "text": text, **KO}).json()
    path = service.files.path(NAME)
    expected = compile_strategy(text, NAME, catalogue(), profiles_in(*default_profile_folders(path))).diagnostics
    assert [(one["line"], one["column"], one["code"]) for one in answer["problems"]] == [
        (one.span.line, one.span.column, one.code) for one in expected
    ]
    problem = answer["problems"][0]
    assert text[problem["from"] : problem["to"]] == "emma"
    edit = problem["fix"]["edits"][0]
    mended = text[: edit["from"]] + edit["text"] + text[edit["to"] :]
    assert client.post("/assist/diagnostics", json={"name": NAME, "text": mended, **KO}).json()["problems"] == []
    assert {"define", "entry", "exits"} <= {symbol["label"] for symbol in answer["outline"]}


def test_places_are_utf16_behind_wide_characters(client: httpx.Client, service: Service) -> None:
    text = "# 🥁🥁 북\n" + text_of(service).replace("ema(close, 21)", "emma(close, 21)")
    problem = client.post("/assist/diagnostics", json={"name": NAME, "text": text, **KO}).json()["problems"][0]
    units = text.encode("utf-16-le")
    assert units[2 * problem["from"] : 2 * problem["to"]].decode("utf-16-le") == "emma"
    at = len(text[: text.index("macd.hist") + 2].encode("utf-16-le")) // 2
    told = client.post("/assist/hover", json={"name": NAME, "text": text, "offset": at, **KO}).json()
    assert "macd" in told["markdown"]
    assert told["from"] <= at <= told["to"]


@given(st.text(st.characters(codec="utf-16"), max_size=30), st.integers(0, 80))
def test_places_go_there_and_back(text: str, unit: int) -> None:
    places = Places(text)
    assert places.length == len(text.encode("utf-16-le")) // 2
    for offset in range(len(text) + 1):
        assert places.out(offset) == len(text[:offset].encode("utf-16-le")) // 2
        assert places.into(places.out(offset)) == offset
    assert 0 <= places.into(unit) <= len(text)


def test_completion_answers_with_an_edit(client: httpx.Client, service: Service) -> None:
    text = text_of(service).replace("ret(1h) < 5%", "ret(1h) < 5% and zsc")
    at = text.index("and zsc") + len("and zsc")
    found = client.post("/assist/completions", json={"name": NAME, "text": text, "offset": at, **KO}).json()["completions"]
    assert found[0]["label"] == "zscore"
    assert text[found[0]["edit"]["from"] : found[0]["edit"]["to"]] == "zsc"


def test_a_preview_is_the_backtest(client: httpx.Client, service: Service) -> None:
    text = text_of(service)
    found = preview(client, text, days=20)
    strategy = service.previews.get(found["id"]).strategy
    market = service.candles.market(strategy, strategy.markets, 20)
    result = run_backtest(strategy, sorted(strategy.markets), market)
    assert found["synthetic"] is True
    assert [one["code"] for one in found["markets"]] == list(result.markets)
    buys = [int(((result.fills["market"] == k) & (result.fills["exit_index"] < 0)).sum()) for k in range(len(result.markets))]
    assert sum(buys) > 20
    assert [one["entries"] for one in found["markets"]] == buys
    assert found["to_ms"] - found["from_ms"] == 20 * 86_400_000


@pytest.mark.parametrize("timeframe", ["1m", "5m", "1h", "1d"])
def test_chart_pages_join_to_all_bars(client: httpx.Client, service: Service, timeframe: str) -> None:
    found = preview(client, text_of(service), days=20)
    grid = service.previews.get(found["id"]).market.grid
    row = grid.markets.index("KRW-ETH")
    whole = aggregate(replace(grid), parse_timeframe(timeframe))
    expected = whole.close[row][np.isfinite(whole.close[row])]
    times: list[int] = []
    closes: list[float] = []
    marks = 0
    before = ""
    for _ in range(100):
        page = client.get(f"/previews/{found['id']}/chart?market=KRW-ETH&timeframe={timeframe}&count=1500{before}").json()
        times, closes = page["time"] + times, page["close"] + closes
        marks += len(page["marks"])
        assert all(mark["time"] in page["time"] for mark in page["marks"])
        if not page["earlier"]:
            break
        before = f"&before_ms={times[0] * 1000}"
    assert (np.diff(times) > 0).all()
    assert len(closes) > 8
    assert np.array_equal(np.array(closes), expected)
    own = next(one for one in found["markets"] if one["code"] == "KRW-ETH")
    assert marks == own["entries"] + own["exits"] > 0


def test_why_agrees_with_the_states(client: httpx.Client, service: Service) -> None:
    found = preview(client, text_of(service), days=20)
    seen = set()
    for k in range(40):
        at_ms = found["from_ms"] + (k * 71 + 13) * found["clock_ms"] + 61_000
        answer = client.get(f"/previews/{found['id']}/why?market=KRW-BTC&at_ms={at_ms}&language=en").json()
        told = {path: -1 if truth is None else int(truth) for path, truth in walked(answer["why"]["entry"]) if path}
        assert told == {path: answer["states"][path] for path in told}
        assert len(told) >= 5
        seen |= set(told.values())
    assert {0, 1} <= seen


def walked(reading: Any) -> list[tuple[str, bool | None]]:
    """(path, truth) of a reading and all below it."""
    return [(reading["path"], reading["truth"]), *(found for part in reading["parts"] for found in walked(part))]


@pytest.mark.parametrize("query", ["market=KRW-NONE&timeframe=5m", "market=KRW-BTC&timeframe=7m", "market=KRW-BTC&timeframe="])
def test_a_chart_that_cannot_be_drawn_is_refused(client: httpx.Client, service: Service, query: str) -> None:
    found = preview(client, text_of(service), days=20)
    refused = client.get(f"/previews/{found['id']}/chart?{query}")
    assert refused.status_code == 422
    assert refused.json()["error"]
    assert client.get("/previews/999999/chart?market=KRW-BTC&timeframe=5m").status_code == 422


def test_a_bar_outside_is_refused_in_both_languages(client: httpx.Client, service: Service) -> None:
    found = preview(client, text_of(service), days=20)
    url = f"/previews/{found['id']}/why?market=KRW-BTC&at_ms=0&language=ko"
    errors = {language: client.get(url, headers={"Accept-Language": language}).json()["error"] for language in ("ko", "en")}
    assert errors["ko"] != errors["en"]


def test_errors_and_missing_markets_refuse_a_run(client: httpx.Client, service: Service) -> None:
    for text in ("", "nonsense", text_of(service).replace("clock: 5m", "clock: 7m")):
        assert client.post("/previews", json={"name": NAME, "text": text, **KO}).status_code == 422
    risk = client.post("/previews", json={"name": NAME, "text": "schema: risk/1\nname: x\n", **KO})
    assert (risk.status_code, risk.json()["key"]) == (422, "gui.not_a_strategy")
    daily = text_of(service, "trend-1d.yaml")
    assert client.post("/previews", json={"name": "trend-1d.yaml", "text": daily, **KO}).status_code == 422
    named = client.post("/previews", json={"name": "trend-1d.yaml", "text": daily, "markets": ["KRW-BTC"], **KO})
    assert [one["code"] for one in named.json()["markets"]] == ["KRW-BTC"]


def test_markets_with_their_names(client: httpx.Client) -> None:
    found = client.get("/markets?language=ko").json()["markets"]
    assert {"code": "KRW-BTC", "name": "비트코인"} in found
    assert len(found) >= 5


def test_a_newer_preview_ends_the_older_one(service: Service) -> None:
    strategy, markets = service._runnable(RunRequest(NAME, text_of(service)))
    outcomes: list[str] = []
    with service.previews._turn:  # whoever asks now has to wait for its turn

        def ask() -> None:
            try:
                service.previews.make(strategy, markets, 20)
                outcomes.append("made")
            except Cancelled:
                outcomes.append("cancelled")

        threads = []
        for _ in range(4):
            threads.append(threading.Thread(target=ask))
            threads[-1].start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["cancelled"] * 3 + ["made"]


def test_a_backtest_tells_its_progress_and_has_a_report(client: httpx.Client, service: Service) -> None:
    started = client.post("/backtests", json={"name": NAME, "text": text_of(service), "days": 20, "cash_krw": 5_000_000, **KO}).json()
    with connect(
        socket_url(client, started["id"]), additional_headers={"Authorization": client.headers["Authorization"]}, proxy=None
    ) as socket:
        states = [orjson.loads(message) for message in socket]
    assert states[-1]["state"] == "done"
    assert states[-1]["synthetic"] is True
    assert len(states[-1]["figures"]) == 6
    report = client.get(f"/backtests/{started['id']}/report?language=ko")
    assert report.headers["content-type"].startswith("text/html")
    assert "SYNTHETIC" in report.text
    assert "default-src 'none'" in report.text
    job = service.jobs.get(started["id"])
    assert job.result is not None
    assert job.result.settings.cash_krw == 5_000_000


def test_a_supposed_book_lets_rules_of_the_book_decide(client: httpx.Client, service: Service) -> None:
    text = text_of(service).replace("ret(1h) < 5%", "ret(1h) < 5% and depth(bid, 0.5%) >= 1만원")
    words = "spread 10bp, depth 5% of 1h turnover within 0.5%"
    without, supposed = (preview(client, text, days=20, book=book) for book in ("", words))
    assert (sum(one["entries"] for one in without["markets"]), supposed["without_book"]) == (0, 0)
    assert without["without_book"] == without["bars"]
    buys = sum(one["entries"] for one in supposed["markets"])
    assert buys > 20
    job = service.backtest(RunRequest(NAME, text, days=20, book=words), 10_000_000.0)
    assert job.ended.wait(60)
    assert job.result is not None
    assert int((job.result.fills["exit_index"] < 0).sum()) == buys
    refused = client.post("/previews", json={"name": NAME, "text": text, "book": "spread ten", **KO})
    assert (refused.status_code, refused.json()["key"]) == (422, "gui.bad_book")
    assert "spread ten" in refused.json()["error"]


def test_a_backtest_can_be_cancelled(service: Service) -> None:
    going = threading.Event()

    def endless(job: Any) -> Any:
        while True:
            job.progress(1, 2)
            going.set()

    jobs = Jobs()
    job = jobs.start(endless)
    assert going.wait(10)
    job.stop.set()
    assert job.ended.wait(10)
    assert job.state is State.CANCELLED
    assert job.status(Language.KOREAN)["error"] == ""


def test_a_backtest_that_cannot_run_says_why(client: httpx.Client, service: Service) -> None:
    text = text_of(service)
    body = {"name": NAME, "text": text, "markets": ["KRW-NOTHING"], **KO}
    started = client.post("/backtests", json=body).json()
    job = service.jobs.get(started["id"])
    assert job.ended.wait(30)
    assert job.state is State.FAILED
    assert job.status(Language.KOREAN)["error"] != job.status(Language.ENGLISH)["error"] != ""
    assert client.delete("/backtests/99999").status_code == 422


def test_only_so_many_results_are_kept() -> None:
    jobs = Jobs()

    def nothing(job: Any) -> Any:
        raise UserError("gui.no_markets")

    first = jobs.start(nothing)
    assert first.ended.wait(10)
    for _ in range(12):
        assert jobs.start(nothing).ended.wait(10)
    with pytest.raises(UserError):
        jobs.get(first.number)


def test_the_request_of_a_run_is_bounded(client: httpx.Client) -> None:
    for wrong in ({"days": 0}, {"days": 10**9}, {"cash_krw": -1}, {"markets": ["x" * 99]}):
        assert client.post("/previews", json={"name": NAME, "text": "x", **KO, **wrong}).status_code == 422


def test_the_cached_grid_is_as_good_as_a_fresh_one(service: Service, folder: Path) -> None:
    """An edit that needs less warm-up is run over the grid of the one before; the result is that of a service that starts with it."""
    text = text_of(service)
    shorter = text.replace("ema(close, 50)", "ema(close, 30)")
    other = Service(service.files.folders, folder / "candles", folder / "sample")
    for one in (text, shorter):
        strategy, markets = service._runnable(RunRequest(NAME, one, (), 20))
        kept = service.previews.make(strategy, markets, 20).signals
    fresh = other.previews.make(*other._runnable(RunRequest(NAME, shorter)), 20).signals
    assert np.array_equal(kept.truth, fresh.truth)
    assert kept.marks == fresh.marks
    assert len(kept.marks) > 20
