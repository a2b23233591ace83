"""Random strategies live: one event at a time, saved and restored on the way, on the simulated exchange, and replayed from the journal."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

from hypothesis import settings as profile

from engine.research.result import Rounding
from tests.generators.worlds import World, random_world
from tests.simulation.live import live, paper_and_replay

#: fewer do not trade often enough to be worth much: risk profiles keep more than half of them out
WORLDS = min(max(profile.default.max_examples * 4 // 5, 40), 400)


def world_of(seed: int, on_grid: bool | None = None) -> World:
    """A short world whose data are all read; on_grid: with that rounding."""
    world = random_world(seed, whole=seed % 2 == 0, longest=700)
    rounding = world.settings.rounding if on_grid is None else Rounding.UPBIT
    return replace(world, settings=replace(world.settings, to_ms=None, rounding=rounding))


def test_one_event_at_a_time_with_restarts_is_the_backtest() -> None:
    seen: Counter[str] = Counter()
    for seed in range(20_000, 20_000 + WORLDS):
        chance = random.Random(seed)
        life = live(world_of(seed), chance, chance.choice([0.0, 0.01, 0.3]))
        seen.update(fills=len(life.fills), restarts=life.restarts, worlds=len(life.fills) > 0, closes=len(life.equity))
    assert seen["fills"] > 5 * WORLDS, seen
    assert seen["restarts"] > 10 * WORLDS, seen
    assert seen["closes"] > 50 * WORLDS, seen
    assert seen["worlds"] > WORLDS // 3, seen


def test_paper_is_the_backtest_and_every_journal_replays(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in range(30_000, 30_000 + WORLDS):
        latency_ms = random.Random(seed).choice([0, 0, 700, 90_000, 600_000])
        summary = paper_and_replay(world_of(seed, on_grid=True), tmp_path / f"{seed}.jsonl", latency_ms)
        seen.update({"late" if latency_ms else "prompt": len(summary.fills), "intents": summary.intents})
    assert seen["prompt"] > 4 * WORLDS, seen
    assert seen["late"] > 5 * WORLDS, seen
