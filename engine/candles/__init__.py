"""Candles: store, dense grids, import, quality, download order, and the sample market."""
