"""A payout run as a draft: made from everything that is due in one currency, changed by removing people, given up.

A draft takes the dues that it pays, so no other run can; whoever is left out keeps theirs for the next. Nothing has moved in the
ledger yet: that happens when the run is approved.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import NothingToPay, PayoutNotDraft
from piecework.payouts.paying import settling, standing
from piecework.payouts.paying.standing import Obstacle, Reason
from piecework.platform import db, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said

AHEAD = timedelta(days=90)
"""How far ahead a bank may be told to pay."""

LOCK_RUNS = "SELECT pg_advisory_xact_lock(hashtext('piecework.payouts.run'), hashtext($1))"
"""Runs of one currency are drafted and approved one after the other: their numbers, dues and the four eyes' sum depend on it."""

LOCK_RUN = "SELECT id, currency, number, state, total, author_id FROM payout_run WHERE id = $1 FOR UPDATE"

OPEN_DUES = """
WITH open AS (SELECT id, freelancer_id, amount FROM due WHERE currency = $1 AND line_id IS NULL ORDER BY id FOR UPDATE)
SELECT freelancer_id, sum(amount)::bigint AS amount, array_agg(id) AS dues FROM open GROUP BY freelancer_id ORDER BY freelancer_id"""

ADD_RUN = """
INSERT INTO payout_run (currency, number, execution_on, note, total, lines, author_id)
SELECT $1, 1 + coalesce(max(number), 0), $2, $3, $4, $5, $6 FROM payout_run WHERE currency = $1 RETURNING id, number"""

ADD_LINES = """
INSERT INTO payout_line (run_id, number, freelancer_id, currency, amount, details_id, inn)
SELECT $1, person.number, person.id, $2, person.amount, d.details_id, inn_of(person.id)
FROM unnest($3::uuid[], $4::bigint[]) WITH ORDINALITY AS person (id, amount, number)
JOIN payee_details d ON d.freelancer_id = person.id AND d.currency = $2"""

TAKE_DUES = """
UPDATE due SET line_id = l.id FROM unnest($2::uuid[]) AS taken (id), payout_line l
WHERE due.id = taken.id AND l.run_id = $1 AND l.freelancer_id = due.freelancer_id"""

ADD_LEFT = """
INSERT INTO payout_left (run_id, freelancer_id, amount, reason, until)
SELECT $1, * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::timestamptz[])"""

DROP_LINES = """
WITH dropped AS (UPDATE payout_line SET state = 'dropped', reason = $2 WHERE id = ANY ($1::uuid[]) RETURNING id),
freed AS (UPDATE due SET line_id = NULL FROM dropped WHERE due.line_id = dropped.id)
SELECT count(*) FROM dropped"""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is open of one person."""

    freelancer_id: UUID
    amount: int
    dues: Sequence[UUID]


async def draft(actor: UUID | None, currency: str, execution_on: date, note: str = "") -> UUID:
    """Make a run of everybody who is due something in this currency and may be paid; the others are listed with their reasons.

    Two drafts at the same time never take the same due: the second finds what the first left.

    Raises:
        Invalid: the day is past, or too far ahead.
        NothingToPay: it would have no line.
    """
    await _check_day(execution_on)
    await db.execute(LOCK_RUNS, currency)
    owed = [Owed(**row) for row in await db.rows(OPEN_DUES, currency)]
    minimum = (await pay_policy.current()).minimum_payout
    left = await standing.obstacles({one.freelancer_id: one.amount for one in owed}, currency, minimum)
    paid = [one for one in owed if one.freelancer_id not in left]
    if not paid:
        raise NothingToPay(left_out=dict(Counter(one.reason.value for one in left.values())))
    total = sum(one.amount for one in paid)
    made = await db.row(ADD_RUN, currency, execution_on, note, total, len(paid), actor)
    assert made is not None
    await db.execute(ADD_LINES, made["id"], currency, [one.freelancer_id for one in paid], [one.amount for one in paid])
    await db.execute(TAKE_DUES, made["id"], [due for one in paid for due in one.dues])
    await _leave_out(made["id"], [(one, left[one.freelancer_id]) for one in owed if one.freelancer_id in left])
    facts = {"currency": currency, "number": made["number"], "total": total, "lines": len(paid), "left_out": len(left)}
    await trail.record(actor, "payout.drafted", "payout", made["id"], **facts)
    run_id: UUID = made["id"]
    return run_id


async def drop(actor: UUID | None, run_id: UUID, line_id: UUID, reason: str) -> None:
    """Remove a line from a draft: its dues are open again, its person is among those left out. The last line goes with its run only.

    Raises:
        NotFound: there is no such run, or it has no such line now.
        PayoutNotDraft: it is approved or cancelled.
        OwnPayout: it pays the actor.
        NothingToPay: it is the only line; cancel the run.
    """
    run = await locked_draft(run_id)
    line = await db.row(
        "SELECT freelancer_id, amount FROM payout_line WHERE id = $1 AND run_id = $2 AND state = 'drafted'", line_id, run_id
    )
    if line is None:
        raise NotFound
    settling.refuse_own(actor, [line])
    if line["amount"] == run["total"]:
        raise NothingToPay(Said("It is the payout's only line: cancel the payout."))
    await db.execute(DROP_LINES, [line_id], reason)
    await db.execute("UPDATE payout_run SET total = total - $2, lines = lines - 1 WHERE id = $1", run_id, line["amount"])
    await _leave_out(run_id, [(Owed(line["freelancer_id"], line["amount"], ()), Obstacle(Reason.REMOVED))])
    await trail.record(actor, "payout.line_removed", "payout", run_id, reason=reason, line=line_id)


async def cancel(actor: UUID | None, run_id: UUID, reason: str) -> None:
    """Give a draft up: all its dues are open again.

    Raises:
        NotFound: there is no such run.
        PayoutNotDraft: it is approved or cancelled.
    """
    await locked_draft(run_id)
    lines = await db.rows("SELECT id FROM payout_line WHERE run_id = $1 AND state = 'drafted' ORDER BY id", run_id)
    await db.execute(DROP_LINES, [line["id"] for line in lines], reason)
    await db.execute(
        "UPDATE payout_run SET state = 'cancelled', cancel_reason = $2, cancelled_by = $3, ended_at = clock_timestamp() WHERE id = $1",
        run_id,
        reason,
        actor,
    )
    await trail.record(actor, "payout.cancelled", "payout", run_id, reason=reason)


async def locked_draft(run_id: UUID) -> Any:
    """The run, locked until the transaction ends.

    Raises:
        NotFound, PayoutNotDraft: see there.
    """
    run = await db.row(LOCK_RUN, run_id)
    if run is None:
        raise NotFound
    if run["state"] != "draft":
        raise PayoutNotDraft
    return run


async def _check_day(execution_on: date) -> None:
    today = await db.scalar("SELECT (clock_timestamp() AT TIME ZONE $1)::date", await pay_policy.zone())
    if not today <= execution_on <= today + AHEAD:
        message = Said("It must be today or later, by %(last)s at the latest.", last=today + AHEAD)
        raise Invalid(errors=[{"field": "execution_on", "code": "out_of_bounds", "message": message}])


async def _leave_out(run_id: UUID, people: Sequence[tuple[Owed, Obstacle]]) -> None:
    await db.execute(
        ADD_LEFT,
        run_id,
        [owed.freelancer_id for owed, _ in people],
        [owed.amount for owed, _ in people],
        [why.reason.value for _, why in people],
        [why.until for _, why in people],
    )
