"""Candles: what a run computes on, where it is kept, and where it comes from.

timeframes, ranges, instants    names of bars, sets of time ranges, times as files write them
months, files, store            one month as bytes, files that survive crashes, the store
grid                            dense grids in three states, choice of the base, bars made of finer bars
defects, formats, importer      what can be wrong with a candle, files of other programs, import
ticks, quality, source_quality  price grids over columns, the quality report
sample, provision               the generated sample market; stored, else exchange, else sample
"""
