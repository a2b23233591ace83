"""The engine's API for the app: files, assistance while writing, previews on candles, backtests. HTTP on loopback, with a token."""
