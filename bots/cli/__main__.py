"""`python -m bots.cli` is `annexa`."""

from bots.cli import main

main()
