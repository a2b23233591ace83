"""How much may be asked: the exchange's groups, what is left of them, refusals (429) and, after many in a row, a block (418)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.exchange.simulated.served.switches import WireSwitches


@dataclass(frozen=True, slots=True)
class Group:
    """A limit of `most` requests per window. private: a bucket that refills evenly, per account; else a fixed window, per address."""

    name: str
    most: int
    window_ms: int = 1000
    private: bool = False


GROUPS: Final = {
    group.name: group
    for group in (
        Group("market", 10),
        Group("candle", 10),
        Group("trade", 10),
        Group("ticker", 10),
        Group("orderbook", 10),
        Group("origin", 1, 10_000),
        Group("default", 30, private=True),
        Group("order", 12, private=True),
        Group("order-test", 8, private=True),
        Group("order-cancel-all", 1, 2000, private=True),
        Group("websocket-connect", 5),
        Group("websocket-message", 5),
        Group("websocket-message-minute", 100, 60_000),
    )
}
#: other spellings that were seen, by the switch `group_names`
_SPELLINGS: Final = {
    "singular": {},
    "plural": {"candle": "candles", "trade": "trades"},
    "crix": {"candle": "candles", "trade": "crix-trades"},
}


@dataclass(slots=True)
class _Meter:
    """What one address or account has used of a group."""

    left: float
    at_ms: float
    refused: int = 0
    blocked_until_ms: float = 0.0
    blocks: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """status 200: go on; 429, 418: refused. remaining_header: of Remaining-Req; blocked_seconds: how long a 418 lasts."""

    status: int
    remaining_header: str
    blocked_seconds: int = 0


@dataclass(slots=True)
class Quota:
    """Everybody's meters. Times are ms of any steady clock."""

    switches: WireSwitches = field(default_factory=WireSwitches)
    groups: dict[str, Group] = field(default_factory=lambda: dict(GROUPS))
    _meters: dict[tuple[str, str], _Meter] = field(default_factory=dict)

    def ask(self, group_name: str, who: str, now_ms: float) -> Verdict:
        """Count one request of a group."""
        group = self.groups[group_name]
        meter = self._meters.setdefault((group.name, who), _Meter(float(group.most), now_ms))
        if now_ms < meter.blocked_until_ms:
            return Verdict(418, self._header(group, 0), _seconds(meter.blocked_until_ms - now_ms))
        _refill(group, meter, now_ms)
        if meter.left >= 1.0:
            meter.left -= 1.0
            meter.refused = 0
            return Verdict(200, self._header(group, int(meter.left)))
        meter.refused += 1
        if self.switches.ban_after and meter.refused >= self.switches.ban_after:
            length_ms = self.switches.ban_seconds * 1000 * 2**meter.blocks
            meter.blocks += 1
            meter.refused = 0
            meter.blocked_until_ms = now_ms + length_ms
            return Verdict(418, self._header(group, 0), _seconds(length_ms))
        return Verdict(429, self._header(group, 0))

    def look(self, group_name: str, who: str, now_ms: float) -> str:
        """Remaining-Req without asking for anything."""
        group = self.groups[group_name]
        meter = self._meters.setdefault((group.name, who), _Meter(float(group.most), now_ms))
        _refill(group, meter, now_ms)
        return self._header(group, int(meter.left))

    def _header(self, group: Group, left: int) -> str:
        name = _SPELLINGS[self.switches.group_names].get(group.name, group.name)
        return f"group={name}; min={60_000 * group.most // group.window_ms}; sec={left}"


def _refill(group: Group, meter: _Meter, now_ms: float) -> None:
    if group.private:
        meter.left = min(float(group.most), meter.left + max(now_ms - meter.at_ms, 0.0) * group.most / group.window_ms)
        meter.at_ms = now_ms
    elif now_ms // group.window_ms != meter.at_ms // group.window_ms:
        meter.left, meter.at_ms = float(group.most), now_ms


def _seconds(ms: float) -> int:
    return -(-int(ms) // 1000)
