"""Who will probably be at work in each hour of the next days: stated shifts and what people did in the last four weeks.

And how each one's usual hours spread over their week, by which claims tell who is behind their norm: from what they did alone, because
nothing follows from shifts.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from piecework.platform import db
from piecework.tasks.load import shifts
from piecework.tasks.norms.spans import Span
from piecework.tasks.pace import ENOUGH

WEEK = 168
PAST_WEEKS = 4
HOURS = WEEK + 24
"""So far is reckoned: always a week, however late the next run."""
HOUR = timedelta(hours=1)
FASTEST, SLOWEST = 4.0, 0.25
"""The bounds of a person's speed relative to the usual one; beyond them it is chance, or something that answers are judged for."""
HABIT = 10
"""Who worked in fewer hours of the last four weeks has no habit yet."""

PEOPLE = """
SELECT m.freelancer_id, array_agg(DISTINCT m.project_id) AS projects FROM may_work m
WHERE (contract_at(m.freelancer_id, clock_timestamp())).id IS NOT NULL
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = m.freelancer_id
                  AND (r.kind = 'block' OR (r.kind = 'project' AND r.project_id = m.project_id)))
GROUP BY m.freelancer_id
"""

WORKED = """
SELECT freelancer_id, array_agg(((extract(epoch FROM hour - $1)) / 3600)::int) AS hours, sum(answered) AS answered,
       sum(took_ms) AS took_ms, sum(usual_ms) AS usual_ms
FROM work_hour WHERE hour >= $1 AND hour < $2 GROUP BY freelancer_id
"""

# Leave that is told, and the time after a contract's end unless another has begun by then.
AWAY = """
SELECT p.id, l.starts_at, l.ends_at FROM unnest($1::uuid[]) AS p (id) CROSS JOIN LATERAL leave_of(p.id, $2, $3) l
UNION ALL
SELECT e.freelancer_id, e.ends_at, $3 FROM contract_end e
WHERE e.freelancer_id = ANY ($1) AND e.ends_at > $2 AND e.ends_at < $3 AND (contract_at(e.freelancer_id, e.ends_at)).id IS NULL
"""

AVAILABLE = "SELECT project_id, starts_at, people FROM availability WHERE project_id = ANY ($1) OR project_id IS NULL"

WEEKS = "SELECT freelancer_id, week_starts, week_ends FROM workload WHERE freelancer_id = ANY ($1) AND week_ends > $2"

Array = NDArray[np.float64]


@dataclass(slots=True)
class Person:
    """What is known of one person. Hours are counted from four weeks before the first that is reckoned."""

    projects: list[UUID] = field(default_factory=list)
    worked: list[int] = field(default_factory=list)
    speed: float = 1.0
    shifts: list[Span] | None = None
    away: list[Span] = field(default_factory=list)
    week: Span | None = None


async def reckon() -> None:
    """Reckon the people expected in each hour of the next days, by project and anywhere, and keep that in place of the last."""
    now: datetime = await db.scalar("SELECT date_trunc('hour', clock_timestamp(), 'UTC')")
    since, until = now - PAST_WEEKS * WEEK * HOUR, now + HOURS * HOUR
    people = {row["freelancer_id"]: Person(projects=row["projects"]) for row in await db.rows(PEOPLE)}
    for row in await db.rows(WORKED, since, now):
        if row["freelancer_id"] in people:
            one = people[row["freelancer_id"]]
            one.worked, one.speed = row["hours"], speed(row["answered"], row["took_ms"], row["usual_ms"])
    for person, hours in (await shifts.hours_of_many(people, since, until)).items():
        people[person].shifts = hours
    for row in await db.rows(AWAY, list(people), now, until):
        people[row["id"]].away.append(Span(row["starts_at"], row["ends_at"]))
    for row in await db.rows(WEEKS, list(people), now):
        people[row["freelancer_id"]].week = Span(row["week_starts"], row["week_ends"])
    found, spreads = await asyncio.to_thread(lambda: (_by_project(people, since), _spreads(people, since)))
    await db.execute("DELETE FROM availability")
    await db.execute(
        "INSERT INTO availability (project_id, starts_at, people) SELECT p.id, $2, p.people::float8[] FROM unnest($1::uuid[], $3::text[]) AS p (id, people)",
        list(found),
        now,
        [_array(values) for values in found.values()],
    )
    await db.execute("DELETE FROM usual_week")
    await db.execute(
        """INSERT INTO usual_week (freelancer_id, week_starts, past) SELECT p.id, p.starts, p.past::real[]
           FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS p (id, starts, past)""",
        list(spreads),
        [week.starts for week, _ in spreads.values()],
        [_array(past) for _, past in spreads.values()],
    )


def _array(values: Array) -> str:
    return "{" + ",".join(f"{value:.3f}" for value in values) + "}"


async def expected_in(project_ids: Sequence[UUID], since: datetime, hours: int) -> dict[UUID | None, Array]:
    """People expected in each hour from this full hour on, in each of these projects and (None) anywhere, where that is reckoned."""
    found = {}
    for row in await db.rows(AVAILABLE, project_ids):
        skip = (since - row["starts_at"]) // HOUR
        if 0 <= skip <= len(row["people"]) - hours:
            found[row["project_id"]] = np.array(row["people"][skip : skip + hours])
    return found


def speed(answered: int, took_ms: int, usual_ms: int) -> float:
    """How much of the usual work a person does in an hour; 1 while too few answers are known."""
    if answered < ENOUGH or not took_ms or not usual_ms:
        return 1.0
    return float(min(FASTEST, max(SLOWEST, usual_ms / took_ms)))


def expected(person: Person, since: datetime) -> Array:
    """How many usual people this one is, on average, in each hour to come.

    With shifts: the part of the hour within them times the share of past shift hours in which they worked, (worked + 1) / (hours + 2)
    (Laplace's rule of succession, so that one missed hour does not mean never). Without: in how many of the last weeks they worked in
    that hour of the week, of those since they began.
    """
    past = PAST_WEEKS * WEEK
    worked = np.zeros(past)
    worked[person.worked] = 1.0
    if person.shifts is not None:
        intended = covered(person.shifts, since, past + HOURS)
        due = intended[:past] >= 0.5
        chance = intended[past:] * (worked[due].sum() + 1) / (due.sum() + 2)
    elif person.worked:
        weeks = min(PAST_WEEKS, -(-(past - min(person.worked)) // WEEK))
        chance = np.resize(worked.reshape(PAST_WEEKS, WEEK).sum(axis=0) / weeks, HOURS)
    else:
        chance = np.zeros(HOURS)
    away = covered(person.away, since + past * HOUR, HOURS)
    found: Array = chance * np.clip(1 - away, 0, 1) * person.speed
    return found


def spread(worked: Sequence[int], first: float, hours: int) -> Array | None:
    """Which share of the usual hours of a week is over at its start and after each hour of it, from 0 to 1; None without a habit.

    `worked`: the hours of the four weeks before now in which they worked, and `first`: when the week starts, both counted in hours from
    the beginning of those four weeks.
    """
    if len(worked) < HABIT:
        return None
    usual = np.bincount(np.asarray(worked) % WEEK, minlength=WEEK)
    # A week that starts within an hour of the clock has its usual hours cut in the same places.
    edges = np.interp(
        first + np.arange(hours + 1),
        np.arange(3 * WEEK * PAST_WEEKS + 1),
        np.append(0, np.cumsum(np.resize(usual, 3 * WEEK * PAST_WEEKS))),
    )
    total = edges[-1] - edges[0]
    return (edges - edges[0]) / total if total else None


def covered(spans: Iterable[Span], since: datetime, hours: int) -> Array:
    """The part of each hour from this moment on that lies within the spans."""
    edges = np.arange(hours)
    found = np.zeros(hours)
    for span in spans:
        starts, ends = (span.starts - since) / HOUR, (span.ends - since) / HOUR
        found += np.clip(np.minimum(ends, edges + 1) - np.maximum(starts, edges), 0, 1)
    return found


def _by_project(people: Mapping[UUID, Person], since: datetime) -> dict[UUID | None, Array]:
    found: dict[UUID | None, Array] = defaultdict(lambda: np.zeros(HOURS))
    found[None] = np.zeros(HOURS)
    for person in people.values():
        each = expected(person, since)
        found[None] += each
        for project in person.projects:
            found[project] += each
    return dict(found)


def _spreads(people: Mapping[UUID, Person], since: datetime) -> dict[UUID, tuple[Span, Array]]:
    found = {}
    for id_, person in people.items():
        if person.week is not None:
            hours = -(-(person.week.ends - person.week.starts) // HOUR)
            past = spread(person.worked, (person.week.starts - since) / HOUR, hours)
            if past is not None:
                found[id_] = (person.week, past)
    return found
