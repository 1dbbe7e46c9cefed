"""Importing: a file of tickets of any size becomes tickets, all of its good rows at once or none.

The way of a row: a piece of the file (read in a thread, in bounded memory) -> `TicketIn`, as strict as the API -> masked ->
COPY into a temporary table -> one publishing statement that makes tickets, originals and jobs.

Why a temporary table of the session, and not one long transaction: while rows are read the session is in no transaction, so
an import of an hour holds back no vacuum and keeps no row locked; and when the process dies its session ends and the rows,
personal data among them, are gone, so nothing is ever left to be cleaned. The publishing transaction only inserts new rows:
nobody waits for it but those who send the very same tickets at that moment.
"""

import asyncio
import contextlib
import csv
import io
import os
import re
import stat
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from pydantic import ValidationError
from tortoise.connection import get_connection

from piecework.platform import db
from piecework.platform.errors import NotFound, SetupError
from piecework.tasks.intake import TicketIn, masked, ready_workflow
from piecework.tasks.masking import mask
from piecework.tasks.models import Project

MOST_CHARS = 1_048_576
"""Of one line of JSON, or of one record of a CSV file; more is a bad row."""
TOO_LONG = f"the row is longer than {MOST_CHARS:,} characters"
BATCH_ROWS = 5_000
BATCH_CHARS = 2_000_000
MOST_REPORTED = 10_000
MOST_FAULTS = 8
MOST_SOURCE = 100
TRIES = 3

FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
COLUMNS = tuple(TicketIn.model_fields)
REQUIRED = tuple(name for name, info in TicketIn.model_fields.items() if info.is_required())
TRUTH = {"": False, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
JSON_PLACE = re.compile(r" at line \d+ column (\d+)$")

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


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: received = added + known + rejected. `report` is where the bad rows are listed, if that was asked for."""

    received: int
    added: int
    known: int
    rejected: int
    seconds: float
    report: Path | None


class BadFile(SetupError):
    """The file as a whole cannot be imported; nothing of it was. One line says why and, where it can, on which line or byte."""


async def import_tickets(
    path: Path,
    *,
    project_code: str,
    source: str,
    actor: UUID | None,
    report: Path | None,
    fmt: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Take the tickets of a CSV or JSONL file in; each new one is split into tasks by a job, as if the API had received it.

    All good rows become visible in one commit, together with the record of the import; when this fails, is cancelled or is
    killed before that commit, nothing is there. The same (source, external_id) again, in the file or from before, adds and
    changes nothing, so whoever does not know whether it ended imports the file again. Bad rows are counted, and listed in `report` by line, field and reason, without the values (they may be personal).
    Memory does not grow with the file. `on_progress` gets bytes read and bytes in all after each batch.

    It opens its own transaction, so it must be called outside one; it uses two connections of the pool. It is the operator's
    command: `actor` is written down, and that they may send tickets to this project is for the caller to have checked.

    Raises:
        BadFile: unreadable, not UTF-8, no or unknown columns, an unclosed quote, no rows, or not one good row among them.
        SetupError: the source or the report's place cannot be used, or the database allows no temporary tables.
        NotFound, NoWorkflow, ProjectArchived: the project cannot take tickets.
    """
    started = time.monotonic()
    kind = _format(path, fmt)
    if not 1 <= len(source) <= MOST_SOURCE or UNSTORABLE.search(source):
        raise SetupError(f"The source's name must have 1 to {MOST_SOURCE} characters.")
    await _ready(project_code)
    with _opened(path) as file:
        _check_report(report, path)
        total = os.fstat(file.fileno()).st_size
        reader = _Reader(_Lines(file, path), path, kind)
        async with _staging() as connection:
            while (batch := await asyncio.to_thread(reader.batch)) is not None:
                if batch:
                    await connection.copy_records_to_table("staged_ticket", schema_name="pg_temp", columns=STAGED, records=batch)
                if on_progress is not None:
                    on_progress(min(file.tell(), total), total)
            # The report comes first: if it cannot be written, nothing has been published yet.
            if report is not None:
                await asyncio.to_thread(_write_report, report, reader.bad, reader.rejected)
            if not reader.good:
                raise BadFile(_nothing_good(path, reader, report))
            added = await _publish(connection, reader, project_code, source, actor, path)
    return Imported(
        received=reader.good + reader.rejected,
        added=added,
        known=reader.good - added,
        rejected=reader.rejected,
        seconds=time.monotonic() - started,
        report=report,
    )


async def _ready(project_code: str) -> tuple[Project, UUID]:
    """The project, whoever's it is (see import_tickets), and the workflow that new tickets get at this moment."""
    project = await Project.get_or_none(code=project_code[:60])
    if project is None:
        raise NotFound("There is no project with this code.")
    return project, await ready_workflow(project)


# --------------------------------------------------------------------------------------------------------------------
# The database's side.


@contextlib.asynccontextmanager
async def _staging() -> AsyncIterator[asyncpg.Connection]:
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


async def _publish(
    connection: asyncpg.Connection, reader: "_Reader", project_code: str, source: str, actor: UUID | None, path: Path
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
                project, workflow_id = await _ready(project_code)
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


# --------------------------------------------------------------------------------------------------------------------
# The file's side. Everything here runs in a thread, one batch at a time.


@dataclass(frozen=True, slots=True)
class _Bad:
    """A row that was not taken: the line on which it starts, and what is wrong, field by field."""

    line: int
    external_id: str
    faults: Sequence[tuple[str, str]]


@dataclass(slots=True)
class _Reader:
    """A file as batches of rows for the staging table. Bounded: in rows, in characters, and in bad rows remembered."""

    lines: "_Lines"
    path: Path
    kind: str
    good: int = 0
    rejected: int = 0
    bad: list[_Bad] = field(default_factory=list)
    _outcomes: Iterator[TicketIn | _Bad] | None = None

    def batch(self) -> list[tuple[Any, ...]] | None:
        """The next rows (perhaps none, if all of them were bad); None at the end.

        Raises:
            BadFile: what follows cannot be read, or there was nothing at all.
        """
        if self._outcomes is None:
            self._outcomes = (_csv_outcomes if self.kind == "csv" else _json_outcomes)(self.lines, self.path)
        rows: list[tuple[Any, ...]] = []
        chars = 0
        for seen, outcome in enumerate(self._outcomes, start=1):
            if isinstance(outcome, _Bad):
                self.rejected += 1
                if len(self.bad) < MOST_REPORTED:
                    self.bad.append(outcome)
            else:
                rows.append(_row(outcome))
                self.good += 1
                chars += len(outcome.subject) + len(outcome.text)
            if seen >= BATCH_ROWS or chars >= BATCH_CHARS:
                return rows
        if rows:
            return rows
        if not self.good + self.rejected:
            raise BadFile(f"{self.path} has no tickets in it.")
        return None


def _row(ticket: TicketIn) -> tuple[Any, ...]:
    """A ticket for the staging table. Where masking found nothing the original is not sent twice."""
    shown = masked(ticket)
    subject, text = shown["original_subject"], shown["original_text"]
    return (
        ticket.external_id,
        str(ticket.channel),
        ticket.language,
        shown["subject"],
        shown["text"],
        ticket.urgent,
        ticket.deadline_at,
        None if subject == shown["subject"] else subject,
        None if text == shown["text"] else text,
        shown["found"],
    )


class _Lines:
    """Lines of a UTF-8 file with their ends (LF, CR LF or CR), never more than MOST_CHARS + 1 characters at a time."""

    def __init__(self, file: io.BufferedReader, path: Path) -> None:
        self._file = file
        self._path = path
        self.number = 0
        """Of the line that was read last, in whole or in part; from 1."""
        self.whole = True
        """Whether that line has been read to its end."""
        try:
            if file.peek(3).startswith(b"\xef\xbb\xbf"):
                file.read(3)
        except OSError as error:
            raise _unreadable(path, error) from None
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="")

    def read(self) -> str:
        """The next line, or the next piece of a line that is too long; empty at the end of the file.

        Raises:
            BadFile: not UTF-8 at some byte (counted from 0), or the file cannot be read on.
        """
        try:
            piece = self._text.readline(MOST_CHARS + 1)
        except UnicodeDecodeError as error:
            at = self._file.tell() - len(error.object) + error.start
            raise BadFile(f"{self._path} is not UTF-8 at byte {at}. Save it as UTF-8 and import it again.") from None
        except OSError as error:
            raise _unreadable(self._path, error) from None
        if self.whole and piece:
            self.number += 1
        self.whole = not piece or piece.endswith(("\n", "\r"))
        return piece

    def skip(self) -> None:
        """Go on to the end of a line that is too long."""
        while not self.whole:
            self.read()


def _json_outcomes(lines: _Lines, _path: Path) -> Iterator[TicketIn | _Bad]:
    """One ticket for each line that is not blank."""
    while text := lines.read():
        number = lines.number
        if len(text) > MOST_CHARS:
            lines.skip()
            yield _Bad(number, "", [("", TOO_LONG)])
        elif not text.isspace():
            yield _ticket(number, text, None, [])


def _csv_outcomes(lines: _Lines, path: Path) -> Iterator[TicketIn | _Bad]:
    """One ticket for each record that is not blank."""
    columns, delimiter = _header(lines, path)
    feed = _Feed(lines, path)
    records = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        feed.begin()
        try:
            cells = next(records)
        except StopIteration:
            return
        except (csv.Error, _TooLong) as error:
            yield feed.recover(error)
            continue
        if any(cells):
            yield _csv_ticket(feed.start, columns, cells)


def _header(lines: _Lines, path: Path) -> tuple[list[str], str]:
    """The columns and the delimiter, from the first line that is not blank.

    Raises:
        BadFile: there is none, it is too long, names no column of ours, one that is not ours, one twice, or lacks one.
    """
    text = lines.read()
    while text and text.isspace():
        text = lines.read()
    if not text:
        raise BadFile(f"{path} is empty.")
    best: list[str] = []
    chosen = ","
    if len(text) <= MOST_CHARS:
        for delimiter in ",;\t":
            with contextlib.suppress(csv.Error, StopIteration):
                names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True))]
                if not best or len(set(names) & set(COLUMNS)) > len(set(best) & set(COLUMNS)):
                    best, chosen = names, delimiter
    # What is not a header may be a customer's words: it is not shown.
    if not set(best) & set(COLUMNS):
        raise BadFile(f"{path} has no header: its first line must name the columns, which are {', '.join(COLUMNS)}.")
    unknown = [name for name in best if name not in COLUMNS]
    if unknown:
        shown = ", ".join(_shown(name, 40) or "(no name)" for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise BadFile(f"{path} has unknown columns: {shown}{more}. The columns are {', '.join(COLUMNS)}.")
    twice = sorted({name for name in best if best.count(name) > 1})
    if twice:
        raise BadFile(f"{path} names a column twice: {', '.join(twice)}.")
    lacking = [name for name in REQUIRED if name not in best]
    if lacking:
        raise BadFile(f"{path} lacks columns: {', '.join(lacking)}.")
    return best, chosen


class _TooLong(Exception):
    """A record has passed MOST_CHARS: the parser must not be given more of it."""


class _Feed:
    """Lines for csv.reader, which would collect an unclosed quote to the end of the file: bounded, and counted by record."""

    def __init__(self, lines: _Lines, path: Path) -> None:
        self._lines = lines
        self._path = path
        self.begin()

    def begin(self) -> None:
        """A new record starts with the next line."""
        self.start = 0
        self._chars = 0
        self._quotes = 0
        self._ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        text = self._lines.read()
        if not text:
            self._ended = True
            raise StopIteration
        self.start = self.start or self._lines.number
        self._chars += len(text)
        self._quotes += text.count('"')
        if self._chars > MOST_CHARS:
            raise _TooLong
        return text

    def recover(self, error: Exception) -> _Bad:
        """Go on to where the next record begins, after one that could not be read.

        After a misplaced quote that is the next line: trying there loses least. A record that is too long goes on until its
        quotes are even at a line's end.

        Raises:
            BadFile: the file ends first, so a quote was never closed (or the file was cut off), and rows are missing.
        """
        misplaced = isinstance(error, csv.Error) and "field limit" not in str(error)
        if not misplaced:
            while self._quotes % 2 or not self._lines.whole:
                text = self._lines.read()
                if not text:
                    self._ended = True
                    break
                self._quotes += text.count('"')
        if self._ended and (misplaced or self._quotes % 2):
            raise BadFile(
                f"{self._path} ends inside a quoted value of the record on line {self.start}: a quote is missing there, or the file was cut off."
            )
        if isinstance(error, _TooLong):
            return _Bad(self.start, "", [("", TOO_LONG)])
        if not misplaced:
            return _Bad(self.start, "", [("", f"a value is longer than {csv.field_size_limit():,} characters")])
        end = self._lines.number
        skipped = f"; lines {self.start} to {end} were skipped" if end > self.start else ""
        return _Bad(
            self.start, "", [("", f"a quote is in the wrong place: quotes inside a quoted value must be doubled{skipped}")]
        )


def _csv_ticket(line: int, columns: Sequence[str], cells: Sequence[str]) -> TicketIn | _Bad:
    if len(cells) != len(columns):
        # Which cell is the external id cannot be known, so none is repeated.
        return _Bad(line, "", [("", f"has {len(cells)} values where the header has {len(columns)} columns")])
    values: dict[str, Any] = dict(zip(columns, cells, strict=True))
    faults: list[tuple[str, str]] = []
    if "urgent" in values:
        urgent = TRUTH.get(values["urgent"].lower())
        values["urgent"] = urgent or False
        if urgent is None:
            faults.append(("urgent", "must be true, false, yes, no, 1, 0 or empty"))
    if "deadline_at" in values and not RFC_3339.fullmatch(values["deadline_at"]):
        deadline = values.pop("deadline_at")
        if deadline:
            faults.append(("deadline_at", "must be a time with its zone, such as 2026-01-31T18:00:00+03:00, or empty"))
    return _ticket(line, orjson.dumps(values), values["external_id"], faults)


def _ticket(line: int, body: str | bytes, external_id: str | None, faults: list[tuple[str, str]]) -> TicketIn | _Bad:
    """The ticket in a JSON text, as strict as the API; `faults` were found before. `external_id` None: look for it in the text."""
    ticket: TicketIn | None = None
    try:
        ticket = TicketIn.model_validate_json(body)
    except ValidationError as error:
        faults += _faults(error)
    except (ValueError, RecursionError):  # such as a number of thousands of digits
        faults.append(("", "is not JSON that can be read"))
    if ticket is not None:
        faults += _unstorable(ticket)
        if not faults:
            return ticket
    if external_id is None:
        with contextlib.suppress(ValueError, RecursionError):
            value = orjson.loads(body)
            external_id = value.get("external_id") if isinstance(value, dict) else None
    return _Bad(line, _shown(external_id, 200) if isinstance(external_id, str) else "", faults[:MOST_FAULTS])


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    if error.error_count() > 100:  # thousands of unknown keys in one line are not worth a list
        return [("", f"{error.error_count()} fields are unknown or wrong")]
    found: list[tuple[str, str]] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in item["loc"])
        reason = JSON_PLACE.sub(r" at character \1", item["msg"])
        # The name of an unknown key is the sender's text, like a value.
        found.append((place, reason) if place in COLUMNS else (_shown(mask(place[:1000]).text, 40), reason))
    return found


def _unstorable(ticket: TicketIn) -> list[tuple[str, str]]:
    """What is fine in Python but cannot be kept in PostgreSQL."""
    found = [
        (name, "contains NUL or half a surrogate pair")
        for name in ("external_id", "subject", "text")
        if UNSTORABLE.search(getattr(ticket, name))
    ]
    try:
        if ticket.deadline_at is not None:
            ticket.deadline_at.astimezone(UTC)
    except OverflowError:
        found.append(("deadline_at", "is too far away"))
    return found


# --------------------------------------------------------------------------------------------------------------------
# Paths, and the report.


def _format(path: Path, fmt: str | None) -> str:
    kind = fmt or FORMATS.get(path.suffix.lower())
    if kind not in FORMATS.values():
        raise BadFile(f"{path} may be CSV or JSONL, its name does not tell: say --format csv or --format jsonl.")
    return str(kind)


def _unreadable(path: Path, error: OSError) -> BadFile:
    return BadFile(f"{path} cannot be read: {error.strerror or type(error).__name__}.")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[io.BufferedReader]:
    try:
        # A pipe would block in open() and has no size to show progress against.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadFile(f"{path} is not a file.")
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from None
    except ValueError:
        raise BadFile("The file's name is not a name.") from None
    with file:
        yield file


def _check_report(report: Path | None, path: Path) -> None:
    """Say at once what would otherwise be said after the whole file has been read."""
    if report is None:
        return
    if report.exists() and report.samefile(path):
        raise SetupError("The report would overwrite the file that is imported: choose another name.")
    if report.is_dir() or not report.parent.is_dir():
        raise SetupError(f"The report cannot be written to {report}: there is no such folder, or it is one.")


def _write_report(report: Path, bad: Sequence[_Bad], rejected: int) -> None:
    """Write the bad rows down, whole or not at all, for the owner's eyes only.

    Raises:
        SetupError: it cannot be written.
    """
    part: str | None = None
    try:
        descriptor, part = tempfile.mkstemp(dir=report.parent, prefix=f".{report.name[:40]}.")
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(("line", "external_id", "field", "reason"))
            for row in bad:
                writer.writerows(
                    (row.line, _harmless(row.external_id), _harmless(name), _harmless(reason)) for name, reason in row.faults
                )
            if rejected > len(bad):
                writer.writerow(("", "", "", f"{rejected - len(bad)} more bad rows are not listed"))
        Path(part).replace(report)
    except OSError as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        raise SetupError(f"The report cannot be written to {report}: {error.strerror or type(error).__name__}.") from None


def _shown(text: str, most: int) -> str:
    """Somebody else's text on one line: no control characters, not long."""
    return "".join(char if char.isprintable() else "?" for char in text[:most])


def _harmless(text: str) -> str:
    """A cell that a spreadsheet shows and does not run."""
    return "'" + text if text.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else text


def _nothing_good(path: Path, reader: _Reader, report: Path | None) -> str:
    first = reader.bad[0]
    name, reason = first.faults[0]
    place = f"line {first.line}, {name}" if name else f"line {first.line}"
    where = f" All are in {report}." if report is not None else ""
    return f"{path}: nothing was imported, because all {reader.rejected} rows are bad. The first: {place}: {reason}.{where}"
