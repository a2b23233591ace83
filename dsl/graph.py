"""The typed graph that a strategy file compiles to. Equal nodes are one node; positions in the text live elsewhere (the AST)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from dsl.catalogue import Unit
from dsl.months import first_day_of_month, month_of_day


class Phase(IntEnum):
    """When a value can be known; a node's phase is the latest of its inputs'.

    MARKET: a column per bar, from candles and side series (values across markets included). The later ones are evaluated by `decide`
    over numbers of one moment: POSITION needs an open (or expected) position, ACCOUNT the account, ORDER the size that an entry gets.
    """

    MARKET = 0
    POSITION = 1
    ACCOUNT = 2
    ORDER = 3


_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, order=True)
class Timeframe:
    """Bars of one length. A bar's absolute index = (open ms - offset_ms) // length_ms. Weeks: offset = Monday 1970-01-05.

    months: bars are UTC calendar months; the index is year * 12 + month - 1, length_ms that of the longest.
    """

    length_ms: int
    offset_ms: int = 0
    months: bool = False

    def index(self, time_ms: int) -> int:
        """Absolute index of the bar that contains `time_ms`."""
        return month_of_day(time_ms // _DAY_MS) if self.months else (time_ms - self.offset_ms) // self.length_ms

    def open_ms(self, index: int) -> int:
        """Open time of the bar with this absolute index, UTC ms."""
        return first_day_of_month(index) * _DAY_MS if self.months else index * self.length_ms + self.offset_ms

    @property
    def shortest_ms(self) -> int:
        """Length of the shortest of the bars."""
        return 28 * _DAY_MS if self.months else self.length_ms


MONTH = Timeframe(31 * _DAY_MS, 0, months=True)


@dataclass(frozen=True, slots=True, order=True)
class Section:
    """Where a market-phase node lives: its timeframe, and its market code ("" = whichever market is being evaluated)."""

    timeframe: Timeframe
    market: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One value per bar.

    op: name of a primitive of the catalogue; or a leaf: a name of INPUT_SERIES, of dsl.side_series (`external.<name>` too),
        POSITION_SERIES, ACCOUNT_SERIES or ORDER_SERIES, or `const` (params = (value,)); or `hold` (one input on a slower section: its last
        closed value as of each bar of this node's section); or `over.last|min|max|sum|any` (one input on a finer section: the fold of its
        bars inside each bar of this node's section; missing when any of them is, but last: the last bar's value, and any: true when one
        of them is true).
        Ops `across.*` (dsl.side_series.ACROSS) read all members at a bar: they and what reads them are later strata of the market phase,
        on sections (T, "") only.
    inputs: ids of earlier nodes of the same graph, in the op's order. All on the node's own section, except those of hold and over, and
        except that a node on section (T, "") may read nodes on (T, "KRW-BTC") directly (same bars, other market), and constants.
    params: numbers in the order of the function's WINDOW/NUMBER/ANCHOR arguments (windows and anchors in bars of the node's section);
        of a side series its own arguments.
    section: None for constants and for nodes of the phases that `decide` evaluates.
    """

    op: str
    inputs: tuple[int, ...]
    params: tuple[float, ...]
    section: Section | None
    phase: Phase
    unit: Unit


@dataclass(slots=True)
class Graph:
    """Nodes in topological order, hash-consed: `add` returns the id of the equal node if there is one."""

    nodes: list[Node] = field(default_factory=list)
    _ids: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Return the node's id. Raises ValueError when an input is not an earlier node."""
        found = self._ids.get(node)
        if found is not None:
            return found
        if any(not 0 <= i < len(self.nodes) for i in node.inputs):
            raise ValueError(f"inputs {node.inputs} of {node.op} are not earlier nodes")
        self.nodes.append(node)
        self._ids[node] = len(self.nodes) - 1
        return len(self.nodes) - 1

    def copy(self) -> Graph:
        """The same nodes under the same ids; adding to the copy leaves this one as it is."""
        return Graph(list(self.nodes), dict(self._ids))

    def __getitem__(self, node_id: int) -> Node:
        return self.nodes[node_id]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)
