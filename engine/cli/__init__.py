"""One command line. Each command is a module; only the chosen one is imported."""
