"""What the numbers of the tables mean that `engine.kernel.machine` reads and `engine.kernel.layout` writes."""

from __future__ import annotations

from typing import Final

from engine.kernel.abi import HANDLE_ITEMS
from engine.kernel.aggregate import SLOT_COUNT

#: columns of the row table. Inputs and output are offsets in memory; a hold (address 0) and an over (engine.kernel.rows.OVER) have
#: their source's timeframe
ROW_ADDRESS: Final = 0
ROW_TIMEFRAME: Final = 1
ROW_SOURCE: Final = 2
ROW_INPUT: Final = 3  # five of them
ROW_OUTPUT: Final = 8
ROW_STATE: Final = 9
ROW_PARAMS: Final = 10
ROW_TWIN: Final = 11  # address of what computes this row and the next at once; 0: none does
ROW_FLAT: Final = 12  # 1: reads nothing but its inputs at the same bar, so that one call can take all markets side by side
ROW_STEP: Final = 13  # from one market of a group to the next, of each of the five inputs and the output
ROW_ALIKE: Final = 19  # address of what computes this row of two markets at once; 0: none does
ROW_WIDTH: Final = 20

#: columns of the feed table: first the SLOT_COUNT offsets in memory that `fold_bars` reads (-1 = not wanted)
FEED_TIMEFRAME: Final = SLOT_COUNT
FEED_MARKET: Final = SLOT_COUNT + 1  # -1 = the market being evaluated
FEED_STATE: Final = SLOT_COUNT + 2  # -1 = base bars, taken as they are
FEED_DIRECT: Final = SLOT_COUNT + 3  # one bit per series: rows read it from the grid where all bars are known
FEED_WIDTH: Final = SLOT_COUNT + 4

#: columns of the side table: the series, its market (-1 = the one being evaluated), offset in memory, 1 = missing reads as false
SIDE_SERIES: Final = 0
SIDE_MARKET: Final = 1
SIDE_SLOT: Final = 2
SIDE_FLAG: Final = 3
SIDE_WIDTH: Final = 4

#: columns of the stage table: from and to, in the tables of rows, of moves (what is loaded, then what is kept), columns and across rows
STAGE_ROWS: Final = 0
STAGE_LOADS: Final = 2
STAGE_KEEPS: Final = 4
STAGE_COLUMNS: Final = 6
STAGE_ACROSS: Final = 8
STAGE_WIDTH: Final = 10

#: columns of the table of moves: offset of the slot, of its first market's copy, distance between the markets' copies, timeframe. Where
#: markets stand side by side nothing is moved: the table has the slots that all markets share
MOVE_SLOT: Final = 0
MOVE_KEPT: Final = 1
MOVE_STRIDE: Final = 2
MOVE_TIMEFRAME: Final = 3
MOVE_WIDTH: Final = 4

#: columns of the table of exported columns: which column, offset of its slot, 1 = each market of a group has its own
COLUMN_NUMBER: Final = 0
COLUMN_SLOT: Final = 1
COLUMN_OWN: Final = 2
COLUMN_WIDTH: Final = 3

#: columns of the table of direct places (engine.kernel.direct): row, column of the row table, what belongs there, the offset of its slot
DIRECT_ROW: Final = 0
DIRECT_FIELD: Final = 1
DIRECT_SOURCE: Final = 2  # one of the series, or as many more as the number of the exported column
DIRECT_SLOT: Final = 3
DIRECT_WIDTH: Final = 4

#: columns of the table of across rows. Inputs and output are offsets of the first market's values (engine.kernel.ops.across)
ACROSS_ADDRESS: Final = 0
ACROSS_TIMEFRAME: Final = 1
ACROSS_INPUT: Final = 2  # value, member, turnover, domain
ACROSS_OUTPUT: Final = 6
ACROSS_SCRATCH: Final = 7
ACROSS_PARAMS: Final = 8
ACROSS_WIDTH: Final = 9

#: columns of the clock table: length (-1: calendar months) and offset in ms, first bar that closes in the block, how many close
CLOCK_LENGTH: Final = 0
CLOCK_OFFSET: Final = 1
CLOCK_FIRST: Final = 2
CLOCK_COUNT: Final = 3
CLOCK_WIDTH: Final = 4

#: items of `run`: what one call has to do
RUN_BASE_MS: Final = 0
RUN_FROM_MS: Final = 1  # open time of the block's first base bar
RUN_FIRST: Final = 2  # its position in the grid's arrays
RUN_LENGTH: Final = 3  # base bars
RUN_SHARED_FEEDS: Final = 4
RUN_SHARED_ROWS: Final = 5
RUN_SHARED_STATE: Final = 6  # float64 of state before the first market's
RUN_MARKET_STATE: Final = 7  # float64 of state per market
RUN_CLOCK: Final = 8  # the strategy's clock in the clock table
RUN_OUT: Final = 9  # where in `out` the block's first clock bar goes
RUN_SHARED_SIDES: Final = 10
RUN_SIDE: Final = 11  # position of the block's first base bar in the arrays of side series
RUN_BLOCK: Final = 12  # most base bars that memory has room for
RUN_CLOCK_FIRST: Final = 13  # absolute index of the clock bar that is the first of `out`; -1: whichever comes, it has room for one
RUN_LANES: Final = 14  # how many calls share the markets out among themselves
RUN_BEFORE: Final = 15  # turns (engine.kernel.turns) that each group had before the stretch
RUN_TURN: Final = 16  # of the block's first stage among the turns of the stretch
RUN_PATIENCE: Final = 17  # how often to look, in the end, whether the other calls are through with their markets, too
RUN_SHARED_AT: Final = 18  # where this call's copy of the shared state is
RUN_BESIDE: Final = 19  # 1: slots hold one bar of all markets, side by side
RUN_COMPLETE: Final = 20  # left behind, 1: the stretch is evaluated for all markets
RUN_GROUP: Final = 21  # most markets that are evaluated side by side
RUN_SLOTS: Final = 22  # float64 from one market's slots to the next one's in a group
RUN_WIDTH: Final = 23

#: arrays of a handle, in order: what a lane has, what a kernel has, what one call is given
HANDLE: Final = (
    "run", "clocks", "feeds", "side_feeds", "rows", "stages", "moves", "across", "columns", "direct", "memory", "state", "params", "behind",
    "states", "opens", "highs", "lows", "closes", "volumes", "values", "sides", "out", "turns",
)  # fmt: skip
HANDLE_STATE: Final = HANDLE.index("state")
HANDLE_BARS: Final = HANDLE.index("states")
HANDLE_OUT: Final = HANDLE.index("out")
HANDLE_CODE: Final = len(HANDLE) * HANDLE_ITEMS  # behind them: the address of the machine's code
HANDLE_WIDTH: Final = HANDLE_CODE + 1
