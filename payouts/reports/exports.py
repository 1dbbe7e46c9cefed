"""Long reports, written in the background: asked for, worked on by one worker at a time, read in pieces, removed after some days.

A report is written from one snapshot to a temporary file, on a connection apart from the job's own transaction; that one stores the bytes
and ends the job, so an export is whole or not there. While it is written the job's lease is renewed and the number of rows told; a
killed worker's lease runs out, and the export starts anew.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import IO, Any
from uuid import UUID

import orjson

from piecework.payouts.errors import TooManyExports
from piecework.payouts.reports import engine
from piecework.payouts.reports.filters import Filters
from piecework.platform import db, trail
from piecework.platform.errors import NotFound, Problem
from piecework.platform.jobs import Job, JobKind, enqueue, keep

KIND = "payouts.report"
CHUNK = 1024 * 1024
PIECE = 64 * 1024
"""So much of a written report is read at once to show some lines of it."""
KEPT_DAYS = 7
AT_ONCE = 20
"""So many exports that are not written yet may one person have."""
TURN_S = 2.0


async def ask(actor: UUID, name: str, form: str, given: Filters) -> UUID:
    """Ask for a report in the current transaction; returns the export's id.

    Raises:
        NotFound: there is no such report in this format.
        Invalid: the filters do not fit.
        TooManyExports: the person has too many that are not written yet.
    """
    await engine.check(name, form, given)
    await db.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", actor)
    waiting = await db.scalar(
        """SELECT count(*) FROM report_export x WHERE x.asked_by = $1 AND x.finished_at IS NULL
           AND EXISTS (SELECT FROM job WHERE kind = $2 AND key LIKE x.id || '%' AND dead_at IS NULL)""",
        actor,
        KIND,
    )
    if waiting >= AT_ONCE:
        raise TooManyExports
    export_id: UUID = await db.scalar(
        "INSERT INTO report_export (report, format, filters, asked_by) VALUES ($1, $2, $3::jsonb, $4) RETURNING id",
        name,
        form,
        orjson.dumps(given.stored()).decode(),
        actor,
    )
    await enqueue(KIND, [(str(export_id), {})])
    await trail.record(actor, "report_export.asked", "report_export", export_id, report=name, format=form, filters=given.stored())
    return export_id


async def show(actor: UUID, export_id: UUID) -> dict[str, Any]:
    """One export of the person's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await db.row(f"{SHOWN} WHERE x.asked_by = $1 AND x.id = $2", actor, export_id)
    if found is None:
        raise NotFound
    return _told(found)


async def listed(actor: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's exports with ids below `before`, newest first."""
    found = await db.rows(f"{SHOWN} WHERE x.asked_by = $1 AND x.id < $2 ORDER BY x.id DESC LIMIT $3", actor, before, limit)
    return [_told(row) for row in found]


async def chunks(export_id: UUID) -> AsyncIterator[bytes]:
    """The bytes of a finished export, a piece at a time; no connection is held in between."""
    no = 0
    while (
        piece := await db.scalar("SELECT bytes FROM report_chunk WHERE export_id = $1 AND no = $2", export_id, no)
    ) is not None:
        yield piece
        no += 1


async def lines(export_id: UUID, start: int, limit: int) -> list[bytes]:
    """Whole lines of a finished export from a byte on that begins one, at most `limit` of them, each with its end."""
    found: list[bytes] = []
    tail, at = b"", start
    while len(found) < limit:
        no, skipped = divmod(at, CHUNK)
        piece: bytes | None = await db.scalar(
            "SELECT substring(bytes FROM $3 FOR $4) FROM report_chunk WHERE export_id = $1 AND no = $2",
            export_id,
            no,
            skipped + 1,
            PIECE,
        )
        if not piece:
            break
        at += len(piece)
        *whole, tail = (tail + piece).split(b"\n")
        found += [line + b"\n" for line in whole]
    return found[:limit]


async def run(kind: JobKind, job: Job) -> None:
    """Write one export within the job's transaction. One is written at a time: others are put off, for the worker has more to do.

    Raises:
        Zombie: the lease was lost on the way; nothing of it stays.
    """
    export_id = UUID(job.key.partition(".")[0])
    found = await db.row("SELECT report, format, filters, finished_at FROM report_export WHERE id = $1", export_id)
    if found is None or found["finished_at"] is not None:
        return
    if not await db.scalar("SELECT pg_try_advisory_xact_lock(hashtext('piecework.payouts.report'))"):
        await enqueue(kind.name, [(_next(job.key), {})], await db.scalar("SELECT now() + make_interval(secs => $1)", TURN_S))
        return
    await db.execute(
        "SET LOCAL idle_in_transaction_session_timeout = 0"
    )  # it waits while the rows are read on another connection
    with tempfile.TemporaryFile() as file:
        progress = Progress(export_id)
        async with _keeping(kind, job, progress):
            try:
                written = await _write(found, file, progress)
            except Problem as problem:  # what it was narrowed to is gone, or the report itself since an update
                await db.execute("UPDATE report_export SET failure = $2 WHERE id = $1", export_id, str(problem))
                return
            await _store(export_id, file, written, engine.shown(found["report"], written.totals))


async def remove_old() -> int:
    """Remove what was asked for long ago; returns how many."""
    return await db.execute("DELETE FROM report_export WHERE asked_at < now() - make_interval(days => $1)", KEPT_DAYS)


class Progress:
    """How far an export is; told to the database now and then."""

    def __init__(self, export_id: UUID) -> None:
        self.export_id = export_id
        self.expected: int | None = None
        self.done = 0

    async def tell(self) -> None:
        """In a transaction of its own, so that it shows at once."""
        async with db.apart():
            await db.execute(
                "UPDATE report_export SET rows_expected = $2, rows_done = $3 WHERE id = $1",
                self.export_id,
                self.expected,
                self.done,
            )

    def set(self, done: int) -> None:
        """So many rows are written."""
        self.done = done


async def _write(asked: Any, file: IO[bytes], progress: Progress) -> engine.Written:
    given = Filters.model_validate_json(asked["filters"])
    async with engine.snapshot(apart=True):
        progress.expected = await engine.expected(asked["report"], given)
        return await engine.write(asked["report"], asked["format"], given, file, told=progress.set)


async def _store(export_id: UUID, file: IO[bytes], written: engine.Written, totals: list[dict[str, Any]]) -> None:
    digest, size, no = hashlib.sha256(), 0, 0
    file.seek(0)
    while piece := file.read(CHUNK):
        digest.update(piece)
        size += len(piece)
        await db.execute("INSERT INTO report_chunk (export_id, no, bytes) VALUES ($1, $2, $3)", export_id, no, piece)
        no += 1
    await db.execute(
        """UPDATE report_export SET rows_expected = $2, rows_done = $2, finished_at = clock_timestamp(), rows = $2, totals = $3::jsonb,
                  size = $4, sha256 = $5 WHERE id = $1""",
        export_id,
        written.rows,
        orjson.dumps(totals).decode(),
        size,
        digest.digest(),
    )


@contextlib.asynccontextmanager
async def _keeping(kind: JobKind, job: Job, progress: Progress) -> AsyncIterator[None]:
    """Renew the lease and tell the progress until the block ends; a lost lease ends the block."""
    working = asyncio.current_task()
    assert working is not None
    lost: list[BaseException] = []

    async def renew() -> None:
        try:
            while True:
                await asyncio.sleep(kind.lease_s / 10)
                await keep(kind, job)
                await progress.tell()
        except Exception as error:  # noqa: BLE001 - whatever it is, the work must not go on without a lease
            lost.append(error)
            working.cancel()

    renewing = asyncio.create_task(renew())
    try:
        yield
    except asyncio.CancelledError:
        if lost:
            working.uncancel()
            raise lost[0] from None
        raise
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


def _next(key: str) -> str:
    """The key of the same job's next turn: its own row ends with the transaction."""
    export_id, _, turn = key.partition(".")
    return f"{export_id}.{int(turn or 0) + 1}"


SHOWN = f"""
SELECT x.id, x.report AS name, x.format, x.filters, x.asked_at, x.rows_expected, x.rows_done, x.finished_at, x.rows, x.totals, x.size,
       encode(x.sha256, 'hex') AS sha256, coalesce(x.failure, j.last_error) AS failure,
       CASE WHEN x.finished_at IS NOT NULL THEN 'done' WHEN x.failure IS NOT NULL OR j.dead_at IS NOT NULL THEN 'failed'
            WHEN j.attempt > 0 THEN 'running' ELSE 'waiting' END AS state,
       x.asked_at + interval '{KEPT_DAYS} days' AS kept_until
FROM report_export x LEFT JOIN LATERAL (
    SELECT dead_at, attempt, last_error FROM job WHERE kind = '{KIND}' AND key LIKE x.id || '%' LIMIT 1) j ON true"""


def _told(row: Any) -> dict[str, Any]:
    told = dict(row)
    told["filters"] = orjson.loads(told["filters"])
    told["totals"] = None if told["totals"] is None else orjson.loads(told["totals"])
    return told
