"""Rows of the lower parts, by plain SQL: a project with one step, people, tickets, assignments in any state."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.books.pay_policy import PayPolicy
from piecework.payouts.earning.jobs import JOBS, SUBSCRIPTIONS
from piecework.payouts.invariants import INVARIANTS
from piecework.platform import db, jobs
from piecework.platform.ids import uuid7
from piecework.platform.invariants import check
from piecework.platform.jobs.runner import Runner
from piecework.tasks.decisions import event_key

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
LONG_AGO = datetime(2025, 3, 5, 12, tzinfo=UTC)
"""A Wednesday; its week has ended."""

EVENTS = {"submitted": "answer.submitted", "accepted": "assignment.accepted", "rejected": "assignment.rejected"}


@dataclass(frozen=True)
class Project:
    """A project with one step."""

    id: UUID
    workflow_id: UUID
    step_id: int


async def project(code: str = "disk", currency: str = "RUB") -> Project:
    """A project with one workflow of one step."""
    requester_id = await person("Roman", "requester")
    project_id = await db.scalar(
        "INSERT INTO project (code, name, currency, requester_id) VALUES ($1, $1, $2, $3) RETURNING id",
        code,
        currency,
        requester_id,
    )
    workflow_id = await db.scalar(
        "INSERT INTO workflow (project_id, version, spec) VALUES ($1, 1, '{}') RETURNING id", project_id
    )
    step_id = await db.scalar(
        "INSERT INTO step (workflow_id, project_id, key, spec) VALUES ($1, $2, 'sort', '{}') RETURNING id",
        workflow_id,
        project_id,
    )
    return Project(project_id, workflow_id, step_id)


async def person(name: str = "Anna", role: str = "freelancer") -> UUID:
    """An account."""
    found: UUID = await db.scalar(
        "INSERT INTO account (email, name, roles) VALUES (gen_random_uuid() || '@example.org', $1, ARRAY[$2]) RETURNING id",
        name,
        role,
    )
    return found


async def ticket(of: Project, external_id: str = "T-1", source: str = "helpdesk") -> UUID:
    """A ticket."""
    found: UUID = await db.scalar(
        """INSERT INTO ticket (project_id, workflow_id, source, external_id, channel, language, subject, text, deadline_at)
           VALUES ($1, $2, $3, $4, 'email', 'ru', 's', 't', now()) RETURNING id""",
        of.id,
        of.workflow_id,
        source,
        external_id,
    )
    return found


async def assignment(
    of: Project,
    who: UUID,
    *,
    price: int = 25_050,
    state: str = "submitted",
    at: datetime = LONG_AGO,
    ticket_id: UUID | None = None,
    delay: timedelta = HOUR,
    share: int = 10_000,
) -> UUID:
    """An assignment, submitted at `at` and, if accepted (a share of it) or rejected, decided `delay` later. Records no event."""
    task_id = await db.scalar(
        """INSERT INTO task (project_id, step_id, ticket_id, input, overlap, lane, deadline_at)
           VALUES ($1, $2, $3, '{}', 1, 0, now()) RETURNING id""",
        of.id,
        of.step_id,
        ticket_id,
    )
    decided = at + delay if state in ("accepted", "rejected") else None
    found: UUID = await db.scalar(
        """INSERT INTO assignment (task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, ended_at, decided_at,
                                   share, revision)
           VALUES ($1, $2, $3, $4, 1, $5, now(), $6, $7, $8, $9, ($6 IN ('accepted', 'rejected'))::int) RETURNING id""",
        task_id,
        who,
        of.step_id,
        of.id,
        price,
        state,
        at,
        decided,
        0 if state == "rejected" else share,
    )
    return found


async def decide(assignment_id: UUID, state: str, at: datetime, share: int = 10_000) -> None:
    """Accept (a share of) or reject an assignment, with its event, as the quality part does."""
    async with db.transaction():
        revision = await db.scalar(
            """UPDATE assignment SET state = $2, decided_at = $3, share = $4, revision = revision + 1 WHERE id = $1
               RETURNING revision""",
            assignment_id,
            state,
            at,
            0 if state == "rejected" else share,
        )
        await announce(assignment_id, state, revision)


async def announce(assignment_id: UUID, state: str, revision: int = 1) -> None:
    """Record the event of a state."""
    jobs.connect_subscriptions([SUBSCRIPTIONS])
    await jobs.record(EVENTS[state], [(event_key(assignment_id, revision), {})])


async def run_jobs() -> Runner:
    """Run every due job; none may fail."""
    runner = Runner(JOBS)
    await runner.drain()
    assert runner.failed == 0, await db.rows("SELECT kind, key, last_error FROM job")
    return runner


async def earned(
    of: Project, who: UUID, price: int = 25_050, at: datetime = LONG_AGO, ticket_id: UUID | None = None, delay: timedelta = HOUR,
    share: int = 10_000,
) -> UUID:  # fmt: skip
    """An accepted assignment (or a share of it) whose money is in the ledger."""
    done = await assignment(of, who, price=price, state="accepted", at=at, ticket_id=ticket_id, delay=delay, share=share)
    await announce(done, "accepted")
    await run_jobs()
    return done


async def policy(**changes: Any) -> int:
    """A pay policy that differs from the defaults in this, proposed and approved by two people; its version."""
    async with db.transaction():
        version = await pay_policy.propose(uuid7(), PayPolicy(**changes), "for the test")
        await pay_policy.approve(uuid7(), version)
    return version


async def balances() -> dict[str, int]:
    """What is on each kind of account: what we owe is positive for pending, payable, clearing and bank."""
    found = await db.rows(
        "SELECT l.kind, sum(p.amount) AS amount FROM posting p JOIN ledger_account l ON l.id = p.account_id GROUP BY l.kind"
    )
    return {r["kind"]: int(r["amount"] if r["kind"] in ("task_expense", "rounding") else -r["amount"]) for r in found}


async def broken() -> set[str]:
    """The names of the invariants that do not hold now."""
    return {finding.name for finding in [await check(invariant) for invariant in INVARIANTS] if not finding.ok}


async def period_of(at: datetime, currency: str = "RUB") -> UUID:
    """The period around a moment, which must exist."""
    found: UUID = await db.scalar("SELECT id FROM period WHERE currency = $1 AND starts_at <= $2 AND $2 < ends_at", currency, at)
    assert found is not None
    return found
