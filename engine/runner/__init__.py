"""The shell around the trader: feeds events, keeps the journal, executes commands, owns the clock."""
