"""Deductions at the very moment: an appeal, a second closing and a cancellation against a closing, on real connections.

Each has its guards. With all of them taken away the same test shows what they are for.
"""

import asyncio
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
from tests import races
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


async def time_is_up(world: World) -> None:
    """Nobody can object any more."""
    await world.as_owner(
        "ALTER TABLE appealable DISABLE TRIGGER settles_once",
        "UPDATE appealable SET appeal_by = clock_timestamp()",
        "ALTER TABLE appealable ENABLE TRIGGER settles_once",
    )


def looks_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who objects has read the clock in time, and is slow after that."""
    looks = objections.HOLD.replace("clock_timestamp()", "clock_timestamp() - interval '1 hour'")
    assert looks != objections.HOLD
    monkeypatch.setattr(objections, "HOLD", looks)


async def objects(person: Person, deduction_id: str) -> UUID:
    days = timedelta(days=7)
    return await races.in_transaction(
        lambda: appeals.raise_appeal(
            person.id, Subject.DEDUCTION, UUID(deduction_id), "I had read it.", within=days, answered_within=days
        )
    )


async def due_now(world: World, anna: Person, project: b.Project) -> tuple[str, UUID]:
    """A deduction to which Anna could object until just now, and the period that will take it."""
    await d.rule()
    made = await d.approved(world, anna)
    await d.earn(project, anna.id, 300 * RUB)
    await time_is_up(world)
    return made, await db.scalar("SELECT id FROM period WHERE state = 'open'")


@pytest.mark.parametrize("moment", ["read", "written"])
@GUARDS
async def test_an_appeal_in_the_last_moment_counts_or_the_deduction_is_taken_never_both(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str, in_code: bool, in_trigger: bool
) -> None:
    anna, project = await world.worker("anna"), await b.project()
    made, period = await due_now(world, anna, project)
    looks_in_time(monkeypatch)
    if not in_code:
        name = "HOLD" if moment == "read" else "HOLD_ALL"
        monkeypatch.setattr(objections, name, getattr(objections, name).replace("FOR UPDATE", ""))
    if not in_trigger:
        await world.as_owner(
            "ALTER TABLE appealable DISABLE TRIGGER settles_once", "ALTER TABLE appealable DROP CONSTRAINT appealable_settled"
        )
    stops = races.stop_before if moment == "read" else races.stop_after
    monkeypatch.setattr(objections, "appeal", stops(objections.appeal))
    both = await world.overtake([objects(anna, made)], [races.in_transaction(lambda: closing.close(period, None, cut_off=True))])
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


async def test_appeals_before_and_after_a_closing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three are under way when the period closes, three come when it has."""
    project = await b.project()
    await d.rule()
    people = [await world.worker(f"person{i}") for i in range(6)]
    made = [await d.approved(world, person) for person in people]
    for person in people:
        await d.earn(project, person.id, 300 * RUB)
    await time_is_up(world)
    looks_in_time(monkeypatch)
    monkeypatch.setattr(objections, "appeal", races.stop_before(objections.appeal))
    works = [objects(person, deduction_id) for person, deduction_id in zip(people, made, strict=True)]
    *early, closed = await world.overtake(works[:3], [d.close(world)])
    assert (all(isinstance(one, UUID) for one in early), isinstance(closed, UUID)) == (True, True)
    late = await asyncio.gather(*works[3:], return_exceptions=True)
    assert [type(one) for one in late] == [AppealTooLate] * 3
    appealed = {str(row["subject_id"]) for row in await db.rows("SELECT subject_id FROM appeal")}
    taken = {str(row["deduction_id"]) for row in await db.rows("SELECT deduction_id FROM deduction_part")}
    assert (appealed, taken) == (set(made[:3]), set(made[3:]))
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
    await world.overtake(
        [races.in_transaction(races.stop_after(lambda: closing.close(weekly, None)))],
        [races.in_transaction(lambda: closing.close(monthly, None))],
    )
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
    cancel = races.stop_after(lambda: cases.cancel(world.finance.id, UUID(made), "the customer was mistaken"))
    cancelled, closed = await world.overtake([races.in_transaction(cancel)], [d.close(world)])
    assert (cancelled, isinstance(closed, UUID)) == (None, True)
    if locked:
        assert await d.taken(made) == []
        assert await d.broken(world) == []
    else:
        assert await d.taken(made) == [30 * RUB], "without the lock it must be taken, or this test shows nothing"
        assert "payouts.deductions_stood_when_taken" in await d.broken(world)
