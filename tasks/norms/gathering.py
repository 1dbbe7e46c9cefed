"""Gathering the facts of many people's weeks at once: a few set-based statements for all of them, then plain values.

Everything is read as it was known `by` a moment after the week, so that whoever gathers later finds the same.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from piecework.platform import db
from piecework.tasks.norms import policies
from piecework.tasks.norms.facts import Away, Done, Ending, Facts, Gap, Handed, Outage, Pace, Terms
from piecework.tasks.norms.spans import Span

NEWEST = 500
"""The most answers that a pace is taken from, so that it costs the same however much somebody works."""
TEN = 10
"""The fewest answers that make a pace."""

WEEKS = """WITH w AS MATERIALIZED (
    SELECT person, starts, least(whole_ends, by) AS ends, whole_ends, by, first_uuid(starts - interval '5 days') AS first_id,
           least(whole_ends, by) - interval '28 days' AS pace_starts, first_uuid(least(whole_ends, by) - interval '33 days') AS pace_id
    FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[]) AS w (person, starts, whole_ends, by))"""
"""Of a week that is not over, facts end with `by`; what was agreed and leave are known ahead."""

TERMS = f"""{WEEKS}
SELECT w.person, t.* FROM w CROSS JOIN LATERAL terms_of(w.person, w.starts, w.whole_ends) t ORDER BY w.person, t.starts_at"""

AWAY = f"""{WEEKS}
SELECT w.person, l.kind, l.starts_at, l.ends_at FROM w CROSS JOIN LATERAL leave_of(w.person, w.starts, w.whole_ends) l
WHERE l.known_at <= w.by ORDER BY w.person, l.starts_at, l.ends_at, l.kind"""

# Active: asking, claiming or ending a task in the half hour before or after. Only who was there is read by person and time.
OUTAGES = f"""{WEEKS},
known AS MATERIALIZED (  -- most people's weeks have the same bounds
    SELECT b.*, o.starts_at, o.ends_at FROM (SELECT DISTINCT starts, ends, by FROM w) b CROSS JOIN LATERAL outages(b.starts, b.ends, b.by) o),
o AS (
    SELECT w.person, greatest(k.starts_at, w.starts) AS starts, least(k.ends_at, w.ends) AS ends, k.starts_at, k.ends_at
    FROM w JOIN known k ON (k.starts, k.ends, k.by) = (w.starts, w.ends, w.by))
SELECT o.person, o.starts, o.ends,
       EXISTS (SELECT FROM gap g WHERE g.freelancer_id = o.person AND g.starts_at < o.ends_at + interval '30 minutes'
                 AND coalesce(g.ended_at, g.asked_at) >= o.starts_at - interval '30 minutes')
       OR EXISTS (SELECT FROM assignment a WHERE a.freelancer_id = o.person AND a.id >= first_uuid(o.starts_at - interval '5 days')
                    AND (a.claimed_at BETWEEN o.starts_at - interval '30 minutes' AND o.ends_at + interval '30 minutes'
                         OR a.state IN ('submitted', 'accepted', 'rejected')
                            AND a.ended_at BETWEEN o.starts_at - interval '30 minutes' AND o.ends_at + interval '30 minutes')) AS active,
       (SELECT count(*) FROM assignment a WHERE a.freelancer_id = o.person AND a.id >= first_uuid(o.starts_at - interval '5 days')
          AND a.state IN ('submitted', 'accepted', 'rejected') AND a.ended_at >= o.starts AND a.ended_at < o.ends) AS answers
FROM o ORDER BY o.person, o.starts, o.ends"""

# An answer was rejected by the week's end if its newest decision by then says so. Decisions only get better, so an answer that was
# accepted at once never was, and of the few that were decided twice the log is asked.
REJECTED = """CASE WHEN a.state = 'rejected' THEN a.decided_at < w.ends
     WHEN a.state = 'accepted' AND a.revision > 1 THEN coalesce((
         SELECT d.state = 'rejected' FROM decision d WHERE d.assignment_id = a.id AND d.decided_at < w.ends ORDER BY d.revision DESC LIMIT 1), false)
     ELSE false END"""
ACCEPTED = """a.state = 'accepted' AND CASE WHEN a.revision > 1
     THEN EXISTS (SELECT FROM decision d WHERE d.assignment_id = a.id AND d.state = 'accepted' AND d.decided_at <= w.by)
     ELSE a.decided_at <= w.by END"""

TASKS = f"""
SELECT a.id, a.step_id, a.claimed_at, a.ended_at, a.claimed,
       CASE WHEN NOT a.answered THEN CASE WHEN a.state IN ('expired', 'skipped', 'released', 'escalated') AND a.ended_at < w.ends THEN a.state ELSE 'in_hand' END
            WHEN {ACCEPTED} THEN 'accepted' WHEN {REJECTED} THEN 'rejected' ELSE 'awaiting' END AS state
FROM (SELECT a.*, a.claimed_at >= w.starts AND a.claimed_at < w.ends AS claimed,
             a.state IN ('submitted', 'accepted', 'rejected') AND a.ended_at >= w.starts AND a.ended_at < w.ends AS answered
      FROM assignment a
      WHERE a.freelancer_id = w.person AND a.id >= w.first_id) a
WHERE a.claimed OR a.answered"""
"""Each task of a week w: handed out in it (`claimed`) or submitted in it, and what had become of it.

Ids are made at the claim, and nobody holds a task for five days.
"""

WORK = f"""{WEEKS}
SELECT w.person, n.* FROM w CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE x.state = 'accepted')::int AS accepted,
           count(*) FILTER (WHERE x.state = 'awaiting')::int AS awaiting,
           count(*) FILTER (WHERE x.state = 'rejected')::int AS rejected,
           count(*) FILTER (WHERE x.claimed)::int AS handed_out,
           count(*) FILTER (WHERE x.claimed AND x.state IN ('accepted', 'awaiting'))::int AS submitted,
           count(*) FILTER (WHERE x.claimed AND x.state = 'rejected')::int AS refused,
           count(*) FILTER (WHERE x.claimed AND x.state = 'expired')::int AS expired,
           count(*) FILTER (WHERE x.claimed AND x.state = 'skipped')::int AS skipped,
           count(*) FILTER (WHERE x.claimed AND x.state = 'released')::int AS released,
           count(*) FILTER (WHERE x.claimed AND x.state = 'escalated')::int AS escalated
    FROM ({TASKS}) x) n"""
"""How many tasks of a week came to what."""

# The time for an answer is that since the claim or, if that is later, since the answer before it. Answers sent in one go after a long
# sitting would look quick one by one: so they are taken some at a time, as many as may be held at once and at least ten, and the
# median is that of the groups' means. Rejected answers took time, and are none.
PACE = f"""{WEEKS}
SELECT w.person, coalesce(sum(g.answers), 0)::int AS answers, coalesce(bool_or(g.accepted), false) AS accepted,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY g.ms) FILTER (WHERE g.answers >= {TEN} AND (g.answers = g.size OR g.number = 0)) AS ms
FROM w CROSS JOIN LATERAL (SELECT greatest({TEN}, (contract_at(w.person, w.ends - interval '1 microsecond')).max_held) AS size OFFSET 0) s
LEFT JOIN LATERAL (
    SELECT (t.place - 1) / s.size AS number, s.size, count(*) AS answers, bool_or(t.accepted) AS accepted,
           greatest(1, round(date_part('epoch', sum(t.took)) * 1000 / count(*)))::bigint AS ms
    FROM (SELECT r.took, r.accepted, row_number() OVER (ORDER BY r.ended_at DESC, r.id DESC) AS place
          FROM (SELECT n.*, n.ended_at - greatest(n.claimed_at, lag(n.ended_at) OVER (ORDER BY n.ended_at, n.id)) AS took
                FROM (SELECT a.id, a.claimed_at, a.ended_at, {REJECTED} AS rejected, {ACCEPTED} AS accepted
                      FROM assignment a
                      WHERE a.freelancer_id = w.person AND a.id >= w.pace_id
                        AND a.state IN ('submitted', 'accepted', 'rejected')
                        AND a.ended_at >= w.pace_starts AND a.ended_at < w.ends
                      ORDER BY a.id DESC LIMIT {NEWEST}) n) r
          WHERE NOT r.rejected) t
    GROUP BY 1, 2) g ON true
GROUP BY w.person"""

# gap_end() says what an open gap came to; what goes on over the week's end is cut there, whatever comes of it later. Who had seen work
# first claimed it up to ten minutes after the gap's end: their next claim is what ended it.
GAPS = f"""{WEEKS},
g AS MATERIALIZED (
    SELECT w.person, w.starts AS week_starts, w.ends AS week_ends, g.id, g.starts_at, e.ended_at,
           CASE WHEN e.ended_at IS NULL OR e.ended_at > w.ends THEN 'week' ELSE e.ending END AS ending,
           least(coalesce(e.ended_at, w.ends), w.ends) AS ends_at
    FROM w JOIN gap g ON g.freelancer_id = w.person AND g.starts_at < w.ends AND g.starts_at >= w.starts - interval '14 days'
    CROSS JOIN LATERAL gap_end(g, w.by) e
    WHERE coalesce(e.ended_at, w.ends) > w.starts),
busy AS MATERIALIZED (
    SELECT p.person, range_agg(tstzrange(a.claimed_at, greatest(a.claimed_at, coalesce(a.ended_at, 'infinity')))) AS held
    FROM (SELECT person, first_uuid(min(starts_at) - interval '5 days') AS first_id FROM g GROUP BY person OFFSET 0) p
    CROSS JOIN LATERAL (SELECT a.claimed_at, a.ended_at FROM assignment a WHERE a.freelancer_id = p.person AND a.id >= p.first_id OFFSET 0) a
    GROUP BY p.person),
got AS MATERIALIZED (
    SELECT g.id, g.person, c.* FROM g CROSS JOIN LATERAL (
        SELECT (array_agg(a.step_id ORDER BY a.id))[1] AS step_id, a.claimed_at AS at,
               bool_and(a.state = 'expired' AND a.ended_at < g.week_ends) AS let_expire
        FROM (SELECT a.id, a.step_id, a.claimed_at, a.state, a.ended_at FROM assignment a
              WHERE a.freelancer_id = g.person AND a.id >= first_uuid(g.ended_at - interval '10 seconds')
                AND a.id < first_uuid(g.ended_at + interval '601 seconds') OFFSET 0) a
        WHERE a.claimed_at >= g.ended_at GROUP BY a.claimed_at ORDER BY a.claimed_at LIMIT 1) c
    WHERE g.ending = 'work')
SELECT g.person, greatest(g.starts_at, g.week_starts) AS starts, g.ends_at AS ends, g.ending,
       multirange(tstzrange(greatest(g.starts_at, g.week_starts), g.ends_at)) - coalesce(busy.held, '{{}}') AS free,
       coalesce(got.let_expire, false) AS let_expire,
       (SELECT s.median_ms FROM supply s WHERE s.step_id = got.step_id AND s.median_ms IS NOT NULL AND s.minute <= got.at + interval '2 minutes'
        ORDER BY s.minute DESC LIMIT 1) AS step_ms,
       g.ending = 'left' AND work_came(g.person, g.ends_at, g.ends_at + interval '10 minutes', false) AS work_came
FROM g LEFT JOIN busy ON busy.person = g.person LEFT JOIN got ON got.id = g.id AND got.person = g.person
ORDER BY g.person, g.starts_at"""

# Of revised results those that were known by then, so that whoever reckons late finds what was found in time.
MET_BEFORE = f"""{WEEKS}
SELECT w.person, array_agg(b.kindly ORDER BY b.starts_at DESC) AS met FROM w CROSS JOIN LATERAL (
    SELECT k.starts_at, coalesce(r.result <> 'missed' AND NOT r.second_chance, false) AS kindly
    FROM week k LEFT JOIN LATERAL (
        SELECT r.result, r.second_chance FROM week_result r
        WHERE r.freelancer_id = k.freelancer_id AND r.starts_at = k.starts_at AND (r.revision = 1 OR r.as_of <= w.by)
        ORDER BY r.revision DESC LIMIT 1) r ON true
    WHERE k.freelancer_id = w.person AND k.ends_at <= w.starts ORDER BY k.starts_at DESC LIMIT 2) b
GROUP BY w.person"""


@dataclass(frozen=True, slots=True)
class Week:
    """A person's week. `by`: facts count as far as they were known by then."""

    freelancer_id: UUID
    id: UUID
    starts_at: datetime
    ends_at: datetime
    zone: str
    by: datetime


@dataclass(frozen=True, slots=True)
class Gathered:
    """A week with its facts, what was handed out in it and the version of the policy that holds for it."""

    week: Week
    facts: Facts
    handed_out: int
    policy: int


HANDED = tuple(one.name for one in fields(Handed))
Found = Mapping[UUID, list[asyncpg.Record]]


async def gather(weeks: Sequence[Week]) -> list[Gathered]:
    """The facts of these weeks, at most one of each person."""
    asked = ([w.freelancer_id for w in weeks], [w.starts_at for w in weeks], [w.ends_at for w in weeks], [w.by for w in weeks])
    found = {
        name: _by_person(await db.rows(sql, *asked))
        for name, sql in (
            ("terms", TERMS),
            ("away", AWAY),
            ("outages", OUTAGES),
            ("gaps", GAPS),
            ("work", WORK),
            ("pace", PACE),
            ("met", MET_BEFORE),
        )
    }
    versions = await policies.versions()
    return [_gathered(week, {name: rows[week.freelancer_id] for name, rows in found.items()}, versions) for week in weeks]


def _gathered(week: Week, of: Mapping[str, list[asyncpg.Record]], versions: Sequence[policies.Version]) -> Gathered:
    work, pace = of["work"][0], of["pace"][0]
    policy = policies.at(versions, week.starts_at)
    enough = pace["ms"] is not None
    facts = Facts(
        zone=week.zone,
        week=Span(week.starts_at, week.ends_at),
        terms=tuple(Terms(row["version"], row["weekly_norm"], row["starts_at"], row["ends_at"]) for row in of["terms"]),
        policy=policy.policy,
        away=tuple(Away(row["kind"], row["starts_at"], row["ends_at"]) for row in of["away"]),
        outages=tuple(Outage(row["starts"], row["ends"], row["active"], row["answers"]) for row in of["outages"]),
        gaps=tuple(_gap(row) for row in of["gaps"]),
        pace=Pace(pace["ms"] if enough else None, pace["answers"]),
        handed=Handed(**{name: work[name] for name in HANDED}),
        worked_before=pace["accepted"],
        done=Done(work["accepted"], work["awaiting"], work["rejected"]),
        met_before=_met_before(of["met"]),
    )
    return Gathered(week, facts, work["handed_out"], policy.version)


def _gap(row: Mapping[str, Any]) -> Gap:
    return Gap(
        row["starts"],
        row["ends"],
        Ending(row["ending"]),
        tuple(Span(part.lower, part.upper) for part in row["free"]),
        row["work_came"],
        row["let_expire"],
        row["step_ms"],
    )


def _met_before(rows: list[asyncpg.Record]) -> int:
    met: list[bool] = rows[0]["met"] if rows else []
    return next((place for place, one in enumerate(met) if not one), len(met))


def _by_person(rows: Sequence[asyncpg.Record]) -> Found:
    people: dict[UUID, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        people[row["person"]].append(row)
    return people
