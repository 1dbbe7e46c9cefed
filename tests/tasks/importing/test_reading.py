"""Files of tickets as programs write them: both formats, masked, in their order, once however often they come."""

import json

import pytest

from piecework.platform import db
from piecework.tasks.importing import BadFile
from tests.tasks.importing.ticket_files import HEADER, as_json, line, tickets, visible


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
