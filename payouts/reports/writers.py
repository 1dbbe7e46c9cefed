"""Reports as files: CSV and XLSX for people, JSON lines for programs. The same rows give the same bytes.

CSV is the house's one dialect (platform/csv_out.py). What a spreadsheet could run as a formula is made inert in CSV and XLSX; JSON lines
hold every text as it is. Amounts are plain numbers with four decimals; in XLSX a number cell and beside it the exact text, because a
spreadsheet reckons in binary fractions. Instants are in UTC. None of the writers holds more than a batch in memory.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any, Protocol

import orjson
import xlsxwriter

from piecework.payouts.reports.columns import Column, Kind
from piecework.platform import money
from piecework.platform.csv_out import Lines, inert

Row = Sequence[Any]


class Writer(Protocol):
    """Takes the rows of one report, in the order of its columns; the lines of totals last."""

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows."""

    def close(self) -> None:
        """Write what is left; the file is whole after it."""

    def drop(self) -> None:
        """Nobody wants the file any more: leave nothing behind."""


def _amount(value: int | None) -> str | None:
    return None if value is None else money.text(value)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _as_it_is(value: Any) -> Any:
    return value


def _string(value: Any) -> str | None:
    return None if value is None else str(value)


def _inert(value: str | None) -> str | None:
    return None if value is None else inert(value)


EXACT: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _as_it_is,
    Kind.UUID: _string,
    Kind.INT: _as_it_is,
    Kind.AMOUNT: _amount,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
}
"""Cells for programs."""
FOR_PEOPLE = {**EXACT, Kind.TEXT: _inert}
"""Cells for people who open the file in a spreadsheet."""


class Csv:
    """CSV; an empty cell is what is not known or does not apply."""

    def __init__(self, out: IO[bytes], columns: Sequence[Column]) -> None:
        self._cells = [FOR_PEOPLE[column.kind] for column in columns]
        self._lines = Lines(out, [column.name for column in columns])

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        cells, add = self._cells, self._lines.add
        for row in rows:
            add(*[cell(value) for cell, value in zip(cells, row, strict=True)])
        self._lines.flush()

    def close(self) -> None:
        """Write what is left: the header, where there was no row."""
        self._lines.flush()

    def drop(self) -> None:
        """There is nothing but what was written."""


class Jsonl:
    """One JSON object a line; amounts are strings, as everywhere in the API."""

    def __init__(self, out: IO[bytes], columns: Sequence[Column]) -> None:
        self._out = out
        self._names = [column.name for column in columns]
        self._cells = [EXACT[column.kind] for column in columns]

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        names, cells = self._names, self._cells
        self._out.write(
            b"".join(
                orjson.dumps({name: cell(value) for name, cell, value in zip(names, cells, row, strict=True)}) + b"\n"
                for row in rows
            )
        )

    def close(self) -> None:
        """Nothing is left."""

    def drop(self) -> None:
        """There is nothing but what was written."""


SHEET_ROWS = 1_048_576
"""As many rows, the header among them, has a sheet."""
MADE_AT = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's date has no zone; a constant, so that the bytes stay the same
FORMATS = {Kind.AMOUNT: "0.0000", Kind.DATE: "yyyy-mm-dd", Kind.INSTANT: "yyyy-mm-dd hh:mm:ss"}


class Xlsx:
    """A workbook; when a sheet is full the next one goes on. Every cell has its type, none is a formula."""

    def __init__(self, out: IO[bytes], columns: Sequence[Column], *, sheet_rows: int = SHEET_ROWS) -> None:
        # Finished rows wait in files of this folder until the workbook is put together.
        self._folder = tempfile.TemporaryDirectory(prefix="piecework-xlsx-")
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book = xlsxwriter.Workbook(out, {"constant_memory": True, "tmpdir": self._folder.name, **plain})
        self._book.use_zip64()
        self._book.set_properties({"created": MADE_AT})
        self._formats = {kind: self._book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        self._header = self._book.add_format({"bold": True})
        self._columns = columns
        self._sheet_rows = sheet_rows
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(f"rows {self._sheets}")
        self._sheet.freeze_panes(1, 0)
        self._at = 0
        titles = [[c.name, f"{c.name}_exact"] if c.kind is Kind.AMOUNT else [c.name] for c in self._columns]
        for place, title in enumerate(title for pair in titles for title in pair):
            self._sheet.write_string(0, place, title, self._header)

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows."""
        for row in rows:
            if self._at + 1 == self._sheet_rows:
                self._begin()
            self._at += 1
            self._write(row)

    def _write(self, row: Row) -> None:
        sheet, at, place = self._sheet, self._at, 0
        for column, value in zip(self._columns, row, strict=True):
            kind = column.kind
            if value is None:
                place += 1 + (kind is Kind.AMOUNT)
                continue
            if kind is Kind.TEXT:
                sheet.write_string(at, place, inert(value))
            elif kind is Kind.UUID:
                sheet.write_string(at, place, str(value))
            elif kind is Kind.INT:
                sheet.write_number(at, place, value)
            elif kind is Kind.AMOUNT:
                exact = money.text(value)
                sheet.write_number(at, place, Decimal(exact), self._formats[kind])
                place += 1
                sheet.write_string(at, place, exact)
            elif kind is Kind.DATE:
                sheet.write_datetime(at, place, value, self._formats[kind])
            else:
                sheet.write_datetime(at, place, value.astimezone(UTC).replace(tzinfo=None), self._formats[kind])
            place += 1

    def close(self) -> None:
        """Put the workbook together; takes as long again for a long one."""
        self._book.close()
        self._folder.cleanup()

    def drop(self) -> None:
        """Close and remove the files of finished rows."""
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._folder.cleanup()


MAKERS: Mapping[str, Callable[[IO[bytes], Sequence[Column]], Writer]] = {"csv": Csv, "jsonl": Jsonl, "xlsx": Xlsx}
"""Format -> its writer."""
