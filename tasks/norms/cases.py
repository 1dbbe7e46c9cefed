"""Repeatedly missed weeks: proposed to curators, decided by a named one with a reason, once nobody can object to those weeks any more."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.tasks import objections
from piecework.tasks.contracts import ending, versions
from piecework.tasks.errors import NormCaseDecided, OwnContract, WeeksMayBeAppealed
from piecework.tasks.norms import policies

WEEK = "week"
NOTICE = timedelta(days=14)
"""How long before its end a contract is ended, unless it asks for longer notice."""


class Decision(StrEnum):
    """What comes of a case: nothing, a new offer (made as every offer is), or the end of the contract."""

    NOTHING = "nothing"
    OFFER = "offer"
    END = "end"


# The missed weeks among the newest so many with a result, of those after the last case that was decided.
MISSED = """
SELECT p.id AS freelancer_id, array_agg(m.id ORDER BY m.starts_at) AS weeks, max(m.starts_at) AS newest
FROM unnest($1::uuid[]) AS p (id) CROSS JOIN LATERAL (
    SELECT w.id, w.starts_at, r.result FROM week w JOIN week_newest r USING (freelancer_id, starts_at)
    WHERE w.freelancer_id = p.id ORDER BY w.starts_at DESC LIMIT $2) m
WHERE m.result = 'missed'
  AND m.starts_at > coalesce((SELECT max(c.newest) FROM norm_case c WHERE c.freelancer_id = p.id AND c.state = 'decided'), '-infinity')
GROUP BY p.id HAVING count(*) >= $3 ORDER BY p.id"""
PROPOSE = """
INSERT INTO norm_case (freelancer_id, weeks, newest) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING id"""
STILL_MISSED = """
SELECT c.freelancer_id FROM norm_case c JOIN week w ON w.id = ANY (c.weeks)
JOIN week_newest r ON r.freelancer_id = w.freelancer_id AND r.starts_at = w.starts_at
WHERE c.state = 'proposed' AND c.freelancer_id = ANY ($1::uuid[]) AND r.result = 'missed' GROUP BY c.freelancer_id HAVING count(*) >= $2"""
MISSED_OF = "SELECT w.id FROM week w JOIN week_newest r USING (freelancer_id, starts_at) WHERE w.id = ANY ($1::uuid[]) AND r.result = 'missed'"

WAITS = """EXISTS (SELECT FROM appealable a WHERE a.subject = 'week' AND a.subject_id = ANY (c.weeks)
                 AND (a.state = 'appealed' OR a.state = 'open' AND a.appeal_by > clock_timestamp()))"""
SHOWN = f"""
SELECT c.id, c.freelancer_id, c.weeks AS week_ids, c.state, c.decision, c.decided_by, c.reason, c.decided_at, c.created_at,
       (SELECT array_agg(w.starts_at ORDER BY w.starts_at) FROM week w WHERE w.id = ANY (c.weeks)) AS weeks,
       (SELECT max(a.appeal_by) FROM appealable a WHERE a.subject = 'week' AND a.subject_id = ANY (c.weeks)) AS appeal_by,
       {WAITS} AS waits
FROM norm_case c WHERE"""
COUNT = f"""
SELECT count(*) FROM norm_case c JOIN account a ON a.id = $1 AND $2 = ANY (a.roles)
WHERE c.state = 'proposed' AND c.freelancer_id <> a.id AND NOT {WAITS}"""
TOLD = {
    Decision.NOTHING: Said("Your missed weeks have no consequence"),
    Decision.OFFER: Said("After your missed weeks you will get a new offer"),
    Decision.END: Said("After your missed weeks your contract ends; you may appeal"),
}


async def propose(people: Iterable[UUID]) -> None:
    """Make a case of everybody who has missed too many weeks of late, unless they have one. It decides nothing."""
    policy = (await policies.versions())[0].policy
    for row in await db.rows(MISSED, sorted(set(people)), policy.propose_within, policy.propose_after):
        made = await db.scalar(PROPOSE, row["freelancer_id"], row["weeks"], row["newest"])
        if made is not None:
            await notices.send(
                [row["freelancer_id"]],
                "norm.case",
                Said("%(missed)s missed weeks: a curator will look at them", missed=len(row["weeks"])),
                Said(
                    "You missed %(missed)s of your last %(of)s weeks. A curator will decide, with a written reason, whether anything follows: "
                    "nothing, a new offer, or the end of the contract with 14 days' notice. Not before you can no longer appeal those weeks, or "
                    "your appeals were denied; and you may appeal the decision.",
                    missed=len(row["weeks"]),
                    of=policy.propose_within,
                ),
                link="/me/weeks",
                key=str(made),
            )


async def drop_cleared(people: Iterable[UUID]) -> None:
    """Some weeks of these people are not missed any more: their case goes where too few are left."""
    policy = (await policies.versions())[0].policy
    wanted = sorted(set(people))
    standing = {row["freelancer_id"] for row in await db.rows(STILL_MISSED, wanted, policy.propose_after)}
    await db.execute(
        "UPDATE norm_case SET state = 'dropped' WHERE state = 'proposed' AND freelancer_id = ANY ($1::uuid[])",
        [one for one in wanted if one not in standing],
    )


async def page(after: UUID, limit: int, *, state: str | None) -> list[dict[str, Any]]:
    """Cases, newest first. `waits`: some of the weeks may still be appealed, or are."""
    found = await db.rows(
        f"{SHOWN} c.id < $1 AND ($2::text IS NULL OR c.state = $2) ORDER BY c.id DESC LIMIT $3", after, state, limit
    )
    return [dict(row) for row in found]


async def count(actor: UUID) -> int:
    """How many cases this person may decide now: as a curator, not about themselves, once no week of the case can be appealed."""
    return int(await db.scalar(COUNT, actor, Role.CURATOR.value))


async def show(case_id: UUID) -> dict[str, Any]:
    """One case.

    Raises:
        NotFound: there is none.
    """
    row = await db.row(f"{SHOWN} c.id = $1", case_id)
    if row is None:
        raise NotFound
    return dict(row)


async def decide(actor: UUID, case_id: UUID, decision: Decision, reason: str) -> None:
    """Decide a case once, by name and with a reason; the person is told. The end of a contract they may appeal as any end of one.

    Raises:
        NotFound, OwnContract: there is none; it is about the actor.
        NothingInForce, EndsAlready: there is no contract that could be ended.
        NormCaseDecided: it was decided before, or its weeks are not missed any more.
        WeeksMayBeAppealed: one of its weeks may still be appealed, or is.
    """
    case = await db.row("SELECT freelancer_id, weeks, state FROM norm_case WHERE id = $1 FOR UPDATE", case_id)
    if case is None:
        raise NotFound
    if case["freelancer_id"] == actor:
        raise OwnContract
    if case["state"] != "proposed":
        raise NormCaseDecided
    now: datetime = await db.scalar("SELECT clock_timestamp()")
    # One that was cleared meanwhile is not among the standing: enough others must be.
    missed = {row["id"] for row in await db.rows(MISSED_OF, case["weeks"])}
    if missed - await objections.standing(WEEK, missed, now):
        raise WeeksMayBeAppealed
    end_id: UUID | None = None
    if decision is Decision.END:
        ends_at = now + NOTICE if await versions.notice(case["freelancer_id"]) < NOTICE else None
        end_id = await ending.end(actor, case["freelancer_id"], ends_at=ends_at, reason=reason)
    await db.execute(
        "UPDATE norm_case SET state = 'decided', decision = $2, decided_by = $3, reason = $4, decided_at = $5, end_id = $6 WHERE id = $1",
        case_id,
        str(decision),
        actor,
        reason,
        now,
        end_id,
    )
    await trail.record(
        actor, "norm_case.decided", "account", case["freelancer_id"], reason=reason, case=case_id, decision=str(decision)
    )
    await notices.send(
        [case["freelancer_id"]],
        "norm.decided",
        TOLD[decision],
        Said("Reason: %(reason)s", reason=reason),
        link="/me/weeks",
        key=str(case_id),
    )
