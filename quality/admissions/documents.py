"""Published documents in versions: application forms, interview guides, ways in. A direction's own wins over the general one.

A general form and guide ship with the product; they become version 1 when somebody first needs them kept.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.quality.admissions.errors import GeneralWayIn
from piecework.quality.admissions.specs import Document, Form, Guide, WayIn

Spec = TypeVar("Spec", Form, Guide)
READER: TypeAdapter[Form | Guide | WayIn] = TypeAdapter(Document)
SHIPPED = {"form": "general_form.json", "guide": "interview_guide.json"}
CURRENT = """
SELECT * FROM admission_document WHERE kind = $1 AND (direction = $2 OR direction IS NULL)
ORDER BY direction NULLS LAST, version DESC LIMIT 1"""
NEWEST = """
SELECT DISTINCT ON (direction) * FROM admission_document WHERE kind = $1 AND direction IS NOT NULL ORDER BY direction, version DESC LIMIT 500"""
PUBLISH = """
INSERT INTO admission_document (kind, direction, version, spec, published_by, reason)
SELECT $1, $2, coalesce(max(version), 0) + 1, $3::jsonb, $4, $5 FROM admission_document
WHERE kind = $1 AND direction IS NOT DISTINCT FROM $2
RETURNING *"""
KEEP_SHIPPED = """
INSERT INTO admission_document (kind, version, spec, reason) VALUES ($1, 1, $2::jsonb, 'It ships with the product.')
ON CONFLICT ON CONSTRAINT admission_document_version_key DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Published:
    """One version of a document. `id` None: it ships with the product and nothing has needed it so far."""

    id: UUID | None
    kind: str
    direction: str | None
    version: int
    spec: Form | Guide | WayIn
    published_by: UUID | None
    reason: str
    published_at: datetime | None


@cache
def shipped(kind: str) -> Form | Guide:
    """The general form or guide that ships."""
    read = READER.validate_json((files(__package__) / "data" / SHIPPED[kind]).read_bytes())
    assert isinstance(read, Form | Guide)
    return read


async def current(kind: str, direction: str | None) -> Published | None:
    """What is in force for a direction: its own newest version, else the general one, else what ships. None: a way in is not published."""
    row = await db.row(CURRENT, kind, direction)
    if row is not None:
        return _published(row)
    return Published(None, kind, None, 1, shipped(kind), None, "", None) if kind in SHIPPED else None


async def newest(kind: str) -> list[Published]:
    """The newest version of each direction that has its own, by the direction's code."""
    return [_published(row) for row in await db.rows(NEWEST, kind)]


async def kept(kind: str, direction: str) -> UUID:
    """The id of the form or guide in force for a direction, which it has from now on if it ships."""
    if await db.row(CURRENT, kind, direction) is None:
        await db.execute(KEEP_SHIPPED, kind, shipped(kind).model_dump_json(by_alias=True))
    row = await db.row(CURRENT, kind, direction)
    assert row is not None
    return UUID(str(row["id"]))


async def form_of(document_id: UUID) -> Form:
    """The spec of a form."""
    return (await forms_of([document_id]))[document_id]


async def forms_of(document_ids: Collection[UUID]) -> dict[UUID, Form]:
    """The specs of several forms, by their ids."""
    return await _of_kind(document_ids, Form)


async def guide_of(document_id: UUID) -> Guide:
    """The spec of an interview guide."""
    return (await guides_of([document_id]))[document_id]


async def guides_of(document_ids: Collection[UUID]) -> dict[UUID, Guide]:
    """The specs of several interview guides, by their ids."""
    return await _of_kind(document_ids, Guide)


async def _of_kind(document_ids: Collection[UUID], kind: type[Spec]) -> dict[UUID, Spec]:
    """The specs of documents that are all of one kind, by their ids."""
    found = {}
    for row in await db.rows("SELECT id, spec FROM admission_document WHERE id = ANY ($1)", list(document_ids)):
        spec = READER.validate_json(row["spec"])
        assert isinstance(spec, kind)
        found[UUID(str(row["id"]))] = spec
    return found


async def publish(actor: UUID, direction: str | None, spec: Form | Guide | WayIn, reason: str) -> Published:
    """Publish the next version. It holds for who applies from now on; candidacies that are under way keep theirs.

    Raises:
        NotFound: there is no such direction.
        GeneralWayIn: a way in belongs to a direction.
    """
    if direction is None and spec.kind == "way_in":
        raise GeneralWayIn
    if direction is not None and not await db.scalar("SELECT true FROM project WHERE code = $1", direction):
        raise NotFound
    # One at a time, so that two of them do not take the same number.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('admission_document', 0))")
    row = await db.row(PUBLISH, spec.kind, direction, spec.model_dump_json(by_alias=True), actor, reason)
    assert row is not None
    await trail.record(
        actor, "admission.published", "admission_document", row["id"], reason=reason, of=spec.kind, direction=direction
    )
    return _published(row)


async def versions(kind: str | None, direction: str | None, before: UUID, limit: int) -> list[Published]:
    """What was published, newest first."""
    found = await db.rows(
        """SELECT * FROM admission_document WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR direction = $2) AND id < $3
           ORDER BY id DESC LIMIT $4""",
        kind,
        direction,
        before,
        limit,
    )
    return [_published(row) for row in found]


def _published(row: Mapping[str, Any]) -> Published:
    return Published(**{**row, "spec": READER.validate_python(orjson.loads(row["spec"]), strict=False)})
