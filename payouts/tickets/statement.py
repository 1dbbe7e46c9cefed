"""The statement of a ticket: who did what, accepted or not, at which price and by which rules, and what that came to.

Every figure is a sum of the ledger's postings under the ticket, and each answer names its entries: from a figure it is two steps to
the postings (GET /entries/{id}). Only what has no entry yet is read from tasks: the price of work under way and of open slots.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from piecework.payouts.tickets import queries
from piecework.platform import db
from piecework.platform.identity.models import Role
from piecework.platform.identity.principal import Principal

KNOWS_NAMES = frozenset({Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR})


@dataclass(slots=True)
class Money:
    """What became of the money of one answer, or of a ticket. Amounts in 1/100 kopeck.

    cost = work + premiums - clawed_back + restored, and that is held + payable.
    """

    pending: int = 0
    """Submitted, not decided."""
    work: int = 0
    """What was accepted of prices."""
    premiums: int = 0
    held: int = 0
    """Accepted, and still on hold."""
    payable: int = 0
    """Not on hold (any more): the person's for good."""
    released: int = 0
    """What of it came from a hold."""
    clawed_back: int = 0
    restored: int = 0
    paid: int = 0
    """What of the payable was earned in periods whose pay the bank has confirmed; before tax."""

    @property
    def cost(self) -> int:
        """What it came to so far."""
        return self.work + self.premiums - self.clawed_back + self.restored

    def add(self, row: Mapping[str, Any], *, paid: bool) -> None:
        """Take in an entry: `pending`, `held` and `payable` are what it added there."""
        self.pending += row["pending"]
        self.held += row["held"]
        self.payable += row["payable"]
        self.paid += row["payable"] if paid else 0
        match row["kind"]:
            case "accrue":
                self.work += row["held"] + row["payable"]
            case "premium":
                self.premiums += row["held"] + row["payable"]
            case "release":
                self.released += row["payable"]
            case "clawback":
                self.clawed_back -= row["held"]
            case "restore":
                self.restored += row["payable"]


@dataclass(frozen=True, slots=True)
class Premium:
    """What a version of a rule added to an answer."""

    rule: str
    version: int
    amount: int
    entry_id: int


@dataclass(slots=True)
class Line:
    """One answer, or one being worked on. `facts` is what tasks know of it."""

    facts: Mapping[str, Any]
    who: str
    money: Money = field(default_factory=Money)
    premiums: list[Premium] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Statement:
    """A ticket's statement. `working` is the price of answers under way, `wanted` of those that open slots wait for."""

    ticket: Mapping[str, Any]
    lines: Sequence[Line]
    reopenings: Sequence[Mapping[str, Any]]
    total: Money
    working: int
    wanted: int

    @property
    def undecided(self) -> int:
        """The price of what was submitted and is not decided."""
        return sum(line.facts["price"] for line in self.lines if line.facts["state"] == "submitted")


async def of_ticket(ticket_id: UUID, reader: Principal) -> Statement:
    """The statement of a ticket that exists, as this reader may see it.

    Its people have names for curators, finance and administrators; for its requester, whatever their roles, a pseudonym each, the same
    in all of a project.
    """
    ticket = await db.row(queries.TICKET, ticket_id)
    assert ticket is not None
    named = bool(reader.roles & KNOWS_NAMES) and reader.account_id != ticket["requester_id"]
    entries = await db.rows(queries.ENTRIES, ticket_id)  # before the answers: each entry's answer is there by then
    lines = {
        row["assignment_id"]: Line(row, row["name"] if named else pseudonym(ticket["project_id"], row["freelancer_id"]))
        for row in await db.rows(queries.ANSWERS, ticket_id)
    }
    paid = await _paid(entries)
    total = Money()
    for row in entries:
        line, is_paid = lines[row["assignment_id"]], (row["period_id"], row["owner"]) in paid
        total.add(row, paid=is_paid)
        line.money.add(row, paid=is_paid)
        line.entries.append(row["id"])
        if row["kind"] == "premium":
            line.premiums.append(Premium(row["rule"], row["version"], row["held"] + row["payable"], row["id"]))
    return Statement(
        ticket, list(lines.values()), await db.rows(queries.REOPENINGS, ticket_id), total, ticket["working"], ticket["wanted"]
    )


def pseudonym(project_id: UUID, freelancer_id: UUID) -> str:
    """What a requester knows a person by: the same in all of a project, another one in the next, and no way back to the person."""
    return "freelancer " + hashlib.sha256(project_id.bytes + freelancer_id.bytes).hexdigest()[:10]


def after_reopening(reopenings: Sequence[Mapping[str, Any]], opened_at: datetime) -> int | None:
    """The number of the last reopening before a task was opened, if there was one: the task's answers top up what the ticket cost."""
    return max((one["number"] for one in reopenings if one["at"] <= opened_at), default=None)


async def _paid(entries: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, str]]:
    """Which of the entries' people were paid for the entries' periods."""
    pairs = sorted({(row["period_id"], row["owner"]) for row in entries if row["payable"]})
    found = await db.rows(queries.PAID, [one for one, _ in pairs], [who for _, who in pairs]) if pairs else []
    return {(row["period_id"], row["owner"]) for row in found}
