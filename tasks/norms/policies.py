"""The versions of the norms' policy: who set which and why, and which one a week goes by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from piecework.platform import db, notices, trail
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.tasks.norms.policy import NormPolicy


@dataclass(frozen=True, slots=True)
class Version:
    """One version; 0 are the defaults. It counts for the weeks that begin after `set_at`."""

    version: int
    policy: NormPolicy
    reason: str
    set_by: UUID | None
    set_at: datetime | None


DEFAULT = Version(0, NormPolicy(), "", None, None)


async def versions() -> list[Version]:
    """All versions, newest first; the defaults are the last."""
    found = await db.rows("SELECT version, spec::text AS policy, reason, set_by, set_at FROM norm_policy ORDER BY version DESC")
    return [*(Version(**{**row, "policy": NormPolicy.model_validate_json(row["policy"])}) for row in found), DEFAULT]


def at(known: Sequence[Version], starts: datetime) -> Version:
    """The version that a week beginning at this moment goes by."""
    return next(one for one in known if one.set_at is None or one.set_at <= starts)


async def set_policy(actor: UUID, policy: NormPolicy, reason: str) -> Version:
    """Write the next version, for the weeks that begin from now on, and tell everybody who has a norm."""
    # One after the other, so that their times follow their numbers.
    await db.execute("SELECT pg_advisory_xact_lock(hashtextextended('norm_policy', 0))")
    row = await db.row(
        """INSERT INTO norm_policy (version, spec, reason, set_by)
           SELECT 1 + coalesce(max(version), 0), $1::jsonb, $2, $3 FROM norm_policy RETURNING version, set_at""",
        orjson.dumps(policy.model_dump(mode="json")).decode(),
        reason,
        actor,
    )
    assert row is not None
    people = await db.rows("SELECT id FROM account WHERE $1 = ANY (roles) AND state = 'active'", Role.FREELANCER.value)
    await notices.send(
        [one["id"] for one in people],
        "norm.policy",
        Said("The rules of weekly norms change with your next week"),
        [
            Said("Reason: %(reason)s", reason=reason),
            "",
            *(f"{name}: {value}" for name, value in policy.model_dump(mode="json").items()),
        ],
        link="/norm-policy",
        key=str(row["version"]),
    )
    await trail.record(actor, "norm_policy.set", "norm_policy", str(row["version"]), reason=reason)
    return Version(row["version"], policy, reason, actor, row["set_at"])
