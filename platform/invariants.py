"""Invariants: statements about the living database that must hold at every commit. `piecework verify` runs them all."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from piecework.platform import db


@dataclass(frozen=True, slots=True)
class Invariant:
    """A name, the sentence that must be true, and a query that returns the rows which break it (none: it holds).

    What no query can say is a function that returns such rows; the state that it reads must not be one that changes.
    """

    name: str
    says: str
    violations: str | Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome for one invariant: how many rows break it and the first few of them."""

    name: str
    says: str
    broken: int
    rows: list[dict[str, str]]

    @property
    def ok(self) -> bool:
        """True if no row breaks it."""
        return self.broken == 0


SHOWN = 10


async def check(invariant: Invariant) -> Finding:
    """Run one invariant over the whole database: a query in one statement, so over one snapshot."""
    if not isinstance(invariant.violations, str):
        broken = await invariant.violations()
        rows = [{key: str(value) for key, value in row.items()} for row in broken[:SHOWN]]
        return Finding(invariant.name, invariant.says, len(broken), rows)
    sql = f"SELECT *, count(*) OVER () AS _total FROM ({invariant.violations}) v LIMIT {SHOWN}"
    found = await db.rows(sql)
    shown = [{key: str(value) for key, value in row.items() if key != "_total"} for row in found]
    return Finding(invariant.name, invariant.says, found[0]["_total"] if found else 0, shown)
