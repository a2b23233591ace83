"""The ops: one small family file each. They import neither numba nor numpy; `engine.kernel.load` compiles them.

arithmetic    add sub mul div neg abs min max coalesce; clamp scale peak
elementary    log exp sqrt, without libm
comparison    lt le gt ge eq ne between
logic         and or not select, three-valued
events        crosses_above crosses_below enters leaves rises falls lag
memory        then latch bars_since value_when
windows       sum sma mean count highest lowest
statistics    stdev corr zscore
averages      ema rma; macd
momentum      rsi; stochastic, returns
trend         adx plus_di minus_di
volatility    tr; atr, Bollinger bands, realized volatility
volume        obv vwap; turnover, typical price

Every kernel is total: it never raises, and a value that cannot be computed is missing (NaN). Parameters are checked by `dsl`.
A value may depend on the absolute index (where windows and restarts fall) but never on where a call was cut.
"""
