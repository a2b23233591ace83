"""`python -m engine.cli` is the same program as `jangdan`."""

from engine.cli.main import main

main()
