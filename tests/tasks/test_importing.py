"""Importing files of tickets: both formats, what is refused and where, all or nothing when killed, and bounded memory."""

import asyncio
import contextlib
import csv
import json
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.errors import NotFound, SetupError
from piecework.tasks.errors import NoWorkflow, ProjectArchived
from piecework.tasks.importing import MOST_CHARS, MOST_REPORTED, BadFile, Imported, import_tickets
from tests.world import World

HEADER = "external_id,channel,language,text"
GOOD = {"external_id": "T1", "channel": "email", "language": "en", "text": "where is my order"}


def line(number: int, text: str = "where is my order") -> str:
    return f"T{number},email,en,{text}\n"


def as_json(number: int, **changes: Any) -> str:
    return json.dumps(GOOD | {"external_id": f"T{number}"} | changes) + "\n"


@pytest.fixture
async def shop(world: World) -> World:
    await world.project()
    return world


@pytest.fixture
def load(shop: World, tmp_path: Path) -> Callable[..., Awaitable[Imported]]:
    async def load(content: str | bytes, name: str = "tickets.csv", **more: Any) -> Imported:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"project_code": "orders", "source": "helpdesk", "actor": shop.requester.id, "report": tmp_path / "report.csv"}
        return await import_tickets(path, **(given | more))

    return load


@pytest.fixture
def report(tmp_path: Path) -> Callable[[], list[tuple[str, ...]]]:
    def read() -> list[tuple[str, ...]]:
        with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        assert header == ["line", "external_id", "field", "reason"]
        return [tuple(row) for row in rows]

    return read


async def tickets() -> dict[str, Any]:
    return {row["external_id"]: row for row in await db.rows("SELECT * FROM ticket")}


async def visible() -> Sequence[int]:
    """Rows that an import has made visible: tickets, originals, records, jobs."""
    row = await db.row(
        """SELECT (SELECT count(*) FROM ticket), (SELECT count(*) FROM ticket_original), (SELECT count(*) FROM intake),
                  (SELECT count(*) FROM job WHERE kind = 'tasks.split')"""
    )
    assert row is not None
    return list(row.values())


async def until(database_url: str, sql: str) -> None:
    """Wait until a question about the server's sessions is answered with true (by its owner: others do not see them)."""
    connection = await asyncpg.connect(**db.database_url_parts(database_url))
    try:
        async with asyncio.timeout(20):
            while not await connection.fetchval(sql):  # noqa: ASYNC110 - another process's state has no event
                await asyncio.sleep(0.01)
    finally:
        await connection.close()


NOBODY_IMPORTS = """
SELECT NOT EXISTS (SELECT FROM pg_class WHERE relname = 'staged_ticket')
   AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%INTO ticket_original%' AND state <> 'idle'
                   AND pid <> pg_backend_pid())
"""
PUBLISHING_WAITS = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND query LIKE '%INTO ticket_original%')
"""


# What is read.


async def test_csv_with_every_column_becomes_tickets_that_get_split(shop, load, report):
    seen: list[tuple[int, int]] = []
    done = await load(
        "external_id,channel,language,subject,text,urgent,deadline_at\n"
        'A,email,en,Hello,"two\nlines, ""quoted""",TRUE,2031-01-02T03:04:05+03:00\n'
        "B,chat,ru,,привет,,\n"
        "C,phone,de,,hallo,no,2031-01-02 03:04:05.5Z\n",
        on_progress=lambda at, total: seen.append((at, total)),
    )
    assert (done.received, done.added, done.known, done.rejected) == (3, 3, 0, 0)
    assert done.seconds > 0
    assert report() == []
    found = await tickets()
    assert found["A"]["text"] == 'two\nlines, "quoted"'
    assert found["A"]["subject"] == "Hello"
    assert found["A"]["urgent"] is True
    assert found["A"]["deadline_at"].isoformat() == "2031-01-02T00:04:05+00:00"
    assert found["B"]["text"] == "привет"
    assert found["B"]["urgent"] is False
    assert (found["B"]["deadline_at"] - found["B"]["received_at"]).total_seconds() == 1440 * 60
    assert found["C"]["deadline_at"].isoformat() == "2031-01-02T03:04:05.500000+00:00"
    record = await db.row("SELECT * FROM intake")
    assert record is not None
    assert (record["source"], record["file_name"], record["actor"]) == ("helpdesk", "tickets.csv", shop.requester.id)
    assert (record["received"], record["added"], record["known"], record["rejected"]) == (3, 3, 0, 0)
    assert seen
    assert seen[-1][0] == seen[-1][1] > 0
    await shop.drain()
    assert await db.scalar("SELECT count(*) FROM task WHERE ticket_id = ANY ($1)", [row["id"] for row in found.values()]) == 3
    await shop.verify()


async def test_jsonl_becomes_tickets(shop, load, report):
    done = await load(
        as_json(1, urgent=True, deadline_at="2031-01-02T03:04:05Z", subject="Hi")
        + "\n  \r\n"
        + as_json(2, text="line\nbreak").replace("\n", "\r\n")
        + as_json(3).strip(),
        "tickets.jsonl",
    )
    assert (done.received, done.added) == (3, 3)
    found = await tickets()
    assert found["T1"]["urgent"] is True
    assert found["T1"]["subject"] == "Hi"
    assert found["T2"]["text"] == "line\nbreak"
    await shop.drain()
    await shop.verify()


async def test_the_ways_in_which_programs_write_files(load, subtests):
    ways: dict[str, str | bytes] = {
        "bom.csv": b"\xef\xbb\xbf" + f"{HEADER}\n{line(1)}".encode(),
        "bom.jsonl": b"\xef\xbb\xbf" + as_json(1).encode(),
        "semicolon.csv": f"{HEADER}\n{line(1)}".replace(",", ";"),
        "tab.tsv": f"{HEADER}\n{line(1)}".replace(",", "\t"),
        "crlf.csv": f"{HEADER}\n{line(1)}".replace("\n", "\r\n"),
        "cr.csv": f"{HEADER}\n{line(1)}".replace("\n", "\r"),
        "quoted.csv": '"external_id","channel","language","text"\n"T1","email","en","where is my order"',
        "order.csv": "text,language, channel ,external_id\nwhere is my order,en,email,T1\n",
        "blank.csv": f"\n\n{HEADER}\n\n,,,\n{line(1)}\n\n",
    }
    for name, content in ways.items():
        with subtests.test(name):
            done = await load(content, name, source=name)
            assert (done.received, done.added, done.rejected) == (1, 1, 0)
            assert (
                await db.scalar("SELECT text FROM ticket WHERE source = $1 AND external_id = 'T1'", name) == "where is my order"
            )


async def test_format_that_the_name_does_not_tell(load):
    with pytest.raises(BadFile, match="--format csv"):
        await load(as_json(1), "tickets.dat")
    assert (await load(as_json(1), "tickets.dat", fmt="jsonl")).added == 1


async def test_again_adds_nothing_and_changes_nothing(shop, load):
    content = HEADER + "\n" + "".join(line(n) for n in range(20))
    assert (await load(content)).added == 20
    await shop.drain()
    before = await tickets()
    again = await load(content.replace("where is", "changed"))
    assert (again.received, again.added, again.known, again.rejected) == (20, 0, 20, 0)
    assert await tickets() == before
    assert await visible() == [20, 20, 2, 0]
    assert (await load(content, source="another desk")).added == 20


async def test_first_of_equal_rows_wins(load):
    done = await load(HEADER + "\n" + line(1, "first") + line(2) + line(1, "second") + line(1, "third"))
    assert (done.received, done.added, done.known, done.rejected) == (4, 2, 2, 0)
    assert (await tickets())["T1"]["text"] == "first"


async def test_order_of_the_file_is_kept_over_batches(load):
    done = await load(HEADER + "\n" + "".join(line(n % 6000, f"number {n}") for n in range(12_000)))
    assert (done.added, done.known) == (6000, 6000)
    ordered = await db.rows("SELECT external_id, text FROM ticket ORDER BY id")
    assert [(row["external_id"], row["text"]) for row in ordered] == [(f"T{n}", f"number {n}") for n in range(6000)]


async def test_personal_data_is_masked_and_the_original_is_kept_apart(shop, load):
    await load(
        HEADER
        + ",subject\n"
        + 'T1,email,en,"call +7 916 123-45-67, please",from ivan@example.com\n'
        + "T2,email,en,nothing here,\n"
    )
    found = await tickets()
    assert found["T1"]["text"] == "call [PHONE 1], please"
    assert found["T1"]["subject"] == "from [EMAIL 1]"
    kept = {row["ticket_id"]: row for row in await db.rows("SELECT * FROM ticket_original")}
    assert kept[found["T1"]["id"]]["text"] == "call +7 916 123-45-67, please"
    assert kept[found["T1"]["id"]]["subject"] == "from ivan@example.com"
    assert json.loads(kept[found["T1"]["id"]]["found"]).keys() == {"subject", "text"}
    assert kept[found["T2"]["id"]]["text"] == "nothing here"
    assert json.loads(kept[found["T2"]["id"]]["found"]) == {}


# Bad rows.


async def test_bad_rows_are_listed_by_line_and_do_not_stop_the_rest(load, report):
    done = await load(
        "external_id,channel,language,text,urgent,deadline_at\n"
        'T1,email,en,"over\nthree\nlines",,\n'  # 2
        "T2,fax,en,secret words,,\n"  # 5
        "\n"
        'T3,email,EN,"secret\nwords",maybe,tomorrow\n'  # 7
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


# All or nothing.

PROGRAM = """
import asyncio, os, re, signal, sys
from pathlib import Path
from piecework.platform import composition, db
from piecework.tasks.importing import BadFile, import_tickets

STATUS = Path("/proc/self/status")

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", STATUS.read_text())[1]) if STATUS.exists() else 0

async def main(url, kill_at, paths):
    def progress(at, total):
        if kill_at >= 0 and at >= total * kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    async with db.connected(composition.database_config(url)):
        if STATUS.exists():
            Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting up
        before = peak()
        for path in map(Path, paths):
            try:
                await import_tickets(path, project_code="orders", source=path.name, actor=None, report=None, on_progress=progress)
            except BadFile:
                pass
            print(peak() - before)

asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
"""


async def run_elsewhere(database_url: str, *paths: Path, kill_at: float = -1) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, database_url, str(kill_at), *map(str, paths), stdout=asyncio.subprocess.PIPE
    )


async def test_killed_while_reading_leaves_nothing(shop, load, database_url, tmp_path):
    content = HEADER + "\n" + "".join(line(n) for n in range(12_000))
    (tmp_path / "tickets.csv").write_text(content)
    for kill_at in (0.01, 0.5, 1.0):
        process = await run_elsewhere(database_url, tmp_path / "tickets.csv", kill_at=kill_at)
        assert await process.wait() == -signal.SIGKILL
        await until(database_url, NOBODY_IMPORTS)
        assert await visible() == [0, 0, 0, 0]
    assert (await load(content, source="tickets.csv")).added == 12_000
    assert await visible() == [12_000, 12_000, 1, 12_000]


@contextlib.asynccontextmanager
async def somebody_sends(
    database_url: str, external_id: str
) -> AsyncIterator[tuple[asyncpg.Connection, Callable[[str], Awaitable[Any]]]]:
    """Another session in a transaction that has made this ticket and has not committed."""
    connection = await asyncpg.connect(**db.database_url_parts(database_url))

    async def send(name: str) -> None:
        await connection.execute(
            """INSERT INTO ticket (project_id, workflow_id, source, external_id, channel, language, subject, text, deadline_at)
               SELECT project_id, id, 'tickets.csv', $1, 'email', 'en', '', 'x', now() FROM workflow""",
            name,
        )

    try:
        await connection.execute("SET deadlock_timeout = '1min'")
        async with asyncio.timeout(30):
            await connection.execute("BEGIN")
            await send(external_id)
            yield connection, send
    finally:
        await connection.close()


async def test_killed_while_publishing_leaves_nothing(shop, load, database_url, tmp_path):
    content = HEADER + "\n" + "".join(line(n) for n in range(1000))
    (tmp_path / "tickets.csv").write_text(content)
    async with somebody_sends(database_url, "T500") as (other, _):
        process = await run_elsewhere(database_url, tmp_path / "tickets.csv")
        await until(database_url, PUBLISHING_WAITS)
        process.kill()
        await process.wait()
        await other.execute("ROLLBACK")
    await until(database_url, NOBODY_IMPORTS)
    assert await visible() == [0, 0, 0, 0]
    assert (await load(content, source="tickets.csv")).added == 1000


async def test_a_deadlock_with_somebody_who_sends_the_same_costs_nothing(shop, load, database_url):
    async with somebody_sends(database_url, "T2") as (other, send):
        importing = asyncio.ensure_future(load(HEADER + "\n" + line(1) + line(2) + line(3), source="tickets.csv"))
        await until(database_url, PUBLISHING_WAITS)
        await send("T1")  # returns when the import has lost
        await other.execute("COMMIT")
    done = await importing
    assert (done.received, done.added, done.known) == (3, 1, 2)


async def test_the_same_file_twice_at_once(shop, load):
    content = HEADER + "\n" + "".join(line(n) for n in range(3000))
    both = await asyncio.gather(load(content), load(content, "other.csv"))
    assert sorted(done.added for done in both) == [0, 3000]
    assert await visible() == [3000, 3000, 2, 3000]


async def test_cancelled_import_leaves_nothing_and_the_pool_works(shop, load):
    content = HEADER + "\n" + "".join(line(n) for n in range(30_000))
    reached = asyncio.Event()
    importing = asyncio.ensure_future(load(content, on_progress=lambda _at, _total: reached.set()))
    await reached.wait()
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert await visible() == [0, 0, 0, 0]
    assert (await load(content[: content.index("T100,")])).added == 100


async def test_a_database_that_allows_no_temporary_tables(load, database_url):
    owner = await asyncpg.connect(**db.database_url_parts(database_url))
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    await owner.close()
    with pytest.raises(SetupError, match="GRANT TEMPORARY"):
        await load(HEADER + "\n" + line(1))


async def test_refused_inside_a_transaction(load):
    with pytest.raises(RuntimeError, match="outside"):
        async with db.transaction():
            await load(HEADER + "\n" + line(1))


# Bounded memory.

MOST_GROWTH_KB = 32 * 1024


async def growth(database_url: str, *paths: Path) -> list[int]:
    """How far the peak of a process lies above where it stood before these files, after each of them, in KB."""
    process = await run_elsewhere(database_url, *paths)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return [int(word) for word in output.split()]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_the_file(shop, database_url, tmp_path):
    counts = (20_000, 60_000)
    for count in counts:
        with (tmp_path / f"{count}.csv").open("w") as file:
            file.write(HEADER + "\n")
            file.writelines(line(n, "word " * 60 + ("" if n % 20 else "+7 916 123-45-67")) for n in range(count))
    after_20, after_60 = await growth(database_url, *(tmp_path / f"{count}.csv" for count in counts))
    assert after_60 < MOST_GROWTH_KB
    assert after_60 < after_20 * 1.2 + 2048
    assert await db.scalar("SELECT count(*) FROM ticket") == sum(counts)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from /proc")
async def test_memory_does_not_grow_with_one_endless_row(shop, database_url, tmp_path):
    endless = {
        "line.csv": (f"{HEADER}\n{line(1)}T2,email,en,", "x" * 1000),
        "bomb.csv": (f'{HEADER}\n{line(1)}T2,email,en,"', "x" * 999 + "\n"),
        "header.csv": (HEADER, ",c" * 500),
        "values.csv": (f"{HEADER}\n{line(1)}T2,email,en", ',"a\nb"' * 150),
        "commas.csv": (f"{HEADER}\n{line(1)}T2,email,en,", "," * 1000),
        "line.jsonl": (as_json(1) + '{"text": "', "x" * 1000),
        "deep.jsonl": (as_json(1) + '{"text": ', "[" * 1000),
    }
    for name, (start, piece) in endless.items():
        with (tmp_path / name).open("w") as file:
            file.write(start)
            file.writelines(piece for _ in range(40_000))
    grown = await growth(database_url, *(tmp_path / name for name in endless))
    assert max(grown) < MOST_GROWTH_KB
