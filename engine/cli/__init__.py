"""One command line. `main` is the root; each command is a module beside it, and only the chosen one is imported."""
