"""What a statement says, as plain values. Both renderers take this and nothing else.

A page that does not add up cannot be made: whoever reads one may check every sum with a pencil.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

SettlementKind = Literal["paid", "sent", "returned", "carried", "held", "set_off"]


@dataclass(frozen=True, slots=True)
class RuleLine:
    """What one version of a rule added over the period; `words` explain it, in the reader's language."""

    rule: str
    version: int
    words: str
    amount: int


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a published rule took (`amount` < 0), on what evidence, and how and until when that may be appealed."""

    rule: str
    version: int
    evidence: str
    appeal: str
    amount: int


@dataclass(frozen=True, slots=True)
class Tax:
    """What was withheld, and its computation step by step, in the reader's language."""

    amount: int
    computation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """Where the net went: a payout that took it, or why none did yet. `payout` is its number, `on` the day of it."""

    kind: SettlementKind
    amount: int
    payout: str = ""
    on: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """One entry of the ledger for an answer: `share` of it was accepted, in 1/10,000; `work` is what that share of the price earned."""

    at: datetime
    project: str
    step: str
    price: int
    share: int
    work: int
    premiums: int
    entry_id: int

    @property
    def earned(self) -> int:
        """The answer's pay with its premiums."""
        return self.work + self.premiums


@dataclass(frozen=True, slots=True)
class StatementPage:
    """A person's closed period. Times are aware and shown in `zone`; amounts are 1/100 kopecks of `currency`.

    `regime` is one of pay_terms; `closed_at` is when the period closed, which is also what a PDF says of its own making;
    `chain_head` is the head of the ledger's sealed chain at that time.

    Raises:
        ValueError: its sums do not add up; says which.
    """

    person: str
    period: str
    since: datetime
    until: datetime
    zone: str
    currency: str
    regime: str
    work: int
    premiums: tuple[RuleLine, ...]
    bonuses: tuple[RuleLine, ...]
    deductions: tuple[Deduction, ...]
    rounding: int
    gross: int
    tax: Tax
    net: int
    settlements: tuple[Settlement, ...]
    assignments: tuple[Assignment, ...]
    closed_at: datetime
    chain_head: str

    def __post_init__(self) -> None:
        premiums = _sum(self.premiums)
        checks = {
            "gross": (self.gross, self.work + premiums + _sum(self.bonuses) + _sum(self.deductions) + self.rounding),
            "net": (self.net, self.gross - self.tax.amount),
            "work": (self.work, sum(one.work for one in self.assignments)),
            "premiums": (premiums, sum(one.premiums for one in self.assignments)),
        }
        if wrong := [f"{name} is {said}, its parts sum to {found}" for name, (said, found) in checks.items() if said != found]:
            raise ValueError("; ".join(wrong))


def _sum(lines: tuple[RuleLine, ...] | tuple[Deduction, ...]) -> int:
    return sum(line.amount for line in lines)
