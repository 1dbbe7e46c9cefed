"""Long reports as a workbook (ECMA-376 SpreadsheetML), written as the rows come: nothing waits on disk or in memory.

XlsxWriter, which writes the small workbooks of payouts, took nine minutes for a million rows, cell by cell. Here a column of a batch is one list
comprehension, and the rows go straight into the archive (docs/adr/0017).
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from functools import lru_cache
from typing import IO, Any
from uuid import UUID
from xml.sax.saxutils import escape

from piecework.payouts.reports.columns import Column, Kind
from piecework.platform import money
from piecework.platform.csv_out import inert

SHEET_ROWS = 1_048_576
"""As many rows, the header among them, has a sheet."""
MADE_AT = (2000, 1, 1, 0, 0, 0)
"""A constant, so that the bytes stay the same."""
MOST_CHARACTERS = 32_767
"""As many has a cell: with one more, Excel takes the file for a broken one."""
CUT = " ... [{} characters; CSV and JSON lines have them all]"
LEVEL = 1
"""Of deflate: the next ones take twice as long for a tenth less."""
DAY_S = 86_400
EPOCH = 25_569
"""The day 1970-01-01 as spreadsheets count days."""
HEADER, AMOUNT, DATE, INSTANT = 1, 2, 3, 4
"""Places in the styles below."""

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_BEGINS = (
    f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
SHEET_ENDS = "</sheetData></worksheet>"
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}">'
    '<numFmts count="3"><numFmt numFmtId="164" formatCode="0.0000"/><numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="166" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    + "".join(f'<xf numFmtId="{n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for n in (164, 165, 166))
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)

NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""What XML cannot hold, or a reader would take for an escape of it (ECMA-376, ST_Xstring)."""
NEEDS_CARE = re.compile("[\x00-\x1f&<>\ufffe\uffff]|_x|^\\s|\\s$")


@lru_cache(4096)  # most columns of a report say the same few words, and the lines of one posting follow each other
def _text(value: str) -> str:
    """Shown as it is, and never a formula."""
    safe = inert(value)
    if len(safe) > MOST_CHARACTERS:
        note = CUT.format(len(value))
        safe = safe[: MOST_CHARACTERS - len(note)] + note
    if NEEDS_CARE.search(safe) is None:
        return f"<is><t>{safe}</t></is>"
    written = escape(NOT_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", safe))
    return f'<is><t xml:space="preserve">{written}</t></is>'


@lru_cache(4096)
def _plain(value: UUID) -> str:
    """Text of our own making: nothing in it needs care."""
    return f"<is><t>{value}</t></is>"


def _day(value: date) -> int:
    return value.toordinal() - date(1970, 1, 1).toordinal() + EPOCH


def _moment(value: datetime) -> float:
    return value.timestamp() / DAY_S + EPOCH


Cells = Callable[[Iterable[Any], Sequence[int]], list[str]]
"""A column's values and the numbers of their rows -> the cells' XML, empty where nothing is known."""


def _typed(letters: str, attributes: str, content: Callable[[Any], str]) -> Cells:
    return lambda values, numbers: [
        "" if value is None else f'<c r="{letters}{number}"{attributes}>{content(value)}</c>'
        for value, number in zip(values, numbers, strict=True)
    ]


def _number(letters: str, style: str, number_of: Callable[[Any], Any]) -> Cells:
    return _typed(letters, style, lambda value: f"<v>{number_of(value)}</v>")


def _amounts(letters: str, exact: str) -> Cells:
    """A number to reckon with and, because a spreadsheet reckons in binary fractions, beside it the exact text."""

    def cells(values: Iterable[Any], numbers: Sequence[int]) -> list[str]:
        texts = [None if value is None else money.text(value) for value in values]
        return [
            "" if text is None
            else f'<c r="{letters}{n}" s="{AMOUNT}"><v>{text}</v></c><c r="{exact}{n}" t="inlineStr"><is><t>{text}</t></is></c>'
            for text, n in zip(texts, numbers, strict=True)
        ]  # fmt: skip

    return cells


def _letters(place: int) -> str:
    """The name of a column: 0 -> A, 26 -> AA."""
    name = ""
    while place >= 0:
        place, letter = divmod(place, 26)
        name, place = chr(65 + letter) + name, place - 1
    return name


STRING = ' t="inlineStr"'


def _columns(columns: Sequence[Column]) -> tuple[list[str], list[Cells]]:
    """The titles, and how each column is written; amounts take two places."""
    titles: list[str] = []
    made: list[Cells] = []
    for column in columns:
        letters = _letters(len(titles))
        titles.append(column.name)
        match column.kind:
            case Kind.TEXT:
                made.append(_typed(letters, STRING, _text))
            case Kind.UUID:
                made.append(_typed(letters, STRING, _plain))
            case Kind.INT:
                made.append(_number(letters, "", int))
            case Kind.AMOUNT:
                titles.append(f"{column.name}_exact")
                made.append(_amounts(letters, _letters(len(titles) - 1)))
            case Kind.DATE:
                made.append(_number(letters, f' s="{DATE}"', _day))
            case Kind.INSTANT:
                made.append(_number(letters, f' s="{INSTANT}"', _moment))
    return titles, made


class Xlsx:
    """A workbook; when a sheet is full the next one goes on. Every cell has its type, none is a formula."""

    def __init__(self, out: IO[bytes], columns: Sequence[Column], *, sheet_rows: int = SHEET_ROWS) -> None:
        self._archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        titles, self._cells = _columns(columns)
        header = "".join(f'<c r="{_letters(at)}1" s="{HEADER}"{STRING}>{_text(title)}</c>' for at, title in enumerate(titles))
        self._begins = f'{SHEET_BEGINS}<row r="1">{header}</row>'.encode()
        self._sheet_rows = sheet_rows
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        self._at = 1
        # The archive's directory must not depend on the length, which nobody knows yet.
        self._sheet = self._archive.open(self._entry(f"xl/worksheets/sheet{self._sheets}.xml"), "w", force_zip64=True)
        self._sheet.write(self._begins)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, MADE_AT)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry._compresslevel = LEVEL  # type: ignore[attr-defined]  # noqa: SLF001 - public, as compress_level, from Python 3.13 on
        return entry

    def _end(self) -> None:
        self._sheet.write(SHEET_ENDS.encode())
        self._sheet.close()

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows."""
        while rows:
            room = self._sheet_rows - self._at
            if not room:
                self._end()
                self._begin()
                continue
            now, rows = rows[:room], rows[room:]
            numbers = range(self._at + 1, self._at + 1 + len(now))
            values = zip(*now, strict=True)
            cells = [make(column, numbers) for make, column in zip(self._cells, values, strict=True)]
            lines = [
                f'<row r="{number}">{"".join(line)}</row>' for number, line in zip(numbers, zip(*cells, strict=True), strict=True)
            ]
            self._sheet.write("".join(lines).encode())
            self._at += len(now)

    def close(self) -> None:
        """End the last sheet, and say what the archive holds."""
        self._end()
        for name, content in _frame(self._sheets).items():
            self._archive.writestr(self._entry(name), content)
        self._archive.close()

    def drop(self) -> None:
        """Nobody reads it: leave it as it is, even where its file can take no more."""
        with suppress(OSError, ValueError):
            self._sheet.close()
        self._archive.fp = None


def _frame(sheets: int) -> Mapping[str, str]:
    """The parts of the package that say how the sheets belong together."""
    numbers = range(1, sheets + 1)
    styles = sheets + 1
    return {
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        + "".join(f'<sheet name="rows {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers)
        + f'<Relationship Id="rId{styles}" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>' for n in numbers)
        + f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/></Types>',
    }
