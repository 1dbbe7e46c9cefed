"""When something about a person is new, their test starts afresh: a long absence, another device.

Found good is not good for ever: a sold account, a forgotten instruction. The golden rate is high again until the test has decided.
"""

from uuid import UUID

from piecework.platform import db
from piecework.quality.people import standings
from piecework.quality.statistics.rate import LONG_ABSENCE_DAYS

BATCH = 500

ABSENT = """
SELECT p.freelancer_id FROM (
    SELECT freelancer_id, min(coalesce(restarted_at, '-infinity')) AS restarted_at FROM standing GROUP BY freelancer_id) p
CROSS JOIN LATERAL (
    SELECT a.ended_at FROM assignment a WHERE a.freelancer_id = p.freelancer_id AND a.state IN ('submitted', 'accepted', 'rejected')
    ORDER BY a.id DESC LIMIT 1) last
WHERE last.ended_at <= now() - make_interval(days => $1) AND p.restarted_at < last.ended_at
ORDER BY p.freelancer_id LIMIT $2
"""

IS_NEW = """
SELECT EXISTS (SELECT FROM device d JOIN device e ON e.account_id = d.account_id AND e.first_seen < d.first_seen
               JOIN standing st ON st.freelancer_id = d.account_id AND coalesce(st.restarted_at, '-infinity') < d.first_seen
               WHERE d.account_id = $1 AND d.fingerprint = $2)
"""


async def after_absence() -> int:
    """Start afresh with those whose last answer is a long absence ago; returns how many. Once per absence."""
    found = await db.rows(ABSENT, int(LONG_ABSENCE_DAYS), BATCH)
    for row in found:
        await standings.restart(row["freelancer_id"], "a long absence")
    return len(found)


async def on_new_device(account_id: UUID, fingerprint: bytes) -> bool:
    """Start afresh with somebody who signed in from a device that is new, having had another; true if so. Once per device."""
    new = bool(await db.scalar(IS_NEW, account_id, fingerprint))
    if new:
        await standings.restart(account_id, "a new device")
    return new
