"""How closely every function of the catalogue agrees with its outside values: `python -m tests.oracles.table [NAME ...]`.

Markdown on standard output: function, oracle, bars compared, largest absolute and relative difference. A difference is taken relative to
the oracle's value or to the median size of its values, whichever is larger, so that values that pass through zero do not count as
infinitely wrong. With the market data (tests/conftest.py) on real candles too, else on generated walks alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import numpy as np

from tests.conftest import MARKET_DATA
from tests.oracles.values.comparison import comparable, pairs
from tests.oracles.values.data import Columns, generated_columns, real_columns
from tests.oracles.values.registry import ORACLES


def rows(names: list[str], data: Mapping[str, Columns]) -> Iterator[tuple[str, str, int, float, float]]:
    """(function, oracle, bars, largest absolute difference, largest relative one)."""
    for name in names:
        for oracle in ORACLES[name]:
            bars, absolute, relative = 0, 0.0, 0.0
            for columns in data.values():
                for _, ours, theirs in pairs(name, oracle, columns):
                    defined = comparable(oracle, theirs)
                    a, b = ours[defined], theirs[defined]
                    if len(b) == 0:
                        continue
                    off, size = np.abs(a - b), np.maximum(np.abs(b), np.median(np.abs(b)))
                    bars += len(b)
                    absolute = max(absolute, float(off.max()))
                    relative = max(relative, float(np.divide(off, size, out=np.zeros(len(b)), where=off > 0).max()))
            yield name, oracle.source, bars, absolute, relative


def main(names: list[str]) -> None:
    """Print the table of these functions, or of all."""
    unknown = [name for name in names if name not in ORACLES]
    if unknown:
        sys.exit(f"no function {', '.join(unknown)}")
    data = generated_columns() | (real_columns(MARKET_DATA) if MARKET_DATA is not None else {})
    sys.stdout.write(
        f"Compared on {', '.join(data)}.\n\n| function | oracle | bars | max absolute | max relative |\n|---|---|---|---|---|\n"
    )
    count, worst = 0, 0.0
    with np.errstate(all="ignore"):
        for name, source, bars, absolute, relative in rows(names or sorted(ORACLES), data):
            sys.stdout.write(f"| {name} | {source} | {bars:,} | {absolute:.2g} | {relative:.2g} |\n")
            count, worst = count + 1, max(worst, relative)
    sys.stdout.write(f"\n{len(names or ORACLES)} functions, {count} comparisons, largest relative difference {worst:.2g}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
