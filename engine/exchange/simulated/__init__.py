"""The in-process exchange of paper trading: accounts, locks, order states and answers; its fills come from the kernel's fill model."""
