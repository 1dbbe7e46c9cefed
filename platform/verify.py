"""`piecework verify`: every invariant of the living database, and which rows break it."""

from collections.abc import AsyncIterator

from piecework.platform.composition import invariants
from piecework.platform.invariants import Finding, check


async def verify() -> AsyncIterator[Finding]:
    """Check one invariant after the other on the connected database."""
    for invariant in invariants():
        yield await check(invariant)
