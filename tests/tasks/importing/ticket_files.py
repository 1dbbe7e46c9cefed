"""Lines of files of tickets, and what an import has made of them."""

import json
from collections.abc import Sequence
from typing import Any

from piecework.platform import db

HEADER = "external_id,channel,language,text"
GOOD = {"external_id": "T1", "channel": "email", "language": "en", "text": "where is my order"}


def line(number: int, text: str = "where is my order") -> str:
    return f"T{number},email,en,{text}\n"


def as_json(number: int, **changes: Any) -> str:
    return json.dumps(GOOD | {"external_id": f"T{number}"} | changes) + "\n"


async def tickets() -> dict[str, Any]:
    return {row["external_id"]: row for row in await db.rows("SELECT * FROM ticket")}


async def visible() -> Sequence[int]:
    """Rows that an import has made visible: tickets, originals, records, jobs."""
    row = await db.row(
        """SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM ticket_original), (SELECT count(*) FROM intake),
                  (SELECT count(*) FROM job WHERE kind = 'tasks.split')"""
    )
    assert row is not None
    return list(row.values())
