"""A project's instruction: versions that never change. One that must be read holds claims back until it, or a later one, was read."""

import asyncio
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.said import Said
from piecework.tasks.errors import ChangedMeanwhile
from piecework.tasks.models import Project

NOTICE = "instruction.published"
ABOUT = "version, language, summary, must_read, published_by, published_at"
READERS = """
SELECT p.freelancer_id AS id, a.name, (SELECT min(r.read_at) FROM reading r
           WHERE r.freelancer_id = p.freelancer_id AND r.project_id = $1 AND r.version >= $2) AS read_at
FROM (SELECT DISTINCT freelancer_id FROM may_work WHERE project_id = $1) p JOIN account a ON a.id = p.freelancer_id"""
# The newest instruction of each of these projects, and of those who may work on it how many have read that or a later one.
NEWEST = """
SELECT p.id, p.code AS project, p.name, i.version, i.language, i.must_read, i.published_at, count(w.freelancer_id) AS people,
       count(w.freelancer_id) FILTER (WHERE EXISTS (SELECT FROM reading r WHERE r.freelancer_id = w.freelancer_id AND r.project_id = p.id
                                                      AND r.version >= i.version)) AS read
FROM unnest($1::uuid[]) AS wanted (id) JOIN project p USING (id)
LEFT JOIN LATERAL (SELECT * FROM instruction WHERE project_id = p.id ORDER BY version DESC LIMIT 1) i ON true
LEFT JOIN LATERAL (SELECT DISTINCT freelancer_id FROM may_work WHERE project_id = p.id) w ON true
GROUP BY p.id, p.code, p.name, i.version, i.language, i.must_read, i.published_at ORDER BY p.id"""
MINE = """
SELECT p.code AS project, p.name, i.version, i.language, i.summary, i.published_at, m.unread,
       (SELECT max(r.version) FROM reading r WHERE r.freelancer_id = $1 AND r.project_id = p.id) AS read
FROM (SELECT project_id, bool_or(unread) AS unread FROM may_work WHERE freelancer_id = $1 GROUP BY project_id) m
JOIN project p ON p.id = m.project_id
JOIN LATERAL (SELECT * FROM instruction WHERE project_id = p.id ORDER BY version DESC LIMIT 1) i ON true
ORDER BY m.unread DESC, p.code"""


@dataclass(frozen=True, slots=True)
class Readership:
    """Of the `people` who may work on a project now, `read` have read a version or a later one."""

    people: int
    read: int
    page: list[dict[str, Any]]

    @property
    def share(self) -> float | None:
        """The share who have read it; None if nobody may work there."""
        return self.read / self.people if self.people else None


async def publish(
    actor: UUID, project: Project, *, text: str, language: str, summary: str, must_read: bool, after: int | None
) -> int:
    """Publish the next version of a project's instruction; returns its number.

    One that must be read is told to everybody who may work on the project, and holds their claims there from the commit on, until
    they have read it. `after`: the version that it was written from; None does not ask.

    Raises:
        ChangedMeanwhile: another version was published after that one.
    """
    await db.execute("SELECT FROM project WHERE id = $1 FOR NO KEY UPDATE", project.id)
    latest = await db.scalar("SELECT coalesce(max(version), 0) FROM instruction WHERE project_id = $1", project.id)
    if after is not None and after != latest:
        raise ChangedMeanwhile(version=latest)
    version: int = latest + 1
    await db.execute(
        """INSERT INTO instruction (project_id, version, language, text, summary, must_read, published_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        project.id,
        version,
        language,
        text,
        summary,
        must_read,
        actor,
    )
    await trail.record(actor, "instruction.published", "project", project.id, version=version, must_read=must_read)
    if must_read:
        await db.execute("UPDATE queue SET must_read = $2 WHERE project_id = $1", project.id, version)
        people = await db.rows("SELECT DISTINCT freelancer_id FROM may_work WHERE project_id = $1", project.id)
        await notices.send(
            [row["freelancer_id"] for row in people],
            NOTICE,
            Said("Read before your next task: %(project)s", project=project.name),
            [
                Said(
                    "Version %(version)s of the instruction of %(project)s must be read before you claim its tasks again.",
                    version=version,
                    project=project.name,
                ),
                "",
                summary,
            ],
            link=f"/projects/{project.code}/instructions/{version}",
            key=f"{project.id}:{version}",
        )
    return version


async def versions(project_id: UUID, before: int | None, limit: int) -> Sequence[Any]:
    """What there is to know of the versions but their texts, the newest first, those before one."""
    return await db.rows(
        f"SELECT {ABOUT} FROM instruction WHERE project_id = $1 AND ($2::bigint IS NULL OR version < $2) ORDER BY version DESC LIMIT $3",
        project_id,
        before,
        limit,
    )


async def show(project_id: UUID, version: int) -> Any:
    """One version with its text.

    Raises:
        NotFound: there is none.
    """
    found = await db.row(
        f"SELECT {ABOUT}, text FROM instruction WHERE project_id = $1 AND version = $2::bigint", project_id, version
    )
    if found is None:
        raise NotFound
    return found


async def changes(project_id: UUID, since: int, version: int) -> list[str]:
    """What changed from one version to another, as the lines of a unified diff. Version 0 is the empty text.

    Raises:
        NotFound: there is no such version.
    """
    old, new = [(await show(project_id, one))["text"] if one else "" for one in (since, version)]
    return await asyncio.to_thread(
        _diff, old, new, f"version {since}", f"version {version}"
    )  # seconds, if the lines are chosen for it


@lru_cache(maxsize=64)
def _diff(old: str, new: str, old_name: str, new_name: str) -> list[str]:
    return list(difflib.unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm=""))


async def mine(freelancer_id: UUID) -> Sequence[Any]:
    """The newest instruction of each project that a person may work on, those that hold back their claims first."""
    return await db.rows(MINE, freelancer_id)


async def read(freelancer_id: UUID, project_id: UUID, version: int) -> datetime:
    """Note that a person has read a version; returns when they first did.

    Raises:
        NotFound: there is no such version.
    """
    await show(project_id, version)
    await db.execute(
        "INSERT INTO reading (freelancer_id, project_id, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        freelancer_id,
        project_id,
        version,
    )
    await notices.seen(freelancer_id, NOTICE, f"{project_id}:{version}")
    at: datetime = await db.scalar(
        "SELECT read_at FROM reading WHERE freelancer_id = $1 AND project_id = $2 AND version = $3",
        freelancer_id,
        project_id,
        version,
    )
    return at


async def newest(projects: Sequence[UUID]) -> Sequence[Any]:
    """The newest instruction of each of these projects (version None: there is none), and how many of its people have read it."""
    return await db.rows(NEWEST, list(projects))


def difference(old: str, new: str) -> list[str]:
    """What changes from one text to another, as the lines of a unified diff."""
    return _diff(old, new, "old", "new")


async def readers(project_id: UUID, version: int, after: UUID, limit: int, *, unread: bool = False) -> Readership:
    """Who of those who may work on the project has read a version or a later one, and when first: a page of people by id.

    `unread`: the page has only those who have not.

    Raises:
        NotFound: there is no such version.
    """
    await show(project_id, version)
    counted = await db.row(
        f"SELECT count(*) AS people, count(read_at) AS read FROM ({READERS}) AS everybody", project_id, version
    )
    page = await db.rows(
        f"SELECT * FROM ({READERS}) AS everybody WHERE id > $3 AND (NOT $5 OR read_at IS NULL) ORDER BY id LIMIT $4",
        project_id,
        version,
        after,
        limit,
        unread,
    )
    assert counted is not None
    return Readership(counted["people"], counted["read"], [dict(row) for row in page])
