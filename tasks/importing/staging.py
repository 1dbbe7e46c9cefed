"""The database's side."""

import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
from tortoise.connection import get_connection

from piecework.platform import db
from piecework.platform.errors import NotFound, SetupError
from piecework.tasks.importing.reader import Reader
from piecework.tasks.intake import ready_workflow
from piecework.tasks.models import Project

TRIES = 3

STAGING = """
CREATE TEMPORARY TABLE staged_ticket (
    id uuid NOT NULL DEFAULT uuidv7(), external_id text NOT NULL, channel text NOT NULL, language text NOT NULL,
    subject text NOT NULL, text text NOT NULL, urgent boolean NOT NULL, deadline_at timestamptz,
    original_subject text, original_text text, found jsonb NOT NULL
)
"""
STAGED = (
    "external_id", "channel", "language", "subject", "text", "urgent", "deadline_at", "original_subject", "original_text", "found",
)  # fmt: skip

# uuidv7() of one session only grows, so the order of ids is the order of the file: the first of equal rows wins.
PUBLISH = """
WITH made AS (
    INSERT INTO ticket (id, project_id, workflow_id, source, external_id, channel, language, subject, text, urgent, deadline_at)
    SELECT s.id, $1, $2, $3, s.external_id, s.channel, s.language, s.subject, s.text, s.urgent,
           coalesce(s.deadline_at, now() + make_interval(mins => $4))
    FROM pg_temp.staged_ticket s ORDER BY s.id
    ON CONFLICT ON CONSTRAINT ticket_external_key DO NOTHING
    RETURNING id
), kept AS (
    INSERT INTO ticket_original (ticket_id, subject, text, found)
    SELECT s.id, coalesce(s.original_subject, s.subject), coalesce(s.original_text, s.text), s.found
    FROM made JOIN pg_temp.staged_ticket s USING (id)
), queued AS (
    INSERT INTO job (kind, key) SELECT 'tasks.split', id::text FROM made ON CONFLICT (kind, key) DO NOTHING
)
SELECT count(*) FROM made
"""

RECORD = """
INSERT INTO intake (project_id, source, file_name, actor, received, added, known, rejected) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


@contextlib.asynccontextmanager
async def staging() -> AsyncIterator[asyncpg.Connection]:
    """A connection in no transaction, with an empty staging table that nobody else sees. Publishing drops the table.

    Raises:
        SetupError: the database allows no temporary tables.
    """
    async with get_connection(db.APP).acquire_connection() as connection:
        if connection.is_in_transaction():
            raise RuntimeError("import_tickets opens its own transaction: call it outside of one")
        try:
            await connection.execute(STAGING)
        except asyncpg.InsufficientPrivilegeError as error:
            raise SetupError(f"The database refused ({error}): GRANT TEMPORARY ON DATABASE … TO piecework_app.") from error
        try:
            yield connection
        except BaseException:
            # Also when cancelled half-way through a COPY: the pool must not get back a session that has the table.
            connection.terminate()
            raise


async def publish(
    connection: asyncpg.Connection, reader: Reader, project_code: str, source: str, actor: UUID | None, path: Path
) -> int:
    """Make everything staged visible in one transaction; returns how many tickets were new.

    Whoever sends the same tickets through the API in another order may deadlock with us. The staged rows outlive our rollback, so
    losing costs one more try, not the import.
    """
    for attempt in range(1, TRIES + 1):
        try:
            async with connection.transaction():
                await connection.execute("SET LOCAL statement_timeout = 0")  # a million rows take a while
                await connection.execute("SET LOCAL lock_timeout = 0")
                # A second import of the same source waits here, rather than row by row, and then finds the rows known.
                await connection.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"import {project_code} {source}"
                )
                # Anew: reading the file may have taken long enough for a new version of the workflow.
                project, workflow_id = await ready(project_code)
                added: int = await connection.fetchval(PUBLISH, project.id, workflow_id, source, project.sla_minutes)
                name = os.fsencode(path.name).decode(errors="replace")
                counts = (reader.good + reader.rejected, added, reader.good - added, reader.rejected)
                await connection.execute(RECORD, project.id, source, name, actor, *counts)
                await connection.execute("DROP TABLE pg_temp.staged_ticket")  # here, so that nothing can fail after the commit
        except asyncpg.DeadlockDetectedError:
            if attempt == TRIES:
                raise
        else:
            return added
    raise AssertionError


async def ready(project_code: str) -> tuple[Project, UUID]:
    """The project, whoever's it is (see import_tickets), and the workflow that new tickets get at this moment."""
    project = await Project.get_or_none(code=project_code[:60])
    if project is None:
        raise NotFound("There is no project with this code.")
    return project, await ready_workflow(project)
