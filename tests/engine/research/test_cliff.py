"""Parameters moved in the text of a file: nothing else changes, units and comments stay."""

from __future__ import annotations

from dsl.files import default_profile_folders, profiles_in
from dsl.variants import Variants
from engine.kernel.catalogue import catalogue
from engine.research.cliff import Moved, moved_parameters
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
  word: many
"""
NAMES = ("n", "k", "loss", "size", "few", "none", "word", "absent")


def moved(text: str) -> list[Moved]:
    return list(moved_parameters(Variants(text, "file.yaml", catalogue(), lambda _: None), NAMES))


def test_each_parameter_moves_down_and_up_by_a_tenth() -> None:
    found = moved(FILE)
    assert [(one.name, one.value, one.moved_to) for one in found] == [
        ("n", 14, 13), ("n", 14, 15), ("k", 1.5, 1.35), ("k", 1.5, 1.65), ("loss", -2, -1), ("loss", -2, -3),
        ("size", 30, 27), ("size", 30, 33), ("few", 3, 2), ("few", 3, 4),
    ]  # fmt: skip
    written = {(one.name, one.moved_to): one.compiled.source.text for one in found}
    assert written["n", 13] == FILE.replace("n: 14 ", "n: 13 ")
    assert written["k", 1.65] == FILE.replace('"1.5"', '"1.65"')
    assert written["loss", -3] == FILE.replace("-2%", "-3%")
    assert written["size", 27] == FILE.replace("value: 30만원", "value: 27만원")


def test_a_file_without_parameters_has_nothing_to_move() -> None:
    for text in ("schema: strategy/1\n", "params: {}", "params: 3", "params: [1, 2]", "params: {n: b, k: {range: 1..2}}"):
        assert moved(text) == []


def test_what_is_moved_is_what_the_strategy_gets() -> None:
    count = 0
    for path in STRATEGIES:
        variants = Variants(path.read_text(encoding="utf-8"), path.name, catalogue(), profiles_in(*default_profile_folders(path)))
        names = variants.compiled({}).strategy
        assert names is not None
        for one in moved_parameters(variants, names.params):
            if one.compiled.strategy is not None:
                assert one.compiled.strategy.params[one.name] == one.moved_to
                count += 1
    assert count >= 6
