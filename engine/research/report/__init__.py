"""A backtest's result shown to people and programs: terminal table, JSON, CSV, and one HTML page that needs no network.

document  the JSON document        table     trades as CSV
terminal  tables for a terminal    page      the HTML page (assets/: its style and script)
doctor    findings in words
charts    columns for its charts   format    numbers, money and times as users read them
"""

from engine.research.doctor import Checkup, examine
from engine.research.figures import Figures, figures
from engine.research.report.document import to_json
from engine.research.report.page import render_html
from engine.research.report.table import trades_csv
from engine.research.report.terminal import render_terminal

__all__ = ["Checkup", "Figures", "examine", "figures", "render_html", "render_terminal", "to_json", "trades_csv"]
