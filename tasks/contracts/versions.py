"""Versions of contracts: which are in force or to come, and what they say."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Account
from piecework.tasks.contracts.limits import NOTICE_BEFORE_OFFERS

# All of a person's versions, newest first, each with its offer. `until`: when it stopped or will stop, as far as is known.
VERSIONS = """
SELECT c.id, c.freelancer_id, c.version, c.weekly_norm, c.weekly_cap, c.max_held, c.zone, c.starts_at, c.accepted_at, c.offer_id,
       o.rate, o.price_list, o.cadence, o.regime, o.clauses, o.text, o.sha256, coalesce(o.notice_days, $2) AS notice_days, e.until,
       (contract_at($1, clock_timestamp())).version IS NOT DISTINCT FROM c.version AS in_force,
       c.starts_at > clock_timestamp() AND (e.until IS NULL OR e.until > c.starts_at) AS to_come
FROM (SELECT *, lead(starts_at) OVER (ORDER BY version) AS next_at FROM contract WHERE freelancer_id = $1) c
LEFT JOIN contract_offer o ON o.id = c.offer_id
CROSS JOIN LATERAL (SELECT least(c.next_at, (
    SELECT min(greatest(e.ends_at, c.starts_at)) FROM contract_end e
    WHERE e.freelancer_id = $1 AND e.version >= c.version AND NOT EXISTS (SELECT FROM contract_end_undone u WHERE u.end_id = e.id))) AS until) e
ORDER BY c.version DESC"""

LOCK = "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE"
"""Serialises what is done about one person's contract and absences."""


async def check_known(freelancer_id: UUID) -> None:
    """Raises NotFound if there is no such account."""
    if not await Account.exists(id=freelancer_id):
        raise NotFound


async def versions(freelancer_id: UUID) -> list[dict[str, Any]]:
    """All versions of a person's contract, newest first."""
    return [dict(row) for row in await db.rows(VERSIONS, freelancer_id, NOTICE_BEFORE_OFFERS.days)]


async def standing(freelancer_id: UUID) -> dict[str, Any] | None:
    """The newest version that is in force or to come: what an offer would change and an end would end. None: there is none."""
    return next((one for one in await versions(freelancer_id) if one["in_force"] or one["to_come"]), None)


async def notice(freelancer_id: UUID) -> timedelta:
    """The notice that must be given now: that of the version in force, or else of the one to come."""
    listed = await versions(freelancer_id)
    held = [one for one in listed if one["in_force"]] or [one for one in listed if one["to_come"]]
    return timedelta(days=held[0]["notice_days"]) if held else timedelta()


async def clock() -> datetime:
    """The database's time now."""
    return await db.scalar("SELECT clock_timestamp()")  # type: ignore[no-any-return]


async def refresh_load(freelancer_id: UUID) -> None:
    """Let the next claim heed the contract as it is now."""
    await db.execute("SELECT apply_contract($1)", freelancer_id)
