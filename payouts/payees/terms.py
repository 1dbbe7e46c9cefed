"""Pay terms: how often a person is paid and how they are taxed. Versions, each from its own moment on, never from one that is past.

Of the versions that have begun the one that began last counts, of several that began together the newest. So a version that is still
to come stays, whatever is agreed until then; to call it off, agree another from the same moment on. Who has no terms is paid weekly
and untaxed. They are written when a person accepts a contract that says others (agreed.py), and by finance where the law demands it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.payouts.taxes.tables import Regime
from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Account
from piecework.platform.said import Said
from piecework.tasks.qualifications import freelancer

FIELDS = "id, freelancer_id, version, cadence, regime, starts_at, reason, created_by, created_at"

CURRENT = """
SELECT cadence, regime, starts_at FROM pay_terms WHERE freelancer_id = $1 AND starts_at <= clock_timestamp() ORDER BY starts_at DESC, version DESC LIMIT 1
"""

HISTORY = f"SELECT {FIELDS} FROM pay_terms WHERE freelancer_id = $1 ORDER BY version DESC"


async def agree(
    actor: UUID, freelancer_id: UUID, *, cadence: str, regime: Regime, starts_at: datetime | None, reason: str
) -> dict[str, Any]:
    """Give a person the next version of their terms, from now on if no moment is named.

    A closing that is under way has ended before the terms begin, so they never change what it has withheld.

    Raises:
        OwnContract, NotFound, NotAFreelancer: oneself, no such account, not a freelancer.
        Invalid: they would begin in the past.
    """
    await freelancer(actor, freelancer_id)
    now = await _lock(freelancer_id)
    if starts_at is not None and starts_at < now:
        raise Invalid(errors=[{"field": "starts_at", "code": "in_the_past", "message": Said("Terms never begin in the past.")}])
    return await _write(actor, freelancer_id, cadence, regime, starts_at or now, reason)


async def accept(freelancer_id: UUID, *, cadence: str, regime: Regime, starts_at: datetime, reason: str) -> UUID:
    """Write the terms that a person has accepted themselves with their contract; returns their id.

    They begin at `starts_at`, or now if that is past: what was reckoned until then stays as it is.
    """
    now = await _lock(freelancer_id)
    made = await _write(freelancer_id, freelancer_id, cadence, regime, max(starts_at, now), reason)
    return made["id"]  # type: ignore[no-any-return]


async def _lock(freelancer_id: UUID) -> datetime:
    """One change of a person's terms at a time, and none while a closing withholds; returns the time now."""
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    await db.execute("SELECT lock_tax_rules()")
    return await db.scalar("SELECT clock_timestamp()")  # type: ignore[no-any-return]


async def _write(
    actor: UUID, freelancer_id: UUID, cadence: str, regime: Regime, starts_at: datetime, reason: str
) -> dict[str, Any]:
    made = await db.row(
        f"""INSERT INTO pay_terms (freelancer_id, version, cadence, regime, starts_at, reason, created_by)
            SELECT $1, 1 + coalesce(max(version), 0), $2, $3, $4, $5, $6 FROM pay_terms WHERE freelancer_id = $1
            RETURNING {FIELDS}""",
        freelancer_id,
        cadence,
        regime,
        starts_at,
        reason,
        actor,
    )
    assert made is not None
    facts = {"version": made["version"], "cadence": cadence, "regime": regime}
    await trail.record(actor, "pay_terms.agreed", "account", freelancer_id, reason=reason, **facts)
    return dict(made)


async def history(freelancer_id: UUID) -> list[dict[str, Any]]:
    """All versions of a person's terms, newest first.

    Raises:
        NotFound: no such account.
    """
    if not await Account.exists(id=freelancer_id):
        raise NotFound
    return [dict(r) for r in await db.rows(HISTORY, freelancer_id)]


async def current(freelancer_id: UUID, on: str = db.APP) -> dict[str, Any] | None:
    """The cadence, regime and beginning of the terms that count now, None if there are none."""
    found = await db.row(CURRENT, freelancer_id, on=on)
    return None if found is None else dict(found)
