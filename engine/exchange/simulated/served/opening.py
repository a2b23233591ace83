"""Opens a simulated exchange over stored candles: which markets, from when, with how much money, and which switches."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from engine.candles.instants import korean_time
from engine.candles.side_store import Kind, SideStore
from engine.candles.timeframes import DAY_MS, parse_timeframe
from engine.exchange.simulated.served.auth import Gate, Key
from engine.exchange.simulated.served.clock import MarketClock
from engine.exchange.simulated.served.face import Face
from engine.exchange.simulated.served.faults import Faults, changed
from engine.exchange.simulated.served.switches import WireSwitches
from engine.exchange.simulated.venue.book import BookRule
from engine.exchange.simulated.venue.core import Venue
from engine.exchange.simulated.venue.errors import REFUSALS
from engine.exchange.simulated.venue.live import LiveTape, LiveWorld
from engine.exchange.simulated.venue.recorded import recording
from engine.exchange.simulated.venue.switches import Switches
from engine.exchange.simulated.venue.tape import Tape
from engine.exchange.simulated.venue.world import World
from engine.model.errors import UserError
from engine.model.market import UnknownMarketError, quote_currency
from engine.model.money import exact

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.candles.store import CandleStore

#: history that questions can reach before the first moment
_HISTORY_MS: Final = 366 * DAY_MS
#: without a wish the exchange opens this long before the candles end: a week, less half a day so that its first day has begun
_REST_MS: Final = 13 * DAY_MS // 2
_FINEST: Final = "1m"
_NUMBERS: Final = "0, 0.0005, 5"
_SWITCHES: Final[tuple[type, ...]] = (Switches, WireSwitches, BookRule, Faults)


@dataclass(frozen=True, slots=True)
class Terms:
    """How to open. markets: none = all that are stored; at_ms: first moment, None = a week before the candles end; deposits: currency ->
    amount; settings: `name=value` of Switches, WireSwitches, BookRule and
    Faults."""

    markets: tuple[str, ...] = ()
    at_ms: int | None = None
    deposits: tuple[tuple[str, Decimal], ...] = (("KRW", Decimal(10_000_000)),)
    settings: tuple[str, ...] = ()
    seed: int = 0


def open_face(store: CandleStore, terms: Terms, key: Key, speed: float, steady: Callable[[], float], *, control: bool = False) -> Face:
    """A served exchange over the store's candles. steady: seconds of a clock that never goes back. Raises UserError."""
    switches, wire, rule, faults = read_settings(terms.settings)
    world = open_world(store, terms, switches, rule)
    return Face(world, Gate([key]), MarketClock(world.now_ms, speed, steady), wire, control, faults, terms.seed)


def open_live(
    store: CandleStore, terms: Terms, key: Key, now_ms: int, steady: Callable[[], float], *, control: bool = False
) -> tuple[Face, LiveWorld]:
    """A served exchange that will be told what others trade. store: its past, as far as there is one; now_ms: its first moment.

    Raises UserError without markets, or for one that there cannot be.
    """
    wrong = [market for market in terms.markets if not _is_market(market)]
    if wrong or not terms.markets:
        raise UserError("exchange.feed_markets", markets=", ".join(wrong) or "-")
    switches, wire, rule, faults = read_settings(terms.settings)
    markets, minute = sorted(terms.markets), parse_timeframe(_FINEST)
    tapes = {market: LiveTape(store.read(market, minute, now_ms - _HISTORY_MS, now_ms), terms.seed) for market in markets}
    world = LiveWorld(_venue(markets, terms, switches, rule, now_ms), tapes, now_ms)
    return Face(world, Gate([key]), MarketClock(now_ms, 1.0, steady), wire, control, faults, terms.seed), world


def open_world(store: CandleStore, terms: Terms, switches: Switches, rule: BookRule) -> World:
    """The exchange at its first moment. Raises UserError where the store does not serve it."""
    markets = _markets(store, terms.markets)
    ranges = [store.ranges(market, _timeframe(store, market)) for market in markets]
    start_ms, end_ms = min(found[0][0] for found in ranges), max(found[-1][1] for found in ranges)
    at_ms = max(end_ms - _REST_MS, start_ms) if terms.at_ms is None else terms.at_ms
    if not start_ms <= at_ms < end_ms:
        raise UserError("exchange.outside", start=korean_time(start_ms), end=korean_time(end_ms))
    tapes = {market: _tape(store, market, at_ms - _HISTORY_MS, terms.seed) for market in markets}
    return World(_venue(markets, terms, switches, rule, at_ms), tapes, at_ms)


def _venue(markets: Sequence[str], terms: Terms, switches: Switches, rule: BookRule, at_ms: int) -> Venue:
    """With the account's money."""
    venue = Venue(markets, switches, rule, seed=terms.seed)
    for currency, amount in terms.deposits:
        venue.deposit(currency, amount)
        venue.wallet.arrived(currency, amount, at_ms)
    return venue


def _tape(store: CandleStore, market: str, from_ms: int, seed: int) -> Tape:
    """Stored bars, and what was recorded beside them."""
    timeframe, side = _timeframe(store, market), SideStore(store.folder)
    recorded = recording(
        market, timeframe.length_ms, side.read(market, Kind.TRADES, from_ms), side.read(market, Kind.BOOKS, from_ms)
    )  # fmt: skip
    return Tape(store.read(market, timeframe, from_ms), seed, recorded)


def read_settings(settings: Iterable[str]) -> tuple[Switches, WireSwitches, BookRule, Faults]:
    """Switches and faults by name. Raises UserError for an unknown name or a value that it does not take."""
    chosen: list[Any] = [Switches(), WireSwitches(), BookRule(), Faults()]
    known = {field.name: number for number, kind in enumerate(_SWITCHES) for field in fields(kind)}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known:
            raise UserError("exchange.unknown_switch", name=name, names=", ".join(sorted(known)))
        number = known[name]
        wanted = typing.get_type_hints(_SWITCHES[number])[name]
        read = _value(name, value, wanted)
        chosen[number] = _with_fault(chosen[number], name, read) if number == 3 else replace(chosen[number], **{name: read})
    return chosen[0], chosen[1], chosen[2], chosen[3]


def _with_fault(faults: Faults, name: str, value: object) -> Faults:
    try:
        return changed(faults, {name: str(value)})
    except ValueError as error:
        raise UserError("exchange.bad_switch", name=name, value=value, allowed=_NUMBERS) from error


def _value(name: str, value: str, wanted: Any) -> object:
    """A switch's value as its type says."""
    choices: Sequence[Any] = typing.get_args(wanted) if typing.get_origin(wanted) in (typing.Literal, types.UnionType) else (wanted,)
    if typing.get_origin(wanted) is typing.Literal:
        found = {str(choice): choice for choice in choices}
        if value in found:
            return found[value]
        raise UserError("exchange.bad_switch", name=name, value=value, allowed=", ".join(found))
    if type(None) in choices and value == "none":
        return None
    if str in choices:
        if value in REFUSALS:
            return value
        raise UserError("exchange.bad_switch", name=name, value=value, allowed=", ".join(sorted(REFUSALS)))
    if bool in choices:
        if value in ("true", "false"):
            return value == "true"
        raise UserError("exchange.bad_switch", name=name, value=value, allowed="true, false")
    try:
        number = int(value) if int in choices else exact(value)
    except ValueError as error:
        raise UserError("exchange.bad_switch", name=name, value=value, allowed=_NUMBERS) from error
    if number < 0 or (name == "slippage" and number >= 1) or (name == "levels" and number < 1):
        raise UserError("exchange.bad_switch", name=name, value=value, allowed=_NUMBERS)
    return number


def _markets(store: CandleStore, wanted: Sequence[str]) -> list[str]:
    stored = [market for market in store.markets() if _is_market(market)]
    lacking = sorted(set(wanted) - set(stored))
    if lacking or not stored:
        raise UserError("exchange.no_candles", markets=", ".join(lacking) or "-", folder=store.folder)
    return sorted(wanted or stored)


def _is_market(market: str) -> bool:
    try:
        return bool(quote_currency(market))
    except UnknownMarketError:
        return False


def _timeframe(store: CandleStore, market: str) -> Any:
    """The finest stored bars of a minute or more."""
    found = [timeframe for timeframe in store.timeframes(market) if timeframe >= parse_timeframe(_FINEST)]
    if not found:
        raise UserError("exchange.no_candles", markets=market, folder=store.folder)
    return found[0]
