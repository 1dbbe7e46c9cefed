"""The audit trail: who did what to which object, when and why. Append-only; refused changes are refused by the database."""

from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db


async def record(
    actor: UUID | None, action: str, subject: str, subject_id: object, *, reason: str = "", on: str = db.APP, **detail: Any
) -> None:
    """Write one line in the current transaction. `actor` None is the system itself; `detail` holds ids and numbers only."""
    await db.execute(
        "INSERT INTO trail (actor, action, subject, subject_id, reason, detail) VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
        actor,
        action,
        subject,
        str(subject_id),
        reason,
        orjson.dumps(detail, default=str).decode(),
        on=on,
    )
