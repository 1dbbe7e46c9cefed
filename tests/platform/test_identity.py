"""Signing in and out, cookies, tokens: what is ended is dead at once."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import httpx2
import pytest

from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.settings import Settings
from tests.traceless import nothing_changes, rehearsed
from tests.world import Person, World

PASSWORD = "correct horse battery"
OWN_PAGE = {"sec-fetch-site": "same-origin"}


async def with_password(world: World, email: str = "eve@example.test", roles: tuple[str, ...] = ("requester",)) -> str:
    body = {"email": email, "name": "Eve", "roles": list(roles), "password": PASSWORD}
    return str((await world.administrator.ok("POST", "/accounts", body))["id"])


async def sign_in(world: World, email: str = "eve@example.test", password: str = PASSWORD) -> httpx2.Response:
    return await world.client.post("/api/v1/sessions", json={"email": email, "password": password})


async def get_me(world: World, cookie: str) -> int:
    headers = {"cookie": f"piecework_session={cookie}"}
    return (await world.client.get("/api/v1/me", headers=headers)).status_code


async def cookie_of_eve(world: World) -> str:
    await with_password(world)
    reply = await sign_in(world)
    assert reply.status_code == 201
    world.client.cookies.clear()
    return str(reply.cookies["piecework_session"])


async def until_refused(person: Person, attempts: int = 200) -> int:
    """How many requests a person still got through. A round trip to the database lets announcements arrive; nothing waits."""
    for passed in range(attempts):
        if (await person.call("GET", "/me")).status_code == 401:
            return passed
        await db.scalar("SELECT 1")
    return attempts


class TestSignIn:
    async def test_the_right_password_opens_a_session(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        assert await get_me(world, cookie) == 200

    async def test_the_cookie_is_kept_from_scripts_and_other_sites(self, world: World) -> None:
        await with_password(world)
        cookie = (await sign_in(world)).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "max-age=43200" in cookie

    async def test_it_is_stored_as_a_hash_only(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        assert await db.scalar("SELECT count(*) FROM session WHERE encode(hash, 'escape') LIKE '%' || $1 || '%'", cookie) == 0
        stored = await db.scalar("SELECT password_hash FROM account WHERE email = 'eve@example.test'")
        assert stored.startswith("$argon2id$")

    async def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(self, world: World) -> None:
        await with_password(world)
        wrong, unknown = await sign_in(world, password="wrong"), await sign_in(world, email="nobody@example.test")
        assert wrong.status_code == unknown.status_code == 401
        assert {**wrong.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}

    async def test_an_account_without_a_password_cannot_sign_in(self, world: World) -> None:
        assert (await sign_in(world, email="requester@example.test", password="")).status_code == 422
        assert (await sign_in(world, email="requester@example.test", password="x")).status_code == 401

    async def test_the_address_may_be_written_in_capitals(self, world: World) -> None:
        await with_password(world)
        assert (await sign_in(world, email="EVE@example.test")).status_code == 201


class TestThrottle:
    async def test_after_ten_wrong_passwords_even_the_right_one_waits(self, world: World) -> None:
        await with_password(world)
        await db.execute("INSERT INTO login_failure (email) SELECT 'eve@example.test' FROM generate_series(1, 10)")
        reply = await sign_in(world)
        assert (reply.status_code, reply.json()["code"], reply.headers["retry-after"]) == (429, "too_many_requests", "900")

    async def test_it_is_over_after_a_quarter_of_an_hour(self, world: World) -> None:
        await with_password(world)
        await db.execute(
            "INSERT INTO login_failure (email, at) SELECT 'eve@example.test', now() - interval '901 s' FROM generate_series(1, 10)"
        )
        assert (await sign_in(world)).status_code == 201

    async def test_it_holds_for_unknown_addresses_too(self, world: World) -> None:
        await db.execute("INSERT INTO login_failure (email) SELECT 'nobody@example.test' FROM generate_series(1, 10)")
        assert (await sign_in(world, email="nobody@example.test")).status_code == 429

    async def test_guesses_at_the_same_time_do_not_slip_past_it(self, world: World) -> None:
        await with_password(world)
        replies = await asyncio.gather(*(sign_in(world, password=f"guess {i}") for i in range(25)))
        statuses = sorted(reply.status_code for reply in replies)
        assert statuses == [401] * 10 + [429] * 15

    async def test_right_passwords_do_not_count(self, world: World) -> None:
        await with_password(world)
        assert {(await sign_in(world)).status_code for _ in range(12)} == {201}


class TestSignOut:
    async def test_the_cookie_is_dead_at_once(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        assert await get_me(world, cookie) == 200
        headers = {"cookie": f"piecework_session={cookie}", **OWN_PAGE}
        assert (await world.client.delete("/api/v1/sessions/current", headers=headers)).status_code == 204
        assert await get_me(world, cookie) == 401

    async def test_a_token_cannot_end_somebody_elses_session(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        await world.curator.call("DELETE", "/sessions/current", headers={"cookie": f"piecework_session={cookie}"})
        assert await get_me(world, cookie) == 200

    async def test_an_ended_session_is_refused_and_tidied_away(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        await db.execute("UPDATE session SET expires_at = now()")
        assert await get_me(world, cookie) == 401
        await world.drain_recurring("platform.tidy")
        assert await db.scalar("SELECT count(*) FROM session") == 0


class TestCrossSite:
    async def test_a_write_from_elsewhere_is_refused(self, world: World, subtests: pytest.Subtests) -> None:
        cookie = await cookie_of_eve(world)
        async with nothing_changes():
            for headers in [
                {},
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"},
                {"origin": "https://evil.test"},
                {"origin": "null"},
                {"origin": "http://test.evil.test"},
                {"sec-fetch-site": "cross-site", "origin": "http://test"},
            ]:
                with subtests.test(headers=headers):
                    sent = {"cookie": f"piecework_session={cookie}", **headers}
                    reply = await world.client.post("/api/v1/projects", json={"code": "disk", "name": "Disk"}, headers=sent)
                    assert (reply.status_code, reply.json()["code"]) == (403, "cross_site")
                    assert await db.scalar("SELECT count(*) FROM project") == 0

    async def test_a_write_from_our_own_page_is_taken(self, world: World, subtests: pytest.Subtests) -> None:
        cookie = await cookie_of_eve(world)
        async with nothing_changes():
            for headers in [OWN_PAGE, {"sec-fetch-site": "none"}, {"origin": "http://test"}]:
                with subtests.test(headers=headers):
                    async with rehearsed():
                        sent = {"cookie": f"piecework_session={cookie}", **headers}
                        reply = await world.client.post("/api/v1/projects", json={"code": "disk", "name": "Disk"}, headers=sent)
                        assert reply.status_code == 201

    async def test_what_a_form_can_send_is_not_taken_as_json(self, world: World, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]:
                with subtests.test(kind=kind):
                    reply = await world.requester.call(
                        "POST", "/projects", content=b'{"code":"disk","name":"Disk"}', headers={"content-type": kind}
                    )
                    assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type")

    async def test_a_cookie_does_not_help_a_bad_token(self, world: World) -> None:
        cookie = await cookie_of_eve(world)
        headers = {"cookie": f"piecework_session={cookie}", "authorization": "Bearer pw_wrong"}
        assert (await world.client.get("/api/v1/me", headers=headers)).status_code == 401


class TestAccounts:
    async def test_an_address_is_taken_once_whatever_its_case(self, world: World) -> None:
        await with_password(world)
        body = {"email": "Eve@Example.test", "name": "Eve again", "roles": ["requester"]}
        reply = await world.administrator.call("POST", "/accounts", body)
        assert (reply.status_code, reply.json()["code"]) == (409, "email_taken")

    async def test_roles_taken_away_are_gone_at_once(self, world: World) -> None:
        account = await with_password(world)
        cookie = (await sign_in(world)).cookies["piecework_session"]
        world.client.cookies.clear()
        change = {"roles": ["freelancer"], "reason": "moved"}
        await world.administrator.ok("PATCH", f"/accounts/{account}", change)
        me = (await world.client.get("/api/v1/me", headers={"cookie": f"piecework_session={cookie}"})).json()
        assert me["roles"] == ["freelancer"]

    async def test_a_new_password_ends_all_sessions(self, world: World) -> None:
        from piecework.platform.identity import accounts
        from piecework.platform.identity.models import Account

        cookie = await cookie_of_eve(world)
        async with db.transaction():
            await accounts.set_password(await Account.get(email="eve@example.test"), "another long password")
        assert await get_me(world, cookie) == 401
        assert (await sign_in(world)).status_code == 401

    async def test_who_did_what_is_in_the_trail(self, world: World) -> None:
        account = await with_password(world)
        await world.administrator.ok("PATCH", f"/accounts/{account}", {"state": "suspended", "reason": "left the company"})
        line = (await world.administrator.ok("GET", f"/trail?subject=account&subject_id={account}"))["items"][0]
        assert (line["action"], line["reason"], line["actor"]) == (
            "account.changed",
            "left the company",
            str(world.administrator.id),
        )


class TestTokens:
    async def test_a_tokens_secret_is_shown_once(self, world: World) -> None:
        made = await world.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["tickets.write"]})
        assert made["secret"].startswith("pw_")
        assert made["secret"] not in (await world.requester.call("GET", "/tokens")).text

    async def test_a_token_does_what_its_scopes_say_and_no_more(self, world: World) -> None:
        made = await world.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["projects.read"]})
        robot = Person(world, world.requester.id, made["secret"])
        assert (await robot.call("GET", "/projects")).status_code == 200
        assert (await robot.call("POST", "/projects", {"code": "disk", "name": "Disk"})).status_code == 403

    async def test_a_scope_does_not_give_what_the_roles_do_not(self, world: World) -> None:
        made = await world.freelancer.ok("POST", "/tokens", {"name": "robot", "scopes": ["accounts.write", "*"]})
        robot = Person(world, world.freelancer.id, made["secret"])
        assert (await robot.call("GET", "/accounts")).status_code == 403

    async def test_a_narrow_token_manages_no_access_at_all(self, world: World) -> None:
        made = await world.administrator.ok("POST", "/tokens", {"name": "robot", "scopes": ["accounts.write"]})
        robot = Person(world, world.administrator.id, made["secret"])
        tries = [
            await robot.call("POST", "/tokens", {"name": "wider", "scopes": ["accounts.write"]}),
            await robot.call("POST", f"/accounts/{world.finance.id}/tokens", {"name": "other", "scopes": ["*"]}),
            await robot.call("PATCH", f"/accounts/{world.curator.id}", {"roles": ["administrator"], "reason": "why not"}),
            await robot.call("GET", "/tokens"),
            await robot.call("DELETE", f"/tokens/{made['id']}"),
        ]
        assert [reply.status_code for reply in tries] == [403] * 5

    async def test_a_token_does_not_outlive_the_one_that_made_it(self, world: World) -> None:
        made = await world.requester.ok("POST", "/tokens", {"name": "short", "scopes": ["*"], "expires_in_days": 1})
        child = await Person(world, world.requester.id, made["secret"]).ok("POST", "/tokens", {"name": "long", "scopes": ["*"]})
        assert child["expires_at"] == made["expires_at"]

    async def test_an_unknown_scope_is_refused(self, world: World) -> None:
        reply = await world.requester.call("POST", "/tokens", {"name": "robot", "scopes": ["everything"]})
        assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "unknown_scope")

    async def test_an_expired_token_is_refused(self, world: World) -> None:
        made = await world.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["*"], "expires_in_days": 1})
        await db.execute("UPDATE api_token SET expires_at = now() WHERE name = 'robot'")
        assert (await Person(world, world.requester.id, made["secret"]).call("GET", "/me")).status_code == 401

    async def test_somebody_elses_token_cannot_be_revoked(self, world: World) -> None:
        made = await world.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["*"]})
        assert (await world.curator.call("DELETE", f"/tokens/{made['id']}")).status_code == 404
        assert (await Person(world, world.requester.id, made["secret"]).call("GET", "/me")).status_code == 200


@pytest.fixture
async def credulous(settings: Settings) -> AsyncIterator[World]:
    """A world that believes a verified token for an hour unless it hears otherwise."""
    async with World.open(settings.model_copy(update={"token_cache_s": 3600.0})) as opened:
        await heard(opened)
        yield opened


async def line(owner: asyncpg.Connection) -> list[int]:
    """The backend that listens for announcements: it does nothing but LISTEN and look after itself."""
    rows = await owner.fetch(
        """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'piecework-listener'
           AND query = 'SELECT 1'"""
    )
    return [row["pid"] for row in rows]


async def heard(world: World) -> None:
    """Wait until the line of announcements is up (each look is a round trip)."""
    async with world.connections(1, role=None) as (owner,):
        for _ in range(5000):
            if await line(owner):
                return
    raise AssertionError("the line of announcements did not come up")


class TestRevocation:
    """With an hour of belief: only announcements end it."""

    async def test_a_revoked_token_is_refused_at_once(self, credulous: World) -> None:
        made = await credulous.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["*"]})
        robot = Person(credulous, credulous.requester.id, made["secret"])
        await robot.ok("GET", "/me")
        await credulous.requester.ok("DELETE", f"/tokens/{made['id']}")
        assert await until_refused(robot) == 0

    async def test_a_suspended_account_is_refused_at_once(self, credulous: World) -> None:
        boris = await credulous.person("boris", Role.REQUESTER)
        await boris.ok("GET", "/me")
        await credulous.administrator.ok("PATCH", f"/accounts/{boris.id}", {"state": "suspended", "reason": "left"})
        assert await until_refused(boris) == 0

    async def test_an_account_let_back_in_is_heard_of_too(self, credulous: World) -> None:
        boris = await credulous.person("boris", Role.REQUESTER)
        for state in ("suspended", "active"):
            await credulous.administrator.ok("PATCH", f"/accounts/{boris.id}", {"state": state, "reason": "a mistake"})
        assert (await boris.call("GET", "/me")).status_code == 200

    async def test_what_another_process_revokes_is_heard_of(self, credulous: World) -> None:
        made = await credulous.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["*"]})
        robot = Person(credulous, credulous.requester.id, made["secret"])
        await robot.ok("GET", "/me")
        await db.execute("UPDATE api_token SET revoked_at = now() WHERE name = 'robot'")
        assert await until_refused(robot) < 20

    async def test_nobody_is_refused_for_a_role_that_is_not_heard_of_yet(self, credulous: World) -> None:
        boris = await credulous.person("boris", Role.FREELANCER)
        assert (await boris.call("GET", "/accounts")).status_code == 403
        async with credulous.connections(1, role=None) as (owner,):
            await owner.execute("ALTER TABLE account DISABLE TRIGGER announce")
            await owner.execute("UPDATE account SET roles = '{administrator}' WHERE id = $1", boris.id)
        assert (await boris.call("GET", "/accounts")).status_code == 200

    async def test_a_token_revoked_while_the_line_is_cut_is_refused_at_once(self, credulous: World) -> None:
        made = await credulous.requester.ok("POST", "/tokens", {"name": "robot", "scopes": ["*"]})
        robot = Person(credulous, credulous.requester.id, made["secret"])
        await robot.ok("GET", "/me")
        async with credulous.connections(1, role=None) as (owner,), owner.transaction():
            await owner.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", await line(owner))
            await owner.execute("UPDATE api_token SET revoked_at = now() WHERE id = $1::text::uuid", made["id"])
        assert await until_refused(robot) < 20


class TestOwnAccount:
    async def test_nobody_gives_themselves_roles(self, world: World) -> None:
        reply = await world.administrator.call(
            "PATCH", f"/accounts/{world.administrator.id}", {"roles": ["administrator", "finance"], "reason": "I can"}
        )
        assert (reply.status_code, reply.json()["code"]) == (409, "own_roles")

    async def test_the_last_administrator_stays(self, world: World) -> None:
        other = await world.person("second", Role.ADMINISTRATOR)
        await other.ok("PATCH", f"/accounts/{world.administrator.id}", {"state": "suspended", "reason": "left"})
        third = await world.person("third", Role.ADMINISTRATOR)
        await third.ok("PATCH", f"/accounts/{other.id}", {"roles": ["curator"], "reason": "changed work"})
        await db.execute("UPDATE account SET state = 'suspended' WHERE id = $1", third.id)
        fourth = await world.person("fourth", Role.ADMINISTRATOR)
        await db.execute("UPDATE account SET state = 'active' WHERE id = $1", third.id)
        await third.ok("PATCH", f"/accounts/{fourth.id}", {"state": "suspended", "reason": "left"})
        assert await db.scalar("SELECT count(*) FROM account WHERE 'administrator' = ANY (roles) AND state = 'active'") == 1

    async def test_nobody_writes_their_own_contract(self, world: World) -> None:
        both = await world.person("both", Role.FREELANCER, Role.CURATOR)
        replies = [
            await both.call("POST", f"/freelancers/{both.id}/offers", {"rate": "by the ticket", "regime": "none"}),
            await both.call("POST", f"/freelancers/{both.id}/qualifications", {"code": "orders", "reason": "I know it all"}),
        ]
        assert [reply.json()["code"] for reply in replies] == ["own_contract", "own_contract"]
