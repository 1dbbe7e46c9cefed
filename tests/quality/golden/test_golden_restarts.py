"""A long absence or a new device: what was known of a person is to be found out again."""

from typing import Any

import pytest

from piecework.platform import db
from piecework.platform.identity import accounts, devices
from piecework.platform.identity.devices import fingerprint
from piecework.quality.people import restarts
from tests.quality.grading.test_grading import people
from tests.world import Person, World

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{} Safari/537.36"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Version/17.2 Mobile/15E148 Safari/604.1"


async def trusted(world: World, last_answer_days: int = 0, verdict: str = "good") -> Person:
    """Somebody of whom the test has said what it says, and when they last answered."""
    await world.project(control_rate=0.2)
    await world.tickets(1)
    (anna,) = await people(world, 1)
    (held,) = await anna.claim()
    await anna.answer(held, {"topic": "a"})
    await world.drain()
    await db.execute(
        "UPDATE assignment SET ended_at = now() - make_interval(days => $1), claimed_at = now() - make_interval(days => $1)",
        last_answer_days,
    )
    await db.execute(
        """INSERT INTO standing (freelancer_id, step_id, verdict, log_likelihood_ratio, control_rate, why)
           SELECT $1, step_id, $2, -4, 0.04, 'the test says so' FROM queue""",
        anna.id,
        verdict,
    )
    return anna


async def standing() -> tuple[Any, ...]:
    row = await db.row("SELECT verdict, log_likelihood_ratio, round(control_rate::numeric, 2)::float8, why FROM standing")
    assert row is not None
    return tuple(row)


async def sign_in(world: World, person: Person, user_agent: str) -> None:
    reply = await world.client.post(
        "/api/v1/sessions",
        json={"email": "person0@example.test", "password": "long enough it is"},
        headers={"user-agent": user_agent},
    )
    assert reply.status_code == 201, reply.text
    await world.drain()


class TestAbsence:
    async def test_after_thirty_days_the_test_starts_afresh_and_the_rate_is_high_again(self, world: World) -> None:
        await trusted(world, 31)
        await world.drain_recurring("quality.restart_absent")
        assert await standing() == ("unknown", 0.0, 0.2, "a long absence")
        assert await db.scalar("SELECT round(control_rate::numeric, 2)::float8 FROM attention") == 0.2

    async def test_it_happens_once_per_absence(self, world: World) -> None:
        await trusted(world, 31)
        async with db.transaction():
            assert [await restarts.after_absence(), await restarts.after_absence()] == [1, 0]

    @pytest.mark.parametrize(("days", "verdict"), [(29, "good"), (31, "bad")])
    async def test_who_was_here_lately_or_was_found_bad_stays_so(self, world: World, days: int, verdict: str) -> None:
        await trusted(world, days, verdict)
        await world.drain_recurring("quality.restart_absent")
        assert (await standing())[0] == verdict


class TestDevices:
    async def signing_in(self, world: World) -> Person:
        anna = await trusted(world)
        account = await accounts.Account.get(id=anna.id)
        async with db.transaction():
            await accounts.set_password(account, "long enough it is")
        await sign_in(world, anna, CHROME.format("120.0.0.0"))
        return anna

    async def test_the_first_device_and_its_updates_are_nothing_new(self, world: World) -> None:
        anna = await self.signing_in(world)
        await sign_in(world, anna, CHROME.format("131.0.6778.85"))
        assert (await standing())[0] == "good"
        assert await db.scalar("SELECT count(*) FROM device") == 1

    async def test_another_device_starts_the_test_afresh_once(self, world: World) -> None:
        anna = await self.signing_in(world)
        await sign_in(world, anna, PHONE)
        assert await standing() == ("unknown", 0.0, 0.2, "a new device")
        await db.execute("UPDATE standing SET verdict = 'good'")
        for agent in (PHONE, CHROME.format("121.0"), PHONE):
            await sign_in(world, anna, agent)
        async with db.transaction():
            assert not await restarts.on_new_device(anna.id, fingerprint(PHONE))
        assert (await standing())[0] == "good"
        await world.verify()

    async def test_a_token_is_no_device(self, world: World) -> None:
        anna = await trusted(world)
        await anna.ok("GET", "/me", headers={"user-agent": PHONE})
        assert await db.scalar("SELECT count(*) FROM device") == 0

    async def test_what_names_no_browser_is_no_device(self, world: World) -> None:
        anna = await trusted(world)
        async with db.transaction():
            await devices.note(anna.id, "")
        assert await db.scalar("SELECT count(*) FROM device") == 0

    async def test_the_secret_of_the_session_is_in_no_job(self, world: World) -> None:
        anna = await self.signing_in(world)
        async with db.transaction():
            await devices.note(anna.id, PHONE)
        (job,) = await db.rows("SELECT key, payload FROM job WHERE kind = 'quality.restart_on_device'")
        hashes = [row["hash"].hex() for row in await db.rows("SELECT hash FROM session")]
        assert not any(one[:8] in job["key"].replace("-", "") or one in job["payload"] for one in hashes)


def test_versions_do_not_make_a_device() -> None:
    assert fingerprint(CHROME.format("1.2")) == fingerprint(CHROME.format("99.0.1.7"))
    assert fingerprint(CHROME.format("1.2")) != fingerprint(PHONE)
