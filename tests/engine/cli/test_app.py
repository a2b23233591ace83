"""`jangdan app`: what it refuses, and that no process of it outlives the command, however that ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from engine.cli.main import run

ROOT = Path(__file__).resolve().parents[3]
STRATEGY = ROOT / "strategies" / "pullback-trend.yaml"
PATIENCE_SECONDS = 60.0


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["app", "no-such.yaml", "--no-browser", "--lang", "en"]) == 1
    assert "no-such.yaml" in capsys.readouterr().err


def test_a_port_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["app", str(STRATEGY), "--port", port, "--no-browser", "--lang", "en"]) == 1
    error = capsys.readouterr().err
    assert port in error
    assert "--port 0" in error


def is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/en", trust_env=False, timeout=PATIENCE_SECONDS).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_the_pages_end_with_the_command(end: signal.Signals, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    command = [sys.executable, "-m", "engine.cli", "app", str(STRATEGY), "--port", "0", "--no-browser", "--data", str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, env=kept | {"JANGDAN_LANG": "en"}, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        assert url.startswith("http://127.0.0.1:")
        assert is_up(url)
        process.send_signal(end)
        process.wait(PATIENCE_SECONDS)
        until = time.monotonic() + PATIENCE_SECONDS
        while is_up(url) and time.monotonic() < until:
            time.sleep(0.1)
    assert not is_up(url)
