"""`python -m eval SUBCOMMAND`: each subcommand is a module with `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from eval import answers, retrieval, speed

SUBCOMMANDS = {
    "answers": (answers, "how many questions with known answers are answered rightly"),
    "speed": (speed, "how fast indexing, searching and asking are, and their memory"),
    "retrieval": (retrieval, "how well questions find the passages that answer them"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one measurement and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (module, summary) in SUBCOMMANDS.items():
        module.add_arguments(commands.add_parser(name, help=summary, description=summary))
    parsed = parser.parse_args(arguments)
    code: int = SUBCOMMANDS[parsed.command][0].run(parsed)
    return code


if __name__ == "__main__":
    sys.exit(main())
