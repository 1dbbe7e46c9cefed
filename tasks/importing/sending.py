"""A requester's file of tickets: looked at before anything is stored, then taken in piece by piece by a job.

Every good row becomes a ticket exactly once: a piece and its tickets change in one transaction, and a ticket that was known before is left
as it is. Whoever sent the file may leave; how far it is stands in the database.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Invalid, NotFound, Problem
from piecework.platform.jobs import Job
from piecework.tasks import intake
from piecework.tasks.importing.bad import BadFile, BadRow
from piecework.tasks.importing.csv_file import Column, Layout, csv_header, csv_outcomes
from piecework.tasks.importing.files import Lines
from piecework.tasks.importing.rows import COLUMNS
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Project

KIND = "tasks.import"
PIECE = 500
MOST_BAD = 200
"""So many bad rows are shown, and kept; the others are only counted."""
MOST_COLUMNS = 500
"""Each is shown for each field, to choose from."""
SENT = Path("The file")
"""What stands for a file's name in the words of what is wrong with it."""
OFTEN = {
    "external_id": (
        "id",
        "ticket_id",
        "ticket id",
        "ticket",
        "number",
        "no",
        "номер",
        "№",
        "номер обращения",
        "обращение",
        "заявка",
    ),
    "channel": ("канал",),
    "language": ("lang", "locale", "язык"),
    "subject": ("title", "topic", "summary", "тема", "заголовок"),
    "text": ("body", "message", "description", "comment", "content", "текст", "сообщение", "описание", "текст обращения"),
    "urgent": ("срочно", "срочный"),
    "deadline_at": ("deadline", "due", "due_at", "sla", "срок", "дедлайн"),
}
"""What columns are often called, in small letters."""

SHOWN = """
SELECT i.id, p.code AS project, i.source, i.file_name, i.columns, i.asked_by, i.good, i.rejected, i.added, i.known, i.bad, i.asked_at,
       i.finished_at, coalesce(i.failure, j.last_error) AS failure,
       CASE WHEN i.failure IS NOT NULL OR j.dead_at IS NOT NULL THEN 'failed' WHEN i.finished_at IS NOT NULL THEN 'done'
            WHEN i.added + i.known > 0 THEN 'running' ELSE 'waiting' END AS state
FROM ticket_import i JOIN project p ON p.id = i.project_id
LEFT JOIN LATERAL (SELECT dead_at, last_error FROM job WHERE kind = 'tasks.import' AND key LIKE i.id || '.%' LIMIT 1) j ON true
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What a file holds: its columns, how its fields are laid out, its tickets, and what could not be one."""

    names: Sequence[str]
    layout: Layout
    tickets: Sequence[TicketIn]
    bad: Sequence[BadRow]
    rejected: int


def look(text: str, layout: Layout | None, former: Layout | None = None) -> Looked:
    """Read a CSV text, as strictly as any import. Runs in a thread.

    Without a layout it is guessed: as it was the last time (`former`) if the file has those columns, else by what columns are called.

    Raises:
        Invalid: it cannot be read as such a file.
    """
    try:
        names = _names(text)
        chosen = layout or (former if former and _fits(former, names) else guessed(names))
        found = list(csv_outcomes(_lines(text), SENT, chosen))
    except BadFile as error:
        raise Invalid(str(error), errors=[{"field": "rows", "code": "bad_rows", "message": str(error)}]) from None
    bad = [one for one in found if isinstance(one, BadRow)]
    return Looked(names, chosen, [one for one in found if isinstance(one, TicketIn)], bad[:MOST_BAD], len(bad))


def _names(text: str) -> Sequence[str]:
    names, _ = csv_header(_lines(text), SENT)
    if len(names) > MOST_COLUMNS:
        raise BadFile(f"{SENT} has {len(names):,} columns; at most {MOST_COLUMNS} can be laid out.")
    return names


def _lines(text: str) -> Lines:
    return Lines(io.BufferedReader(io.BytesIO(text.encode(errors="replace"))), SENT)


def _fits(layout: Layout, names: Sequence[str]) -> bool:
    return all(column.name is None or column.name in names for column in layout.values())


def guessed(names: Sequence[str]) -> Layout:
    """The fields' columns by what they are called."""
    layout: dict[str, Column] = {}
    for field in COLUMNS:
        known = (field, *OFTEN.get(field, ()))
        found = [name for word in known for name in names if name.strip().lower() == word]
        free = [name for name in found if name not in {column.name for column in layout.values()}]
        layout[field] = Column(free[0] if free else None)
    return layout


async def former_layout(project_id: UUID) -> Layout | None:
    """How the project's newest file was laid out."""
    row = await db.row("SELECT columns FROM ticket_import WHERE project_id = $1 ORDER BY id DESC LIMIT 1", project_id)
    return None if row is None else read_layout(orjson.loads(row["columns"]))


def read_layout(stored: Mapping[str, Mapping[str, Any]]) -> Layout:
    """A layout from JSON."""
    return {field: Column(one.get("name"), one.get("value") or "") for field, one in stored.items() if field in COLUMNS}


async def send(actor: UUID, project: Project, source: str, file_name: str, looked: Looked) -> UUID:
    """Have the good rows taken in, in the current transaction; returns the import's id.

    Raises:
        Invalid: there is not one good row.
        NoWorkflow, ProjectArchived: the project cannot take tickets.
    """
    await intake.ready_workflow(project)
    if not looked.tickets:
        message = "There is not one row that can be a ticket."
        raise Invalid(message, errors=[{"field": "rows", "code": "nothing_good", "message": message}])
    import_id: UUID = await db.scalar(
        """INSERT INTO ticket_import (project_id, source, file_name, columns, asked_by, good, rejected, bad)
           VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8::jsonb) RETURNING id""",
        project.id,
        source,
        file_name,
        orjson.dumps({field: asdict(column) for field, column in looked.layout.items()}).decode(),
        actor,
        len(looked.tickets),
        looked.rejected,
        orjson.dumps([{"line": one.line, "external_id": one.external_id, "faults": one.faults} for one in looked.bad]).decode(),
    )
    pieces = [looked.tickets[at : at + PIECE] for at in range(0, len(looked.tickets), PIECE)]
    await db.execute(
        "INSERT INTO ticket_import_piece (import_id, no, tickets) SELECT $1, no, t::jsonb FROM unnest($2::int[], $3::text[]) AS p (no, t)",
        import_id,
        list(range(len(pieces))),
        [orjson.dumps([one.model_dump(mode="json") for one in piece]).decode() for piece in pieces],
    )
    await jobs.enqueue(KIND, [(f"{import_id}.0", {})])
    await trail.record(actor, "tickets.imported", "project", project.id, ticket_import=import_id, rows=len(looked.tickets))
    return import_id


async def take(found: Sequence[Job]) -> None:
    """Take one piece of each of these imports in, and have the next one taken."""
    for job in found:
        import_id, _, number = job.key.partition(".")
        await _take(UUID(import_id), int(number))


async def _take(import_id: UUID, number: int) -> None:
    row = await db.row("SELECT * FROM ticket_import WHERE id = $1 FOR UPDATE", import_id)
    if row is None or row["finished_at"] is not None:
        return
    piece = await db.scalar(
        "DELETE FROM ticket_import_piece WHERE import_id = $1 AND no = $2 RETURNING tickets", import_id, number
    )
    project = await Project.get(id=row["project_id"])
    try:
        tickets = [TicketIn.model_validate_json(orjson.dumps(one)) for one in orjson.loads(piece or "[]")]
        received = await intake.receive(project, row["source"], tickets)
    except Problem as problem:  # the project was archived meanwhile, say: what came in so far stays
        await db.execute(
            "UPDATE ticket_import SET failure = $2, finished_at = clock_timestamp() WHERE id = $1", import_id, str(problem)
        )
        await db.execute("DELETE FROM ticket_import_piece WHERE import_id = $1", import_id)
        return
    added = sum(one.new for one in received)
    await db.execute(
        "UPDATE ticket_import SET added = added + $2, known = known + $3 WHERE id = $1", import_id, added, len(received) - added
    )
    if await db.scalar("SELECT EXISTS (SELECT FROM ticket_import_piece WHERE import_id = $1)", import_id):
        await jobs.enqueue(KIND, [(f"{import_id}.{number + 1}", {})])
    else:
        await _finish(import_id)


async def _finish(import_id: UUID) -> None:
    """All rows are in; it stands beside the imports of the command line."""
    await db.execute("UPDATE ticket_import SET finished_at = clock_timestamp() WHERE id = $1", import_id)
    await db.execute(
        """INSERT INTO intake (project_id, source, file_name, actor, received, added, known, rejected)
           SELECT project_id, source, file_name, asked_by, good + rejected, added, known, rejected FROM ticket_import WHERE id = $1""",
        import_id,
    )


async def show(import_id: UUID) -> Mapping[str, Any]:
    """One import. Whoever asks has been checked.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(f"{SHOWN} WHERE i.id = $1", import_id)
    if row is None:
        raise NotFound
    return _told(row)


async def listed(project_id: UUID, before: UUID, limit: int) -> Sequence[Mapping[str, Any]]:
    """A project's imports with ids below `before`, newest first."""
    rows = await db.rows(f"{SHOWN} WHERE i.project_id = $1 AND i.id < $2 ORDER BY i.id DESC LIMIT $3", project_id, before, limit)
    return [_told(row) for row in rows]


def _told(row: Any) -> Mapping[str, Any]:
    told = dict(row)
    return told | {"columns": orjson.loads(told["columns"]), "bad": orjson.loads(told["bad"])}
