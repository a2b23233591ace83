"""Values that every layer speaks of: candles, events and intents, the market's rules, and the error that a user can mend."""
