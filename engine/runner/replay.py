"""Replay: a journal's events go through a fresh trader, and its intents must be the journal's, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.model.errors import UserError
from engine.model.events import Intent
from engine.store.journal import JournalReader, Record
from engine.store.records import EVENT_KINDS, from_record, to_record
from engine.trader import Trader


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where journal and replay part. event: position of the event in the journal, from 1; None: nothing there."""

    event: int
    recorded: Record | None
    decided: Record | None


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """events and intents compared. torn: the last line was cut off; ended: the run closed its journal; difference: None = all equal."""

    events: int
    intents: int
    torn: bool
    ended: bool
    difference: Difference | None


class _Comparison:
    """Walks a journal. Intents that the run did not live to record, after the last event of an unfinished journal, are no difference."""

    def __init__(self, trader: Trader) -> None:
        self._trader = trader
        self._due: list[Record] = []
        self.events = 0
        self.intents = 0
        self.difference: Difference | None = None

    def take(self, record: Record) -> None:
        if record["kind"] == "intent":
            self._compare(record)
        elif record["kind"] in EVENT_KINDS:
            self.finish()
            if self.difference is None:
                self._decide(record)

    def finish(self) -> None:
        """All that was decided must have been recorded by now."""
        if self._due and self.difference is None:
            self.difference = Difference(self.events, None, self._due[0])

    def _compare(self, record: Record) -> None:
        decided = self._due.pop(0) if self._due else None
        if record != decided:
            self.difference = Difference(self.events, record, decided)
        else:
            self.intents += 1

    def _decide(self, record: Record) -> None:
        self.events += 1
        event = from_record(record)
        if isinstance(event, Intent):
            raise TypeError("an intent is no event")
        self._due = [_as_read(to_record(intent)) for intent in self._trader.process(event).intents]


def _as_read(record: Record) -> Record:
    """The record as it reads back from the journal: NaN is null. Every other float keeps its bits, so `==` compares them, sign of
    zero aside, which no amount, quantity or price can carry."""
    return {key: None if value != value else value for key, value in record.items()}


def replay(path: Path, build: Callable[[Record], Trader]) -> ReplayResult:
    """Decide again from the journal alone. build: the trader that the journal's header describes.

    Raises UserError when the file is no journal, or broken before its last line.
    """
    with JournalReader(path) as reader:
        comparison = _Comparison(build(reader.header))
        for record in reader.records():
            try:
                comparison.take(record)
            except (KeyError, ValueError, TypeError) as error:
                raise UserError("paper.journal_impossible", path=path, event=comparison.events, problem=error) from error
            if comparison.difference is not None:
                break
        if reader.ended:
            comparison.finish()
        return ReplayResult(comparison.events, comparison.intents, reader.torn, reader.ended, comparison.difference)
