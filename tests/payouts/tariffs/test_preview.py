"""What a tariff would have cost, against what the last week did cost."""

import uuid
from datetime import UTC, datetime, timedelta

from piecework.payouts.tariffs import stored
from piecework.payouts.tariffs.preview import preview
from piecework.payouts.tariffs.prices import OwnPrice, price_of
from piecework.platform import db
from piecework.platform.money import parse, text
from tests.payouts.tariffs.tariff_world import announce, draft, item, per_step, per_ticket
from tests.world import World


async def test_three_accepted_answers_at_2_50_would_have_cost_half_a_rouble_more_each(world: World) -> None:
    await world.project()
    await world.tickets(1)
    for name in ("anna", "boris", "vera"):
        person = await world.worker(name)
        (held,) = await person.claim()
        await person.answer(held, {"topic": "a"})
    await world.drain()
    made = await draft(world, per_step(item("3.00")))
    shown = await world.finance.ok("GET", f"/tariffs/{made['id']}/preview")
    assert shown["steps"] == [
        {"step": "classify", "answers": 3, "cost": "7.5000", "cost_under": "9.0000", "difference": "1.5000"}
    ]
    assert (shown["answers"], shown["cost"], shown["cost_under"], shown["difference"]) == (3, "7.5000", "9.0000", "1.5000")
    assert await world.requester.ok("GET", f"/tariffs/{made['id']}/preview") | {"since": 0, "until": 0} == shown | {
        "since": 0,
        "until": 0,
    }


async def test_work_that_is_older_or_refused_or_of_others_does_not_count(world: World) -> None:
    await world.project()
    await world.project(code="other")
    made = await draft(world, per_step(item("3.00")))
    shown = await world.finance.ok("GET", f"/tariffs/{made['id']}/preview")
    assert (shown["steps"], shown["cost"]) == ([], "0.0000")
    await lots(world, "orders", 30, days=7.01)
    await lots(world, "orders", 30, state="rejected", share=0)
    await lots(world, "other", 30)
    shown = await world.finance.ok("GET", f"/tariffs/{made['id']}/preview")
    assert (shown["steps"], shown["cost"]) == ([], "0.0000")


async def test_every_answer_counts_at_its_own_level_language_and_accepted_share(world: World) -> None:
    """The set-based sum is the sum of each answer's own pay, reckoned one by one."""
    await world.project()
    await announce(world, per_step(item("1.00")))
    await lots(world, "orders", 3_000)
    for terms in (
        per_step(item("2.2222"), item("3.3333", level=2), item("4.4444", language="de"), item("5.5555", level=3, language="de")),
        per_ticket("10", {"classify": 1}),
    ):
        made = await stored.get(uuid.UUID((await draft(world, terms))["id"]))
        own = OwnPrice("classify", 1, parse("2.50"))
        rows = await db.rows("SELECT price, level, language, share FROM assignment WHERE state = 'accepted'")
        under = sum((price_of(made.rates, own, row["level"], row["language"]) * row["share"] + 5_000) // 10_000 for row in rows)
        (step,) = (await preview(made)).steps
        assert (step.answers, text(step.cost_under)) == (len(rows), text(under))
        assert step.cost == sum((row["price"] * row["share"] + 5_000) // 10_000 for row in rows)


async def lots(
    world: World, code: str, count: int, *, days: float = 1, state: str = "accepted", share: int | None = None
) -> None:
    """Decided answers, by SQL, so many days ago, of random levels, languages, prices and shares."""
    at = datetime.now(UTC) - timedelta(days=days)
    await db.execute(
        """INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at,
                                   decided_at, level, language, share, revision)
           SELECT gen_random_uuid(), gen_random_uuid(), q.step_id, q.project_id, 0, (random() * 50000)::bigint, $3, $4, $3, $3, $3,
                  1 + (random() * 4)::int, (ARRAY['de', 'en', 'ru'])[1 + (random() * 2)::int],
                  coalesce($5, (ARRAY[10000, 10000, 5000, 3333])[1 + (random() * 3)::int]), 1
           FROM queue q JOIN project p ON p.id = q.project_id CROSS JOIN generate_series(1, $2) WHERE p.code = $1""",
        code, count, at, state, share,
    )  # fmt: skip
