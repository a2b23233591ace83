"""The exchange's price units, minimum and maximum totals and fees, by date: facts as data, read by engine.model.market.

Dates are in Korean time; a table is in force from its first moment until the next one's. Source of every row: the exchange's public
pages and change log (market information pages of 2026-05-04, change log of 2024-01-29, 2024-08-19, 2024-10-14, 2025-03-21,
2025-05-19, 2025-07-31; documentation v1.4.1 of 2023 for the KRW table before 2024-01-29, the oldest that can be trusted).
"""

from __future__ import annotations

from typing import Final, NamedTuple


class TickRows(NamedTuple):
    """Price bands as (lowest price, tick), high to low, in force from a Korean date ("" = since always)."""

    name: str
    since: str
    rows: tuple[tuple[str, str], ...]


class Override(NamedTuple):
    """Another tick inside one price band [low, high) for some markets, between two Korean dates."""

    since: str
    until: str
    low: str
    high: str
    tick: str
    markets: frozenset[str]


class Amounts(NamedTuple):
    """An amount in the quote currency for buys and sells, in force from a Korean date or time ("" = since always)."""

    since: str
    bid: str
    ask: str


class Fees(NamedTuple):
    """Fee rates; the account's own value may differ."""

    maker: str
    taker: str


def _decades(low: int, high: int, tick_exponent: int) -> tuple[tuple[str, str], ...]:
    """Bands from 10^high down to 10^low, each a power of ten, with the tick 10^tick_exponent x the band's bound."""
    return tuple((f"1e{power}", f"1e{power + tick_exponent}") for power in range(high, low - 1, -1))


TICKS: Final[dict[str, tuple[TickRows, ...]]] = {
    "KRW": (
        TickRows(
            "krw_legacy_b",
            "",
            (
                ("2000000", "1000"), ("1000000", "500"), ("500000", "100"), ("100000", "50"), ("10000", "10"), ("1000", "5"),
                ("100", "1"), ("10", "0.1"), ("1", "0.01"), ("0.1", "0.001"), ("0", "0.0001"),
            ),
        ),
        TickRows(
            "krw_20240129",
            "2024-01-29",
            (
                ("2000000", "1000"), ("1000000", "500"), ("500000", "100"), ("100000", "50"), ("10000", "10"), ("1000", "1"),
                *_decades(-4, 2, -3), ("0", "1e-8"),
            ),
        ),
        TickRows(
            "krw_20250731",
            "2025-07-31",
            (
                ("1000000", "1000"), ("500000", "500"), ("100000", "100"), ("50000", "50"), ("10000", "10"), ("5000", "5"),
                ("1000", "1"), ("100", "1"), *_decades(-5, 1, -2), ("0", "1e-8"),
            ),
        ),
    ),
    "BTC": (TickRows("btc_flat", "", (("0", "1e-8"),)),),
    "USDT": (
        TickRows("usdt_flat", "", (("0", "0.001"),)),
        TickRows("usdt_20240819", "2024-08-19", (("10", "0.01"), *_decades(-4, 0, -3), ("0", "1e-8"))),
    ),
}  # fmt: skip

_COARSE_COINS: Final = (
    "ADA", "ALGO", "BLUR", "CELO", "ELF", "EOS", "GRS", "GRT", "ICX", "MANA", "MINA", "POL", "SAND", "SEI", "STG", "TRX",
)  # fmt: skip

OVERRIDES: Final[tuple[Override, ...]] = (
    Override(
        "2024-10-14", "2025-07-31", "100", "1000", "1",
        frozenset(f"KRW-{coin}" for coin in _COARSE_COINS),
    ),
    Override("2025-03-21", "2025-07-31", "1000", "10000", "0.5", frozenset({"KRW-USDT", "KRW-USDC"})),
)  # fmt: skip

MINIMUM_TOTALS: Final[dict[str, tuple[Amounts, ...]]] = {
    "KRW": (Amounts("", "5000", "5000"),),
    "BTC": (Amounts("", "0.0005", "0.0005"), Amounts("2024-08-19", "0.00005", "0.00005")),
    "USDT": (Amounts("", "0.0005", "0.0005"), Amounts("2024-08-19", "0.5", "0.5")),
}

#: USDT markets: not documented, the account's own answer tells
MAXIMUM_TOTALS: Final[dict[str, tuple[Amounts, ...]]] = {
    "KRW": (Amounts("", "1000000000", "1000000000"),),
    "BTC": (Amounts("", "20", "20"), Amounts("2025-05-19T15:00", "10", "10")),
    "USDT": (),
}

FEES: Final[dict[str, Fees]] = {"KRW": Fees("0.0005", "0.0005"), "BTC": Fees("0.0025", "0.0025"), "USDT": Fees("0.0025", "0.0025")}
