"""Every form that a rule may have and every phrase of the files, with examples: the reference page is made from it, a test parses them."""

from __future__ import annotations

from collections.abc import Mapping

#: group -> form -> examples. What a form means: `reference.form.<form>`; heading of a group: `reference.group.<group>`
FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "numbers": {
        "number": ("20", "0.35", "1_000"),
        "ratio": ("2%", "15bp"),
        "money": ("50억", "30만원", "1억 5000만", "30_000 KRW"),
        "coins": ("5 coins", "0.5개", "10만개"),
        "duration": ("30m", "4h", "30d"),
        "bars": ("6 bars", "1 bar", "n bars"),
    },
    "calculation": {
        "arithmetic": ("close + 1.5 * atr(14)", "(high - low) / close", "-ret(1)"),
        "default": ("kimp ?? 0 < 5%",),
        "choice": ("1.0 if adx(14) > 20 else 0.6",),
    },
    "comparison": {
        "compare": ("close > ema(close, 20)", "hour == 9", "weekday != 6"),
        "chain": ("ema(close, 9) > ema(close, 21) > ema(close, 50)",),
        "in": ("rsi(14) in 30..50",),
        "enters": ("rsi(14) enters 30..50",),
        "leaves": ("close leaves bb.lower(20, 2)..bb.upper(20, 2)",),
        "crosses": ("close crosses above ema(close, 20)", "close crosses below vwap(day)"),
        "rises": ("close rises for 3 bars", "close falls for 3 bars"),
    },
    "logic": {
        "and": ("close > open and volume > sma(volume, 20)",),
        "or": ("rsi(14) < 30 or close < bb.lower(20, 2)",),
        "not": ("not market.caution",),
        "brackets": ("(close > open or hour == 9) and volume > 0",),
    },
    "time": {
        "history": ("close[1]", "highest(high, 20)[1]"),
        "frame": ("ema(close, 50)@4h", "close[1]@4h"),
        "frame_of_all": ("(ema(close, 20) > ema(close, 50))@4h",),
        "finer": ("min(rsi(14)@1m, over=5m) < 25", "any((rsi(14) < 25)@1m, over=5m)", "last(close@1m, over=5m)"),
        "then": ("low < ema(close, 20) then close crosses above ema(close, 20) within 6 bars",),
        "memory": ("bars_since(rsi(14) < 30) > 12", "value_when(hour == 9, high)", "latch(on=adx(14) > 25, off=adx(14) < 18)"),
    },
    "names": {
        "call": ("sma(close, 20)", "scale(rsi(14), lo=30, hi=70)"),
        "definition": ("trend_up@1h and trend_up@4h",),
        "alias": ("btc.close > btc.ema(close, 50)",),
        "across": ("across.rank(ret(24h), order=desc) <= 10", "across.breadth(close > open) > 0.5"),
        "regime": ("regime == trending",),
        "score": ("score >= 0.35",),
    },
}  # fmt: skip

#: phrase of the grammar -> examples. What it is for: `reference.phrase.<phrase>`
PHRASES: Mapping[str, tuple[str, ...]] = {
    "timeframe": ("5m", "1h", "1d"),
    "constant": ("2%", "14", "0.35", "30만원", "6 bars"),
    "range_of": ("5..15", "1%..3%"),
    "signature": ("trend_up", "pullback(n, k)"),
    "at_least": ("2 of",),
    "of_equity": ("0.5% of equity", "12% of equity", "0.02"),
    "money": ("30_000 KRW", "3만원", "1억 5000만"),
    "whole": ("5", "30"),
    "share": ("50%", "50% of rest"),
    "level": ("-2%", "+3%"),
    "per_day": ("3 per day",),
    "after_loss": ("30m after loss",),
    "after_exit": ("6 bars after exit",),
    "refresh": ("every day at 09:05 KST", "every 4h"),
    "every": ("every 5s",),
    "duration_of": ("30m", "30d"),
    "order_price": ("best bid + 1 tick", "best ask"),
    "next_order": ("market if slippage <= 0.3%", "market if filled >= 50%", "cancel"),
    "capital": ("1000만원", "50% of account"),
    "loss_limit": ("3%", "30만원", "3% or 30만원"),
    "action": ("stop_entries", "flatten", "close_market", "size x0.5", "freeze_market for 30m"),
    "size_factor": ("size x0.5",),
    "until": ("next day", "next week", "next month", "manual", "4h"),
    "starts_at": ("09:00 KST",),
    "positions": ("2 positions",),
    "clusters": ("1 cluster",),
    "of_depth": ("10% of depth(ask, 0.5%)",),
    "given_series": ("20x100 98 97 99 103", "9x1 missing 2"),
    "expect_rule": (
        "fires at 24 only", "fires at 3, 7", "fires once", "fires 2 times", "never fires", "is missing until 9", "value at 5 == 101 ± 0.5",
    ),
    "expect_replay": ("entries == 0", "trades >= 3 and max_drawdown < 10%"),
    "instant": ("2024-08-05", "2024-08-05 09:00"),
}  # fmt: skip
