"""Makes `tests/support` importable, in tests and in the processes that they start."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_SUPPORT = str(Path(__file__).parent.parent / "support")
if _SUPPORT not in sys.path:
    sys.path.insert(0, _SUPPORT)
os.environ["PYTHONPATH"] = os.pathsep.join(
    dict.fromkeys([_SUPPORT, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))])
)
