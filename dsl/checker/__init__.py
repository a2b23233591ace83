"""From a file that has the right shape to a typed graph: names, units, clocks, phases; then the settings that decide works by."""
