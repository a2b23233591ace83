"""A real Chromium on a real `jangdan app`: one of each per session, on a folder of copies. The browser is the system's own.

JANGDAN_CHROMIUM  its path; default: the first of chromium, chromium-browser, google-chrome on the PATH.
Without one the tests are skipped, and say so; where CI is set they fail.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome")
ABSENT = "NO CHROMIUM FOUND: install it (Debian: apt-get install chromium) or name it in JANGDAN_CHROMIUM"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
START_SECONDS = 120.0
#: how long a busy machine may take over one step
PATIENCE_MS = 60_000


def chromium() -> str:
    """The system's browser."""
    found = os.environ.get("JANGDAN_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get("CI", "").lower() not in ("", "0", "false"):
            pytest.fail(ABSENT, pytrace=False)
        pytest.skip(ABSENT)
    return found


class App:
    """A running `jangdan app` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self.start()

    def start(self) -> None:
        """Start the command and wait until it says where it is."""
        # variables of pytest would put NiceGUI into its test mode
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", "app", str(self.folder / "pullback-trend.yaml"), "--port", str(self.port), "--no-browser",
             "--data", str(self.folder / "no-candles")],
            cwd=ROOT, env=kept | {"JANGDAN_LANG": "ko", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        )  # fmt: skip
        assert self.process.stdout is not None
        ready = threading.Event()
        self.reader = threading.Thread(target=self._read, args=(self.process.stdout, ready), daemon=True)
        self.reader.start()
        assert ready.wait(START_SECONDS), self.lines
        httpx.get(f"{self.url}/ko", trust_env=False, timeout=START_SECONDS).raise_for_status()

    def _read(self, stream: IO[str], ready: threading.Event) -> None:
        for line in stream:
            self.lines.append(line)
            if self.url in line:
                ready.set()

    def stop(self) -> None:
        """End it as Ctrl+C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self.reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def read(self, name: str) -> str:
        """A file of its folder."""
        return (self.folder / name).read_text(encoding="utf-8")


def copies(folder: Path) -> Path:
    """The shipped strategies in a folder that tests may write to."""
    target = folder / "strategies"
    shutil.copytree(ROOT / "strategies", target)
    return target


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app that most tests share."""
    chromium()
    running = App(copies(tmp_path_factory.mktemp("app")))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def profile() -> Iterator[BrowserContext]:
    """The browser that all tests share, with one cache: the libraries are loaded once.

    It ends with the module: while it is there its event loop runs on the thread of the tests, where no other loop can be run then.
    """
    path = chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield opened.new_context(locale="ko-KR", timezone_id="UTC", viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        opened.close()


@pytest.fixture
def tab(profile: BrowserContext, app: App) -> Iterator[Page]:
    """A tab with nothing remembered. A script's error, or one request that leaves this machine, fails the test."""
    page = profile.new_page()
    page.goto(f"{app.url}/library/lightweight-charts.standalone.production.js")
    page.evaluate("localStorage.clear()")
    page.set_default_timeout(PATIENCE_MS)
    errors: list[str] = []
    elsewhere: list[str] = []
    requests: list[str] = []

    def note(url: str) -> None:
        requests.append(url)
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")):
            elsewhere.append(url)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    yield page
    page.close()
    assert errors == []
    assert elsewhere == []
    assert len(requests) > 10
