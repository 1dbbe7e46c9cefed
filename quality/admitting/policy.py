"""How long decisions may take, and how long a qualification may go unused: versions, of which the newest holds."""

from dataclasses import dataclass
from uuid import UUID

from piecework.platform import db, trail


@dataclass(frozen=True, slots=True)
class Policy:
    """In days: until a decision is late, until an unused qualification lapses, and how long ahead of its end that is told."""

    decide_days: int
    unused_days: int
    notice_days: int


async def now() -> Policy:
    """The policy that holds."""
    row = await db.row("SELECT decide_days, unused_days, notice_days FROM admission_policy ORDER BY version DESC LIMIT 1")
    assert row is not None
    return Policy(**row)


async def change(actor: UUID, policy: Policy, reason: str) -> None:
    """Set the policy from now on. Deadlines that people were told stay as they are."""
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('admission_policy', 0))")
    version = await db.scalar(
        """INSERT INTO admission_policy (version, decide_days, unused_days, notice_days, reason, set_by)
           SELECT 1 + max(version), $1, $2, $3, $4, $5 FROM admission_policy RETURNING version""",
        policy.decide_days,
        policy.unused_days,
        policy.notice_days,
        reason,
        actor,
    )
    await trail.record(actor, "admission_policy.changed", "admission_policy", version, reason=reason)
