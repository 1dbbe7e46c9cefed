"""What a curator may do about somebody, in steps: more audits, no tasks of one project, pay held back, no tasks at all.

Holding back pay and blocking need a case that a person has confirmed. Each restriction has a reason, an end, and an appeal.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.quality.errors import NeedsConfirmedCase, NotImpartial
from piecework.tasks import qualifications, restrictions
from piecework.tasks.restrictions import Kind

STEPS = (Kind.AUDITS, Kind.PROJECT, Kind.PAY, Kind.BLOCK)
GRAVE = frozenset({Kind.PAY, Kind.BLOCK})
CASE_COUNTS = timedelta(days=365)

ALL_OF = """
SELECT r.id, r.freelancer_id, r.kind, p.code AS project, r.reason, r.imposed_by, r.starts_at, r.ends_at, r.lifted_at, r.lifted_by,
       r.lift_reason, r.lifted_at IS NULL AND r.ends_at > now() AS active, a.state AS appeal,
       CASE WHEN a.id IS NULL AND r.lifted_at IS NULL AND r.starts_at + $2::interval >= now() THEN r.starts_at + $2::interval END AS appeal_by
FROM restriction r LEFT JOIN project p ON p.id = r.project_id
LEFT JOIN appeal a ON a.subject = 'restriction' AND a.subject_id = r.id
WHERE r.freelancer_id = $1 ORDER BY r.id DESC LIMIT 200
"""


async def impose(actor: UUID, freelancer_id: UUID, *, kind: Kind, project_id: UUID | None, days: int, reason: str) -> UUID:
    """Restrict a freelancer for `days`; returns the restriction's id.

    Raises:
        NotImpartial, NotFound, NotAFreelancer, NeedsConfirmedCase: see there.
    """
    if actor == freelancer_id:
        raise NotImpartial
    await qualifications.freelancer(actor, freelancer_id)
    if kind in GRAVE and not await _has_confirmed_case(freelancer_id):
        raise NeedsConfirmedCase
    return await restrictions.impose(actor, freelancer_id, kind=kind, project_id=project_id, days=days, reason=reason)


async def lift(actor: UUID, restriction_id: UUID, reason: str) -> UUID:
    """End a restriction early; returns whose it was.

    Raises:
        NotFound, NotImpartial: see there.
    """
    freelancer_id: UUID | None = await db.scalar("SELECT freelancer_id FROM restriction WHERE id = $1", restriction_id)
    if freelancer_id is None:
        raise NotFound
    if freelancer_id == actor:
        raise NotImpartial
    await restrictions.lift(actor, restriction_id, reason)
    return freelancer_id


async def of(freelancer_id: UUID, appeal_within: timedelta) -> list[dict[str, Any]]:
    """A person's restrictions, newest first, with whether each holds now, and was or can be appealed."""
    return [dict(row) for row in await db.rows(ALL_OF, freelancer_id, appeal_within)]


def next_step(state: str, taken: Sequence[str]) -> Kind | None:
    """The mildest step that was not taken yet in a case, as far as the case allows."""
    following = next((kind for kind in STEPS if kind not in taken), None)
    return None if state == "dismissed" or (state != "confirmed" and following in GRAVE) else following


async def _has_confirmed_case(freelancer_id: UUID) -> bool:
    return bool(
        await db.scalar(
            """SELECT EXISTS (SELECT FROM suspicion WHERE people @> ARRAY[$1::uuid] AND state = 'confirmed'
                              AND decided_at > now() - $2::interval)""",
            freelancer_id,
            CASE_COUNTS,
        )
    )
