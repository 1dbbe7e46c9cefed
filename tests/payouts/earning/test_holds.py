"""Holds: when they end, and that each ends once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from piecework.payouts.earning import holds, queries, reopening
from piecework.payouts.earning.holds import release_at
from piecework.payouts.earning.invariants import INVARIANTS
from piecework.payouts.tariffs.prices import Hold
from piecework.platform import db, jobs
from piecework.platform.invariants import check
from tests import races
from tests.payouts import builders as b
from tests.payouts.earning import held_money as h
from tests.payouts.earning.held_money import DAY

ACCEPTED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
DAYS = st.integers(0, 365)
HOLDS = st.builds(
    lambda until, days, more: Hold(until, days, min(365, days + more)), st.sampled_from(["accepted", "resolved"]), DAYS, DAYS
)


async def broken() -> set[str]:
    findings = [await check(invariant) for invariant in INVARIANTS]
    return {finding.name for finding in findings if not finding.ok} | await b.broken()


async def release(*assignments: UUID) -> int:
    async with db.transaction():
        return await holds.release(assignments)


class TestReleaseAt:
    @pytest.mark.parametrize(
        ("terms", "resolved", "days"),
        [
            (Hold("accepted", 7, 14), None, 7),
            (Hold("accepted", 7, 14), 3, 7),
            (Hold("resolved", 7, 14), 3, 10),
            (Hold("resolved", 7, 14), 9, 14),
            (Hold("resolved", 7, 14), None, 14),
            (Hold("resolved", 0, 14), 3, 3),
            (Hold("resolved", 0, 14), -2, 0),
            (Hold("resolved", 0, 0), None, 0),
        ],
    )
    def test_examples(self, terms: Hold, resolved: int | None, days: int) -> None:
        resolved_at = None if resolved is None else ACCEPTED + resolved * DAY
        assert release_at(terms, ACCEPTED, resolved_at) == ACCEPTED + days * DAY

    @given(HOLDS, MOMENTS, st.none() | MOMENTS)
    def test_never_before_the_acceptance_nor_after_the_bound(
        self, terms: Hold, accepted: datetime, resolved: datetime | None
    ) -> None:
        assert accepted <= release_at(terms, accepted, resolved) <= accepted + terms.most_days * DAY

    @given(HOLDS, MOMENTS, MOMENTS, st.timedeltas(timedelta(0), 400 * DAY))
    def test_a_later_end_of_the_ticket_never_releases_sooner(
        self, terms: Hold, accepted: datetime, resolved: datetime, later: timedelta
    ) -> None:
        times = [release_at(terms, accepted, at) for at in (resolved, resolved + later, None)]
        assert times == sorted(times)


class TestRelease:
    async def test_what_is_due_is_released_once_dated_by_the_end_of_its_hold(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        terms = await h.tariff(project, days=7)
        done = await h.earned(project, anna, terms, b.LONG_AGO, premium=1_000)
        assert (await b.balances())["held"] == 26_050
        assert "payouts.holds_are_looked_after" not in await broken()
        await b.run_jobs()
        due = b.LONG_AGO + 7 * DAY
        assert await h.ended(done) == [("release", 25_050, due, None), ("release", 1_000, due, h.RULE)]
        assert await release(done, done) == 0
        balances = await b.balances()
        assert (balances["held"], balances["payable"]) == (0, 26_050)
        headings = await db.rows(
            "SELECT heading, amount, name FROM period_sum JOIN period ON period.id = period_id ORDER BY heading"
        )
        assert [tuple(row) for row in headings] == [("premium", 1_000, "2025-W11"), ("work", 25_050, "2025-W11")]
        assert not await broken()

    async def test_what_is_not_due_is_looked_at_when_it_is(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        done = await h.earned(project, anna, await h.tariff(project, days=7), now - 6 * DAY)
        await b.run_jobs()
        assert await h.ended(done) == []
        assert await h.waiting() == [(str(done), now + DAY)]
        assert not await broken()
        await release(done)
        assert await h.waiting() == [(str(done), now + DAY)], "the same job"

    async def test_the_ticket_s_end_counts_and_the_bound_where_it_never_ends(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        terms = await h.tariff(project, "resolved", days=2, most=14)
        early, late = await b.ticket(project, "T-1"), await b.ticket(project, "T-2")
        one = await h.earned(project, anna, terms, now - 5 * DAY, ticket_id=early)
        two = await h.earned(project, anna, terms, now - 15 * DAY, ticket_id=late)
        await b.run_jobs()
        assert await h.ended(one, two) == [("release", 25_050, now - DAY, None)], "the second, by the bound"
        assert await h.waiting() == [(str(one), now + 9 * DAY)]
        await h.resolve(early, now - 3 * DAY)
        await jobs.record("ticket.resolved", [(str(early), {})])
        await b.run_jobs()
        assert await h.ended(one) == [("release", 25_050, now - DAY, None)]
        assert not await broken()

    async def test_a_control_task_waits_as_an_ordinary_answer_of_its_step_did(self, database: db.Config) -> None:
        project, anna, boris = await b.project(), await b.person(), await b.person("Boris")
        now: datetime = await db.scalar("SELECT now()")
        tariff, one = await h.tariff(project, "resolved", days=0), await b.ticket(project)
        ordinary = await h.earned(project, boris, tariff, now - 2 * DAY, ticket_id=one)
        golden = await h.earned(project, anna, tariff, now - DAY)
        await b.run_jobs()
        assert await h.ended(golden) == [], "the only ordinary answer waits too"
        await h.resolve(one, now - 2 * DAY + 5 * b.HOUR)
        await jobs.record("ticket.resolved", [(str(one), {})])
        await db.execute("UPDATE job SET run_at = now() WHERE kind = 'payouts.release'")
        await b.run_jobs()
        accepted = {row["id"]: row["decided_at"] for row in await db.rows("SELECT id, decided_at FROM assignment")}
        (released,) = await h.ended(golden)
        assert released[2] - accepted[golden] == (now - 2 * DAY + 5 * b.HOUR) - accepted[ordinary]

    async def test_the_order_of_events_does_not_matter(self, database: db.Config) -> None:
        """Resolved before the accrual: the accrual's own job finds it due."""
        project, anna = await b.project(), await b.person()
        now: datetime = await db.scalar("SELECT now()")
        one = await b.ticket(project)
        await h.resolve(one, now - b.HOUR)
        await jobs.record("ticket.resolved", [(str(one), {})])
        await b.run_jobs()
        done = await h.earned(project, anna, await h.tariff(project, "resolved", days=0), now - 2 * b.HOUR, ticket_id=one)
        await b.run_jobs()
        assert await h.ended(done) == [("release", 25_050, now - b.HOUR, None)]

    async def test_a_release_whose_period_has_closed_goes_to_an_open_one_with_its_own_date(
        self, database: db.Config, owner: asyncpg.Connection
    ) -> None:
        project, anna = await b.project(), await b.person()
        done = await h.earned(project, anna, await h.tariff(project, days=7), b.LONG_AGO)
        async with db.transaction():
            week = await db.scalar("SELECT period_for('RUB', 'weekly', $1, 'Europe/Moscow')", b.LONG_AGO + 7 * DAY)
        await owner.execute("UPDATE period SET state = 'closed', closed_at = now(), total = 0, entries = 0 WHERE id = $1", week)
        await b.run_jobs()
        row = await db.row("SELECT state, effective_at FROM entry JOIN period ON period.id = period_id WHERE kind = 'release'")
        assert row == ("open", b.LONG_AGO + 7 * DAY)
        assert len(await h.ended(done)) == 1

    async def test_it_goes_to_the_period_of_its_persons_cadence_at_that_moment(self, database: db.Config) -> None:
        project, anna = await b.project(), await b.person()
        await db.execute(
            """INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, reason, created_at)
               VALUES ($1, 1, 'monthly', 'none', $2, 'for the test', $2)""",
            anna,
            b.LONG_AGO + DAY,
        )
        await h.earned(project, anna, await h.tariff(project, days=7), b.LONG_AGO)
        await b.run_jobs()
        found = await db.rows("SELECT kind, name FROM entry JOIN period ON period.id = period_id ORDER BY entry.id")
        assert [tuple(row) for row in found] == [("pend", "2025-W10"), ("accrue", "2025-W10"), ("release", "2025-03")]

    async def test_a_batch_is_posted_as_one(self, database: db.Config) -> None:
        project, people = await b.project(), [await b.person(str(i)) for i in range(3)]
        terms = await h.tariff(project, days=1)
        done = [await h.earned(project, people[i % 3], terms, b.LONG_AGO + i * DAY) for i in range(30)]
        assert await release(*done) == 30
        assert (await b.balances())["held"] == 0
        assert not await broken()


async def reopened(ticket_id: UUID, replaced: list[UUID], *, resolved_at: datetime | None = None) -> UUID:
    """A reopening that claws back, as tasks would record it."""
    made: UUID = await db.scalar(
        """INSERT INTO reopening (ticket_id, number, reason, redo, replaced, resolved_at, claw_back, appeal_days, actor)
           VALUES ($1, 1, 'wrong in fact', array_fill('sort'::text, ARRAY[cardinality($2::uuid[])]), $2, $3, true, 7, $4) RETURNING id""",
        ticket_id,
        replaced,
        resolved_at,
        await b.person("Carl", "curator"),
    )
    return made


class TestRaces:
    """Release against claw-back, each in a transaction of its own."""

    @staticmethod
    async def race(number: int, owner: asyncpg.Connection, project: b.Project, anna: UUID, terms: UUID) -> list[str]:
        """One round: what ended the two amounts of one assignment. The two take turns in being first to see what is on hold."""
        one = await b.ticket(project, f"T-{number}")
        done = await h.earned(project, anna, terms, b.LONG_AGO, ticket_id=one, premium=500)
        replaced = [await db.scalar("SELECT task_id FROM assignment WHERE id = $1", done)]

        async def let_go() -> None:
            async with db.transaction():
                await holds.release([done])

        async def take_back() -> None:
            async with db.transaction():  # so that whoever releases may not have seen that the ticket was opened again
                await reopening.follow(await reopened(one, replaced))

        first, then = (let_go(), take_back()) if number % 2 else (take_back(), let_go())
        outcomes = await races.overtake(owner, [first], [then])
        refused = [one for one in outcomes if isinstance(one, BaseException)]
        assert all(isinstance(one, asyncpg.UniqueViolationError) for one in refused), refused
        return [kind for kind, *_ in await h.ended(done)] + ["refused" for _ in refused]

    @pytest.fixture
    async def scene(
        self, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
    ) -> tuple[asyncpg.Connection, b.Project, UUID, UUID]:
        async def nothing_was_due(*_: object) -> int:
            return 0

        monkeypatch.setattr(holds, "release_as_of", nothing_was_due)
        monkeypatch.setattr(holds, "moments_of", races.stop_before(holds.moments_of))
        project, anna = await b.project(), await b.person()
        return owner, project, anna, await h.tariff(project, days=1)

    async def test_exactly_one_ends_each_amount(self, scene: tuple[asyncpg.Connection, b.Project, UUID, UUID]) -> None:
        assert [await self.race(number, *scene) for number in range(2)] == [["clawback"] * 2, ["release"] * 2]
        assert not await broken() - {"payouts.clawbacks_are_asked_for"}

    async def test_without_the_lock_the_database_still_lets_one_alone_end_it(
        self, scene: tuple[asyncpg.Connection, b.Project, UUID, UUID], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "LOCK_ASSIGNMENTS", queries.LOCK_ASSIGNMENTS.replace("FOR NO KEY UPDATE", ""))
        for number in range(2):
            first, second, refused = await self.race(number, *scene)
            assert (first == second, refused) == (True, "refused")
        assert "payouts.holds_end_whole" not in await broken()

    async def test_without_any_guard_money_goes_both_ways(
        self, scene: tuple[asyncpg.Connection, b.Project, UUID, UUID], monkeypatch: pytest.MonkeyPatch, owner: asyncpg.Connection
    ) -> None:
        monkeypatch.setattr(queries, "LOCK_ASSIGNMENTS", queries.LOCK_ASSIGNMENTS.replace("FOR NO KEY UPDATE", ""))
        await owner.execute("ALTER TABLE entry DROP CONSTRAINT entry_resolves_key")
        for number in range(2):
            assert sorted(await self.race(number, *scene)) == ["clawback"] * 2 + ["release"] * 2
