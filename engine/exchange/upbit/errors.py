"""What can go wrong between us and the exchange, and what to do then. Refusals by name are in engine.exchange.upbit.refusals."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar

from dsl.diagnostics import Language
from dsl.messages import text
from engine.model.errors import UserError


class Policy(StrEnum):
    """What whoever trades does about an error."""

    RETRY = "retry"
    """The same call may work in a moment. The client itself has tried as often as is safe."""
    LOOK_UP = "look_up"
    """What happened, or what we own, is not known for sure: ask the exchange before anything else."""
    FREEZE_MARKET = "freeze_market"
    """This market's state or rules are not what we took them for: no order there until they have been read again."""
    STOP = "stop"
    """The request itself was wrong, so the next one will be: send nothing more and report the defect."""
    ASK_OWNER = "ask_owner"
    """Only the account's owner can change it: keys, permissions, consents."""


class ExchangeError(UserError):
    """Anything that goes wrong between us and the exchange."""

    policy: ClassVar[Policy] = Policy.RETRY


class UnreachableError(ExchangeError):
    """The request did not get through, or a question got no answer. Nothing changed at the exchange."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__("upbit.unreachable", call=call, reason=reason)


class BrokenAnswerError(ExchangeError):
    """An answer that is not what was asked for: cut off, not JSON, or of another shape."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__("upbit.broken_answer", call=call, reason=reason)


class BlockedError(ExchangeError):
    """The exchange blocks us for longer than this call can wait. Nothing was sent."""

    def __init__(self, group: str, seconds: float) -> None:
        super().__init__("upbit.blocked", group=group, seconds=round(seconds, 1))
        self.group = group
        self.seconds = seconds


class UnknownOutcomeError(ExchangeError):
    """The answer to a call that changes something was lost: it may have been done or not. Never send it again; look it up.

    handles: what to look it up by, as (parameter, value): an order's identifier first.
    """

    policy = Policy.LOOK_UP

    def __init__(self, call: str, reason: str, handles: tuple[tuple[str, str], ...]) -> None:
        names = ", ".join(f"{name}={value}" for name, value in handles) or "-"
        super().__init__("upbit.unknown_outcome", call=call, reason=reason, handles=names)
        self.handles = handles

    @property
    def identifier(self) -> str | None:
        """The identifier of the order in question."""
        return dict(self.handles).get("identifier")


class GapTooLongError(ExchangeError):
    """A stream was away for so long that not every trade of a market could be asked for afterwards. Its candles are whole."""

    policy = Policy.LOOK_UP

    def __init__(self, market: str) -> None:
        super().__init__("upbit.gap_too_long", market=market)
        self.market = market


class TransfersOffError(ExchangeError):
    """Moving money out of, into or between accounts is switched off, or was not asked for explicitly. Nothing was sent."""

    policy = Policy.ASK_OWNER

    def __init__(self, setting: str) -> None:
        super().__init__("upbit.transfers_off", setting=setting)


class RefusedError(ExchangeError):
    """The exchange answered and did not do it. status: HTTP; name: its name for the reason; said: its own words.

    A subclass says `names`, the names it stands for, and `policy`. Its sentence is the text `upbit.<key>`.
    """

    names: ClassVar[tuple[str, ...]] = ()
    key_of_text: ClassVar[str] = "refused"

    def __init_subclass__(cls, *, names: tuple[str, ...] = (), policy: Policy = Policy.ASK_OWNER, key: str = "", **rest: Any) -> None:
        super().__init_subclass__(**rest)
        cls.names = names
        cls.policy = policy
        cls.key_of_text = key or names[0].lower()

    def __init__(self, status: int, name: str, said: str, call: str) -> None:
        super().__init__(f"upbit.{self.key_of_text}", status=status, name=name or "-", call=call)
        self.status = status
        self.name = name
        self.said = said
        self.call = call

    def message(self, language: Language) -> str:
        """The sentence with its remedy, then the exchange's own words."""
        sentence = super().message(language)
        return f"{sentence} {text('upbit.said', language, said=self.said)}" if self.said else sentence
