"""What is refused of a file of tickets, a row or all of it, and where that is told."""

import asyncio
from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.errors import NotFound, SetupError
from piecework.tasks.errors import NoWorkflow, ProjectArchived
from piecework.tasks.importing import MOST_CHARS, MOST_REPORTED, BadFile, import_tickets
from tests.tasks.importing.ticket_files import HEADER, as_json, line, tickets, visible


async def test_bad_rows_are_listed_by_line_and_do_not_stop_the_rest(load, report):
    done = await load(
        "external_id,channel,language,text,urgent,deadline_at\n"
        'T1,email,en,"over\nthree\nlines",,\n'  # 2
        "T2,fax,en,secret words,,\n"  # 5
        "\n"
        'T3,email,Elvish,"secret\nwords",maybe,tomorrow\n'  # 7
        "T4,email,en\n"  # 9
        "T5,email,en,a,b,c,d,e\n"  # 10
        ",email,en,secret words,,\n"  # 11
        "T7,email,en,,,\n"  # 12
        "T8,email,en,x,,1700000000\n"  # 13
        "T9,email,en,x,,2031-01-02T03:04:05\n"  # 14
        "T10,email,en,x,,0001-01-01T00:00:00+14:00\n"  # 15
        f"{'x' * 201},email,en,x,,\n"  # 16
        "T12,email,en,fine,yes,\n"
    )
    assert (done.received, done.added, done.known, done.rejected) == (12, 2, 0, 10)
    assert set(await tickets()) == {"T1", "T12"}
    rows = report()
    assert [row[:3] for row in rows] == [
        ("5", "T2", "channel"),
        ("7", "T3", "urgent"),
        ("7", "T3", "deadline_at"),
        ("7", "T3", "language"),
        ("9", "", ""),
        ("10", "", ""),
        ("11", "", "external_id"),
        ("12", "T7", "text"),
        ("13", "T8", "deadline_at"),
        ("14", "T9", "deadline_at"),
        ("15", "T10", "deadline_at"),
        ("16", "x" * 200, "external_id"),
    ]
    assert "'phone', 'chat'" in rows[0][3]
    assert "3 values where the header has 6 columns" in rows[4][3]
    assert not any(word in str(rows) for word in ("secret", "fax", "maybe", "tomorrow"))


async def test_bad_lines_of_json(load, report):
    done = await load(
        as_json(1)
        + '{"external_id": "T2"\n'
        + "[]\n"
        + as_json(4, text=7)
        + as_json(5, urgent="yes")
        + as_json(6, **{"+7 916 123-45-67": 1})
        + as_json(7, text="nul \0 inside")
        + as_json(8, text="half \ud800 pair")
        + '{"external_id": "T9", "urgent": ' + "9" * 5000 + "}\n"
        + '{"external_id": "T10", "text": ' + "[" * 100_000 + "\n"
        + as_json(11, deadline_at=True)
        + as_json(12),
        "tickets.jsonl",
    )  # fmt: skip
    assert (done.received, done.added, done.rejected) == (12, 2, 10)
    assert set(await tickets()) == {"T1", "T12"}
    rows = report()
    assert [row[0] for row in rows] == [str(n) for n in range(2, 12)]
    assert [row[2] for row in rows] == ["", "", "text", "urgent", "[PHONE 1]", "text", "", "", "", "deadline_at"]
    assert [row[1] for row in rows][2:6] == ["T4", "T5", "T6", "T7"]
    assert "line 1" not in str([row[3] for row in rows])


async def test_nul_in_csv_is_a_bad_row(load, report):
    done = await load(f"{HEADER}\nT1,email,en,nul \0 inside\nT2\0,email,en,x\n{line(3)}")
    assert (done.added, done.rejected) == (1, 2)
    assert [row[:3] for row in report()] == [("2", "T1", "text"), ("3", "T2?", "external_id")]


async def test_misplaced_quotes_cost_their_row_only(load, report):
    done = await load(
        f'{HEADER}\n{line(1)}T2,email,en,"a 5" disk\nT3,email,en,5" disk\nT4,email,en,"never closed\nT5,email,en,"next"\n{line(6)}'
    )
    assert set(await tickets()) == {"T1", "T3", "T6"}
    assert done.rejected == 2
    assert [row[0] for row in report()] == ["3", "5"]
    assert "lines 5 to 6" in report()[1][3]


async def test_a_row_that_is_too_long_is_one_bad_row(load, report, subtests):
    ways = {
        "just too long": "T2,email,en," + "x" * (MOST_CHARS + 5),
        "far too long": "T2,email,en," + "x" * (MOST_CHARS * 3),
        "quoted": 'T2,email,en,"' + "x" * (MOST_CHARS * 2) + '"',
        "quoted lines": 'T2,email,en,"' + "x\n" * MOST_CHARS + '"',
        "long value of lines": 'T2,email,en,"' + "x\n" * 100_000 + '"',
        "long text": "T2,email,en," + "x" * 60_000,
        "columns": "T2" + ",x" * 10_000,
        "commas": "," * (MOST_CHARS - 10) + "x",
        "endless commas": "," * (MOST_CHARS * 2 + 10) + "x",
        "many quoted values": "T2" + ',"a\nb"' * 300_000,
    }
    for name, long in ways.items():
        with subtests.test(name):
            done = await load(f"{HEADER}\n{line(1)}{long}\n{line(3)}broken\n", source=name)
            assert (done.received, done.added, done.rejected) == (4, 2, 2)
            assert [row[0] for row in report()] == ["3", str(5 + long.count("\n"))]
    assert set(await tickets()) == {"T1", "T3"}


async def test_a_line_of_json_that_is_too_long_is_one_bad_row(load, report):
    done = await load(
        as_json(1)
        + as_json(2, text="x" * MOST_CHARS * 3)
        + as_json(3, text="x" * 60_000)
        + as_json(4, **{f"k{n}": 1 for n in range(50_000)})
        + as_json(5),
        "tickets.jsonl",
    )
    assert (done.added, done.rejected) == (2, 3)
    assert [row[:3] for row in report()] == [("2", "", ""), ("3", "T3", "text"), ("4", "T4", "")]


async def test_report_is_harmless_in_a_spreadsheet(load, report):
    await load(f"{HEADER}\n=cmd|' /C calc'!A0,fax,en,x\n\"-1\n+1\",fax,en,x\n  @SUM(A1),fax,en,x\n{line(4)}")
    assert [row[1] for row in report()] == ["'=cmd|' /C calc'!A0", "'-1?+1", "'  @SUM(A1)"]


async def test_report_says_how_many_more(load, report):
    done = await load(f"{HEADER}\n{line(1)}" + "".join(f"B{n},fax,en,x\n" for n in range(MOST_REPORTED + 7)))
    assert done.rejected == MOST_REPORTED + 7
    rows = report()
    assert len(rows) == MOST_REPORTED + 1
    assert rows[-1] == ("", "", "", "7 more bad rows are not listed")


async def test_nothing_is_published_when_every_row_is_bad(load, report):
    with pytest.raises(BadFile, match=r"nothing was imported.* 2 rows .*line 2, channel: .*report\.csv"):
        await load(f"{HEADER}\nT1,fax,en,x\nT2,fax,en,x\n")
    assert await visible() == [0, 0, 0, 0]
    assert [row[0] for row in report()] == ["2", "3"]


# Bad files.


BAD_FILES: list[tuple[str | bytes, str]] = [
    (b"", "is empty"),
    (b"\xef\xbb\xbf\n\n", "is empty"),
    (HEADER, "has no tickets"),
    ("T1,email,en,call me at 12345\n", "has no header"),
    ("x" * MOST_CHARS * 2, "has no header"),
    (HEADER + ",colour,\x1b[31m\n", r"unknown columns: colour, \?\[31m\."),
    (HEADER + "".join(f",c{n}" for n in range(10_000)) + "\n", "c0, c1, c2, c3, c4 and 9995 more"),
    (HEADER + ",text\n", "twice: text"),
    ("external_id,text\nT1,x\n", "lacks columns: channel, language"),
    (HEADER.encode() + b"\nT1,email,en,caf\xe9 au lait\n", f"not UTF-8 at byte {len(HEADER) + 16}"),
    (b"\xef\xbb\xbf" + HEADER.encode() + b"\n" + line(1).encode() * 20_000 + b"\xff", f"not UTF-8 at byte {3 + 34 + 30 * 20_000}"),
    (HEADER.encode() + b"\nT1,email,en,cut \xd0", f"not UTF-8 at byte {len(HEADER) + 17}"),
    ((HEADER + "\n" + line(1)).encode("utf-16"), "not UTF-8 at byte 0"),
    (f'{HEADER}\n{line(1)}T2,email,en,"cut off', "inside a quoted value of the record on line 3"),
    (f'{HEADER}\n{line(1)}T2,email,en,"bomb\n' + line(3) * 100_000, "inside a quoted value of the record on line 3"),
]  # fmt: skip


async def test_bad_files_are_refused_in_one_line(load, subtests):
    assert len(HEADER) + 1 == 34
    assert len(line(1)) == 30
    for content, words in BAD_FILES:
        with subtests.test(words):
            with pytest.raises(BadFile, match=words) as refused:
                await load(content)
            assert "\n" not in str(refused.value)
            assert "12345" not in str(refused.value)
    assert await visible() == [0, 0, 0, 0]


async def test_files_that_cannot_be_opened(load, tmp_path):
    given: dict[str, Any] = {"project_code": "orders", "source": "s", "actor": None, "report": None}
    with pytest.raises(BadFile, match="No such file"):
        await import_tickets(tmp_path / "none.csv", **given)
    with pytest.raises(BadFile, match="not a file"):
        await import_tickets(tmp_path, fmt="csv", **given)
    with pytest.raises(BadFile):
        await load(b"\n\n", "empty.jsonl")


async def test_places_where_no_report_can_be_written(load, tmp_path):
    content = HEADER + "\n" + line(1) + "broken\n"
    for place in (tmp_path, tmp_path / "none" / "report.csv", tmp_path / "tickets.csv"):
        with pytest.raises(SetupError, match="report"):
            await load(content, report=place)
    assert (tmp_path / "tickets.csv").read_text() == content
    assert await visible() == [0, 0, 0, 0]
    assert (await load(content, report=None)).report is None


async def test_projects_that_take_no_tickets(shop, load):
    content = HEADER + "\n" + line(1)
    with pytest.raises(NotFound, match="project"):
        await load(content, project_code="none")
    await shop.requester.ok("POST", "/projects", {"code": "bare", "name": "Bare"})
    with pytest.raises(NoWorkflow):
        await load(content, project_code="bare")
    await db.execute("UPDATE project SET state = 'archived' WHERE code = 'orders'")
    with pytest.raises(ProjectArchived):
        await load(content)
    with pytest.raises(SetupError, match="source"):
        await load(content, source="")


async def test_project_archived_while_the_file_was_read(load):
    archived = asyncio.Event()

    def archive(_at: int, _total: int) -> None:
        archived.set()

    async def when_read() -> None:
        await archived.wait()
        await db.execute("UPDATE project SET state = 'archived'")

    waiting = asyncio.ensure_future(when_read())
    with pytest.raises(ProjectArchived):
        await load(HEADER + "\n" + "".join(line(n) for n in range(30_000)), on_progress=archive)
    await waiting
    assert await visible() == [0, 0, 0, 0]
