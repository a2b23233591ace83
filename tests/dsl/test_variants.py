"""Versions of a file that differ in numbers are what the changed file itself compiles to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dsl.catalogue import Catalogue
from dsl.files import default_profile_folders, profiles_in
from dsl.graph import Graph
from dsl.strategy import Strategy, Universe, Wording
from dsl.variants import Place, PlaceError, Variants
from dsl.vary import VaryError, from_range, products, spread
from dsl.yaml_tree import Mapping, YamlNode
from engine.kernel.catalogue import catalogue
from tests.shipped import STRATEGIES

KNOWN: Catalogue = catalogue()
FILE = """schema: strategy/1
name: made
clock: 5m
markets: [KRW-BTC]
params:
  length: {value: 20, range: 5..40, step: 5}
  near: 0.5%
  factor: 2
define:
  far(x): close > x * (1 + near)
  up: ema(close, length) > ema(close, length * factor)
factors:
  a: {value: "clamp(ret(1h) / near, -1, 1)", weight: 0.4}
  b: {value: "2 * across.pct_rank(ret(4h)) - 1", weight: 0.6}
score: {missing_factor: block}
entry:
  all:
    up: up
    far: far(sma(close, length))
    two: ema(close, 5) > ema(close, 9)
    high: score > 0.2
sizing:
  risk: 0.5% of equity
exits:
  stop: {at: pos.entry - factor * atr(14)}
  out: {when: pos.age >= 4h}
limits:
  open_positions: 3
"""


def variants(text: str, name: str = "made.yaml") -> Variants:
    return Variants(text, name, KNOWN, profiles_in(*default_profile_folders(Path(name))))


def described(graph: Graph) -> list[object]:
    """Every node by what it computes, whatever it is called in its graph."""
    found: list[object] = []
    for node in graph:
        found.append((node.op, tuple(found[i] for i in node.inputs), node.params, node.section, node.phase, node.unit))
    return found


def meaning(strategy: Strategy) -> object:
    """A strategy without the numbers of its nodes, and without what a sweep leaves out."""
    nodes = described(strategy.graph)

    def of(node: int | None) -> object:
        return None if node is None else nodes[node]

    universe: Universe | None = strategy.universe
    chosen = None
    if universe is not None:
        inside = described(universe.graph)
        chosen = (inside[universe.keep], None if universe.by is None else inside[universe.by], universe.take, universe.every_ms)
    bare = replace(
        strategy, graph=Graph(), entry=0, exits=(), sizing=replace(strategy.sizing, scale=None), rank=None, conditions=(), universe=None,
        entry_order=None, factors=(), score=None, wording=Wording(), tests=(), version="",
        risk=None if strategy.risk is None else replace(strategy.risk, breakers=()),
    )  # fmt: skip
    exits = [(of(one.node), replace(one, node=0)) for one in strategy.exits]
    breakers = [] if strategy.risk is None else [(of(one.node), replace(one, node=0)) for one in strategy.risk.breakers]
    factors = [(of(one.node), one.weight) for one in strategy.factors]
    single = [of(n) for n in (strategy.entry, strategy.rank, strategy.sizing.scale, strategy.entry_order, strategy.score)]
    return bare, single, exits, breakers, factors, chosen


def paths(node: YamlNode, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Everything in the file that could be varied."""
    if not isinstance(node, Mapping):
        yield ".".join(above)
        return
    for key, value in node.entries:
        yield from paths(value, (*above, key.text))


def places(one: Variants) -> list[Place]:
    found = {}
    for path in paths(one.root):
        try:
            place = one.place(path)
        except PlaceError:
            continue
        found[place.scalar.start] = place
    return [place for place in found.values() if place.path.split(".")[0] not in ("schema", "name", "title", "markets", "aliases")]


def agree(one: Variants, values: dict[Place, str]) -> bool:
    """Whether the version is a strategy; either way it must be what its text is."""
    quick, slow = one.variant(values).strategy, one.compiled(values).strategy
    assert (quick is None) == (slow is None), values
    if quick is None or slow is None:
        return False
    assert meaning(quick) == meaning(slow), values
    return True


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda path: path.stem)
def test_every_number_of_every_shipped_file_varied_is_the_changed_file(path: Path) -> None:
    one = variants(path.read_text("utf-8"), str(path))
    found = places(one)
    assert len(found) >= 3
    assert agree(one, {})
    accepted = 0
    for place in found:
        number = float(place.scalar.text[place.start : place.number_end].replace("_", ""))
        for value in (number * 2, number / 2):
            accepted += agree(one, {place: f"{value:g}"})
    assert accepted >= len(found)


def test_versions_do_not_disturb_one_another() -> None:
    one = variants(FILE)
    axes = {
        "params.length": ("5", "20", "40", "41"),
        "params.near": ("0.5%", "2%"),
        "factors.a.weight": ("0.4", "0.7"),
        "clock": ("5m", "1h"),
    }
    at = {path: one.place(path) for path in axes}
    asked = products(axes)
    backwards = variants(FILE)
    there = {path: backwards.place(path) for path in axes}
    results = [agree(one, {at[path]: value for path, value in values.items()}) for values in asked]
    again = [agree(backwards, {there[path]: value for path, value in values.items()}) for values in reversed(asked)]
    assert results == again[::-1]
    assert (results.count(True), results.count(False)) == (24, 8)  # 41 is outside its range


def test_equal_nodes_of_versions_are_one() -> None:
    one = variants(FILE)
    first = one.variant({}).strategy
    assert first is not None
    count = len(one.graph)
    again = one.variant({one.place("limits.open_positions"): "7"}).strategy
    assert again is not None
    assert again.graph is first.graph
    assert len(one.graph) == count
    assert one.variant({one.place("near"): "0.7%"}).strategy is not None
    assert count < len(one.graph) < 1.5 * count


def test_a_number_is_replaced_where_it_stands() -> None:
    one = variants(FILE)
    risk, age = one.place("sizing.risk"), one.place("exits.out")
    assert (risk.text, age.text) == ("0.5%", "4h")
    written = one.written({risk: "0.25", age: "90m", one.place("length"): "10"})
    changed = [(a, b) for a, b in zip(FILE.splitlines(), written.splitlines(), strict=True) if a != b]
    assert changed == [
        ("  length: {value: 20, range: 5..40, step: 5}", "  length: {value: 10, range: 5..40, step: 5}"),
        ("  risk: 0.5% of equity", "  risk: 0.25% of equity"),
        ("  out: {when: pos.age >= 4h}", "  out: {when: pos.age >= 90m}"),
    ]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nothing", "unknown"),
        ("entry.nothing", "unknown"),
        ("entry.two", "several"),
        ("define.up", "none"),
        ("limits", "none"),
        ("", "unknown"),
    ],
)
def test_a_path_without_one_number_is_refused(path: str, code: str) -> None:
    with pytest.raises(PlaceError) as caught:
        variants(FILE).place(path)
    assert caught.value.code == code


def test_what_vary_says() -> None:
    assert spread("0.3, 0.35,0.4") == ("0.3", "0.35", "0.4")
    assert spread("1.5:3.5:0.5") == ("1.5", "2.0", "2.5", "3.0", "3.5")
    assert spread("0.1:0.3:0.1") == ("0.1", "0.2", "0.3")  # as decimals
    assert spread("1%:2:0.5%,5%") == ("1.0%", "1.5%", "2.0%", "5%")
    assert spread("5,5,7:10:2") == ("5", "7", "9")
    assert from_range("7..21", "7") == ("7", "14", "21")
    assert variants(FILE).steps(variants(FILE).place("length")) == ("5..40", "5")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "value"), ("a,b", "value"), ("1:2", "step"), ("2:1:0.1", "step"), ("1:2:0", "step"), ("1%:2h:1", "units"),
        ("0:1e9:1", "value"),
        ("0:99999:1", "many"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_read(text: str, code: str) -> None:
    with pytest.raises(VaryError) as caught:
        spread(text)
    assert caught.value.code == code
