"""What the user's own candles show about a strategy file: warnings of the checker's kind, and figures for what the checker has found."""
