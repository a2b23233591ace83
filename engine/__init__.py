"""Everything that computes, stores and trades; from the ground up: model, kernel, candles, orders, exchange, store, trader, runner, cli."""
