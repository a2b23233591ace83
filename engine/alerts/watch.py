"""Turns what the exchange's client tells into alerts: one door for recorders, exchanges on a live feed, and whoever trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.alerts.alert import CALM, Alert, Topic, Value
from engine.alerts.log import AlertLog
from engine.exchange.upbit.errors import ExchangeError, Policy
from engine.exchange.upbit.inbox import Connected, Disconnected, Item, OrdersInDoubt, OrdersKnown, Trouble
from engine.exchange.upbit.limits import Quota
from engine.exchange.upbit.market_flags import CAUTIONS, DELISTING, SUSPENDED, WARNING
from engine.exchange.upbit.market_news import Answered, MarketState, News, Notice, WalletState

#: a connection that stands so long is good again
STOOD_SECONDS: Final = 30.0
#: so many looks in a row with requests waiting and none left: a quota is short; with none waiting: it is not any more
SHORT_LOOKS: Final = 3
ENOUGH_LOOKS: Final = 10
#: states of a wallet in which coins still come in, or go out; one that never had a wallet has nothing to halt
_DEPOSITS: Final = ("working", "deposit_only", "unsupported")
_WITHDRAWALS: Final = ("working", "withdraw_only", "unsupported")
_RAISED: Final = "on"


@dataclass(slots=True)
class _Group:
    """How often in a row requests had to wait, or had not."""

    short: int = 0
    enough: int = 0


@dataclass(slots=True)
class Watch:
    """tell: called with each new alert, after it is on disk. `take` never waits for anything but the disk."""

    log: AlertLog
    tell: Callable[[Alert], None]
    _standing: dict[str, float] = field(default_factory=dict)
    _groups: dict[str, _Group] = field(default_factory=dict)

    def take(self, news: Item | News, at_ms: int, seconds: float) -> None:
        """What the client told. at_ms: UTC, when it came; seconds: monotonic, of the same moment."""
        if isinstance(news, MarketState):
            self._market(news)
        elif isinstance(news, WalletState):
            self._wallet(news)
        elif isinstance(news, Notice):
            frame, state = news.frame, news.frame.event_type or _RAISED
            self._say(Topic.NOTICE, frame.uuid, state, at_ms, {"category": frame.category, "title": frame.title, "url": frame.url or ""})
        elif isinstance(news, Answered):
            self._access_is_good(at_ms)
        elif isinstance(news, Connected | Disconnected):
            self._line(news, at_ms, seconds)
        elif isinstance(news, OrdersInDoubt):
            self._say(Topic.ORDERS, "own", _RAISED, at_ms, {"reason": news.reason})
        elif isinstance(news, OrdersKnown):
            self._say(Topic.ORDERS, "own", CALM, at_ms, {"changed": news.changed})
        elif isinstance(news, Trouble) and news.error is not None:
            self._refused(news.error, at_ms)

    def look(self, quotas: Iterable[Quota], at_ms: int, seconds: float) -> None:
        """To be called about once a second: what only time tells."""
        for name in self.log.raised(Topic.CONNECTION):
            if seconds - self._standing.get(name, seconds) >= STOOD_SECONDS:
                self._say(Topic.CONNECTION, name, CALM, at_ms, {})
        for quota in quotas:
            self._quota(quota, at_ms)

    def _market(self, news: MarketState) -> None:
        values: dict[str, Value] = {"market": news.market}
        for topic, flag in ((Topic.WARNING, WARNING), (Topic.SUSPENDED, SUSPENDED)):
            self._flag(topic, news, flag, news.market, values)
        for flag in CAUTIONS:
            self._flag(Topic.CAUTION, news, flag, f"{news.market} {flag}", values | {"flag": flag.rpartition(".")[2]})
        day = values | ({"on": news.delisted_on} if news.delisted_on else {})
        self._flag(Topic.DELISTING, news, DELISTING, news.market, day, news.delisted_on or _RAISED)

    def _flag(self, topic: Topic, news: MarketState, flag: str, subject: str, values: Mapping[str, Value], raised: str = _RAISED) -> None:
        """What is not known of a flag changes nothing."""
        if flag in news.flags:
            self._say(topic, subject, raised if news.flags[flag] else CALM, news.at_ms, values)

    def _wallet(self, news: WalletState) -> None:
        name = news.currency if news.network in ("", news.currency) else f"{news.currency} ({news.network})"
        for topic, good in ((Topic.DEPOSITS, _DEPOSITS), (Topic.WITHDRAWALS, _WITHDRAWALS)):
            self._say(topic, name, CALM if news.state in good else news.state, news.at_ms, {})

    def _line(self, news: Connected | Disconnected, at_ms: int, seconds: float) -> None:
        name = line_name(news)
        if isinstance(news, Connected):
            self._standing[name] = seconds
            return
        self._standing.pop(name, None)
        if news.alarming:
            told = {"reason": news.reason} if news.error is None else _told(news.error)
            self._say(Topic.CONNECTION, name, _RAISED, at_ms, {"attempts": news.attempts, **told})

    def _quota(self, quota: Quota, at_ms: int) -> None:
        group = self._groups.setdefault(quota.group, _Group())
        waits = quota.held_seconds > 0 or (quota.waiting > 0 and quota.left == 0)
        group.short = group.short + 1 if waits else 0
        group.enough = 0 if waits or quota.waiting else group.enough + 1
        if group.short >= SHORT_LOOKS:
            self._say(Topic.QUOTA, quota.group, _RAISED, at_ms, {"waiting": quota.waiting})
        elif group.enough >= ENOUGH_LOOKS:
            self._say(Topic.QUOTA, quota.group, CALM, at_ms, {})

    def _refused(self, error: ExchangeError, at_ms: int) -> None:
        if error.policy is Policy.ASK_OWNER:
            self._say(Topic.ACCESS, error.key, _RAISED, at_ms, _told(error))

    def _access_is_good(self, at_ms: int) -> None:
        for subject in self.log.raised(Topic.ACCESS):
            self._say(Topic.ACCESS, subject, CALM, at_ms, {})

    def _say(self, topic: Topic, subject: str, state: str, at_ms: int, values: Mapping[str, Value]) -> None:
        alert = self.log.tell(topic, subject, state, at_ms, values)
        if alert is not None:
            self.tell(alert)


def _told(error: ExchangeError) -> dict[str, Value]:
    """An error in every language: its text's key, and what fills it."""
    return {name: value for name, value in error.values.items() if isinstance(value, str | int | float)} | {"error": error.key}


def line_name(news: Connected | Disconnected) -> str:
    """A connection's name, the same after every restart: `private`, or its first market and how many more it has."""
    codes = sorted(news.codes)
    first = f"{codes[0]} +{len(codes) - 1}" if len(codes) > 1 else "".join(codes)
    return " ".join(word for word in ("private" if news.private else "", first) if word)
