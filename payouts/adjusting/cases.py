"""Cases of deductions: proposed with evidence, approved by somebody else, told to the person, who may object; ended with a reason.

Only a published rule that was in force when the fact happened, and when the work that it is about was claimed, can take anything,
and never more than the rule says. Nothing is taken here: that is the closing of a period's (deductions.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.adjusting.deductions import SUBJECT, account_of
from piecework.payouts.books import ledger, periods
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.errors import (
    DeductionDecided,
    DeductionExists,
    DeductionTaken,
    NothingTaken,
    OwnDeduction,
    RuleNotInForce,
    SelfApproval,
)
from piecework.payouts.rules.kinds import SPEC, WHOLE, Deduction
from piecework.platform import db, money, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.identity.models import Role
from piecework.platform.said import Said, Sum, Words, ours
from piecework.tasks import objections
from piecework.tasks.errors import NotAFreelancer

WON = ours(Said("An appeal against it was upheld."))

ASSIGNMENT = """
SELECT a.project_id, a.price, a.claimed_at, p.currency FROM assignment a JOIN project p ON p.id = a.project_id
WHERE a.id = $1 AND a.freelancer_id = $2"""
IN_FORCE = """
SELECT id, project_id, kind, spec::text AS spec FROM pay_rule_in_time
WHERE code = $1 AND starts_at <= $2 AND (until IS NULL OR $2 < until)"""
CASE = """
SELECT d.*, r.code, r.version, r.title, r.words, p.code AS project
FROM deduction d JOIN pay_rule r ON r.id = d.rule_id LEFT JOIN project p ON p.id = d.project_id WHERE d.id = $1 FOR UPDATE OF d"""
TAKEN = """
SELECT e.id, e.period_id, -p.amount AS amount FROM entry e JOIN posting p ON p.entry_id = e.id JOIN ledger_account l ON l.id = p.account_id
WHERE e.source_id = $1 AND e.kind = 'deduct' AND l.kind = 'deduction' ORDER BY e.id"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants taken from a person's pay, and why. `amount` in 1/100 kopeck; `currency` None: the project's or the rule's."""

    freelancer_id: UUID
    rule_code: str
    amount: int
    fact_at: datetime
    evidence: str
    currency: str | None = None
    assignment_id: UUID | None = None
    project_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _About:
    """What a case is about, as far as it is said: its project and currency, the price of the work, and when it was claimed."""

    project_id: UUID | None = None
    currency: str | None = None
    price: int | None = None
    claimed_at: datetime | None = None


async def propose(actor: UUID, proposal: Proposal) -> UUID:
    """Open a case; returns its id. Nobody but staff sees it until it is approved.

    Raises:
        OwnDeduction, NotAFreelancer, RuleNotInForce, DeductionExists: see there.
        Invalid: unknown person, rule, project or assignment; a fact ahead of us or before its work; another currency; more than the
            rule allows.
    """
    await _person(actor, proposal.freelancer_id)
    if await db.scalar("SELECT $1::timestamptz > clock_timestamp()", proposal.fact_at):
        raise _invalid("fact_at", "in_the_future", Said("A fact lies in the past."))
    about = await _about(proposal)
    rule_id, spec = await _rule(proposal, about)
    currency = about.currency or spec.currency
    if (proposal.currency or currency) != currency or (spec.case_fixed is not None and spec.currency != currency):
        raise _invalid(
            "currency",
            "other_currency",
            Said(
                "This is about pay in %(currency)s, and the rule's amounts are in %(other)s.",
                currency=currency,
                other=spec.currency,
            ),
        )
    most = _most(spec, about)
    if proposal.amount > most:
        raise _invalid(
            "amount",
            "more_than_the_rule",
            Said("By this rule %(most)s is the most in this case.", most=Sum(money.text(most), currency)),
        )
    made: UUID | None = await db.scalar(
        """INSERT INTO deduction (freelancer_id, rule_id, currency, amount, fact_at, assignment_id, project_id, evidence, proposed_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
           ON CONFLICT DO NOTHING RETURNING id""",
        proposal.freelancer_id,
        rule_id,
        currency,
        proposal.amount,
        proposal.fact_at,
        proposal.assignment_id,
        about.project_id,
        proposal.evidence,
        actor,
    )
    if made is None:
        raise DeductionExists
    await trail.record(actor, "deduction.proposed", "deduction", made, rule=rule_id, amount=money.text(proposal.amount))
    return made


async def decide(actor: UUID, deduction_id: UUID, *, approve: bool, reason: str, appeal_within: timedelta) -> None:
    """Approve or dismiss a proposal, once. What is approved is told to the person, who may object `appeal_within` this time.

    Raises:
        NotFound, DeductionDecided, SelfApproval, OwnDeduction: see there.
    """
    case = await _locked(actor, deduction_id)
    if case["state"] != "proposed":
        raise DeductionDecided
    if actor == case["proposed_by"]:
        raise SelfApproval
    await db.execute(
        "UPDATE deduction SET state = $2, decided_by = $3, decided_at = clock_timestamp(), decision_reason = $4 WHERE id = $1",
        deduction_id,
        "approved" if approve else "dismissed",
        actor,
        reason,
    )
    if approve:
        await objections.note(
            SUBJECT,
            deduction_id,
            case["freelancer_id"],
            words=_words(case),
            evidence=_evidence(case, reason),
            involved=(case["proposed_by"], actor),
            within=appeal_within,
        )
    await trail.record(actor, f"deduction.{'approved' if approve else 'dismissed'}", "deduction", deduction_id, reason=reason)


async def cancel(actor: UUID, deduction_id: UUID, reason: str) -> None:
    """Give up an approved deduction of which nothing was taken; an appeal against it ends upheld. The person reads the reason.

    Raises:
        NotFound, OwnDeduction: see there.
        DeductionTaken: part of it was taken.
        DeductionDecided: it is not approved, or has ended.
    """
    case = await _locked(actor, deduction_id)
    if case["state"] not in ("approved", "taken"):
        raise DeductionDecided
    if await db.rows(TAKEN, deduction_id):
        raise DeductionTaken
    await _end(actor, deduction_id, "cancelled", reason)
    await objections.withdraw(SUBJECT, deduction_id)


async def give_back(actor: UUID, deduction_id: UUID, reason: str) -> int:
    """Reverse all that was taken, in the open period; the rest is not taken. Returns how much, in 1/100 kopeck.

    Each part's entry is reversed by one of the kind `give_back`. The person reads the reason.

    Raises:
        NotFound, OwnDeduction: see there.
        NothingTaken: nothing was taken, or it was given back.
    """
    person = await db.row("SELECT freelancer_id, currency FROM deduction WHERE id = $1", deduction_id)
    if person is None:
        raise NotFound
    cadence = await db.scalar("SELECT cadence_of($1, clock_timestamp())", person["freelancer_id"])
    at, period_id = await periods.now_in(person["currency"], cadence)  # before the case: closing takes the two in this order
    case = await _locked(actor, deduction_id)
    taken = await db.rows(TAKEN, deduction_id)
    if case["state"] not in ("approved", "taken") or not taken:
        raise NothingTaken
    await ledger.post([_giving_back(case, part, at, period_id, actor, reason) for part in taken])
    await _end(actor, deduction_id, "given_back", reason)
    return int(sum(part["amount"] for part in taken))


async def upheld(deduction_id: UUID) -> None:
    """An appeal against it was upheld: nothing is taken. Doing it twice changes nothing."""
    state = await db.scalar("SELECT state FROM deduction WHERE id = $1 FOR UPDATE", deduction_id)
    if state == "approved":
        await _end(None, deduction_id, "cancelled", WON)


async def _end(actor: UUID | None, deduction_id: UUID, state: str, reason: str) -> None:
    await db.execute(
        "UPDATE deduction SET state = $2, ended_by = $3, ended_at = clock_timestamp(), end_reason = $4 WHERE id = $1",
        deduction_id,
        state,
        actor,
        reason,
    )
    await trail.record(actor, f"deduction.{state}", "deduction", deduction_id, reason=reason)


async def _locked(actor: UUID, deduction_id: UUID) -> dict[str, Any]:
    case = await db.row(CASE, deduction_id)
    if case is None:
        raise NotFound
    if actor == case["freelancer_id"]:
        raise OwnDeduction
    return dict(case)


async def _person(actor: UUID, freelancer_id: UUID) -> None:
    if actor == freelancer_id:
        raise OwnDeduction
    roles = await db.scalar("SELECT roles FROM account WHERE id = $1", freelancer_id)
    if roles is None:
        raise _invalid("freelancer_id", "unknown_person", Said("There is no such account."))
    if Role.FREELANCER not in roles:
        raise NotAFreelancer


async def _about(proposal: Proposal) -> _About:
    if proposal.assignment_id is not None:
        row = await db.row(ASSIGNMENT, proposal.assignment_id, proposal.freelancer_id)
        if row is None:
            raise _invalid("assignment_id", "unknown_assignment", Said("This person has no such assignment."))
        if proposal.project_id not in (None, row["project_id"]):
            raise _invalid("project_id", "other_project", Said("The assignment is of another project."))
        if proposal.fact_at < row["claimed_at"]:
            raise _invalid("fact_at", "before_the_work", Said("The work was claimed after this."))
        return _About(**row)
    if proposal.project_id is not None:
        currency = await db.scalar("SELECT currency FROM project WHERE id = $1", proposal.project_id)
        if currency is None:
            raise _invalid("project_id", "unknown_project", Said("There is no such project."))
        return _About(proposal.project_id, currency)
    return _About()


async def _rule(proposal: Proposal, about: _About) -> tuple[UUID, Deduction]:
    """The version in force at the fact; of a case about work the one in force at its claim, if the rule still was at the fact."""
    await db.execute("SELECT hold_rules()")
    row = None
    for at in (proposal.fact_at, about.claimed_at or proposal.fact_at):
        row = await db.row(IN_FORCE, proposal.rule_code, at)
        if row is None:
            break
    if row is None:
        if await db.scalar(
            "SELECT EXISTS (SELECT FROM pay_rule_in_time WHERE code = $1 AND kind = 'deduction')", proposal.rule_code
        ):
            raise RuleNotInForce
        raise _invalid("rule_code", "unknown_rule", Said("No deduction rule of this code was published."))
    spec = SPEC.validate_json(row["spec"])
    if not isinstance(spec, Deduction):
        raise _invalid("rule_code", "unknown_rule", Said("No deduction rule of this code was published."))
    if row["project_id"] not in (None, about.project_id):
        raise _invalid("rule_code", "rule_of_another_project", Said("This rule is of one project, and the case is not about it."))
    return row["id"], spec


def _most(spec: Deduction, about: _About) -> int:
    """The most that a case may take, rounded down."""
    if spec.case_percent is None:
        assert spec.case_fixed is not None
        return spec.case_fixed
    if about.price is None:
        raise _invalid(
            "assignment_id", "assignment_wanted", Said("This rule takes a percentage of an assignment's price: name it.")
        )
    return about.price * spec.case_percent // WHOLE


def _words(case: Mapping[str, Any]) -> list[Said]:
    return [
        Said(
            "%(amount)s is to be taken from your pay by the rule “%(rule)s”: %(words)s",
            amount=Sum(money.text(case["amount"]), case["currency"]),
            rule=case["title"],
            words=case["words"],
        ),
        Said("What it rests on: %(evidence)s", evidence=case["evidence"]),
    ]


def _evidence(case: Mapping[str, Any], reason: str) -> dict[str, Words]:
    """What an arbiter judges by. No id of a ticket or task: the reply is read by the freelancer."""
    found: dict[str, Words] = {
        "rule": Said("%(code)s version %(version)s: %(title)s", code=case["code"], version=case["version"], title=case["title"]),
        "rule_words": case["words"],
        "amount": Said("%(amount)s", amount=Sum(money.text(case["amount"]), case["currency"])),
        "fact_at": Said("%(at)s", at=case["fact_at"]),
        "evidence": case["evidence"],
        "approved_because": reason,
    }
    more = {"project": case["project"], "assignment_id": case["assignment_id"]}
    return found | {name: str(value) for name, value in more.items() if value is not None}


def _giving_back(
    case: Mapping[str, Any], part: Mapping[str, Any], at: datetime, period_id: UUID, actor: UUID, reason: str
) -> Entry:
    return Entry(
        business_key=f"give_back:{case['id']}:{part['period_id']}",
        kind="give_back",
        period_id=period_id,
        effective_at=at,
        currency=case["currency"],
        legs=move(part["amount"], account_of(case["project_id"]), LedgerAccount("payable", str(case["freelancer_id"]))),
        actor=actor,
        reason=reason,
        reverses=part["id"],
        project_id=case["project_id"],
        rule_id=case["rule_id"],
        source_id=case["id"],
    )


def _invalid(field: str, code: str, message: str | Said) -> Invalid:
    return Invalid(errors=[{"field": field, "code": code, "message": message}])
