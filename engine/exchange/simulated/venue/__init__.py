"""An exchange that answers as Upbit does: accounts, order book, orders of every type and all queries. Pure: time is handed in."""
