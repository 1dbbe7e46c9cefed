"""Counters and times of requests, for /metrics."""

from collections.abc import Callable
from functools import cache

from prometheus_client import Counter, Histogram

REQUESTS = Counter("piecework_requests_total", "Requests answered.", ["operation", "status"])
SECONDS = Histogram(
    "piecework_request_seconds",
    "Time to answer a request.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)


@cache
def requests(operation: str) -> Callable[[int, float], None]:
    """A function that counts one answered request of an operation: status, seconds."""
    seconds = SECONDS.labels(operation)
    by_status: dict[int, Counter] = {}

    def measure(status: int, took_s: float) -> None:
        counter = by_status.get(status)
        if counter is None:
            counter = by_status[status] = REQUESTS.labels(operation, str(status))
        counter.inc()
        seconds.observe(took_s)

    return measure
