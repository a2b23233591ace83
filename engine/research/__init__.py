"""Backtests and what is read from them: trades, figures, reports."""
