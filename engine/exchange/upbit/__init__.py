"""Upbit's wire: the polite reader of candles, and the pace that its rate limits ask for."""
