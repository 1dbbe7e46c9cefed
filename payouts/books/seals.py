"""Sealing: entries in blocks that are hashed one after the other, asynchronously, so that recording money never waits for it.

What changes after it was sealed is found by reckoning the hashes anew. Whoever owns the database could reckon them all anew as well;
so the newest hash goes into the files of every payout, and `verify` looks for each hash that was ever printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from piecework.platform import db
from piecework.platform.jobs import Job, JobKind

BLOCK = 5_000
BLOCKS_AT_ONCE = 10
EVERY_S = 5.0

# Each block's own hash anew, from the entries that lie between its bounds today and the hash stored before it.
BROKEN = """
SELECT s.no, s.hash = again.hash AS same, s.entries AS sealed, again.entries AS found,
       s.prev = coalesce(b.hash, sha256('piecework ledger')) AS linked
FROM seal s LEFT JOIN seal b ON b.no = s.no - 1
CROSS JOIN LATERAL seal_of(s.prev, coalesce(b.last_xact, '0'), coalesce(b.last_id, 0), s.last_xact, s.last_id) again
WHERE s.no > $1 ORDER BY s.no LIMIT $2"""

UNSEALED = """
SELECT count(*) AS entries, min(e.recorded_at) AS oldest FROM entry e
WHERE (e.xact, e.id) > (coalesce((SELECT last_xact FROM seal ORDER BY no DESC LIMIT 1), '0'),
                        coalesce((SELECT last_id FROM seal ORDER BY no DESC LIMIT 1), 0))"""


@dataclass(slots=True)
class Chain:
    """What verifying found. `broken` are the numbers of blocks that are not what they were when they were sealed."""

    blocks: int = 0
    entries: int = 0
    broken: list[int] = field(default_factory=list)
    unsealed: int = 0
    oldest_unsealed: datetime | None = None


async def seal(most: int = BLOCK) -> int:
    """Seal the next entries, at most so many; returns how many. In the caller's transaction."""
    sealed: int = await db.scalar("SELECT seal_next($1)", most)
    return sealed


async def head() -> str:
    """The newest hash in hexadecimal digits; empty while nothing is sealed."""
    found: str | None = await db.scalar("SELECT encode(hash, 'hex') FROM seal ORDER BY no DESC LIMIT 1")
    return found or ""


async def verify() -> Chain:
    """Reckon every block anew from the entries that are there today, a few blocks at a time. Changes nothing."""
    chain = Chain()
    while rows := await db.rows(BROKEN, chain.blocks, BLOCKS_AT_ONCE):
        for row in rows:
            chain.blocks = row["no"]
            chain.entries += row["found"]
            if not (row["same"] and row["linked"] and row["sealed"] == row["found"]):
                chain.broken.append(row["no"])
    rest = await db.row(UNSEALED)
    assert rest is not None
    chain.unsealed, chain.oldest_unsealed = rest["entries"], rest["oldest"]
    return chain


async def _seal(_jobs: Sequence[Job]) -> None:
    for _ in range(BLOCKS_AT_ONCE):
        if await seal() < BLOCK:
            return


JOBS = (JobKind("payouts.seal", _seal, every_s=EVERY_S, lease_s=60),)
