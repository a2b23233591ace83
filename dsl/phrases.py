"""The phrases of the files as patterns and examples, for tools that know no grammar: JSON Schema and forms. Held against the grammar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_N = r"[0-9][0-9_]*(\.[0-9]+)?"
_WHOLE = r"[0-9][0-9_]*"
_PERCENT = rf"{_N} ?%"
_UNIT = "(조|억|천만|백만|십만|만|천)"
_PART = rf"{_N} ?{_UNIT}"
_AMOUNT = rf"({_PART}( ?{_PART})*( ?{_WHOLE})?( ?(원|KRW))?|{_N} ?(원|KRW))"
_DURATION = "[0-9]+[smhdw]"
_CONSTANT = rf"-? *({_N}|{_PERCENT}|{_N} ?bp|{_AMOUNT}|{_DURATION}|{_N} +bars?|{_N}( ?{_UNIT})? ?(coins?|개))"
_TIME = "[0-9]{1,2}:[0-9]{2}"
_DAYTIME = "([01]?[0-9]|2[0-3]):[0-5][0-9]"
_TEST = rf"(slippage|filled) *(<=|>=|==|!=|<|>) *{_PERCENT}"
_WORD = "(stop_entries|flatten|close_market|freeze_market|cancel_entries)"
_FACTOR = r"[0-9]+(\.[0-9]+)?"


class PhraseForm(NamedTuple):
    """pattern: a whole text of this kind (ECMA 262). numbers: whether a bare number is one too."""

    pattern: str
    examples: tuple[str, ...]
    numbers: bool = False


#: kind of dsl/keys.py -> its form
FORMS: Mapping[str, PhraseForm] = {
    "timeframe": PhraseForm("[0-9]+[smhdwM]", ("5m", "1h", "1d")),
    "constant": PhraseForm(_CONSTANT, ("2%", "14", "0.35", "30만원"), numbers=True),
    "range_of": PhraseForm(rf"{_CONSTANT} *\.\. *{_CONSTANT}", ("5..15", "1%..3%")),
    "of_equity": PhraseForm(rf"({_PERCENT}|{_N})( +of +equity)?", ("0.5% of equity", "12% of equity"), numbers=True),
    "money": PhraseForm(_AMOUNT, ("30_000 KRW", "3만원")),
    "whole": PhraseForm(_N, ("5", "30"), numbers=True),
    "per_day": PhraseForm(rf"{_N} +per +day", ("3 per day",)),
    "after_loss": PhraseForm(rf"{_DURATION} +after +loss", ("30m after loss",)),
    "after_exit": PhraseForm(rf"{_N} +bars? +after +exit", ("6 bars after exit",)),
    "share": PhraseForm(rf"{_PERCENT}( +of +rest)?", ("50%", "50% of rest")),
    "refresh": PhraseForm(rf"every +(day +at +{_DAYTIME} +KST|{_DURATION})", ("every day at 09:05 KST", "every 4h")),
    "duration_of": PhraseForm(_DURATION, ("30m", "4h", "30d")),
    "every": PhraseForm(rf"every +{_DURATION}", ("every 5s",)),
    "order_price": PhraseForm(r"best +(bid|ask)( *[-+] *[0-9]{1,3} +ticks?)?", ("best bid + 1 tick", "best ask")),
    "next_order": PhraseForm(
        rf"(market|cancel)( +if +{_TEST}( +and +{_TEST})*)?", ("market if slippage <= 0.3%", "market if filled >= 50%", "cancel")
    ),
    "capital": PhraseForm(rf"({_AMOUNT}|{_PERCENT}( +of +(account|equity))?)", ("1000만원", "50% of account")),
    "loss_limit": PhraseForm(rf"({_PERCENT}( +or +{_AMOUNT})?|{_AMOUNT}( +or +{_PERCENT})?)", ("3%", "30만원", "3% or 30만원")),
    "action": PhraseForm(
        rf"({_WORD}( +for +{_DURATION})?|size +x{_FACTOR})", ("stop_entries", "flatten", "size x0.5", "freeze_market for 30m")
    ),
    "until": PhraseForm(rf"(next +(day|week|month)|manual|{_DURATION})", ("next day", "manual", "4h")),
    "starts_at": PhraseForm(rf"{_TIME} +KST", ("09:00 KST",)),
    "positions": PhraseForm(rf"{_N} +positions?", ("2 positions",)),
    "clusters": PhraseForm(rf"{_N} +clusters?", ("1 cluster",)),
    "of_depth": PhraseForm(rf"{_PERCENT} +of +.+", ("10% of depth(ask, 0.5%)",)),
    "market": PhraseForm("KRW-[A-Z0-9]{1,10}", ("KRW-BTC", "KRW-ETH")),
}
#: examples of rules by where they stand; every other rule has those of ""
RULE_EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "": ("close > ema(close, 20)", "rsi(14) enters 30..50", "ema(close, 9) crosses above ema(close, 21)"),
    "at": ("-2%", "+3%", "pos.entry - 2 * atr(14)", "pos.high - 1 * atr(14)"),
    "when": ("pos.gain >= 2%", "pos.age >= 4h and pos.best < 1%"),
    "by": ("turnover(24h)",),
    "value": ("clamp((ema(close, 9) - ema(close, 50)) / (3 * atr(14)), -1, 1)@1h",),
    "scale": ("1.0 if adx(14) > 20 else 0.6",),
    "measure": ("corr(logret(1), other.logret(1), 192 bars)@1h",),
}
