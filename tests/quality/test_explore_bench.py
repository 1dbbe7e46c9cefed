import re, time, statistics
from pathlib import Path
from piecework.platform import db
from tests.quality.golden_world import item
from tests.world import World, choice_step
SQL = Path("/work/main/tasks/sql/claims.sql").read_text()
HAND = re.search(r"CREATE OR REPLACE FUNCTION hand_out\(.*?\$\$;", SQL, re.DOTALL).group()
LAZY = HAND.replace("s := take_control(me, q.step_id);", "s := NULL; IF random() < coalesce(known.control_rate, q.control_rate) THEN s := take_control(me, q.step_id); END IF;").replace("IF s.id IS NULL OR random() >= coalesce(known.control_rate, q.control_rate) THEN", "IF s.id IS NULL THEN")
async def test_bench(world: World) -> None:
    await world.project(choice_step(), control_rate=0.1)
    await world.curator.ok("POST", "/projects/orders/golden/import", {"step": "classify", "items": [item(f"g{i}") for i in range(400)]})
    for k in range(4):
        await world.tickets(500, first=500 * k)
    out = {"eager": [], "lazy": []}
    async with world.connections(1) as (c,):
        await c.execute("SET plan_cache_mode = force_generic_plan")
        for round_ in range(6):
            name = ("eager", "lazy")[round_ % 2]
            await world.as_owner(HAND if name == "eager" else LAZY)
            people = await world.crowd(20)
            for p in people:
                for _ in range(25):
                    t = time.perf_counter()
                    await c.fetch("SELECT * FROM claim($1, 1, NULL)", p)
                    out[name].append(time.perf_counter() - t)
    for n, l in out.items():
        print(n, len(l), [round(x * 1e6) for x in statistics.quantiles(l, n=10)][:5])
