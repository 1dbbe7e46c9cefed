"""What a ticket costs, and its reopening."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from piecework.platform.money import Amount, AmountIn
from piecework.platform.web.operation import Query, Shape
from piecework.tasks.fields import Key

Reason = Annotated[str, StringConstraints(min_length=3, max_length=2000, strip_whitespace=True)]

Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2100, 12, 31))]


class ReopenIn(Shape):
    """Why a ticket is taken up again, and which steps are done anew.

    Only curators and administrators may ask to claw back, and not for a project of their own. Whose money is taken back reads the reason.
    """

    reason: Reason
    redo: Annotated[list[Key], Field(min_length=1, max_length=20)]
    claw_back: bool = False


class ReopeningOut(Shape):
    """A reopening. `redo` are the steps that are done anew, and with them all that depends on them."""

    id: UUID
    ticket_id: UUID
    number: int
    redo: list[str]
    claw_back: bool
    reason: str
    at: datetime


class TicketBudgetIn(Shape):
    """What the ticket may cost in base prices; null goes back to the bound of its price list."""

    budget: Annotated[AmountIn, Field(gt=0)] | None
    reason: Reason


class TicketBudgetOut(Shape):
    """The bound that holds for the ticket now (null: none), and what it is committed to already."""

    ticket_id: UUID
    state: str
    budget: Amount | None
    committed: Amount


class PremiumOut(Shape):
    """What a version of a pay rule added."""

    rule: str
    version: int
    amount: Amount
    entry_id: int


class MoneyOut(Shape):
    """What became of the money. cost = work + premiums - clawed_back + restored = held + payable.

    `released` is what of the payable came from a hold, `paid` what of it was earned in periods whose pay has arrived (before tax).
    """

    pending: Amount
    work: Amount
    premiums: Amount
    cost: Amount
    held: Amount
    payable: Amount
    released: Amount
    clawed_back: Amount
    restored: Amount
    paid: Amount


class StatementLine(Shape):
    """One answer, or one being worked on. `share` is the accepted part in 1/10,000; `after_reopening` says which one wanted it."""

    assignment_id: UUID
    step: str
    iteration: int
    after_reopening: int | None
    who: str
    state: str
    share: int | None
    price: Amount
    tariff_version: int | None
    claimed_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    money: MoneyOut
    premiums: list[PremiumOut]
    entries: list[int]


class StatementReopening(Shape):
    """A reopening, and what the answers that it wanted have cost so far."""

    number: int
    at: datetime
    reason: str
    redo: list[str]
    claw_back: bool
    top_up: Amount


class TicketStatement(Shape):
    """Who did what for a ticket, and what that came to.

    `reserved` is what is not decided yet, at its price: submitted answers, those being worked on, those that open slots wait for.
    """

    ticket_id: UUID
    external_id: str
    project: str
    currency: str
    state: str
    received_at: datetime
    resolved_at: datetime | None
    lines: list[StatementLine]
    reopenings: list[StatementReopening]
    total: MoneyOut
    reserved: Amount
    committed: Amount
    budget: Amount | None


class PostingOut(Shape):
    """One leg of an entry: a debit is positive, a credit negative."""

    account: str
    owner: str
    currency: str
    amount: Amount


class EntryOut(Shape):
    """One entry of the ledger with its postings and all that it stands on."""

    id: int
    business_key: str
    kind: str
    period_id: UUID
    period: str
    effective_at: datetime
    recorded_at: datetime
    actor: UUID | None
    actor_name: str | None
    reason: str
    assignment_id: UUID | None
    ticket_id: UUID | None
    project: str | None
    source_id: UUID | None
    rule_id: UUID | None
    rule: str | None
    rule_version: int | None
    rule_title: str | None
    resolves: int | None
    reverses: int | None
    resolved_by: int | None
    reversed_by: int | None
    postings: list[PostingOut]


class SpendQuery(Query):
    """First and last day, both included; without them the last thirty."""

    since: Day | None = None
    until: Day | None = None


class SpendFigures(Shape):
    """`held` is part of what is spent; `reserved` is work under way and open slots at today's dearest price; `budget` of open tickets."""

    spent: Amount
    pending: Amount
    held: Amount
    reserved: Amount
    budget: Amount


class SpendDay(SpendFigures):
    """One day."""

    day: date


class SpendOut(Shape):
    """What a project spent, by day, and the sums."""

    project: str
    currency: str
    days: list[SpendDay]
    total: SpendFigures


class ProjectSpend(SpendFigures):
    """What one project spent."""

    project: str
    name: str
    currency: str


class SpendOfProjects(Shape):
    """What the caller's projects spent."""

    projects: list[ProjectSpend]
