"""What `piecework seed demo` adds for those who look around: it goes over the API like everything, and twice makes it once."""

import asyncio
import contextlib

from piecework.platform import db
from piecework.platform.demo import finance, way_in
from piecework.platform.demo.stage import Stage, administrator
from piecework.platform.identity.models import Account
from tests.world import World

WAITING = {
    "somebody to be screened": "SELECT count(*) FROM candidacy WHERE state = 'open' AND stage = 'application'",
    "an interview that is scored by one of two": """
        SELECT count(*) FROM interview i WHERE ended_at IS NULL
          AND (SELECT count(submitted_at) = 1 AND count(*) = 2 FROM interview_review r WHERE r.interview_id = i.id)""",
    "a request for admission": "SELECT count(*) FROM admission_request",
    "homework": "SELECT count(*) FROM training_answer a WHERE correct IS NULL",
    "a long illness": "SELECT count(*) FROM leave WHERE needs_confirmation AND decision IS NULL",
    "an open offer": "SELECT count(*) FROM contract_offer o WHERE NOT EXISTS (SELECT FROM contract_answer WHERE offer_id = o.id)",
    "an exam that was passed": "SELECT count(*) FROM exam_result WHERE passed",
    "an exam that was not passed": "SELECT count(*) FROM exam_result WHERE NOT passed",
}


async def test_somebody_waits_at_each_place_of_the_way_in(world: World) -> None:
    async def working() -> None:
        while True:
            await world.drain()
            await asyncio.sleep(0.05)

    stage = Stage(world.client, await administrator(world.client))
    await stage.people()
    await stage.projects()
    await finance.prepare(stage)
    await stage.contracts()
    worker = asyncio.create_task(working())
    for _ in range(2):
        await way_in.open_(stage, world.settings)
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker
    assert {what: await db.scalar(statement) for what, statement in WAITING.items()} == dict.fromkeys(WAITING, 1)
    assert await db.scalar("SELECT count(*) FROM ticket WHERE state = 'open'") == sum(
        map(len, way_in.texts()["tickets"].values())
    )
    assert await Account.filter(email__endswith="@applicant.invalid").count() == len(way_in.texts()["applicants"])
    await world.verify()
