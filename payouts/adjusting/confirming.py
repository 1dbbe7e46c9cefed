"""What curators confirm for pay: weeks in which somebody mentored a newcomer, and units of training that somebody has done.

It counts for bonuses of the span in which it is confirmed. What was confirmed by mistake is confirmed anew with a value of 0: that
takes it back in the span in which it is said.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from piecework.payouts.adjusting import spans
from piecework.payouts.adjusting.spans import Span
from piecework.payouts.books import pay_policy
from piecework.payouts.errors import MeasureKnown, OwnMeasure
from piecework.platform import db, trail
from piecework.platform.errors import Invalid
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.tasks import measures
from piecework.tasks.measures import Measure


async def mentoring(
    actor: UUID, mentor: UUID, mentee: UUID, week: str, *, value: int, evidence: str, reason: str, replace: bool
) -> None:
    """Confirm (1) or take back (0) a week of a mentee.

    Raises:
        Invalid, OwnMeasure, MeasureKnown: not two freelancers, or no week that has begun; one's own; confirmed already.
    """
    await _freelancer(actor, mentor, "freelancer_id")
    await _freelancer(actor, mentee, "mentee_id")
    if mentor == mentee:
        raise _invalid("mentee_id", "own_mentee", Said("Nobody is their own mentor."))
    try:
        span = spans.week(week, await pay_policy.zone())
    except ValueError:
        raise _invalid("week", "unknown_week", Said("A week is called 2026-W47.")) from None
    told = {"week": week, "mentee": str(mentee), "evidence": evidence}
    await _record(actor, Measure(mentor, "mentoring", span.since, span.until, f"mentee:{mentee}", value, told), reason, replace)


async def training(
    actor: UUID, trainee: UUID, unit: str, day: date, *, value: int, evidence: str, reason: str, replace: bool
) -> None:
    """Confirm (1) or take back (0) that somebody did a unit of training on a day.

    Raises:
        Invalid, OwnMeasure, MeasureKnown: not a freelancer, or a day that has not begun; one's own; confirmed already.
    """
    await _freelancer(actor, trainee, "freelancer_id")
    span: Span = spans.day(day, await pay_policy.zone())
    told = {"unit": unit, "day": day.isoformat(), "evidence": evidence}
    await _record(actor, Measure(trainee, "training", span.since, span.until, f"unit:{unit}", value, told), reason, replace)


async def _freelancer(actor: UUID, person: UUID, field: str) -> None:
    if person == actor:
        raise OwnMeasure
    roles = await db.scalar("SELECT roles FROM account WHERE id = $1", person)
    if roles is None or Role.FREELANCER not in roles:
        raise _invalid(field, "not_a_freelancer", Said("There is no such freelancer."))


async def _record(actor: UUID, measure: Measure, reason: str, replace: bool) -> None:
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    if measure.since > now:
        raise _invalid("week" if measure.kind == "mentoring" else "day", "not_begun", Said("That is still to come."))
    # Two at once: the second waits here, and finds the first.
    await db.execute("SELECT FROM account WHERE id = $1 FOR NO KEY UPDATE", measure.freelancer_id)
    if not await measures.record([measure], actor=actor, reason=reason, replace=replace):
        raise MeasureKnown
    detail: dict[str, Any] = {"source": measure.source, "value": measure.value}
    await trail.record(actor, f"measure.{measure.kind}", "account", measure.freelancer_id, reason=reason, **detail)


def _invalid(field: str, code: str, message: str | Said) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "message": message}])
