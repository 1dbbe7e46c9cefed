"""Reports over the API: downloads while one waits, exports in the background; what is asked for twice, too long, too often, too old."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import pytest

from piecework.payouts.api import reports as api
from piecework.payouts.reports import engine, exports
from piecework.payouts.reports.jobs import REPORT
from piecework.platform import db
from piecework.platform.jobs import queue
from piecework.platform.jobs.runner import Runner
from tests.payouts.reports import everything as e
from tests.traceless import nothing_changes
from tests.world import World


@pytest.fixture
async def books(world: World) -> World:
    await e.make()
    return world


class TestDownloads:
    async def test_every_report_is_listed_with_its_columns_and_filters(self, world: World) -> None:
        listed = {one["name"]: one for one in (await world.finance.ok("GET", "/reports"))["reports"]}
        assert set(listed) == {*engine.REPORTS, "ledger"}
        assert [column["name"] for column in listed["by-person"]["columns"]][:4] == ["row", "person_id", "name", "currency"]
        assert listed["people"]["required"] == ["period"]

    async def test_a_download_is_what_the_report_says(self, books: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for form in ["csv", "jsonl", "xlsx"]:
                with subtests.test(form=form):
                    got = await books.finance.call("GET", f"/reports/by-person.{form}?currency=RUB")
                    assert got.status_code == 200
                    assert got.content == await e.run("by-person", form, currency="RUB")
                    assert got.headers["content-disposition"] == f'attachment; filename="by-person.{form}"'
                    assert int(got.headers["content-length"]) == len(got.content)

    async def test_the_ledger_can_be_had(self, books: World) -> None:
        got = await books.administrator.call("GET", "/reports/ledger.beancount")
        assert got.content == await e.run("ledger", "beancount")

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for path, status, code in [
                ("/reports/nothing.csv", 404, "not_found"),
                ("/reports/by-person.pdf", 404, "not_found"),
                ("/reports/by-person.csv?since=yesterday", 422, "invalid"),
                ("/reports/by-person.csv?since=5", 422, "invalid"),
                ("/reports/by-person.csv?since=2026-11-01T00:00:00", 422, "invalid"),
                ("/reports/by-person.csv?since=0001-01-01", 422, "invalid"),
                ("/reports/by-person.csv?since=2026-02-30", 422, "invalid"),
                ("/reports/by-person.csv?currency=rub", 422, "invalid"),
                ("/reports/by-person.csv?freelancer=me", 422, "invalid"),
                ("/reports/by-person.csv?project=%27%3B%20DROP%20TABLE%20entry", 422, "invalid"),
                ("/reports/by-person.csv?period=%7Bwhere%7D", 422, "invalid"),
                ("/reports/by-person.csv?surprise=1", 422, "invalid"),
                ("/reports/people.csv", 422, "invalid"),
            ]:
                with subtests.test(path=path, status=status, code=code):
                    got = await world.finance.call("GET", path)
                    assert (got.status_code, got.json()["code"]) == (status, code)

    async def test_a_report_that_is_too_long_to_wait_for(self, books: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api, "AT_MOST", 10)
        got = await books.finance.call("GET", "/reports/entries.csv")
        assert (got.status_code, got.json()["code"]) == (409, "report_too_long")


class TestExports:
    async def test_an_export_is_the_report_in_pieces(self, books: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(exports, "CHUNK", 1000)
        asked = await books.finance.call(
            "POST", "/report-exports", {"name": "entries", "format": "csv", "filters": {"currency": "RUB", "since": "2025-01-01"}}
        )
        assert asked.status_code == 202
        export = asked.json()
        assert (export["state"], export["filters"]) == ("waiting", {"currency": "RUB", "since": "2025-01-01"})
        early = await books.finance.call("GET", f"/report-exports/{export['id']}/file")
        assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
        await books.drain()
        done = await books.finance.ok("GET", f"/report-exports/{export['id']}")
        file = await books.finance.call("GET", f"/report-exports/{export['id']}/file")
        wanted = await e.run("entries", "csv", currency="RUB")
        assert file.content == wanted
        assert (done["state"], done["size"], done["sha256"]) == ("done", len(wanted), hashlib.sha256(wanted).hexdigest())
        assert done["rows"] == done["rows_done"] == done["rows_expected"] == len(e.read(wanted)) - 1
        (total,) = done["totals"]
        assert total == {"row": "total", "currency": "RUB", **{k: e.read(wanted)[-1][k] for k in ("debit", "credit")}}
        assert await db.scalar("SELECT count(*) FROM report_chunk") > 3
        again = await books.finance.ok(
            "POST", "/report-exports", {"name": "entries", "format": "csv", "filters": {"currency": "RUB"}}
        )
        await books.drain()
        assert (await books.finance.ok("GET", f"/report-exports/{again['id']}"))["sha256"] == done["sha256"]

    @pytest.mark.parametrize(("name", "form"), [("by-rule", "xlsx"), ("by-tax", "jsonl"), ("ledger", "beancount")])
    async def test_every_format_can_be_exported(self, books: World, name: str, form: str) -> None:
        export = await books.finance.ok("POST", "/report-exports", {"name": name, "format": form})
        await books.drain()
        file = await books.finance.call("GET", f"/report-exports/{export['id']}/file")
        assert file.content == await e.run(name, form)

    async def test_everybody_sees_their_own(self, world: World) -> None:
        export = await world.finance.ok("POST", "/report-exports", {"name": "by-person", "format": "csv"})
        await world.drain()
        for path in (f"/report-exports/{export['id']}", f"/report-exports/{export['id']}/file"):
            assert (await world.administrator.call("GET", path)).status_code == 404
        assert (await world.administrator.ok("GET", "/report-exports"))["items"] == []
        assert [one["id"] for one in (await world.finance.ok("GET", "/report-exports"))["items"]] == [export["id"]]

    async def test_what_does_not_fit_is_refused_when_it_is_asked_for(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for body, status in [
                ({"name": "nothing", "format": "csv"}, 404),
                ({"name": "by-person", "format": "pdf"}, 404),
                ({"name": "by-person", "format": "csv", "filters": {"project": "nothing"}}, 422),
                ({"name": "by-person", "format": "csv", "filters": {"since": 5}}, 422),
                ({"name": "people", "format": "csv"}, 422),
                ({"name": "by-person"}, 422),
            ]:
                with subtests.test(body=body, status=status):
                    assert (await world.finance.call("POST", "/report-exports", body)).status_code == status
                    assert await db.scalar("SELECT count(*) FROM report_export") == 0

    async def test_nobody_asks_for_too_many(self, world: World) -> None:
        body = {"name": "by-person", "format": "csv"}
        replies = await asyncio.gather(*(world.finance.call("POST", "/report-exports", body) for _ in range(30)))
        assert sorted(reply.status_code for reply in replies) == [202] * exports.AT_ONCE + [409] * (30 - exports.AT_ONCE)
        for _ in range(200):  # one at a time: the others are put off and come again
            await world.drain()
            await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", exports.KIND)
            if not await db.scalar("SELECT count(*) FROM job WHERE kind = $1", exports.KIND):
                break
        assert await db.scalar("SELECT count(*) FROM report_export WHERE finished_at IS NOT NULL") == exports.AT_ONCE
        assert (await world.finance.call("POST", "/report-exports", body)).status_code == 202

    async def test_a_name_that_is_gone_fails_the_export_and_says_so(self, world: World) -> None:
        await world.project(code="orders")
        export = await world.finance.ok(
            "POST", "/report-exports", {"name": "by-person", "format": "csv", "filters": {"project": "orders"}}
        )
        await world.as_owner("UPDATE project SET code = 'renamed'")
        await world.drain()
        failed = await world.finance.ok("GET", f"/report-exports/{export['id']}")
        assert (failed["state"], failed["size"]) == ("failed", None)
        assert failed["failure"]

    async def test_old_ones_are_removed_with_their_bytes(self, world: World) -> None:
        body = {"name": "by-person", "format": "csv"}
        old = await world.finance.ok("POST", "/report-exports", body)
        young = await world.finance.ok("POST", "/report-exports", body)
        for _ in range(2):
            await world.drain()
            await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", exports.KIND)
        await db.execute("UPDATE report_export SET asked_at = now() - interval '7 days 1 minute' WHERE id = $1", UUID(old["id"]))
        await world.drain_recurring("payouts.reports_kept")
        assert [one["id"] for one in (await world.finance.ok("GET", "/report-exports"))["items"]] == [young["id"]]
        assert await db.scalar("SELECT count(*) FROM report_chunk WHERE export_id = $1", UUID(old["id"])) == 0


class TestLongJobs:
    """A lease is renewed while the work lasts; whoever lost it leaves nothing."""

    @staticmethod
    async def slow(monkeypatch: pytest.MonkeyPatch, reached: asyncio.Event, go_on: asyncio.Event) -> None:
        write = engine.write

        async def waiting(*arguments: Any, **more: Any) -> engine.Written:
            more["told"](1)
            reached.set()
            await go_on.wait()
            return await write(*arguments, **more)

        monkeypatch.setattr(engine, "write", waiting)

    async def test_it_keeps_its_lease_and_tells_how_far_it_is(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()
        await self.slow(monkeypatch, reached, go_on)
        export = await world.finance.ok("POST", "/report-exports", {"name": "by-person", "format": "csv"})
        short = queue.JobKind(REPORT.name, REPORT.handler, lease_s=5)
        monkeypatch.setattr("piecework.payouts.reports.jobs.REPORT", short)
        working = asyncio.create_task(Runner([short]).drain())
        await reached.wait()
        lease = "SELECT run_at FROM job WHERE kind = $1"
        first = await db.scalar(lease, REPORT.name)
        async with asyncio.timeout(60):
            while await db.scalar(lease, REPORT.name) == first:  # noqa: ASYNC110 - the renewing has no event
                await asyncio.sleep(0.01)
        assert await queue.take(short) == []
        shown = await world.finance.ok("GET", f"/report-exports/{export['id']}")
        assert (shown["state"], shown["rows_done"], shown["rows_expected"]) == ("running", 1, 0)
        go_on.set()
        assert await working == 1
        assert (await world.finance.ok("GET", f"/report-exports/{export['id']}"))["state"] == "done"

    async def test_a_killed_workers_export_starts_anew(self, world: World) -> None:
        export = await world.finance.ok("POST", "/report-exports", {"name": "by-person", "format": "csv"})
        (taken,) = await queue.take(REPORT)  # and nobody ever works on it
        assert taken.attempt == 1
        assert (await world.finance.ok("GET", f"/report-exports/{export['id']}"))["state"] == "running"
        await world.drain()
        assert await db.scalar("SELECT count(*) FROM report_chunk") == 0
        await db.execute("UPDATE job SET run_at = now() WHERE kind = $1", REPORT.name)
        await world.drain()
        assert (await world.finance.ok("GET", f"/report-exports/{export['id']}"))["state"] == "done"

    async def test_who_lost_the_lease_leaves_nothing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()
        await self.slow(monkeypatch, reached, go_on)
        export = await world.finance.ok("POST", "/report-exports", {"name": "by-person", "format": "csv"})
        monkeypatch.setattr("piecework.payouts.reports.jobs.REPORT", queue.JobKind(REPORT.name, REPORT.handler, lease_s=1))
        runner = Runner([queue.JobKind(REPORT.name, REPORT.handler, lease_s=1)])
        working = asyncio.create_task(runner.drain())
        await reached.wait()
        await db.execute("UPDATE job SET attempt = attempt + 1, run_at = now() + interval '1 hour' WHERE kind = $1", REPORT.name)
        assert await asyncio.wait_for(working, 20) == 0  # it is stopped: nobody has let it go on
        assert (runner.failed, await db.scalar("SELECT count(*) FROM report_chunk")) == (0, 0)
        assert (await world.finance.ok("GET", f"/report-exports/{export['id']}"))["state"] == "running"  # by the other one
