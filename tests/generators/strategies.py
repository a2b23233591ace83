"""Random strategy files of the language's first half: entries, every kind of exit, sizing, limits, risk profiles.

Everything is drawn from one `random.Random`, so a seed repeats it, and hypothesis's `st.randoms()` can shrink it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Draw = random.Random
#: timeframes above a clock
CLOCKS = {
    "1m": ("5m", "15m", "1h"), "5m": ("10m", "15m", "30m", "1h", "4h"), "15m": ("30m", "1h", "4h"), "1h": ("2h", "4h", "1d"),
    "4h": ("1d",), "1d": ("1w",), "1w": (),
}  # fmt: skip
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1_440, "1w": 10_080}


@dataclass(frozen=True)
class StrategyText:
    """A strategy file and the risk profile that it names (name, text), if any."""

    text: str
    profile: tuple[str, str] | None = None

    def profiles(self, name: str) -> tuple[str, str] | None:
        """Find a profile by name: (its text, its file name)."""
        if self.profile is None or self.profile[0] != name:
            return None
        return self.profile[1], f"{name}.yaml"


def n(c: Draw, low: int = 2, high: int = 30) -> int:
    """A window."""
    return c.randint(low, high)


def percent(c: Draw, low: float, high: float) -> str:
    """A ratio as text."""
    return f"{c.uniform(low, high):.2f}%"


def two(c: Draw) -> tuple[int, int]:
    """A short and a long window."""
    short = n(c, 2, 12)
    return short, short + n(c, 1, 20)


#: each draws one market-phase condition; `a` is an alias or nothing
CONDITIONS: tuple[Callable[[Draw], str], ...] = (
    lambda c: f"close > ema(close, {n(c)})",
    lambda c: "ema(close, {}) > ema(close, {})".format(*two(c)),
    lambda c: "ema(close, {}) crosses above ema(close, {})".format(*two(c)),
    lambda c: f"close crosses below sma(close, {n(c)})",
    lambda c: f"rsi({n(c)}) in {c.randint(20, 40)}..{c.randint(50, 80)}",
    lambda c: f"rsi({n(c)}) enters {c.randint(30, 45)}..{c.randint(50, 70)}",
    lambda c: f"rsi({n(c)}) leaves {c.randint(30, 45)}..{c.randint(55, 70)}",
    lambda c: f"volume > {c.uniform(0.5, 2):.2f} * sma(volume, {n(c)})",
    lambda c: f"close > highest(high, {n(c, 2, 12)})[1]",
    lambda c: f"close < lowest(low, {n(c, 2, 12)})[1]",
    lambda c: f"close {c.choice(['rises', 'falls'])} for {c.randint(1, 3)} bars",
    lambda c: f"count(close > open, {n(c, 4, 12)} bars) >= {c.randint(1, 4)} bars",
    lambda c: "low < ema(close, {0}) then close crosses above ema(close, {0}) within {1} bars".format(n(c), n(c, 2, 12)),
    lambda c: "rsi({0}) < 45 then rsi({0}) > 50 within {1} bars".format(n(c), n(c, 2, 12)),
    lambda c: "latch(on=adx({0}) > 25, off=adx({0}) < 18, within={1} bars)".format(n(c, 3, 14), n(c, 5, 60)),
    lambda c: f"bars_since(close crosses below sma(close, {n(c)}), within=50 bars) > {n(c, 1, 10)} bars",
    lambda c: f"close > value_when(close crosses above sma(close, {n(c)}), close, within={n(c, 5, 60)} bars)",
    lambda c: "adx({0}) > {1} and plus_di({0}) > minus_di({0})".format(n(c, 3, 14), c.randint(10, 25)),
    lambda c: f"stoch.k({n(c, 3, 14)}, 3) < {c.randint(20, 60)}",
    lambda c: f"close < bb.lower({n(c, 5, 20)}, {c.uniform(0.5, 2):.1f})",
    lambda c: "macd.hist({}, {}, {}) > 0".format(*two(c), n(c, 2, 9)),
    lambda c: f"realized_vol({n(c, 5, 20)} bars) < {percent(c, 0.1, 1)}",
    lambda c: f"atr({n(c)}) / close in 0.01%..{percent(c, 0.3, 2)}",
    lambda c: f"roc(close, {n(c, 1, 10)}) > {percent(c, 0, 0.3)}",
    lambda c: f"logret({n(c, 1, 5)}) < {percent(c, 0, 0.3)}",
    lambda c: f"corr(close, volume, {n(c, 5, 30)} bars) < {c.uniform(0, 0.9):.2f}",
    lambda c: f"zscore(close, {n(c, 5, 30)}) < {c.uniform(-1, 1):.2f}",
    lambda c: f"close > vwap(day) * {c.uniform(0.995, 1.005):.4f}",
    lambda c: f"obv(day) > obv(day)[{n(c, 1, 5)}]",
    lambda c: f"not (close > sma(close, {n(c)}))",
    lambda c: f"(close if close > open else open) > lag(close, {n(c, 1, 5)})",
    lambda c: f"(value_when(close > highest(high, {n(c, 10, 20)})[1], low, within=20 bars) ?? close) <= close",
)


def condition(c: Draw, clock: str, alias: str | None) -> str:
    """A market-phase condition, now and then on a higher timeframe, of another market, or of two parts."""
    kind = c.random()
    if kind < 0.2 and CLOCKS[clock]:
        return f"({c.choice(CONDITIONS)(c)})@{c.choice(CLOCKS[clock])}"
    if kind < 0.3 and alias is not None:
        return c.choice(
            [
                f"{alias}.close > {alias}.ema(close, {n(c)})",
                f"({alias}.close > {alias}.sma(close, {n(c)}))@{c.choice(CLOCKS[clock] or (clock,))}",
                f"corr(logret(1), {alias}.logret(1), {n(c, 5, 30)} bars) < 0.9",
            ]
        )
    if kind < 0.45:
        return f"({c.choice(CONDITIONS)(c)}) {c.choice(['and', 'or'])} ({c.choice(CONDITIONS)(c)})"
    return c.choice(CONDITIONS)(c)


def entry(c: Draw, clock: str, alias: str | None) -> list[str]:
    """The entry block: one, all, any or at least two of some conditions."""
    parts = [f"part_{k}: {condition(c, clock, alias)}" for k in range(c.randint(1, 3))]
    if len(parts) == 3 and c.random() < 0.5:
        return ["entry:", "  at_least:", "    2 of:", *(f"      {part}" for part in parts)]
    return ["entry:", f"  {c.choice(['all', 'any', 'any'])}:", *(f"    {part}" for part in parts)]


#: ways out besides the stop; the levels among them
LEVELS = ("target", "trail", "floor", "swing", "follower", "chaser")
KINDS = ("target", "target", "target", "trail", "rule", "rule", "aged", "gain", *LEVELS[2:])


def exits(c: Draw, clock: str, alias: str | None) -> list[str]:
    """A stop and up to five other ways out, in random order after it."""
    stop = c.choice(
        [
            f"-{percent(c, 0.3, 3)}",
            f"pos.entry - {c.uniform(0.5, 4):.2f} * atr({n(c)})",
            f"pos.entry - {c.uniform(1, 3):.1f} * stdev(close, {n(c, 5, 20)})",
        ]
    )
    lines = ["exits:", *_exit(c, "stop", f"at: {stop}", frozen=0.6, sells=0.15)]
    names: list[str] = []
    kinds = [c.choice(KINDS) for _ in range(c.choice([1, 2, 3, 4, 5, 8]))]
    later = f"{kinds[-1]}_{len(kinds) - 1}"
    value = ""
    for k, kind in enumerate(kinds):
        name = f"{kind}_{k}"
        after = c.choice(names) if names and c.random() < (0.7 if kind in ("trail", "floor") else 0.25) else None
        if after is None and name != later and c.random() < 0.1:
            names, after = [*names, later], later  # the last one, which then comes after nothing
        if not value or c.random() < 0.95 or kinds[k - 1] != kind:  # now and then the same level twice
            value = _value(c, kind, clock, alias)
        after = None if later in names and name == later else after
        lines += _exit(c, name, value, frozen=0.2 if kind in LEVELS else 0, after=after)
        names.append(name)
    return lines


def _value(c: Draw, kind: str, clock: str, alias: str | None) -> str:
    """The `at:` or `when:` of one exit."""
    if kind == "target":
        return "at: " + c.choice([f"+{percent(c, 0.3, 3)}", f"pos.entry + {c.uniform(0.5, 5):.2f} * atr({n(c)})"])
    if kind == "trail":
        return "at: " + c.choice([f"pos.high - {c.uniform(0.3, 3):.2f} * atr({n(c)})", f"pos.high * {c.uniform(0.97, 0.998):.4f}"])
    if kind == "swing":
        return "at: " + c.choice([f"lowest(low, {n(c)})", f"sma(close, {n(c)}) - {c.uniform(1.5, 4):.2f} * atr({n(c)})"])
    if kind == "follower":  # levels that move with the price or the time itself
        return "at: " + c.choice(
            [
                f"pos.entry * (0.985 if pos.gain < {percent(c, 0.1, 1)} else {c.uniform(0.995, 1.003):.4f})",
                f"pos.high - ({c.uniform(2, 5):.1f} if pos.age < {5 * MINUTES[clock]}m else {c.uniform(0.2, 2):.1f}) * atr({n(c)})",
                f"pos.entry * (pos.pnl * {c.uniform(0.2, 1.5):.2f} + {c.uniform(0.98, 0.999):.4f})",
            ]
        )
    if kind == "chaser":
        return "at: " + c.choice(
            [
                f"pos.entry + {c.uniform(0.5, 3):.2f} * (pos.entry - pos.low) + {c.uniform(0.1, 1):.2f} * atr({n(c)})",
                f"pos.entry * (1 + {percent(c, 0.2, 3)} + pos.worst)",
                f"pos.entry + {c.uniform(0.5, 5):.2f} * atr({n(c)}) * (1.5 if pos.age < {8 * MINUTES[clock]}m else 0.5)",
            ]
        )
    if kind == "floor":
        return f"at: pos.entry * {c.uniform(0.99, 1.0005):.4f}"
    if kind == "aged":
        return f"when: pos.age >= {c.randint(1, 20) * MINUTES[clock]}m and pos.best < {percent(c, 0.1, 2)}"
    if kind == "gain":
        return "when: " + c.choice(
            [
                f"pos.gain >= {percent(c, 0.2, 3)}",
                f"pos.pnl < -{percent(c, 0.2, 2)}",
                f"pos.worst <= -{percent(c, 0.2, 2)} and pos.gain > 0",
                f"close < pos.low + {c.uniform(0, 1):.2f} * atr({n(c)}) and pos.age > {MINUTES[clock] * 3}m",
            ]
        )
    return f"when: {condition(c, clock, alias)}"


def _exit(c: Draw, name: str, value: str, frozen: float, after: str | None = None, sells: float = 0.5) -> list[str]:
    """One exit as lines."""
    lines = [f"  {name}:", f"    {value}"]
    if c.random() < frozen:
        lines.append("    frozen: true")
    if after is not None:
        lines.append(f"    after: {after}")
    if c.random() < sells:
        lines.append(f"    sell: {c.choice([7, 20, 33, 50, 70])}%{c.choice(['', ' of rest'])}")
    return lines


def sizing(c: Draw) -> list[str]:
    """By risk, by weight or both; now and then so small that parts of a position are below the sale minimum."""
    if c.random() < 0.05:
        return []  # all cash
    if c.random() < 0.2:
        return ["sizing:", f"  weight: {percent(c, 0.1, 0.5)} of equity", "  min_order: 6_000 KRW"]
    lines = []
    if c.random() < 0.6:
        lines.append(f"  risk: {percent(c, 0.1, 1)} of equity")
    if not lines or c.random() < 0.4:
        lines.append(f"  weight: {c.randint(5, 60)}% of equity")
    if c.random() < 0.4:
        lines.append(f"  max_weight: {c.randint(10, 40)}% of equity")
    if c.random() < 0.5:
        lines.append(f"  min_order: {c.choice([5_000, 6_000, 30_000, 100_000])} KRW")
    if c.random() < 0.3:
        lines.append(f"  scale: {c.choice(['1.0 if adx(7) > 20 else 0.5', '1.0 if close > sma(close, 10) else 0', '0.7'])}")
    return ["sizing:", *lines]


def limits(c: Draw, clock: str) -> list[str]:
    """Some of the four limits."""
    lines = []
    if c.random() < 0.5:
        lines.append(f"  open_positions: {c.randint(1, 3)}")
    if c.random() < 0.4:
        lines.append(f"  entries_per_market: {c.choice([1, 3, 20])} per day")
    if c.random() < 0.5:
        lines.append(f"  cooldown: {c.randint(1, 6) * MINUTES[clock]}m after loss")
    if c.random() < 0.5:
        lines.append(f"  reentry: {c.randint(1, 6)} bars after exit")
    return ["limits:", *lines] if lines else []


def risk_profile(c: Draw, markets: tuple[str, ...], clock: str, strict: bool = False) -> str:
    """A risk file with some of everything. strict: limits that are reached and sell."""
    lines = ["schema: risk/1", "name: generated", "title: generated"]
    if c.random() < 0.2:
        lines.append(f"capital: {c.choice(['40% of equity', '300만원', '1억'])}")
    lines += ["exposure:", f"  total: {c.randint(40, 100)}% of equity"]
    some = [
        f"  per_market: {c.randint(10, 60)}% of equity", f"  cash_reserve: {c.choice([100_000, 2_000_000])} KRW",
        f"  per_strategy: {c.randint(20, 80)}% of equity", f"  open_positions: {c.choice([1, 1, 2])}",
        f"  max_per_sector: {c.randint(1, 2)}", f"  positions_per_market: {c.randint(1, 2)}",
    ]  # fmt: skip
    lines += [line for line in some if c.random() < 0.4]
    lines += ["orders:", f"  min_order: {c.choice([5_000, 30_000])} KRW"]
    some = [
        f"  max_order: {c.choice([300_000, 3_000_000])} KRW",
        f"  max_slippage: {percent(c, 0.02, 0.3)}",
        f"  per_minute: {c.choice([1, 1, 2])}",
    ]
    lines += [line for line in some if c.random() < 0.3]
    if len(markets) > 1 and c.random() < 0.5:
        lines += ["sectors:", f"  one: [{', '.join(markets[:2])}]"]
    return "\n".join([*lines, *_losses(c, strict), *_drawdowns(c, strict), *_breakers(c, clock)]) + "\n"


def _limit_of_loss(c: Draw, low: float, high: float) -> str:
    """A ratio, an amount or both."""
    return c.choice(
        [percent(c, low, high), percent(c, low, high), f"{c.randint(1, 5)}만원", f"{percent(c, low, high)} or {c.randint(5, 50)}만원"]
    )


def _action(c: Draw, strict: bool) -> str:
    return "flatten" if strict and c.random() < 0.6 else c.choice(["stop_entries", "flatten", "size x0.5", "size x0.3"])


def _losses(c: Draw, strict: bool) -> list[str]:
    lines = []
    for period, usual in (("daily", "next day"), ("weekly", "next week"), ("monthly", "next month")):
        if c.random() < (0.7 if strict else 0.35):
            until = c.choice([usual, usual, "manual", f"{c.randint(1, 300)}m", ""])
            limit, action = _limit_of_loss(c, 0.02, 0.2 if strict else 0.6), _action(c, strict)
            lines.append(f"  {period}: {{limit: {limit}, then: {action}{f', until: {until}' if until else ''}}}")
    return ["loss:", *lines] if lines else []


def _drawdowns(c: Draw, strict: bool) -> list[str]:
    if c.random() < (0.2 if strict else 0.6):
        return []
    lines = ["drawdown:"]
    for days in c.sample([1, 2, 5, 30], c.choice([1, 2])):
        lines += [f"  - over: {days}d", "    steps:"]
        deep = 0.0
        for _ in range(c.randint(1, 3)):
            deep += c.uniform(0.05, 0.2 if strict else 0.6)
            until = c.choice(["", "", ", until: manual", f", until: {c.randint(5, 300)}m"])
            lines.append(f"      - {{at: {deep:.2f}%, then: {_action(c, strict)}{until}}}")
    return lines


def _breakers(c: Draw, clock: str) -> list[str]:
    """On the strategy's own clock."""
    if c.random() < 0.5:
        return []
    minutes = MINUTES[clock]
    lines = ["breakers:"]
    for number in range(c.randint(1, 2)):
        condition = c.choice(
            [
                f"abs(ret({minutes * c.randint(1, 4)}m)) > {percent(c, 0.3, 2)}",
                f"abs(ret({max(minutes // 5, 1)}m)) > {percent(c, 0.2, 1)}",
                f"rsi({n(c)}) > {c.randint(60, 90)}",
                f"close < sma(close, {n(c)})",
            ]
        )
        action = c.choice(["stop_entries", f"freeze_market for {minutes * c.randint(1, 30)}m", "close_market", "flatten"])
        lines += [f"  breaker_{number}:", f"    when: {condition}", f"    then: {action}"]
        if " for " not in action and c.random() < 0.7:
            lines.append(f"    for: {c.randint(1, 60) * minutes}m")
    return lines


def random_strategy(
    c: Draw, markets: tuple[str, ...], clocks: tuple[str, ...] = ("1m", "5m", "15m"), lead: str | None = None, strict: bool = False
) -> StrategyText:
    """A strategy file over `markets`; its alias, if it has one, is `lead` or the first of them."""
    clock = c.choice(clocks)
    alias = "lead" if c.random() < 0.5 or lead is not None else None
    profile = ("generated", risk_profile(c, markets, clock, strict)) if strict or c.random() < 0.4 else None
    lines = ["schema: strategy/1", "name: generated", "title: generated", f"clock: {clock}", f"markets: [{', '.join(markets)}]"]
    if profile is not None:
        lines.insert(3, "risk_profile: generated")
    if alias is not None:
        lines += ["aliases:", f"  {alias}: {lead or markets[0]}"]
    lines += [*entry(c, clock, alias), *sizing(c), *exits(c, clock, alias), *limits(c, clock)]
    return StrategyText("\n".join(lines) + "\n", profile)
