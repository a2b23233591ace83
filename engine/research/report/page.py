"""The HTML report: one file with its data, style and script inside, forbidden by its own policy to load anything."""

from __future__ import annotations

import base64
import hashlib
import html
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import orjson

from dsl.diagnostics import Language
from dsl.messages import Text, text, texts
from engine.research.doctor import Checkup
from engine.research.figures import Figures
from engine.research.metrics import definitions
from engine.research.report.charts import candle_charts, domain_ms, equity_chart, trade_rows
from engine.research.report.document import SYNTHETIC, finite, own_summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.research.result import BacktestResult

STYLE: Final = "page.css"
SCRIPTS: Final = ("core.js", "plot.js", "equity.js", "candles.js", "tables.js", "trades.js", "main.js")

_PAGE: Final = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main id="report"><noscript><h1>{title}</h1><p>{no_script}</p></noscript></main>
<script type="application/json" id="payload">{payload}</script>
<script>{script}</script>
</body>
</html>
"""


def render_html(result: BacktestResult, figures: Figures, checkup: Checkup, language: Language, pages: Sequence[str] = ()) -> str:
    """The page as text (write it as UTF-8). `language` is the one it opens in; it carries both. Equal results give equal pages.

    pages: of a portfolio's account, the files beside it that show its strategies, in their order.
    """
    style, script = _asset(STYLE), _script()
    heading = f"{result.strategy.title or result.strategy.name} · Jangdan {text('report.title', language)}"
    return _PAGE.format(
        language=language.value,
        policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:",
        title=html.escape(f"{SYNTHETIC} · {heading}" if result.synthetic else heading),
        no_script=html.escape(text("report.page.no_script", language)),
        style=style,
        payload=_embedded(payload(result, figures, checkup, language, pages)),
        script=script,
    )


def payload(result: BacktestResult, figures: Figures, checkup: Checkup, language: Language, pages: Sequence[str] = ()) -> dict[str, Any]:
    """What the page's script reads: the JSON document without trades, trades as rows, chart columns, and all texts [ko, en]."""
    found: dict[str, Any] = {
        "report": own_summary(result, figures, checkup),
        "strategies": finite(list(map(strategy_row, figures.parts, checkup.parts, pages or ("",) * len(figures.parts)))),
        "trades": finite(trade_rows(result, figures.trades)),
        "charts": {
            "clock_ms": result.candles.timeframe.length_ms,
            "offset_ms": result.candles.timeframe.offset_ms,
            "domain_ms": domain_ms(result, figures),
            "equity": equity_chart(result, figures),
            "candles": candle_charts(result, figures.trades),
        },
        "figures": [{"key": one.key, "unit": one.unit.value, "group": one.group.value} for one in definitions().values()],
        "texts": {key: [one.ko, one.en] for key, one in page_texts().items()},
        "language": language.value,
    }
    return found


def strategy_row(figures: Figures, checkup: Checkup, page: str) -> dict[str, Any]:
    """A strategy of a portfolio, for the account's table. page: the file that shows it, "" without one."""
    shown = ("closed_trades", "open_trades", "win_rate", "profit", "profit_factor", "maximum_drawdown", "fees_paid")
    lots = None if checkup.lots is None else checkup.lots.percentile
    name, share = figures.result.strategy.name, figures.result.share
    return {"name": name, "share": share, "percentile": lots, "page": page} | {key: figures.values[key] for key in shown}


def page_texts() -> dict[str, Text]:
    """All texts that the page may show: the report's, and the doctor's names under `doctor.`."""
    shown = ("head", "name.", "level.")
    return dict(texts("report")) | {f"doctor.{key}": one for key, one in texts("doctor").items() if key.startswith(shown)}


def _embedded(value: dict[str, Any]) -> str:
    """JSON that cannot end its script element, whatever the strings in it say."""
    written = orjson.dumps(value).decode()
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def _script() -> str:
    parts = "\n".join(_asset(name) for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}\n}})();'


def _asset(name: str) -> str:
    return resources.files("engine.research.report.assets").joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
