"""Parameters moved in the text of a file: nothing else changes, units and comments stay."""

from __future__ import annotations

from dsl.compile import compile_strategy
from dsl.files import default_profile_folders, profiles_in
from dsl.moved import Moved, moved_parameters
from engine.kernel.catalogue import catalogue
from tests.shipped import STRATEGIES

FILE = """\
schema: strategy/1
params:
  n: 14            # bars
  k: {value: "1.5", range: 1.0..3.0, step: 0.25}
  loss: -2%
  size:
    value: 30만원
    range: 10만원..50만원
  few: 3
  none: 0
"""


def test_each_parameter_moves_down_and_up_by_a_tenth() -> None:
    found = list(moved_parameters(FILE))
    assert [(one.name, one.value, one.moved_to) for one in found] == [
        ("n", 14, 13), ("n", 14, 15), ("k", 1.5, 1.35), ("k", 1.5, 1.65), ("loss", -2, -1), ("loss", -2, -3),
        ("size", 30, 27), ("size", 30, 33), ("few", 3, 2), ("few", 3, 4),
    ]  # fmt: skip
    written = {(one.name, one.moved_to): one.text for one in found}
    assert written["n", 13] == FILE.replace("n: 14 ", "n: 13 ")
    assert written["k", 1.65] == FILE.replace('"1.5"', '"1.65"')
    assert written["loss", -3] == FILE.replace("-2%", "-3%")
    assert written["size", 27] == FILE.replace("value: 30만원", "value: 27만원")


def test_a_file_without_parameters_has_nothing_to_move() -> None:
    for text in ("", "params:", "params: 3", "params: [1, 2]", "schema: strategy/1\n", "\tx: ]", "params: {a: b, c: {range: 1..2}}"):
        assert list(moved_parameters(text)) == []


def test_what_is_moved_is_what_the_strategy_gets() -> None:
    moved: list[Moved] = []
    for path in STRATEGIES:
        profiles = profiles_in(*default_profile_folders(path))
        for one in moved_parameters(path.read_text(encoding="utf-8")):
            strategy = compile_strategy(one.text, path.name, catalogue(), profiles).strategy
            if strategy is not None:
                assert strategy.params[one.name] == one.moved_to
                moved.append(one)
    assert len(moved) >= 6
