"""What people see of their own accuracy: useful figures that do not tell which of their answers went to a golden task."""

from typing import Any
from uuid import UUID

import pytest

from piecework.platform import db
from piecework.platform.ids import uuid7
from piecework.quality.people import accuracy
from piecework.quality.people.accuracy import Fact
from piecework.quality.statistics import Evidence
from tests.world import Person, World

KINDS = {"o": accuracy.OVERLAP, "g": accuracy.GOLDEN}


async def as_owner(*statements: str) -> None:
    """Run statements as the owner of the database, on a connection that is there: a day is told of twenty times in a test."""
    async with db.transaction():
        await db.execute("SET LOCAL ROLE NONE")
        for statement in statements:
            await db.execute(statement)


async def fact(person: Person, kind: str, *, right: bool | None = True, assignment_id: UUID | None = None) -> Fact:
    """Tell of one answer (a new one, decided now, unless it is named), in the world's only step."""
    step = await db.row("SELECT id, project_id FROM step")
    assert step is not None
    told = Evidence(0.3 if right else 0.0, 0.0 if right else 0.4) if kind == accuracy.OVERLAP else Evidence(right or 0, not right)
    one = Fact(assignment_id or uuid7(), person.id, step["id"], kind, 1, told, agrees=right)
    async with db.transaction():
        await accuracy.record([one])
    if assignment_id is None:
        await as_owner(
            f"""INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, ended_at,
                                        decided_at, revision)
                VALUES ('{one.assignment_id}', gen_random_uuid(), '{person.id}', {step["id"]}, '{step["project_id"]}', 1, 100, now(),
                        'accepted', now(), now(), 1)""",
            f"""INSERT INTO decision (assignment_id, revision, state, share, basis)
                VALUES ('{one.assignment_id}', 1, 'accepted', 10000, 'consensus')""",
        )
    return one


async def a_day_passes() -> None:
    """All that was decided and told so far, a day earlier."""
    await as_owner(
        "SET LOCAL session_replication_role = replica",
        "UPDATE evidence SET recorded_at = recorded_at - interval '1 day'",
        "UPDATE decision SET decided_at = decided_at - interval '1 day'",
        "UPDATE assignment SET decided_at = decided_at - interval '1 day'",
    )


async def seen(person: Person) -> list[dict[str, Any]]:
    return list((await person.ok("GET", "/me/accuracy"))["steps"])


async def seen_day_by_day(person: Person, kinds: str) -> list[list[dict[str, Any]]]:
    """One right answer a day, its kind a letter; what the person sees on the morning after each."""
    days = []
    for letter in kinds:
        await fact(person, KINDS[letter])
        await a_day_passes()
        days.append(await seen(person))
    return days


@pytest.fixture
async def anna(world: World) -> Person:
    await world.project()
    return await world.worker("anna")


async def test_figures_are_shown_from_five_answers_on(anna: Person) -> None:
    days = await seen_day_by_day(anna, "ooooo")
    assert days[:4] == [[]] * 4
    assert [(one["answers"], one["questions"]) for one in days[4]] == [(5, 5)]


async def test_figures_move_by_five_answers_at_a_time_whatever_their_kinds(anna: Person) -> None:
    days = await seen_day_by_day(anna, "oogoogogoogg")
    assert days[4:9] == [days[4]] * 5
    assert days[9:] == [days[9]] * 3
    assert days[9] != days[4]


async def test_nothing_moves_before_midnight(anna: Person) -> None:
    await seen_day_by_day(anna, "ooogo")
    (before,) = await seen(anna)
    known = await db.scalar("SELECT assignment_id FROM evidence ORDER BY recorded_at LIMIT 1")
    for _ in range(5):
        await fact(anna, accuracy.GOLDEN)
    await fact(anna, accuracy.AUDIT, right=False, assignment_id=known)
    assert await seen(anna) == [before]
    await a_day_passes()
    (after,) = await seen(anna)
    assert (after["answers"], after["mean"] == before["mean"]) == (10, False)


async def test_an_answer_judged_late_comes_after_those_judged_before_it(anna: Person) -> None:
    open_for_days = await fact(anna, accuracy.OVERLAP, right=None)
    await seen_day_by_day(anna, "ogogo")
    before = await seen(anna)
    await fact(anna, accuracy.OVERLAP, right=False, assignment_id=open_for_days.assignment_id)
    await a_day_passes()
    assert await seen(anna) == before
    assert before[0]["answers"] == 5


async def test_an_answer_decided_again_keeps_its_place(anna: Person) -> None:
    await seen_day_by_day(anna, "gooooo")
    before = await seen(anna)
    await db.execute(
        "UPDATE assignment SET decided_at = now() WHERE id = (SELECT id FROM assignment ORDER BY decided_at LIMIT 1)"
    )
    assert await seen(anna) == before
    assert before[0]["answers"] == 5


async def test_evidence_taken_back_counts_no_more(anna: Person) -> None:
    await seen_day_by_day(anna, "goooo")
    known = await db.scalar("SELECT assignment_id FROM evidence WHERE kind = 'golden'")
    await fact(anna, accuracy.NONE, assignment_id=known)
    await a_day_passes()
    assert await seen(anna) == []


async def test_an_answer_not_decided_yet_counts_when_it_is(anna: Person) -> None:
    await seen_day_by_day(anna, "oooo")
    await fact(anna, accuracy.OVERLAP, assignment_id=uuid7())
    await a_day_passes()
    assert await seen(anna) == []


async def test_figures_have_two_places(anna: Person) -> None:
    (one,) = (await seen_day_by_day(anna, "ogooo"))[-1]
    exact = (await accuracy.estimates(anna.id))[0].interval
    assert (one["mean"], one["low"], one["high"]) == tuple(round(x, 2) for x in (exact.mean, exact.low, exact.high))
    assert one["mean"] != exact.mean


async def test_the_words_come_from_twenty_answers_on_and_merge_all_kinds(world: World, anna: Person) -> None:
    boris = await world.worker("boris")
    for letter in "o" * 19:
        await fact(anna, KINDS[letter])
        await fact(boris, KINDS["g" if letter == "o" else "o"])
    await fact(anna, accuracy.OVERLAP, right=False)
    await a_day_passes()
    await fact(boris, accuracy.AUDIT, right=False)
    await a_day_passes()
    line = "right or agreeing in 19 of 20 answers that could be judged"
    assert [(await seen(one))[0]["words"] for one in (anna, boris)] == [line, line]


async def test_below_twenty_answers_there_are_no_words_with_or_without_golden_ones(world: World, anna: Person) -> None:
    boris = await world.worker("boris")
    for _ in range(19):
        await fact(anna, accuracy.OVERLAP)
        await fact(boris, accuracy.GOLDEN)
    await a_day_passes()
    assert [(await seen(one))[0]["words"] for one in (anna, boris)] == [None, None]


async def test_curators_see_every_answer_at_once_and_by_kind(world: World, anna: Person) -> None:
    await seen_day_by_day(anna, "ogoo")
    theirs = (await world.curator.ok("GET", f"/freelancers/{anna.id}/accuracy"))["steps"]
    assert [one["words"] for one in theirs] == ["1 golden, 1 right; agrees with the consensus in 3 of 3"]
    assert await seen(anna) == []
