"""Deductions at the very moment: an appeal, a second closing and a cancellation against a closing, on real connections.

Each has its guards. With all of them taken away the same test shows what they are for.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from piecework.payouts.adjusting import cases, deductions
from piecework.payouts.closing import closing
from piecework.payouts.taxes import withholding
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.quality.appeals import appeals
from piecework.quality.appeals.subjects import Subject
from piecework.quality.errors import AppealTooLate
from piecework.tasks import objections
from tests.payouts import builders as b
from tests.payouts.adjusting import deduction_world as d
from tests.payouts.adjusting.deduction_world import RUB
from tests.world import Person, World

GUARDS = pytest.mark.parametrize(
    ("in_code", "in_trigger"),
    [(True, True), (True, False), (False, True), (False, False)],
    ids=["both guards", "lock alone", "trigger alone", "no guard"],
)
FOR_UPDATE = " FOR UPDATE"


async def in_transaction(work: Callable[[], Awaitable[object]]) -> object:
    async with db.transaction():
        return await work()


async def blocked_or_done(task: "asyncio.Task[object]", watcher: asyncpg.Connection) -> None:
    """Return when the other side has ended, or waits for a lock of ours."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not task.done() and not await watcher.fetchval(waiting):  # noqa: ASYNC110 - the database tells, no event of ours
        await asyncio.sleep(0.001)


async def due_soon(world: World, anna: Person, project: b.Project) -> tuple[str, UUID]:
    """A deduction to which Anna may object for a fraction of a second more, and the period that will take it."""
    await d.rule()
    made = await d.approved(world, anna)
    await d.earn(project, anna.id, 300 * RUB)
    await world.as_owner(
        "ALTER TABLE appealable DISABLE TRIGGER settles_once",
        "UPDATE appealable SET appeal_by = clock_timestamp() + interval '400 ms'",
        "ALTER TABLE appealable ENABLE TRIGGER settles_once",
    )
    return made, await db.scalar("SELECT id FROM period WHERE state = 'open'")


@pytest.mark.parametrize("moment", ["read", "written"])
@GUARDS
async def test_an_appeal_in_the_last_moment_counts_or_the_deduction_is_taken_never_both(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str, in_code: bool, in_trigger: bool
) -> None:
    anna, project = await world.worker("anna"), await b.project()
    made, period = await due_soon(world, anna, project)
    if not in_code:
        name = "HOLD" if moment == "read" else "HOLD_ALL"
        monkeypatch.setattr(objections, name, getattr(objections, name).replace("FOR UPDATE", ""))
    if not in_trigger:
        await world.as_owner(
            "ALTER TABLE appealable DISABLE TRIGGER settles_once", "ALTER TABLE appealable DROP CONSTRAINT appealable_settled"
        )
    appeal, midway = objections.appeal, asyncio.Event()
    async with world.connections(1, role=None) as (watcher,):

        async def slow_appeal(subject: str, subject_id: UUID) -> None:
            if moment == "written":
                await appeal(subject, subject_id)
            midway.set()
            await blocked_or_done(other, watcher)
            if moment == "read":
                await appeal(subject, subject_id)

        async def close() -> object:
            await midway.wait()
            await db.execute(
                "SELECT pg_sleep(greatest(0, extract(epoch FROM max(appeal_by) - clock_timestamp()))) FROM appealable"
            )
            return await in_transaction(lambda: closing.close(period, None, cut_off=True))

        monkeypatch.setattr(objections, "appeal", slow_appeal)
        days = timedelta(days=7)
        other = asyncio.create_task(close())
        both = await asyncio.gather(
            in_transaction(
                lambda: appeals.raise_appeal(
                    anna.id, Subject.DEDUCTION, UUID(made), "I had read it.", within=days, answered_within=days
                )
            ),
            other,
            return_exceptions=True,
        )
    assert [one for one in both if isinstance(one, Exception) and not isinstance(one, asyncpg.RestrictViolationError)] == []
    counts = await db.scalar("SELECT count(*) FROM appeal WHERE state = 'open'")
    taken = len(await d.taken(made))
    if in_code or in_trigger:
        assert counts + taken == 1
        assert await d.broken(world) == []
    else:
        assert counts + taken == 2, "without any guard both must happen, or this test shows nothing"
        broken = {"read": "payouts.deductions_stood_when_taken", "written": "quality.noted_decisions_follow_their_appeals"}
        assert broken[moment] in await d.broken(world)


async def test_many_appeals_and_a_closing_at_once(world: World) -> None:
    project = await b.project()
    await d.rule()
    people = [await world.worker(f"person{i}") for i in range(12)]
    made = [await d.approved(world, person) for person in people]
    for person in people:
        await d.earn(project, person.id, 300 * RUB)
    await world.as_owner(
        "ALTER TABLE appealable DISABLE TRIGGER settles_once",
        "UPDATE appealable SET appeal_by = clock_timestamp() + interval '150 ms'",
        "ALTER TABLE appealable ENABLE TRIGGER settles_once",
    )
    days = timedelta(days=7)

    async def object_to(person: Person, deduction_id: str, wait: float) -> None:
        await asyncio.sleep(wait)
        await in_transaction(
            lambda: appeals.raise_appeal(
                person.id, Subject.DEDUCTION, UUID(deduction_id), "I had read it.", within=days, answered_within=days
            )
        )

    async def close() -> None:
        await asyncio.sleep(0.15)
        await d.close(world)

    told = await asyncio.gather(
        *(object_to(person, which, 0.1 + 0.008 * i) for i, (person, which) in enumerate(zip(people, made, strict=True))),
        close(),
        return_exceptions=True,
    )
    assert {type(one) for one in told if one is not None} <= {AppealTooLate}
    assert told[-1] is None
    refused = sum(isinstance(one, AppealTooLate) for one in told)
    counted = await db.scalar("SELECT count(*) FROM appeal")
    assert counted == len(people) - refused
    both = "SELECT count(*) FROM appeal p JOIN deduction_part t ON t.deduction_id = p.subject_id"
    assert await db.scalar(both) == 0
    assert await d.broken(world) == []


@pytest.mark.parametrize(
    ("on_case", "on_noted"),
    [(True, True), (True, False), (False, True), (False, False)],
    ids=["both locks", "the case's alone", "the noted decision's alone", "no lock"],
)
async def test_two_periods_that_close_at_once_take_no_more_than_was_approved(
    world: World, monkeypatch: pytest.MonkeyPatch, on_case: bool, on_noted: bool
) -> None:
    await d.rule(period_percent=1000)
    anna = await world.worker("anna")
    made = await d.approved(world, anna)
    arbiter = await world.person("arbiter", Role.CURATOR)
    appeal = await anna.ok("POST", "/appeals", {"subject": "deduction", "id": made, "words": "I had read it."})
    await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "deny", "reply": "It stays as it is."})
    await d.time_passes(world, 2000)
    weekly, monthly = [await d.bonus(anna, 300 * RUB, cadence, b.LONG_AGO) for cadence in ("weekly", "monthly")]
    if not on_case:
        monkeypatch.setattr(deductions, "LOCK_WAITING", deductions.LOCK_WAITING.replace(FOR_UPDATE, ""))
    if not on_noted:
        monkeypatch.setattr(objections, "HOLD_ALL", objections.HOLD_ALL.replace("FOR UPDATE", ""))

    async def all_at_once(_currency: str) -> None:
        """Closings of one currency follow one another for the sake of taxes; deductions do not rely on it."""

    monkeypatch.setattr(withholding, "one_at_a_time", all_at_once)
    midway = asyncio.Event()
    async with world.connections(1, role=None) as (watcher,):

        async def first() -> None:
            async with db.transaction():
                await closing.close(weekly, None)
                midway.set()
                await blocked_or_done(other, watcher)

        async def second() -> object:
            await midway.wait()
            return await in_transaction(lambda: closing.close(monthly, None))

        other = asyncio.create_task(second())
        await asyncio.gather(first(), other, return_exceptions=True)
    if on_case or on_noted:
        assert await d.taken(made) == [30 * RUB, 20 * RUB]
        assert await d.broken(world) == []
    else:
        assert sum(await d.taken(made)) > 50 * RUB, "without a lock too much must be taken, or this test shows nothing"


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "no lock"])
async def test_a_cancellation_against_a_closing(world: World, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    await d.rule(period_percent=1000)
    project, anna = await b.project(), await world.worker("anna")
    made = await d.approved(world, anna)
    arbiter = await world.person("arbiter", Role.CURATOR)
    appeal = await anna.ok("POST", "/appeals", {"subject": "deduction", "id": made, "words": "I had read it."})
    await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "deny", "reply": "It stays as it is."})
    await d.earn(project, anna.id, 300 * RUB)
    if not locked:
        monkeypatch.setattr(deductions, "LOCK_WAITING", deductions.LOCK_WAITING.replace(FOR_UPDATE, ""))
    midway = asyncio.Event()
    async with world.connections(1, role=None) as (watcher,):

        async def cancel() -> None:
            async with db.transaction():
                await cases.cancel(world.finance.id, UUID(made), "the customer was mistaken")
                midway.set()
                await blocked_or_done(other, watcher)

        async def close() -> object:
            await midway.wait()
            return await d.close(world)

        other = asyncio.create_task(close())
        await asyncio.gather(cancel(), other)
    if locked:
        assert await d.taken(made) == []
        assert await d.broken(world) == []
    else:
        assert await d.taken(made) == [30 * RUB], "without the lock it must be taken, or this test shows nothing"
        assert "payouts.deductions_stood_when_taken" in await d.broken(world)
