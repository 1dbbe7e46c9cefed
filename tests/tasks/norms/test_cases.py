"""Repeatedly missed weeks: proposed to curators, decided once nobody can object to them any more."""

from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.tasks.norms.past import DAY, Past
from tests.world import Person

REASON = "Three weeks in eight, and no answer to two letters."


async def missed(past: Past, weeks: int, done: int = 0, name: str = "anna") -> Person:
    """Somebody who missed so many weeks, one after the other, and may not object any more."""
    anna = await past.world.worker(name, weekly_norm=50)
    await past.began([anna.id], past.monday - (weeks - 1) * 7 * DAY)
    if done:
        await past.answers(anna.id, done, past.monday + DAY)
    await past.close(anna.id)
    return anna


async def too_late(past: Past) -> None:
    await past.owner.execute("ALTER TABLE appealable DISABLE TRIGGER settles_once")
    await past.owner.execute("UPDATE appealable SET appeal_by = now() - interval '1 hour'")
    await past.owner.execute("ALTER TABLE appealable ENABLE TRIGGER settles_once")


async def cases(past: Past) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await past.world.curator.ok("GET", "/norm-cases"))["items"]
    return found


async def decide(past: Past, case: dict[str, Any], decision: str = "nothing", who: Person | None = None) -> Any:
    return await (who or past.world.curator).call(
        "POST", f"/norm-cases/{case['id']}/decide", {"decision": decision, "reason": REASON}
    )


class TestCases:
    async def test_two_missed_weeks_are_no_case_and_three_are(self, past: Past) -> None:
        await missed(past, 2)
        assert await cases(past) == []
        anna = await missed(past, 3, name="boris")
        (case,) = await cases(past)
        assert (case["freelancer_id"], case["state"], case["waits"], len(case["weeks"])) == (str(anna.id), "proposed", True, 3)
        assert await db.scalar("SELECT count(*) FROM notice WHERE account_id = $1 AND kind = 'norm.case'", anna.id) == 1

    async def test_nothing_is_decided_while_they_may_be_appealed(self, past: Past) -> None:
        await missed(past, 3)
        (case,) = await cases(past)
        reply = await decide(past, case)
        assert (reply.status_code, reply.json()["code"]) == (409, "weeks_may_be_appealed")
        await too_late(past)
        assert (await decide(past, case)).json()["decision"] == "nothing"
        reply = await decide(past, case)
        assert (reply.status_code, reply.json()["code"]) == (409, "norm_case_decided")

    async def test_decided_weeks_make_no_other_case(self, past: Past) -> None:
        anna = await missed(past, 3)
        await too_late(past)
        await decide(past, (await cases(past))[0])
        from piecework.tasks.norms import cases as norm_cases

        async with db.transaction():
            await norm_cases.propose([anna.id])
        assert [one["state"] for one in await cases(past)] == ["decided"]

    async def test_the_end_of_the_contract_gives_notice_and_may_be_appealed(self, past: Past) -> None:
        anna = await missed(past, 3)
        await too_late(past)
        (case,) = await cases(past)
        reply = await decide(past, case, "end")
        assert reply.is_success, reply.text
        ends = await db.row("SELECT id, ends_at - clock_timestamp() > interval '13 days 23 hours' AS later FROM contract_end")
        assert ends is not None
        assert ends["later"]
        noted = await db.row("SELECT subject, state FROM appealable WHERE subject_id = $1", ends["id"])
        assert noted is not None
        assert tuple(noted) == ("contract", "open")
        (told,) = await db.rows("SELECT body FROM notice WHERE account_id = $1 AND kind = 'norm.decided'", anna.id)
        assert REASON in told["body"]

    async def test_a_week_that_is_excused_after_all_drops_the_case(self, past: Past) -> None:
        anna = await past.person(50, since=past.monday - 14 * DAY)
        await past.answers(anna, 49, past.at(2))
        (refused,) = await past.answers(anna, 1, past.at(3), state="rejected")
        await past.close(anna)
        (case,) = await cases(past)
        await past.overturn(refused, await db.scalar("SELECT clock_timestamp()"))
        await past.later()
        assert [one["state"] for one in await cases(past)] == ["dropped"]
        await too_late(past)
        assert (await decide(past, case)).json()["code"] == "norm_case_decided"

    async def test_nobody_decides_their_own(self, past: Past) -> None:
        anna = await past.world.person("both", Role.FREELANCER, Role.CURATOR)
        await past.world.agree(anna, weekly_norm=50)
        await past.began([anna.id], past.monday - 14 * DAY)
        await past.close(anna.id)
        await too_late(past)
        reply = await decide(past, (await cases(past))[0], who=anna)
        assert (reply.status_code, reply.json()["code"]) == (409, "own_contract")

    async def test_it_needs_a_reason(self, past: Past) -> None:
        await missed(past, 3)
        (case,) = await cases(past)
        reply = await past.world.curator.call(
            "POST", f"/norm-cases/{case['id']}/decide", {"decision": "end", "reason": "because"}
        )
        assert reply.status_code == 422
        absent = UUID(int=1)
        reply = await past.world.curator.call("POST", f"/norm-cases/{absent}/decide", {"decision": "nothing", "reason": REASON})
        assert reply.status_code == 404
