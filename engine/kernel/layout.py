"""Where a program's tables and slots lie in memory, for one thread or several."""

from __future__ import annotations

import dis
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dsl.catalogue import ArgKind, Memory
from dsl.graph import Timeframe
from engine.kernel import fields, state
from engine.kernel.abi import HANDLE_ITEMS, INPUT_COUNT, address, numbers_of
from engine.kernel.aggregate import SERIES, SLOT_COUNT, machine_length, ratio
from engine.kernel.catalogue import Op
from engine.kernel.direct import of_rows
from engine.kernel.load import address_of, address_of_twin
from engine.kernel.ops.across import KERNELS, SCRATCH
from engine.kernel.own_rows import OwnRows
from engine.kernel.program import Program
from engine.kernel.rows import AcrossRow, Feed, Row, SideFeed

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CACHE_LINE: Final = 8  # float64
#: markets side by side: twins (engine.kernel.catalogue.twin) take four at once
_GROUP: Final = 4
#: what a handle holds between the clocks and the memory: tables, of which a run writes the rows (engine.kernel.direct)
_TABLES: Final = ("feeds", "side_feeds", "rows", "stages", "moves", "across", "columns", "direct")
#: of a handle: what every run has for itself
_RUN_AND_CLOCKS: Final = slice(0, 2 * HANDLE_ITEMS)
_ROWS: Final = slice(fields.HANDLE.index("rows") * HANDLE_ITEMS, (fields.HANDLE.index("rows") + 1) * HANDLE_ITEMS)
_MEMORY: Final = slice((2 + len(_TABLES)) * HANDLE_ITEMS, (3 + len(_TABLES)) * HANDLE_ITEMS)


@dataclass(frozen=True, slots=True)
class Lane:
    """What one thread hands to `door.run_blocks`: its items of `run`, and all tables with the memory. Slots, clocks and the copy of
    shared state are its own; what is kept per market is everybody's."""

    run: NDArray[np.int64]
    items: memoryview
    """Of `run`, for single numbers."""
    handle: NDArray[np.int64]
    """What stands before the state is filled in; `tables` keeps that memory."""
    tables: tuple[NDArray[Any], ...]


def made_lane(run: NDArray[np.int64], tables: Iterable[NDArray[Any]]) -> Lane:
    """tables: the arrays of a handle between `run` and the state."""
    kept, handle = tuple(tables), np.zeros(fields.HANDLE_WIDTH, np.int64)
    known = numbers_of((run, *kept))
    handle[: len(known)] = known
    return Lane(run, run.data, handle, kept)


class Layout:
    """A program's tables with memory laid out for one block size and a number of threads. The tables are those of the first."""

    columns: NDArray[np.int64]
    stages: NDArray[np.int64]

    def __init__(
        self,
        program: Program,
        block: int,
        threads: int = 1,
        own: OwnRows | None = None,
        *,
        in_place: bool = False,
        group: int | None = None,
    ) -> None:
        """own: rows of the program that are not evaluated with the others (engine.kernel.own_rows). in_place: all values stay in memory,
        and none is exported. group: markets side by side; None: as many as pay."""
        table, self._own, self._group = program.table, own, group
        self._base, self._block, self._markets, self._threads = program.base, block, len(program.markets), threads
        self._clock = program.clock
        self._table = table
        self._beside = block == 1 and threads == 1 and own is None and group is None
        """One bar at a time: slots hold all markets side by side (`machine.run_beside`)."""
        self._copies = self._markets if self._beside else 1
        self._alike = set(self._shared_slots()) | {k for k, slot in enumerate(table.slots) if slot.constant is not None}
        all_rows, all_feeds = table.shared_rows + table.rows, table.shared_feeds + table.feeds
        used = {row.timeframe for row in all_rows} | {feed.timeframe for feed in all_feeds} | {row.timeframe for row in table.across}
        used |= {row.source for row in all_rows if row.source is not None}
        self._timeframes = sorted(used | {program.clock, program.base})
        self._offsets, self.memory = self._memory()
        self.params = list(table.params) if own is None else [*table.params, *own.params]
        self.clocks = np.zeros((len(self._timeframes), fields.CLOCK_WIDTH), np.int64)
        for i, timeframe in enumerate(self._timeframes):
            self.clocks[i, fields.CLOCK_LENGTH] = machine_length(timeframe)
            self.clocks[i, fields.CLOCK_OFFSET] = timeframe.offset_ms
        self.feeds = _table([self._feed(item) for item in all_feeds], fields.FEED_WIDTH)
        self.side_feeds = _table([self._side(item) for item in table.shared_side_feeds + table.side_feeds], fields.SIDE_WIDTH)
        rows = _table([self._row(item) for item in all_rows], fields.ROW_WIDTH)
        self.rows = rows if own is None else self._with_own(rows, own)
        self.across = _table([self._across(item) for item in table.across], fields.ACROSS_WIDTH)
        self._stages(program)
        exported = [table.slot_of_node[node] for node in program.columns]
        direct = [] if self._beside or in_place or own is not None else of_rows(table, exported)
        self.direct = _table([[row, field, source, self._offsets[slot]] for row, field, source, slot in direct], fields.DIRECT_WIDTH)
        self._leave_out()
        if in_place:
            self.columns, self.stages[:, fields.STAGE_COLUMNS : fields.STAGE_COLUMNS + 2] = self.columns[:0], 0
        self._run = self._fixed_items(program)
        first = state.initial(program)
        self.state = first if own is None else np.concatenate((first[:-1], own.state, first[-1:]))
        """What a run begins with."""
        self._handle = made_lane(self._run, self._arrays()).handle

    def again(self) -> Layout:
        """The same for another run: with memory, clocks and rows of its own, which a run writes, and tables that none does."""
        other = object.__new__(Layout)
        other.__dict__.update(self.__dict__, memory=self.memory.copy(), clocks=self.clocks.copy(), rows=self.rows.copy())
        return other

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        """Of a lane, in the order of its handle."""
        return (self.clocks, *[getattr(self, name) for name in _TABLES], self.memory)

    def lanes(self) -> list[Lane]:
        """One per thread. They share groups of markets out among themselves."""
        return [self._lane(number) for number in range(self._threads)]

    def _lane(self, number: int) -> Lane:
        run = self._run.copy()
        if number == 0:
            handle = self._handle.copy()
            handle[_RUN_AND_CLOCKS], handle[_MEMORY] = numbers_of((run, self.clocks)), numbers_of((self.memory,))
            handle[_ROWS] = numbers_of((self.rows,))
            return Lane(run, run.data, handle, self._arrays())
        run[fields.RUN_SHARED_AT] = len(self.state) + (number - 1) * self._table.size(shared=True)
        tables = {name: getattr(self, name).copy() for name in ("clocks", *_TABLES)}
        by = number * self._lane_width
        feeds = tables["feeds"][:, :SLOT_COUNT]
        feeds[feeds >= 0] += by
        tables["side_feeds"][:, fields.SIDE_SLOT] += by
        tables["rows"][:, fields.ROW_INPUT : fields.ROW_OUTPUT + 1] += by
        tables["moves"][:, fields.MOVE_SLOT] += by
        tables["columns"][:, fields.COLUMN_SLOT] += by
        tables["direct"][:, fields.DIRECT_SLOT] += by
        read = tables["across"][:, fields.ACROSS_INPUT : fields.ACROSS_OUTPUT]
        read[read < self._lane_width] += by  # what is not kept per market is what all of them share
        return made_lane(run, (*tables.values(), self.memory))

    def _memory(self) -> tuple[list[int], NDArray[np.float64]]:
        """Offset of every slot, and the memory with constants filled in; behind the slots (every thread's) what is kept per market, and
        the scratch."""
        placed, total = self._place_own()
        offsets = []
        for number, slot in enumerate(self._table.slots):
            offsets.append(placed.get(number, total))
            total += 0 if number in placed else self.width(slot.timeframe) * self._copies
        self._slots_width = total + self._block
        self.group = 1 if self._beside else self._group or self._markets_at_once()
        self._lane_width = self._slots_width * self.group
        total = self._lane_width * self._threads
        self._kept: dict[int, int] = {}
        kept = {slot for slots in self._table.keeps for slot in slots} | {row.output for row in self._table.across}
        for number in () if self._beside else sorted(kept):
            self._kept[number] = total
            total += self._markets * self._stride(number)
        self._domain = total
        self._scratch = total + self._markets
        memory = _lines(self._scratch + (SCRATCH * self._markets if self._table.across else 0))
        memory.fill(np.nan)
        memory[self._domain : self._scratch] = self._table.domain
        for slot, offset in zip(self._table.slots, offsets, strict=True):
            if slot.constant is not None:
                for start in range(offset, offset + self._threads * self._lane_width, self._lane_width):
                    memory[start : start + self._block * self._copies] = slot.constant
        return offsets, memory

    def _markets_at_once(self) -> int:
        """As many as an op takes in one call, where there is such a one and every thread has work."""
        twins = any(row.op is not None and row.op.twin is not None for row in self._table.rows)
        return _GROUP if twins and self._markets >= _GROUP * self._threads else 1

    def _place_own(self) -> tuple[dict[int, int], int]:
        """Offsets of the slots of own rows, one variant's over the other's, from 0 on, and how much room these need: a variant's columns,
        one behind the other, then what else it computes."""
        placed: dict[int, int] = {}
        room = 0
        if self._own is not None:
            width = self.width(self._clock)
            for make in self._own.makes:
                placed.update({slot: position * width for position, slot in enumerate(make.columns) if slot is not None})
                at = len(make.columns) * width
                for slot in make.others:
                    placed[slot] = at
                    at += self.width(self._table.slots[slot].timeframe)
                room = max(room, at)
        return placed, room

    def _stride(self, slot: int) -> int:
        """float64 between two markets' copies of a slot. A line more than they need: strides of a power of two share few cache sets."""
        return self.width(self._table.slots[slot].timeframe) + _CACHE_LINE

    def width(self, timeframe: Timeframe | None) -> int:
        """Most bars of the timeframe that can close in one block."""
        return self._block if timeframe is None else -(-self._block // ratio(self._base, timeframe))

    def _feed(self, feed: Feed) -> list[int]:
        slots = [-1 if slot < 0 else self._offsets[slot] for slot in feed.slots]
        cell = -1 if feed.cell < 0 else self._table.cells[feed.cell].offset
        return [*slots, self._timeframes.index(feed.timeframe), feed.market, cell, 0]

    def _side(self, side: SideFeed) -> list[int]:
        return [side.series, side.market, self._offsets[side.slot], int(side.flag)]

    def _row(self, row: Row) -> list[int]:
        address = row.code if row.op is None else address_of(row.op.kernel)
        source = -1 if row.source is None else self._timeframes.index(row.source)
        inputs = [self._offsets[slot] for slot in row.inputs]
        cell = self._table.cells[row.cell]
        of_two = address_of_twin(row.op.twin) if row.op is not None and row.op.twin is not None else 0
        twin, alike = (of_two, 0) if row.leads else (0, of_two)
        clock, output = self._timeframes.index(row.timeframe), self._offsets[row.output]
        steps = [0 if slot in self._alike else self._slots_width for slot in (*row.inputs, row.output)]
        flat = int(row.op is not None and is_flat(row.op))
        return [address, clock, source, *inputs, output, cell.offset, row.params, twin, flat, *steps, alike]

    def _with_own(self, rows: NDArray[np.int64], own: OwnRows) -> NDArray[np.int64]:
        """The rows that are shared, and those of every variant."""
        before = len(self._table.shared_rows)
        made = rows[before + np.array(own.like, np.int64)]
        offsets = np.array(self._offsets, np.int64)
        made[:, fields.ROW_INPUT : fields.ROW_OUTPUT] = offsets[np.array(own.inputs, np.int64)].reshape(-1, INPUT_COUNT)
        made[:, fields.ROW_STATE], made[:, fields.ROW_PARAMS] = own.state_at, own.params_at
        return np.concatenate((rows[: before + own.shared], made))

    def _across(self, row: AcrossRow) -> list[int]:
        """An input that all markets share has one copy: its stride is 0. Side by side there are as many as markets."""
        places = [self._place(slot) for slot in row.inputs]
        places += [places[0]] * (3 - len(places))
        output, step = self._place(row.output)
        at = len(self.params)
        self.params += [self._markets, *(stride for _, stride in places), step, *row.params]
        inputs = [offset for offset, _ in places]
        clock = self._timeframes.index(row.timeframe)
        return [address_of(KERNELS[row.name]), clock, *inputs, self._domain, output, self._scratch, at]

    def _place(self, slot: int) -> tuple[int, int]:
        """Where rows across markets find the first market's values, and how far on the next one's."""
        if self._beside:
            return self._offsets[slot], 1
        return (self._kept[slot], self._stride(slot)) if slot in self._kept else (self._offsets[slot], 0)

    def _stages(self, program: Program) -> None:
        """Where every stage's part of the other tables lies."""
        table = self._table
        moves: list[list[int]] = []
        columns: list[list[int]] = []
        stages = []
        moved = [((), ()) for _ in table.loads] if self._beside else zip(table.loads, table.keeps, strict=True)
        for stage, (loads, keeps) in enumerate(moved):
            common = table.rows if self._own is None else table.rows[: self._own.shared]
            rows = [len(table.shared_rows) + sum(row.stage < limit for row in common) for limit in (stage, stage + 1)]
            ends = [len(moves), len(moves) + len(loads), len(moves) + len(loads), len(moves) + len(loads) + len(keeps)]
            moves += [self._move(slot) for slot in (*loads, *keeps)]
            exported = [(j, table.slot_of_node[node]) for j, node in enumerate(program.columns)]
            exported = [(j, slot) for j, slot in exported if table.stage_of_slot.get(slot, 0) == stage]
            from_column = len(columns)
            columns += [[j, self._offsets[slot], int(slot not in self._alike)] for j, slot in exported]
            across = [sum(row.stage < limit for row in table.across) for limit in (stage, stage + 1)]
            stages.append([*rows, *ends, from_column, len(columns), *across])
        self.stages = _table(stages, fields.STAGE_WIDTH)
        if self._beside:
            moves = [[self._offsets[slot], 0, 0, 0] for slot in self._shared_slots()]
        self.moves = _table(moves, fields.MOVE_WIDTH)
        self.columns = _table(columns, fields.COLUMN_WIDTH)

    def _leave_out(self) -> None:
        """No copies of what rows read from the grid, and of what they write where it is exported."""
        sources = set(self.direct[:, fields.DIRECT_SOURCE].tolist())
        base = [number for number, feed in enumerate(self._table.feeds) if feed.cell < 0]
        for number in base:
            self.feeds[len(self._table.shared_feeds) + number, fields.FEED_DIRECT] = sum(1 << k for k in sources if k < len(SERIES))
        if any(source >= len(SERIES) for source in sources):
            kept = [row for row in self.columns.tolist() if len(SERIES) + row[fields.COLUMN_NUMBER] not in sources]
            self.columns = _table(kept, fields.COLUMN_WIDTH)
            self.stages[0, fields.STAGE_COLUMNS + 1] = len(kept)  # places are direct where there is no other stage

    def _shared_slots(self) -> list[int]:
        """Slots that are computed once for all markets."""
        table = self._table
        found = [row.output for row in table.shared_rows] + [feed.slot for feed in table.shared_side_feeds]
        return found + [slot for feed in table.shared_feeds for slot in feed.slots if slot >= 0]

    def places(self, program: Program) -> NDArray[np.int64]:
        """Where in memory every column of the program is while a market is being evaluated."""
        return np.array([self._offsets[self._table.slot_of_node[node]] for node in program.columns], np.int64)

    def _move(self, slot: int) -> list[int]:
        timeframe = self._table.slots[slot].timeframe
        assert timeframe is not None  # constants are never moved
        return [self._offsets[slot], self._kept[slot], self._stride(slot), self._timeframes.index(timeframe)]

    def _fixed_items(self, program: Program) -> NDArray[np.int64]:
        run = np.zeros(fields.RUN_WIDTH, np.int64)
        run[fields.RUN_BASE_MS] = program.base.length_ms
        run[fields.RUN_SHARED_FEEDS] = len(self._table.shared_feeds)
        run[fields.RUN_SHARED_SIDES] = len(self._table.shared_side_feeds)
        run[fields.RUN_SHARED_ROWS] = len(self._table.shared_rows)
        run[fields.RUN_SHARED_STATE] = self._table.size(shared=True)
        run[fields.RUN_MARKET_STATE] = self._table.size(shared=False)
        run[fields.RUN_BLOCK] = self._block
        run[fields.RUN_CLOCK] = self._timeframes.index(program.clock)
        run[fields.RUN_LANES] = self._threads
        run[fields.RUN_GROUP], run[fields.RUN_SLOTS] = self.group, self._slots_width
        run[fields.RUN_BESIDE] = int(self._beside)
        return run


@cache
def is_flat(op: Op) -> bool:
    """The op's bars do not know of each other, of their place in time or of a state: those of several markets can be one series."""
    if op.function.memory is not Memory.NONE or any(arg.kind is not ArgKind.SERIES for arg in op.function.args):
        return False
    return not op.init(()) and not any(one.argval == "index" for one in dis.get_instructions(op.kernel))


def _lines(count: int) -> NDArray[np.float64]:
    """Room for so many float64 that begins with a line of the cache: eight numbers that are read at once lie in one of them."""
    room = np.empty(count + _CACHE_LINE)
    first = -(address(room) // room.itemsize) % _CACHE_LINE
    return room[first : first + count]


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)
