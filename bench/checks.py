"""After each measure: the database holds what was acknowledged, once each, and nothing beyond what was asked for."""

import asyncpg

STATE = """
SELECT (SELECT count(*) FROM answer) AS answers, (SELECT count(*) FROM job) AS jobs,
       (SELECT count(*) FROM assignment WHERE state = 'held') AS held,
       (SELECT count(*) FROM slot WHERE assignment_id IS NOT NULL) AS leased
"""

OVER_OVERLAP = """
SELECT count(*) FROM (
    SELECT a.task_id, count(*) AS answers FROM assignment a
    WHERE a.state IN ('held', 'submitted', 'accepted', 'rejected') GROUP BY a.task_id) live
JOIN task t ON t.id = live.task_id WHERE live.answers > t.overlap
"""

DOUBLE = """
SELECT (SELECT count(*) FROM (SELECT FROM assignment GROUP BY task_id, freelancer_id HAVING count(*) > 1) person)
     + (SELECT count(*) FROM (SELECT FROM assignment WHERE slot_id <> 0 AND state IN ('held', 'submitted')
                              GROUP BY slot_id HAVING count(*) > 1) slot)
"""


class Broken(Exception):
    """The database does not hold what it should."""


async def state(connection: asyncpg.Connection) -> dict[str, int]:
    """Counts before or after a measure."""
    return dict(await connection.fetchrow(STATE))


async def verify(connection: asyncpg.Connection, before: dict[str, int], acknowledged: int, kinds: int) -> None:
    """Compare the database with what was acknowledged.

    Raises:
        Broken: they differ.
    """
    after = await state(connection)
    found = {
        "answers": after["answers"] - before["answers"] - acknowledged,
        "jobs": after["jobs"] - before["jobs"] - acknowledged * kinds,
        "held but not leased": after["held"] - after["leased"],
        "over overlap": await connection.fetchval(OVER_OVERLAP),
        "double": await connection.fetchval(DOUBLE),
    }
    if any(found.values()):
        raise Broken(f"after {acknowledged} acknowledged pairs: {found}")
