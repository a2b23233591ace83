"""What every test stands on: hypothesis profiles, closed sockets, and the folder of real market data.

Environment:
JANGDAN_HYPOTHESIS_PROFILE  quick (default: 25 examples), ci (50, repeatable; default where CI is set), deep (2,000, random; also runs
                            the tests marked `deep`).
JANGDAN_TEST_DATA           folder of real market data (one that has a MANIFEST.json). Default: `*/data` beside the checkout.
                            `none`: known to be absent. Without the folder, tests marked `data` are skipped, or fail where CI is set.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
PROFILE = os.environ.get("JANGDAN_HYPOTHESIS_PROFILE") or ("ci" if IN_CI else "quick")

settings.register_profile("quick", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci", max_examples=50, deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(PROFILE)


def find_market_data(environment: dict[str, str] | None = None, root: Path = ROOT) -> Path | None:
    """The folder of real market data, or None. Raises FileNotFoundError when JANGDAN_TEST_DATA names a folder that is not one."""
    named = (os.environ if environment is None else environment).get("JANGDAN_TEST_DATA", "")
    if named == "none":
        return None
    if named:
        if not (Path(named) / "MANIFEST.json").is_file():
            raise FileNotFoundError(f"JANGDAN_TEST_DATA names {named}, which has no MANIFEST.json")
        return Path(named).resolve()
    found = sorted(root.parent.glob("*/data/MANIFEST.json"))
    return found[0].parent if found else None


MARKET_DATA = find_market_data()
ABSENT = "REAL MARKET DATA NOT FOUND: name its folder in JANGDAN_TEST_DATA"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test on real data without the data is skipped by hand's choice only; CI must not take it for passed."""
    if item.get_closest_marker("data") and MARKET_DATA is None:
        go_without_data()


def go_without_data() -> NoReturn:
    """Skip loudly; in CI fail, unless the data are known to be absent."""
    if IN_CI and os.environ.get("JANGDAN_TEST_DATA") != "none":
        pytest.fail(ABSENT, pytrace=False)
    pytest.skip(ABSENT)


@pytest.fixture(scope="session")
def market_data() -> Path:
    """Folder of real market data (subfolders upbit, rest, ws, ...)."""
    return MARKET_DATA or go_without_data()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `deep` run in the deep profile, or when asked for by -m."""
    if PROFILE == "deep" or config.option.markexpr:
        return
    deep = [item for item in items if item.get_closest_marker("deep")]
    if deep:
        config.hook.pytest_deselected(items=deep)
        items[:] = [item for item in items if not item.get_closest_marker("deep")]


def pytest_report_header() -> str:
    """Say under which conditions the tests run."""
    return f"hypothesis profile: {PROFILE}; real market data: {MARKET_DATA or 'ABSENT'}; sockets: loopback only"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests that did not run for want of data are named at the very end, where a reader looks."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if ABSENT in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} TESTS ON REAL MARKET DATA DID NOT RUN. {ABSENT}", yellow=True, bold=True)


def is_loopback(address: Any) -> bool:
    """True for local addresses of any family: Unix sockets, 127.0.0.0/8, ::1 and `localhost`."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session", autouse=True)
def closed_sockets() -> Iterator[None]:
    """No test may leave this machine: connecting or sending anywhere but to loopback raises PermissionError."""
    patch = pytest.MonkeyPatch()
    for name, position in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
        patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name), position))
    patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
    yield
    patch.undo()


def _guarded(original: Any, position: int) -> Any:
    """The socket method, refusing addresses that are not local; `position`: where the address stands among its arguments."""

    def method(self: socket.socket, *arguments: Any) -> Any:
        if not is_loopback(arguments[position]):
            raise PermissionError(f"a test tried to reach {arguments[position]}")
        return original(self, *arguments)

    return method


def _guarded_lookup(original: Any) -> Any:
    """getaddrinfo for local names only."""

    def lookup(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not is_loopback((host.decode() if isinstance(host, bytes) else host,)):
            raise PermissionError(f"a test tried to look up {host}")
        return original(host, *arguments, **options)

    return lookup
