"""What people are writing: kept between the pages that they write it on, whether or not it fits together yet.

A draft has a kind, an owner (a person, or a thing such as a project, whose writers then share it) and a name among the owner's. What is
kept names the revision that it was written from, so that nobody undoes what somebody else, or they in another window, wrote meanwhile.
What nobody has touched for `DAYS` is thrown away (platform/personal/own.py declares it).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db
from piecework.platform.errors import Conflict

DAYS = 30
KEPT = """
SELECT spec, revision, changed_at, changed_by, begun_from FROM draft WHERE (kind, owner, name) = ($1, $2, $3)
"""
KEEP = """
INSERT INTO draft (kind, owner, name, spec, changed_by, begun_from)
SELECT $1, $2, $3, $4::jsonb, $5, $6
WHERE $7::uuid IS NULL OR EXISTS (SELECT FROM draft WHERE (kind, owner, name) = ($1, $2, $3))
ON CONFLICT (kind, owner, name) DO UPDATE
    SET spec = excluded.spec, changed_by = excluded.changed_by, revision = uuidv7(), changed_at = clock_timestamp()
    WHERE draft.revision = $7
RETURNING revision
"""


class DraftChanged(Conflict):
    """The draft was kept, sent off or thrown away since the state that this was written from."""

    code = "draft_changed"
    title = "The draft was changed meanwhile, in another window or by somebody else. Look at it first."


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written so far. `begun_from` names what was in force when it was begun, if anything was."""

    spec: Mapping[str, Any]
    revision: UUID
    changed_at: datetime
    changed_by: UUID
    begun_from: str | None

    @property
    def kept_until(self) -> datetime:
        """When it is thrown away if nobody touches it before."""
        return until(self.changed_at)


def until(changed_at: datetime) -> datetime:
    """When a draft that was last changed at this moment is thrown away."""
    return changed_at + timedelta(days=DAYS)


async def kept(kind: str, owner: UUID, name: str = "") -> Draft | None:
    """A draft, if there is one."""
    row = await db.row(KEPT, kind, owner, name)
    return None if row is None else Draft(**{**row, "spec": orjson.loads(row["spec"])})


async def keep(
    actor: UUID,
    kind: str,
    owner: UUID,
    name: str,
    spec: Mapping[str, Any],
    *,
    revision: UUID | None,
    begun_from: str | None = None,
) -> UUID:
    """Keep a draft that was written from this revision (None: there was none); returns its new one.

    `begun_from` counts for a new draft only.

    Raises:
        DraftChanged: see there.
    """
    made: UUID | None = await db.scalar(KEEP, kind, owner, name, json.dumps(spec), actor, begun_from, revision)
    if made is None:
        raise DraftChanged
    return made


async def drop(kind: str, owner: UUID, name: str = "") -> None:
    """Throw a draft away, if there is one."""
    await db.execute("DELETE FROM draft WHERE (kind, owner, name) = ($1, $2, $3)", kind, owner, name)
