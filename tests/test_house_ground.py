"""What conftest promises: no way out of this machine, real data found where it should be, one profile per surroundings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
#: no plugins of others: reading them takes longer than the tests
PLAIN = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
TESTS_OF_DATA = """
import pytest
pytest_plugins = ["conftest_under_test"]
@pytest.mark.data
def test_marked(): assert True
def test_fixture(market_data): assert market_data.is_dir()
"""


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("203.0.113.5", 443)])
def test_connecting_elsewhere_is_refused(address: tuple[str, int]) -> None:
    with socket.socket() as client:
        with pytest.raises(PermissionError):
            client.connect(address)
        with pytest.raises(PermissionError):
            client.connect_ex(address)
    with socket.socket(type=socket.SOCK_DGRAM) as client, pytest.raises(PermissionError):
        client.sendto(b"x", address)


def test_looking_up_a_name_is_refused() -> None:
    with pytest.raises(PermissionError):
        socket.create_connection(("example.org", 80))


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = threading.Thread(target=lambda: server.accept()[0].close())
        answer.start()
        with socket.create_connection(server.getsockname()) as connection:
            assert connection.getpeername() == server.getsockname()
            answer.join()


def pytest_in(folder: Path, **environment: str) -> str:
    """Output of pytest over tests of data in a checkout that has these variables."""
    (folder / "conftest_under_test.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_data.py").write_text(TESTS_OF_DATA, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = data: x\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in ("CI", "JANGDAN_TEST_DATA", "PYTEST_ADDOPTS")}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "-p", "conftest_under_test", "test_data.py"],
        cwd=folder, env={**kept, **PLAIN, "PYTHONPATH": str(folder), **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return result.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An empty checkout with nothing beside it."""
    folder = tmp_path / "place" / "checkout" / "tests"
    folder.mkdir(parents=True)
    return folder


def test_without_data_tests_of_data_are_skipped_loudly(checkout: Path) -> None:
    output = pytest_in(checkout)
    assert "2 skipped" in output
    assert "2 TESTS ON REAL MARKET DATA DID NOT RUN" in output


def test_without_data_ci_fails(checkout: Path) -> None:
    output = pytest_in(checkout, CI="true")
    assert "passed" not in output
    assert "2 errors" in output


def test_data_known_to_be_absent_is_skipped_loudly_in_ci_too(checkout: Path) -> None:
    output = pytest_in(checkout, CI="true", JANGDAN_TEST_DATA="none")
    assert "2 skipped" in output
    assert "error" not in output


def test_data_beside_the_checkout_is_found(checkout: Path) -> None:
    data = checkout.parents[1] / "anything" / "data"
    data.mkdir(parents=True)
    (data / "MANIFEST.json").write_text("{}")
    assert "2 passed" in pytest_in(checkout, CI="true")


def test_data_named_wrongly_is_an_error(checkout: Path) -> None:
    assert "passed" not in pytest_in(checkout, JANGDAN_TEST_DATA=str(checkout))


def test_the_profile_is_the_one_asked_for() -> None:
    wanted = os.environ.get("JANGDAN_HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") == "true" else "quick")
    assert settings.default.max_examples == {"quick": 25, "ci": 50, "deep": 2000}[wanted]
