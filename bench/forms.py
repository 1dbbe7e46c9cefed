"""Pages that no link leads to: their addresses in the year, and what must be so for them to be there.

Somebody comes there by a form, or only in the minutes of a lease or an attempt, which a kept year has long behind it. What is done here is
done to the copy that is measured, by its owner: the pages read it as if it had come about by itself.
"""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

MOST = 25
"""So many addresses of one page."""
ACTS = (
    # Tasks whose answers do not agree: in the demonstration curators settle them all.
    f"""UPDATE task SET state = 'disputed' WHERE id IN (
            SELECT t.id FROM task t JOIN assignment a ON a.task_id = t.id AND a.state IN ('submitted', 'accepted', 'rejected')
            WHERE t.state = 'undecided' AND t.ticket_id IS NOT NULL AND t.result IS NULL
            GROUP BY t.id HAVING count(*) > 1 ORDER BY t.id LIMIT {MOST})""",
    # One of the drawn audits is the curator's for now.
    """UPDATE audit SET taken_by = $1, taken_until = now() + interval '1 day' WHERE id IN (
           SELECT id FROM audit WHERE done_at IS NULL AND lapsed_at IS NULL AND plan = 'random' ORDER BY id LIMIT 1)""",
    # Attempts at exams go on.
    "UPDATE exam_attempt SET ends_at = now() + interval '1 day' WHERE finished_at IS NULL",
)
"""What is done first; $1 is the curator."""
OF_CURATOR = (
    "SELECT '/audits/work'",
    f"SELECT '/audits/' || id FROM audit WHERE auditor_id = $1 AND done_at IS NOT NULL ORDER BY hashtextextended(id::text, 7) LIMIT {MOST}",
    f"SELECT '/disputes/' || id FROM task WHERE state = 'disputed' ORDER BY id LIMIT {MOST}",
    f"""SELECT format('/policies/%s/%s/curve?overlap=2&max_overlap=4&confidence=0.9', p.code, s.key)
        FROM workflow w JOIN project p ON p.id = w.project_id JOIN step s ON s.workflow_id = w.id
        WHERE w.state = 'active' ORDER BY p.code, s.key LIMIT {MOST}""",
    "SELECT format('/writing/%s/%s', kind, name) FROM draft WHERE owner = $1",
)
OF_APPLICANT = (
    "SELECT format('/me/way/%s/other-times', id) FROM candidacy WHERE freelancer_id = $1",
    "SELECT '/me/exams/attempts/' || id FROM exam_attempt WHERE freelancer_id = $1 AND finished_at IS NULL",
)
QUERIES: Mapping[str, tuple[str, ...]] = {"curator": OF_CURATOR, "applicant": OF_APPLICANT, "freelancer": OF_APPLICANT[1:]}
"""Role -> statements that give addresses for the account $1."""


async def act(owner: asyncpg.Connection, curator: UUID) -> None:
    """Let be so what these pages show."""
    async with owner.transaction():
        await owner.execute("SET LOCAL session_replication_role = replica")  # no trigger: nothing but pages looks at it
        for statement in ACTS:
            await owner.execute(statement, *([curator] if "$1" in statement else []))


async def addresses(owner: asyncpg.Connection, role: str, account: UUID) -> list[str]:
    """Where forms lead this person."""
    found: list[str] = []
    for statement in QUERIES.get(role, ()):
        found += [row[0] for row in await owner.fetch(statement, *([account] if "$1" in statement else []))]
    return found
