"""What must always hold of weeks and their results."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from piecework.platform import db
from piecework.platform.invariants import Invariant
from piecework.tasks.norms.facts import FACTS, Facts
from piecework.tasks.norms.gathering import Gathered, Week, gather
from piecework.tasks.norms.rules import Reckoning, reckon

NEWEST = 500
"""The newest results are reckoned again: of ten thousand people's weeks that is enough to see a fault in the rules or in the facts."""
KEPT = timedelta(days=90)
"""Not those of older weeks from the rows behind their facts: samples of the supply are deleted in time."""

RESULTS = """
SELECT w.id, w.freelancer_id, w.starts_at, w.ends_at, w.zone, r.revision, r.result, r.basis, r.norm, r.leave, r.outages, r.gaps, r.effective,
       r.done, r.handed_out, r.take_up, r.second_chance, r.policy, r.as_of, r.facts::text AS facts, r.lines::text AS lines,
       r.as_of > clock_timestamp() - $2::interval AS lately
FROM (SELECT * FROM week ORDER BY id DESC LIMIT $1) w JOIN week_newest r USING (freelancer_id, starts_at) ORDER BY w.id DESC"""


async def not_as_reckoned() -> list[dict[str, Any]]:
    """Of the newest results those that their own facts do not come to, and those whose facts the recorded rows do not come to."""
    found = [dict(row) | {"known": _read(row["facts"])} for row in await db.rows(RESULTS, NEWEST, KEPT)]
    of_each = {row["freelancer_id"]: row for row in reversed(found) if row["lately"]}.values()
    weeks = [
        Week(row["freelancer_id"], row["id"], row["starts_at"], row["ends_at"], row["zone"], row["as_of"]) for row in of_each
    ]
    again = {one.week.id: one for one in await gather(weeks)}
    broken = [(row, "facts") for row in found if row["known"] is None or _differs(row, reckon(row["known"]))]
    broken += [(row, "rows") for row in of_each if row["known"] is not None and _gathered_otherwise(again[row["id"]], row)]
    return [{"freelancer_id": row["freelancer_id"], "starts_at": row["starts_at"], "by": by} for row, by in broken]


def _read(facts: str) -> Facts | None:
    try:
        return FACTS.validate_json(facts)
    except ValidationError:
        return None


def _differs(row: Mapping[str, Any], found: Reckoning) -> bool:
    figures = ("norm", "leave", "outages", "gaps", "effective", "done", "take_up")
    outcome = row["basis"] != "appeal" and (row["result"], row["second_chance"]) != (found.result, found.second_chance)
    return (
        outcome
        or any(row[name] != getattr(found, name) for name in figures)
        or orjson.loads(row["lines"]) != orjson.loads(orjson.dumps(found.lines))
    )


def _gathered_otherwise(again: Gathered, row: Mapping[str, Any]) -> bool:
    return (again.handed_out, again.policy, _plain(again.facts)) != (row["handed_out"], row["policy"], _plain(row["known"]))


def _plain(facts: Facts) -> Facts:
    """Facts but for what may rightly be another: how the weeks before ended (an appeal), and which kind of absence it was (erased)."""
    return replace(facts, met_before=0, away=tuple(replace(one, kind="") for one in facts.away))


INVARIANTS = (
    Invariant(
        "tasks.weeks_without_holes",
        "A person's weeks do not overlap, and between two of them is no time in which a contract was in force.",
        """SELECT * FROM (SELECT freelancer_id, ends_at, lead(starts_at) OVER (PARTITION BY freelancer_id ORDER BY starts_at) AS next FROM week) w
           WHERE w.next < w.ends_at
              OR (w.next > w.ends_at AND EXISTS (SELECT FROM terms_of(w.freelancer_id, w.ends_at, w.next)))""",
    ),
    Invariant(
        "tasks.weeks_are_those_of_claims",
        "The week that a person's claims are counted in begins and ends with one of their weeks, if that is made.",
        """SELECT l.freelancer_id, l.week_starts, l.week_ends FROM workload l JOIN week w USING (freelancer_id)
           WHERE w.starts_at < l.week_ends AND w.ends_at > l.week_starts AND (w.starts_at, w.ends_at) <> (l.week_starts, l.week_ends)""",
    ),
    Invariant(
        "tasks.results_follow_each_other",
        "A week's results are numbered without holes, and none is worse for the person than the one before it.",
        """SELECT * FROM (
               SELECT freelancer_id, starts_at, revision, result, lag(revision) OVER o AS before, lag(result) OVER o AS was FROM week_result
               WINDOW o AS (PARTITION BY freelancer_id, starts_at ORDER BY revision)) r
           WHERE r.revision <> coalesce(r.before, 0) + 1
              OR array_position(ARRAY['missed', 'excused', 'met'], r.result) < array_position(ARRAY['missed', 'excused', 'met'], r.was)""",
    ),
    Invariant(
        "tasks.results_are_as_done",
        "What a week's newest result says was done is what was submitted in it and not rejected by its end, or accepted after all.",
        """SELECT r.freelancer_id, r.starts_at, r.done, count(a.id) AS really
           FROM week_newest r JOIN week w USING (freelancer_id, starts_at) LEFT JOIN week_look l USING (freelancer_id, starts_at)
           LEFT JOIN assignment a ON a.freelancer_id = w.freelancer_id AND a.ended_at >= w.starts_at AND a.ended_at < w.ends_at
               AND (a.state = 'submitted' OR a.state = 'accepted' AND NOT EXISTS (
                        SELECT FROM decision d WHERE d.assignment_id = a.id AND d.revision = 1 AND d.state = 'rejected' AND d.decided_at < w.ends_at
                          AND NOT EXISTS (SELECT FROM decision e WHERE e.assignment_id = a.id AND e.state = 'accepted'
                                            AND e.decided_at <= greatest(r.as_of, l.as_of)))
                    OR a.state = 'rejected' AND a.decided_at >= w.ends_at)
           GROUP BY r.freelancer_id, r.starts_at, r.revision, r.done HAVING count(a.id) <> r.done""",
    ),
    Invariant(
        "tasks.results_are_as_reckoned",
        f"The newest {NEWEST} results are what their facts come to by the rules, and those facts what the recorded rows come to.",
        not_as_reckoned,
    ),
)
