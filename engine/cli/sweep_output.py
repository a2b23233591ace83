"""A sweep as a table, as JSON and as CSV, with what an honest reader asks: how many were tried, what chance would give, the neighbours."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from dsl.messages import text
from engine.cli.backtest import put
from engine.cli.language import language
from engine.research.luck import Luck, Neighbours, luck, neighbours
from engine.research.metrics import definitions
from engine.research.report.format import kst, number, percent, written

if TYPE_CHECKING:
    from engine.cli.sweep import Swept, Tried
    from engine.research.sweep import Outcome

_PIPE_WIDTH: Final = 160
#: figures of a row of the table, of the documents
_SHOWN: Final = ("total_return", "maximum_drawdown", "sharpe", "closed_trades", "win_rate", "profit_factor", "fees_paid", "exposure")
_FIGURES: Final = (
    "end_equity", "total_return", "maximum_drawdown", "sharpe", "sortino", "calmar", "closed_trades", "win_rate", "profit_factor",
    "fees_paid", "slippage_paid", "exposure", "time_in_market",
)  # fmt: skip
#: a result that falls below this share of itself one step away stands on a cliff
_CLIFF: Final = 0.5
_LUCKY: Final = ("sharpe", "total_return", "sortino", "calmar")


def _say(key: str, **values: object) -> str:
    return text(f"sweep.{key}", language(), **values)


def ordered(found: Swept, sort: str) -> list[Tried]:
    """Best first; what has no such figure comes last. Equals stay in the order in which they were named."""

    def key(one: Tried) -> float:
        value = figure(one.outcome, sort)
        return -value if math.isfinite(value) else math.inf

    return sorted(found.tried, key=key)


def figure(outcome: Outcome | None, key: str) -> float:
    """One figure; NaN without an outcome."""
    return math.nan if outcome is None else float(getattr(outcome, key))


def show(found: Swept, rows: list[Tried], sort: str, top: int) -> None:
    """The table and the judgement on standard output; what it took on standard error."""
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(highlight=False, emoji=False, width=_PIPE_WIDTH)
    if found.synthetic:
        console.print(text("backtest.synthetic", language()), style="yellow", markup=False)
    console.print(_span(found), markup=False)
    table, left = _fitting(console, found, rows[:top], sort)
    console.print(table)
    if left:
        console.print(_say("narrow", names=", ".join(map(_name, left))), markup=False, soft_wrap=True, style="dim")
    for line in judgement(found, rows, sort):
        console.print(line, markup=False, soft_wrap=True)
    sys.stderr.write(
        _say("computed", count=len(found.tried), bars=found.bars, checking=found.checking_seconds, seconds=found.seconds, nodes=found.nodes)
        + "\n"
    )


def _span(found: Swept) -> str:
    start, end = kst(found.start_ms), kst(found.end_ms)
    whole = _say("span", start=start, end=end, markets=found.markets)
    return whole if not found.split_ms else whole + "\n" + _say("split_span", start=start, split=kst(found.split_ms), end=end)


def _fitting(console: Console, found: Swept, rows: list[Tried], sort: str) -> tuple[Table, list[str]]:
    """The table with as many figures as the console has room for, none of them cut, and those left out: from the last, never `sort`."""
    shown, left = list(dict.fromkeys([sort, *_SHOWN])), list[str]()
    roomy = console.options.update_width(10_000)
    while True:
        table = _table(found, rows, sort, shown)
        if len(shown) == 1 or Measurement.get(console, roomy, table).minimum <= console.width:
            return table, left[::-1]
        left.append(shown.pop())


def _table(found: Swept, rows: list[Tried], sort: str, shown: list[str]) -> Table:
    title = _say("title", name=found.name, count=len(found.tried), figure=_name(sort))
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    split = bool(found.split_ms)
    lines = [[str(rank), *one.values.values(), *_cells(one, shown, sort, split)] for rank, one in enumerate(rows, start=1)]
    own = [_say("own"), *["" for _ in found.axes], *_cells(found.own, shown, sort, split)]
    heads = [_say("rank"), *(path.removeprefix("params.") for path in found.axes), *map(_name, shown)]
    heads += [_say("later", figure=_name(sort))] if split else []
    for place, (head, cells) in enumerate(zip(heads, zip(*lines, own, strict=True), strict=True)):
        style = "cyan" if 0 < place <= len(found.axes) else ""
        table.add_column(head, justify="right", style=style, min_width=max(map(cell_len, [*head.split(), *cells])))
    for line in lines:
        table.add_row(*line)
    table.add_section()
    table.add_row(*own)
    return table


def _cells(one: Tried, shown: list[str], sort: str, split: bool) -> list[str]:
    cells = [_written(key, figure(one.outcome, key)) for key in shown]
    return [*cells, _written(sort, figure(one.later, sort))] if split else cells


def _written(key: str, value: float) -> str:
    return written(value, definitions()[key].unit, language(), signed=key == "total_return")


def _name(key: str) -> str:
    return text(f"report.figure.{key}", language())


def judgement(found: Swept, rows: list[Tried], sort: str) -> list[str]:
    """What the best row is worth, line by line."""
    values = [figure(one.outcome, sort) for one in rows]
    known = [value for value in values if math.isfinite(value)]
    lines = [_say("median", figure=_name(sort), value=_written(sort, median(known) if known else math.nan))]
    near = near_best(rows, sort)
    if near.count:
        lines.append(
            _say(
                "near", count=near.count, figure=_name(sort), median=_written(sort, near.median), worst=_written(sort, near.worst),
                best=_written(sort, values[0]),
            )
        )  # fmt: skip
        if sort in _LUCKY and values[0] > 0 and near.median < _CLIFF * values[0]:
            lines.append(_say("cliff"))
    else:
        lines.append(_say("no_near"))
    lines.append(_luck_line(luck_of(found)))
    if found.split_ms:
        lines.append(_kept(rows, sort))
    else:
        lines.append(_say("use_split"))
    if found.refused:
        said = ", ".join(f"{path.removeprefix('params.')}={value}" for path, value in found.refused[0][0].items())
        lines.append(_say("refused", count=len(found.refused), values=said, message=found.refused[0][1]))
    return lines


def near_best(rows: list[Tried], sort: str) -> Neighbours:
    """The neighbours of the first row."""
    return neighbours([one.place for one in rows], [figure(one.outcome, sort) for one in rows], 0)


def luck_of(found: Swept) -> Luck:
    """The best Sharpe ratio against what as many tries show by chance. Refused combinations were not tried."""
    sharpes = [figure(one.outcome, "sharpe") for one in found.tried]
    known = [k for k, value in enumerate(sharpes) if math.isfinite(value)]
    best = max(known, key=lambda k: sharpes[k], default=0)
    outcome = found.tried[best].outcome
    assert outcome is not None  # they have been run
    return luck(sharpes, outcome.daily)


def _luck_line(found: Luck) -> str:
    if not math.isfinite(found.expected_best):
        return _say("luck_unknown", count=found.tried)
    shown = {"best": number(found.best), "expected": number(found.expected_best), "deflated": percent(found.deflated)}
    return _say("luck", count=found.tried, **shown)


def _kept(rows: list[Tried], sort: str) -> str:
    later = [figure(one.later, sort) for one in rows]
    known = [value for value in later if math.isfinite(value)]
    rank = 1 + sum(value > later[0] for value in known)
    middle = median(known) if known else math.nan
    return _say("split_kept", rank=rank, count=len(rows), figure=_name(sort), value=_written(sort, later[0]), median=_written(sort, middle))


def put_documents(found: Swept, rows: list[Tried], sort: str, json_path: Path | None, csv_path: Path | None) -> None:
    """All rows as JSON and CSV, where asked for. Raises UserError when they cannot be written."""
    if json_path is not None:
        put(json_path, (json.dumps(document(found, rows, sort), ensure_ascii=False, indent=1) + "\n").encode())
    if csv_path is not None:
        put(csv_path, _csv(found, rows).encode())


def document(found: Swept, rows: list[Tried], sort: str) -> dict[str, object]:
    """The sweep as plain data; what is not defined is null."""
    near, chance = near_best(rows, sort), luck_of(found)
    return {
        "strategy": found.name,
        "synthetic": found.synthetic,
        "start_ms": found.start_ms,
        "split_ms": found.split_ms or None,
        "end_ms": found.end_ms,
        "vary": {path: list(values) for path, values in found.axes.items()},
        "sort": sort,
        "tried": len(rows),
        "refused": [{"values": values, "message": message} for values, message in found.refused],
        "luck": {
            "best_sharpe": _plain(chance.best),
            "expected_best_sharpe": _plain(chance.expected_best),
            "deflated_sharpe": _plain(chance.deflated),
        },
        "neighbours": {"count": near.count, "median": _plain(near.median), "worst": _plain(near.worst)},
        "file": _row(found.own),
        "variants": [_row(one) for one in rows],
    }


def _row(one: Tried) -> dict[str, object]:
    found: dict[str, object] = {"values": one.values, "figures": _figures(one.outcome)}
    return found if one.later is None else {**found, "later": _figures(one.later)}


def _figures(outcome: Outcome | None) -> dict[str, float | None]:
    return {key: _plain(figure(outcome, key)) for key in _FIGURES}


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _csv(found: Swept, rows: list[Tried]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*found.axes, *_FIGURES, *([f"later_{key}" for key in _FIGURES] if found.split_ms else [])])
    for one in rows:
        cells = [*one.values.values(), *(_figures(one.outcome)[key] for key in _FIGURES)]
        cells += [_figures(one.later)[key] for key in _FIGURES] if found.split_ms else []
        table.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()
