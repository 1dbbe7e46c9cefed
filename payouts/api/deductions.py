"""Operations on deductions: staff propose, decide and end them; freelancers see their own."""

from datetime import timedelta
from uuid import UUID

from piecework.payouts.adjusting import cases
from piecework.payouts.adjusting.cases import Proposal
from piecework.payouts.errors import (
    DeductionDecided,
    DeductionExists,
    DeductionTaken,
    NothingTaken,
    OwnDeduction,
    RuleNotInForce,
    SelfApproval,
)
from piecework.payouts.schemas import deductions as s
from piecework.platform import db
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation
from piecework.platform.web.paging import LAST, Page, PageQuery, cursor
from piecework.tasks.errors import NotAFreelancer

PROPOSE = "deductions.propose"
DECIDE = "deductions.decide"
END = "deductions.end"
READ = "deductions.read"
READ_OWN = "deductions.read_own"

PERMISSIONS: dict[str, frozenset[str]] = {
    PROPOSE: frozenset({Role.CURATOR, Role.FINANCE}),
    DECIDE: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
    END: frozenset({Role.FINANCE}),
    READ: frozenset({Role.CURATOR, Role.FINANCE, Role.ADMINISTRATOR}),
    READ_OWN: frozenset({Role.FREELANCER}),
}

TAKEN = "(SELECT coalesce(sum(p.amount), 0)::bigint FROM deduction_part p WHERE p.deduction_id = d.id) AS taken"
ROWS = f"""
SELECT d.id, d.freelancer_id, d.rule_id, r.code AS rule_code, r.version AS rule_version, r.title AS rule_title, d.amount, d.currency,
       {TAKEN}, d.fact_at, d.assignment_id, d.project_id, d.evidence, d.state, d.proposed_by, d.proposed_at, d.decided_by, d.decided_at,
       d.decision_reason, d.ended_by, d.ended_at, d.end_reason, n.state AS appeal, n.appeal_by, r.words AS rule_words
FROM deduction d JOIN pay_rule r ON r.id = d.rule_id LEFT JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id"""
LISTED = f"""{ROWS}
WHERE d.id < $1 AND ($2::text IS NULL OR d.state = $2) AND ($3::uuid IS NULL OR d.freelancer_id = $3) ORDER BY d.id DESC LIMIT $4"""
PARTS = """
SELECT p.period_id, period.name AS period, p.amount, p.earned, p.keeps, e.id AS entry_id
FROM deduction_part p JOIN period ON period.id = p.period_id
LEFT JOIN entry e ON e.business_key = 'deduct:' || p.deduction_id || ':' || p.period_id
WHERE p.deduction_id = $1 ORDER BY p.recorded_at"""
MINE = f"""
SELECT d.id, r.code AS rule_code, r.title AS rule_title, r.words AS rule_words, d.amount, d.currency, {TAKEN}, d.fact_at, d.assignment_id,
       j.code AS project, d.evidence, d.state, a.name AS approved_by, d.decided_at AS approved_at, n.state AS appeal,
       CASE WHEN n.state = 'open' AND n.appeal_by > now() THEN n.appeal_by END AS appeal_by, d.ended_at, d.end_reason
FROM deduction d JOIN pay_rule r ON r.id = d.rule_id JOIN account a ON a.id = d.decided_by
JOIN appealable n ON n.subject = 'deduction' AND n.subject_id = d.id LEFT JOIN project j ON j.id = d.project_id
WHERE d.freelancer_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3"""


async def _deduction(deduction_id: UUID) -> s.DeductionOut:
    row = await db.row(f"{ROWS} WHERE d.id = $1", deduction_id)
    if row is None:
        raise NotFound
    return s.DeductionOut(**row, parts=[s.PartOut(**part) for part in await db.rows(PARTS, deduction_id)])


async def propose_deduction(call: Call, body: s.DeductionIn) -> s.DeductionOut:
    """Open a case by a published rule. Somebody else decides; the person learns of it when it is approved."""
    return await _deduction(await cases.propose(call.principal.account_id, Proposal(**dict(body))))


async def list_deductions(_call: Call, query: s.DeductionQuery) -> Page[s.DeductionRow]:
    """Deductions, newest first."""
    found = await db.rows(LISTED, query.after(LAST), query.state, query.freelancer_id, query.limit + 1)
    items = [s.DeductionRow(**{name: row[name] for name in s.DeductionRow.model_fields}) for row in found[: query.limit]]
    return Page[s.DeductionRow](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


async def show_deduction(call: Call) -> s.DeductionOut:
    """One deduction, its rule in words, and what each period took of it."""
    return await _deduction(call.id("deduction_id"))


async def decide_deduction(call: Call, body: s.DeductionDecisionIn) -> s.DeductionOut:
    """Approve or dismiss, once. The person may object to what is approved within the days that the settings give."""
    deduction_id = call.id("deduction_id")
    await cases.decide(
        call.principal.account_id,
        deduction_id,
        approve=body.decision == "approve",
        reason=body.reason,
        appeal_within=timedelta(days=call.services.settings.appeal_days),
    )
    return await _deduction(deduction_id)


async def cancel_deduction(call: Call, body: s.DeductionEndIn) -> s.DeductionOut:
    """Give up an approved deduction before anything of it is taken."""
    deduction_id = call.id("deduction_id")
    await cases.cancel(call.principal.account_id, deduction_id, body.reason)
    return await _deduction(deduction_id)


async def give_back_deduction(call: Call, body: s.DeductionEndIn) -> s.DeductionOut:
    """Give back all that was taken, by entries in the open period; the rest is not taken."""
    deduction_id = call.id("deduction_id")
    await cases.give_back(call.principal.account_id, deduction_id, body.reason)
    return await _deduction(deduction_id)


async def my_deductions(call: Call, query: PageQuery) -> Page[s.MyDeduction]:
    """Deductions from my pay that were approved, newest first."""
    found = await db.rows(MINE, call.principal.account_id, query.after(LAST), query.limit + 1, on=db.FREELANCER)
    items = [s.MyDeduction(**row) for row in found[: query.limit]]
    return Page[s.MyDeduction](items=items, next_cursor=cursor(items[-1].id if len(found) > query.limit else None))


OPERATIONS = (
    Operation("POST", "/deductions", propose_deduction, PROPOSE, "Propose a deduction by a published rule", body=s.DeductionIn,
              reply=s.DeductionOut, status=201, errors=(OwnDeduction, NotAFreelancer, RuleNotInForce, DeductionExists)),
    Operation("GET", "/deductions", list_deductions, READ, "Deductions, newest first", query=s.DeductionQuery,
              reply=Page[s.DeductionRow]),
    Operation("GET", "/deductions/{deduction_id}", show_deduction, READ, "A deduction and what periods took of it",
              reply=s.DeductionOut),
    Operation("POST", "/deductions/{deduction_id}/decision", decide_deduction, DECIDE, "Approve or dismiss a deduction",
              body=s.DeductionDecisionIn, reply=s.DeductionOut, errors=(DeductionDecided, SelfApproval, OwnDeduction)),
    Operation("POST", "/deductions/{deduction_id}/cancel", cancel_deduction, END, "Give up a deduction before it is taken",
              body=s.DeductionEndIn, reply=s.DeductionOut, errors=(DeductionDecided, DeductionTaken, OwnDeduction)),
    Operation("POST", "/deductions/{deduction_id}/give-back", give_back_deduction, END, "Give back what a deduction took",
              body=s.DeductionEndIn, reply=s.DeductionOut, errors=(NothingTaken, OwnDeduction)),
    # One statement on the freelancer-facing role's own connections.
    Operation("GET", "/me/deductions", my_deductions, READ_OWN, "Deductions from my pay", query=PageQuery, reply=Page[s.MyDeduction],
              transaction=False),
)  # fmt: skip
