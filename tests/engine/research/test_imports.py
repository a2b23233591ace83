"""Reports work without pandas and without the compiler."""

from __future__ import annotations

import subprocess
import sys


def test_reports_import_neither_pandas_nor_numba() -> None:
    program = "import sys, engine.research.report; print(sorted({'pandas', 'numba', 'quantstats'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
