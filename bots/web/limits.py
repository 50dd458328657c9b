"""How much one person, or one address, may ask of the door: buckets that fill again. In memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_MOST = 20_000
"""How many keys are remembered; the one that came longest ago is forgotten."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limits:
    """Buckets by key: `allow` takes one from a bucket of `per_minute` and says how long to wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with every bucket full."""
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def wait(self, kind: str, key: str, per_minute: int) -> float:
        """Take one and give 0, or give the seconds until there is one again."""
        now = self._clock()
        bucket = self._buckets.pop((kind, key), None) or _Bucket(float(per_minute), now)
        self._buckets[kind, key] = bucket
        if len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        bucket.left = min(float(per_minute), bucket.left + (now - bucket.at) * per_minute / 60)
        bucket.at = now
        if bucket.left < 1:
            return (1 - bucket.left) * 60 / per_minute
        bucket.left -= 1
        return 0.0
