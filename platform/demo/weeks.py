"""A week of three people: one meets the norm, one is excused by a gap in the supply, one misses it and appeals.

They work over the API like everybody. A week takes a week, so afterwards what they did is dated back to the last one that is over, as
the owner of the database; from there on it goes its usual way: the week is closed by the rules, and the appeal goes over the API. Their
tasks have no price: no money is dated back.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from piecework.platform import db
from piecework.platform.demo.client import Client, Refused
from piecework.platform.demo.stage import Stage, once
from piecework.tasks.norms import results

NORM = 20
PROJECT = "reviews"
ZONE = "Europe/Moscow"
PEOPLE = {"mila": ("Mila", NORM, False), "oleg": ("Oleg", 12, True), "rita": ("Rita", 12, False)}
"""Name, how many tasks they do, and whether they also ask in vain for forty minutes."""
TEXT = "The courier was kind, and the parcel came {} days late."
OBJECTION = "I was ill on Thursday and Friday and could not even tell you. Please excuse this week."
STEP = {
    "key": "late",
    "title": "Was it late?",
    "instruction": "Say whether the customer's order came late.",
    "input": [{"name": "text", "title": "Review", "source": "ticket.text"}],
    "answer": [{"name": "late", "type": "yes_no", "title": "It came late"}],
    "overlap": 1,
    "price": "0.00",
    "qualification": PROJECT,
}

# What these people did is as if the k-th task had been claimed k times five minutes after Tuesday 10:00 of that week, and taken four.
BACK = """
WITH done AS (
    SELECT id, $2::timestamptz + interval '1 day 10 hours' + row_number() OVER (PARTITION BY freelancer_id ORDER BY id) * interval '5 minutes' AS at
    FROM assignment WHERE freelancer_id = ANY ($1)),
claims AS (
    UPDATE assignment a SET claimed_at = done.at, ended_at = done.at + interval '4 minutes',
                            decided_at = CASE WHEN a.decided_at IS NOT NULL THEN done.at + interval '5 minutes' END
    FROM done WHERE done.id = a.id),
answers AS (UPDATE answer SET submitted_at = done.at + interval '4 minutes' FROM done WHERE done.id = answer.assignment_id)
UPDATE decision SET decided_at = done.at + interval '5 minutes' FROM done WHERE done.id = decision.assignment_id"""
AGREED = "UPDATE contract SET starts_at = $2, accepted_at = $2, created_at = $2 WHERE freelancer_id = ANY ($1)"
GAPS = """
WITH old AS (DELETE FROM gap WHERE freelancer_id = ANY ($1))
INSERT INTO gap (freelancer_id, starts_at, asked_at, asks, ended_at, ending)
SELECT id, $3::timestamptz, $3 + interval '40 minutes', 80, $3 + interval '40 minutes', 'left' FROM unnest($2::uuid[]) AS id"""
PULSE = "INSERT INTO pulse SELECT generate_series($1::timestamptz, $2, interval '1 minute') ON CONFLICT DO NOTHING"
LOADS = "DELETE FROM workload WHERE freelancer_id = ANY ($1)"
TABLES = ("contract", "answer", "decision")


async def prepare(stage: Stage) -> dict[str, Client]:
    """Accounts, contracts, admission and tickets of the three; doing it twice makes them once."""
    curator, requester = stage.staff["curator"], stage.staff["requester"]
    people = {short: await stage.account(f"{short}@demo.example", name, "freelancer") for short, (name, _, _) in PEOPLE.items()}
    await once(requester, "/projects", {"code": PROJECT, "name": "Reviews", "control_rate": 0})
    try:
        await requester.call("GET", f"/projects/{PROJECT}/workflow")
    except Refused:
        await requester.call("POST", f"/projects/{PROJECT}/workflows", {"name": PROJECT, "steps": [STEP]})
    criteria = {"level": 1, "criteria": [], "reason": "Everybody may say whether a parcel was late."}
    await stage.publish_criteria(PROJECT, criteria)
    for short, client in people.items():
        terms = {"weekly_norm": NORM, "weekly_cap": 200, "max_held": 1, "zone": ZONE, "regime": "none"}
        await stage.agree(f"{short}@demo.example", client, terms)
        body = {"code": PROJECT, "level": 1, "reason": "Meets what is published."}
        await once(curator, f"/freelancers/{stage.ids[f'{short}@demo.example']}/qualifications", body)
    tickets = [
        {"external_id": f"R{n}", "channel": "app_review", "language": "en", "text": TEXT.format(n + 2)}
        for n in range(sum(count for _, count, _ in PEOPLE.values()))
    ]
    await requester.call("POST", f"/projects/{PROJECT}/tickets", {"source": "shop", "tickets": tickets})
    return people


async def work(people: dict[str, Client]) -> None:
    """Each does as many tasks as they are to have done."""
    for short, client in people.items():
        _, wanted, _ = PEOPLE[short]
        done = sum(1 for one in (await client.call("GET", "/me/assignments?limit=200"))["items"] if one["state"] != "held")
        held = (await client.call("GET", "/assignments"))["assignments"]
        while done < wanted:
            (task,) = held or (await client.call("POST", "/assignments", {"count": 1, "project": PROJECT}))["assignments"]
            body = {"submission_id": str(uuid.uuid4()), "lease_token": task["lease_token"], "answer": {"late": True}}
            await client.call("POST", f"/assignments/{task['id']}/answer", body)
            held, done = [], done + 1


async def last_week() -> datetime:
    """When the newest week began that is over and settled."""
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    here = (now - timedelta(hours=1)).astimezone(ZoneInfo(ZONE))
    return (here.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=here.weekday() + 7)).astimezone(now.tzinfo)


async def date_back(database_url: str, ids: dict[str, uuid.UUID]) -> None:
    """Date what these people agreed on and did to the last week that is over."""
    monday, people = await last_week(), list(ids.values())
    asking = [ids[short] for short, (_, _, asks) in PEOPLE.items() if asks]
    owner = await asyncpg.connect(**db.database_url_parts(database_url))
    try:
        async with owner.transaction():
            for table in TABLES:
                await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER append_only")
            await owner.execute(AGREED, people, monday)
            await owner.execute(BACK, people, monday)
            await owner.execute(GAPS, people, asking, monday + timedelta(days=2, hours=10))
            await owner.execute(PULSE, monday, monday + timedelta(days=7))
            await owner.execute(LOADS, people)
            await owner.execute("SELECT apply_contract(id) FROM unnest($1::uuid[]) AS id", people)
            for table in TABLES:
                await owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER append_only")
    finally:
        await owner.close()


async def close(ids: dict[str, uuid.UUID]) -> None:
    """Close the week as the job does."""
    async with db.transaction():
        await results.close(sorted(ids.values()))


async def tell(people: dict[str, Client]) -> list[dict[str, Any]]:
    """What came of the week, as each of them reads it; who missed it appeals."""
    told = []
    for short, client in people.items():
        (week,) = (await client.call("GET", "/me/weeks"))["items"]
        if week["result"] == "missed" and week["appeal_state"] == "open":
            await client.call("POST", "/appeals", {"subject": "week", "id": week["id"], "words": OBJECTION})
            (week,) = (await client.call("GET", "/me/weeks"))["items"]
        names = ("result", "norm", "gaps", "effective", "done", "words", "appeal_state")
        told.append({"name": PEOPLE[short][0], **{name: week[name] for name in names}})
    return told
