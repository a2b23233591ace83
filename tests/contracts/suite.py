"""The contract of an exchange as numbered cases: what a case is, what a venue has to offer for it, and which endpoints it is about."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

#: what a case can need of a venue
PRICES: Final = "prices"  # quotation endpoints
ACCOUNT: Final = "account"  # questions about the account, and test orders
ORDERS: Final = "orders"  # orders that are really made
TIME: Final = "time"  # the market moves on when it is told to
TERMS: Final = "terms"  # opened at a date, with money and switches of the case's choice
MONEY: Final = "money"  # deposits, withdrawals, transfers
WIRE: Final = "wire"  # signatures, quotas, headers
STREAM: Final = "stream"  # the WebSocket
COMMANDS: Final = "commands"  # an address that our command line can be pointed at

MODULES: Final = ("quotation", "orders", "kinds", "cancels", "queries", "refusals", "wallet", "wire", "stream", "commands")
Pairs = tuple[tuple[str, str], ...]


class NotOfferedError(Exception):
    """The venue cannot do what the case needs."""


@dataclass(frozen=True)
class Reply:
    """What a venue answered. headers: lower-case names; none where there is no wire."""

    status: int
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def refusal(self) -> tuple[int, Any]:
        """(status, name of the error); the name is "taken" where nothing was refused."""
        return self.status, self.value["error"]["name"] if isinstance(self.value, dict) and "error" in self.value else "taken"


@dataclass(frozen=True)
class Request:
    """query: parameters in order, arrays as `name[]`; raw: headers and body that are sent as they are, instead of signed ones."""

    method: str
    path: str
    query: Pairs = ()
    body: Mapping[str, Any] | None = None
    signed: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    algorithm: str = "HS512"
    nonce: str | None = None
    hashed: str | None = None


class Line(Protocol):
    """An open WebSocket."""

    def send(self, message: str) -> None:
        """A text message."""

    def receive(self) -> Any:
        """The next frame as JSON. Raises TimeoutError; ConnectionError once the venue has closed the line."""

    def is_quiet(self) -> bool:
        """Whether nothing comes for a moment, on a line that is open."""


class Door(Protocol):
    """An open venue. market, other: KRW markets that trade."""

    market: str
    other: str

    def send(self, request: Request) -> Reply:
        """Ask."""

    def step(self, seconds: float) -> None:
        """The market moves on."""

    def trade(self, market: str, price: str, volume: str, *, bought: bool) -> None:
        """Others trade."""

    def offline(self, market: str, closed: bool) -> None:
        """Close or open a market."""

    def line(self, path: str = "/websocket/v1", **headers: str) -> AbstractContextManager[Line]:
        """Open a WebSocket."""

    def command(self, *words: str, live: bool = True) -> tuple[int, Any]:
        """Run `jangdan ...` on it; live: orders are meant. Returns the exit code and what it printed, as JSON."""


class House(Protocol):
    """A kind of venue."""

    name: str
    offers: frozenset[str]

    def open(self, *, at: str = "", settings: tuple[str, ...] = (), money: Mapping[str, str] | None = None, **key: Any) -> Door:
        """A fresh venue: at a Korean date, with switches, money and a key of these properties. Raises NotOfferedError."""


Run = Callable[[House], None]


@dataclass(frozen=True)
class Case:
    """number: hundreds by area; endpoints: `METHOD path` as documented; needs: all of these must be offered."""

    number: int
    title: str
    endpoints: tuple[str, ...]
    needs: frozenset[str]
    run: Run

    @property
    def name(self) -> str:
        """As reports show it."""
        return f"{self.number} {self.title}"


CASES: dict[int, Case] = {}


def case(number: int, title: str, *endpoints: str, needs: str = "") -> Callable[[Run], Run]:
    """Register a case. needs: words, separated by spaces."""

    def register(run: Run) -> Run:
        assert number not in CASES, f"{number} is there twice"
        CASES[number] = Case(number, title, endpoints, frozenset(needs.split()), run)
        return run

    return register


def all_cases() -> list[Case]:
    """Every case, by number."""
    for module in MODULES:
        importlib.import_module(f"tests.contracts.cases_{module}")
    return [CASES[number] for number in sorted(CASES)]


@dataclass(frozen=True)
class Outcome:
    """What a case found: passed, lacking (the venue does not offer what it needs) or a failure, in words."""

    case: Case
    lacking: frozenset[str] = frozenset()
    failure: str = ""


def run_case(case: Case, house: House) -> Outcome:
    """Run a case on a venue."""
    lacking = case.needs - house.offers
    if lacking:
        return Outcome(case, lacking)
    try:
        case.run(house)
    except NotOfferedError as error:
        return Outcome(case, frozenset({str(error)}))
    except Exception as error:  # whatever a venue does wrong is a finding
        return Outcome(case, failure=f"{type(error).__name__}: {error}")
    return Outcome(case)


def what_is_missing(house: House, cases: list[Case]) -> list[str]:
    """A line for each case that a venue does not hold, with the endpoints that it is about: the work list of a new venue."""
    outcomes = [run_case(case, house) for case in cases]
    return [f"{o.case.name} ({', '.join(o.case.endpoints)}): {o.failure}" for o in outcomes if o.failure]
