"""Makes the builders of organisations and `tests/support` importable."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).parent
for place in (_HERE, _HERE.parent / "support"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))
