"""Approving a run: the one moment in which money leaves the payables. A second pair of eyes where it is much."""

from typing import Any
from uuid import UUID

from piecework.payouts.books import ledger, pay_policy, periods, seals
from piecework.payouts.books.ledger import Entry, LedgerAccount, move
from piecework.payouts.errors import FourEyes, PayoutChanged
from piecework.payouts.formats.checks import check
from piecework.payouts.paying import batches, payer, runs, settling, standing
from piecework.platform import db, trail
from piecework.platform.errors import NotFound

NOTHING_SEALED = "0" * 64
"""The head of a chain that has no block yet."""

LINES = """
SELECT id, freelancer_id, amount, details_id FROM payout_line WHERE run_id = $1 AND state = 'drafted' ORDER BY number FOR UPDATE"""

ALONE_TODAY = """
SELECT coalesce(sum(total), 0)::bigint FROM payout_run
WHERE currency = $1 AND approver_id = $2 AND author_id = $2 AND approved_at > clock_timestamp() - interval '1 day'"""

APPROVE = """
UPDATE payout_run SET state = 'approved', approver_id = $2, approved_at = $3, two_people = $4, payer_id = $5, chain_head = $6
WHERE id = $1"""


async def approve(actor: UUID, run_id: UUID) -> None:
    """Approve a draft: its lines are ordered, each amount moves from payable to clearing, once. From here on nothing of it changes.

    Everybody is looked at again: a restriction, other details, a lost status since the draft stop it.

    Raises:
        NotFound: there is no such run.
        PayoutNotDraft: it is approved or cancelled; of two approvals at the same time one gets this.
        OwnPayout: it has a line of the actor.
        FourEyes: the author may not approve this much alone (PayPolicy.four_eyes_above, all of the last 24 hours together).
        NoPayer: it is not known from which account to pay.
        PayoutChanged: some people cannot be paid now as drafted.
        Invalid: a bank would not take the batch (`formats.checks`).
    """
    currency = await db.scalar("SELECT currency FROM payout_run WHERE id = $1", run_id)
    if currency is None:
        raise NotFound
    await db.execute(runs.LOCK_RUNS, currency)
    run = await runs.locked_draft(run_id)
    lines = await db.rows(LINES, run_id)
    settling.refuse_own(actor, lines)
    two = await _two_people(actor, run)
    await _look_again(lines, currency)
    at, period_id = await periods.now_in(currency)
    head = await seals.head() or NOTHING_SEALED
    await db.execute("UPDATE payout_line SET state = 'ordered' WHERE run_id = $1 AND state = 'drafted'", run_id)
    await db.execute(APPROVE, run_id, actor, at, two, await payer.newest_id(currency), head)
    check(await batches.batch(run_id))
    await ledger.post(
        [
            Entry(
                business_key=f"export:{line['id']}",
                kind="export",
                period_id=period_id,
                effective_at=at,
                currency=currency,
                legs=move(
                    line["amount"],
                    LedgerAccount("payable", str(line["freelancer_id"])),
                    LedgerAccount("clearing", str(line["freelancer_id"])),
                ),
                actor=actor,
                reason=f"payout {currency} {run['number']}",
                source_id=line["id"],
            )
            for line in lines
        ]
    )
    facts = {"currency": currency, "total": run["total"], "lines": len(lines), "two_people": two, "chain_head": head}
    await trail.record(actor, "payout.approved", "payout", run_id, **facts)


async def _two_people(actor: UUID, run: Any) -> bool:
    """True if this takes two, which it then has.

    What one person drafts and approves alone counts together, so that nobody pays out much in small pieces.

    Raises:
        FourEyes: it does, and the approver is the author.
    """
    above = (await pay_policy.current()).four_eyes_above
    alone = await db.scalar(ALONE_TODAY, run["currency"], actor) if actor == run["author_id"] else 0
    two: bool = run["total"] + alone > above
    if two and actor == run["author_id"]:
        raise FourEyes
    return two


async def _look_again(lines: list[Any], currency: str) -> None:
    """Raises PayoutChanged if somebody's standing is not what it was when the run was drafted."""
    found = await standing.of([line["freelancer_id"] for line in lines], currency)
    people = []
    for line in lines:
        one = found[line["freelancer_id"]]
        why = standing.obstacle(one, line["amount"], minimum=0)
        reason = why.reason if why else None if one.details_id == line["details_id"] else standing.Reason.DETAILS_CHANGED
        if reason is not None:
            people.append({"line_id": str(line["id"]), "freelancer_id": str(line["freelancer_id"]), "reason": reason.value})
    if people:
        raise PayoutChanged(people=people)
