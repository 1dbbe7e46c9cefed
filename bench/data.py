"""What is measured on: projects and people made by the product's own use cases, tasks and histories by set-based SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from piecework.platform import composition, db
from piecework.platform.app import make_app
from piecework.platform.identity import accounts
from piecework.platform.identity.models import Role
from piecework.platform.settings import Settings

PROJECTS = 3
CONTROL_RATE = 0.1
QUALIFICATION = "bench"
ANSWER = {"topic": "b", "urgent": False, "note": "The customer asks where the parcel is."}

# session_replication_role skips the foreign keys' row-by-row checks: the ticket rows, which this path never reads, are left out.
TASKS = """
INSERT INTO task (project_id, step_id, ticket_id, input, overlap, lane, deadline_at)
SELECT q.project_id, q.step_id, CASE WHEN $3 THEN NULL ELSE uuidv7() END,
       jsonb_build_object('text', 'Ticket ' || n || ': where is my parcel? It was promised for Tuesday, and nobody answers the phone.'),
       $2::smallint, 1, now() + interval '1 day' + make_interval(secs => n * 0.01)
FROM generate_series(1, $1::int) n
JOIN (SELECT step_id, project_id, row_number() OVER (ORDER BY step_id) AS place FROM queue) q ON q.place = 1 + n % $4::int
"""

SLOTS = """
INSERT INTO slot (step_id, control, rank, task_id, ticket_id)
SELECT t.step_id, t.ticket_id IS NULL, slot_rank(t.lane, round, t.deadline_at), t.id, t.ticket_id
FROM task t CROSS JOIN generate_series(1, t.overlap) round
WHERE t.state = 'open' ORDER BY round, t.deadline_at
"""

FLOORS = """
SELECT lower_floor(step_id, line, language, rank, id) FROM (
    SELECT DISTINCT ON (step_id, line, language) * FROM slot
    WHERE NOT control AND assignment_id IS NULL ORDER BY step_id, line, language, rank, id) low
"""

# Answered tasks of one person. $3: how many answers each task wants; those still wanted are open slots. $4: the lane.
HISTORY = """
WITH made AS (
    INSERT INTO task (project_id, step_id, ticket_id, input, overlap, lane, deadline_at, state, resolved_at)
    SELECT q.project_id, q.step_id, uuidv7(), '{"text": "An earlier ticket."}', $3::smallint, $4::smallint, now() + make_interval(secs => n * 0.01),
           CASE WHEN $3 = 1 THEN 'resolved' ELSE 'open' END, CASE WHEN $3 = 1 THEN now() END
    FROM generate_series(1, $2::int) n
    JOIN (SELECT step_id, project_id, row_number() OVER (ORDER BY step_id) AS place FROM queue) q ON q.place = 1 + n % $5::int
    RETURNING id, project_id, step_id, ticket_id, overlap, lane, deadline_at),
still_open AS (
    INSERT INTO slot (step_id, control, rank, task_id, ticket_id)
    SELECT step_id, false, slot_rank(lane, round, deadline_at), id, ticket_id
    FROM made CROSS JOIN LATERAL generate_series(2, overlap) round),
done AS (
    INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at)
    SELECT id, $1, step_id, project_id, 0, 25000, deadline_at, CASE WHEN $3 = 1 THEN 'accepted' ELSE 'submitted' END, now(), now()
    FROM made
    RETURNING id)
INSERT INTO answer (assignment_id, freelancer_id, submission_id, body, fingerprint, next, submitted_at)
SELECT id, $1, gen_random_uuid(), '{"topic": "b"}', sha256(id::text::bytea), '{}', now() FROM done
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A freelancer with a contract, the qualification and a bearer token."""

    id: UUID
    token: str


def step() -> dict[str, Any]:
    """One step with three fields, one answer per task."""
    options = [{"value": value, "title": value.upper()} for value in "abcde"]
    return {
        "key": "classify",
        "title": "Choose the topic",
        "instruction": "Read the ticket and choose.",
        "input": [{"name": "text", "title": "Text", "source": "ticket.text"}],
        "answer": [
            {"name": "topic", "type": "choice", "title": "Topic", "options": options},
            {"name": "urgent", "type": "yes_no", "title": "Is it urgent?"},
            {"name": "note", "type": "text", "title": "Note", "required": False},
        ],
        "price": "2.50",
        "qualification": QUALIFICATION,
    }


async def people(settings: Settings, count: int) -> list[Person]:
    """Migrate an empty database; make the projects and `count` freelancers, as the product would."""
    assert settings.database_url
    await db.migrate(composition.database_config(settings.database_url))
    app = make_app(settings)
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://bench/api/v1") as client,
    ):
        requester, curator = await _account("requester", Role.REQUESTER), await _account("curator", Role.CURATOR)
        for code in (f"bench-{number}" for number in range(PROJECTS)):
            await _call(client, requester, "POST", "/projects", {"code": code, "name": code, "control_rate": CONTROL_RATE})
            await _call(client, requester, "POST", f"/projects/{code}/workflows", {"name": code, "steps": [step()]})
        criteria = {"criteria": [], "reason": "open to all"}
        drafted = await _call(client, curator, "POST", f"/qualifications/{QUALIFICATION}/criteria", criteria)
        decision = {"decision": "publish", "reason": "open to all"}
        second = await _account("second", Role.CURATOR)
        await _call(client, second, "POST", f"/criteria-drafts/{drafted['id']}/decision", decision)
        found = [await _account(f"freelancer-{number}", Role.FREELANCER) for number in range(count)]
        for person in found:
            offer = {"rate": "By the ticket.", "regime": "none", "weekly_cap": 1_000_000, "max_held": 50}
            made = await _call(client, curator, "POST", f"/freelancers/{person.id}/offers", offer)
            await _call(client, person, "POST", f"/me/offers/{made['id']}/accept", {"sha256": made["sha256"]})
            qualification = {"code": QUALIFICATION, "reason": "made for the benchmark"}
            await _call(client, curator, "POST", f"/freelancers/{person.id}/qualifications", qualification)
        return found


async def _account(name: str, role: Role) -> Person:
    async with db.transaction():
        account = await accounts.create_account(None, email=f"{name}@bench.test", name=name, roles=[role.value])
        _, secret = await accounts.create_token(None, account.id, name="bench", scopes=["*"])
    return Person(account.id, secret)


async def _call(client: httpx2.AsyncClient, who: Person, method: str, path: str, body: dict[str, Any]) -> Any:
    reply = await client.request(method, path, json=body, headers={"authorization": f"Bearer {who.token}"})
    if not reply.is_success:
        raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text[:500]}")
    return reply.json() if reply.content else None


async def fill(connection: asyncpg.Connection, count: int) -> None:
    """Open `count` ordinary tasks, and a fifth of that (at most 50,000) as control tasks, all with overlap 1."""
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(TASKS, count, 1, False, PROJECTS)
    await connection.execute(TASKS, min(count // 5, 50_000), 1, True, PROJECTS)
    await connection.execute(SLOTS)
    await connection.execute(FLOORS)


async def remember(
    connection: asyncpg.Connection, persons: Sequence[Person], *, answers: int, overlap: int = 1, lane: int = 1
) -> None:
    """Give each person a past of so many answers; with an overlap above 1 their tasks still wait for others."""
    await connection.execute("SET session_replication_role = replica")
    for person in persons:
        await connection.execute(HISTORY, person.id, answers, overlap, lane, PROJECTS)
    await connection.execute(FLOORS)
