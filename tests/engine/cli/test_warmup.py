"""`jangdan warmup`: its figures against feeding exactly that many candles, its limit, both languages, JSON, broken files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dsl.compile import compile_strategy
from dsl.files import compile_file
from dsl.graph import Section
from dsl.strategy import Strategy
from engine.cli.main import run
from engine.cli.warmup import CANDLES_PER_REQUEST, LIMIT_SECONDS, plan
from engine.kernel.catalogue import catalogue
from engine.kernel.demand import demand
from engine.kernel.program import compile_program, wanted_columns
from engine.kernel.vm import Kernel
from tests.engine.kernel.samples import FIVE, HOUR, MINUTE, ODD, OPS, QUARTER, Maker, cut, random_grid, same_bits
from tests.shipped import STRATEGIES as SHIPPED

TEXT = """schema: strategy/1
name: sample
clock: 1m
markets: [KRW-BTC]
entry:
  all:
    rule: {rule}
exits:
  out:
    when: close < open
"""


def from_text(rule: str) -> Strategy:
    compiled = compile_strategy(TEXT.format(rule=rule), "sample.yaml", catalogue(), lambda _: None)
    assert compiled.strategy is not None, compiled.diagnostics
    return compiled.strategy


@pytest.mark.parametrize("rule", ["ema(close, 7) > sma(close, 20)", "adx(5) > 20", "rsi(4) < 30 then rsi(4) enters 30..50 within 12 bars"])
def test_so_many_candles_settle_the_latest_value(rule: str) -> None:
    """Fed with exactly the demanded bars, the latest columns equal those after a long history, bit for bit."""
    chosen = from_text(rule)
    needed = demand(chosen.graph, wanted_columns(chosen), catalogue()).sections[Section(MINUTE)]
    assert needed > 20
    program = compile_program(chosen, MINUTE, ("KRW-BTC",))
    compared = 0
    for seed in range(5):
        grid = random_grid(np.random.default_rng(seed), ("KRW-BTC",), 1_000_000 + 777 * seed, 4 * needed, unknown=0.0)
        long = Kernel(program).advance(grid).values[:, -1]
        short = Kernel(program).advance(cut(grid, 3 * needed, 4 * needed)).values[:, -1]
        assert same_bits(np.ascontiguousarray(long), np.ascontiguousarray(short))
        compared += int(np.isfinite(long).sum())
    assert compared >= 10


@pytest.mark.parametrize("slower", [QUARTER, HOUR, ODD])
def test_a_hold_reads_no_more_slower_bars_than_demanded(slower) -> None:
    for bars in (1, 2, 5, 12, 13, 40):
        make = Maker()
        held = make.hold(FIVE, make.leaf("close", slower))
        last = make.op("lag", FIVE, held, params=(float(bars - 1),)) if bars > 1 else held
        known = {name: op.function for name, op in OPS.items()}
        wanted = demand(make.graph, [last], known).sections[Section(slower)]
        for end in range(1000, 1000 + 3 * slower.length_ms // FIVE.length_ms):
            closes = [(end - k + 1) * FIVE.length_ms for k in range(bars)]
            shown = {(close - slower.offset_ms) // slower.length_ms - 1 for close in closes}
            latest = (closes[0] - slower.offset_ms) // slower.length_ms - 1
            assert latest - min(shown) + 1 <= wanted


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_strategies_warm_up_in_time(path: Path) -> None:
    compiled = compile_file(path, catalogue())
    assert compiled.strategy is not None
    item = plan(compiled.strategy, catalogue())
    assert item.sections
    assert item.nodes
    assert 0 < item.seconds(30) <= LIMIT_SECONDS
    assert item.seconds(30) < item.seconds(200)
    for need in item.sections:
        candles = need.bars * need.section.timeframe.length_ms // need.source.length_ms
        assert (need.requests - 1) * CANDLES_PER_REQUEST < candles <= need.requests * CANDLES_PER_REQUEST
    assert len(SHIPPED) >= 10


def write(folder: Path, rule: str) -> str:
    path = folder / "sample.yaml"
    path.write_text(TEXT.format(rule=rule), encoding="utf-8")
    return str(path)


def test_check_refuses_what_takes_too_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = write(tmp_path, "close > ema(close, 2000)")  # 64,001 candles: 321 requests a market
    assert run(["warmup", slow]) == 0
    assert "64001" in capsys.readouterr().out
    assert run(["warmup", slow, "--check"]) == 1
    assert "963 s for 30 markets is over the limit of 300 s" in capsys.readouterr().err
    assert run(["warmup", write(tmp_path, "close > ema(close, 20)"), "--check"]) == 0


def test_bars_that_the_exchange_does_not_have_are_built_from_shorter_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "(close > sma(close, 150))@2h")
    assert run(["warmup", path, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (hours,) = [need for need in document["strategies"][0]["sections"] if need["timeframe"] == "2h"]
    assert (hours["source"], hours["bars"], hours["requests"]) == ("1h", 151, 2)
    assert run(["warmup", path]) == 0
    assert "2h (from 1h candles)" in capsys.readouterr().out


def test_seconds_are_the_exchanges_own_candles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["warmup", write(tmp_path, "min(rsi(14)@1s, over=5m) < 25"), "--json"]) == 0
    (seconds,) = [need for need in json.loads(capsys.readouterr().out)["strategies"][0]["sections"] if need["timeframe"] == "1s"]
    assert (seconds["source"], seconds["requests"]) == ("1s", -(-seconds["bars"] // 200))


def test_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANGDAN_LANG", "ko")
    assert run(["warmup", write(tmp_path, "close > ema(close, 2000)"), "--check"]) == 1
    shown = capsys.readouterr()
    assert "마켓당 요청" in shown.out
    assert "한도 300초" in shown.err


def test_broken_and_missing_files_say_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["warmup", write(tmp_path, "close > ema(clse, 20)")]) == 1
    shown = capsys.readouterr().err
    assert "sample.yaml:7:" in shown
    assert run(["warmup", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml" in capsys.readouterr().err
