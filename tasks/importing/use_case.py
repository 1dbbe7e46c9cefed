"""The import itself, from the path of a file to what came of it."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from piecework.platform.errors import SetupError
from piecework.tasks.importing.bad import BadFile
from piecework.tasks.importing.files import Lines, format_of, opened
from piecework.tasks.importing.reader import Reader
from piecework.tasks.importing.report import check_report, nothing_good, write_report
from piecework.tasks.importing.rows import UNSTORABLE
from piecework.tasks.importing.staging import STAGED, publish, ready, staging

MOST_SOURCE = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: received = added + known + rejected. `report` is where the bad rows are listed, if that was asked for."""

    received: int
    added: int
    known: int
    rejected: int
    seconds: float
    report: Path | None


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
    kind = format_of(path, fmt)
    if not 1 <= len(source) <= MOST_SOURCE or UNSTORABLE.search(source):
        raise SetupError(f"The source's name must have 1 to {MOST_SOURCE} characters.")
    await ready(project_code)
    with opened(path) as file:
        check_report(report, path)
        total = os.fstat(file.fileno()).st_size
        reader = Reader(Lines(file, path), path, kind)
        async with staging() as connection:
            while (batch := await asyncio.to_thread(reader.batch)) is not None:
                if batch:
                    await connection.copy_records_to_table("staged_ticket", schema_name="pg_temp", columns=STAGED, records=batch)
                if on_progress is not None:
                    on_progress(min(file.tell(), total), total)
            # The report comes first: if it cannot be written, nothing has been published yet.
            if report is not None:
                await asyncio.to_thread(write_report, report, reader.bad, reader.rejected)
            if not reader.good:
                raise BadFile(nothing_good(path, reader, report))
            added = await publish(connection, reader, project_code, source, actor, path)
    return Imported(
        received=reader.good + reader.rejected,
        added=added,
        known=reader.good - added,
        rejected=reader.rejected,
        seconds=time.monotonic() - started,
        report=report,
    )
