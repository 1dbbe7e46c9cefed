"""Shapes of the API of contracts and absences."""

import re
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from piecework.platform.said import Said
from piecework.platform.web.operation import Moment, Shape
from piecework.platform.web.paging import Page, PageQuery
from piecework.tasks.contracts.leave import Days, Exactly, Kind
from piecework.tasks.contracts.standing import Stands
from piecework.tasks.contracts.terms import Cadence, Regime
from piecework.tasks.schemas.load import Day
from piecework.tasks.schemas.work import Reason
from piecework.tasks.workflows import Code

Remark = Annotated[str, StringConstraints(max_length=1000)]
Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Controls other than line feed and tab, and what turns or hides text: what is accepted is what was seen."""


def _shown(text: str) -> str:
    if HIDDEN.search(text):
        raise ValueError(Said("characters that cannot be seen or turn the text around"))
    return text


class OfferIn(Shape):
    """Terms to offer. `rate` says in words how pay is reckoned; `price_list`: the project whose price list holds for it.

    `weekly_norm` and `weekly_cap` count tasks a week over all projects together, `max_held` tasks at once. `starts_at`: the terms begin
    no earlier than that; left out, with their acceptance or as soon as the notice allows. `on_request`: the person asked for the change.
    """

    rate: Annotated[str, StringConstraints(min_length=3, max_length=2000, strip_whitespace=True), AfterValidator(_shown)]
    price_list: Code | None = None
    weekly_norm: Annotated[int, Field(ge=0, le=1_000_000)] = 1000
    weekly_cap: Annotated[int, Field(ge=1, le=1_000_000)] = 5000
    max_held: Annotated[int, Field(ge=1, le=50)] = 5
    zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "Europe/Moscow"
    cadence: Cadence = "weekly"
    regime: Regime
    notice_days: Annotated[int, Field(ge=0, le=365)] = 14
    clauses: Annotated[str, StringConstraints(max_length=10_000, strip_whitespace=True), AfterValidator(_shown)] = ""
    starts_at: Moment | None = None
    on_request: bool = False

    @model_validator(mode="after")
    def _cap_holds_the_norm(self) -> Self:
        if self.weekly_cap < self.weekly_norm:
            raise ValueError(Said("weekly_cap is less than weekly_norm"))
        return self


class OfferOut(Shape):
    """An offer in full. `text` is what is accepted, `sha256` its hash (of the UTF-8 bytes), `expires_at` until when.

    state: open · accepted · declined · withdrawn · superseded (by a newer one) · expired.
    """

    id: UUID
    freelancer_id: UUID
    state: str
    rate: str
    price_list: str | None
    weekly_norm: int
    weekly_cap: int
    max_held: int
    zone: str
    cadence: str
    regime: str
    notice_days: int
    clauses: str
    starts_at: datetime | None
    on_request: bool
    text: str
    sha256: str
    offered_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    reason: str | None


class OfferPreview(Shape):
    """An offer as it would be made now. `starts_at` null: it begins with its acceptance.

    `worse`: the terms that change and are not surely in the person's favour; unless they asked for it, those wait for the notice.
    """

    text: str
    starts_at: datetime | None
    worse: list[str]


class Offers(Page[OfferOut]):
    """A page of offers, newest first."""


class AcceptIn(Shape):
    """The hash of the text that was read."""

    sha256: Hash


class VersionOut(Shape):
    """A version of a contract: in force from `starts_at` to `until` (null: no end is known).

    What nobody offered nor accepted, because it was agreed before there were offers, is null.
    """

    version: int
    weekly_norm: int
    weekly_cap: int
    max_held: int
    zone: str
    notice_days: int
    rate: str | None
    price_list: str | None
    cadence: str | None
    regime: str | None
    clauses: str | None
    starts_at: datetime
    until: datetime | None
    accepted_at: datetime
    offer_id: UUID | None
    text: str | None
    sha256: str | None


class AnnouncedEnd(Shape):
    """An end of a contract. One that staff announced can be objected to until `appeal_by` (subject contract, this id).

    `undone_at`: since when it does not hold, because an objection was upheld.
    """

    id: UUID
    ends_at: datetime
    reason: str
    announced_at: datetime
    undone_at: datetime | None
    appeal_by: datetime | None
    appeal: str | None


class ContractOut(Shape):
    """A person's contract: the version in force, the next one to come, all versions and all ends, newest first."""

    in_force: VersionOut | None
    next: VersionOut | None
    versions: list[VersionOut]
    ends: list[AnnouncedEnd]


class ContractQuery(PageQuery):
    """Whose contracts. `q`: a part of the name, or the whole e-mail. `state` none: neither a contract nor an offer."""

    q: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    state: Stands | None = None


class ContractRow(Shape):
    """Where a person's contract stands: the version in force (null: none), the next one's beginning, an announced end, an open offer."""

    freelancer_id: UUID
    name: str
    applicant: bool
    version: int | None
    weekly_norm: int | None
    weekly_cap: int | None
    zone: str | None
    since: datetime | None
    next_at: datetime | None
    ends_at: datetime | None
    offer_id: UUID | None
    offer_expires_at: datetime | None


class Contracts(Page[ContractRow]):
    """A page of freelancers and applicants, the newest accounts first."""


class ContractEndIn(Shape):
    """When a contract is to end (left out: as soon as its notice allows), and why."""

    ends_at: Moment | None = None
    reason: Reason


class EndOwnIn(Shape):
    """When one's contract is to end (left out: now), and, if one likes, why."""

    ends_at: Moment | None = None
    reason: Remark = ""


class EndOut(Shape):
    """The announced end; what an objection to it names."""

    id: UUID


class LeaveIn(Shape):
    """An absence: whole days by the contract's calendar, or exact times."""

    kind: Kind
    first_day: Day | None = None
    last_day: Day | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    words: Remark = ""

    @model_validator(mode="after")
    def _one_interval(self) -> Self:
        self.when()
        return self

    def when(self) -> Days | Exactly:
        """What was given."""
        if self.first_day and self.last_day and not (self.starts_at or self.ends_at):
            return Days(self.first_day, self.last_day)
        if self.starts_at and self.ends_at and not (self.first_day or self.last_day):
            return Exactly(self.starts_at, self.ends_at)
        raise ValueError(Said("either first_day and last_day, or starts_at and ends_at"))


class LeaveOut(Shape):
    """An absence, half-open. state: told · waiting (for a curator) · confirmed · refused (see `reason`) · cancelled.

    `decide_by`: until when a curator may refuse what is waiting; then it is confirmed.
    """

    id: UUID
    freelancer_id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime
    words: str
    told_at: datetime
    state: str
    decided_at: datetime | None
    reason: str | None
    decide_by: datetime | None


class Absences(Page[LeaveOut]):
    """A page of absences."""


class CutIn(Shape):
    """When one is back; left out: now."""

    ends_at: Moment | None = None
