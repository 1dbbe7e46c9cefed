"""Pay policy in bodies and replies."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import StringConstraints

from piecework.payouts.books.pay_policy import Bound, CheckDays, NoticeDays, PayPolicy, Share, WaitHours, Zone
from piecework.platform.web.operation import Shape

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class WholePolicy(PayPolicy):
    """The settings of pay, none of them left out: what nobody wrote down, nobody has approved."""

    zone: Zone
    four_eyes_above: Bound
    minimum_payout: Bound
    details_wait_hours: WaitHours
    status_check_days: CheckDays
    deductions_keep: Share
    notice_days: NoticeDays
    hourly_floor: Bound


class PolicyOut(Shape):
    """The settings that count now. `version` 0: no version is approved, the defaults count."""

    version: int
    policy: PayPolicy


class PolicyIn(Shape):
    """The next version, whole, and why."""

    policy: WholePolicy
    reason: Reason


class PolicyVersion(Shape):
    """A version of the settings: who proposed it, when and why, and who approved it, when.

    `proposed` waits for its approval, `in_force` counts, `replaced` has counted, `passed_over` can no longer be approved: a later one was.
    """

    version: int
    state: Literal["proposed", "in_force", "replaced", "passed_over"]
    policy: PayPolicy
    reason: str
    author_id: UUID
    proposed_at: datetime
    approver_id: UUID | None
    approved_at: datetime | None


class PolicyVersions(Shape):
    """All versions, newest first."""

    versions: list[PolicyVersion]
