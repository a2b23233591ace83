"""pyupbit's socket processes under load, one for books, one for trades; own orders it does not read. Arguments: port, codes."""

from __future__ import annotations

import sys
import threading

import websockets
from pyupbit import WebSocketManager
from tally import Tally

CONNECT = websockets.connect


def read(manager, tally: Tally, lock: threading.Lock) -> None:
    """One process's queue."""
    while True:
        message = manager.get()
        with lock:
            tally.take(int(message["timestamp"]))


if __name__ == "__main__":
    port, codes = int(sys.argv[1]), sys.argv[2].split(",")
    websockets.connect = lambda _, **more: CONNECT(f"ws://127.0.0.1:{port}/websocket/v1", **more)  # its address is hard-coded
    tally, lock = Tally(), threading.Lock()
    managers = [WebSocketManager(kind, codes) for kind in ("orderbook", "trade")]
    for manager in managers:
        threading.Thread(target=read, args=(manager, tally, lock), daemon=True).start()
    while not tally.over:
        threading.Event().wait(0.5)
    for manager in managers:
        manager.terminate()
        manager.join()
    print(tally.report(), flush=True)
