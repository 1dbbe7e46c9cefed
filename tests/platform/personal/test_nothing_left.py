"""Of an erased person nothing is left anywhere: a word planted wherever people or staff may write is looked for in every table."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from piecework.platform import db, notices
from piecework.platform.identity.models import Role
from piecework.platform.personal import exporting
from tests import races
from tests.platform.personal.test_requests import ask, decide, end_contract
from tests.quality.admissions.way_world import (
    PASSWORD,
    answers,
    applicant,
    asked,
    booked,
    candidacy_of,
    mine,
    open_way,
    scores,
    stages,
)
from tests.quality.training import course_world as course
from tests.world import Person, World

WORD = "Zaramella"
WHY = {"reason": f"It is as {WORD} wrote to us."}


async def found() -> set[str]:
    """The tables in which the word is anywhere, as text or as bytes of a file or reply."""
    tables = [row["name"] for row in await db.rows("SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'")]
    somewhere = "SELECT EXISTS (SELECT FROM {} t WHERE position($1 IN lower(t::text)) > 0 OR position($2 IN t::text) > 0)"
    return {one for one in tables if await db.scalar(somewhere.format(one), WORD.lower(), WORD.encode().hex())}


async def applied(world: World) -> Person:
    """Somebody who planted the word in an application, and about whom everybody else did."""
    form = answers() | {
        "sample_reply": f"Yours sincerely, {WORD}, +7 900 123-45-67, and so on until it is long enough for the form."
    }
    await open_way(world, stages=stages("application", "interview", "live"))
    anna = await applicant(world, WORD.lower(), name=f"Anna {WORD}", answers=form)
    candidacy = await candidacy_of(anna)
    extended = {"headers": {"idempotency-key": "once"}}
    await world.curator.ok("POST", f"/candidacies/{candidacy}/extension", {"days": 1, **WHY}, **extended)
    await world.curator.ok("POST", f"/candidacies/{candidacy}/screening", {"decision": "accept", **WHY})
    soon = {"starts": [(datetime.now(UTC) + timedelta(hours=1)).isoformat()]}
    await world.curator.ok("POST", f"/candidacies/{candidacy}/interview-slots", soon)
    await anna.ok("POST", f"/me/applications/{candidacy}/other-slots", WHY)
    declining = await world.person("declining", Role.CURATOR)
    await declining.ok("POST", f"/interview-reviews/{await asked(world, candidacy, declining)}/decline", WHY)
    await booked(world, anna, candidacy)
    given = scores(4)
    for one in given["scores"]:
        one["note"] = f"{WORD} said so"
    for reviewer in (world.curator, await world.person("second", Role.CURATOR)):
        review = await asked(world, candidacy, reviewer)
        await reviewer.ok("POST", f"/interview-reviews/{review}/scores", given | {"comment": f"{WORD} is good"})
    for curator in (world.curator, world.second):
        await curator.ok("POST", f"/candidacies/{candidacy}/interview-decision", {"decision": "refuse", **WHY})
    event = (await mine(anna))["history"][-1]["id"]
    appeal = await anna.ok("POST", "/appeals", {"subject": "candidacy", "id": event, "words": WHY["reason"]})
    arbiter = await world.person("arbiter", Role.CURATOR)
    await arbiter.ok("POST", f"/appeals/{appeal['id']}/decision", {"decision": "deny", "reply": WHY["reason"]})
    await world.drain()
    return anna


async def worked(world: World, anna: Person) -> None:
    """The same person has a contract, learns, is ill, writes and is written to."""
    offer = {
        "rate": "by the ticket",
        "regime": "none",
        "weekly_norm": 0,
        "on_request": True,
        "clauses": f"{WORD} works by night.",
    }
    made = await world.curator.ok("POST", f"/freelancers/{anna.id}/offers", offer)
    await anna.ok("POST", f"/me/offers/{made['id']}/decline", WHY)
    await world.agree(anna)
    await world.admit(anna, "orders")
    await course.publish(world, course.lesson("lesson", course.essay()))
    await course.begin(anna)
    await course.on(anna, {"text": f"Dear {WORD}, it will come on Monday, and here is more of it."})
    (homework,) = (await world.curator.ok("GET", "/homework"))["items"]
    await world.curator.ok("POST", f"/homework/{homework['id']}/check", {"accepted": True, "feedback": f"Good, {WORD}."})
    mentor = await world.worker("mentor", "orders:3:2")
    await world.curator.ok("POST", f"/freelancers/{anna.id}/mentor", {"mentor_id": str(mentor.id), **WHY})
    now = datetime.now(UTC)
    ill = {
        "kind": "illness",
        "starts_at": (now + timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(days=1)).isoformat(),
    }
    leave = await anna.ok("POST", "/me/leave", ill | {"words": f"the leg of {WORD}"})
    await anna.ok("POST", f"/me/leave/{leave['id']}/cancel")
    to = {"to": {"kind": "person", "account_id": str(anna.id)}, "title": f"To {WORD}", "body": f"Dear {WORD}"}
    message = await world.curator.ok("POST", "/messages", to, headers={"idempotency-key": "message"})
    await anna.ok("POST", f"/me/messages/{message['id']}/reply", {"body": f"from {WORD}"})
    await world.curator.ok("POST", f"/freelancers/{anna.id}/restrictions", {"kind": "audits", "days": 5, **WHY})
    await world.curator.ok("POST", f"/freelancers/{anna.id}/qualifications/orders/revoke", WHY)
    signed = await world.client.post(
        "/api/v1/sessions",
        json={"email": await db.scalar("SELECT email FROM account WHERE id = $1", anna.id), "password": PASSWORD},
        headers={"user-agent": f"the phone of {WORD}"},
    )
    assert signed.status_code == 201
    world.client.cookies.clear()
    await end_contract(anna)


async def test_nothing_that_anybody_wrote_of_an_erased_person_is_left_anywhere(world: World) -> None:
    anna = await applied(world)
    await worked(world, anna)
    await ask(anna, "export", f"{WORD} wants to know")
    await world.drain()
    await ask(anna, "export", f"{WORD} wants to know it again")
    request = await ask(anna, "erasure", f"{WORD} goes")
    assert "data_file" in await found()
    reply = await decide(world, request)
    assert reply.status_code == 200, reply.text
    await world.drain()
    assert await found() == {"contract_offer"}  # what was agreed on, word for word, as the law wants it
    again = {"headers": {"idempotency-key": "once"}}
    body = {"days": 1, **WHY}
    repeated = await world.curator.call(
        "POST", f"/candidacies/{await db.scalar('SELECT id FROM candidacy')}/extension", body, **again
    )
    assert (repeated.status_code, repeated.json()) == (200, {})
    await world.verify()


async def test_an_export_that_is_being_written_is_erased_with_its_person(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer stops before it tells the person; the erasure comes meanwhile, waits for the file, and takes it along."""
    anna = await world.person("anna")
    export, request = await ask(anna, "export"), await ask(anna, "erasure")
    monkeypatch.setattr(notices, "send", races.stop_before(notices.send))
    writing = races.in_transaction(partial(exporting.write, UUID(export["id"])))
    async with world.connections(1, role=None) as (watcher,):
        written, erased = await races.overtake(watcher, [writing], [decide(world, request)])
    assert (written, erased.status_code) == (None, 200)
    assert await db.scalar("SELECT count(*) FROM data_file") == 0
    assert await db.scalar("SELECT array_agg(state ORDER BY kind) FROM data_request") == ["done", "done"]


async def test_an_export_that_was_asked_for_is_not_written_after_an_erasure(world: World) -> None:
    anna = await world.person("anna")
    await ask(anna, "export")
    assert (await decide(world, await ask(anna, "erasure"))).status_code == 200
    await world.drain()
    assert await db.scalar("SELECT count(*) FROM data_file") == 0
    assert await db.scalar("SELECT state FROM data_request WHERE kind = 'export'") == "withdrawn"
