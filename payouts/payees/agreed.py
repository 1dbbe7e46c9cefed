"""Pay terms from contracts: how a person is paid and taxed is part of the offer that they accept, and holds from when the contract does."""

from collections.abc import Sequence
from uuid import UUID

from piecework.payouts.payees import terms
from piecework.payouts.taxes.tables import Regime
from piecework.platform import db
from piecework.platform.jobs import Job, JobKind

# In the order of the versions, whichever job comes first. over: the next version holds already, so this one never will.
NOT_HEEDED = """
SELECT c.offer_id, c.version, c.starts_at, o.cadence, o.regime,
       coalesce(lead(c.starts_at) OVER (ORDER BY c.version) <= clock_timestamp(), false) AS over,
       (cadence_of($1, greatest(c.starts_at, clock_timestamp())), regime_of($1, greatest(c.starts_at, clock_timestamp())))
           = (o.cadence, o.regime) AS same
FROM contract c JOIN contract_offer o ON o.id = c.offer_id
WHERE c.freelancer_id = $1 AND NOT EXISTS (SELECT FROM agreed_terms a WHERE a.offer_id = c.offer_id) ORDER BY c.version LIMIT 1"""
HEED = "INSERT INTO agreed_terms (offer_id, pay_terms_id) VALUES ($1, $2)"


async def accepted(jobs: Sequence[Job]) -> None:
    """Contracts were accepted: their pay terms hold from when they do, or from now on where that is past."""
    for freelancer_id in sorted({UUID(job.payload["freelancer_id"]) for job in jobs}):
        await heed(freelancer_id)


async def heed(freelancer_id: UUID) -> None:
    """Write the pay terms of a person's accepted contracts that are not written yet, once each; none where they hold already."""
    await db.execute("SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE", freelancer_id)
    while (found := await db.row(NOT_HEEDED, freelancer_id)) is not None:
        written = None
        if not (found["over"] or found["same"]):
            written = await terms.accept(
                freelancer_id,
                cadence=found["cadence"],
                regime=Regime(found["regime"]),
                starts_at=found["starts_at"],
                reason=f"Accepted with version {found['version']} of the contract.",
            )
        await db.execute(HEED, found["offer_id"], written)


JOBS = (JobKind("payouts.agreed_terms", accepted, batch=20),)

SUBSCRIPTIONS = {"contract.accepted": ("payouts.agreed_terms",)}
