"""A past to count: tickets, claims, gaps and supply as if they had happened then."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from piecework.platform import db

HOUR = timedelta(hours=1)


async def this_hour() -> datetime:
    """The beginning of the hour under way."""
    now: datetime = await db.scalar("SELECT date_trunc('hour', clock_timestamp(), 'UTC')")
    return now


async def tickets(
    received: Sequence[datetime], code: str = "orders", channel: str = "email", *, deadline: datetime | None = None
) -> None:
    """Tickets received at these moments; resolved, unless a deadline is given: then they are open."""
    await db.execute(
        """INSERT INTO ticket (project_id, workflow_id, source, external_id, channel, language, subject, text, received_at, deadline_at, state, resolved_at)
           SELECT p.id, w.id, 'past', gen_random_uuid()::text, $3, 'en', '', 'x', at, coalesce($4, at + interval '1 day'),
                  CASE WHEN $4 IS NULL THEN 'resolved' ELSE 'open' END, CASE WHEN $4 IS NULL THEN at END
           FROM unnest($2::timestamptz[]) AS at, project p JOIN workflow w ON w.project_id = p.id AND w.state = 'active' WHERE p.code = $1""",
        code,
        received,
        channel,
        deadline,
    )


async def claims(
    person: UUID, claimed: Sequence[datetime], *, seconds: float | None = 60, code: str = "orders", state: str = "accepted"
) -> None:
    """Claims of a person at these moments, each answered after so many seconds (None: given back at once)."""
    await db.execute(
        """INSERT INTO assignment (id, task_id, freelancer_id, step_id, project_id, slot_id, price, deadline_at, state, claimed_at, ended_at,
                                   decided_at, share, revision)
           SELECT (left(first_uuid(at)::text, 19) || right(gen_random_uuid()::text, 17))::uuid, gen_random_uuid(), $2, q.step_id, q.project_id, 0, 1, at,
                  CASE WHEN $4::float8 IS NULL THEN 'released' ELSE $5 END, at, at + make_interval(secs => coalesce($4, 0)),
                  CASE WHEN $4 IS NOT NULL AND $5 IN ('accepted', 'rejected') THEN at END, CASE WHEN $5 = 'rejected' THEN 0 ELSE 10000 END, 1
           FROM unnest($3::timestamptz[]) AS at, queue q JOIN project p ON p.id = q.project_id WHERE p.code = $1""",
        code,
        person,
        claimed,
        seconds,
        state,
    )


async def gaps(person: UUID, starts: Sequence[datetime], seconds: float, ending: str = "work") -> None:
    """Times in which the person asked for work in vain."""
    await db.execute(
        """INSERT INTO gap (id, freelancer_id, starts_at, asked_at, ended_at, ending)
           SELECT (left(first_uuid(at)::text, 19) || right(gen_random_uuid()::text, 17))::uuid, $1, at, at, at + make_interval(secs => $3), $4
           FROM unnest($2::timestamptz[]) AS at""",
        person,
        starts,
        seconds,
        ending,
    )


async def open_minutes(hour: datetime, minutes: int, open_in: int, code: str = "orders") -> None:
    """So many minutes from this one on in which the platform worked, in the first of which work stood open."""
    every = [hour + timedelta(minutes=n) for n in range(minutes)]
    await db.execute("INSERT INTO pulse (minute) SELECT unnest($1::timestamptz[]) ON CONFLICT DO NOTHING", every)
    await db.execute(
        """INSERT INTO supply (step_id, line, language, minute, open, claimed)
           SELECT q.step_id, 1, language, minute, 3, 0 FROM unnest($2::timestamptz[]) AS minute, unnest('{en,ru}'::text[]) AS language,
                  queue q JOIN project p ON p.id = q.project_id WHERE p.code = $1""",
        code,
        every[:open_in],
    )
