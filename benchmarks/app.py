"""How long a trader waits for the page, in a real Chromium: key press to mark, key press to signal preview over 30 days x 10 markets.

    python -m benchmarks.app [--data FOLDER] [--markets KRW-BTC,KRW-ETH,...] [--presses 10]

Without --data ten markets are made of the sample market's candles under ten codes (generated, and told so). Times are the browser's own:
from the key's event to the frame after the marks, or the chart's candles, were drawn. The debounce of 300 ms is part of them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from dsl.graph import Timeframe
from engine.candles.sample import sample_tables
from engine.candles.store import CandleStore

ROOT = Path(__file__).resolve().parents[1]
STRATEGY = ROOT / "strategies" / "pullback-trend.yaml"
CODES = ("KRW-BTC", "KRW-ETH", "KRW-SOL", "KRW-XRP", "KRW-ADA", "KRW-AVAX", "KRW-DOGE", "KRW-DOT", "KRW-LINK", "KRW-TRX")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]

#: makes a change and waits until `seen(element)` is another one, then for the frame that shows it; milliseconds
ONCE = """const once = (element, key, change) => new Promise((resolve) => {
    const begun = performance.now(), before = element.dataset[key];
    const done = () => resolve(performance.now() - begun);
    const look = () => requestAnimationFrame(element.dataset[key] !== before ? done : look);
    jangdanEditor.dispatch({changes: change, userEvent: "input.type"}); look(); });
  const rest = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const text = jangdanEditor.state.doc.toString();"""
#: types a letter, waits for the marks, takes it back, waits again
MARK = f"""async () => {{ {ONCE}
  const at = text.indexOf("ema(close, 21)") + 1, view = jangdanEditor.dom;
  const seen = [await once(view, "marked", {{from: at, insert: "m"}})]; await rest(700);
  seen.push(await once(view, "marked", {{from: at, to: at + 1, insert: ""}})); await rest(1500);
  return seen; }}"""
#: changes one figure and waits for the new chart
PREVIEW = f"""async (figure) => {{ {ONCE}
  const found = /ret\\(1h\\) < ([0-9.]+)%/.exec(text), from = found.index + found[0].length - 1 - found[1].length;
  const seen = await once(document.querySelector(".jd-chart-box"), "drawn", {{from, to: from + found[1].length, insert: figure}});
  await rest(700);
  return seen; }}"""


def ten_markets(folder: Path) -> Path:
    """The sample market's whole-life coins under ten codes."""
    store = CandleStore(folder / "candles", synthetic=True)
    whole = [table for table in sample_tables() if table.market in CODES]
    for k, code in enumerate(CODES):
        store.write(replace(whole[k % len(whole)], market=code, timeframe=Timeframe(60_000)))
    return folder / "candles"


def waiting(tab: Page, script: str, arguments: list[Any]) -> list[float]:
    """Milliseconds of every press."""
    found: list[float] = []
    for argument in arguments:
        answer = tab.evaluate(script, argument)
        found += answer if isinstance(answer, list) else [answer]
    return found


def told(name: str, milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    return f"{name}: median {statistics.median(ordered):.0f} ms, worst {ordered[-1]:.0f} ms of {len(ordered)}"


def main() -> None:
    """Start the app, press keys, print two lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--markets", default=",".join(CODES))
    parser.add_argument("--presses", type=int, default=10)
    chosen = parser.parse_args()
    browser = os.environ.get("JANGDAN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("no chromium")
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as free:
        folder, port = Path(name), free.getsockname()[1]
        free.close()
        text = STRATEGY.read_text(encoding="utf-8")
        text = text.replace("markets: [KRW-BTC, KRW-ETH, KRW-XRP, KRW-SOL]", f"markets: [{', '.join(chosen.markets.split(','))}]")
        (folder / "strategies").mkdir()
        (folder / "strategies" / STRATEGY.name).write_text(text, encoding="utf-8")
        data = chosen.data or ten_markets(folder)
        command = [sys.executable, "-m", "engine.cli", "app", str(folder / "strategies" / STRATEGY.name), "--port", str(port)]
        app = subprocess.Popen([*command, "--no-browser", "--data", str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert app.stdout is not None
            app.stdout.readline()
            measure(f"http://127.0.0.1:{port}", browser, chosen.presses)
        finally:
            app.terminate()
            app.wait()


def measure(url: str, browser: str, presses: int) -> None:
    """Two lines for the page at `url`."""
    httpx.get(f"{url}/ko", trust_env=False, timeout=60).raise_for_status()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        tab = opened.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(f"{url}/ko?file={STRATEGY.name}")
        tab.wait_for_selector(".jd-chart-box[data-bars]", timeout=120_000)
        tab.wait_for_timeout(1500)
        print(tab.locator(".jd-preview .jd-sub").first.inner_text())
        print(told("key press to mark", waiting(tab, MARK, [None] * ((presses + 1) // 2))))
        tab.wait_for_timeout(1500)
        print(told("key press to signal preview", waiting(tab, PREVIEW, [f"{5 + k % 4}" for k in range(1, presses + 1)])))
        opened.close()


if __name__ == "__main__":
    main()
