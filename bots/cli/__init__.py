"""The command line. Importing it does nothing; heavy parts are imported inside the commands."""

from __future__ import annotations


def main() -> None:
    """Run `annexa` on the arguments of the process and end it with the exit code."""
    import sys

    from bots.cli.app import run

    sys.exit(run(sys.argv[1:]))
