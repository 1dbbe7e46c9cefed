"""Invariants: statements about the living database that must hold at every commit. `piecework verify` runs them all."""

from dataclasses import dataclass

from piecework.platform import db


@dataclass(frozen=True, slots=True)
class Invariant:
    """A name, the sentence that must be true, and a query that returns the rows which break it (none: it holds)."""

    name: str
    says: str
    violations: str


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
    """Run one invariant over the whole database, in one statement, so over one snapshot."""
    sql = f"SELECT *, count(*) OVER () AS _total FROM ({invariant.violations}) v LIMIT {SHOWN}"
    found = await db.rows(sql)
    shown = [{key: str(value) for key, value in row.items() if key != "_total"} for row in found]
    return Finding(invariant.name, invariant.says, found[0]["_total"] if found else 0, shown)
