"""The file's side. Everything here runs in a thread, one batch at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from piecework.tasks.importing.bad import BadFile, BadRow
from piecework.tasks.importing.csv_file import csv_outcomes
from piecework.tasks.importing.files import Lines
from piecework.tasks.importing.jsonl_file import json_outcomes
from piecework.tasks.intake import TicketIn, masked

BATCH_ROWS = 5_000
BATCH_CHARS = 2_000_000
MOST_REPORTED = 10_000


@dataclass(slots=True)
class Reader:
    """A file as batches of rows for the staging table. Bounded: in rows, in characters, and in bad rows remembered."""

    lines: Lines
    path: Path
    kind: str
    good: int = 0
    rejected: int = 0
    bad: list[BadRow] = field(default_factory=list)
    _outcomes: Iterator[TicketIn | BadRow | None] | None = None

    def batch(self) -> list[tuple[Any, ...]] | None:
        """The next rows (perhaps none, if all of them were bad); None at the end.

        Raises:
            BadFile: what follows cannot be read, or there was nothing at all.
        """
        if self._outcomes is None:
            self._outcomes = (csv_outcomes if self.kind == "csv" else json_outcomes)(self.lines, self.path)
        rows: list[tuple[Any, ...]] = []
        chars = 0
        for seen, outcome in enumerate(self._outcomes, start=1):
            if outcome is None:
                pass
            elif isinstance(outcome, BadRow):
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
