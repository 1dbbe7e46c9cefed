"""Notices: told once, in the sender's transaction, logged with when they were read."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from piecework.platform import db, notices
from piecework.platform.ids import uuid7
from tests.world import Person, World


async def tell(*people: Person, kind: str = "week.missed", title: str = "Your week", key: str | None = None) -> int:
    async with db.transaction():
        return await notices.send([one.id for one in people], kind, title, "Look at it.", link="/me/week", key=key)


async def titles(person: Person, query: str = "") -> list[str]:
    return [one["title"] for one in (await person.ok("GET", f"/me/notices{query}"))["items"]]


class TestSending:
    async def test_everybody_named_gets_one(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        assert await tell(anna, boris, anna) == 2
        page = await anna.ok("GET", "/me/notices")
        (one,) = page["items"]
        assert (one["kind"], one["title"], one["body"], one["link"]) == ("week.missed", "Your week", "Look at it.", "/me/week")
        assert (one["read_at"], page["unread"], page["next_cursor"]) == (None, 1, None)
        assert await titles(boris) == ["Your week"]

    async def test_a_key_makes_it_once_for_a_person_and_kind(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        assert await tell(anna, key="2026-W47") == 1
        assert await tell(anna, boris, key="2026-W47") == 1
        assert await tell(anna, key="2026-W47", kind="week.warned") == 1
        assert await tell(anna) + await tell(anna) == 2  # without a key each is its own
        assert len(await titles(anna)) == 4

    async def test_what_is_rolled_back_is_not_told(self, world: World) -> None:
        anna = await world.person("anna")

        async def tell_and_fail() -> None:
            async with db.transaction():
                await notices.send([anna.id], "week.missed", "Your week", "")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await tell_and_fail()
        assert await titles(anna) == []

    async def test_two_senders_of_one_key_at_once_tell_each_person_once(self, world: World) -> None:
        crowd = await world.crowd(50)

        async def send(order: int) -> int:
            async with db.transaction():
                return await notices.send(crowd[::order], "week.missed", "Your week", "", key="once")

        assert sum(await asyncio.gather(*(send(order) for order in (1, -1, 1, -1)))) == 50
        assert await db.scalar("SELECT count(*) FROM notice") == 50

    async def test_nobody_is_told_nothing(self, world: World) -> None:
        assert await tell() == 0


class TestReading:
    async def test_a_read_notice_says_when_and_the_first_time_counts(self, world: World) -> None:
        anna = await world.person("anna")
        await tell(anna)
        (one,) = (await anna.ok("GET", "/me/notices"))["items"]
        await anna.ok("POST", f"/me/notices/{one['id']}/read")
        page = await anna.ok("GET", "/me/notices")
        read_at = page["items"][0]["read_at"]
        assert read_at is not None
        assert page["unread"] == 0
        await anna.ok("POST", f"/me/notices/{one['id']}/read")
        assert (await anna.ok("GET", "/me/notices"))["items"][0]["read_at"] == read_at
        assert await titles(anna, "?unread=true") == []

    async def test_somebody_elses_notice_is_not_there(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        await tell(anna)
        (one,) = (await anna.ok("GET", "/me/notices"))["items"]
        theirs = await boris.call("POST", f"/me/notices/{one['id']}/read")
        absent = await boris.call("POST", f"/me/notices/{uuid7()}/read")
        assert (theirs.status_code, theirs.json()["code"]) == (absent.status_code, absent.json()["code"]) == (404, "not_found")
        assert (await anna.ok("GET", "/me/notices"))["unread"] == 1

    async def test_reading_all_up_to_the_newest_shown_leaves_what_came_since(self, world: World) -> None:
        anna, boris = await world.person("anna"), await world.person("boris")
        await tell(anna, boris, title="first")
        await tell(anna, title="second")
        newest = (await anna.ok("GET", "/me/notices"))["items"][0]["id"]
        await tell(anna, title="third")
        assert await anna.ok("POST", f"/me/notices/read-all?upto={newest}") == {"read": 2}
        assert await titles(anna, "?unread=true") == ["third"]
        assert await anna.ok("POST", "/me/notices/read-all") == {"read": 1}
        assert await titles(boris, "?unread=true") == ["first"]

    async def test_pages_lead_through_all_of_them_newest_first(self, world: World) -> None:
        anna = await world.person("anna")
        for number in range(5):
            await tell(anna, title=f"{number}")
        for query in ("", "&unread=true"):
            seen: list[str] = []
            cursor = ""
            while True:
                page = await anna.ok("GET", f"/me/notices?limit=2{query}{cursor}")
                seen += [one["title"] for one in page["items"]]
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
            assert seen == ["4", "3", "2", "1", "0"]

    async def test_a_cursor_that_was_never_given_is_refused(self, world: World) -> None:
        reply = await (await world.person("anna")).call("GET", "/me/notices?cursor=zz")
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "bad_cursor")


class TestLog:
    async def test_what_was_told_can_be_neither_changed_nor_removed(self, world: World) -> None:
        anna = await world.person("anna")
        await tell(anna)
        for statement in (
            "UPDATE notice SET body = ''",
            "DELETE FROM notice",
            "TRUNCATE notice CASCADE",
            "DELETE FROM notice_mark",
        ):
            with pytest.raises(asyncpg.PostgresError):
                async with db.transaction():
                    await db.execute(statement)
        told: UUID = await db.scalar("SELECT account_id FROM notice")
        assert told == anna.id
