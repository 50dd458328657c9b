"""Read one file of the organisation into blocks and facts.

Every file is read in a separate process with limits, so that a damaged or hostile file can only
fail for itself. `Parser` keeps such a process for many files; `parse_file` reads one.
"""

from knowledge.parsing.errors import DocumentError
from knowledge.parsing.formats import SUFFIXES
from knowledge.parsing.limits import Limits
from knowledge.parsing.sandbox import Parser, parse_file

__all__ = ["SUFFIXES", "DocumentError", "Limits", "Parser", "parse_file"]
