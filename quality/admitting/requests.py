"""Who asks to be admitted, since when they meet what is asked, and how long they wait for a decision."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from piecework.platform import db, notices, trail
from piecework.platform.errors import NotFound
from piecework.platform.identity.models import Role
from piecework.platform.said import Said
from piecework.quality.admitting import assessing, policy
from piecework.quality.admitting.assessing import Wanted
from piecework.quality.errors import AdmissionAsked, HeldAlready

BATCH = 500

LOCK = "SELECT id FROM account WHERE id = $1 FOR NO KEY UPDATE"
"""Whoever asks for or decides an admission holds the person's account: one thing at a time happens to them."""

HELD = """
SELECT EXISTS (SELECT FROM qualification WHERE freelancer_id = $1 AND code = $2 AND level >= $3 AND line >= $4
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
"""
# Of a code one holds only more is asked for: a level and a line that are not below what is held.
NOT_MORE = """
SELECT EXISTS (SELECT FROM qualification WHERE freelancer_id = $1 AND code = $2 AND (level > $3 OR line > $4 OR (level, line) = ($3, $4))
               AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))
"""
OPEN = "SELECT id, level, line FROM admission_request WHERE freelancer_id = $1 AND code = $2 AND ended_at IS NULL"
UNMET = """
SELECT id, freelancer_id, code, level, line FROM admission_request WHERE ended_at IS NULL AND met_at IS NULL
ORDER BY checked_at NULLS FIRST, id LIMIT $1 FOR UPDATE SKIP LOCKED
"""
# Only a freelancer can be admitted, so an applicant waits for nobody yet.
MET = """
UPDATE admission_request SET met_at = clock_timestamp(), decide_by = clock_timestamp() + make_interval(days => $2)
WHERE id = $1 AND met_at IS NULL AND freelancer_id IN (SELECT id FROM account WHERE 'freelancer' = ANY (roles)) RETURNING decide_by
"""
LATE = """
UPDATE admission_request SET escalated_at = clock_timestamp()
WHERE ended_at IS NULL AND escalated_at IS NULL AND decide_by <= clock_timestamp() RETURNING id, freelancer_id, code, level, line, met_at
"""
WAITING = """
SELECT r.id, r.freelancer_id, a.name, r.code, r.level, r.line, r.asked_at, r.met_at, r.decide_by, r.decide_by <= now() AS late,
       (extract(epoch FROM now() - r.met_at))::bigint AS waits_s,
       (SELECT n.id FROM admission_now n WHERE n.freelancer_id = r.freelancer_id AND n.code = r.code AND n.state = 'proposed') AS proposal
FROM admission_request r JOIN account a ON a.id = r.freelancer_id
WHERE r.ended_at IS NULL AND r.met_at IS NOT NULL AND ($3::uuid IS NULL OR r.id = $3)
  AND ($1::uuid IS NULL OR (r.met_at, r.id) > (SELECT c.met_at, c.id FROM admission_request c WHERE c.id = $1))
ORDER BY r.met_at, r.id LIMIT $2
"""
COUNT = "SELECT count(*) FROM admission_request WHERE ended_at IS NULL AND met_at IS NOT NULL AND freelancer_id <> $1"
STATISTICS = """
WITH took AS (
    SELECT extract(epoch FROM ended_at - met_at)::bigint AS s, ended_at > decide_by AS late FROM admission_request
    WHERE admission_id IS NOT NULL AND met_at IS NOT NULL AND ended_at >= now() - $1::interval)
SELECT (SELECT count(*) FROM took) AS decided, (SELECT count(*) FROM took WHERE late) AS decided_late,
       (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY s) FROM took) AS median_s,
       (SELECT percentile_disc(0.9) WITHIN GROUP (ORDER BY s) FROM took) AS p90_s,
       count(*) AS waiting, count(*) FILTER (WHERE decide_by <= now()) AS late, min(met_at) AS waiting_since
FROM admission_request WHERE ended_at IS NULL AND met_at IS NOT NULL
"""


async def ask(freelancer_id: UUID, wanted: Wanted) -> UUID:
    """Ask to be admitted; asked again, it is the request that waits already. Returns its id.

    Raises:
        NotFound, HeldAlready, AdmissionAsked: nothing is published for it; held, or more in level or line; another one is asked for.
    """
    assessment = await assessing.published(freelancer_id, wanted)
    await db.execute(LOCK, freelancer_id)
    if await db.scalar(NOT_MORE, freelancer_id, wanted.code, wanted.level, wanted.line):
        raise HeldAlready
    waiting = await db.row(OPEN, freelancer_id, wanted.code)
    if waiting is not None:
        if (waiting["level"], waiting["line"]) != (wanted.level, wanted.line):
            raise AdmissionAsked
        return UUID(str(waiting["id"]))
    made: UUID = await db.scalar(
        """INSERT INTO admission_request (freelancer_id, code, level, line, checked_at) VALUES ($1, $2, $3, $4, clock_timestamp())
           RETURNING id""",
        freelancer_id,
        wanted.code,
        wanted.level,
        wanted.line,
    )
    await trail.record(freelancer_id, "admission.asked", "admission_request", made, code=wanted.code)
    if assessment.met:
        await _note_met(made, freelancer_id, wanted)
    return made


async def withdraw(freelancer_id: UUID, code: str) -> None:
    """Take back one's request.

    Raises:
        NotFound: there is none that waits.
    """
    ended = await db.scalar(
        """UPDATE admission_request SET ended_at = clock_timestamp() WHERE freelancer_id = $1 AND code = $2 AND ended_at IS NULL
           RETURNING id""",
        freelancer_id,
        code,
    )
    if ended is None:
        raise NotFound
    await trail.record(freelancer_id, "admission.withdrawn", "admission_request", ended, code=code)


async def end(freelancer_id: UUID, wanted: Wanted, admission_id: UUID, *, granted: bool) -> None:
    """A decision answers the request for it, and a grant all that can no longer be granted: those that are not for more in both."""
    await db.execute(
        """UPDATE admission_request SET ended_at = clock_timestamp(), admission_id = $5
           WHERE freelancer_id = $1 AND code = $2 AND ended_at IS NULL
             AND ((level = $3 AND line = $4) OR ($6 AND NOT (level >= $3 AND line >= $4)))""",
        freelancer_id,
        wanted.code,
        wanted.level,
        wanted.line,
        admission_id,
        granted,
    )


async def look() -> None:
    """Note who meets all criteria now of those who did not, the longest unseen first; escalate what waits too long."""
    unmet = await db.rows(UNMET, BATCH)
    for row in unmet:
        wanted = Wanted(row["code"], row["level"], row["line"])
        found = await assessing.assess(row["freelancer_id"], wanted)
        if found is not None and found.met:
            await _note_met(row["id"], row["freelancer_id"], wanted)
    await db.execute(
        "UPDATE admission_request SET checked_at = clock_timestamp() WHERE id = ANY ($1)", [row["id"] for row in unmet]
    )
    late = await db.rows(LATE)
    if late:
        curators = await db.rows("SELECT id FROM account WHERE $1 = ANY (roles) AND state = 'active'", Role.CURATOR.value)
        for row in late:
            await _tell_late(row, [one["id"] for one in curators if one["id"] != row["freelancer_id"]])


async def waiting(after: UUID | None, limit: int, request_id: UUID | None = None) -> Sequence[Any]:
    """Who meets all criteria and waits for a decision, longest first; or the one of them with this request."""
    return await db.rows(WAITING, after, limit, request_id)


async def count(me: UUID) -> int:
    """How many wait whom this curator may decide about: all but themselves."""
    return int(await db.scalar(COUNT, me))


async def statistics(since: timedelta) -> dict[str, Any]:
    """How long decisions took from the moment in which all criteria were met, of those made since then; and what waits now."""
    row = await db.row(STATISTICS, since)
    assert row is not None
    return dict(row)


async def _note_met(request_id: UUID, freelancer_id: UUID, wanted: Wanted) -> None:
    decide_by: datetime | None = await db.scalar(MET, request_id, (await policy.now()).decide_days)
    if decide_by is None:
        return
    title = Said("You meet all criteria for %(code)s", code=wanted.code)
    body = Said("A curator decides by %(until)s. If it takes longer, all curators are told, and so are you.", until=decide_by)
    await notices.send([freelancer_id], "admission.met", title, body, link=f"/me/admissions/{wanted.code}", key=str(request_id))


async def _tell_late(row: Any, curators: Sequence[UUID]) -> None:
    about = Said("%(code)s at level %(level)s, line %(line)s", code=row["code"], level=row["level"], line=row["line"])
    since = row["met_at"]
    body = Said("Somebody meets all criteria for %(about)s since %(since)s and waits for a decision.", about=about, since=since)
    await notices.send(
        curators, "admission.late", Said("An admission is overdue"), body, link="/admissions/waiting", key=str(row["id"])
    )
    body = Said(
        "You meet all criteria for %(about)s since %(since)s, and nobody has decided in time. All curators were told.",
        about=about,
        since=since,
    )
    await notices.send(
        [row["freelancer_id"]],
        "admission.delayed",
        Said("Your admission is late"),
        body,
        link="/me/admissions",
        key=str(row["id"]),
    )
