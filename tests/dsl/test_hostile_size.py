"""Files made to exhaust time or memory: each is answered with findings, without hanging and in bounded memory.

No speed is asserted: a busy machine must not fail a test. What hangs is stopped by its own CPU time.
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from typing import NoReturn

import pytest

from dsl.compile import compile_risk
from dsl.formatting import format_text
from tests.dsl.helpers import CATALOGUE, compiled
from tests.dsl.mistakes import GOOD

_IDEA = "idea: close > ema(close, 20)"


def with_idea(text: str) -> str:
    return GOOD.replace(_IDEA, f"idea: {text}")


def with_definitions(lines: list[str]) -> str:
    return GOOD.replace(_IDEA, "\n  ".join([_IDEA, *lines]))


HOSTILE: dict[str, str] = {
    "deep round brackets": with_idea("(" * 1_900 + "close" + ")" * 1_900 + " > open"),
    "deep round brackets, never closed": with_idea("(" * 3_900),
    "deep nots": with_idea("not " * 900 + "(close > open)"),
    "deep calls": with_idea("ema(" * 500 + "close" + ", 2)" * 500 + " > open"),
    "deep flow mappings": GOOD + "tests: " + "{a: " * 20_000,
    "deep flow lists": GOOD + "tests: " + "[" * 90_000,
    "deep blocks": GOOD + "\n".join(" " * depth + "a:" for depth in range(400)),
    "a line of a megabyte": with_idea("close " * 170_000),
    "a long line within the limit": with_idea("close > open and " * 230 + "close > open"),
    "a long line that is no rule": with_idea("then " * 790),
    "many words in capitals": with_idea("AND " * 990),
    "many brackets that do not fit": with_idea(")" * 3_900),
    "many lines that are no rules": with_definitions([f"d{n}: close then open then low then {n} THEN" for n in range(900)]),
    "many unknown names": with_definitions([f"d{n}: clsoe_{n} > emaa_{n}" for n in range(2_000)]),
    "many glued names": with_definitions([f"d{n}: close > ema{n}" for n in range(2_000)]),
    "ten thousand definitions": with_definitions([f"d{n}: close > {n} KRW" for n in range(10_000)]),
    "definitions that double": with_definitions(
        ["a0: close", *(f"a{n}: a{n - 1} + a{n - 1}" for n in range(1, 200)), "last_one: a199 > open"]
    ),
    "definitions with parameters that double": with_definitions(
        ["f0(x): x + x", *(f"f{n}(x): f{n - 1}(f{n - 1}(x))" for n in range(1, 60)), "last_one: f59(close) > open"]
    ),
    "definitions in a long chain": with_definitions(
        ["a0: close", *(f"a{n}: a{n - 1} + open" for n in range(1, 1_500)), "end: a1499 > open"]
    ),
    "definitions in a circle": with_definitions([f"c{n}: c{(n + 1) % 1_000}" for n in range(1_000)]),
    "alias bomb": "a: &a [x, x]\n" + "\n".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]" for n in range(20)),
    "a hundred thousand keys": GOOD + "\n".join(f"k{n}: 1" for n in range(100_000)),
    "keys up to the limit": GOOD + "\n".join(f"k{n}: 1" for n in range(2_400)),
    "the same key again and again": GOOD + "clock: 5m\n" * 2_400,
    "a huge number": with_idea(f"close > {'9' * 3_900} KRW"),
    "a huge exponent": with_idea("close > 1e99999"),
    "a huge window": with_idea("close > sma(close, 99999999999)"),
    "a huge duration": with_idea("close > sma(close, 99999999999999d)"),
    "a huge offset": with_idea("close > close[99999999999]"),
    "a huge timeframe": with_idea("close@99999999999999d > open"),
    "many conditions": GOOD.replace("    rule: idea", "\n".join(f"    r{n}: close > {n} KRW" for n in range(1_500)) + "\n    rule: idea"),
    "many exits": GOOD.replace("limits:", "\n".join(f"  x{n}: {{at: -{n % 90 + 1}%}}" for n in range(1_000)) + "\nlimits:"),
    "a quote that is never closed": GOOD + 'title: "' + "x\n" * 40_000,
    "nothing but tabs": "\t" * 90_000,
    "nothing but colons": ": " * 45_000,
    "nothing but line ends": "\n" * 99_000,
}  # fmt: skip


@pytest.fixture
def cpu_guard() -> Iterator[None]:
    """Raises in the test after 20 seconds of this process's own CPU time: a hang fails instead of hanging."""

    def hang(_number: int, _frame: object) -> NoReturn:
        raise AssertionError("a hostile file hangs the checker")

    before = signal.signal(signal.SIGVTALRM, hang)
    signal.setitimer(signal.ITIMER_VIRTUAL, 20)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.usefixtures("cpu_guard")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_answered_in_bounded_time_and_memory(text: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = compiled(text)
    risk = compile_risk(text, "hostile.yaml", CATALOGUE)
    format_text(text)
    assert result.findings or result.strategy is not None
    assert risk.findings
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 300_000


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 35
