"""Requests of people about their own data. None of these commits; the edge does."""

from typing import Any
from uuid import UUID

from piecework.platform import db, jobs, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.personal import erasing
from piecework.platform.personal.errors import DataRequestEnded, DataRequestOpen, ExportFileGone, NotForDeciding, OwnDataRequest
from piecework.platform.said import Said

EXPORT = "platform.export_data"
SHOWN = """
SELECT id, account_id, kind, words, state, asked_at, due_at, state = 'open' AND due_at < clock_timestamp() AS overdue, reason, ended_at,
       CASE WHEN file_until > clock_timestamp() THEN file_until END AS file_until, size, encode(sha256, 'hex') AS sha256
FROM data_request"""


async def ask(me: UUID, kind: str, words: str) -> UUID:
    """Ask for everything that is kept about oneself (written by a job), or for its erasure (confirmed by an administrator).

    Raises:
        DataRequestOpen: see there.
    """
    made: UUID | None = await db.scalar(
        "INSERT INTO data_request (account_id, kind, words) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id",
        me,
        kind,
        words,
    )
    if made is None:
        raise DataRequestOpen
    if kind == "export":
        await jobs.enqueue(EXPORT, [(str(made), {})])
    await trail.record(me, "data.asked", "account", me, request=made, kind=kind)
    return made


async def mine(me: UUID, before: UUID, limit: int) -> list[dict[str, Any]]:
    """A person's requests, the newest first."""
    found = await db.rows(f"{SHOWN} WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", me, before, limit)
    return [await _with_hindrances(row) for row in found]


async def one_of_mine(me: UUID, request_id: UUID) -> dict[str, Any]:
    """One of a person's requests.

    Raises:
        NotFound: there is no such request of theirs.
    """
    found = await db.row(f"{SHOWN} WHERE account_id = $1 AND id = $2", me, request_id)
    if found is None:
        raise NotFound
    return await _with_hindrances(found)


async def open_ones(after: UUID, limit: int) -> list[dict[str, Any]]:
    """Requests that wait for an answer, in the order in which they were made and so are due: what is overdue comes first."""
    found = await db.rows(f"{SHOWN} WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2", after, limit)
    return [await _with_hindrances(row) for row in found]


async def _with_hindrances(row: Any) -> dict[str, Any]:
    waits = row["kind"] == "erasure" and row["state"] == "open"
    return {**row, "hindrances": await erasing.hindered(row["account_id"]) if waits else []}


async def with_file(me: UUID, request_id: UUID) -> dict[str, Any]:
    """One of a person's requests, of which there is a file now.

    Raises:
        NotFound: there is no such request of theirs.
        ExportFileGone: see there.
    """
    found = await one_of_mine(me, request_id)
    if found["file_until"] is None:
        raise ExportFileGone
    return found


async def withdraw(me: UUID, request_id: UUID) -> None:
    """Take one's request back.

    Raises:
        NotFound: there is no such request of theirs.
        DataRequestEnded: see there.
    """
    await one_of_mine(me, request_id)
    withdrawn = await db.execute(
        "UPDATE data_request SET state = 'withdrawn', ended_at = clock_timestamp() WHERE id = $1 AND state = 'open'", request_id
    )
    if not withdrawn:
        raise DataRequestEnded
    await trail.record(me, "data.withdrawn", "account", me, request=request_id)


async def decide(actor: UUID, request_id: UUID, *, erased: bool, reason: str) -> UUID:
    """Confirm an erasure and carry it out, or refuse it, which its person is told with the reason; returns the account's id.

    Raises:
        NotFound: there is no such request.
        NotForDeciding, DataRequestEnded, OwnDataRequest, erasing.ErasureHindered: see there.
    """
    found = await db.row("SELECT account_id, kind, state FROM data_request WHERE id = $1 FOR UPDATE", request_id)
    if found is None:
        raise NotFound
    if found["kind"] != "erasure":
        raise NotForDeciding
    if found["state"] != "open":
        raise DataRequestEnded
    who: UUID = found["account_id"]
    if who == actor:
        raise OwnDataRequest
    if erased:
        await erasing.erase(actor, who, reason)
    else:
        await trail.record(actor, "data.refused", "account", who, reason=reason, request=request_id)
        await notices.send(
            [who], "data.refused", Said("Your data was not erased"), reason, link="/me/data-requests", key=str(request_id)
        )
    await db.execute(
        "UPDATE data_request SET state = $2, decided_by = $3, reason = $4, ended_at = clock_timestamp() WHERE id = $1",
        request_id,
        "done" if erased else "refused",
        actor,
        reason,
    )
    return who
