"""Tickets in a CSV file: its header, its records, and going on after one that cannot be read. Read in a thread."""

import contextlib
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from piecework.platform.said import Said
from piecework.tasks.importing.bad import BadFile, BadRow, OtherColumns, named, shown_on_a_line
from piecework.tasks.importing.files import MOST_CHARS, TOO_LONG, Lines
from piecework.tasks.importing.rows import COLUMNS, ticket_in
from piecework.tasks.importing.values import CODED, FALSE, TRUE, Values
from piecework.tasks.intake import TicketIn

REQUIRED = tuple(name for name, info in TicketIn.model_fields.items() if info.is_required())
RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field of tickets comes from: a column of the file; `value` stands in where there is none, or its cell is empty.

    `values` says what a coded field's values mean (value -> code) where they do not say it by themselves.
    """

    name: str | None = None
    value: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


Layout = Mapping[str, Column]
"""Field of a ticket -> where it comes from. Fields that are not named are left out."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A field, and the place of its cell in a record."""

    field: str
    place: int | None
    value: str = ""


def csv_outcomes(
    lines: Lines, path: Path, layout: Layout | None = None, values: Values | None = None
) -> Iterator[TicketIn | BadRow | None]:
    """One ticket for each record, None for a blank one. Without a layout the columns must be named as the fields are.

    `values` tells what those of coded fields mean, and learns which there are.

    Raises:
        BadFile: the header does not fit, or the file ends inside a quoted value.
    """
    names, delimiter = csv_header(lines, path)
    sources = _by_name(names, path) if layout is None else _by_layout(names, layout, path)
    known = values or Values({})
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
        yield _csv_ticket(feed.start, sources, len(names), cells, known) if any(cells) else None


def csv_header(lines: Lines, path: Path) -> tuple[list[str], str]:
    """The columns and the delimiter (the one that makes most columns of ours, or else most columns), from the first line not blank.

    Raises:
        BadFile: there is no such line.
    """
    text = lines.read()
    while text and text.isspace():
        text = lines.read()
    if not text:
        raise BadFile(Said("%(file)s is empty.", file=named(path)))
    best: list[str] = []
    chosen = ","
    if len(text) <= MOST_CHARS:
        for delimiter in ",;\t":
            with contextlib.suppress(csv.Error, StopIteration):
                names = [name.strip() for name in next(csv.reader([text], delimiter=delimiter, strict=True))]
                if not best or _worth(names) > _worth(best):
                    best, chosen = names, delimiter
    return best, chosen


def _worth(names: Sequence[str]) -> tuple[int, int]:
    return len(set(names) & set(COLUMNS)), len(names)


def _by_name(names: Sequence[str], path: Path) -> list[_Source]:
    """The fields by the columns of the same names.

    Raises:
        BadFile: no column is ours, one is not ours, one stands there twice, or one is lacking.
    """
    # What is not a header may be a customer's words: it is not shown.
    if not set(names) & set(COLUMNS):
        raise BadFile(f"{path} has no header: its first line must name the columns, which are {', '.join(COLUMNS)}.")
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        shown = ", ".join(shown_on_a_line(name, 40) or "(no name)" for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise BadFile(f"{path} has unknown columns: {shown}{more}. The columns are {', '.join(COLUMNS)}.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadFile(f"{path} names a column twice: {', '.join(twice)}.")
    lacking = [name for name in REQUIRED if name not in names]
    if lacking:
        raise BadFile(f"{path} lacks columns: {', '.join(lacking)}.")
    return [_Source(name, place) for place, name in enumerate(names)]


def _by_layout(names: Sequence[str], layout: Layout, path: Path) -> list[_Source]:
    """The fields as they were laid out.

    Raises:
        OtherColumns: a column is not there.
    """
    lacking = [column.name for column in layout.values() if column.name is not None and column.name not in names]
    if lacking:
        columns = ", ".join(shown_on_a_line(name, 40) for name in lacking)
        raise OtherColumns(Said("%(file)s lacks columns: %(columns)s.", file=named(path), columns=columns))
    return [
        _Source(field, None if column.name is None else names.index(column.name), column.value)
        for field, column in layout.items()
        if column.name is not None or column.value
    ]


class _TooLong(Exception):
    """A record has passed MOST_CHARS: the parser must not be given more of it."""


class _Feed:
    """Lines for csv.reader, which would collect an unclosed quote to the end of the file: bounded, and counted by record."""

    def __init__(self, lines: Lines, path: Path) -> None:
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

    def recover(self, error: Exception) -> BadRow:
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
                Said(
                    "%(file)s ends inside a quoted value of the record on line %(line)s: a quote is missing there, or the file was cut off.",
                    file=named(self._path),
                    line=self.start,
                )
            )
        if isinstance(error, _TooLong):
            return BadRow(self.start, "", [("", TOO_LONG)])
        if not misplaced:
            return BadRow(self.start, "", [("", f"a value is longer than {csv.field_size_limit():,} characters")])
        end = self._lines.number
        skipped = f"; lines {self.start} to {end} were skipped" if end > self.start else ""
        return BadRow(
            self.start, "", [("", f"a quote is in the wrong place: quotes inside a quoted value must be doubled{skipped}")]
        )


def _csv_ticket(line: int, sources: Sequence[_Source], width: int, cells: Sequence[str], known: Values) -> TicketIn | BadRow:
    if len(cells) != width:
        # Which cell is the external id cannot be known, so none is repeated.
        return BadRow(line, "", [("", f"has {len(cells)} values where the header has {width} columns")])
    given = {one.field: "" if one.place is None else cells[one.place] for one in sources}
    values: dict[str, Any] = {one.field: given[one.field] or one.value for one in sources}
    faults: list[tuple[str, str]] = []
    for one in sources:
        if one.field in CODED and values[one.field]:
            code = (
                known.code(one.field, given[one.field]) if given[one.field] else known.stand_in(one.field, one.value, one.place)
            )
            # What is not understood stays as it is, so that the ticket's own shape says what is wrong with it.
            values[one.field] = code or values[one.field]
    if "urgent" in values:
        if values["urgent"] not in ("", TRUE, FALSE):
            faults.append(("urgent", "must be true, false, yes, no, 1, 0 or empty"))
        values["urgent"] = values["urgent"] == TRUE
    if "deadline_at" in values and not RFC_3339.fullmatch(values["deadline_at"]):
        deadline = values.pop("deadline_at")
        if deadline:
            faults.append(("deadline_at", "must be a time with its zone, such as 2026-01-31T18:00:00+03:00, or empty"))
    return ticket_in(line, orjson.dumps(values), values.get("external_id", ""), faults)
