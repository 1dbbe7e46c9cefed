"""A requester's file of tickets: looked at before anything is stored, then taken in piece by piece by a job.

Every good row becomes a ticket exactly once: a piece and its tickets change in one transaction, and a ticket that was known before is left
as it is. Whoever sent the file may leave; how far it is stands in the database.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Invalid, NotFound, Problem
from piecework.platform.jobs import Job
from piecework.platform.said import Said
from piecework.tasks import intake
from piecework.tasks.errors import TooManyBadRows
from piecework.tasks.importing.bad import SENT, BadFile, BadRow, OtherColumns, shown_on_a_line
from piecework.tasks.importing.csv_file import Column, Layout, csv_header, csv_outcomes
from piecework.tasks.importing.files import Lines
from piecework.tasks.importing.rows import COLUMNS
from piecework.tasks.importing.values import CODED, Values, by_itself, is_code, normal
from piecework.tasks.intake import TicketIn
from piecework.tasks.models import Project

KIND = "tasks.import"
PIECE = 500
MOST_SHOWN = 200
"""So many bad rows are shown, and kept; the others are only counted."""
MOST_BAD = 1_000
"""So many bad rows are read past; at the next one reading stops."""
MOST_ROWS = 100_000
MOST_SAID = 200
"""So many values of a field keep what somebody has said of them."""
MOST_COLUMNS = 500
"""Each is shown for each field, to choose from."""
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


@dataclass(slots=True)
class Looked:
    """What a file holds: its columns, how they are laid out, what the values of coded fields mean, its tickets, and what could not be one.

    `stopped_at`: the line at which reading stopped, because too many rows before it were bad.
    """

    names: Sequence[str]
    layout: Layout
    values: Values
    tickets: list[TicketIn] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    rejected: int = 0
    stopped_at: int | None = None


def look(text: str, layout: Layout | None, former: Layout | None = None) -> Looked:
    """Read a CSV text, as strictly as any import, in bounded time. Runs in a thread.

    Without a layout it is guessed: as it was the last time (`former`) if the file has those columns, else by what columns are called.
    What was said of values the last time holds on.

    Raises:
        Invalid: it cannot be read as such a file, or values are said to mean what is no code.
    """
    try:
        names = _names(text)
        chosen = layout or (former if former and _fits(former, names) else guessed(names))
        chosen = _with_values(chosen, former or {})
        looked = Looked(names, chosen, Values({name: column.values for name, column in chosen.items()}))
        _read(looked, csv_outcomes(_lines(text), SENT, chosen, looked.values))
    except BadFile as error:
        code = "other_columns" if isinstance(error, OtherColumns) else "bad_rows"
        raise Invalid(errors=[{"field": "rows", "code": code, "message": error.reason}]) from None
    return looked


def _read(looked: Looked, outcomes: Iterator[TicketIn | BadRow | None]) -> None:
    for row, outcome in enumerate(outcomes, start=1):
        if row > MOST_ROWS:
            message = f"There are more than {MOST_ROWS:,} rows. Send them in parts."
            raise Invalid(errors=[{"field": "rows", "code": "too_many_rows", "message": message}])
        if isinstance(outcome, TicketIn):
            looked.tickets.append(outcome)
        elif outcome is not None:
            if looked.rejected == MOST_BAD:
                looked.stopped_at = outcome.line
                return
            looked.rejected += 1
            if len(looked.bad) < MOST_SHOWN:
                looked.bad.append(outcome)


def _with_values(layout: Layout, former: Layout) -> Layout:
    """The layout with what is said of values, now or the last time; an empty code takes back what was said.

    Raises:
        Invalid: something is no code of its field.
    """
    found: dict[str, Column] = {}
    for name, column in layout.items():
        if name not in CODED:
            found[name] = replace(column, values={})
            continue
        before = former[name].values if name in former else {}
        said = {normal(value): code for value, code in (*before.items(), *column.values.items())}
        kept = {value: code for value, code in said.items() if code and code != by_itself(name, value)}
        wrong = [code for code in kept.values() if not is_code(name, code)]
        if wrong:
            message = f"{shown_on_a_line(wrong[0], 40)} is no code of {name}."
            raise Invalid(errors=[{"field": f"columns.{name}.values", "code": "no_such_code", "message": message}])
        found[name] = replace(column, values=dict(list(kept.items())[-MOST_SAID:]))
    return found


def _names(text: str) -> Sequence[str]:
    names, _ = csv_header(_lines(text), SENT)
    if len(names) > MOST_COLUMNS:
        raise BadFile(
            Said("The file has %(columns)s columns; at most %(most)s can be laid out.", columns=len(names), most=MOST_COLUMNS)
        )
    return names


def _lines(text: str) -> Lines:
    return Lines(io.BufferedReader(io.BytesIO(text.encode(errors="replace"))), SENT)


def _fits(layout: Layout, names: Sequence[str]) -> bool:
    return all(column.name is None or column.name in names for column in layout.values())


def guessed(names: Sequence[str]) -> Layout:
    """The fields' columns by what they are called."""
    layout: dict[str, Column] = {}
    for one in COLUMNS:
        known = (one, *OFTEN.get(one, ()))
        found = [name for word in known for name in names if name.strip().lower() == word]
        free = [name for name in found if name not in {column.name for column in layout.values()}]
        layout[one] = Column(free[0] if free else None)
    return layout


async def former_layout(project_id: UUID) -> Layout | None:
    """How the project's newest file was laid out."""
    row = await db.row("SELECT columns FROM ticket_import WHERE project_id = $1 ORDER BY id DESC LIMIT 1", project_id)
    return None if row is None else read_layout(orjson.loads(row["columns"]))


def read_layout(stored: Mapping[str, Mapping[str, Any]]) -> Layout:
    """A layout from JSON."""
    return {
        name: Column(one.get("name"), one.get("value") or "", one.get("values") or {})
        for name, one in stored.items()
        if name in COLUMNS
    }


async def send(actor: UUID, project: Project, source: str, file_name: str, looked: Looked) -> UUID:
    """Have the good rows taken in, in the current transaction; returns the import's id.

    Raises:
        Invalid: there is not one good row.
        TooManyBadRows: see there.
        NoWorkflow, ProjectArchived: the project cannot take tickets.
    """
    await intake.ready_workflow(project)
    if looked.stopped_at is not None:
        raise TooManyBadRows(MOST_BAD, looked.stopped_at)
    if not looked.tickets:
        message = "There is not one row that can be a ticket."
        raise Invalid(message, errors=[{"field": "rows", "code": "nothing_good", "message": message}])
    import_id: UUID = await db.scalar(
        """INSERT INTO ticket_import (project_id, source, file_name, columns, asked_by, good, rejected, bad)
           VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8::jsonb) RETURNING id""",
        project.id,
        source,
        file_name,
        orjson.dumps({name: asdict(column) for name, column in looked.layout.items()}).decode(),
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
