"""Published figures on how fairly people are judged. Counts and shares only, of everybody together."""

from typing import Any

from piecework.platform import db

LATELY_DAYS = 90

# The share is of those decided: what is still open says nothing yet.
APPEALS = """
SELECT count(*) AS raised, count(*) FILTER (WHERE state = 'open') AS open, count(*) FILTER (WHERE state = 'upheld') AS upheld,
       count(*) FILTER (WHERE state = 'denied') AS denied,
       count(*) FILTER (WHERE state = 'upheld' AND decided_by IS NULL) AS upheld_by_deadline,
       (count(*) FILTER (WHERE state = 'upheld'))::float8 / nullif(count(*) FILTER (WHERE state <> 'open'), 0) AS share_upheld,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM decided_at - opened_at) / 86400.0)
           FILTER (WHERE state <> 'open') AS median_days
FROM appeal WHERE $1::int IS NULL OR opened_at > now() - make_interval(days => $1)
"""
AUDITS = """
SELECT count(*) AS done, count(*) FILTER (WHERE passed @? '$.* ? (@ == false)') AS found_wrong,
       (count(*) FILTER (WHERE passed @? '$.* ? (@ == false)'))::float8 / nullif(count(*), 0) AS share_found_wrong,
       count(*) FILTER (WHERE changed) AS changed_the_verdict, (count(*) FILTER (WHERE changed))::float8 / nullif(count(*), 0) AS share_changed
FROM (SELECT u.passed, c.assignment_id IS NOT NULL AS changed
      FROM audit u LEFT JOIN (SELECT DISTINCT d.assignment_id FROM decision d WHERE d.basis = 'audit' AND (d.revision > 1 OR d.share < 10000)) c
          USING (assignment_id) WHERE u.done_at IS NOT NULL AND u.first_id IS NULL
      AND ($1::int IS NULL OR u.done_at > now() - make_interval(days => $1))) one
"""
RESTRICTIONS = """
SELECT kind, count(*) FILTER (WHERE r.lifted_at IS NULL AND r.ends_at > now()) AS in_force
FROM unnest(ARRAY['audits', 'project', 'pay', 'block']) AS every (kind) LEFT JOIN restriction r USING (kind) GROUP BY kind
"""


async def figures() -> dict[str, Any]:
    """Appeals and audits, of late and of all time, and the restrictions that are in force."""
    of = {
        name: [await db.row(sql, days) for days in (LATELY_DAYS, None)]
        for name, sql in (("appeals", APPEALS), ("audits", AUDITS))
    }
    return {
        "days": LATELY_DAYS,
        **{name: {"lately": dict(lately or {}), "all_time": dict(ever or {})} for name, (lately, ever) in of.items()},
        "restrictions_in_force": {row["kind"]: row["in_force"] for row in await db.rows(RESTRICTIONS)},
    }
