"""Everything that is kept about one person, as one JSON document: each table with what it is, why it is kept and until when."""

import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import orjson

from piecework.platform import db, notices, trail
from piecework.platform.personal.declared import STAFF, PersonalData, everything
from piecework.platform.said import Said

PIECE = 256 * 1024
"""Bytes of one piece of a file, about."""
ROWS = 1000
KEPT_DAYS = 7
"""How long the file of an export is kept."""


def until(data: PersonalData) -> str:
    """Until when something is kept, in words."""
    by_age = f"Erased {data.days} days after it was made or last used, by itself." if data.days and not data.since_erasure else ""
    kept = f"After an erasure: {data.kept}" if data.kept else "Erased on your request."
    return " ".join(filter(None, (by_age, kept)))


async def text_about(who: UUID) -> AsyncIterator[bytes]:
    """The document, piece by piece. Needs a transaction, and is as of its statements."""
    made_at = await db.scalar("SELECT clock_timestamp()")
    yield b'{"person":%b,"made_at":%b,"sections":[' % (orjson.dumps(str(who)), orjson.dumps(made_at))
    for number, data in enumerate(everything()):
        head = {
            "name": data.table,
            "title": data.title,
            "purpose": data.purpose,
            "kept": until(data),
            "withheld": data.withheld or None,
        }
        yield (b"," if number else b"") + orjson.dumps(head)[:-1] + b',"rows":['
        if not data.withheld:
            source = f"({data.rows})" if data.rows else data.table
            sql = f"SELECT (to_jsonb(t) - $2::text[])::text AS one FROM {source} t WHERE {data.whose}"
            first = True
            async for rows in db.batches(sql, who, [*STAFF, *data.hide], size=ROWS):
                yield (b"" if first else b",") + b",".join(row["one"].encode() for row in rows)
                first = False
        yield b"]}"
    yield b"]}"


async def write(request_id: UUID) -> None:
    """Write the file of an open request for an export, end the request and tell its person; another's changes nothing."""
    # The account before the request, as an erasure does: it waits for the file and takes it along, or there is nothing to write any more.
    await db.execute(
        "SELECT FROM account WHERE id = (SELECT account_id FROM data_request WHERE id = $1) FOR KEY SHARE", request_id
    )
    who = await db.scalar(
        "SELECT account_id FROM data_request WHERE id = $1 AND kind = 'export' AND state = 'open' FOR UPDATE", request_id
    )
    if who is None:
        return
    digest, size, number, piece = hashlib.sha256(), 0, 0, bytearray()
    async for text in text_about(who):
        piece += text
        digest.update(text)
        size += len(text)
        if len(piece) >= PIECE:
            await _keep(request_id, number, piece)
            number, piece = number + 1, bytearray()
    await _keep(request_id, number, piece)
    await db.execute(
        """UPDATE data_request SET state = 'done', ended_at = clock_timestamp(), size = $2, sha256 = $3,
                  file_until = clock_timestamp() + make_interval(days => $4)
           WHERE id = $1""",
        request_id,
        size,
        digest.digest(),
        KEPT_DAYS,
    )
    await trail.record(None, "data.exported", "account", who, request=request_id, size=size)
    await notices.send(
        [who],
        "data.exported",
        Said("Your data is ready"),
        Said("Everything that is kept about you, in one file. It stays for %(days)s days.", days=KEPT_DAYS),
        link=f"/me/data-requests/{request_id}/file",
        key=str(request_id),
    )


async def _keep(request_id: UUID, number: int, piece: bytearray) -> None:
    await db.execute("INSERT INTO data_file (request_id, no, bytes) VALUES ($1, $2, $3)", request_id, number, bytes(piece))


async def pieces(request_id: UUID) -> AsyncIterator[bytes]:
    """The pieces of a file, one after the other."""
    number = 0
    while (
        piece := await db.scalar("SELECT bytes FROM data_file WHERE request_id = $1 AND no = $2", request_id, number)
    ) is not None:
        yield piece
        number += 1
