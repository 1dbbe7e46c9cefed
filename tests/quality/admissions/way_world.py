"""Short ways for tests of the way in: a published way, an applicant, and the events that others record."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from piecework.platform import db, jobs
from piecework.platform.identity import accounts
from piecework.quality.admissions import documents
from piecework.quality.admissions.specs import Form, Guide
from tests.world import Person, World

PASSWORD = "a long enough password"
WHY = "It is a good fit for us."
SHORT = [{"stage": "application", "days": 14}, {"stage": "live", "days": 14}]


def stages(*names: str, days: int = 14) -> list[dict[str, Any]]:
    return [{"stage": name, "days": days} for name in names]


def answers(form: Form | None = None) -> dict[str, Any]:
    """Answers that fit the form that ships (or another)."""
    asked = form or documents.shipped("form")
    assert isinstance(asked, Form)
    given: dict[str, Any] = {}
    for field in asked.fields("en"):
        if field.only_if is not None:
            continue
        value: Any = {
            "choice": field.options[0].value if field.options else None,
            "choices": [one.value for one in field.options[:2]],
            "yes_no": True,
            "number": 20,
            "text": "x" * max(field.min_length, 5),
        }[str(field.type)]
        given[field.name] = value
    for question in asked.questions:
        if question.explain is not None:
            given[question.name] = not question.explain.when
    return given


async def open_way(world: World, direction: str = "orders", **spec: Any) -> None:
    """A project with a published way in: an application and the admission, if nothing else is said."""
    if not await db.scalar("SELECT true FROM project WHERE code = $1", direction):
        await world.project(code=direction)
    document = {"kind": "way_in", "stages": SHORT, **spec}
    await world.curator.ok(
        "POST", "/admission-documents", {"direction": direction, "document": document, "reason": "We look for people."}
    )


async def apply(world: World, email: str = "anna@example.test", direction: str = "orders", **more: Any) -> Any:
    """An application of a stranger, as it is sent."""
    body = {"direction": direction, "language": "en", "answers": answers(), "email": email, "name": "Anna", "password": PASSWORD}
    return await world.client.post("/api/v1/applications", json=body | more)


async def applicant(world: World, name: str = "anna", direction: str = "orders", /, **more: Any) -> Person:
    """A stranger who applied, with a token."""
    reply = await apply(world, f"{name}@example.test", direction, **more)
    assert reply.status_code == 202, reply.text
    account_id = await db.scalar("SELECT id FROM account WHERE email = $1", reply.json()["sign_in"])
    async with db.transaction():
        _, secret = await accounts.create_token(None, account_id, name="tests", scopes=["*"])
    world.people[name] = Person(world, account_id, secret)
    return world.people[name]


async def mine(person: Person) -> Any:
    """The newest of a person's applications as they see it."""
    return (await person.ok("GET", "/me/application"))["applications"][0]


async def candidacy_of(person: Person) -> str:
    return str((await mine(person))["id"])


async def accepted(world: World, person: Person) -> str:
    """The application of a person is accepted; returns the candidacy's id."""
    candidacy = await candidacy_of(person)
    await world.curator.ok("POST", f"/candidacies/{candidacy}/screening", {"decision": "accept", "reason": WHY})
    return candidacy


async def told(world: World, event: str, key: str, *, drain: bool = True, **payload: Any) -> None:
    """An event as another part records it."""
    async with db.transaction():
        await jobs.record(
            event, [(key, {name: value if isinstance(value, bool) else str(value) for name, value in payload.items()})]
        )
    if drain:
        await world.drain()


async def exam(world: World, person: Person, code: str, *, passed: bool, attempt: str | None = None, revision: int = 1) -> str:
    """An attempt at an exam was decided."""
    attempt = attempt or str(uuid.uuid4())
    await told(
        world, "exam.decided", f"{attempt}:{revision}", attempt_id=attempt, freelancer_id=person.id, exam_code=code, passed=passed
    )
    return attempt


async def moved(candidacy: str, *, days: float) -> None:
    """Let a candidacy's present turn have begun so many days earlier."""
    await db.execute(
        """UPDATE candidacy SET turn_at = turn_at - $2::interval, due_at = due_at - $2::interval, entered_at = entered_at - $2::interval
           WHERE id = $1""",
        candidacy,
        timedelta(days=days),
    )


async def tick(world: World) -> None:
    await world.drain_recurring("quality.candidacies")


async def notices_of(person: Person) -> list[str]:
    return [row["kind"] for row in await db.rows("SELECT kind FROM notice WHERE account_id = $1 ORDER BY id", person.id)]


async def chosen(world: World, person: Person, candidacy: str) -> dict[str, Any]:
    """An interview was agreed on; returns its time."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    await world.curator.ok("POST", f"/candidacies/{candidacy}/interview-slots", {"starts": [soon.isoformat()], "place": "online"})
    slot: dict[str, Any] = (await mine(person))["slots"][-1]
    await person.ok("POST", f"/me/applications/{candidacy}/interview-slot", {"slot_id": slot["id"]})
    return slot


async def booked(world: World, person: Person, candidacy: str) -> None:
    """An interview was agreed on and has begun."""
    slot = await chosen(world, person, candidacy)
    await world.as_owner(
        "ALTER TABLE interview_slot DISABLE TRIGGER append_only",
        f"UPDATE interview_slot SET starts_at = clock_timestamp() - interval '1 minute' WHERE id = '{slot['id']}'",
        "ALTER TABLE interview_slot ENABLE TRIGGER append_only",
    )


def scores(value: int = 4, **of_group: int) -> dict[str, Any]:
    """Scores of the guide that ships: one value, or one by group."""
    guide = documents.shipped("guide")
    assert isinstance(guide, Guide)
    return {
        "scores": [
            {"question": one.code, "score": of_group.get(group.code, value), "note": "heard"}
            for group in guide.groups
            for one in group.questions
        ]
    }


async def asked(world: World, candidacy: str, reviewer: Person) -> str:
    got = await world.curator.ok("POST", f"/candidacies/{candidacy}/reviewers", {"reviewer_id": str(reviewer.id)})
    return str(got["review_id"])
