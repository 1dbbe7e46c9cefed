"""Short ways to golden tasks in tests."""

from typing import Any

from piecework.platform import db
from tests.quality.grading.test_grading import people, say
from tests.world import Person, World, choice_step

KEY = [{"answer": {"topic": "a"}}]


def item(text: str = "known", **changes: Any) -> dict[str, Any]:
    return {"input": {"text": text}, "answers": KEY, **changes}


async def add(world: World, text: str = "known", **changes: Any) -> str:
    made = await world.curator.ok("POST", "/projects/orders/golden", {"step": "classify", **item(text, **changes)})
    return str(made["task_id"])


async def always_golden(on: bool = True) -> None:
    """Whoever claims gets a golden task, whatever the dice say, or (off) never one."""
    await db.execute("UPDATE queue SET control_rate = $1", 1.0 if on else 0.0)
    await db.execute("DELETE FROM attention")


async def answered(world: World, topics: str, **step: Any) -> tuple[str, list[Person]]:
    """A golden task whose key is a, answered so by new people, graded after each; returns its id and them."""
    await world.project(choice_step(overlap=len(topics), **step), control_rate=0.5)
    task_id = await add(world)
    await world.tickets(5)
    somebody = await people(world, len(topics))
    for person, topic in zip(somebody, topics, strict=True):
        await always_golden()
        held = await say(person, topic=topic)
        assert held["task_id"] == task_id
        await world.drain()
    return task_id, somebody


async def rule(person: Person, task_id: str, decision: str, *, revision: int = 1, topic: str | None = None) -> Any:
    answers = {} if topic is None else {"answers": [{"answer": {"topic": topic}}]}
    body = {"decision": decision, "revision": revision, "reason": "I looked at it.", **answers}
    return await person.call("POST", f"/golden/{task_id}/key", body)


async def state_of(task_id: str) -> tuple[str, str]:
    row = await db.row("SELECT g.state, t.state FROM golden g JOIN task t ON t.id = g.task_id WHERE t.id = $1", task_id)
    assert row is not None
    return row[0], row[1]
