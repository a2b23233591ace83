"""Strategies written badly, as one would who comes from another program or from a spreadsheet: one change to a good file each."""

from __future__ import annotations

from typing import NamedTuple

#: a good file that every mistake is made in
GOOD = """schema: strategy/1
name: sample
state: paper
risk_profile: conservative
clock: 5m
aliases:
  btc: KRW-BTC
markets: [KRW-ETH, KRW-XRP]
params:
  fast: 9
define:
  idea: close > ema(close, 20)
entry:
  all:
    rule: idea and close > open
sizing:
  risk: 0.5% of equity
  max_weight: 10% of equity
  min_order: 30_000 KRW
exits:
  stop:
    at: -2%
  target:
    when: pos.gain >= 3%
limits:
  open_positions: 5
title: uses fast
"""


class Mistake(NamedTuple):
    """`old` of the good file is replaced by `new`; its one finding marks `caret`; `fixed`: there is a fix, and it leaves nothing wrong."""

    old: str
    new: str
    code: str
    caret: str
    fixed: bool


def _rule(text: str, code: str, caret: str, *, fixed: bool = True) -> Mistake:
    return Mistake("idea: close > ema(close, 20)", f"idea: {text}", code, caret, fixed)


def _file(old: str, new: str, code: str, caret: str, *, fixed: bool = True) -> Mistake:
    return Mistake(old, new, code, caret, fixed)


_STOP, _TARGET, _MARKETS = "    at: -2%", "    when: pos.gain >= 3%", "markets: [KRW-ETH, KRW-XRP]"
_RULE = "  all:\n    rule: idea and close > open"

RULES: dict[str, Mistake] = {
    "C: and": _rule("close > low && close > open", "E117", "&&"),
    "true at some time lately": _rule("rsi(14) < 30 within 5 bars", "E100", "within"),
    "if ... then": _rule("if rsi(14) < 30 then close > open[1]", "E100", "if"),
    "yesterday's high": _rule("close > yesterday.high", "E102", "yesterday.high"),
    "the change": _rule("change > 3%", "E102", "change"),
    "등락률": _rule("등락률 > 3%", "E102", "등락률"),
    "an hour back": _rule("close[1h] < close", "E112", "1h"),
    "a market by comparison": _rule("market == KRW-BTC", "E102", "KRW-BTC", fixed=False),
    "above the day's high": _rule("close > day.high", "W150", "day.high"),
    "above its own high": _rule("close > high", "W150", "close > high", fixed=False),
    "up and down at once": _rule(
        "close rises for 3 bars and close falls for 3 bars", "W150", "close rises for 3 bars and close falls for 3 bars"
    ),
    "always one or the other": _rule("rsi(14) > 50 or rsi(14) < 60", "W151", "rsi(14) > 50 or rsi(14) < 60", fixed=False),
    "switched off": _rule("close > ema(close, 20) and false", "W150", "close > ema(close, 20) and false", fixed=False),
    "longer ago than is remembered": _rule("bars_since(close > high[1]) > 2000", "W150", "bars_since(close > high[1]) > 2000", fixed=False),
    "a number of coins": _rule("volume > 5", "E110", "5"),
    "coins by their name": _rule("volume > 5 BTC", "E100", "BTC"),
    "coins and KRW": _rule("sma(volume, 20) > 10억", "E110", "10억"),
    "KRW that the bids stand for": _rule("book.bid_size > 3천만원", "E110", "3천만원"),
    "a share of the volume": _rule("volume > 150%", "E110", "150%"),
    "a bare price on the left": _rule("50000 < close", "E110", "50000"),
    "@2M": _rule("rsi(14)@2M < 30", "E121", "@2M", fixed=False),
    "@2d": _rule("rsi(14)@2d < 30", "E121", "@2d", fixed=False),
    "C: not": _rule("!(close > high[1])", "E004", "!"),
    "the equals sign first": _rule("close => open", "E100", "=>"),
    "a blank inside a sign": _rule("close > = open", "E100", "> ="),
    "not equal as in spreadsheets": _rule("close <> open", "E100", "<>"),
    "Pine: assignment": _rule("close := open[1]", "E100", ":="),
    "two signs": _rule("close >> open", "E100", ">>"),
    "words in capitals": _rule("close > low AND close > open", "E100", "AND"),
    "Pine: library in front": _rule("close > ta.ema(close, 20)", "E101", "ta.ema"),
    "Pine: crossover": _rule("ta.crossover(close, ema(close, 20))", "E101", "ta.crossover"),
    "Pine: crossunder": _rule("crossunder(ema(close, 9), ema(close, 20))", "E101", "crossunder"),
    "Pine: length after the series": _rule("rsi(close, 14) < 30", "E105", "close, 14"),
    "Pine: nothing there": _rule("na(sma(close, 20))", "E101", "na"),
    "Pine: question mark": _rule("close > open ? close > low : close < low[1]", "E004", "?"),
    "Pine: output after the brackets": _rule("macd(12, 26, 9).hist > 0", "E100", ".hist"),
    "Pine: number of minutes": _rule("rsi(14)@60 < 30", "E100", "@60"),
    "Pine: length by name": _rule("close > ema(close, length=20)", "E125", "length"),
    "Pine: average without its series": _rule("close > ema(20)", "E126", "ema(20)"),
    "Pine: power": _rule("close^2 > open", "E100", "^", fixed=False),
    "pandas: shift": _rule("close > close.shift(1)", "E101", "close.shift"),
    "pandas: rolling": _rule("close.rolling(20).mean() < close", "E100", ".mean", fixed=False),
    "pandas: pct_change": _rule("close.pct_change() > 2%", "E101", "close.pct_change"),
    "pandas: column": _rule("dataframe['close'] > open", "E100", "dataframe['close']"),
    "pandas: np.where": _rule("np.where(close > open, 1, 0) > 0", "E101", "np.where"),
    "freqtrade: crossed_above": _rule("qtpylib.crossed_above(close, open)", "E101", "qtpylib.crossed_above"),
    "spreadsheet: IF": _rule("IF(close > open, 1, 0) > 0", "E101", "IF"),
    "spreadsheet: quotes": _rule("close > 'open'", "E100", "'open'"),
    "a variable of a shell": _rule("$fast > 3", "E100", "$fast"),
    "the section in front of a name": _rule("params.fast > 3", "E102", "params.fast"),
    "EMA20": _rule("close > EMA20", "E102", "EMA20"),
    "rsi14": _rule("rsi14 < 30", "E102", "rsi14"),
    "the bar before as a name": _rule("close > prev_close", "E102", "prev_close"),
    "the bar before in round brackets": _rule("close > close(1)", "E101", "close"),
    "an alias without a series": _rule("btc > btc.open", "E102", "btc"),
    "an alias with an underscore": _rule("btc_close > btc.open", "E102", "btc_close"),
    "a market code in a rule": _rule("KRW-BTC.close > btc.open", "E102", "KRW-BTC.close"),
    "Korean: 5분": _rule("close > ema(close, 100분)", "E100", "100분"),
    "Korean: 20일 이동평균": _rule("close > 20일 이동평균", "E100", "20일 이동평균"),
    "Korean: 이평선": _rule("close > 이평선", "E102", "이평선"),
    "Korean: 이상": _rule("turnover(24h) 5억원 이상", "E100", "이상"),
    "Korean: both signs": _rule("turnover(24h) > 5억원 이상", "E100", "이상"),
    "Korean: a sentence": _rule("종가가 시가보다 높다", "E100", "시", fixed=False),
    "percentage points": _rule("ret(1h) > 2 %p", "E100", "2 %p"),
    "digits in groups": _rule("close > 10,000 KRW", "E100", ","),
    "percent of a result": _rule("atr(14)% > 2", "E100", "%"),
    "percent without its sign": _rule("ret(1h) > 5", "W152", "5"),
    "percent of an oscillator": _rule("rsi(14) < 30%", "W152", "30%"),
    "a timeframe in capitals": _rule("rsi(14)@4H < 30", "E100", "@4H"),
    "a timeframe as a word": _rule("rsi(14)@day < 30", "E100", "@day"),
    "crosses without a direction": _rule("close crosses ema(close, 20)", "E100", "crosses", fixed=False),
    "crosses over": _rule("close crosses over ema(close, 20)", "E100", "over"),
    "is above": _rule("close is above ema(close, 20)", "E100", "above"),
    "greater than": _rule("close is greater than open", "E100", "is greater than"),
    "between": _rule("rsi(14) between 30 and 50", "E100", "between"),
    "a range with a hyphen": _rule("rsi(14) in 30-50", "E100", "30-50"),
    "a range as a list": _rule("rsi(14) in [30, 50]", "E100", "[30, 50]"),
    "three steps": _rule("low < open then close > open then high > low[1] within 6 bars", "E100", "then"),
    "minutes in words": _rule("low < open then close > open within 30 minutes", "E100", "30 minutes"),
    "than": _rule("low < open than close > open within 6 bars", "E100", "than"),
    "followed by": _rule("low < open followed by close > open within 6 bars", "E100", "followed by"),
    "a flag compared with true": _rule("market.caution == true", "E129", "== true"),
    "a flag compared with 0": _rule("market.caution == 0", "E129", "== 0"),
    "a brace": _rule("close > ema{close, 20}", "E100", "{"),
    "no comma": _rule("close > ema(close 20)", "E100", "20"),
    "no brackets": _rule("close > ema close 20", "E100", "close 20"),
    "a bracket too few": _rule("close > ema(close, 20", "E100", "("),
    "a bracket too many": _rule("close > ema(close, 20))", "E100", ")"),
    "a comma for and": _rule("close > open, volume > sma(volume, 20)", "E100", ","),
    "and at the end": _rule("close > open and", "E100", "and"),
    "and twice": _rule("close > open and and close > low", "E100", "and"),
    "nothing to compare with": _rule("close >", "E100", ">", fixed=False),
    "a semicolon": _rule("close > open;", "E100", ";"),
    "no digit before the point": _rule("ret(1h) > .5%", "E100", ".5"),
    "a time of day": _rule("hour in 9:00..15:00", "E100", "9:00"),
    "true for some bars": _rule("rsi(14) < 30 for 3 bars", "E100", "for"),
    "rises, but how long": _rule("close rises", "E100", "rises"),
    "the name of a weekday": _rule("weekday == mon", "E102", "mon"),
    "asking for a position": _rule("close > open and not in_position", "E102", "in_position", fixed=False),
    "a Cyrillic letter": _rule("cl\u043ese > open", "E006", "\u043e"),
    "half-typed Hangul": _rule("close > ㅐpen", "E006", "ㅐpen"),
    "typed in Korean mode": _rule("치ㅐㄴㄷ > open", "E006", "치ㅐㄴㄷ"),
    "a stray Hangul letter": _rule("close > open ㅏ", "E006", "ㅏ"),
    "an invisible character": _rule("close \u200b> open", "E001", "\u200b", fixed=False),
    "the same on both sides": _rule("close > close", "W150", "close > close", fixed=False),
    "a breakout over its own bar": _rule("close > highest(high, 20)", "W150", "highest(high, 20)"),
    "coins compared with won": _rule("volume > 1억", "E110", "1억"),
    "a price times a percentage": _rule("close > ema(close, 20) * 1.02%", "W153", "ema(close, 20) * 1.02%"),
    "a percentage times a price": _rule("close < 2% * ema(close, 20)", "W153", "2% * ema(close, 20)"),
    "a volume times a percentage": _rule("volume > sma(volume, 20) * 1.5%", "W153", "sma(volume, 20) * 1.5%"),
    "one plus two": _rule("close > ema(close, 20) * (1 + 2)", "W152", "2"),
    "a change as a number": _rule("close / close[1] - 1 > 3", "W152", "3"),
    "a difference as a number": _rule("(close - open) / open > 3", "W152", "3"),
    "a share of the price as a number": _rule("atr(14) / close > 2", "W152", "2"),
    "a hundredfold as a percentage": _rule("(close / open - 1) * 100 > 3%", "W152", "3%"),
    "a quotient as a change": _rule("close / close[1] > 3%", "W152", "3%"),
    "a range of numbers for a percentage": _rule("ret(1h) in 2..5", "W152", "5"),
    "a range of percentages for a number": _rule("rsi(14) in 30%..50%", "W152", "50%"),
    "a range with one percent sign": _rule("ret(1h) in 2..5%", "W152", "2"),
    "a percentage in brackets for a number": _rule("rsi(14) < (30%)", "W152", "30%"),
    "a percentage for a number below zero": _rule("williams_r(14) < -80%", "W152", "-80%"),
    "a parameter without its percent sign": _rule("ret(1h) > fast", "W152", "fast", fixed=False),
    "a scale without its percent signs": _rule("scale(ret(24h), lo=-5, hi=5) > 0", "W152", "-5"),
    "crosses, where is was meant": _rule(
        "rsi(14) crosses above 30 and rsi(14) crosses below 70",
        "W150",
        "rsi(14) crosses above 30 and rsi(14) crosses below 70",
    ),
    "above a line and below it": _rule("rsi(14) crosses above 70 and rsi(14) < 60", "W150", "rsi(14) crosses above 70 and rsi(14) < 60"),
    "a chain that bites its tail": _rule(
        "ema(close, 50) > ema(close, 20) > ema(close, 50)", "W150", "ema(close, 50) > ema(close, 20) > ema(close, 50)", fixed=False
    ),
    "both arguments turned round": _rule("ema(21, close) > ema(50, close)", "E105", "ema(21, close)"),
    "exactly equal": _rule("close == ema(close, 20)", "W154", "close == ema(close, 20)"),
    "exactly 3%": _rule("ret(1h) == 3%", "W154", "ret(1h) == 3%"),
    "the ten strongest from the wrong end": _rule("across.rank(ret(24h)) <= 10", "W155", "across.rank(ret(24h))"),
    "Monday as 1": _rule("weekday in 1..5", "W156", "1..5"),
    "hours over midnight": _rule("hour in 22..6", "W150", "hour in 22..6"),
    "a range turned round": _rule("rsi(14) in 70..30", "W150", "rsi(14) in 70..30"),
    "fast and slow the wrong way round": _rule("macd.hist(26, 12, 9) > 0", "W157", "macd.hist(26, 12, 9)"),
    "0.2 of 100": _rule("stoch.k(14, 3) < 0.2", "W152", "0.2"),
    "55 of 1": _rule("hurst(close, 200) > 55", "W152", "55"),
    "80 of %b": _rule("bb.percent(20, 2) > 80", "W152", "80"),
    "half the price away in the book": _rule("depth(bid, 0.5) >= 5천만", "W152", "0.5"),
    "an average without its length": _rule("volume > 2 * sma(volume)", "E126", "sma(volume)"),
    "a move compared with a percentage": _rule("atr(14) > 2%", "E110", "2%"),
    "a count compared with a percentage": _rule("count(close > open, 10 bars) > 70%", "E110", "70%"),
    "an amount without its unit": _rule("turnover(24h) > 50", "E110", "50"),
    "percentile": _rule("percentile(close, 20) > 0.5", "E101", "percentile"),
    "the month's open": _rule("close > month.open", "E102", "month.open"),
    "last month's high": _rule("close > prev_month.high", "E102", "prev_month.high"),
    "max over bars": _rule("close > max(high, 20)[1]", "E110", "20"),
    "min over bars": _rule("low < min(low, 20 bars)[1]", "E110", "20 bars"),
    "bars compared with time": _rule("bars_since(close > open) > 1h", "E110", "1h"),
}

FILES: dict[str, Mistake] = {
    "-2% of entry": _file(_STOP, "    at: -2% of entry", "E220", "of entry"),
    "a condition as a level": _file(_TARGET, "    at: pos.gain >= 3%", "E129", "pos.gain >= 3%"),
    "a loss as a level": _file(_STOP, "    at: pos.gain <= -2%", "E129", "pos.gain <= -2%"),
    "a price below an average as a level": _file(_STOP, "    at: close < ema(close, 20)", "E129", "close < ema(close, 20)"),
    "a hundredth of the entry": _file(_STOP, "    at: pos.entry * 2%", "W153", "pos.entry * 2%"),
    "twice the entry below it": _file(_STOP, "    at: pos.entry * (1 - 2)", "W152", "2"),
    "sold as soon as bought": _file(_TARGET, "    when: pos.gain <= 3%", "W419", "pos.gain <= 3%"),
    "a loss with the wrong sign of comparison": _file(_TARGET, "    when: pos.gain >= -3%", "W419", "pos.gain >= -3%"),
    "stalled, but no time given": _file(_TARGET, "    when: pos.best < 1%", "W419", "pos.best < 1%", fixed=False),
    "exactly four hours": _file(_TARGET, "    when: pos.age == 4h", "W154", "pos.age == 4h"),
    "two bounds of a gain that exclude each other": _file(
        _TARGET, "    when: pos.gain >= 3% and pos.gain <= 2%", "W150", "pos.gain >= 3% and pos.gain <= 2%", fixed=False
    ),
    "a trail above the highest price": _file(
        "  target:\n    when: pos.gain >= 3%", "  trail:\n    at: pos.high + atr(14)", "W414", "pos.high + atr(14)"
    ),
    "a raised stop that is a target": _file(
        "  target:\n    when: pos.gain >= 3%", "  trail:\n    at: pos.entry * 1.01", "W414", "pos.entry * 1.01"
    ),
    "a target below the entry": _file(_TARGET, "    at: pos.entry - 2 * atr(14)", "W414", "pos.entry - 2 * atr(14)"),
    "a target with a minus sign": _file(_TARGET, "    at: -1%\n    sell: 50%", "W414", "-1%"),
    "half a stop": _file(_STOP, f"{_STOP}\n    sell: 50%", "W415", "50%"),
    "slippage without its percent sign": _file(
        "limits:", "execution:\n  leave:\n    order: market\n    max_slippage: 0.8\nlimits:", "W152", "0.8"
    ),
    "markets by coins traded": _file(_MARKETS, "universe:\n  refresh: every 4h\n  take: 30\n  by: volume", "W425", "volume"),
    "a condition that was forgotten": _file("rule: idea and close > open", "rule: close > open", "W420", "idea", fixed=False),
    "a second stop further away": _file(_STOP, f"{_STOP}\n  wide_stop:\n    at: -5%", "W410", "wide_stop", fixed=False),
    "a ladder whose first step sells all": _file(
        _TARGET, f"{_TARGET}\n  more:\n    when: pos.gain >= 5%\n    sell: 50%", "W410", "more", fixed=False
    ),
    "a trail after everything is sold": _file(
        _TARGET, f"{_TARGET}\n  trail:\n    after: target\n    at: pos.high * 0.98", "W410", "trail", fixed=False
    ),
    "a wide regime before a narrow one": _file(
        "limits:", "regime:\n  trending: adx(14) > 20\n  strong: adx(14) > 30\n  otherwise: flat\nlimits:", "W150", "adx(14) > 20"
    ),
    "a regime that nothing is left for": _file(
        "define:\n  idea: close > ema(close, 20)",
        "regime:\n  up: adx(14) > 20\n  down: adx(14) <= 20\n  otherwise: flat\ndefine:\n  idea: close > open[1] and regime == flat",
        "W150",
        "regime == flat",
        fixed=False,
    ),
    "drop of what keep asks for": _file(
        _MARKETS,
        "universe:\n  refresh: every 4h\n  keep:\n    old: market.age >= 60d\n  drop:\n    ripe: market.age >= 30d",
        "W150",
        "market.age >= 30d",
    ),
    "two keeps that exclude each other": _file(
        _MARKETS,
        "universe:\n  refresh: every 4h\n  keep:\n    old: market.age >= 60d\n    young: market.age < 30d",
        "W150",
        "young",
        fixed=False,
    ),
    "an order above the profile's largest": _file("min_order: 30_000 KRW", "min_order: 400만원", "E409", "400만원"),
    "an age in bars": _file(_TARGET, "    when: pos.age > 10 bars", "E110", "10 bars"),
    "markets: all": _file(_MARKETS, "markets: all", "E212", "all", fixed=False),
    "markets: top 10": _file(_MARKETS, "markets: top 10 by volume", "E212", "top 10 by volume", fixed=False),
    "amount: 10만원": _file("max_weight: 10% of equity", "amount: 10만원", "E201", "amount", fixed=False),
    "scale: 0": _file("max_weight: 10% of equity", "scale: 0", "W418", "0"),
    "stop: 2%": _file("  stop:\n    at: -2%", "  stop: 2%", "E212", "2%"),
    "stop_loss: 2%": _file("  stop:\n    at: -2%", "  stop_loss: 2%", "E212", "2%"),
    "take_profit: 3%": _file("  target:\n    when: pos.gain >= 3%", "  take_profit: 3%", "E212", "3%"),
    "a stop without its sign": _file(_STOP, "    at: 2%", "E110", "2%"),
    "a stop at nothing": _file(_STOP, "    at: 0%", "E110", "0%", fixed=False),
    "a stop above the entry": _file(_STOP, "    at: +2%", "E404", "+2%"),
    "a stop as a plain number": _file(_STOP, "    at: -2", "E110", "-2"),
    "sell: half": _file(_TARGET, f"{_TARGET}\n    sell: half", "E220", "half"),
    "sell: 50": _file(_TARGET, f"{_TARGET}\n    sell: 50", "E220", "50"),
    "averaging down": _file(
        _RULE, "  any:\n    rule: idea and close > open\n    more: close <= pos.entry * 0.97", "E130", "pos.entry", fixed=False
    ),
    "all and none beside one another": _file(_RULE, _RULE + "\n  none:\n    warned: market.warning", "E216", "none", fixed=False),
    "if: in an exit": _file(_TARGET, "    if: pos.gain >= 3%", "E201", "if"),
    "pos.profit": _file(_TARGET, "    when: pos.profit >= 3%", "E102", "pos.profit"),
    "a gain without its percent sign": _file(_TARGET, "    when: pos.gain >= 3", "W152", "3"),
    "an age without its unit": _file(_TARGET, "    when: pos.age >= 3", "E110", "3", fixed=False),
    "two exits at one moment": _file(_TARGET, f"{_TARGET}\n  other:\n{_TARGET}", "W410", "other", fixed=False),
    "after: unknown": _file(_TARGET, f"{_TARGET}\n    sell: 50%\n  trail:\n    after: targt\n    at: pos.high * 0.98", "E405", "targt"),
    "exits as a list": _file("  stop:\n    at: -2%\n  target:\n    when: pos.gain >= 3%", "  - at: -2%", "E212", "exits", fixed=False),
    "clock: 5": _file("clock: 5m", "clock: 5", "E220", "5"),
    "clock: 5min": _file("clock: 5m", "clock: 5min", "E220", "5min"),
    "clock: 5분": _file("clock: 5m", "clock: 5분", "E220", "5분"),
    "clock: 5M": _file("clock: 5m", "clock: 5M", "E121", "5M"),
    "clock: 1D": _file("clock: 5m", "clock: 1D", "E220", "1D"),
    "clock: daily": _file("clock: 5m", "clock: daily", "E220", "daily"),
    "timeframe:": _file("clock: 5m", "timeframe: 5m", "E201", "timeframe"),
    "no blank after the colon": _file("clock: 5m", "clock:5m", "E004", ":"),
    "a full-width colon": _file("clock: 5m", "clock：5m", "E002", "："),
    "a tab": _file("  fast: 9", "\tfast: 9", "E003", "\t"),
    "nothing but a tab": _file("  fast: 9", "\t\n  fast: 9", "E003", "\t", fixed=False),
    "state: on": _file("state: paper", "state: on", "E213", "on"),
    "state: 모의": _file("state: paper", "state: 모의", "E213", "모의"),
    "markets: one": _file(_MARKETS, "markets: KRW-ETH", "E212", "KRW-ETH"),
    "markets: without dashes": _file(_MARKETS, "markets: KRW-ETH, KRW-XRP", "E212", "KRW-ETH, KRW-XRP"),
    "markets: another quote": _file(_MARKETS, "markets: [ETHUSDT]", "E202", "ETHUSDT"),
    "markets: no quote": _file(_MARKETS, "markets: [ETH]", "E202", "ETH"),
    "symbols:": _file(_MARKETS, "symbols: [KRW-ETH]", "E201", "symbols"),
    "universe: top 30": _file(_MARKETS, "universe: top 30", "E212", "top 30", fixed=False),
    "universe: daily": _file(_MARKETS, "universe:\n  refresh: daily\n  take: 30\n  by: turnover(24h)", "E220", "daily"),
    "universe: 9am": _file(_MARKETS, "universe:\n  refresh: every day at 9am\n  take: 30\n  by: turnover(24h)", "E220", "9am"),
    "entry as a list": _file(_RULE, "  - idea\n  - close > open", "E212", "entry", fixed=False),
    "entry without all": _file(_RULE, "  trend: idea\n  green: close > open", "E201", "trend", fixed=False),
    "entry: and": _file("  all:\n", "  and:\n", "E201", "and"),
    "buy:": _file("entry:\n", "buy:\n", "E201", "buy"),
    "min_order: 30000": _file("min_order: 30_000 KRW", "min_order: 30000", "E220", "30000"),
    "min_order: 30,000원": _file("min_order: 30_000 KRW", "min_order: 30,000원", "E220", "30"),
    "a target written as a level": _file("    when: pos.gain >= 3%", "    at: bb.middle(20, 2)", "W412", "bb.middle(20, 2)"),
    "an order that is refused": _file("min_order: 30_000 KRW", "min_order: 1_000 KRW", "W411", "1_000 KRW"),
    "of capital": _file("risk: 0.5% of equity", "risk: 0.5% of capital", "E220", "capital"),
    "Korean: 잔고의 0.5%": _file("risk: 0.5% of equity", "risk: 잔고의 0.5%", "E220", "잔고의"),
    "size:": _file("risk: 0.5% of equity", "size: 10%", "E201", "size"),
    "cooldown: 30m": _file("open_positions: 5", "cooldown: 30m", "E220", "30m"),
    "entries_per_market: 3": _file("open_positions: 5", "entries_per_market: 3", "E220", "3"),
    "reentry: 6": _file("open_positions: 5", "reentry: 6", "E220", "6"),
    "risk: 1": _file("risk: 0.5% of equity", "risk: 1", "E111", "1"),
    "risk: 3": _file("risk: 0.5% of equity", "risk: 3", "E111", "3"),
    "weight: 100만원": _file("risk: 0.5% of equity", "weight: 100만원", "E220", "100만원", fixed=False),
    "weight: 10만원씩 산다": _file("risk: 0.5% of equity", "weight: 10만원씩 산다", "E220", "10만원씩 산다", fixed=False),
    "weight: 100000": _file("risk: 0.5% of equity", "weight: 100000", "E111", "100000", fixed=False),
    "daily_loss: 3%": _file("open_positions: 5", "daily_loss: 3%", "E201", "daily_loss", fixed=False),
    "max_drawdown: 12%": _file("limits:", "max_drawdown: 12%\nlimits:", "E201", "max_drawdown", fixed=False),
    "max_losses: 4": _file("open_positions: 5", "max_losses: 4", "E201", "max_losses", fixed=False),
    "6h after 3 losses": _file("open_positions: 5", "cooldown: 6h after 3 losses", "E220", "6h after 3 losses", fixed=False),
    "the day's loss in an entry": _rule("acct.pnl_today > -3%", "E134", "idea", fixed=False),
    "losing trades in an entry": _file(_RULE, "  all:\n    rule: acct.losses_in_row < 3", "E134", "acct.losses_in_row", fixed=False),
    "acct.foo": _rule("acct.foo > 1", "E102", "acct.foo", fixed=False),
    "book.foo": _rule("book.foo > 1", "E102", "book.foo", fixed=False),
    "pos.foo": _file(_TARGET, "    when: pos.foo >= 3%", "E102", "pos.foo", fixed=False),
    "cost.foo": _rule("cost.foo < 1%", "E102", "cost.foo", fixed=False),
    "order.foo": _rule("order.foo < 1%", "E102", "order.foo", fixed=False),
    "book.spred": _rule("book.spred < 10bp", "E102", "book.spred"),
    "across.rnk": _rule("across.rnk(close, order=desc) < 3", "E101", "across.rnk"),
    "open_positions: 5개": _file("open_positions: 5", "open_positions: 5개", "E220", "5개"),
    "a range with a hyphen": _file("  fast: 9", "  fast: {value: 9, range: 5-15}", "E220", "-"),
    "a parameter with a percent sign": _file(
        "  fast: 9\ndefine:\n  idea: close > ema(close, 20)", "  fast: 30%\ndefine:\n  idea: rsi(14) < fast", "W152", "fast", fixed=False
    ),
    "a named percentage for a number": _file(
        "  idea: close > ema(close, 20)", "  oversold: 30%\n  idea: rsi(14) in 20..oversold", "W152", "oversold", fixed=False
    ),
    "a named number for a percentage": _file(
        "  idea: close > ema(close, 20)", "  jump: 5\n  idea: ret(1h) > jump", "W152", "jump", fixed=False
    ),
    "a range of values turned round": _file("  fast: 9", "  fast: {value: 9, range: 21..7}", "E113", "21..7"),
    "a range of percentages turned round": _file("  fast: 9", "  fast: {value: 2%, range: 3% .. 1%}", "E113", "3% .. 1%"),
    "a range turned round, on a line of its own": _file("  fast: 9", "  fast:\n    range: 21..7\n    value: 9", "E113", "21..7"),
    "a range turned round, and the value in neither": _file("  fast: 9", "  fast: {value: 30, range: 21..7}", "E113", "21..7", fixed=False),
    "a factor without a weight": _file(
        "limits:", "factors:\n  a: scale(rsi(14), lo=30, hi=70)\nlimits:", "E212", "scale(rsi(14), lo=30, hi=70)", fixed=False
    ),
    "enter: market": _file("limits:", "execution:\n  enter: market\nlimits:", "E212", "market"),
}
