"""Append-only tables stay so: erasing is the one change that the database lets through, and only where it is due."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from piecework.payouts.paying import files
from piecework.platform import composition, db, notices
from piecework.platform.personal.declared import PersonalData
from tests.payouts.paying.paying_world import Crowd, broken
from tests.world import Person, World

MARKED = """
SELECT g.tgrelid::regclass::text AS name FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid WHERE p.proname = 'refuse_all_but_erasure'"""


async def told(person: Person, *, days_ago: int = 0) -> None:
    async with db.transaction():
        await notices.send([person.id], "week.missed", "You missed it", "Because of your illness.")
    if days_ago:
        await person.world.as_owner(
            "ALTER TABLE notice DISABLE TRIGGER append_only",
            f"UPDATE notice SET sent_at = sent_at - interval '{days_ago} days' WHERE account_id = '{person.id}'",
            "ALTER TABLE notice ENABLE TRIGGER append_only",
        )


async def bodies(person: Person) -> list[str]:
    return [row["body"] for row in await db.rows("SELECT body FROM notice WHERE account_id = $1 ORDER BY id", person.id)]


async def refused(sql: str, *params: Any) -> str:
    with pytest.raises(asyncpg.PostgresError) as raised:
        await db.execute(sql, *params)
    return type(raised.value).__name__


class TestErasable:
    async def test_the_application_itself_may_change_nothing_of_what_may_be_erased(self, world: World) -> None:
        for table in [row["name"] for row in await db.rows(MARKED)]:
            column = await db.scalar(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 2 AND NOT attisdropped", table
            )
            for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                assert await refused(statement) == "InsufficientPrivilegeError", statement

    async def test_not_even_the_owner_may_write_anything_but_the_mark(self, world: World) -> None:
        anna = await world.person("anna")
        await told(anna)
        for change in (
            "body = 'We never said so.'",
            "body = ''",
            "title = 'erased', body = '', link = '', kind = 'other'",
            "title = 'erased'",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await world.as_owner(f"UPDATE notice SET {change}")
        with pytest.raises(asyncpg.RestrictViolationError):
            await world.as_owner("DELETE FROM notice_mark; DELETE FROM notice")
        assert await bodies(anna) == ["Because of your illness."]

    async def test_what_is_erased_is_of_an_erased_account_or_old(self, world: World) -> None:
        anna = await world.person("anna")
        await told(anna, days_ago=89)
        for who, before in ((anna.id, None), (None, None)):
            assert await refused("SELECT erase_notice($1, $2)", who, before) == "RestrictViolationError"
        assert await refused("SELECT erase_notice(NULL, now())") == "RestrictViolationError"
        assert await refused("SELECT erase_notice(NULL, now() - interval '89 days')") == "RestrictViolationError"
        assert await refused("SELECT erase_notice($1, now() - interval '1 year')", anna.id) == "RestrictViolationError"
        assert await bodies(anna) == ["Because of your illness."]

    async def test_those_who_work_may_erase_nothing(self, world: World) -> None:
        async with world.connections(1) as (freelancer,):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await freelancer.execute("SELECT erase_notice(NULL, now() - interval '10 years')")

    async def test_what_settles_once_still_does(self, world: World) -> None:
        anna = await world.person("anna")
        await db.execute(
            """INSERT INTO appealable (subject, subject_id, freelancer_id, words, involved, appeal_by)
               VALUES ('answer', gen_random_uuid(), $1, 'You were late.', '{}', now())""",
            anna.id,
        )
        assert await refused("UPDATE appealable SET words = 'You were early.'") == "RestrictViolationError"
        assert await refused("UPDATE appealable SET state = 'upheld', settled_at = now()") == "RestrictViolationError"
        await db.execute("UPDATE appealable SET state = 'lapsed', settled_at = now()")


class TestRetention:
    async def test_what_has_grown_old_is_erased_and_what_has_not_stays(self, world: World) -> None:
        """Notices are kept for 730 days: of one of 731 days the words go, of one of 729 they stay."""
        anna, boris = await world.person("anna"), await world.person("boris")
        await told(anna, days_ago=731)
        await told(boris, days_ago=729)
        await world.drain_recurring("platform.expire_data")
        assert (await bodies(anna), await bodies(boris)) == ([""], ["Because of your illness."])
        (shown,) = (await anna.ok("GET", "/me/notices"))["items"]
        assert (shown["title"], shown["kind"]) == ("erased", "week.missed")
        assert await db.scalar("SELECT words FROM notice WHERE account_id = $1", anna.id) is None
        await world.drain_recurring("platform.expire_data")

    async def test_after_a_year_nobody_reads_that_an_absence_was_an_illness(self, world: World) -> None:
        anna = await world.worker("anna")
        for days in (370, 360):
            await db.execute(
                """INSERT INTO leave (freelancer_id, kind, starts_at, ends_at, words, told_at)
                   SELECT $1, 'illness', at - interval '1 day', at, 'a broken leg', at FROM (SELECT now() - make_interval(days => $2) AS at) t""",
                anna.id,
                days,
            )
        await world.drain_recurring("platform.expire_data")
        found = await db.rows("SELECT kind, words FROM leave WHERE freelancer_id = $1 ORDER BY ends_at", anna.id)
        assert [tuple(row) for row in found] == [("leave", "erased"), ("illness", "a broken leg")]
        assert (await anna.ok("GET", "/me/leave"))["items"]

    async def test_what_the_law_wants_of_a_payee_is_kept_for_five_years_and_no_longer(self, world: World) -> None:
        anna = await world.person("anna")
        await db.execute(
            """INSERT INTO payment_details (freelancer_id, currency, version, name, bank_name, account, bik, usable_at)
               VALUES ($1, 'RUB', 1, 'Anna Petrova', 'Bank', '40702810740000432537', '044525225', now())""",
            anna.id,
        )
        for years, name in ((4, "Anna Petrova"), (6, "erased")):
            await world.as_owner(
                "ALTER TABLE account DISABLE TRIGGER stays_erased",
                f"""UPDATE account SET state = 'suspended', name = 'erased', email = 'erased-' || id || '@erased.invalid', password_hash = NULL,
                       erased_at = now() - interval '{years} years' WHERE id = '{anna.id}'""",
                "ALTER TABLE account ENABLE TRIGGER stays_erased",
            )
            await world.drain_recurring("platform.expire_data")
            assert await db.scalar("SELECT name FROM payment_details WHERE freelancer_id = $1", anna.id) == name
        assert await db.scalar("SELECT masked FROM payment_details") == "*0000"
        assert await db.scalar("SELECT count(*) FROM payee_link") == 0

    async def test_every_period_has_a_statement_that_the_application_may_run(self, database: db.Config) -> None:
        timed = [one for one in composition.personal() if isinstance(one, PersonalData) and one.days is not None]
        refused = {}
        for one in timed:
            try:
                async with db.transaction():
                    await db.execute(one.expire, one.days)
            except asyncpg.PostgresError as error:
                refused[one.table] = str(error)
        assert refused == {}
        assert {one.table for one in timed} > {"session", "notice"}

    async def test_what_names_many_goes_with_the_books_of_its_year(self, world: World) -> None:
        crowd = await Crowd.of(2)
        await crowd.earn()
        run = await crowd.approved()
        async with db.transaction():
            made = await files.file(crowd.finance[0], run, "csv")
        await world.drain_recurring("platform.expire_data")
        async with db.transaction():
            assert (await files.file(crowd.finance[0], run, "csv")).content == made.content
        await world.as_owner(
            "ALTER TABLE payout_file DISABLE TRIGGER append_only",
            "UPDATE payout_file SET made_at = made_at - interval '6 years 1 week'",
            "ALTER TABLE payout_file ENABLE TRIGGER append_only",
        )
        await world.drain_recurring("platform.expire_data")
        (left,) = await db.rows("SELECT content, sha256 FROM payout_file")
        assert (left["content"], left["sha256"]) == (b"", made.sha256)
        reply = await world.finance.call("GET", f"/payouts/{run}/files/csv")
        assert reply.status_code == 404
        assert await broken() == []

    async def test_what_a_customer_wrote_is_kept_for_a_year_after_the_ticket_was_resolved(self, world: World) -> None:
        await world.project()
        await world.tickets(2)
        for days, left in ((364, 2), (366, 1)):
            await db.execute(
                """UPDATE ticket SET state = 'resolved', result = '{}', resolved_at = clock_timestamp() - make_interval(days => $1)
                   WHERE external_id = 'T0'""",
                days,
            )
            await world.drain_recurring("platform.expire_data")
            assert await db.scalar("SELECT count(*) FROM ticket_original WHERE text <> ''") == left

    async def test_rows_of_a_file_that_comes_to_no_end_are_kept_for_a_month(self, world: World) -> None:
        await world.project()
        rows = "id,text,channel,language\n1,Where is it?,chat,en\n"
        made = await world.requester.ok("POST", "/projects/orders/imports", {"source": "s", "rows": rows})
        for days, left, state in ((29, 1, "waiting"), (31, 0, "failed")):
            await db.execute("UPDATE ticket_import SET asked_at = clock_timestamp() - make_interval(days => $1)", days)
            await world.drain_recurring("platform.expire_data")
            assert await db.scalar("SELECT count(*) FROM ticket_import_piece") == left
            assert (await world.requester.ok("GET", f"/imports/{made['id']}"))["state"] == state

    async def test_a_draft_that_nobody_touched_for_a_month_is_thrown_away(self, world: World) -> None:
        await world.project()
        places = ("/me/writing/course/-", "/projects/orders/workflow-draft")
        writers = dict(zip(places, (world.curator, world.requester), strict=True))
        for place, writer in writers.items():
            made = await writer.ok("PUT", place, {"spec": {"title": "to be"}})
            assert datetime.fromisoformat(made["kept_until"]) - datetime.fromisoformat(made["changed_at"]) == timedelta(days=30)
        for days, status in ((29, 200), (31, 404)):
            await db.execute("UPDATE draft SET changed_at = clock_timestamp() - make_interval(days => $1)", days)
            await world.drain_recurring("platform.expire_data")
            assert {(await writer.call("GET", place)).status_code for place, writer in writers.items()} == {status}
