"""Backtests of one market beside other engines: `python -m benchmarks.peers` installs them into environments of their own and measures."""
