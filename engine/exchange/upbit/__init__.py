"""Upbit's wire: signing, rate limits, errors, the REST client, and the polite reader of candles."""
