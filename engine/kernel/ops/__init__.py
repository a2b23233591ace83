"""The ops: one small family file each. They import neither numba nor numpy; `engine.kernel.load` compiles them.

arithmetic    add sub mul div neg abs min max coalesce; clamp scale peak
elementary    log exp sqrt, without libm
comparison    lt le gt ge eq ne between
logic         and or not select, three-valued
events        crosses_above crosses_below enters leaves rises falls lag
memory        then latch bars_since value_when
windows       sum sma mean count highest lowest
statistics    stdev corr zscore
regression    beta slope r2
order         median quantile pct_rank highest_age lowest_age
averages      ema rma; macd
weighted      wma hma vwma; rolling VWAP
momentum      rsi cum_ret; stochastic, returns, momentum
oscillators   mean_deviation stoch.of mfi close_location; CCI, Williams %R, StochRSI, CMF
trend         adx plus_di minus_di
channels      supertrend sar; Donchian, Keltner, Ichimoku
volatility    tr; atr, Bollinger bands, volatilities
volume        obv vpt vwap; spike, turnover, typical price
regimes       hurst; regime score
sessions      hour minute weekday, and where days, weeks and months begin

Every kernel is total: it never raises, and a value that cannot be computed is missing (NaN). Parameters are checked by `dsl`.
A value may depend on the absolute index (where windows and restarts fall) but never on where a call was cut.
"""
