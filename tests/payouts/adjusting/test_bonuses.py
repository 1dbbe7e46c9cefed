"""Bonuses for spans of time: measured, awarded once, posted into the period that is open."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

from piecework.payouts.adjusting import bonuses, spans
from piecework.payouts.adjusting.spans import Span
from piecework.platform import composition, db
from piecework.platform.jobs import connect_subscriptions
from piecework.tasks import measures
from piecework.tasks.measures import Measure
from tests.payouts import builders
from tests.traceless import nothing_changes
from tests.world import Person, World

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZONE = "Europe/Moscow"
ABOVE_NORM = {"kind": "above_norm", "fixed": "0.50"}
BANDS = {"kind": "quality_band", "span": "week", "bands": [{"accuracy": 9_000, "percent": 1_000}], "minimum_answers": 5}


@dataclass
class Past:
    """A week that is settled, a project, and one who worked in it."""

    world: World
    owner: asyncpg.Connection
    week: Span
    project: builders.Project
    anna: Person

    async def rule(self, spec: dict[str, Any], code: str = "bonus", **changes: Any) -> UUID:
        """A rule in force since before the week."""
        terms = {"starts_at": self.week.since - DAY, "ends_at": None, "project_id": None, "version": 1} | changes
        made: UUID = await db.scalar(
            """INSERT INTO pay_rule (code, version, kind, title, words, project_id, spec, starts_at, ends_at, author_id, approver_id,
                                     approved_at, announced_at, state)
               VALUES ($1, $2, $3::jsonb ->> 'kind', 'A bonus', 'More for those who did well in the week.', $4, $3, $5, $6, $7, $8,
                       $5, $5, 'approved') RETURNING id""",
            code,
            terms["version"],
            orjson.dumps(spec).decode(),
            terms["project_id"],
            terms["starts_at"],
            terms["ends_at"],
            self.world.finance.id,
            self.world.administrator.id,
        )
        return made

    async def worked(self, count: int, *, who: UUID | None = None, price: int = 20_000, at: datetime | None = None) -> None:
        """So many answers, each accepted an hour after it was sent, recorded in the ledger at the time."""
        for n in range(count):
            sent = (at or self.week.since + DAY) + n * MINUTE
            done = await builders.earned(self.project, who or self.anna.id, price=price, at=sent)
            await db.execute("UPDATE assignment SET claimed_at = ended_at - interval '1 minute' WHERE id = $1", done)
            await db.execute(
                """INSERT INTO decision (assignment_id, revision, state, share, basis, decided_at)
                   SELECT id, 1, state, share, 'consensus', decided_at FROM assignment WHERE id = $1""",
                done,
            )
        connect_subscriptions(composition.subscriptions())  # the builders connect only what earning takes
        await self.recorded_then()

    async def recorded_then(self) -> None:
        """What the ledger has was recorded when it happened."""
        await self.owner.execute("ALTER TABLE entry DISABLE TRIGGER append_only")
        await self.owner.execute(
            "UPDATE entry SET recorded_at = effective_at WHERE effective_at < recorded_at - interval '1 hour'"
        )
        await self.owner.execute("ALTER TABLE entry ENABLE TRIGGER append_only")

    async def run(self) -> None:
        """What a worker does in time: look, measure, award."""
        await self.world.drain_recurring("payouts.bonuses")
        await self.world.drain()
        await self.world.drain_recurring("payouts.bonuses")
        await self.world.drain()

    async def awards(self) -> list[tuple[str, str, int]]:
        found = await db.rows("SELECT rule_code, span, amount FROM award ORDER BY rule_code, span, freelancer_id")
        return [(row["rule_code"], row["span"], row["amount"]) for row in found]


@pytest.fixture
async def past(world: World) -> AsyncIterator[Past]:
    now = await db.scalar("SELECT clock_timestamp()")
    week = spans.last_ended("week", now - 3 * DAY, ZONE)
    async with world.connections(1, role=None) as (owner,):
        anna = await world.worker("anna", weekly_norm=3)
        await owner.execute("ALTER TABLE contract DISABLE TRIGGER append_only")
        await owner.execute("UPDATE contract SET created_at = $1, accepted_at = $1, starts_at = $1", week.since - 28 * DAY)
        await owner.execute("ALTER TABLE contract ENABLE TRIGGER append_only")
        yield Past(world, owner, week, await builders.project(), anna)


class TestAwards:
    async def test_a_bonus_is_measured_awarded_and_posted_once(self, past: Past) -> None:
        rule_id = await past.rule(ABOVE_NORM)
        await past.worked(5)
        for _ in range(2):
            await past.run()
        assert await past.awards() == [("bonus", past.week.name, 10_000)]
        (entry,) = await db.rows(
            "SELECT e.*, p.state, p.ends_at > now() AS is_open_now FROM entry e JOIN period p ON p.id = e.period_id WHERE e.kind = 'bonus'"
        )
        assert (entry["rule_id"], entry["is_open_now"]) == (rule_id, True)
        legs = await db.rows(
            "SELECT l.kind, l.owner, p.amount FROM posting p JOIN ledger_account l ON l.id = p.account_id WHERE p.entry_id = $1 ORDER BY l.kind",
            entry["id"],
        )
        assert [tuple(leg) for leg in legs] == [("bonus_expense", "house", 10_000), ("payable", str(past.anna.id), -10_000)]
        (shown,) = (await past.anna.ok("GET", "/me/awards"))["items"]
        assert (shown["rule"], shown["span"], shown["amount"]) == ("bonus", past.week.name, "1.0000")
        assert shown["evidence"]["norm_evidence"] == {"answers": 5, "weekly_norm": 3, "contract_version": 1}
        assert "ticket" not in orjson.dumps(shown).decode()
        assert (await past.world.freelancer.ok("GET", "/me/awards"))["items"] == []
        assert [name for name in await past.world.broken() if name.startswith("payouts.")] == []

    async def test_of_many_jobs_at_once_one_awards(self, past: Past) -> None:
        rule_id = await past.rule(ABOVE_NORM)
        await past.worked(5)
        async with db.transaction():
            await bonuses.look()

        async def award() -> int:
            async with db.transaction():
                return await bonuses.award(rule_id, past.week.name)

        assert sorted(await asyncio.gather(*(award() for _ in range(6)))) == [0] * 5 + [1]
        assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'bonus'") == 1

    async def test_nothing_is_awarded_before_the_span_is_settled(self, past: Past) -> None:
        await past.rule(ABOVE_NORM | {"settle_hours": 720})
        await past.worked(5)
        await past.run()
        assert await past.awards() == []
        assert await db.scalar("SELECT count(*) FROM award_run") == 0

    async def test_what_was_recorded_after_the_settling_does_not_count_however_late_the_job_runs(self, past: Past) -> None:
        await past.rule(ABOVE_NORM | {"fixed": None, "percent": 10_000})
        await past.worked(5)
        await builders.earned(past.project, past.anna.id, price=90_000, at=past.week.since + DAY)  # recorded only now
        await past.run()
        assert await past.awards() == [("bonus", past.week.name, 2 * 20_000)]

    async def test_work_outside_the_span_does_not_count(self, past: Past) -> None:
        await past.rule(ABOVE_NORM)
        await past.worked(3)
        await past.worked(2, at=past.week.until + MINUTE)
        await past.run()
        assert await past.awards() == []

    async def test_a_rule_counts_for_spans_that_begin_while_it_is_in_force(self, past: Past) -> None:
        await past.rule(ABOVE_NORM, "late", starts_at=past.week.since + MINUTE)
        await past.rule(ABOVE_NORM, "over", starts_at=past.week.since - 9 * DAY, ends_at=past.week.since - MINUTE)
        await past.rule(ABOVE_NORM, "ending", ends_at=past.week.since + MINUTE)
        await past.rule(ABOVE_NORM, "changed")
        await past.rule(ABOVE_NORM | {"fixed": "9.00"}, "changed", version=2, starts_at=past.week.since + MINUTE)
        await past.worked(5)
        await past.run()
        assert [one for one in await past.awards() if one[1] == past.week.name] == [
            ("changed", past.week.name, 10_000),
            ("ending", past.week.name, 10_000),
        ]

    async def test_only_the_rules_project_pays_and_counts(self, past: Past) -> None:
        other = past.project
        past.project = await builders.project("other")
        await past.worked(6, price=10_000)
        await past.rule(BANDS, project_id=other.id)
        past.project = other
        await past.worked(5, price=20_000)
        await self.told(past, 9_500, other.id)
        await past.run()
        assert await past.awards() == [("bonus", past.week.name, 10_000)]
        assert await db.scalar("SELECT owner FROM ledger_account WHERE kind = 'bonus_expense'") == str(other.id)

    @staticmethod
    async def told(past: Past, low: int | None, project_id: UUID | None = None) -> None:
        """What quality would tell, told before it."""
        for project in {None, project_id}:
            evidence = {"answers": 40}
            measure = Measure(past.anna.id, "quality", past.week.since, past.week.until, "quality", low, evidence, project)
            await measures.record([measure])


class TestQuality:
    async def test_quality_tells_the_accuracy_of_everybody_who_worked(self, past: Past) -> None:
        await past.rule(BANDS)
        await past.worked(5)
        await past.run()
        (row,) = await db.rows(
            "SELECT value, evidence FROM measure WHERE kind = 'quality' AND since = $1 AND until = $2",
            past.week.since,
            past.week.until,
        )
        assert (row["value"], orjson.loads(row["evidence"])["answers"]) == (None, 0)
        assert await past.awards() == [("bonus", past.week.name, 0)]
        assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'bonus'") == 0
        (shown,) = (await past.anna.ok("GET", "/me/awards"))["items"]
        assert (shown["evidence"]["accuracy"], shown["evidence"]["percent"]) == (None, 0)

    async def test_who_is_not_told_yet_waits_and_the_others_do_not(self, past: Past) -> None:
        rule_id = await past.rule(BANDS)
        await past.worked(5)
        await past.worked(5, who=past.world.freelancer.id)
        async with db.transaction():
            await bonuses.look()
        await TestAwards.told(past, 9_500)
        for _ in range(2):
            async with db.transaction():
                await bonuses.award(rule_id, past.week.name)
            assert await past.awards() == [("bonus", past.week.name, 10_000)]
            assert await db.scalar("SELECT count(*) FROM award_run") == 0
        await past.run()
        assert sorted(await past.awards()) == [("bonus", past.week.name, 0), ("bonus", past.week.name, 10_000)]
        assert await db.scalar("SELECT people FROM award_run") == 2


class TestConfirmed:
    async def test_weeks_of_mentoring_count_when_they_are_confirmed(self, past: Past) -> None:
        await past.rule({"kind": "mentor", "amount": "750.00"})
        boris = await past.world.worker("boris")
        body = {
            "freelancer_id": str(past.anna.id),
            "of": {"kind": "mentoring", "mentee_id": str(boris.id), "week": "2026-W01"},
            "evidence": "reviewed forty of their answers",
            "reason": "seen in the weekly call",
        }
        await past.world.curator.ok("POST", "/measures", body)
        reply = await past.world.curator.call("POST", "/measures", body)
        assert (reply.status_code, reply.json()["code"]) == (409, "measure_known")
        await past.owner.execute("ALTER TABLE measure DISABLE TRIGGER append_only")
        await past.owner.execute("UPDATE measure SET recorded_at = $1", past.week.since + DAY)
        await past.owner.execute("ALTER TABLE measure ENABLE TRIGGER append_only")
        await past.world.curator.ok("POST", "/measures", body | {"value": 0, "replace": True})  # too late for that week
        await past.run()
        assert await past.awards() == [("bonus", past.week.name, 7_500_000)]
        now = datetime.now(UTC)
        found = await measures.confirmed("mentoring", now - DAY, now + DAY)
        assert found[past.anna.id].value == -1

    async def test_what_cannot_be_is_refused(self, past: Past, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for changes, code in [
                ({"week": "2026-W54"}, "unknown_week"),
                ({"week": "2099-W01"}, "not_begun"),
                ({"mentee_id": "00000000-0000-7000-8000-000000000000"}, "not_a_freelancer"),
            ]:
                with subtests.test(changes=changes, code=code):
                    of = {"kind": "mentoring", "mentee_id": str(past.world.freelancer.id), "week": "2026-W01"} | changes
                    body = {"freelancer_id": str(past.anna.id), "of": of, "evidence": "a list", "reason": "seen by me"}
                    reply = await past.world.curator.call("POST", "/measures", body)
                    assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, code)

    async def test_nobody_is_their_own_mentor(self, past: Past) -> None:
        of = {"kind": "mentoring", "mentee_id": str(past.anna.id), "week": "2026-W01"}
        body = {"freelancer_id": str(past.anna.id), "of": of, "evidence": "a list", "reason": "seen by me"}
        reply = await past.world.curator.call("POST", "/measures", body)
        assert reply.json()["errors"][0]["code"] == "own_mentee"

    async def test_a_unit_of_training_is_of_a_day(self, past: Past) -> None:
        of = {"kind": "training", "unit": "refunds", "day": "2026-01-15"}
        body = {"freelancer_id": str(past.anna.id), "of": of, "evidence": "passed the test", "reason": "seen by me"}
        await past.world.curator.ok("POST", "/measures", body)
        assert await db.scalar("SELECT since FROM measure") == datetime(2026, 1, 14, 21, tzinfo=UTC)

    async def test_a_day_that_is_none_is_refused(self, past: Past, subtests: pytest.Subtests) -> None:
        async with nothing_changes():
            for day in ["9999-12-31", "0001-01-01", "2026-02-30", 1, None]:
                with subtests.test(day=day):
                    of = {"kind": "training", "unit": "refunds", "day": day}
                    body = {"freelancer_id": str(past.anna.id), "of": of, "evidence": "passed the test", "reason": "seen by me"}
                    assert (await past.world.curator.call("POST", "/measures", body)).status_code == 422


class TestPreview:
    async def test_it_says_what_the_newest_span_would_have_given(self, past: Past) -> None:
        await past.worked(5)
        await past.run()
        body = {"code": "norm", "title": "Above the norm", "words": "Each answer above the norm: 0.50 more.", "spec": ABOVE_NORM}
        made = await past.world.finance.ok("POST", "/pay-rules", body)
        found = await past.world.finance.ok("GET", f"/pay-rules/{made['id']}/preview")
        newest = spans.last_ended("week", datetime.now(UTC), ZONE)
        given = [{"currency": "RUB", "amount": "1.0000", "people": 1, "answers": None, "more": None, "days": []}]
        assert found == {
            "rule_id": made["id"],
            "span": newest.name,
            "effects": given if newest == past.week else [],
            "waiting": 0,
        }
