"""Articles of a project's knowledge base: each change is a new version; what is archived is found no more."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, trail
from piecework.platform.errors import NotFound
from piecework.platform.ids import uuid7
from piecework.tasks.errors import ArticleArchived, ArticleNotOpened, ChangedMeanwhile

INSERT = """
INSERT INTO article_version (article_id, version, language, title, keywords, body, steps, author)
VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)"""
PAGE = """
SELECT a.id, v.version, v.language, v.title, v.at
FROM article a JOIN article_version v ON v.article_id = a.id AND v.version = a.version
WHERE a.project_id = $1 AND a.id > $2 AND (a.archived_at IS NOT NULL) = $3 AND ($4::text IS NULL OR v.language = $4)
ORDER BY a.id LIMIT $5"""
USAGE = """
SELECT a.id, v.version, v.title, a.archived_at, u.*
FROM article a JOIN article_version v ON v.article_id = a.id AND v.version = a.version
CROSS JOIN LATERAL (
    SELECT count(DISTINCT freelancer_id) AS people, coalesce(sum(opened), 0) AS opened,
           count(*) FILTER (WHERE useful AND version = a.version) AS useful,
           count(*) FILTER (WHERE NOT useful AND version = a.version) AS useless
    FROM article_use WHERE article_id = a.id) u
WHERE a.project_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3"""


@dataclass(frozen=True, slots=True)
class StepText:
    """One step of a scenario."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """What an article says. `body` is Markdown; a scenario has steps."""

    language: str
    title: str
    keywords: Sequence[str]
    body: str
    steps: Sequence[StepText]


async def create(actor: UUID, project_id: UUID, text: Text) -> UUID:
    """Add an article; returns its id."""
    article_id = uuid7()
    await _insert(actor, article_id, 1, text)
    await db.execute("INSERT INTO article (id, project_id, version) VALUES ($1, $2, 1)", article_id, project_id)
    await trail.record(actor, "article.created", "article", article_id, project=project_id)
    return article_id


async def change(actor: UUID, project_id: UUID, article_id: UUID, text: Text, *, after: int | None) -> int:
    """Give an article its next version, which is shown and found from now on; returns its number.

    Raises:
        NotFound, ArticleArchived: no such article, or found no more.
        ChangedMeanwhile: there is a version after the one that this was written from (None does not ask).
    """
    article = await _hold(project_id, article_id)
    if article["archived_at"] is not None:
        raise ArticleArchived
    if after is not None and after != article["version"]:
        raise ChangedMeanwhile(version=article["version"])
    version: int = article["version"] + 1
    await _insert(actor, article_id, version, text)
    await db.execute("UPDATE article SET version = $2 WHERE id = $1", article_id, version)
    await trail.record(actor, "article.changed", "article", article_id, version=version)
    return version


async def archive(actor: UUID, project_id: UUID, article_id: UUID, reason: str) -> None:
    """Let an article be found no more; it can still be read by its id. Archiving it twice changes nothing.

    Raises:
        NotFound: there is none.
    """
    article = await _hold(project_id, article_id)
    if article["archived_at"] is None:
        await db.execute("UPDATE article SET archived_at = clock_timestamp() WHERE id = $1", article_id)
        await trail.record(actor, "article.archived", "article", article_id, reason=reason)


async def show(project_id: UUID, article_id: UUID, version: int | None) -> dict[str, Any]:
    """An article in one of its versions; the present one by default.

    Raises:
        NotFound: there is none.
    """
    found = await db.row(
        """SELECT a.id, v.version, v.language, v.title, v.keywords, v.body, v.steps, v.at, a.archived_at
           FROM article a JOIN article_version v ON v.article_id = a.id AND v.version = coalesce($3::bigint, a.version)
           WHERE a.project_id = $1 AND a.id = $2""",
        project_id,
        article_id,
        version,
    )
    if found is None:
        raise NotFound
    return {**found, "steps": orjson.loads(found["steps"])}


async def page(project_id: UUID, after: UUID, limit: int, *, archived: bool, language: str | None) -> Sequence[Any]:
    """A project's articles in the order they were made, without their texts."""
    return await db.rows(PAGE, project_id, after, archived, language, limit)


async def opened(freelancer_id: UUID, article_id: UUID, version: int) -> None:
    """Count that a person has opened a version of an article."""
    await db.execute(
        """INSERT INTO article_use AS u (article_id, version, freelancer_id, opened) VALUES ($1, $2, $3, 1)
           ON CONFLICT (article_id, version, freelancer_id) DO UPDATE SET opened = u.opened + 1""",
        article_id,
        version,
        freelancer_id,
    )


async def rate(freelancer_id: UUID, project_id: UUID, article_id: UUID, *, useful: bool) -> None:
    """Say whether an article helped: the newest version that the person has opened. A later word replaces an earlier one.

    Raises:
        NotFound: there is no such article.
        ArticleNotOpened: they have not opened it.
    """
    await show(project_id, article_id, None)
    rated = await db.execute(
        """UPDATE article_use SET useful = $3 WHERE article_id = $1 AND freelancer_id = $2
             AND version = (SELECT max(version) FROM article_use WHERE article_id = $1 AND freelancer_id = $2)""",
        article_id,
        freelancer_id,
        useful,
    )
    if not rated:
        raise ArticleNotOpened


async def usage(project_id: UUID, after: UUID, limit: int) -> Sequence[Any]:
    """How often each article was opened, by how many people, and how many say that its present version helped or did not."""
    return await db.rows(USAGE, project_id, after, limit)


async def _hold(project_id: UUID, article_id: UUID) -> Any:
    found = await db.row(
        "SELECT version, archived_at FROM article WHERE id = $1 AND project_id = $2 FOR UPDATE", article_id, project_id
    )
    if found is None:
        raise NotFound
    return found


async def _insert(actor: UUID, article_id: UUID, version: int, text: Text) -> None:
    steps = orjson.dumps([asdict(step) for step in text.steps]).decode()
    await db.execute(INSERT, article_id, version, text.language, text.title, list(text.keywords), text.body, steps, actor)
