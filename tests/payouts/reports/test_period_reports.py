"""The two reports: one dialect, inert cells, sums that agree, memory that does not grow."""

import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from piecework.payouts.books import periods
from piecework.payouts.books.ledger import LedgerAccount
from piecework.payouts.closing import closing
from piecework.payouts.commandline import write_reports
from piecework.payouts.reports import engine, reports
from piecework.platform import db, money
from piecework.platform.csv_out import inert
from piecework.platform.errors import NotFound, SetupError
from piecework.platform.ids import uuid7
from tests.payouts import builders as b
from tests.payouts.reports.everything import of, post, read
from tests.traceless import nothing_changes, rehearsed

pytestmark = pytest.mark.usefixtures("database")

EVIL = "=+-@\t\r\uff1d"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def written(period: UUID) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    people, tickets = io.BytesIO(), io.BytesIO()
    async with db.transaction():
        await reports.people(period, people)
        await reports.tickets(period, tickets)
    return read(people.getvalue()), read(tickets.getvalue())


async def test_both_reports_say_the_same_to_the_last_unit() -> None:
    disk, music = await b.project(), await b.project("music")
    anna, boris = await b.person("Anna"), await b.person('Борис; "Б"')
    one, two = await b.ticket(disk, "T-1"), await b.ticket(music, "T-2")
    await b.earned(disk, anna, 10_033, ticket_id=one)
    await b.earned(music, anna, 7, ticket_id=two)
    await b.earned(disk, boris, 20_001)  # a control task
    refused = await b.assignment(disk, boris, state="rejected")
    await b.announce(refused, "rejected")
    await b.run_jobs()
    period = await b.period_of(b.LONG_AGO)

    people, tickets = await written(period)
    assert {r["state"] for r in people + tickets} == {"provisional"}
    assert people[-1]["payable"] == tickets[-1]["cost"] == "3.0041"

    async with db.transaction():
        await closing.close(period, None)
    people, tickets = await written(period)
    assert {r["state"] for r in people + tickets} == {"closed"}
    by_name = {r["name"]: r for r in people}
    assert [by_name["Anna"][c] for c in ("row", "accepted", "rejected", "accrued", "rounding", "payable")] == [
        "person", "2", "0", "1.0040", "-0.0040", "1.0000",
    ]  # fmt: skip
    assert [by_name['Борис; "Б"'][c] for c in ("accepted", "rejected", "accrued", "rounding", "payable")] == [
        "1", "1", "2.0001", "-0.0001", "2.0000",
    ]  # fmt: skip
    assert [(r["row"], r["project"], r["external_id"], r["ticket_id"], r["assignments"], r["cost"]) for r in tickets] == [
        ("ticket", "disk", "T-1", str(one), "1", "1.0033"),
        ("ticket", "music", "T-2", str(two), "1", "0.0007"),
        ("control", "disk", "", "", "1", "2.0001"),
        ("rounding", "", "", "", "0", "-0.0041"),
        ("total", "", "", "", "3", "3.0000"),
    ]
    total = await db.scalar("SELECT total FROM period WHERE id = $1", period)
    for rows, column in ((people, "payable"), (tickets, "cost")):
        assert sum(money.parse(r[column]) for r in rows[:-1]) == money.parse(rows[-1][column]) == total
    for column in ("accrued", "rounding"):
        assert sum(money.parse(r[column]) for r in people[:-1]) == money.parse(people[-1][column])


async def test_money_on_its_way_out_is_no_part_of_the_period_in_which_it_went() -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna, 10_033)
    first = await b.period_of(b.LONG_AGO)
    async with db.transaction():
        await closing.close(first, None)
    now = await db.scalar("SELECT clock_timestamp()")
    await b.earned(project, anna, 755, at=now, delay=timedelta())
    async with db.transaction():
        at, week = await periods.now_in("RUB")
        await post("export", week, 10_000, of("payable", anna), of("clearing", anna), at=at)
        await post("confirm", week, 10_000, of("clearing", anna), LedgerAccount("bank"), at=at)
    second = await periods.current()
    assert await db.scalar("SELECT count(*) FROM entry WHERE period_id = $1 AND kind IN ('export', 'confirm')", second) == 2
    async with db.transaction():
        facts = await closing.close(second, None, cut_off=True)
    assert facts["total"] == 800
    people, tickets = await written(second)
    assert [(r["row"], r["accrued"], r["rounding"], r["payable"]) for r in people] == [
        ("person", "0.0755", "0.0045", "0.0800"),
        ("total", "0.0755", "0.0045", "0.0800"),
    ]
    assert [(r["row"], r["cost"]) for r in tickets] == [("control", "0.0755"), ("rounding", "0.0045"), ("total", "0.0800")]


async def test_a_text_cell_is_never_a_formula(subtests: pytest.Subtests) -> None:
    async with nothing_changes():
        for first in EVIL:
            with subtests.test(first=first):
                async with rehearsed():
                    text = f"{first}cmd|' /C calc'!A0"
                    project, anna = await b.project(), await b.person(text)
                    ticket = await b.ticket(project, text, source=f" ={text}")
                    await b.earned(project, anna, ticket_id=ticket)
                    people, tickets = await written(await b.period_of(b.LONG_AGO))
                    assert people[0]["name"] == f"'{text}"
                    assert tickets[0]["external_id"] == f"'{text}"
                    assert tickets[0]["source"] == f"' ={text}"
                    assert people[0]["payable"] == "2.5050"


def test_inert_leaves_plain_text_alone() -> None:
    for text in ("", "Anna", "a=b", "1-2", 'Ünï ; "x"', "  two"):
        assert inert(text) == text


async def test_a_long_report_comes_in_small_pieces() -> None:
    project, anna = await b.project(), await b.person()
    await db.execute(
        """INSERT INTO ticket (project_id, workflow_id, source, external_id, channel, language, subject, text, deadline_at)
           SELECT $1, $2, 's', 'T-' || n, 'email', 'ru', '', '', now() FROM generate_series(1, 1700) n""",
        project.id,
        project.workflow_id,
    )
    await db.execute(
        """WITH made AS (INSERT INTO task (project_id, step_id, ticket_id, input, overlap, lane, deadline_at)
                         SELECT $1, $2, id, '{}', 1, 0, now() FROM ticket RETURNING id)
           INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, ended_at, decided_at)
           SELECT id, $3, $2, $1, 1, 101, now(), 'accepted', $4, $4 FROM made""",
        project.id,
        project.step_id,
        anna,
        b.LONG_AGO,
    )
    await db.execute("INSERT INTO job (kind, key) SELECT 'payouts.accrue', id::text FROM assignment")
    await b.run_jobs()
    pieces: list[int] = []

    class Out(io.BytesIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            pieces.append(data.count(b"\r\n"))
            return super().write(data)

    out = Out()
    async with db.transaction():
        done = await reports.tickets(await b.period_of(b.LONG_AGO), out)
    assert (done.rows, done.total, done.provisional) == (1700, 171_700, True)
    assert len(read(out.getvalue())) == 1701
    assert max(pieces) <= engine.BATCH + 1
    assert not await b.broken()


async def test_files_for_the_command_line(tmp_path: Path) -> None:
    project, anna = await b.project(), await b.person()
    await b.earned(project, anna)
    period = await b.period_of(b.LONG_AGO)
    name = await db.scalar("SELECT name FROM period WHERE id = $1", period)
    told = await write_reports(name, "RUB", tmp_path / "new" / "folder")
    assert told["provisional"] is True
    assert told["people"] | {"path": ""} == {"path": "", "rows": 1, "total": "2.5050"}
    for name in ("people", "tickets"):
        assert read(contents(tmp_path / "new" / "folder")[f"{name}.csv"])[-1]["row"] == "total"
        assert told[name]["path"] == str(tmp_path / "new" / "folder" / f"{name}.csv")
    assert sorted(contents(tmp_path / "new" / "folder")) == ["people.csv", "tickets.csv"]
    with pytest.raises(SetupError):
        await write_reports(str(uuid7()), "RUB", tmp_path)
    with pytest.raises(NotFound):
        await reports.people(uuid7(), io.BytesIO())


async def test_an_empty_period_has_a_total() -> None:
    people, tickets = await written(await periods.current())
    assert [r["row"] for r in people + tickets] == ["total", "total"]
    assert people[0]["payable"] == tickets[0]["cost"] == "0.0000"
