"""The engine's API over copies of the shipped strategies and the sample market."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.api.server import create_app, make_server
from engine.api.service import Service

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "secret-of-the-tests"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place for one session."""
    return tmp_path_factory.mktemp("api")


@pytest.fixture(scope="session")
def service(folder: Path) -> Service:
    """The service that tests share; nothing is stored, so the sample market is used."""
    shutil.copytree(ROOT / "strategies", folder / "strategies")
    return Service([folder / "strategies"], folder / "candles", folder / "sample")


@pytest.fixture(scope="session")
def client(service: Service) -> Iterator[httpx.Client]:
    """The app's view of it, over a real socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = make_server(create_app(service, TOKEN))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60.0) as opened:
            yield opened
        server.should_exit = True
        thread.join(20)
