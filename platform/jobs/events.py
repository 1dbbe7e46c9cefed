"""Events: a lower part records that something happened; the higher parts' jobs take it from there.

Recording inserts one job per subscriber in the same transaction, so an event is exactly as durable as the fact it tells of.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from piecework.platform.jobs.queue import enqueue

_subscriptions: dict[str, tuple[str, ...]] = {}


def connect_subscriptions(subscriptions: Iterable[Mapping[str, Sequence[str]]]) -> None:
    """Set, once per process, which kinds of jobs each event starts (called by the entry point that composes the parts)."""
    _subscriptions.clear()
    for mapping in subscriptions:
        for event, kinds in mapping.items():
            _subscriptions[event] = (*_subscriptions.get(event, ()), *kinds)


def subscribers(event: str) -> tuple[str, ...]:
    """The kinds of jobs that an event starts, for the hot statements that insert them themselves."""
    return _subscriptions.get(event, ())


async def record(event: str, happened: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Record occurrences (key, ids) of an event in the current transaction. The key must be unique per occurrence."""
    listed = list(happened)
    for kind in subscribers(event):
        await enqueue(kind, listed)
