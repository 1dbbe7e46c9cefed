"""Reports as files: CSV and XLSX for people, JSON lines for programs. The same rows give the same bytes.

CSV is the house's one dialect (platform/csv_out.py). What a spreadsheet could run as a formula is made inert in CSV and XLSX; JSON lines
hold every text as it is. Amounts are plain numbers with four decimals; in XLSX a number cell and beside it the exact text, because a
spreadsheet reckons in binary fractions. Instants are in UTC. None of the writers holds more than a batch in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import IO, Any, Protocol

import orjson

from piecework.payouts.reports.columns import Column, Kind
from piecework.payouts.reports.workbook import Xlsx
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


MAKERS: Mapping[str, Callable[[IO[bytes], Sequence[Column]], Writer]] = {"csv": Csv, "jsonl": Jsonl, "xlsx": Xlsx}
"""Format -> its writer."""
