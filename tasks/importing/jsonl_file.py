"""Tickets in a file of JSON lines. Read in a thread."""

from collections.abc import Iterator
from pathlib import Path

from piecework.tasks.importing.bad import BadRow
from piecework.tasks.importing.files import MOST_CHARS, TOO_LONG, Lines
from piecework.tasks.importing.rows import ticket_in
from piecework.tasks.intake import TicketIn


def json_outcomes(lines: Lines, _path: Path) -> Iterator[TicketIn | BadRow]:
    """One ticket for each line that is not blank."""
    while text := lines.read():
        number = lines.number
        if len(text) > MOST_CHARS:
            lines.skip()
            yield BadRow(number, "", [("", TOO_LONG)])
        elif not text.isspace():
            yield ticket_in(number, text, None, [])
