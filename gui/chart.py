"""The candle chart: TradingView Lightweight Charts 5 from the installed package `lwcharts`, in an element of ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from nicegui import app
from nicegui.element import Element

_SCRIPT: Final = "lightweight-charts.standalone.production.js"
URL: Final = f"/library/{_SCRIPT}"


def serve_library() -> None:
    """Offer the library at URL. Raises FileNotFoundError when the package does not hold it."""
    app.add_static_file(local_file=library_file(), url_path=URL)


def library_file() -> Path:
    """Where the installed package keeps the library; the package itself is not imported."""
    found = find_spec("lwcharts")
    for folder in found.submodule_search_locations or () if found else ():
        path = Path(folder) / "vendor" / _SCRIPT
        if path.is_file():
            return path
    raise FileNotFoundError(f"{_SCRIPT} of package lwcharts")


class CandleChart(Element, component="static/candle_chart.js"):
    """Candles and fills of a preview. Events: `ready`; `bar` {at_ms} when a bar is chosen by click or arrow
    key, or a decision by step_mark: an instant inside the clock bar that is meant."""

    def __init__(self, label: str, language: str, texts: dict[str, str]) -> None:
        super().__init__()
        self._props |= {"library": URL, "label": label, "lang": language, "texts": texts}

    def load(self, url: str, *, keep: bool) -> None:
        """Draw what the engine answers under `url`; keep: the same stretch of time stays in view."""
        self.run_method("load", url, keep)

    def forget(self) -> None:
        """No bar is chosen."""
        self.run_method("forget")

    def step_mark(self, step: int) -> None:
        """Choose the bar that decided the next (1) or previous (-1) buy."""
        self.run_method("step_mark", step)
