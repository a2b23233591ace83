"""An alert: that something has come to another state. Its sentence in both languages, and how much it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from dsl.diagnostics import Language
from dsl.messages import text

#: the state of what is as it should be
CALM: Final = ""
Value = str | int | float


class Severity(StrEnum):
    """How much it matters, least first."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Topic(StrEnum):
    """What alerts are about. The subject is a market unless it says otherwise."""

    NOTICE = "notice"
    """An announcement of the exchange; the subject is its id."""
    CAUTION = "caution"
    """Called for (주의), one of five reasons; the subject is market and reason."""
    WARNING = "warning"
    """An investment warning (유의): a delisting may follow."""
    SUSPENDED = "suspended"
    DELISTING = "delisting"
    """The end of trading is announced; the state is its day where that is known."""
    DEPOSITS = "deposits"
    """Of a coin on a network; the state is the wallet's."""
    WITHDRAWALS = "withdrawals"
    CONNECTION = "connection"
    """A connection of the stream, named by its markets."""
    QUOTA = "quota"
    """A group of requests that are limited together."""
    ORDERS = "orders"
    """Own orders: what happened to them is not known for sure."""
    ACCESS = "access"
    """The key is refused; the subject is the exchange's name for the reason."""


_SEVERITIES: Final[Mapping[Topic, Severity]] = {
    Topic.NOTICE: Severity.INFO,
    Topic.CAUTION: Severity.NOTICE,
    Topic.WARNING: Severity.WARNING,
    Topic.SUSPENDED: Severity.CRITICAL,
    Topic.DELISTING: Severity.CRITICAL,
    Topic.DEPOSITS: Severity.WARNING,
    Topic.WITHDRAWALS: Severity.WARNING,
    Topic.CONNECTION: Severity.CRITICAL,
    Topic.QUOTA: Severity.WARNING,
    Topic.ORDERS: Severity.WARNING,
    Topic.ACCESS: Severity.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Alert:
    """number: 1, 2, 3 ... in the order of their log. at_ms: UTC. state: "" = over. values: fill its sentence."""

    number: int
    at_ms: int
    topic: Topic
    subject: str
    state: str
    values: Mapping[str, Value]

    @property
    def over(self) -> bool:
        """Whether what an earlier alert told has passed."""
        return self.state == CALM

    @property
    def severity(self) -> Severity:
        """How much it matters. What has passed matters little."""
        return Severity.INFO if self.over else _SEVERITIES[self.topic]

    def message(self, language: Language) -> str:
        """Its sentence, with what to do about it where there is anything."""
        values: dict[str, Value] = {"subject": self.subject, "state": self.state, **self.values}
        if self.topic is Topic.CAUTION:
            values["reason"] = text(f"alerts.caution_{values['flag']}", language)
        if "error" in self.values:
            values["reason"] = text(str(self.values["error"]), language, **self.values)
        key = f"{self.topic}_over" if self.over else f"{self.topic}_dated" if "on" in self.values else str(self.topic)
        return text(f"alerts.{key}", language, **values)

    def record(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "number": self.number,
            "at_ms": self.at_ms,
            "topic": str(self.topic),
            "subject": self.subject,
            "state": self.state,
            "severity": str(self.severity),
            "values": dict(self.values),
        }
