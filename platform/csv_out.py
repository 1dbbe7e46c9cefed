"""The one CSV dialect of reports: UTF-8 with BOM, `;` between cells, lines end in CR LF, quotes where a cell needs them."""

import csv
import io
from collections.abc import Sequence
from typing import Protocol

BOM = b"\xef\xbb\xbf"
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # also in their full-width forms
CONTROL = frozenset("\t\r\n")


class Out(Protocol):
    """Where a report goes: anything that takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""


def inert(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula: an apostrophe goes before one that could be."""
    risky = text[:1] in CONTROL or text.lstrip()[:1] in FORMULA
    return f"'{text}" if risky else text


class Lines:
    """CSV lines on their way to a file, a batch at a time."""

    def __init__(self, out: Out, columns: Sequence[str]) -> None:
        self.rows = 0
        self._out = out
        self._buffer = io.StringIO()
        self._csv = csv.writer(self._buffer, delimiter=";", lineterminator="\r\n")
        out.write(BOM)
        self._csv.writerow(columns)

    def add(self, *cells: object) -> None:
        """One more line."""
        self._csv.writerow(cells)
        self.rows += 1

    def flush(self) -> None:
        """Hand over what has gathered."""
        self._out.write(self._buffer.getvalue().encode())
        self._buffer.seek(0)
        self._buffer.truncate()
