"""A hold does not tell which task was golden."""

from piecework.platform import db
from tests.payouts.tariffs.tariff_world import announce, item, per_step
from tests.world import World, choice_step


async def test_what_is_accepted_and_still_held_is_not_golden_for_that(world: World) -> None:
    """One step, paid when its ticket is resolved: an ordinary answer is accepted and its ticket resolved at once."""
    await world.project(choice_step(overlap=2), control_rate=0.5)
    await announce(world, per_step(item("2.00"), hold_until="resolved", hold_days=0, hold_most_days=14))
    for n in range(30):
        body = {"step": "classify", "input": {"text": f"ticket g{n}"}, "answers": [{"answer": {"topic": "a"}}]}
        await world.curator.ok("POST", "/projects/orders/golden", body)
    await world.tickets(30)
    people = [await world.worker(f"p{i}") for i in range(6)]
    told, given = set(), 0
    for _ in range(10):
        for person in people:
            for got in await person.claim():
                given += (await person.answer(got, {"topic": "a"})).is_success
        await db.execute("UPDATE job SET run_at = now() WHERE kind = 'quality.verdict'")
        await world.drain()
        for person in people:
            mine = (await person.ok("GET", "/me/assignments?limit=100"))["items"]
            told |= {one["id"] for one in mine if one["state"] == "accepted" and one["held"] != "0.0000"}
    control = "SELECT a.id::text FROM assignment a JOIN task t ON t.id = a.task_id WHERE t.ticket_id IS NULL"
    golden = {row["id"] for row in await db.rows(control)}
    assert len(golden) > given / 5
    assert not told & golden, f"{len(told & golden)} of {len(golden)} told, beside {len(told - golden)} others"
    await world.verify()
