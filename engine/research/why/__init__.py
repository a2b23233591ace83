"""Why a strategy did what it did: its conditions as trees of parts, their values at a bar, and how often each part decided."""
