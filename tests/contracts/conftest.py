"""Says at the very end of a run that the real exchange was not asked."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where a reader looks."""
    for report in terminalreporter.stats.get("skipped", []):
        if "test_the_real_exchange" in report.nodeid:
            terminalreporter.write_line(str(report.longrepr[2]), yellow=True, bold=True)
