"""Counters of the door in Prometheus' text form. Labels are routes and kinds, never a person's words."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable

_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counts requests by route, method and status, and how long they took."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: Counter[float] = Counter()
        self._seconds = 0.0
        self._total = 0

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was answered; `route` is its pattern, not its address."""
        with self._lock:
            self._requests[route, method, status] += 1
            self._total += 1
            self._seconds += seconds
            for bound in _BOUNDS:
                if seconds <= bound:
                    self._buckets[bound] += 1

    def text(self, gauges: Iterable[tuple[str, str, float]]) -> str:
        """Write everything down; `gauges` are (name, what it says, value) of the moment."""
        lines = [
            "# HELP annexa_http_requests_total Requests answered.",
            "# TYPE annexa_http_requests_total counter",
        ]
        with self._lock:
            for (route, method, status), number in sorted(self._requests.items()):
                labels = f'route="{route}",method="{method}",status="{status}"'
                lines.append(f"annexa_http_requests_total{{{labels}}} {number}")
            lines += [
                "# HELP annexa_http_request_seconds Time until an answer began.",
                "# TYPE annexa_http_request_seconds histogram",
            ]
            for bound in _BOUNDS:
                count = self._buckets[bound]
                lines.append(f'annexa_http_request_seconds_bucket{{le="{bound}"}} {count}')
            lines += [
                f'annexa_http_request_seconds_bucket{{le="+Inf"}} {self._total}',
                f"annexa_http_request_seconds_sum {self._seconds:.6f}",
                f"annexa_http_request_seconds_count {self._total}",
            ]
        for name, said, value in gauges:
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {name} {said}", f"# TYPE {name} {kind}", f"{name} {value:g}"]
        return "\n".join(lines) + "\n"
