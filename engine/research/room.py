"""What a run finds: memory that one before has given back, and how many processors there are.

The GNU C library hands arrays of some size straight back to the system when they are freed, and asks for them anew for the next run,
page by page: at 100,000 bars this took as long as the backtest itself. Other systems keep what they have without being asked.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import Final

#: of mallopt(3)
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
#: the most that the library allows: larger arrays are mapped and given back each by itself, as before
_LARGEST_KEPT_BYTES: Final = 32 << 20
#: freed memory at the end of the heap that the process keeps
_KEPT_BYTES: Final = 128 << 20


@cache
def processors() -> int:
    """How many there are; the system is asked once."""
    return os.cpu_count() or 1


@cache
def keep_freed_memory() -> bool:
    """From now on this process keeps what it has freed, up to 128 MiB. False where the C library knows no such thing."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES) and mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))
