"""What the second line and mentors do beside tasks is counted from facts and paid by rules: reviews, and weeks of mentees."""

from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.platform import composition, db
from piecework.platform.identity.models import Role
from piecework.platform.jobs.events import connect_subscriptions
from tests.payouts.adjusting.test_bonuses import DAY, Past, past
from tests.payouts.adjusting.test_training_pay import QUESTION, course, publish
from tests.quality.auditing.test_audits import answered, audit, plan
from tests.quality.auditing.test_disputes import SETTLED, disputed
from tests.world import Person, World, choice_step

__all__ = ["past"]


async def happened(past: Past, kind: str, at: datetime) -> None:
    """All that was measured of a kind was recorded at that moment."""
    await past.owner.execute("ALTER TABLE measure DISABLE TRIGGER append_only")
    await past.owner.execute("UPDATE measure SET recorded_at = $1 WHERE kind = $2", at, kind)
    await past.owner.execute("ALTER TABLE measure ENABLE TRIGGER append_only")


class TestReviews:
    async def test_audits_and_settled_disputes_are_paid_each_and_by_the_rules_of_their_project(self, past: Past) -> None:
        """The rule's worked example: two audits and one settled dispute of a week at 4.00: 12.00, once."""
        world = past.world
        second = await world.worker("second", "orders:1:2")
        task, _ = await disputed(world)
        await second.ok("POST", f"/disputes/{task}", SETTLED)
        await world.drain()
        await db.execute("UPDATE project SET code = 'done' WHERE code = 'orders'")
        await answered(world, "a", tickets=2)
        await plan(world)
        for _ in range(2):
            await audit(second, {"topic": "a"})
        await happened(past, "review", past.week.since + DAY)
        await past.rule({"kind": "review", "amount": "4.00"})
        elsewhere: UUID = await db.scalar("SELECT id FROM project WHERE code = 'done'")
        await past.rule({"kind": "review", "amount": "1.00"}, code="of-one", project_id=elsewhere)
        await past.run()
        assert await past.awards() == [("bonus", past.week.name, 120_000), ("of-one", past.week.name, 10_000)]
        (one, _) = sorted((await second.ok("GET", "/me/awards"))["items"], key=lambda award: award["rule"])
        assert (one["evidence"]["reviews"], one["amount"]) == (3, "12.0000")
        assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'bonus'") == 2
        await world.verify()


class TestEscalated:
    async def test_what_was_escalated_is_paid_as_work_of_the_line_that_took_it(self, past: Past) -> None:
        """The rule's worked example: 1.00 for the second line; the junior's own answer has none, the escalated one has it."""
        world = past.world
        await world.project(choice_step(overlap=1))
        connect_subscriptions(composition.subscriptions())
        await past.rule({"kind": "line", "fixed": "1.00"}, code="line")
        await world.tickets(2)
        second = await world.worker("second", "orders:1:2")
        hard, easy = await past.anna.claim(2)
        reply = await past.anna.call("POST", f"/assignments/{hard['id']}/escalate", {"reason": "Needs access to the account."})
        assert reply.status_code == 204
        (taken,) = await second.claim()
        for person, one in ((past.anna, easy), (second, taken)):
            assert (await person.answer(one, {"topic": "a"})).is_success
        await world.drain()
        found = await db.rows(
            """SELECT l.owner, -sum(p.amount)::int AS amount FROM entry e JOIN posting p ON p.entry_id = e.id
               JOIN ledger_account l ON l.id = p.account_id AND l.kind = 'payable' WHERE e.kind = 'premium' GROUP BY 1"""
        )
        assert [tuple(row) for row in found] == [(str(second.id), 10_000)]
        draft = {"code": "next", "title": "Second line", "words": "Work of the second line adds 1.00 to each answer.", "spec": {"kind": "line", "fixed": "1.00"}}  # fmt: skip
        made = await world.finance.ok("POST", "/pay-rules", draft)
        (effect,) = (await world.finance.ok("GET", f"/pay-rules/{made['id']}/preview"))["effects"]
        assert (effect["answers"], effect["people"]) == (1, 1)
        await world.verify()


async def mentored(world: World, mentee: Person, mentor: Person | None) -> None:
    body = {"mentor_id": mentor and str(mentor.id), "reason": "The first weeks in orders."}
    await world.curator.ok("POST", f"/freelancers/{mentee.id}/mentor", body)


async def answers(past: Past, mentee: Person, item: int, at: datetime) -> None:
    """One answer of a course, given at that moment."""
    body: dict[str, Any] = {"unit": "one", "item": item, "try": 1, "answer": {"topic": True}}
    await mentee.ok("POST", "/me/courses/start/answers", body)
    await past.owner.execute("ALTER TABLE training_answer DISABLE TRIGGER USER")
    await past.owner.execute("UPDATE training_answer SET answered_at = $1 WHERE answered_at > now() - interval '1 hour'", at)
    await past.owner.execute("ALTER TABLE training_answer ENABLE TRIGGER USER")


class TestMentoring:
    async def weeks(self) -> list[tuple[str, int]]:
        found = await db.rows(
            """SELECT a.name, m.value::int AS n FROM measure m JOIN account a ON a.id = m.freelancer_id WHERE m.kind = 'mentoring'
               ORDER BY m.revision"""
        )
        return [(row["name"], row["n"]) for row in found]

    async def begun(self, past: Past) -> tuple[Person, Person, Person]:
        """Somebody on a course, their mentor since before the week, and another who could be one."""
        world = past.world
        await world.person("second", Role.CURATOR)
        mentee = await world.worker("mentee")
        first, other = await world.worker("first", "orders:1:2"), await world.worker("other", "orders:3")
        more = {"homework": [QUESTION, QUESTION | {"prompt": "And this?"}]}
        await publish(world, course(**more))
        connect_subscriptions(composition.subscriptions())  # the builders connect only what earning takes
        await past.rule({"kind": "training", "amount": "1.00"}, code="since-then")  # so that the week is looked at
        await mentee.ok("POST", "/me/courses/start/enrolments")
        await mentored(world, mentee, first)
        await past.owner.execute("UPDATE mentorship SET starts_at = $1", past.week.since - DAY)
        return mentee, first, other

    async def test_a_week_in_which_the_mentee_was_at_their_training_is_paid_by_itself(self, past: Past) -> None:
        mentee, first, _ = await self.begun(past)
        await answers(past, mentee, 1, past.week.since + DAY)
        await past.run()
        assert await self.weeks() == [("first", 1)]
        body = {
            "freelancer_id": str(first.id),
            "of": {"kind": "mentoring", "mentee_id": str(mentee.id), "week": past.week.name},
            "evidence": "seen in the weekly call",
            "reason": "the same week by hand",
        }
        assert (await past.world.curator.call("POST", "/measures", body)).json()["code"] == "measure_known"
        await happened(past, "mentoring", past.week.until - DAY)
        await past.rule({"kind": "mentor", "amount": "750.00"})
        await past.run()
        assert await past.awards() == [("bonus", past.week.name, 7_500_000)]

    async def test_a_mentee_who_did_nothing_or_was_nobodys_makes_no_week(self, past: Past) -> None:
        mentee, _, _ = await self.begun(past)
        await past.owner.execute("UPDATE mentorship SET ends_at = $1", past.week.since + DAY)
        await answers(past, mentee, 1, past.week.since + 2 * DAY)
        await past.run()
        assert await self.weeks() == []

    async def test_of_two_mentors_in_a_week_the_last_one_has_it(self, past: Past) -> None:
        mentee, _, other = await self.begun(past)
        await answers(past, mentee, 1, past.week.since + DAY)
        await mentored(past.world, mentee, other)
        change = past.week.since + 2 * DAY
        await past.owner.execute("UPDATE mentorship SET ends_at = $1 WHERE ends_at IS NOT NULL", change)
        await past.owner.execute("UPDATE mentorship SET starts_at = $1 WHERE ends_at IS NULL", change)
        await answers(past, mentee, 2, past.week.since + 3 * DAY)
        await past.run()
        assert await self.weeks() == [("other", 1)]
