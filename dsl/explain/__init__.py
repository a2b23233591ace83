"""Files in words: `korean` (endings and particles), `rules` (one expression), `files` (a whole file), `tree` (the graph with its facts)."""
