"""What must survive a crash: the append-only journal."""
