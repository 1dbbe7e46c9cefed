"""Reviews from a CSV file: columns assignment_id, verdict (accept or reject) and reason; others are ignored."""

import csv
import io
from pathlib import Path
from typing import TextIO
from uuid import UUID

from pydantic import ValidationError

from piecework.platform import db
from piecework.platform.errors import SetupError
from piecework.quality.auditing.reviews import Decision, Outcome, review_all
from piecework.quality.schemas.reviews import ReviewRow

COLUMNS = ("assignment_id", "verdict", "reason")
BATCH = 1000
MOST_ERRORS = 10
LONGEST_FILE = 100_000


async def review_file(actor: UUID, path: Path) -> list[Outcome]:
    """Carry out the decisions in a file, in transactions of `BATCH` rows; what has moved on is refused row by row.

    Raises:
        SetupError: the file cannot be read, or a row is malformed; then nothing is done.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            listed = _read_rows(file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"{path} cannot be read as CSV in UTF-8: {error}") from None
    outcomes: list[Outcome] = []
    for start in range(0, len(listed), BATCH):
        async with db.transaction():
            outcomes += await review_all(actor, listed[start : start + BATCH])
    return outcomes


def read(content: bytes) -> list[Decision]:
    """The decisions in a file's content.

    Raises:
        SetupError: it cannot be read, or a row is malformed.
    """
    try:
        return _read_rows(io.StringIO(content.decode("utf-8-sig"), newline=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"The file cannot be read as CSV in UTF-8: {error}") from None


def _read_rows(file: TextIO) -> list[Decision]:
    reader = csv.DictReader(file, strict=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise SetupError(f"The file has no column {', '.join(missing)}; it needs {', '.join(COLUMNS)}.")
    listed: dict[UUID, Decision] = {}
    errors: list[str] = []
    for row in reader:
        if len(listed) >= LONGEST_FILE:
            raise SetupError(f"A file has at most {LONGEST_FILE} rows.")
        try:
            read = ReviewRow.model_validate_strings({name: (row[name] or "").strip() for name in COLUMNS})
        except ValidationError as error:
            errors.append(f"line {reader.line_num}: " + "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors()))
            continue
        if read.assignment_id in listed:
            errors.append(f"line {reader.line_num}: {read.assignment_id} is named twice")
        listed[read.assignment_id] = Decision(read.assignment_id, read.verdict == "accept", read.reason)
    if errors:
        more = f"\nand {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
        raise SetupError("Nothing was done. " + "\n".join(errors[:MOST_ERRORS]) + more)
    return list(listed.values())
