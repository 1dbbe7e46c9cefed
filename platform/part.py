"""What a part of the house (tasks, quality, payouts, the platform itself) brings along, as plain data.

The entry points put the parts together from these declarations; no part registers itself by being imported.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from piecework.platform.invariants import Invariant
from piecework.platform.jobs import JobKind
from piecework.platform.pages.view import Pages
from piecework.platform.personal import Declared, Hindrance
from piecework.platform.web.operation import Operation


@dataclass(frozen=True, slots=True)
class Part:
    """One part's contribution: models, routes, permissions, jobs, subscriptions, invariants, gauges, personal data."""

    name: str
    models: Sequence[str] = ()
    migrations: str | None = None
    operations: Sequence[Operation] = ()
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Permission -> the roles that hold it."""
    jobs: Sequence[JobKind] = ()
    subscriptions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Event name -> kinds of jobs (of this part) that it starts."""
    invariants: Sequence[Invariant] = ()
    metrics: Callable[[], Awaitable[Mapping[str, float]]] | None = None
    pages: Pages | None = None
    personal: Sequence[Declared] = ()
    """What its tables keep about people; of those that refer to each other the referring one first."""
    hindrances: Sequence[Hindrance] = ()
    """What an erasure has to wait for."""
