"""What finance has set for everybody: versions, each proposed by one person with a reason and approved by another; the newest approved counts."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.payouts.errors import OwnPolicy, PolicyDecided
from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.money import UNIT, AmountIn
from piecework.platform.said import Said
from piecework.platform.web.operation import Shape

KEEPS = 10_000
"""Shares are in 1/10,000."""

Zone = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Bound = Annotated[AmountIn, Field(ge=0)]
WaitHours = Annotated[int, Field(ge=0, le=720)]
CheckDays = Annotated[int, Field(ge=0, le=31)]
Share = Annotated[int, Field(ge=0, le=KEEPS)]
NoticeDays = Annotated[int, Field(ge=0, le=365)]


class PayPolicy(Shape):
    """The settings of pay. Amounts are of the currency of whatever they are held against.

    The defaults count until a first version is approved.
    """

    zone: Zone = "Europe/Moscow"
    """In which periods begin and end, and in which a tax year is reckoned."""
    four_eyes_above: Bound = Field(default_factory=lambda: 100_000 * UNIT)
    """A payout of more than this needs an approver who is not its author."""
    minimum_payout: Bound = Field(default_factory=int)
    """Less than this is carried over to the next payout."""
    details_wait_hours: WaitHours = 72
    """How long after a change of somebody's payment details nothing is paid to the new ones."""
    status_check_days: CheckDays = 1
    """How old a check of a self-employed person's status may be when they are paid."""
    deductions_keep: Share = 8_000
    """The share of a period's pay, in 1/10,000, that deductions always leave."""
    notice_days: NoticeDays = 3
    """How long before it comes into force a new tariff or pay rule must be announced."""
    hourly_floor: Bound = Field(default_factory=int)
    """Expected earnings per hour below this warn requester and curator; 0 warns never."""


async def current() -> PayPolicy:
    """The newest approved version, or the defaults."""
    spec = await db.scalar("SELECT spec::text FROM pay_policy_in_force ORDER BY version DESC LIMIT 1")
    return PayPolicy() if spec is None else PayPolicy.model_validate_json(spec)


async def version() -> int:
    """The number of the newest approved version; 0 while the defaults count."""
    found: int = await db.scalar("SELECT coalesce(max(version), 0) FROM pay_policy_in_force")
    return found


async def zone() -> str:
    """In which periods begin and end."""
    return (await current()).zone


VERSIONS = """
SELECT p.version, p.spec::text AS policy, p.reason, p.author_id, p.proposed_at, a.approver_id, a.approved_at,
       CASE WHEN p.version = newest THEN 'in_force' WHEN a.version IS NOT NULL THEN 'replaced'
            WHEN p.version > newest THEN 'proposed' ELSE 'passed_over' END AS state
FROM pay_policy p LEFT JOIN pay_policy_approval a USING (version)
CROSS JOIN (SELECT coalesce(max(version), 0) AS newest FROM pay_policy_in_force) f
WHERE $1::bigint IS NULL OR p.version = $1
ORDER BY p.version DESC"""


async def versions(only: int | None = None) -> list[dict[str, Any]]:
    """All versions, or one, newest first, with who proposed and approved them, when and why, and their state.

    `proposed` waits for its approval, `in_force` counts, `replaced` has counted, `passed_over` can no longer be approved: a later one was.
    """
    found = await db.rows(VERSIONS, only)
    return [{**row, "policy": PayPolicy.model_validate_json(row["policy"])} for row in found]


async def propose(actor: UUID, policy: PayPolicy, reason: str) -> int:
    """Write the next version; returns its number. Nothing changes before somebody else has approved it.

    Raises:
        Invalid: not a time zone that the database knows.
    """
    if not await db.scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", policy.zone):
        raise Invalid(errors=[{"field": "zone", "code": "unknown_zone", "message": Said("Not an IANA time zone.")}])
    await db.execute("SELECT lock_periods()")
    made: int = await db.scalar(
        """INSERT INTO pay_policy (version, spec, reason, author_id)
           SELECT 1 + coalesce(max(version), 0), $1::jsonb, $2, $3 FROM pay_policy RETURNING version""",
        orjson.dumps(policy.model_dump(mode="json")).decode(),
        reason,
        actor,
    )
    await trail.record(actor, "pay_policy.proposed", "pay_policy", str(made), reason=reason)
    return made


async def approve(approver: UUID, proposed: int) -> None:
    """Let a version count from now on. Periods that exist keep their bounds.

    Raises:
        NotFound: there is no such version.
        OwnPolicy: the approver has proposed it.
        PolicyDecided: it is approved already, or a later one is.
    """
    await db.execute("SELECT lock_periods()")
    found = await db.row("SELECT version, author_id FROM pay_policy WHERE version = $1::bigint", proposed)
    if found is None:
        raise NotFound
    if found["author_id"] == approver:
        raise OwnPolicy
    if found["version"] <= await version():
        raise PolicyDecided
    await db.execute("INSERT INTO pay_policy_approval (version, approver_id) VALUES ($1, $2)", found["version"], approver)
    await trail.record(approver, "pay_policy.approved", "pay_policy", str(found["version"]))
