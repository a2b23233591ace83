"""Paper trading: stored bars become STEPs, the trader decides, the simulated exchange trades, the journal keeps everything first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from dsl.strategy import Strategy
from engine.exchange.simulated.exchange import Rejected, SimulatedExchange
from engine.kernel.decide.plan import Terms
from engine.kernel.desk import FillModel
from engine.model.bars import Bar, Bars, SideValues
from engine.model.candle import BarGrid, BarState
from engine.model.events import Done, DoneReason, Fill, Step
from engine.model.market import quote_currency
from engine.model.money import exact
from engine.orders.plan import LegalOrder, Refusal
from engine.runner.clock import Clock
from engine.store.journal import END, Journal, Record
from engine.store.records import to_record
from engine.trader import Reaction, Told, Trader

#: KRW by which the desk's float cash may differ from the exchange's exact one; a difference of a won is an error
CASH_TOLERANCE_KRW = Decimal("0.01")


class BooksDisagreeError(RuntimeError):
    """Our books and the exchange's account tell different things: a defect, never a matter of the data."""


@dataclass(slots=True)
class PaperSummary:
    """What a paper run did."""

    steps: int = 0
    bars: int = 0
    intents: int = 0
    refusals: int = 0
    fills: list[Fill] = field(default_factory=list)
    exits: dict[int, int] = field(default_factory=dict)
    """exit_index (-1: entry) of every order, by order id."""
    interrupted: bool = False


def make_exchange(strategy: Strategy, markets: tuple[str, ...], terms: Terms, latency_ms: int = 0) -> SimulatedExchange:
    """A simulated exchange with the account's starting cash, on which the strategy's buys work as its file says.

    Raises ValueError for costs that depend on the volume of bars: those are a backtest's."""
    model = FillModel.of(
        markets, terms.fee_rate, terms.slippage, terms.on_grid, enter=strategy.execution.enter, clock_ms=strategy.clock.length_ms,
        costs=terms.costs,
    )  # fmt: skip
    exchange = SimulatedExchange(markets, model, exact(terms.fee_rate), max(latency_ms, terms.costs.latency_ms), terms.costs.fees)
    exchange.deposit("KRW", exact(terms.cash_krw))
    return exchange


def bars_of(grid: BarGrid) -> Iterator[Bars]:
    """The grid, one base bar of all markets after the other, from the first bar that is known in any: there is nothing to know before."""
    base = grid.timeframe
    columns = [column.tolist() for column in (grid.open, grid.high, grid.low, grid.close, grid.volume, grid.value)]
    states = grid.state.tolist()
    known = (grid.state != BarState.UNKNOWN).any(axis=0)
    for at in range(int(known.argmax()) if known.any() else len(known), len(known)):
        time_ms = (grid.first_index + at) * base.length_ms + base.offset_ms
        rows = (Bar(BarState(states[m][at]), *(column[m][at] for column in columns)) for m in range(len(grid.markets)))
        sides = (SideValues(*key, tuple(values[:, at].tolist())) for key, values in sorted(grid.side.items()))
        yield Bars(time_ms, tuple(rows), tuple(sides))


def step_of(market: str, time_ms: int, bar: Bar) -> Step:
    """The bar as one piece of price path."""
    return Step(market, time_ms, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.state is BarState.TRADED)


class PaperRunner:
    """Feeds one trader and one exchange. Every event and intent is in the journal before anything is done about it."""

    def __init__(self, trader: Trader, exchange: SimulatedExchange, journal: Journal, clock: Clock) -> None:
        self._trader = trader
        self._exchange = exchange
        self._journal = journal
        self._clock = clock
        self.summary = PaperSummary()
        self._waiting = False

    def run(self, feed: Iterator[Bars], progress: Callable[[int], None] = lambda _: None) -> PaperSummary:
        """Take all bars; `progress(time_ms)` after each. Raises BooksDisagreeError."""
        base_ms = self._trader.assignment.base.length_ms
        for bars in feed:
            if not self._wait(bars.time_ms + base_ms):
                break
            fills = len(self.summary.fills)
            if bars.time_ms >= self._trader.assignment.from_ms:
                self._steps(bars)
            if len(self.summary.fills) > fills:
                self._check_books(bars.time_ms)
            self._tell(bars)
            self._journal.flush()
            progress(bars.time_ms + base_ms)
        self._journal.append({"kind": END, "interrupted": self.summary.interrupted})
        self._journal.sync()
        self._check_books(None)
        return self.summary

    def interrupt(self) -> None:
        """End the run before the next bar, for a signal handler: raises KeyboardInterrupt only while nothing but the clock is asked."""
        self.summary.interrupted = True
        if self._waiting:
            raise KeyboardInterrupt

    def _wait(self, market_ms: int) -> bool:
        """Wait for the bar's end; False when the run shall end instead."""
        self._waiting = True
        try:
            if not self.summary.interrupted:
                self._clock.wait_until(market_ms)
        except KeyboardInterrupt:
            self.summary.interrupted = True
        finally:
            self._waiting = False
        return not self.summary.interrupted

    def _steps(self, bars: Bars) -> None:
        for market, bar in zip(self._trader.assignment.markets, bars.bars, strict=True):
            if bar.state is BarState.UNKNOWN:
                continue
            step = step_of(market, bars.time_ms, bar)
            self.summary.steps += 1
            self._answers(step)
            self._tell(step)
            self._answers(step)

    def _answers(self, step: Step) -> None:
        """Let the exchange trade what waits, until it has nothing more to say about this STEP."""
        answers = self._exchange.trade(step)
        while answers:
            for answer in answers:
                if isinstance(answer, Fill):
                    self.summary.fills.append(answer)
                self._tell(answer)
            answers = self._exchange.trade(step)

    def _tell(self, event: Told) -> None:
        """Journal the event, let the trader decide, journal the intents, then place the orders."""
        self._journal.append(to_record(event))
        reaction = self._trader.process(event)
        if isinstance(event, Bars):
            self.summary.bars += 1
        if reaction.intents:
            self._record(reaction)
            self._journal.sync()
            self._execute(reaction)

    def _record(self, reaction: Reaction) -> None:
        for intent, order in zip(reaction.intents, reaction.orders, strict=True):
            self.summary.intents += 1
            self.summary.exits[intent.order_id] = intent.exit_index
            self._journal.append(to_record(intent))
            self._journal.append(_order_record(order))

    def _execute(self, reaction: Reaction) -> None:
        """A refusal, ours or the exchange's, comes back as DONE."""
        for intent, order in zip(reaction.intents, reaction.orders, strict=True):
            placed = self._exchange.place(order) if isinstance(order, LegalOrder) else order
            if isinstance(placed, Rejected | Refusal):
                self.summary.refusals += 1
                if isinstance(placed, Rejected):
                    self._journal.append({"kind": "rejected", "identifier": placed.identifier, "reason": placed.reason.value})
                self._tell(Done(intent.order_id, intent.market, DoneReason.REFUSED, intent.time_ms))

    def _check_books(self, time_ms: int | None) -> None:
        """Coins agree to 1e-8 and cash to the won, or the run is worth nothing. time_ms: of the bar that was traded, None at the end."""
        when = "at the end" if time_ms is None else f"in the bar of {time_ms}"
        accounts = self._exchange.accounts()
        for market in self._trader.assignment.markets:
            balance = accounts.get(market.partition("-")[2])
            coins = Decimal(0) if balance is None else balance.total
            if coins != self._trader.held(market):
                raise BooksDisagreeError(f"{market} {when}: exchange {coins}, books {self._trader.held(market)}")
        cash = exact(self._trader.desk.cash_krw)
        currency = quote_currency(self._trader.assignment.markets[0])
        if abs(accounts[currency].total - cash) > CASH_TOLERANCE_KRW:
            raise BooksDisagreeError(f"{currency} {when}: exchange {accounts[currency].total}, books {cash}")


def _order_record(order: LegalOrder | Refusal) -> Record:
    """For readers of the journal; replay decides again and does not need it."""
    if isinstance(order, Refusal):
        needed, actual = str(order.needed), str(order.actual)
        return {"kind": "refusal", "order_id": order.order_id, "reason": order.reason.value, "needed": needed, "actual": actual}
    return {
        "kind": "order",
        "order_id": order.order_id,
        "identifier": order.identifier,
        "market": order.market,
        "side": int(order.side),
        "amount_krw": str(order.amount_krw),
        "quantity": str(order.quantity),
    }
