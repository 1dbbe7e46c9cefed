"""What the writers write: exact for programs, inert for people, the same bytes each time, however nasty the names are."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from piecework.payouts.reports.columns import Column, Kind, amount, instant, number, text, uuid
from piecework.payouts.reports.workbook import Xlsx
from piecework.payouts.reports.writers import MAKERS
from piecework.platform import money
from piecework.platform.csv_out import inert

COLUMNS = (
    text("name", "."),
    uuid("id", "."),
    number("n", "."),
    amount("sum", "."),
    Column("day", Kind.DATE, "."),
    instant("at", "."),
)
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
    st.builds(str.__add__, st.sampled_from("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20' "), st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=9)),
)  # fmt: skip
AMOUNTS = st.integers(-money.LIMIT + 1, money.LIMIT - 1)
INSTANTS = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2199, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=3)), timezone(-timedelta(hours=9, minutes=30))]),
)
ROWS = st.lists(
    st.tuples(
        TEXTS,
        st.none() | st.uuids(),
        st.none() | st.integers(0, 2**53),
        AMOUNTS,
        st.none() | st.dates(date(2000, 1, 1), date(2199, 1, 1)),
        st.none() | INSTANTS,
    ),
    max_size=20,
)


def written(form: str, rows: Sequence[Any], **more: Any) -> bytes:
    out = io.BytesIO()
    writer = (MAKERS[form] if not more else Xlsx)(out, COLUMNS, **more)
    writer.add(rows[:7])
    writer.add(rows[7:])
    writer.close()
    return out.getvalue()


@settings(deadline=None, max_examples=200)
@given(rows=ROWS)
def test_csv_is_inert_and_complete(rows: list[Any]) -> None:
    content = written("csv", rows)
    assert content == written("csv", rows)
    got = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert got[0] == [column.name for column in COLUMNS]
    assert len(got) == len(rows) + 1
    for line, row in zip(got[1:], rows, strict=True):
        assert line[0] == inert(row[0])
        assert line[0].lstrip()[:1] not in {*"=+-@\uff1d\uff0b\uff0d\uff20"}
        assert money.parse(line[3]) == row[3] if abs(row[3]) < money.LIMIT else True
        assert line[1] == ("" if row[1] is None else str(row[1]))


@settings(deadline=None, max_examples=200)
@given(rows=ROWS)
def test_json_lines_are_exact(rows: list[Any]) -> None:
    content = written("jsonl", rows)
    assert content == written("jsonl", rows)
    lines = content.split(b"\n")
    assert lines.pop() == b""
    for line, row in zip(lines, rows, strict=True):
        told = json.loads(line)
        assert told["name"] == row[0]
        assert money.parse(told["sum"]) == row[3]
        assert told["n"] == row[2]
        assert (told["id"] and UUID(told["id"])) == row[1]
        assert (told["at"] and datetime.fromisoformat(told["at"])) == row[5]
        assert (told["day"] and date.fromisoformat(told["day"])) == row[4]


@settings(deadline=None, max_examples=60)
@given(rows=ROWS)
def test_workbooks_have_typed_cells_and_no_formula(rows: list[Any]) -> None:
    content = written("xlsx", rows)
    assert content == written("xlsx", rows)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    got = list(openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(min_row=2))
    for line, row in zip(got, rows, strict=False):
        assert line[3].data_type == "n"
        assert Decimal(str(line[3].value)).quantize(Decimal("0.0001")) == Decimal(money.text(row[3]))
        assert (line[4].data_type, line[4].value) == ("s", money.text(row[3]))
        assert line[0].data_type in ("s", "inlineStr", "n")  # n: empty
        assert line[5].value is None or line[5].value.date() == row[4]
        at = row[5] and row[5].astimezone(UTC).replace(tzinfo=None)
        assert at is None or abs(line[6].value - at) < timedelta(milliseconds=2)


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "\t=1", "Борис", " two  spaces ", "<b>&amp;", "a\x01b", "\ufffe"])
def test_a_workbooks_texts_are_what_a_person_may_see(name: str) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", [(name, None, None, 0, None, None)]))).active
    value = sheet["A2"].value
    assert value.replace("_x0001_", "\x01").replace("_xFFFE_", "\ufffe") == inert(name)


def test_a_full_sheet_is_followed_by_another() -> None:
    rows = [(f"n{i}", None, i, i, None, None) for i in range(25)]
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", rows, sheet_rows=11)))
    assert [sheet.max_row for sheet in book] == [11, 11, 6]
    assert [sheet["A1"].value for sheet in book] == ["name"] * 3
    assert [row[2].value for sheet in book for row in sheet.iter_rows(min_row=2)] == list(range(25))


def test_a_workbook_that_nobody_wants_ends_quietly_even_when_its_file_is_gone() -> None:
    out = io.BytesIO()
    writer = Xlsx(out, COLUMNS, sheet_rows=3)
    writer.add([("n", None, None, i, None, None) for i in range(5)])
    out.close()
    writer.drop()


def test_a_text_that_no_cell_can_hold_is_cut_and_says_so() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", [("<" * 40_000, None, None, 0, None, None)]))).active
    assert len(sheet["A2"].value) == 32_767
    assert sheet["A2"].value.endswith("[40000 characters; CSV and JSON lines have them all]")
