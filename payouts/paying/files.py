"""Files of an approved run. Each is made once and kept: whoever asks again, twenty at once, gets the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from piecework.payouts.formats.files import FORMATS, write
from piecework.payouts.formats.orders import Batch
from piecework.payouts.paying.batches import batch
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

STORED = "SELECT content, sha256 FROM payout_file WHERE run_id = $1 AND format = $2"

STORE = """
INSERT INTO payout_file (run_id, format, sha256, content, made_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class PayoutFile:
    """A file as it was first made."""

    name: str
    media_type: str
    content: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """That a file was made: what its bytes sum to."""

    format: str
    sha256: bytes
    bytes: int
    made_at: datetime


async def file(actor: UUID | None, run_id: UUID, name: str) -> PayoutFile:
    """The run's file of a format: the stored one, or made now and stored in the caller's transaction.

    Of two that make it at the same time the first to commit is right; the other gets its bytes. If nobody commits nothing is stored,
    and what is made later is the same, because it is a function of what was approved.

    Raises:
        NotFound: there is no such run or format, or the file is no longer kept.
        PayoutNotApproved, NoDetailsKept: see there.
        Invalid: the format cannot hold what is in it.
    """
    if name not in FORMATS:
        raise NotFound
    kind = FORMATS[name]
    if (kept := await db.row(STORED, run_id, name)) is None:
        kept = await _make(actor, run_id, name, await batch(run_id))
    if not kept["content"]:
        raise NotFound
    run = await db.row("SELECT currency, number FROM payout_run WHERE id = $1", run_id)
    assert run is not None
    called = f"payout-{run['currency']}-{run['number']}.{kind.extension}"
    return PayoutFile(called, kind.media_type, kept["content"], kept["sha256"])


async def made(run_id: UUID) -> list[Made]:
    """The files that exist of a run."""
    found = await db.rows(
        "SELECT format, sha256, length(content) AS bytes, made_at FROM payout_file WHERE run_id = $1 ORDER BY format", run_id
    )
    return [Made(**row) for row in found]


async def _make(actor: UUID | None, run_id: UUID, name: str, what: Batch) -> Any:
    content = write(name, what)
    digest = sha256(content).digest()
    if await db.execute(STORE, run_id, name, digest, content, actor):
        facts: dict[str, Any] = {"format": name, "sha256": digest.hex(), "orders": what.count, "sum": what.sum}
        await trail.record(actor, "payout.file_made", "payout", run_id, **facts)
    return await db.row(STORED, run_id, name)
