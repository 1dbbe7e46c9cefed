"""Messages: whom they go to, what is frozen, the threads that follow, and how many there may be."""

import asyncio
from typing import Any

import asyncpg
import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.ids import uuid7
from piecework.tasks.messages.sending import WIDE, WIDE_AN_HOUR
from piecework.tasks.messages.threads import REPLIES_AN_HOUR
from tests.traceless import nothing_changes
from tests.world import Person, World, choice_step

WORDS = {"title": "New hours", "body": "We open at eight."}


async def send(world: World, to: dict[str, Any], **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = await world.curator.ok("POST", "/messages", {"to": to, **WORDS, **changes})
    return made


async def whom(world: World, **to: Any) -> list[str]:
    found = await world.curator.ok("POST", "/messages/preview", {"to": to})
    assert found["recipients"] == len(found["first"])
    names: list[str] = found["first"]
    return names


def to(person: Person) -> dict[str, Any]:
    return {"kind": "person", "account_id": str(person.id)}


async def told(person: Person, kind: str) -> list[dict[str, Any]]:
    return [one for one in (await person.ok("GET", "/me/notices"))["items"] if one["kind"] == kind]


class TestAudience:
    async def test_one_person(self, world: World) -> None:
        anna, applicant = await world.person("anna"), await world.person("newcomer", Role.APPLICANT)
        assert await whom(world, **to(anna)) == ["anna"]
        assert await whom(world, **to(applicant)) == ["newcomer"]
        assert await whom(world, **to(world.finance)) == []
        assert await whom(world, kind="person", account_id=str(uuid7())) == []
        await world.administrator.ok("PATCH", f"/accounts/{anna.id}", {"state": "suspended", "reason": "for the test"})
        assert await whom(world, **to(anna)) == []

    async def test_all_who_may_work_on_a_project(self, world: World) -> None:
        await world.project(choice_step(qualification="orders", level=2))
        await world.worker("anna", "orders:2")
        await world.worker("boris", "orders:1")
        await world.worker("clara", "music")
        assert await whom(world, kind="project", code="orders") == ["anna"]
        reply = await world.curator.call("POST", "/messages/preview", {"to": {"kind": "project", "code": "nothing"}})
        assert reply.status_code == 404

    async def test_by_what_they_are_qualified_for(self, world: World) -> None:
        await world.worker("anna", "orders:2")
        await world.worker("boris", "orders:1", "music:3")
        for name, line, languages in (("anna", 2, ["ru"]), ("boris", 1, ["en"])):
            await db.execute(
                "UPDATE qualification SET line = $2, languages = $3 WHERE freelancer_id = $1 AND code = 'orders'",
                world.people[name].id,
                line,
                languages,
            )
        for wanted, names in (
            ({"qualification": "orders"}, ["anna", "boris"]),
            ({"qualification": "orders", "level": 2}, ["anna"]),
            ({"level": 3}, ["boris"]),
            ({"line": 2}, ["anna"]),
            ({"qualification": "orders", "language": "en"}, ["boris"]),
            ({"language": "ru"}, ["anna", "boris"]),  # music is in all languages
            ({"qualification": "music", "line": 2}, []),
        ):
            assert await whom(world, kind="filter", **wanted) == names, wanted
        await world.curator.ok("POST", f"/freelancers/{world.anna.id}/qualifications/orders/revoke", {"reason": "no more"})
        await db.execute("UPDATE qualification SET expires_at = now() - interval '1 hour' WHERE code = 'music'")
        assert await whom(world, kind="filter", level=1) == ["boris"]

    async def test_by_contract_and_by_what_they_did(self, world: World) -> None:
        await world.project()
        await world.tickets(1)
        anna = await world.worker("anna")
        await world.worker("boris")
        await world.person("clara")
        assert set(await whom(world, kind="filter", has_contract=True)) == {"anna", "boris"}
        assert set(await whom(world, kind="filter", has_contract=False)) == {"clara", "freelancer"}
        assert len(await anna.claim()) == 1
        assert set(await whom(world, kind="filter", has_contract=True, inactive_days=7)) == {"boris"}
        await db.execute("UPDATE assignment SET claimed_at = now() - interval '8 days'")
        assert set(await whom(world, kind="filter", has_contract=True, inactive_days=7)) == {"anna", "boris"}
        assert set(await whom(world, kind="filter", has_contract=True, inactive_days=9)) == {"boris"}

    async def test_by_the_result_of_their_last_week(self, world: World) -> None:
        people = {name: (await world.person(name)).id for name in ("anna", "boris", "clara")}
        for name, days_ago, results in (
            ("anna", 3, ["missed"]),
            ("boris", 3, ["missed", "excused"]),  # put right since
            ("clara", 20, ["missed"]),  # long ago
        ):
            await db.execute(
                """INSERT INTO week (freelancer_id, starts_at, ends_at, zone)
                   SELECT $1, now() - make_interval(days => $2 + 7), now() - make_interval(days => $2), 'UTC'""",
                people[name],
                days_ago,
            )
            for revision, result in enumerate(results, 1):
                await db.execute(
                    """INSERT INTO week_result (freelancer_id, starts_at, revision, result, basis, norm, leave, outages, gaps, effective,
                                                done, handed_out, take_up, second_chance, policy, facts, lines, as_of)
                       SELECT w.freelancer_id, w.starts_at, $2, $3, CASE WHEN $2 = 1 THEN 'closed' ELSE 'appeal' END, 10, 0, 0, 0, 10,
                              5, 5, 10000, false, 0, '{}', '[]', now()
                       FROM week w WHERE w.freelancer_id = $1""",
                    people[name],
                    revision,
                    result,
                )
        assert await whom(world, kind="filter", missed_last_week=True) == ["anna"]
        assert set(await whom(world, kind="filter", missed_last_week=False)) == {"boris", "clara", "freelancer"}

    async def test_what_does_not_fit_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for bad in [
                {"kind": "filter"},
                {"kind": "filter", "has_contract": None},
                {"kind": "everybody"},
                {"kind": "filter", "level": 0},
                {"kind": "filter", "inactive_days": 0},
                {"kind": "filter", "language": "Russian"},
                {"kind": "person"},
                {"kind": "person", "account_id": "anna"},
                {"kind": "project", "code": "orders", "level": 1},
            ]:
                with subtests.test(bad=bad):
                    for path, words in (("/messages/preview", {}), ("/messages", WORDS)):
                        reply = await world.curator.call("POST", path, {"to": bad, **words})
                        assert (reply.status_code, reply.json()["code"]) == (422, "invalid")


class TestSending:
    async def test_the_recipients_are_those_of_the_moment_for_good(self, world: World) -> None:
        await world.project()
        anna = await world.worker("anna")
        made = await send(world, {"kind": "project", "code": "orders"})
        assert (made["recipients"], made["audience"]) == (1, {"kind": "project", "code": "orders"})
        boris = await world.worker("boris")
        await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", {"reason": "no more"})
        (one,) = (await anna.ok("GET", "/me/messages"))["items"]
        assert (one["id"], one["title"], one["body"]) == (made["id"], WORDS["title"], WORDS["body"])
        assert (await boris.ok("GET", "/me/messages"))["items"] == []
        (recipient,) = (await world.curator.ok("GET", f"/messages/{made['id']}/recipients"))["items"]
        assert (recipient["name"], recipient["read_at"]) == ("anna", None)

    async def test_it_comes_as_a_notice_which_is_read_with_it(self, world: World) -> None:
        anna = await world.person("anna")
        made = await send(world, to(anna))
        (notice,) = await told(anna, "message")
        assert (notice["title"], notice["link"], notice["read_at"]) == (WORDS["title"], f"/me/messages/{made['id']}", None)
        assert (await anna.ok("GET", notice["link"]))["body"] == WORDS["body"]
        await anna.ok("POST", f"{notice['link']}/read")
        (notice,) = await told(anna, "message")
        assert notice["read_at"] is not None
        (sent,) = (await world.curator.ok("GET", "/messages"))["items"]
        assert (sent["read"], sent["recipients"], sent["answered"]) == (1, 1, 0)
        assert (await anna.ok("GET", "/me/messages?unread=true"))["items"] == []

    async def test_one_that_must_be_read_stands_first_until_it_is(self, world: World) -> None:
        anna = await world.person("anna")
        urgent = await send(world, to(anna), must_read=True)
        await send(world, to(anna))
        page = await anna.ok("GET", "/me/messages?limit=1")
        assert [one["id"] for one in page["must_read"]] == [urgent["id"]]
        await anna.ok("POST", f"/me/messages/{urgent['id']}/read")
        assert (await anna.ok("GET", "/me/messages"))["must_read"] == []

    async def test_to_nobody_nothing_is_sent(self, world: World) -> None:
        reply = await world.curator.call("POST", "/messages", {"to": to(world.finance), **WORDS})
        assert (reply.status_code, reply.json()["code"]) == (409, "nobody")
        assert (await world.curator.ok("GET", "/messages"))["items"] == []

    async def test_the_longest_title_is_sent_and_answered_and_a_longer_or_blank_one_is_refused(self, world: World) -> None:
        anna = await world.person("anna")
        made = await send(world, to(anna), title="x" * 200)
        await anna.ok("POST", f"/me/messages/{made['id']}/reply", {"body": "Yes?"})
        for title in ("x" * 201, " \n"):
            reply = await world.curator.call("POST", "/messages", {"to": to(anna), **WORDS, "title": title})
            assert (reply.status_code, reply.json()["code"]) == (422, "invalid")

    async def test_pages_of_what_was_sent_and_of_ones_own(self, world: World) -> None:
        anna = await world.person("anna")
        ids = [(await send(world, to(anna), title=f"{n}"))["id"] for n in range(3)]
        other = (await world.administrator.ok("POST", "/messages", {"to": to(anna), **WORDS}))["id"]
        first = await world.curator.ok("GET", "/messages?limit=2")
        rest = await world.curator.ok("GET", f"/messages?cursor={first['next_cursor']}")
        assert [one["id"] for one in first["items"] + rest["items"]] == [other, *reversed(ids)]
        assert [one["id"] for one in (await world.administrator.ok("GET", "/messages?mine=true"))["items"]] == [other]
        mine = await anna.ok("GET", "/me/messages?limit=3")
        last = await anna.ok("GET", f"/me/messages?cursor={mine['next_cursor']}")
        assert [one["id"] for one in mine["items"] + last["items"]] == [other, *reversed(ids)]

    async def test_what_was_sent_can_be_neither_changed_nor_removed(self, world: World) -> None:
        await send(world, to(await world.person("anna")))
        for statement in ("UPDATE message SET body = 'x'", "DELETE FROM message_recipient", "DELETE FROM message_reply"):
            with pytest.raises(asyncpg.PostgresError):
                async with db.transaction():
                    await db.execute(statement)


class TestWide:
    async def test_a_sender_has_so_many_to_many_an_hour(self, world: World) -> None:
        await world.crowd(WIDE + 1)
        everybody = {"kind": "filter", "qualification": "orders"}
        for _ in range(WIDE_AN_HOUR):
            await send(world, everybody)
        refused = await world.curator.call("POST", "/messages", {"to": everybody, **WORDS})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_wide_messages")
        assert 3500 < int(refused.headers["retry-after"]) <= 3600
        await send(world, to(await world.person("anna")))  # to a few there is no such limit
        assert (await world.administrator.call("POST", "/messages", {"to": everybody, **WORDS})).status_code == 201

    async def test_an_hour_later_there_is_room_again(self, world: World) -> None:
        await world.crowd(WIDE + 1)
        await db.execute(
            """INSERT INTO message (sender_id, title, body, must_read, audience, recipients, sent_at)
               SELECT $1, 'old', 'old', false, '{}', 1000, now() - make_interval(mins => 55 + n) FROM generate_series(1, $2) AS n""",
            world.curator.id,
            WIDE_AN_HOUR,
        )
        await send(world, {"kind": "filter", "qualification": "orders"})

    async def test_racing_messages_do_not_pass_the_limit(self, world: World) -> None:
        await world.crowd(WIDE + 1)
        body = {"to": {"kind": "filter", "qualification": "orders"}, **WORDS}
        replies = await asyncio.gather(*(world.curator.call("POST", "/messages", body) for _ in range(WIDE_AN_HOUR + 3)))
        assert [reply.status_code for reply in replies].count(201) == WIDE_AN_HOUR
        assert await db.scalar("SELECT count(*) FROM message") == WIDE_AN_HOUR


class TestThreads:
    async def test_a_person_answers_and_the_staff_answers_back(self, world: World) -> None:
        anna = await world.person("anna")
        made = await send(world, to(anna))
        mine, theirs = f"/me/messages/{made['id']}", f"/messages/{made['id']}/recipients/{anna.id}"
        thread = await anna.ok("POST", f"{mine}/reply", {"body": "Eight is early."})
        assert thread["read_at"] is not None
        (notice,) = await told(world.curator, "message.replied")
        assert notice["link"] == theirs
        assert await told(world.administrator, "message.replied") == []
        (waiting,) = (await world.administrator.ok("GET", f"/messages/{made['id']}/recipients?waiting=true"))["items"]
        assert (waiting["id"], waiting["replies"], waiting["waiting"]) == (str(anna.id), 1, True)
        await world.administrator.ok("POST", f"{theirs}/reply", {"body": "Nine, then."})
        assert len(await told(anna, "message.replied")) == 1
        assert (await world.curator.ok("GET", f"/messages/{made['id']}/recipients?waiting=true"))["items"] == []
        said = (await anna.ok("GET", mine))["thread"]
        assert [(one["by_recipient"], one["author"], one["body"]) for one in said] == [
            (True, "anna", "Eight is early."),
            (False, "administrator", "Nine, then."),
        ]
        assert (await world.curator.ok("GET", theirs))["replies"] == said
        await anna.ok("POST", f"{mine}/reply", {"body": "Thank you."})
        assert len(await told(world.curator, "message.replied")) == 2
        assert len(await told(world.administrator, "message.replied")) == 1  # takes part by now
        (sent,) = (await world.curator.ok("GET", "/messages"))["items"]
        assert sent["answered"] == 1

    async def test_if_the_sender_has_left_all_curators_are_told(self, world: World) -> None:
        anna, other = await world.person("anna"), await world.person("other", Role.CURATOR)
        made = await send(world, to(anna))
        await world.administrator.ok("PATCH", f"/accounts/{world.curator.id}", {"state": "suspended", "reason": "has left"})
        await anna.ok("POST", f"/me/messages/{made['id']}/reply", {"body": "Hello?"})
        assert len(await told(other, "message.replied")) == 1

    async def test_threads_are_each_persons_own(self, world: World) -> None:
        await world.project()
        anna, boris = await world.worker("anna"), await world.worker("boris")
        made = await send(world, {"kind": "project", "code": "orders"})
        await anna.ok("POST", f"/me/messages/{made['id']}/reply", {"body": "Between us."})
        assert (await boris.ok("GET", f"/me/messages/{made['id']}"))["thread"] == []
        stranger = await world.person("stranger")
        for method, path, body in (("GET", "", None), ("POST", "/read", None), ("POST", "/reply", {"body": "Hi"})):
            for message_id in (made["id"], str(uuid7())):
                reply = await stranger.call(method, f"/me/messages/{message_id}{path}", body)
                assert (reply.status_code, reply.json()["code"]) == (404, "not_found")
        for method, path, body in (("GET", "", None), ("POST", "/reply", {"body": "Hi"})):
            reply = await world.curator.call(method, f"/messages/{made['id']}/recipients/{stranger.id}{path}", body)
            assert (reply.status_code, reply.json()["code"]) == (404, "not_found")

    async def test_there_are_only_so_many_replies_an_hour(self, world: World) -> None:
        anna = await world.person("anna")
        made = await send(world, to(anna))
        await db.execute(
            """INSERT INTO message_reply (message_id, account_id, author_id, body)
               SELECT $1, $2, $2, 'again' FROM generate_series(1, $3)""",
            made["id"],
            anna.id,
            REPLIES_AN_HOUR - 1,
        )
        await anna.ok("POST", f"/me/messages/{made['id']}/reply", {"body": "The last one."})
        refused = await anna.call("POST", f"/me/messages/{made['id']}/reply", {"body": "One too many."})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
        assert await db.scalar("SELECT count(*) FROM message_reply") == REPLIES_AN_HOUR
