"""What a project spends, day by day, and what it is committed to: from the ledger, and for what has no entry yet from tasks."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.tickets import queries
from piecework.platform import db
from piecework.platform.errors import Invalid
from piecework.platform.said import Said

USUAL = 30
LONGEST = 366


async def by_day(project_id: UUID, since: date | None, until: date | None) -> Sequence[dict[str, Any]]:
    """A row for each day from `since` to `until`, both included, in the zone of pay; without them the last thirty days.

    Money stands under the day it belongs to: `spent` under that of its acceptance, claw-back or restoration, `pending` under that of
    the answer, `held` (part of what is spent) under that of the acceptance, `reserved` under that on which the task was opened,
    `budget` under that on which the open ticket came.

    Raises:
        Invalid: `until` is before `since`, or more than 366 days are asked for.
    """
    first, last, zone = await _span(since, until)
    return [dict(row) for row in await db.rows(queries.SPEND, [project_id], first, last, zone)]


async def by_project(project_ids: Sequence[UUID], since: date | None, until: date | None) -> Sequence[dict[str, Any]]:
    """A row for each of these projects, over the same days as `by_day`.

    Raises:
        Invalid: as there.
    """
    first, last, zone = await _span(since, until)
    return [dict(row) for row in await db.rows(queries.SPEND_OF_PROJECTS, list(project_ids), first, last, zone)]


async def _span(since: date | None, until: date | None) -> tuple[date, date, str]:
    zone = await pay_policy.zone()
    last = until or await db.scalar("SELECT (now() AT TIME ZONE $1)::date", zone)
    first = since or last - timedelta(days=USUAL - 1)
    if not timedelta(0) <= last - first < timedelta(days=LONGEST):
        message = Said("until is not before since, and the two are at most %(longest)s days.", longest=LONGEST)
        raise Invalid(errors=[{"field": "since", "code": "bad_range", "message": message}])
    return first, last, zone
