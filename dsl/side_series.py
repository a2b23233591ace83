"""Series beside the candles (flags, order book, trade flow, external), and the functions across markets, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dsl.catalogue import Arg, ArgKind, Range, Unit


class Fold(StrEnum):
    """How the base bars of a side series make a longer bar."""

    LAST = "last"  # a state: what it is at the close
    SUM = "sum"  # an amount per bar


@dataclass(frozen=True, slots=True)
class SideSeries:
    """A series beside the candles: one number per market and base bar, as known at the bar's close; missing where nothing is recorded.

    flag: a condition; where there is no history a backtest takes it as false and counts the decisions that read it.
    args: parameters of the leaf node, in order (`book.spread(levels=2)` has params (2.0,)).
    """

    unit: Unit
    fold: Fold = Fold.LAST
    flag: bool = False
    args: tuple[Arg, ...] = ()
    value_range: Range = field(default_factory=Range)
    korean: str = ""
    english: str = ""
    example: str = ""


def _flag(korean: str, english: str, example: str) -> SideSeries:
    return SideSeries(Unit.CONDITION, flag=True, korean=korean, english=english, example=example)


def _levels(default: str) -> tuple[Arg, ...]:
    return (Arg("levels", ArgKind.NUMBER, Unit.NUMBER, default, 1, 30),)


_POSITIVE = Range(0.0, None)
#: leaf -> what it is. Functions over them (flow.strength, flow.buy_share, flow.vwap, market.caution) are composed ones of the catalogue
SIDE_SERIES: Mapping[str, SideSeries] = {
    "universe.member": _flag("유니버스에 들어 있는지", "Whether the market is in the universe.", "universe.member"),
    "market.warning": _flag("유의 종목 지정", "Designated 유의 (investment warning).", "not market.warning"),
    "market.caution.price": _flag("주의: 가격 급등락", "Caution: price fluctuations.", "not market.caution.price"),
    "market.caution.volume": _flag("주의: 거래량 급등", "Caution: trading volume soaring.", "not market.caution.volume"),
    "market.caution.deposits": _flag("주의: 입금량 급등", "Caution: deposits soaring.", "not market.caution.deposits"),
    "market.caution.global_price": _flag("주의: 가격 차이", "Caution: price differs from abroad.", "not market.caution.global_price"),
    "market.caution.few_accounts": _flag("주의: 소수 계정 집중", "Caution: few accounts hold it.", "not market.caution.few_accounts"),
    "market.delisting": _flag("거래지원 종료 예정", "Delisting announced.", "not market.delisting"),
    "market.suspended": _flag("거래 중단", "Trading suspended.", "not market.suspended"),
    "market.age": SideSeries(
        Unit.DURATION, value_range=_POSITIVE, korean="상장 후 지난 시간", english="Time since listing.", example="market.age >= 60d"
    ),
    "book.spread": SideSeries(
        Unit.RATIO, args=_levels("1"), value_range=_POSITIVE,
        korean="호가 스프레드 (중간 가격 대비)", english="Spread of the order book, as a ratio of the mid price.",
        example="book.spread <= 10bp",
    ),
    "book.bid_size": SideSeries(
        Unit.QUANTITY, args=_levels("1"), value_range=_POSITIVE,
        korean="매수 호가 잔량", english="Coins bid on the best levels.", example="book.bid_size > book.ask_size",
    ),
    "book.ask_size": SideSeries(
        Unit.QUANTITY, args=_levels("1"), value_range=_POSITIVE,
        korean="매도 호가 잔량", english="Coins offered on the best levels.", example="book.bid_size > book.ask_size",
    ),
    "book.bid_depth": SideSeries(
        Unit.MONEY, args=(Arg("within", ArgKind.NUMBER, Unit.RATIO, None, 0, 1),), value_range=_POSITIVE,
        korean="매수 호가 누적 금액", english="KRW bid within a distance of the mid price: depth(bid, 0.5%).",
        example="depth(bid, 0.5%) >= 5천만",
    ),
    "book.ask_depth": SideSeries(
        Unit.MONEY, args=(Arg("within", ArgKind.NUMBER, Unit.RATIO, None, 0, 1),), value_range=_POSITIVE,
        korean="매도 호가 누적 금액", english="KRW offered within a distance of the mid price: depth(ask, 0.5%).",
        example="depth(ask, 0.5%) >= 5천만",
    ),
    "flow.bought": SideSeries(
        Unit.QUANTITY, Fold.SUM, value_range=_POSITIVE, korean="체결 매수량", english="Coins bought by takers.",
        example="flow.bought > flow.sold",
    ),
    "flow.sold": SideSeries(
        Unit.QUANTITY, Fold.SUM, value_range=_POSITIVE, korean="체결 매도량", english="Coins sold by takers.",
        example="flow.bought > flow.sold",
    ),
    "flow.value": SideSeries(
        Unit.MONEY, Fold.SUM, value_range=_POSITIVE, korean="체결 금액", english="KRW traded, from trades.",
        example="flow.value > 1억",
    ),
    "flow.count": SideSeries(
        Unit.NUMBER, Fold.SUM, value_range=_POSITIVE, korean="체결 건수", english="Number of trades.",
        example="flow.count > 100",
    ),
}  # fmt: skip
#: leaf of a series that the file declares under `external:`
EXTERNAL_PREFIX = "external."
_EXTERNAL = SideSeries(Unit.NUMBER)


def is_side(leaf: str) -> bool:
    """Whether a graph leaf of this name is a series beside the candles."""
    return leaf in SIDE_SERIES or leaf.startswith(EXTERNAL_PREFIX)


def side_series(leaf: str) -> SideSeries:
    """What the leaf is. Raises KeyError when it is no side series."""
    return SIDE_SERIES[leaf] if not leaf.startswith(EXTERNAL_PREFIX) else _EXTERNAL


#: cross-sectional ops -> unit of the result (SAME: of the value). Inputs: value, `universe.member` (a constant 1 without a universe), and
#: turnover(24h) where params[0] > 0. params: (top: the n members with the largest turnover, 0 = all; order: 1 = descending, 0 = ascending);
#: across.top has a third, n: it says whether rank <= n.
#: Members whose value is missing do not count; a market whose own value is missing, or that is no member, has no rank, pct_rank, zscore;
#: mean, median and breadth are the same for every market. Ties: rank and pct_rank by market code order. rank: 1 is the first;
#: pct_rank: (rank - 1) / (count - 1), missing for one market alone; zscore: population deviation, missing where all values are equal.
ACROSS: Mapping[str, Unit] = {
    "across.rank": Unit.NUMBER, "across.pct_rank": Unit.RATIO, "across.zscore": Unit.NUMBER, "across.mean": Unit.SAME,
    "across.median": Unit.SAME, "across.breadth": Unit.RATIO, "across.top": Unit.CONDITION,
}  # fmt: skip
