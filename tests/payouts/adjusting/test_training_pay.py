"""A unit of a course is paid by the rule for training: once for each person."""

from typing import Any

import orjson

from piecework.payouts.adjusting import spans
from piecework.platform import db
from piecework.platform.identity.models import Role
from tests.world import World

ZONE = "Europe/Moscow"
FIELD = {"name": "topic", "type": "yes_no", "title": "Is it so?"}
KEY = {"answers": [{"answer": {"topic": True}}], "hint": "Look again.", "explanation": "It is so."}
LESSON = {"kind": "lesson", "key": "one", "title": "One", "text": "Read."}
QUESTION = {"kind": "question", "prompt": "Is it so?", "answer": [FIELD], **KEY}


def course(**fields: Any) -> dict[str, Any]:
    return {"title": "A course", "language": "en", "units": [LESSON | {"homework": [QUESTION]} | fields]}


async def finish(world: World) -> None:
    for _ in range(2):
        body = {"unit": "one", "item": 1, "try": 1, "answer": {"topic": True}}
        await world.anna.ok("POST", "/me/courses/start/answers", body)


async def publish(world: World, spec: dict[str, Any]) -> None:
    made = await world.curator.ok("POST", "/courses", {"code": "start", "spec": spec})
    await world.second.ok("POST", f"/courses/start/versions/{made['version']}/publish")


async def test_a_unit_done_twice_in_two_versions_is_paid_once(world: World) -> None:
    await world.worker("anna")
    await world.person("second", Role.CURATOR)
    now = await db.scalar("SELECT clock_timestamp()")
    week = spans.last_ended("week", now, ZONE)
    await publish(world, course())
    await world.anna.ok("POST", "/me/courses/start/enrolments")
    await finish(world)
    await publish(world, course(title="Changed"))
    await world.curator.ok(
        "POST", "/courses/start/enrolments", {"freelancer_id": str(world.anna.id), "reason": "It has changed."}
    )
    await finish(world)
    # all of it happened in the week that has ended
    await world.as_owner(
        "ALTER TABLE measure DISABLE TRIGGER USER",
        f"UPDATE measure SET recorded_at = '{week.since.isoformat()}'::timestamptz + interval '1 day' WHERE kind = 'training'",
    )
    spec = orjson.dumps({"kind": "training", "amount": "150.00", "settle_hours": 0}).decode()
    await db.execute(
        """INSERT INTO pay_rule (code, version, kind, title, words, spec, starts_at, author_id, approver_id, approved_at, announced_at, state)
           VALUES ('training', 1, 'training', 'Training', 'Each unit of training: 150.', $1, $2, $3, $4, $2, $2, 'approved')""",
        spec,
        week.since,
        world.finance.id,
        world.administrator.id,
    )
    for _ in range(2):
        await world.drain_recurring("payouts.bonuses")
        await world.drain()
    assert await db.rows("SELECT span, amount FROM award WHERE freelancer_id = $1", world.anna.id) == [(week.name, 1_500_000)]
    assert await db.scalar("SELECT count(*) FROM entry WHERE kind = 'bonus'") == 1
