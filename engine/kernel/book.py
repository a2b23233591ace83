"""Layout of the books that `decide` keeps: structured numpy records, saved and restored as plain bytes.

Names and meanings follow docs/decide.md. Times are UTC ms in int64. Quantities are whole 1e-8 coins in float64.
"""

from __future__ import annotations

from typing import Final

import numpy as np

#: one per run
ACCOUNT: Final = np.dtype(
    [
        ("cash_krw", "f8"),
        ("next_order_id", "i8"),
        ("entries_stopped", "i8"),
        ("ambiguous_steps", "i8"),
        ("ambiguous_krw", "f8"),
        ("unsettled_entries", "i8"),
        ("sale_below_minimum", "i8"),
        ("fees_krw", "f8"),
        ("cash_flow_krw", "f8"),
    ],
    align=True,
)

#: one per market
POSITION: Final = np.dtype(
    [
        ("quantity_e8", "f8"),
        ("bought_e8", "f8"),
        ("cost_krw", "f8"),
        ("proceeds_krw", "f8"),
        ("fees_krw", "f8"),
        ("entry_krw", "f8"),
        ("high_krw", "f8"),
        ("low_krw", "f8"),
        ("opened_ms", "i8"),
        ("last_krw", "f8"),  # last price of the market; NaN before the first trade
        ("day", "i8"),  # UTC day number that entries_today belongs to
        ("entries_today", "i8"),
        ("last_exit_ms", "i8"),  # -1: none
        ("last_loss_ms", "i8"),  # -1: none
        ("step_stage", "i8"),  # 0: no unfinished STEP; else the stage of docs/decide.md §5 to go on with
        ("step_ms", "i8"),
        ("step_open", "f8"),
        ("step_high", "f8"),
        ("step_low", "f8"),
        ("step_close", "f8"),
        ("step_ambiguous", "i8"),
    ],
    align=True,
)

#: one working order per market; side 0 = none
ORDER: Final = np.dtype(
    [
        ("order_id", "i8"),
        ("side", "i8"),  # engine.model.events.Side
        ("created_ms", "i8"),
        ("amount_krw", "f8"),  # buys
        ("quantity_e8", "f8"),  # sales
        ("filled_e8", "f8"),
        ("level_krw", "f8"),  # base price of an in-step sale; NaN when made at a CLOSE
        ("exit_index", "i8"),  # reason; -1 entry
        ("fires", "u8"),  # bit set of the exits that fire when it has filled
    ],
    align=True,
)

#: one per market and exit
EXIT_STATE: Final = np.dtype([("fired", "i8"), ("level_krw", "f8"), ("small_counted", "i8")], align=True)

#: fill log, one row per FILL
FILL: Final = np.dtype(
    [
        ("time_ms", "i8"),
        ("market", "i8"),
        ("side", "i8"),
        ("exit_index", "i8"),  # -1 entry
        ("order_id", "i8"),
        ("quantity_e8", "f8"),
        ("price_krw", "f8"),
        ("fee_krw", "f8"),
        ("base_krw", "f8"),  # price before slippage: for average slippage
        ("decided_ms", "i8"),  # CLOSE that made the order, or the STEP
        ("ambiguous", "i8"),  # the STEP was ambiguous
    ],
    align=True,
)

#: why an entry was skipped (docs/decide.md §6.3), in the order in which they are tested
SKIP_REASONS: Final = (
    "entries_stopped", "open_positions", "entries_per_day", "cooldown", "reentry", "no_price", "no_level",
    "stop_above_entry", "no_size", "target_below_cost", "below_minimum",
)  # fmt: skip
