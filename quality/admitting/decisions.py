"""Deciding an admission from the evidence: one curator decides what the criteria say; whatever they do not say needs a second one.

The evidence is looked at when the decision is made, and kept with it. Where no criteria are published there is none to decide by, so
that either way two are needed. What is decided is told to the person with its reasons; against a refusal they may appeal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from piecework.platform import db, jobs, trail
from piecework.platform.errors import Invalid, NotFound
from piecework.platform.said import Said
from piecework.quality.admitting import assessing, requests, telling
from piecework.quality.admitting.assessing import Wanted
from piecework.quality.cases.detection import MOST_SHARED, RARE
from piecework.quality.errors import AdmissionProposed, AdmissionSettled, AgainstEvidence, HeldAlready, NotImpartial
from piecework.tasks import objections, qualifications

SUBJECT = "admission"
DECIDED = "admission.decided"
GRANTED, REFUSED, PROPOSED = "granted", "refused", "proposed"

RECORD = """
INSERT INTO admission (freelancer_id, code, level, line, languages, expires_at, outcome, basis, criteria_id, evidence, decided_by, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12) RETURNING id
"""
ONE = "SELECT * FROM admission_now WHERE id = $1"
UPHELD = """
SELECT a.*, p.decided_by AS arbiter, p.reply FROM admission a JOIN appeal p ON p.subject = 'admission' AND p.subject_id = a.id
WHERE a.id = $1 AND p.state = 'upheld'
"""
# A grant takes the place of what is held: it must give more, and take nothing of it away.
GAINS_NOTHING = """
SELECT EXISTS (
    SELECT FROM qualification q WHERE freelancer_id = $1 AND code = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
    AND (coalesce(level > $3 OR line > $4 OR $5::text[] <> '{}' AND (languages = '{}' OR NOT languages <@ $5)
                  OR expires_at > $6::timestamptz OR expires_at IS NULL AND $6 IS NOT NULL, false)
         OR (level, line, languages) = ($3, $4, $5) AND expires_at IS NOT DISTINCT FROM $6))
"""
# They sign in from one device that few others have: rare as it is where cases are made of it.
SHARE_A_DEVICE = """
SELECT EXISTS (
    SELECT FROM device mine JOIN device theirs USING (fingerprint)
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM device d WHERE d.fingerprint = mine.fingerprint) shared
    WHERE mine.account_id = $1 AND theirs.account_id = $2 AND shared.n <= $3
      AND shared.n * $4 <= (SELECT count(DISTINCT account_id) FROM device))
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person is to be admitted to. No `languages`: tickets of all; `expires_at` None: until it is revoked or goes unused."""

    wanted: Wanted
    languages: Sequence[str] = field(default_factory=tuple)
    expires_at: datetime | None = None


async def admit(actor: UUID, freelancer_id: UUID, grant: Grant, reason: str, *, against: bool, within: timedelta) -> UUID:
    """Admit a freelancer: at once where the criteria say so, else (`against`) as a proposal to a second curator. Returns its id.

    Raises:
        NotFound, NotAFreelancer, OwnContract, NotImpartial: no such account, not a freelancer, oneself, sharing a rare device.
        HeldAlready, AdmissionProposed, AgainstEvidence: see there; it must give more and take nothing away, which only revoking does.
        Invalid: it would expire before now.
    """
    wanted = grant.wanted
    await _begin(actor, freelancer_id, wanted.code)
    await _check_expiry(grant.expires_at)
    languages = sorted(set(grant.languages))
    if await db.scalar(GAINS_NOTHING, freelancer_id, wanted.code, wanted.level, wanted.line, languages, grant.expires_at):
        raise HeldAlready
    return await _decide(actor, freelancer_id, grant, GRANTED, reason, against=against, within=within)


async def refuse(actor: UUID, freelancer_id: UUID, wanted: Wanted, reason: str, *, against: bool, within: timedelta) -> UUID:
    """Refuse a freelancer: at once where a criterion is not met, else (`against`) as a proposal. They may appeal `within` this time.

    Raises:
        NotFound, NotAFreelancer, OwnContract, NotImpartial, HeldAlready, AdmissionProposed, AgainstEvidence: as for `admit`.
    """
    await _begin(actor, freelancer_id, wanted.code)
    if await db.scalar(requests.HELD, freelancer_id, wanted.code, wanted.level, wanted.line):
        raise HeldAlready
    return await _decide(actor, freelancer_id, Grant(wanted), REFUSED, reason, against=against, within=within)


async def confirm(actor: UUID, admission_id: UUID, reason: str, within: timedelta) -> None:
    """Let a proposal take effect, as a second curator.

    Raises:
        NotFound, OwnContract, AdmissionSettled: no such decision; about oneself; it waits no more.
        NotImpartial: one's own proposal, or about somebody with whom one shares a rare device.
        HeldAlready: it refuses what is held meanwhile.
        Invalid: it would expire before now.
    """
    proposal = await _proposal(actor, admission_id)
    if proposal["decided_by"] == actor:
        raise NotImpartial
    await _check_impartial(actor, proposal["freelancer_id"])
    wanted = [proposal[name] for name in ("freelancer_id", "code", "level", "line")]
    if proposal["outcome"] == REFUSED and await db.scalar(requests.HELD, *wanted):
        raise HeldAlready
    await _check_expiry(proposal["expires_at"])
    await _second(actor, admission_id, reason, confirmed=True)
    await _take_effect(actor, admission_id, within)


async def drop(actor: UUID, admission_id: UUID, reason: str) -> None:
    """Do not confirm a proposal, or take back one's own: nothing comes of it.

    Raises:
        NotFound, OwnContract, AdmissionSettled: no such decision; about oneself; it waits no more.
    """
    await _proposal(actor, admission_id)
    await _second(actor, admission_id, reason, confirmed=False)


async def upheld(admission_id: UUID) -> None:
    """An appeal against a refusal was upheld: the person is admitted in the arbiter's name.

    Where nobody answered in time it is the system that admits them, in the name of who had refused.
    """
    refused = await db.row(UPHELD, admission_id)
    assert refused is not None
    await db.execute(requests.LOCK, refused["freelancer_id"])
    made: UUID = await db.scalar(
        RECORD,
        *(refused[name] for name in ("freelancer_id", "code", "level", "line", "languages", "expires_at")),
        GRANTED,
        "appeal",
        *(refused[name] for name in ("criteria_id", "evidence", "arbiter", "reply")),
    )
    await _grant(refused["arbiter"], made, granted_by=refused["arbiter"] or refused["decided_by"])


async def _begin(actor: UUID, freelancer_id: UUID, code: str) -> None:
    await qualifications.freelancer(actor, freelancer_id)
    await _check_impartial(actor, freelancer_id)
    await db.execute(requests.LOCK, freelancer_id)
    if await db.scalar(
        "SELECT EXISTS (SELECT FROM admission_now WHERE freelancer_id = $1 AND code = $2 AND state = $3)",
        freelancer_id,
        code,
        PROPOSED,
    ):
        raise AdmissionProposed


async def _check_impartial(actor: UUID, freelancer_id: UUID) -> None:
    """Who shares a rare device with the person leaves the decision to somebody else; nothing more follows from it."""
    if await db.scalar(SHARE_A_DEVICE, actor, freelancer_id, MOST_SHARED, RARE):
        raise NotImpartial(Said("You and this person sign in from a device that few others have."))


async def _check_expiry(expires_at: datetime | None) -> None:
    if expires_at is not None and not await db.scalar("SELECT $1::timestamptz > clock_timestamp()", expires_at):
        raise Invalid(errors=[{"field": "expires_at", "code": "past", "message": Said("That is over already.")}])


async def _decide(
    actor: UUID, freelancer_id: UUID, grant: Grant, outcome: str, reason: str, *, against: bool, within: timedelta
) -> UUID:
    wanted = grant.wanted
    found = await assessing.assess(freelancer_id, wanted)
    says_so = found is not None and found.met is (outcome == GRANTED)
    if not says_so and not against:
        missing = [] if found is None else [one.missing for _, one in found.findings if one.missing]
        published = Said("No criteria are published for this.") if found is None else ""
        raise AgainstEvidence(published, missing=missing)
    made: UUID = await db.scalar(
        RECORD,
        freelancer_id,
        wanted.code,
        wanted.level,
        wanted.line,
        sorted(set(grant.languages)),
        grant.expires_at,
        outcome,
        "evidence" if says_so else "against",
        None if found is None else found.version.id,
        orjson.dumps({} if found is None else found.kept()).decode(),
        actor,
        reason,
    )
    if says_so:
        await _take_effect(actor, made, within)
    else:
        await trail.record(
            actor,
            "admission.proposed",
            "account",
            freelancer_id,
            reason=reason,
            code=wanted.code,
            admission=made,
            outcome=outcome,
        )
    return made


async def _proposal(actor: UUID, admission_id: UUID) -> Any:
    """A decision that waits for a second curator; its person is locked."""
    freelancer_id = await db.scalar("SELECT freelancer_id FROM admission WHERE id = $1", admission_id)
    if freelancer_id is None:
        raise NotFound
    await qualifications.freelancer(actor, freelancer_id)
    await db.execute(requests.LOCK, freelancer_id)
    found = await db.row(ONE, admission_id)
    assert found is not None
    if found["state"] != PROPOSED:
        raise AdmissionSettled
    return found


async def _second(actor: UUID, admission_id: UUID, reason: str, *, confirmed: bool) -> None:
    await db.execute(
        "INSERT INTO admission_second (admission_id, confirmed, decided_by, reason) VALUES ($1, $2, $3, $4)",
        admission_id,
        confirmed,
        actor,
        reason,
    )
    action = "admission.confirmed" if confirmed else "admission.dropped"
    await trail.record(actor, action, "admission", admission_id, reason=reason)


async def _take_effect(actor: UUID, admission_id: UUID, within: timedelta) -> None:
    one = await db.row(ONE, admission_id)
    assert one is not None
    if one["outcome"] == GRANTED:
        await _grant(actor, admission_id, granted_by=one["decided_by"])
        return
    appeal_by = await objections.note(
        SUBJECT,
        admission_id,
        one["freelancer_id"],
        words=one["reason"],
        evidence=telling.evidence(one),
        involved=[person for person in (one["decided_by"], one["second_by"]) if person is not None],
        within=within,
    )
    await trail.record(
        actor,
        "admission.refused",
        "account",
        one["freelancer_id"],
        reason=one["reason"],
        code=one["code"],
        admission=admission_id,
    )
    await _ended(one, appeal_by)


async def _grant(actor: UUID | None, admission_id: UUID, *, granted_by: UUID) -> None:
    """Grant what a decision says, unless as much is held meanwhile; refusals of it, or of less, are withdrawn."""
    one = await db.row(ONE, admission_id)
    assert one is not None
    wanted = ("freelancer_id", "code", "level", "line", "languages", "expires_at")
    if not await db.scalar(GAINS_NOTHING, *(one[name] for name in wanted)):
        await qualifications.qualify(
            actor,
            one["freelancer_id"],
            **{name: one[name] for name in ("code", "level", "line", "languages", "expires_at", "reason")},
            granted_by=granted_by,
        )
    for row in await db.rows(
        "SELECT id FROM admission_now WHERE freelancer_id = $1 AND code = $2 AND level <= $3 AND line <= $4 AND state = $5",
        *(one[name] for name in ("freelancer_id", "code", "level", "line")),
        REFUSED,
    ):
        await objections.withdraw(SUBJECT, row["id"])
    await _ended(one, None)


async def _ended(one: Any, appeal_by: datetime | None) -> None:
    """End the request, tell the person and the other parts."""
    wanted = Wanted(one["code"], one["level"], one["line"])
    await requests.end(one["freelancer_id"], wanted, one["id"], granted=one["outcome"] == GRANTED)
    await telling.decision(one, appeal_by)
    payload = {"freelancer_id": str(one["freelancer_id"]), "code": one["code"], "outcome": one["outcome"]}
    await jobs.record(DECIDED, [(str(one["id"]), payload)])
