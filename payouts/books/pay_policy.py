"""What finance has set for everybody: versions, the newest counts. Each version says who made it and why."""

from typing import Annotated
from uuid import UUID

import orjson
from pydantic import Field, StringConstraints

from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.money import UNIT, AmountIn
from piecework.platform.web.operation import Shape

KEEPS = 10_000
"""Shares are in 1/10,000."""


class PayPolicy(Shape):
    """The settings of pay. Amounts are of the currency of whatever they are held against."""

    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "Europe/Moscow"
    """In which periods begin and end, and in which a tax year is reckoned."""
    four_eyes_above: AmountIn = Field(default_factory=lambda: 100_000 * UNIT)
    """A payout of more than this needs an approver who is not its author."""
    minimum_payout: AmountIn = Field(default_factory=int)
    """Less than this is carried over to the next payout."""
    details_wait_hours: int = Field(default=72, ge=0, le=720)
    """How long after a change of somebody's payment details nothing is paid to the new ones."""
    status_check_days: int = Field(default=1, ge=0, le=31)
    """How old a check of a self-employed person's status may be when they are paid."""
    deductions_keep: int = Field(default=8_000, ge=0, le=KEEPS)
    """The share of a period's pay, in 1/10,000, that deductions always leave."""
    notice_days: int = Field(default=3, ge=0, le=365)
    """How long before it comes into force a new tariff or pay rule must be announced."""
    hourly_floor: AmountIn = Field(default_factory=int)
    """Expected earnings per hour below this warn requester and curator; 0 warns never."""


async def current() -> PayPolicy:
    """The newest version, or the defaults."""
    spec = await db.scalar("SELECT spec::text FROM pay_policy ORDER BY version DESC LIMIT 1")
    return PayPolicy() if spec is None else PayPolicy.model_validate_json(spec)


async def version() -> int:
    """The number of the newest version; 0 while the defaults count."""
    found: int = await db.scalar("SELECT coalesce(max(version), 0) FROM pay_policy")
    return found


async def zone() -> str:
    """In which periods begin and end."""
    return (await current()).zone


async def change(actor: UUID | None, policy: PayPolicy, reason: str) -> int:
    """Make the next version; returns its number. Periods that exist keep their bounds.

    Raises:
        Invalid: not a time zone that the database knows.
    """
    if not await db.scalar("SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1)", policy.zone):
        raise Invalid(errors=[{"field": "zone", "code": "unknown_zone", "message": "Not an IANA time zone."}])
    await db.execute("SELECT lock_periods()")
    version: int = await db.scalar(
        """INSERT INTO pay_policy (version, spec, reason, created_by)
           SELECT 1 + coalesce(max(version), 0), $1::jsonb, $2, $3 FROM pay_policy RETURNING version""",
        orjson.dumps(policy.model_dump(mode="json")).decode(),
        reason,
        actor,
    )
    await trail.record(actor, "pay_policy.changed", "pay_policy", str(version), reason=reason)
    return version
