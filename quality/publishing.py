"""What curators publish in versions, exams and courses: drafted by one, published by another, for whoever begins from then on.

What a version says never changes, so whoever is under way goes on by theirs. The tables are those of make_published (sql/publishing.sql).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import Conflict, Invalid, NotFound
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape
from piecework.tasks.models import Project
from piecework.tasks.workflows import Code

MOST_LISTED = 500
LISTED = """
SELECT * FROM {kind} WHERE ($1::text IS NULL OR code = $1) AND (NOT $2 OR (published_at IS NOT NULL AND retired_at IS NULL))
ORDER BY code, version DESC LIMIT $3
"""
ONE = "SELECT * FROM {kind} WHERE code = $1 AND version = $2"
INSERT = "INSERT INTO {kind} (code, version, project_id, spec, author) VALUES ($1, $2, $3, $4::jsonb, $5) RETURNING id"
PUBLISH = "UPDATE {kind} SET published_by = $2, published_at = clock_timestamp() WHERE id = $1"
RETIRE = "UPDATE {kind} SET retired_by = $2, retired_at = clock_timestamp() WHERE id = $1"
HAND = "SELECT EXISTS (SELECT FROM {kind} WHERE code = $1 AND $2 IN (author, published_by))"
AT_THE_STAGE = """
SELECT 'freelancer' = ANY (a.roles) AS any_code, ARRAY (
    SELECT w.spec ->> ($2::jsonb ->> c.stage) FROM candidacy c JOIN admission_document w ON w.id = c.way_in_id
    WHERE c.freelancer_id = a.id AND c.state = 'open') AS codes
FROM account a WHERE a.id = $1
"""
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1 || ' ' || $2, 0))"


class OwnDraft(Conflict):
    """A second person publishes."""

    code = "own_draft"
    title = "You wrote this version: another curator must publish it."


class NotADraft(Conflict):
    """The version was published or withdrawn before."""

    code = "not_a_draft"
    title = "This version is not a draft."


class Directed(Shape):
    """What a version says. `direction` is the code of the project that it belongs to, if it belongs to one."""

    direction: Code | None = None


S = TypeVar("S", bound=Directed)


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind of what is published: its table, which is its name in the trail too, and what its versions say."""

    name: Literal["exam", "course"]
    spec: type[S]
    stages: Mapping[str, str]
    """The stages of a candidacy that ask for one, and what the way in calls its code by there."""

    def sql(self, text: str) -> str:
        """A statement about this kind's table."""
        return text.replace("{kind}", self.name)


@dataclass(frozen=True, slots=True)
class Version(Generic[S]):
    """A version as it is stored."""

    id: UUID
    code: str
    version: int
    project_id: UUID | None
    spec: S
    author: UUID
    created_at: datetime
    published_by: UUID | None
    published_at: datetime | None
    retired_by: UUID | None
    retired_at: datetime | None

    @property
    def state(self) -> Literal["draft", "published", "retired"]:
        """A draft that is withdrawn is retired too."""
        return "retired" if self.retired_at is not None else "draft" if self.published_at is None else "published"


async def direction(spec: Directed) -> Project | None:
    """The project that a version belongs to.

    Raises:
        Invalid: there is no such project.
    """
    if spec.direction is None:
        return None
    project = await Project.get_or_none(code=spec.direction)
    if project is None:
        raise invalid("spec.direction", "unknown_direction", Said("There is no such project."))
    return project


async def draft(kind: Kind[S], actor: UUID, code: str, spec: S, project: Project | None) -> tuple[UUID, int]:
    """Store the next version of a code as a draft; returns its id and its number.

    Raises:
        Invalid: it is of another direction than the versions before.
    """
    await db.execute(LOCK, kind.name, code)
    last = next(iter(await _read(kind, LISTED, code, False, 1)), None)
    if last is not None and last.spec.direction != spec.direction:
        raise invalid(
            "spec.direction",
            "other_direction",
            Said("The versions before are of %(direction)s.", direction=last.spec.direction or Said("no direction")),
        )
    number = 1 if last is None else last.version + 1
    project_id = None if project is None else project.id
    made: UUID = await db.scalar(kind.sql(INSERT), code, number, project_id, spec.model_dump_json(by_alias=True), actor)
    await trail.record(actor, f"{kind.name}.drafted", kind.name, made, code=code, version=number)
    return made, number


async def publish(kind: Kind[S], actor: UUID, code: str, number: int) -> Version[S]:
    """Let people begin with a version from now on; the one before is retired.

    Raises:
        NotFound, NotADraft, OwnDraft: see there.
    """
    found = await _held(kind, code, number)
    if found.state != "draft":
        raise NotADraft
    if found.author == actor:
        raise OwnDraft
    for before in await versions(kind, code, published=True):
        await db.execute(kind.sql(RETIRE), before.id, actor)
    await db.execute(kind.sql(PUBLISH), found.id, actor)
    await trail.record(actor, f"{kind.name}.published", kind.name, found.id, code=code, version=number)
    return await one(kind, code, number)


async def retire(kind: Kind[S], actor: UUID, code: str, number: int, reason: str) -> Version[S]:
    """Let nobody begin with a version any more; a draft is withdrawn with it. Retired once, it stays as it is.

    Raises:
        NotFound: there is none.
    """
    found = await _held(kind, code, number)
    if found.state == "retired":
        return found
    await db.execute(kind.sql(RETIRE), found.id, actor)
    await trail.record(actor, f"{kind.name}.retired", kind.name, found.id, reason=reason, code=code, version=number)
    return await one(kind, code, number)


async def versions(kind: Kind[S], code: str | None = None, *, published: bool = False) -> Sequence[Version[S]]:
    """Versions by code, the newest first, at most MOST_LISTED: of all codes or one, of those that are published or all."""
    return await _read(kind, LISTED, code, published, MOST_LISTED)


async def one(kind: Kind[S], code: str, number: int) -> Version[S]:
    """One version; NotFound if there is none."""
    found = await _read(kind, ONE, code, number)
    if not found:
        raise NotFound
    return found[0]


async def published(kind: Kind[S], code: str) -> Version[S]:
    """The version that people begin with now; NotFound if there is none."""
    found = await versions(kind, code, published=True)
    if not found:
        raise NotFound
    return found[0]


async def had_a_hand(kind: Kind[S], person: UUID, code: str) -> bool:
    """True if they wrote or published a version of this code: they know what is right."""
    return bool(await db.scalar(kind.sql(HAND), code, person))


async def theirs(kind: Kind[S], person: UUID) -> Callable[[str], bool]:
    """Which codes they may begin: a freelancer any, an applicant those that their stage asks for."""
    row = await db.row(AT_THE_STAGE, person, orjson.dumps(kind.stages).decode())
    return lambda code: row is not None and (row["any_code"] or code in row["codes"])


def invalid(field: str, code: str, message: str | Said) -> Invalid:
    """A refusal for one field."""
    return Invalid(errors=[{"field": field, "code": code, "message": message}])


async def _held(kind: Kind[S], code: str, number: int) -> Version[S]:
    """One version, with those of its code held."""
    await db.execute(LOCK, kind.name, code)
    return await one(kind, code, number)


async def _read(kind: Kind[S], statement: str, *given: Any) -> list[Version[S]]:
    rows = [dict(row) for row in await db.rows(kind.sql(statement), *given)]
    return [Version(**{**row, "spec": kind.spec.model_validate_json(row["spec"])}) for row in rows]
