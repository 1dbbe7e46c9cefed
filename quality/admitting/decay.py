"""Qualifications that the clock ends: one whose time is over, and one that was not used for long. Both are told ahead.

Used is a qualification by an answer in one of its queues, claimed within the time and not rejected, or by a review as its second line. One that nobody could use does not lapse:
where its queues had no new work in that time, or its owner is blocked from all work, or was away lately. It is regained by its exams alone
(`assessing`). Run late, twice or after a week's pause, each step happens once, and never sooner after its notice than the policy says.
"""

from datetime import datetime, timedelta
from typing import Any

from piecework.platform import db, notices
from piecework.platform.errors import NotFound
from piecework.platform.said import Said, ours
from piecework.quality.admitting import policy
from piecework.tasks import qualifications

UNUSED, EXPIRED = "unused", "expired"
WHY = {
    UNUSED: ours(Said("It was not used for as long as the published rules allow.")),
    EXPIRED: ours(Said("Its time is over.")),
}
"""Why it ended, as the person reads it."""

# Current qualifications that will have ended in $1 days if nothing happens, with why. $2: after how many days unused.
FADING = """
WITH t AS (SELECT make_interval(days => $1) AS ahead, make_interval(days => $2 - $1) AS age, make_interval(days => $2) AS whole),
current AS (SELECT id, freelancer_id, code, granted_at, expires_at FROM qualification WHERE revoked_at IS NULL),
busy AS MATERIALIZED (
    SELECT DISTINCT q.qualification FROM queue q JOIN task k ON k.step_id = q.step_id CROSS JOIN t WHERE k.created_at > now() - t.whole)
SELECT c.id, c.freelancer_id, c.code, c.expires_at, 'expired' AS because FROM current c, t WHERE c.expires_at <= now() + t.ahead
UNION ALL
SELECT c.id, c.freelancer_id, c.code, c.expires_at, 'unused' FROM current c, t
WHERE (c.expires_at IS NULL OR c.expires_at > now() + t.ahead) AND c.granted_at <= now() - t.age
  AND c.code IN (SELECT qualification FROM busy)
  AND NOT EXISTS (SELECT FROM assignment a JOIN queue q ON q.step_id = a.step_id
                  WHERE a.freelancer_id = c.freelancer_id AND a.id >= uuidv7(-t.age) AND a.claimed_at > now() - t.age
                    AND q.qualification = c.code AND a.state IN ('held', 'submitted', 'accepted'))
  AND NOT EXISTS (SELECT FROM measure m WHERE m.freelancer_id = c.freelancer_id AND m.kind = 'review' AND m.recorded_at > now() - t.age
                    AND m.evidence ->> 'qualification' = c.code)
  AND NOT EXISTS (SELECT FROM restriction_now r WHERE r.freelancer_id = c.freelancer_id AND r.kind = 'block')
  AND NOT EXISTS (SELECT FROM leave_of(c.freelancer_id, now() - t.ahead, now()))
ORDER BY 1
"""

# Told of the end of what it is now, since it was last used.
TOLD = """
SELECT n.told_at FROM lapse_notice n WHERE n.qualification_id = $1 AND n.because = $2
AND NOT EXISTS (SELECT FROM assignment a JOIN queue q ON q.step_id = a.step_id JOIN qualification c ON c.id = $1
                WHERE a.freelancer_id = c.freelancer_id AND q.qualification = c.code AND $2 = 'unused'
                  AND a.state IN ('held', 'submitted', 'accepted') AND a.claimed_at > n.told_at)
AND NOT EXISTS (SELECT FROM measure m JOIN qualification c ON c.id = $1
                WHERE m.freelancer_id = c.freelancer_id AND m.kind = 'review' AND m.evidence ->> 'qualification' = c.code AND $2 = 'unused'
                  AND m.recorded_at > n.told_at)
ORDER BY n.told_at DESC LIMIT 1
"""


async def look() -> None:
    """Tell ahead of what will end, and end what was told long enough ago."""
    rules = await policy.now()
    now: datetime = await db.scalar("SELECT now()")
    for row in await db.rows(FADING, rules.notice_days, rules.unused_days):
        told_at: datetime | None = await db.scalar(TOLD, row["id"], row["because"])
        if told_at is None:
            await _tell(row, rules.notice_days)
        if _is_over(row, told_at, now, rules.notice_days):
            await _end(row)


def _is_over(row: Any, told_at: datetime | None, now: datetime, notice_days: int) -> bool:
    """Time is over by its own date, which was known from the start; unused is over once the notice was long enough ago."""
    if row["because"] == EXPIRED:
        return bool(row["expires_at"] <= now)
    return told_at is not None and told_at <= now - timedelta(days=notice_days)


async def _tell(row: Any, notice_days: int) -> None:
    told_at: datetime = await db.scalar(
        "INSERT INTO lapse_notice (qualification_id, because) VALUES ($1, $2) RETURNING told_at", row["id"], row["because"]
    )
    ends_at = row["expires_at"] if row["because"] == EXPIRED else told_at + timedelta(days=notice_days)
    why = (
        Said("Its time is over then.")
        if row["because"] == EXPIRED
        else Said("You have not used it for long. One accepted answer in its queues keeps it.")
    )
    body = [why, Said("Once it has ended, its exam alone brings it back: GET /me/admissions/%(code)s.", code=row["code"])]
    title = Said("Your qualification %(code)s ends on %(day)s", code=row["code"], day=ends_at.date())
    key = f"{row['id']}:{told_at.isoformat()}"
    await notices.send([row["freelancer_id"]], "qualification.ending", title, body, link="/me/qualifications", key=key)


async def _end(row: Any) -> None:
    try:
        await qualifications.disqualify(None, row["freelancer_id"], row["code"], WHY[row["because"]], qualification_id=row["id"])
    except NotFound:  # ended, or replaced by more, since it was looked at
        return
    await db.execute("INSERT INTO lapse (qualification_id, because) VALUES ($1, $2)", row["id"], row["because"])
