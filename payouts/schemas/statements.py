"""Statements in replies."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from piecework.payouts.statements.words import Language
from piecework.platform.money import Amount
from piecework.platform.web.operation import Query, Shape
from piecework.platform.web.paging import PageQuery


class StatementFigures(Shape):
    """A person's closed period in figures: `gross` is the sum of the five before it, `net` is `gross` less `tax`."""

    id: UUID
    period_id: UUID
    period: str
    since: datetime
    until: datetime
    freelancer_id: UUID
    currency: str
    work: Amount
    premium: Amount
    bonus: Amount
    deduction: Amount
    rounding: Amount
    gross: Amount
    tax: Amount
    net: Amount
    regime: str


class StatementsOf(PageQuery):
    """Statements of one person only, if wished."""

    freelancer_id: UUID | None = None


class InLanguage(Query):
    """The language of a page."""

    language: Language = "en"


class RuleLineOut(Shape):
    """What one version of a rule added."""

    rule: str
    version: int
    words: str
    amount: Amount


class DeductionOut(Shape):
    """What a published rule took, or what was given back."""

    rule: str
    version: int
    evidence: str
    appeal: str
    amount: Amount


class TaxOut(Shape):
    """What was withheld, step by step."""

    amount: Amount
    computation: list[str]


class SettlementOut(Shape):
    """Where the net went."""

    kind: Literal["paid", "sent", "returned", "carried", "held", "set_off"]
    amount: Amount
    payout: str
    on: date | None
    words: str


class PaidAssignment(Shape):
    """One answer: `entry_id` is the ledger's entry, `work` what the accepted share of its price earned."""

    at: datetime
    project: str
    step: str
    price: Amount
    share: int
    work: Amount
    premiums: Amount
    entry_id: int


class StatementPageOut(Shape):
    """A whole statement: every line down to each answer."""

    person: str
    period: str
    since: datetime
    until: datetime
    zone: str
    currency: str
    regime: str
    work: Amount
    premiums: list[RuleLineOut]
    bonuses: list[RuleLineOut]
    deductions: list[DeductionOut]
    rounding: Amount
    gross: Amount
    tax: TaxOut
    net: Amount
    settlements: list[SettlementOut]
    assignments: list[PaidAssignment]
    closed_at: datetime
    chain_head: str
