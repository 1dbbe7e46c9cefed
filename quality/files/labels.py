"""Answers of a crowd from CSV files, and what they come to as CSV files; no database.

A file of answers has the columns task, worker and label, a file of golden answers task and label;
columns may stand in any order, further ones are ignored. UTF-8, with or without a byte order mark.
Tasks, workers and labels may be any text and are numbered in the order of their first appearance.
Everything that is wrong with a file is told as one `SetupError` with the file and the line.
"""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from piecework.platform.errors import SetupError

Integers = NDArray[np.int64]

LABELS = ("task", "worker", "label")
GOLDEN = ("task", "label")
_CHUNK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """The answers of a file, coded; entry i of a list of names is the name of code i."""

    task: Integers
    """(N,) Which task an answer was given to."""
    worker: Integers
    """(N,) Who gave it."""
    label: Integers
    """(N,) What it says."""
    tasks: list[str]
    workers: list[str]
    labels: list[str]


def read_labels(path: Path) -> Labels:
    """The answers of a file. The same answer twice counts once; a worker who answers a task again with another label counts with both.

    Raises:
        SetupError: the file cannot be read or is broken.
    """
    table = _Table(path, LABELS)
    task, worker, label = table.codes
    tasks, workers, labels = table.names
    pair = task * max(len(workers), 1) + worker
    if np.diff(np.sort(pair)).all():
        return Labels(task, worker, label, tasks, workers, labels)
    order = np.lexsort((label, pair))
    again = np.diff(pair[order]) == 0
    same = again & (np.diff(label[order]) == 0)
    kept = np.ones(task.size, dtype=bool)
    kept[order[1:][same]] = False
    return Labels(task[kept], worker[kept], label[kept], tasks, workers, labels)


def read_golden(path: Path, known: Labels) -> tuple[Integers, list[str]]:
    """The truth of the tasks of `known`, -1 where the file does not tell, and all labels of both files.

    A label that nobody gave gets the next code. Golden answers to other tasks are ignored.

    Raises:
        SetupError: the file cannot be read or is broken, tells two labels of a task, or none of its tasks is in `known`.
    """
    table = _Table(path, GOLDEN)
    task, label = table.codes
    tasks, names = table.names
    order = np.argsort(task, kind="stable")
    again = task[order][1:] == task[order][:-1]
    if (again & (label[order][1:] != label[order][:-1])).any():
        _refuse_contradiction(table)
    code_of = {name: code for code, name in enumerate(known.labels)}
    wanted = {name: code for code, name in enumerate(known.tasks)}
    place = np.array([wanted.get(name, -1) for name in tasks], dtype=np.int64)
    found = place[task] >= 0
    if task.size and not found.any():
        raise SetupError(f"{path}: none of its tasks is among the answers.")
    code = np.array([code_of.setdefault(name, len(code_of)) for name in names], dtype=np.int64)
    truth = np.full(len(known.tasks), -1, dtype=np.int64)
    truth[place[task][found]] = code[label][found]
    return truth, list(code_of)


def write(files: Sequence[tuple[Path, Sequence[str], Iterator[Sequence[str]]]]) -> None:
    """Write files of a path, a header and rows: all of them completely, and only then in place of what was there.

    Raises:
        SetupError: a file cannot be written; then none has been replaced.
    """
    parts = [path.with_name(f".{path.name}.part") for path, _, _ in files]
    try:
        for part, (path, header, rows) in zip(parts, files, strict=True):
            if path.is_dir():
                raise SetupError(f"{path}: is a folder.")
            with part.open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows(rows)
        for part, (path, _, _) in zip(parts, files, strict=True):
            part.replace(path)
    except OSError as error:
        raise SetupError(f"{error.filename}: cannot be written: {error.strerror}.") from None
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


class _Codes(dict[str, int]):
    """Numbers for names, in the order in which they are asked for."""

    def __missing__(self, name: str) -> int:
        self[name] = code = len(self)
        return code


class _Table:
    """The wanted columns of a CSV file, coded: `codes` of every row, and the `names` of the codes, a list a column."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path, self.columns = path, columns
        codes = [_Codes() for _ in columns]
        parts: list[list[Integers]] = [[np.zeros(0, dtype=np.int64)] for _ in columns]
        with self._rows() as (places, rows):
            for chunk in rows.chunks():
                cells = list(zip(*chunk, strict=True))
                for place, names, part in zip(places, codes, parts, strict=True):
                    part.append(np.fromiter(map(names.__getitem__, cells[place]), dtype=np.int64, count=len(chunk)))
        self.codes = [np.concatenate(part) for part in parts]
        self.names = [list(names) for names in codes]
        self._refuse_empty_cells()

    def line(self, wanted: int) -> int:
        """The line on which a row ends, the rows numbered from 0."""
        with self._rows() as (_, rows):
            for number, _row in enumerate(rows):
                if number == wanted:
                    return rows.line
        raise SetupError(f"{self.path}: changed while it was read.")

    def refuse(self, line: int, what: str) -> SetupError:
        """The refusal that names the file and the line."""
        return SetupError(f"{self.path}, line {line}: {what}.")

    @contextmanager
    def _rows(self) -> Iterator[tuple[list[int], "_Rows"]]:
        """The places of the wanted columns and the rows below the header."""
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                rows = _Rows(self, file)
                yield self._places(rows), rows
        except UnicodeDecodeError:
            raise self.refuse(self._undecodable_line(), "is not UTF-8") from None
        except OSError as error:
            raise SetupError(f"{self.path}: cannot be read: {error.strerror}.") from None

    def _places(self, rows: "_Rows") -> list[int]:
        header = [name.strip() for name in rows.header]
        for name in self.columns:
            if header.count(name) != 1:
                raise self.refuse(1, f"there is no column {name}" if name not in header else f"there are two columns {name}")
        return [header.index(name) for name in self.columns]

    def _undecodable_line(self) -> int:
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return 1

    def _refuse_empty_cells(self) -> None:
        rows = []
        for name, codes, names in zip(self.columns, self.codes, self.names, strict=True):
            empty = [code for code, text in enumerate(names) if not text.strip()]
            if empty:
                rows.append((int(np.flatnonzero(np.isin(codes, empty))[0]), name))
        if rows:
            row, name = min(rows)
            raise self.refuse(self.line(row), f"the cell of {name} is empty")


class _Rows:
    """The rows of a file below its header, each with as many cells; empty lines are skipped."""

    def __init__(self, table: _Table, file: TextIO) -> None:
        self._table, self._reader = table, csv.reader(file, strict=True)
        self.header = self._next([])
        self._width = len(self.header)

    def _next(self, default: list[str]) -> list[str]:
        try:
            return next(self._reader, default)
        except csv.Error as error:
            raise self._table.refuse(self._reader.line_num, f"is not CSV: {error}") from None

    @property
    def line(self) -> int:
        """The line on which the last row ended."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        try:
            for row in self._reader:
                if len(row) == self._width:
                    yield row
                elif row:
                    raise self._table.refuse(self.line, f"has {len(row)} cells where the header has {self._width}")
        except csv.Error as error:
            raise self._table.refuse(self.line, f"is not CSV: {error}") from None

    def chunks(self) -> Iterator[list[list[str]]]:
        """The same rows, many at a time, which is much faster."""
        try:
            while rows := list(islice(self._reader, _CHUNK)):
                widths = set(map(len, rows))
                if widths != {self._width}:
                    if widths != {self._width, 0}:
                        self._table.line(-1)  # reads row by row, up to the broken one
                    rows = [row for row in rows if row]
                yield rows
        except csv.Error as error:
            raise self._table.refuse(self.line, f"is not CSV: {error}") from None


def _refuse_contradiction(table: _Table) -> None:
    """Raise for the first row that contradicts an earlier one on the same keys (all columns but the label)."""
    *keys, label = table.codes
    said: dict[tuple[int, ...], int] = {}
    for row, key in enumerate(zip(*(column.tolist() for column in keys), strict=True)):
        first = said.setdefault(key, row)
        if label[first] != label[row]:
            told = " and ".join(f"{n} {names[code]!r}" for n, names, code in zip(table.columns, table.names, key, strict=False))
            before, after = (table.names[-1][label[one]] for one in (first, row))
            raise table.refuse(table.line(row), f"{told} has the label {after!r}, but {before!r} on line {table.line(first)}")
